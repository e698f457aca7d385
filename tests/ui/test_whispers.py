"""Whispers at the agent: a leak is seen and remedied, the last one is heard again, in the ear that was chosen."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from coachdesk import commands, events
from coachdesk.ui.preferences import Preferences
from coachdesk.ui.presenters.settings import SettingsPresenter
from coachdesk.ui.sound_wording import leak
from coachdesk.ui.views.settings_dialog import SettingsDialog
from signaling.policy import Mode, Role
from tests.ui.samples import AGENT, LEAK, LEAKS, MIA, FakeLink, call, make_desk, ready
from tests.ui.shown import Shown

REOPENED = events.Leak(closed=False)


@pytest.mark.parametrize(
    ("level", "words", "tone"),
    [(-120.0, "None", "neutral"), (-55.0, "Faint, -55 dB", "neutral"), (-50.0, "-50 dB", "warning")],
)
def test_a_leak_is_told_in_words(level: float, words: str, tone: str) -> None:
    assert leak(events.Leak(closed=False, level_db=level))[1:] == (words, tone)


def test_a_closed_whisper_is_too_much_whatever_the_level() -> None:
    assert leak(events.Leak(closed=True))[1:] == ("Too much", "danger")


def test_agent_sees_the_level(agent: Shown) -> None:
    agent.desk.handle(LEAK)
    assert agent.agent.gauge.meter.level == -50.0
    assert agent.agent.gauge.state.text == "-50 dB"
    assert not agent.agent.leak.isVisible()


def test_agent_is_told_the_remedy_and_allows_whispers_with_one_key(agent: Shown, dressed: QtBot) -> None:
    dressed.keyClick(agent.window, Qt.Key.Key_W)
    assert commands.AllowWhisper() not in agent.link.sent
    agent.desk.handle(LEAKS)
    assert agent.agent.leak.isVisible()
    assert agent.agent.leak.why.text().startswith("Put on a headset.")
    dressed.keyClick(agent.window, Qt.Key.Key_W)
    assert agent.link.sent[-1] == commands.AllowWhisper()
    assert agent.agent.leak.isVisible()
    agent.desk.handle(REOPENED)
    assert not agent.agent.leak.isVisible()
    assert agent.desk.session.notices.shown[-1].title == "Coaches can whisper to you again"


def test_a_new_endpoint_has_an_open_whisper() -> None:
    desk, _ = make_desk(AGENT)
    assert desk.whispers is not None
    desk.handle(LEAKS)
    desk.endpoint_crashed(1.0, "")
    assert not desk.whispers.leak.closed


def test_the_last_whisper_is_heard_again_by_key(agent: Shown, dressed: QtBot) -> None:
    dressed.keyClick(agent.window, Qt.Key.Key_R)
    assert agent.link.sent[-1] == commands.Replay()
    agent.desk.handle(events.Replaying(on=True))
    assert agent.agent.replay.text() == "Playing…"
    agent.desk.handle(events.Replaying(on=False))
    assert agent.agent.replay.text() == "Hear it again"


def test_supervisor_is_told_why_whispering_is_off_and_when_it_is_not(
    supervisor: Shown, dressed: QtBot
) -> None:
    supervisor.desk.handle(LEAKS)
    notice = supervisor.desk.session.notices.shown[-1]
    assert (notice.title, notice.lasting) == ("Whispering is off", True)
    assert "Whispering is off" in supervisor.call.hearing.detail.text()
    assert not supervisor.call.whisper.isEnabled()
    assert supervisor.call.barge.isEnabled()
    supervisor.desk.handle(REOPENED)
    assert supervisor.call.whisper.isEnabled()
    assert supervisor.desk.session.notices.shown[-1].title == "You can whisper again"


def test_the_whisper_key_says_why_it_does_nothing(supervisor: Shown, dressed: QtBot) -> None:
    supervisor.desk.handle(LEAKS)
    supervisor.desk.session.notices.dismiss("leak")
    dressed.keyPress(supervisor.window, Qt.Key.Key_Space)
    dressed.keyRelease(supervisor.window, Qt.Key.Key_Space)
    dressed.keyClick(supervisor.window, Qt.Key.Key_W)
    assert supervisor.link.modes() == []
    assert supervisor.desk.session.notices.shown[-1].title == "Whispering is off"


def test_another_call_is_another_microphone() -> None:
    desk, link = make_desk(MIA)
    assert desk.observer is not None
    desk.handle(events.Call(call=call(MIA)))
    desk.handle(events.ModeChanged(mode=Mode.LISTEN, in_force=True))
    desk.handle(LEAKS)
    desk.handle(events.Call(call=call(MIA, call="c-2")))
    assert desk.session.notices.shown == []
    desk.observer.press_whisper()
    assert link.modes() == [Mode.WHISPER]


def test_agent_sees_how_loud_coaches_are_and_turns_them_down(agent: Shown) -> None:
    agent.desk.handle(
        events.Levels(levels={"mic": -20.0, "customer": -30.0, "p-mia": -25.0, "p-otto": -40.0})
    )
    assert agent.agent.coach_channel.meter.level == -25.0
    agent.agent.coach_channel.slider.setValue(-12)
    assert agent.link.sent[-1] == commands.Volume(source="coaches", gain=-12.0)


# --- settings -----------------------------------------------------------------------------------------------


def test_settings_switch_what_is_done_to_the_voice(agent: Shown, dressed: QtBot) -> None:
    dialog = SettingsDialog(agent.window, agent.desk.settings, Role.AGENT)
    assert [dialog.steps[step].isChecked() for step in ("echo", "noise", "gain")] == [True, True, False]
    dialog.steps["noise"].click()
    assert agent.link.sent[-1] == commands.VoiceProcessing(echo=True, noise=False, gain=False)
    agent.link.refuse("voice", "Reinstall it.")
    assert dialog._voice_fault.text() == "Reinstall it."


def test_settings_choose_the_ear_of_a_whisper(agent: Shown) -> None:
    dialog = SettingsDialog(agent.window, agent.desk.settings, Role.AGENT)
    dialog.ear_box.setCurrentIndex(1)
    dialog.ear_box.activated.emit(1)
    assert agent.link.sent[-1] == commands.Placement(whisper="left")
    assert agent.desk.settings.preferences.whisper_ear == "left"


@pytest.mark.parametrize(("fixed", "told"), [(frozenset[str](), True), (frozenset({"mic"}), False)])
def test_a_new_endpoint_is_told_what_was_chosen(fixed: frozenset[str], told: bool) -> None:
    link = FakeLink()
    chosen = Preferences(echo=False, whisper_ear="right")
    settings = SettingsPresenter(link, chosen, lambda _: None, lambda _: None, fixed)
    settings.handle(ready(AGENT))
    assert commands.Placement(whisper="right") in link.sent
    assert (commands.VoiceProcessing(echo=False, noise=True, gain=False) in link.sent) is told


def test_what_an_endpoint_does_by_itself_is_not_told() -> None:
    _, link = make_desk(MIA)
    assert not [c for c in link.sent if isinstance(c, commands.VoiceProcessing | commands.Placement)]
