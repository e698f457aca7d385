"""The agent's side: lobby, call, help, replies; and the wall that hears of help."""

from __future__ import annotations

from coachdesk import commands, events
from coachdesk.ui.presenters.agent import AgentPresenter
from coachdesk.ui.presenters.wall import HelpCall
from signaling.policy import Mode
from signaling.protocol import EndReason, HelpView
from tests.ui.samples import (
    AGENT,
    LOBBY,
    MIA,
    NOW,
    SAM,
    FakeLink,
    call,
    make_desk,
    ready,
    wall_calls,
    with_mode,
)


def agent() -> tuple[AgentPresenter, FakeLink]:
    desk, link = make_desk(AGENT)
    assert desk.agent is not None
    return desk.agent, link


def test_sign_in_asks_for_meters_pictures_and_ducking() -> None:
    _, link = agent()
    assert {commands.Meters(on=True), commands.Frames(on=True), commands.Duck(gain=-12.0)} <= set(link.sent)


def test_the_longest_wait_is_answered_first() -> None:
    presenter, link = agent()
    presenter.handle(LOBBY)
    presenter.admit_next()
    assert link.sent[-1] == commands.Admit(party="w-1")


def test_answering_twice_asks_once_and_a_refusal_frees_the_button() -> None:
    presenter, link = agent()
    presenter.handle(LOBBY)
    presenter.admit("w-1")
    presenter.admit("w-2")
    assert [c for c in link.sent if isinstance(c, commands.Admit)] == [commands.Admit(party="w-1")]
    link.refuse("no_such_party")
    assert presenter.answering is None


def test_a_made_link_is_remembered_by_its_address() -> None:
    presenter, link = agent()
    presenter.invite("  Router down  ", 3600, 1)
    assert link.sent[-1] == commands.Invite(label="Router down", expires_in=3600, uses=1)
    presenter.handle(events.Invited(url="https://x/join#s", link="l-1", expires_at=NOW))
    assert presenter.addresses == {"l-1": "https://x/join#s"}


def test_hold_and_mute_toggle_by_what_the_endpoint_says() -> None:
    presenter, link = agent()
    presenter.handle(events.Call(call=call()))
    presenter.toggle_hold()
    assert link.sent[-1] == commands.Hold(on=True)
    presenter.handle(events.Call(call=call(held=True)))
    presenter.toggle_hold()
    assert link.sent[-1] == commands.Hold(on=False)
    presenter.toggle_mute()
    presenter.handle(events.Muted(on=True))
    presenter.toggle_mute()
    assert link.sent[-1] == commands.Mute(on=False)


def test_mute_ends_with_the_call_and_is_shown_until_the_endpoint_says_so() -> None:
    presenter, link = agent()
    presenter.handle(events.Call(call=call()))
    presenter.handle(events.Muted(on=True))
    presenter.handle(events.Ended(call="c-1", reason=EndReason.HUNG_UP))
    assert link.sent[-1] == commands.Mute(on=False)
    assert presenter.muted
    presenter.handle(events.Muted(on=False))
    assert not presenter.muted


def test_who_is_muted_stays_so_when_the_endpoint_starts_anew_in_the_call() -> None:
    presenter, link = agent()
    presenter.handle(events.Call(call=call()))
    presenter.handle(events.Muted(on=True))
    presenter.endpoint_crashed()
    assert presenter.muted
    presenter.handle(ready(AGENT))
    assert commands.Mute(on=True) in link.sent
    presenter.handle(events.Muted(on=True))
    presenter.handle(events.Call(call=call()))
    assert commands.Mute(on=False) not in link.sent


def test_mute_does_not_outlast_a_call_that_ended_while_the_endpoint_was_away() -> None:
    presenter, link = agent()
    presenter.handle(events.Call(call=call()))
    presenter.handle(events.Muted(on=True))
    presenter.endpoint_crashed()
    presenter.handle(ready(AGENT))
    presenter.handle(events.Call(call=call(call="c-2")))
    assert link.sent[-1] == commands.Mute(on=False)


def test_replies_and_help_need_a_call() -> None:
    presenter, link = agent()
    before = len(link.sent)
    presenter.reply("got_it")
    presenter.ask_help("why")
    presenter.hang_up()
    assert len(link.sent) == before
    presenter.handle(events.Call(call=call(MIA)))
    presenter.reply("wrap_up")
    assert link.sent[-1] == commands.Reply(reply="wrap_up")
    presenter.ask_help("x" * 500)
    assert link.sent[-1] == commands.AskHelp(reason="x" * 200)


def test_the_end_of_a_call_forgets_all_of_it() -> None:
    presenter, _ = agent()
    presenter.handle(events.Call(call=call(with_mode(MIA, Mode.WHISPER))))
    presenter.handle(events.Frames(party="customer", name="pictures"))
    presenter.handle(events.Media(party="customer", state="lost"))
    presenter.handle(events.Ended(call="c-1", reason=EndReason.CUSTOMER_LEFT))
    assert presenter.call is None
    assert presenter.video is None
    assert presenter.coaching is None
    assert not presenter.media_lost
    assert all(n.subject != "media" for n in presenter._notices.shown)


def test_the_loss_of_an_observer_is_not_the_loss_of_the_customer() -> None:
    presenter, _ = agent()
    presenter.handle(events.Call(call=call(SAM)))
    presenter.handle(events.Media(party="p-sam", state="lost"))
    assert not presenter.media_lost


def test_session_tells_of_a_lost_server_and_forgets_it_when_it_is_back() -> None:
    desk, _ = make_desk(AGENT)
    desk.handle(events.Call(call=call()))
    desk.handle(events.Online(on=False, message="refused"))
    shown = desk.session.notices.shown[-1]
    assert (shown.kind, shown.lasting) == ("warning", True)
    assert "Your call goes on" in shown.text
    desk.handle(events.Online(on=True))
    assert desk.session.notices.shown == []


def test_session_tells_of_a_crashed_endpoint() -> None:
    desk, _ = make_desk(AGENT)
    desk.endpoint_crashed(2.0, "boom")
    shown = desk.session.notices.shown[-1]
    assert shown.kind == "error"
    assert "2 s" in shown.text
    assert "boom" in shown.text
    assert not desk.session.online


def test_session_is_rejected_by_an_expired_sign_in() -> None:
    desk, _ = make_desk(AGENT)
    desk.handle(events.Error(code="not_signed_in", message="expired"))
    assert desk.session.rejected is not None


def test_notices_are_few_and_lasting_ones_stay_longest() -> None:
    desk, _ = make_desk(AGENT)
    desk.handle(events.Online(on=False))
    for code in ("busy", "call_full", "timeout", "not_allowed"):
        desk.handle(events.Error(code=code, message=""))
    subjects = [n.subject for n in desk.session.notices.shown]
    assert subjects == ["server", "fault:timeout", "fault:not_allowed"]


def test_wall_puts_unclaimed_help_first_then_claimed_then_the_oldest() -> None:
    desk, _ = make_desk(MIA)
    assert desk.wall is not None
    desk.handle(events.Calls(calls=wall_calls()))
    assert [c.call for c in desk.wall.calls] == ["c-2", "c-3", "c-4", "c-1", "c-5"]


def test_help_is_announced_once_per_call_for_help() -> None:
    announced: list[HelpCall] = []
    desk, _ = make_desk(MIA, on_help=announced.append)
    asking = call(help_=HelpView("Customer is upset", NOW))
    desk.handle(events.Calls(calls=[call()]))
    desk.handle(events.Calls(calls=[asking]))
    desk.handle(events.Calls(calls=[asking]))
    assert announced == [HelpCall("c-1", "Alex", "Customer is upset")]


def test_trainees_are_not_asked_for_help() -> None:
    announced: list[HelpCall] = []
    desk, _ = make_desk(SAM, on_help=announced.append)
    assert desk.wall is not None
    view = call(help_=HelpView("Customer is upset", NOW))
    desk.handle(events.Calls(calls=[view]))
    assert announced == []
    assert not desk.wall.claimable(view)


def test_claimed_help_is_not_claimable_again() -> None:
    desk, link = make_desk(MIA)
    assert desk.wall is not None
    assert desk.wall.claimable(call(help_=HelpView("", NOW)))
    assert not desk.wall.claimable(call(help_=HelpView("", NOW, "Otto")))
    desk.wall.claim("c-1")
    assert link.sent[-1] == commands.ClaimHelp(call="c-1")


def test_settings_use_the_chosen_devices_and_tell_which_do_not_work() -> None:
    desk, link = make_desk(MIA)
    used = {(c.kind, c.device) for c in link.sent if isinstance(c, commands.UseDevice)}
    assert used == {("mic", "default"), ("speaker", "default"), ("camera", "none")}
    desk.settings.use("mic", "USB headset")
    link.refuse("device", "The microphone is in use by another program.")
    assert desk.settings.faults == {"mic": "The microphone is in use by another program."}
    desk.settings.use("mic", "default")
    assert desk.settings.faults == {}


def test_what_was_chosen_earlier_is_waited_for_and_a_fault_of_it_is_told_outside_the_settings() -> None:
    desk, link = make_desk(MIA)
    used = [c for c in link.sent if isinstance(c, commands.UseDevice)]
    assert [c.patient for c in used] == [True, True, True]
    link.refuse_nth(link.sent.index(used[0]), "device", "Sound devices need PortAudio.")
    assert desk.settings.faults == {"mic": "Sound devices need PortAudio."}
    assert desk.session.notices.shown[-1].title == "A device doesn't work"
    desk.settings.use("mic", "USB headset")
    assert link.sent[-1] == commands.UseDevice(kind="mic", device="USB headset")


def test_without_any_microphone_that_is_said_until_there_is_one() -> None:
    desk, _ = make_desk(AGENT)
    notices = desk.session.notices
    desk.handle(events.DeviceInUse(kind="mic", label=""))
    assert (notices.shown[-1].title, notices.shown[-1].lasting) == ("No microphone works", True)
    desk.handle(events.DeviceInUse(kind="mic", label="Built-in"))
    assert [(n.title, n.lasting) for n in notices.shown] == [("Microphone in use: Built-in", False)]
    desk.handle(events.DeviceInUse(kind="speaker", label=""))
    assert notices.shown[-1].title == "No speaker works"
    desk.endpoint_crashed(1.0, "")
    assert [n.subject for n in notices.shown] == ["engine"]


def test_settings_keep_showing_a_device_that_is_unplugged() -> None:
    desk, _ = make_desk(MIA)
    desk.settings.use("mic", "USB headset")
    desk.settings.handle(events.Devices(mics=[], speakers=[], cameras=[]))
    assert [view.label for view in desk.settings.choices("mic")] == ["USB headset (not connected)", "None"]
