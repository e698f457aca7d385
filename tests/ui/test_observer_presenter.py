"""How a supervisor speaks: push to talk, latch, join in, take over; and what is shown while it is in doubt."""

from __future__ import annotations

import pytest

from coachdesk import commands, events
from coachdesk.ui.presenters.observer import ObserverPresenter
from signaling.policy import Mode
from tests.ui.samples import (
    AGENT,
    MIA,
    OTTO,
    SAM,
    FakeLink,
    call,
    make_desk,
    party,
    ready,
    wall_calls,
    with_mode,
)


def on_a_call(who: object = MIA) -> tuple[ObserverPresenter, FakeLink]:
    desk, link = make_desk(who)  # type: ignore[arg-type]
    assert desk.observer is not None
    desk.handle(events.Calls(calls=wall_calls()))
    desk.handle(events.Call(call=call(MIA, SAM)))
    desk.handle(events.ModeChanged(mode=Mode.LISTEN, in_force=True))
    return desk.observer, link


def granted(observer: ObserverPresenter, mode: Mode, *heard_by: str, answer: bool = False) -> None:
    """What the endpoint tells of a mode: granted, then in force; ``answer``: and that this was the answer."""
    observer.handle(events.ModeChanged(mode=mode, in_force=False))
    observer.handle(events.ModeChanged(mode=mode, in_force=True, heard_by=list(heard_by)))
    if answer:
        observer.handle(events.ModeChanged(id="ui-1", mode=mode, in_force=True, heard_by=list(heard_by)))
        assert isinstance(observer._link, FakeLink)
        observer._link.answer()


def test_key_down_whispers_and_key_up_listens() -> None:
    observer, link = on_a_call()
    observer.press_whisper()
    observer.release_whisper()
    assert link.modes() == [Mode.WHISPER, Mode.LISTEN]


def test_a_key_let_go_is_told_from_a_whisper_called_off() -> None:
    observer, link = on_a_call()
    observer.press_whisper()
    observer.release_whisper()
    assert link.last(commands.SetMode) == commands.SetMode(mode=Mode.LISTEN, released=True)
    observer.listen_only()
    assert link.last(commands.SetMode) == commands.SetMode(mode=Mode.LISTEN)


def test_auto_repeat_asks_once() -> None:
    observer, link = on_a_call()
    for _ in range(5):
        observer.press_whisper()
    assert link.modes() == [Mode.WHISPER]


def test_release_without_press_does_nothing() -> None:
    observer, link = on_a_call()
    observer.release_whisper()
    assert link.modes() == []


def test_latched_whisper_outlives_the_key() -> None:
    observer, link = on_a_call()
    observer.toggle_whisper()
    observer.press_whisper()
    observer.release_whisper()
    assert link.modes()[-1] is Mode.WHISPER
    observer.toggle_whisper()
    assert link.modes()[-1] is Mode.LISTEN


def test_whisper_is_pending_until_in_force() -> None:
    observer, _ = on_a_call()
    observer.press_whisper()
    assert observer.hearing.kind == "pending"
    assert observer.shown_mode is Mode.LISTEN
    observer.handle(events.ModeChanged(mode=Mode.WHISPER, in_force=False))
    assert observer.hearing.kind == "pending"
    observer.handle(events.ModeChanged(mode=Mode.WHISPER, in_force=True, heard_by=["Alex", "Sam"]))
    assert observer.hearing.title == "Only Alex (agent) and Sam (trainee) hear you"
    assert observer.shown_mode is Mode.WHISPER


def test_a_late_grant_of_a_released_whisper_is_told_until_it_is_gone() -> None:
    observer, link = on_a_call()
    observer.press_whisper()
    observer.release_whisper()
    granted(observer, Mode.WHISPER, "Alex")
    assert observer.hearing.kind == "private"
    assert observer.shown_mode is Mode.WHISPER
    assert not observer.latched
    assert link.modes() == [Mode.WHISPER, Mode.LISTEN]
    granted(observer, Mode.LISTEN, answer=True)
    assert observer.hearing.kind == "nobody"


@pytest.mark.parametrize("mode", [Mode.WHISPER, Mode.BARGE, Mode.TAKEOVER, Mode.LANE])
@pytest.mark.parametrize("in_force", [False, True])
def test_talking_that_nobody_wants_is_asked_to_end_and_never_latched(mode: Mode, in_force: bool) -> None:
    observer, link = on_a_call()
    observer.handle(events.ModeChanged(mode=mode, in_force=in_force))
    assert link.modes() == [Mode.LISTEN]
    assert observer.wanted is Mode.LISTEN
    assert not observer.latched


def test_a_grant_after_a_refusal_is_asked_to_end_and_told() -> None:
    observer, link = on_a_call()
    observer.toggle_whisper()
    link.refuse("not_in_force")
    granted(observer, Mode.LISTEN, answer=True)
    granted(observer, Mode.WHISPER, "Alex")
    assert link.modes() == [Mode.WHISPER, Mode.LISTEN, Mode.LISTEN]
    assert observer.hearing.kind == "private"
    assert not observer.latched


@pytest.mark.parametrize("code", ["not_in_force", "timeout", "no_answer", "superseded"])
def test_a_failed_whisper_asks_for_listen_though_listen_was_told(code: str) -> None:
    observer, link = on_a_call()
    observer.press_whisper()
    link.refuse(code)
    assert link.modes() == [Mode.WHISPER, Mode.LISTEN]
    assert observer.wanted is Mode.LISTEN


@pytest.mark.parametrize("action", ["listen_only", "release_whisper"])
def test_escape_and_key_release_ask_again_while_in_doubt(action: str) -> None:
    observer, link = on_a_call()
    observer.press_whisper()
    link.refuse("timeout")
    link.refuse("timeout")
    assert observer.wanted is observer.mode is Mode.LISTEN
    getattr(observer, action)()
    assert link.modes() == [Mode.WHISPER, Mode.LISTEN, Mode.LISTEN]
    granted(observer, Mode.LISTEN, answer=True)
    getattr(observer, action)()
    assert len(link.modes()) == 3


def test_an_overtaken_failure_does_not_disturb_what_is_asked_now() -> None:
    observer, link = on_a_call()
    observer.press_whisper()
    observer.release_whisper()
    observer.press_whisper()
    link.refuse_nth(-2, "not_in_force")
    assert observer.wanted is Mode.WHISPER
    assert observer.talking
    assert len(link.modes()) == 3


def test_a_mode_asked_for_past_the_window_is_a_wish() -> None:
    desk, link = make_desk(MIA)
    assert desk.observer is not None
    desk.handle(events.Call(call=call(MIA)))
    desk.handle(events.ModeChanged(mode=Mode.LISTEN, in_force=True))
    desk.note(commands.SetMode(mode=Mode.BARGE))
    granted(desk.observer, Mode.BARGE, "Alex", "Jana Novak")
    assert link.modes() == []
    assert desk.observer.settled
    desk.note(commands.SetMode(mode=Mode.WHISPER))
    desk.handle(events.Error(id="walk-2", code="not_in_force", message=""))
    assert link.modes() == [Mode.LISTEN]


def test_press_release_press_ends_in_whisper() -> None:
    observer, link = on_a_call()
    observer.press_whisper()
    observer.release_whisper()
    observer.press_whisper()
    granted(observer, Mode.WHISPER)
    granted(observer, Mode.LISTEN)
    assert observer.shown_mode is Mode.LISTEN
    granted(observer, Mode.WHISPER, "Alex", answer=True)
    assert observer.shown_mode is Mode.WHISPER
    assert link.modes() == [Mode.WHISPER, Mode.LISTEN, Mode.WHISPER]


@pytest.mark.parametrize("mode", [Mode.BARGE, Mode.TAKEOVER])
def test_speaking_to_the_customer_takes_two_presses(mode: Mode) -> None:
    observer, link = on_a_call()
    observer.speak_up(mode)
    assert link.modes() == []
    assert observer.armed is mode
    observer.speak_up(mode)
    assert link.modes() == [mode]
    assert observer.armed is None


@pytest.mark.parametrize("mode", [Mode.BARGE, Mode.TAKEOVER])
def test_stepping_back_takes_one_press(mode: Mode) -> None:
    observer, link = on_a_call()
    observer.speak_up(mode)
    observer.speak_up(mode)
    granted(observer, mode, "Alex", "Jana Novak", answer=True)
    observer.speak_up(mode)
    assert link.modes() == [mode, Mode.LISTEN]


def test_arming_one_then_the_other_does_neither() -> None:
    observer, link = on_a_call()
    observer.speak_up(Mode.BARGE)
    observer.speak_up(Mode.TAKEOVER)
    assert link.modes() == []
    assert observer.armed is Mode.TAKEOVER


def test_escape_disarms() -> None:
    observer, link = on_a_call()
    observer.speak_up(Mode.BARGE)
    observer.listen_only()
    observer.speak_up(Mode.BARGE)
    assert link.modes() == []


def test_takeover_is_not_offered_while_another_leads() -> None:
    observer, _ = on_a_call()
    observer.handle(events.Call(call=call(MIA, with_mode(OTTO, Mode.TAKEOVER))))
    assert observer.taken_over_by == "Otto"
    observer.speak_up(Mode.TAKEOVER)
    assert observer.armed is None


def test_a_refused_mode_falls_back_and_says_why() -> None:
    observer, link = on_a_call()
    observer.toggle_lane()
    link.refuse("not_allowed")
    assert observer.wanted is Mode.LISTEN
    assert observer.hearing.kind == "nobody"
    assert observer._notices.shown[-1].title == "That is not allowed"


def test_an_overtaken_request_is_no_news() -> None:
    observer, link = on_a_call()
    observer.press_whisper()
    link.refuse("superseded")
    assert not any(n.subject.startswith("fault") for n in observer._notices.shown)


TROUBLE = pytest.mark.parametrize(
    "trouble",
    [
        events.Online(on=False, message="gone"),
        events.Media(party="agent", state="lost"),
        events.Media(party="agent", state="closed"),
    ],
    ids=["server gone", "media lost", "media closed"],
)


@TROUBLE
def test_trouble_ends_talking_and_tells_what_the_endpoint_told(trouble: events.AnyEvent) -> None:
    observer, link = on_a_call()
    observer.toggle_whisper()
    granted(observer, Mode.WHISPER, "Alex", answer=True)
    observer.handle(trouble)
    assert link.modes() == [Mode.WHISPER, Mode.LISTEN]
    assert observer.hearing.kind == "private"
    observer.handle(events.ModeChanged(mode=Mode.LISTEN, in_force=False))
    assert observer.hearing.kind == "nobody"


@TROUBLE
def test_trouble_asks_for_listen_when_a_whisper_may_yet_be_granted(trouble: events.AnyEvent) -> None:
    observer, link = on_a_call()
    observer.press_whisper()
    observer.handle(trouble)
    assert link.modes() == [Mode.WHISPER, Mode.LISTEN]


def test_media_that_come_back_are_waited_for_and_listen_is_asked_for_until_certain() -> None:
    observer, link = on_a_call()
    observer.press_whisper()
    observer.handle(events.Media(party="agent", state="lost"))
    link.refuse("not_in_force")
    observer.handle(events.Media(party="agent", state="connecting"))
    assert observer.media_lost
    observer.handle(events.Media(party="agent", state="connected"))
    assert not observer.media_lost
    assert link.modes() == [Mode.WHISPER, Mode.LISTEN, Mode.LISTEN]


@TROUBLE
def test_trouble_gates_the_controls(trouble: events.AnyEvent) -> None:
    observer, link = on_a_call()
    observer.handle(trouble)
    assert observer.hearing.kind == "nobody"
    assert observer.shown_mode is Mode.LISTEN
    sent = len(link.sent)
    observer.press_whisper()
    observer.speak_up(Mode.BARGE)
    assert len(link.sent) == sent
    assert observer.armed is None


def test_after_trouble_nothing_comes_back_by_itself() -> None:
    observer, link = on_a_call()
    observer.toggle_whisper()
    granted(observer, Mode.WHISPER, "Alex", answer=True)
    observer.handle(events.ModeChanged(mode=Mode.LISTEN, in_force=False))
    observer.handle(events.Online(on=False))
    link.refuse("offline")
    observer.handle(events.Online(on=True))
    granted(observer, Mode.LISTEN, answer=True)
    assert observer.hearing.title == "Nobody hears you"
    assert link.modes() == [Mode.WHISPER, Mode.LISTEN, Mode.LISTEN]
    assert not any(n.subject.startswith("fault") for n in observer._notices.shown)


def test_a_mode_ended_by_the_server_is_followed() -> None:
    observer, _ = on_a_call()
    observer.toggle_whisper()
    granted(observer, Mode.WHISPER, "Alex", answer=True)
    granted(observer, Mode.LISTEN)
    assert observer.hearing.kind == "nobody"
    assert not observer.latched


def test_trainee_has_no_voice() -> None:
    observer, link = on_a_call(SAM)
    observer.press_whisper()
    observer.toggle_whisper()
    observer.toggle_lane()
    for _ in range(2):
        observer.speak_up(Mode.BARGE)
    assert link.modes() == []
    assert observer.hearing.title == "You are heard by nobody"


def test_hang_up_only_while_leading() -> None:
    observer, link = on_a_call()
    observer.hang_up()
    assert commands.HangUp() not in link.sent
    observer.speak_up(Mode.TAKEOVER)
    observer.speak_up(Mode.TAKEOVER)
    granted(observer, Mode.TAKEOVER, "Alex", "Jana Novak", answer=True)
    observer.hang_up()
    assert link.sent[-1] == commands.HangUp()


def test_a_crashed_endpoint_is_silence_and_the_call_is_asked_for_again() -> None:
    desk, link = make_desk(MIA)
    assert desk.observer is not None
    desk.handle(events.Call(call=call(MIA)))
    desk.observer.toggle_whisper()
    desk.endpoint_crashed(0.5, "")
    assert desk.observer.hearing.kind == "nobody"
    assert desk.observer.call is None
    link.sent.clear()
    desk.handle(events.Ready(party="p-mia-2", name="Mia", role=MIA.role, team="Blue", awareness="all"))
    assert commands.Listen(call="c-1") in link.sent
    assert link.modes() == []


def test_coaches_level_is_the_loudest_of_them() -> None:
    observer, _ = on_a_call()
    observer.handle(
        events.Levels(levels={"mic": -3, "speaker": -2, "customer": -10, "coach0": -40, "coach1": -30})
    )
    assert observer.speakers.level("coaches") == -30
    assert observer.speakers.level("customer") == -10
    assert observer.speakers.level("agent") == -120


def test_volumes_chosen_before_are_sent_with_the_next_call() -> None:
    observer, link = on_a_call()
    observer.set_volume("agent", -6)
    observer.handle(events.Call(call=call(MIA, call="c-9")))
    assert link.sent[-1] == commands.Volume(source="agent", gain=-6)


def test_other_agents_named_alike_do_not_confuse_the_wall() -> None:
    observer, _ = on_a_call()
    twin = party("p-alex-2", "Alex", AGENT.role)
    observer.handle(events.Call(call=call(MIA, agent=twin)))
    granted(observer, Mode.WHISPER, "Alex")
    assert observer.shown_mode is Mode.WHISPER


def test_a_new_party_id_is_taken_over_by_everything_that_asks_who_i_am() -> None:
    desk, link = make_desk(MIA)
    observer = desk.observer
    assert observer is not None
    desk.handle(events.Call(call=call(with_mode(MIA, Mode.TAKEOVER))))
    used = [c for c in link.sent if isinstance(c, commands.UseDevice)]
    again = party("p-mia-2", "Mia", MIA.role)
    desk.handle(ready(again))
    assert observer.party == "p-mia-2"
    desk.handle(events.Call(call=call(with_mode(again, Mode.TAKEOVER))))
    assert observer.taken_over_by == ""
    granted(observer, Mode.LISTEN)
    for _ in range(2):
        observer.speak_up(Mode.TAKEOVER)
    granted(observer, Mode.TAKEOVER, "Alex", "Jana Novak", answer=True)
    assert observer.hearing.detail == "You lead the call. Alex only listens."
    observer.speak_up(Mode.TAKEOVER)
    assert link.modes()[-1] is Mode.LISTEN
    assert [c for c in link.sent if isinstance(c, commands.UseDevice)] == used
