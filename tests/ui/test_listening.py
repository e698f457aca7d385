"""Polite whispers, catching up, a picture that gives way to the sound, and who has talked for how long."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from coachdesk import commands, events
from coachdesk.ui.sound_wording import PICTURES, talk_time
from coachdesk.ui.views.observer_desk import ObserverDesk
from signaling.policy import Mode
from signaling.protocol import EndReason
from tests.ui.samples import MIA, SAM, TALK, call, make_desk, ready, wall_calls, with_mode
from tests.ui.screenshots import FRAMES
from tests.ui.shown import Shown


def test_polite_is_switched_by_key_and_says_so_in_words(supervisor: Shown, dressed: QtBot) -> None:
    assert supervisor.call.polite.text() == "Polite whisper: off"
    dressed.keyClick(supervisor.window, Qt.Key.Key_O)
    assert supervisor.link.sent[-1] == commands.Polite(on=True)
    assert supervisor.call.polite.text() == "Polite whisper: on"
    dressed.keyClick(supervisor.window, Qt.Key.Key_O)
    assert supervisor.link.sent[-1] == commands.Polite(on=False)


def test_polite_is_remembered_and_a_new_endpoint_is_told() -> None:
    desk, link = make_desk(MIA)
    assert desk.observer is not None
    desk.observer.toggle_polite()
    assert desk.settings.preferences.polite
    link.sent.clear()
    desk.endpoint_crashed(1.0, "")
    desk.handle(ready(MIA))
    assert commands.Polite(on=True) in link.sent


def test_a_held_whisper_is_told_as_waiting(supervisor: Shown) -> None:
    supervisor.desk.note(commands.SetMode(mode=Mode.WHISPER))
    supervisor.desk.handle(events.ModeChanged(mode=Mode.WHISPER, in_force=True, heard_by=["Alex"]))
    supervisor.desk.handle(events.WhisperHeld(on=True))
    assert supervisor.call.hearing.title.text() == "Waiting for the customer to pause…"
    supervisor.desk.handle(events.WhisperHeld(on=False))
    assert supervisor.call.hearing.title.text().startswith("Only Alex (agent)")


def test_a_held_whisper_never_hides_that_the_customer_hears(supervisor: Shown) -> None:
    supervisor.desk.handle(events.WhisperHeld(on=True))
    supervisor.desk.note(commands.SetMode(mode=Mode.BARGE))
    supervisor.desk.handle(
        events.ModeChanged(mode=Mode.BARGE, in_force=True, heard_by=["Alex", "Jana Novak"])
    )
    assert supervisor.call.hearing.property("hearing") == "everyone"


def test_a_coach_is_muted_by_key_and_that_is_told_whatever_the_mode(
    supervisor: Shown, dressed: QtBot
) -> None:
    supervisor.desk.handle(events.Call(call=call(with_mode(MIA, Mode.BARGE))))
    supervisor.desk.handle(events.ModeChanged(mode=Mode.BARGE, in_force=True))
    dressed.keyClick(supervisor.window, Qt.Key.Key_M)
    assert supervisor.link.sent[-1] == commands.Mute(on=True)
    assert supervisor.call.hearing.title.text() != "You are muted"
    supervisor.desk.handle(events.Muted(on=True))
    assert supervisor.call.hearing.title.text() == "You are muted"
    assert "Everyone hears you, including the customer" in supervisor.call.hearing.detail.text()
    assert supervisor.call.mute.text() == "Unmute"
    dressed.keyClick(supervisor.window, Qt.Key.Key_M)
    assert supervisor.link.sent[-1] == commands.Mute(on=False)
    supervisor.desk.handle(events.Muted(on=False))
    assert supervisor.call.hearing.title.text().startswith("Everyone hears you")


def test_a_coach_is_no_longer_muted_on_the_next_call() -> None:
    desk, link = make_desk(MIA)
    desk.handle(events.Call(call=call(MIA)))
    desk.handle(events.Muted(on=True))
    desk.handle(events.Left(call="c-1"))
    assert link.sent[-1] == commands.Mute(on=False)


def test_a_trainee_has_nothing_to_mute(dressed: QtBot, supervisor: Shown) -> None:
    trainee = Shown(dressed, SAM, events.Calls(calls=wall_calls()), events.Call(call=call(MIA, SAM)))
    assert not trainee.call.mute.isVisible()
    assert supervisor.call.mute.isVisible()


def test_catch_up_is_chosen_on_the_wall_and_holds_for_hops(dressed: QtBot) -> None:
    shown = Shown(dressed, SAM, events.Calls(calls=wall_calls()))
    assert isinstance(shown.view, ObserverDesk)
    dressed.keyClick(shown.window, Qt.Key.Key_R)
    dressed.keyClick(shown.window, Qt.Key.Key_3)
    assert shown.link.sent[-1] == commands.Listen(call="c-4", catch_up=True)
    shown.desk.handle(events.Call(call=call(SAM, call="c-4")))
    dressed.keyClick(shown.window, Qt.Key.Key_R)
    dressed.keyClick(shown.window, Qt.Key.Key_N)
    assert shown.link.sent[-1] == commands.Listen(call="c-1")
    assert not shown.desk.settings.preferences.catch_up


def test_what_is_from_before_is_not_called_live(supervisor: Shown) -> None:
    supervisor.desk.handle(events.CatchingUp(on=True))
    assert supervisor.call.header.phase.text == "Catching up"
    supervisor.desk.handle(events.CatchingUp(on=False))
    assert supervisor.call.header.phase.text == "Live"


@pytest.mark.parametrize("quality", [quality for quality in PICTURES if quality != "full"])
def test_a_thinned_picture_is_told_and_its_return_is_seen(supervisor: Shown, quality: str) -> None:
    note = supervisor.call.picture_note
    supervisor.desk.handle(FRAMES)
    supervisor.desk.handle(events.Picture(quality=quality))  # type: ignore[arg-type]
    assert note.isVisible()
    assert "your line is" in note.text
    supervisor.desk.handle(events.Picture(quality="full"))
    assert not note.isVisible()


def test_leaving_a_call_forgets_how_it_was_heard() -> None:
    desk, _ = make_desk(MIA)
    assert desk.listening is not None
    for event in (events.CatchingUp(on=True), events.Picture(quality="none"), events.Left(call="c-1")):
        desk.handle(event)
    assert (desk.listening.catching_up, desk.listening.picture) == (False, "full")


def test_agent_sees_who_has_talked_for_how_long(agent: Shown) -> None:
    assert not agent.agent.talk.isVisible()
    agent.desk.handle(TALK)
    assert agent.agent.talk.text() == "You 1:01  ·  Customer 1:20  ·  Both talking 0:03"
    agent.desk.handle(events.Ended(call="c-1", reason=EndReason.HUNG_UP))
    assert agent.desk.agent is not None
    assert agent.desk.agent.talk is None


def test_who_listens_sees_it_too(supervisor: Shown) -> None:
    assert not supervisor.call.talked.isVisible()
    supervisor.desk.handle(TALK)
    assert supervisor.call.talked.text() == "Alex 1:01  ·  Customer 1:20  ·  Both talking 0:03"
    supervisor.desk.handle(events.Left(call="c-1"))
    assert supervisor.desk.listening is not None
    assert supervisor.desk.listening.talk is None


def test_silence_is_told_when_it_lasts() -> None:
    told = events.TalkTime(seconds={}, together=0.0, silence=70.0, quiet_for=12.4)
    assert talk_time(told).endswith("Silence for 0:12")
