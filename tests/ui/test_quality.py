"""How good the call sounds: one word for a person, numbers for support."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from coachdesk import commands, events
from coachdesk.ui.sound_wording import quality
from coachdesk.ui.views.quality_badge import QualityBadge
from signaling.protocol import EndReason
from tests.ui.samples import AGENT, MIA, NOW, QUALITY, call, make_desk, reading
from tests.ui.shown import Shown


def badge(shown: Shown) -> QualityBadge:
    found = shown.window.findChildren(QualityBadge)
    assert len(found) == 1
    return found[0]


def test_the_worst_sound_is_the_badge_and_comes_first() -> None:
    shown = quality({"customer": reading(4.3), "p-mia": reading(2.4, "poor")}, call(MIA))
    assert (shown.word, shown.tone) == ("Poor", "danger")
    assert [line.partition(":")[0] for line in shown.lines] == ["Mia", "Jana Novak"]


def test_the_numbers_have_their_units() -> None:
    (line,) = quality({"customer": reading(3.6, "fair")}, call()).lines
    assert line == (
        "Jana Novak: fair (3.6 of 4.5), delay 86 ms, of this 32 ms buffer, jitter 4 ms, lost 2.1%, made up 0.4%"
    )


@pytest.mark.parametrize(
    ("source", "whose"),
    [
        ("agent", "Alex"),
        ("agent_at_customer", "You, as the customer hears you"),
        ("at_customer", "What the customer hears"),
        ("coach", "Coach"),
    ],
)
def test_every_sound_has_a_name(source: str, whose: str) -> None:
    assert quality({source: reading()}, call()).lines[0].startswith(f"{whose}: ")


def test_badge_is_there_only_while_something_was_heard_of_late() -> None:
    now = NOW
    desk, _ = make_desk(AGENT, now=lambda: now)
    desk.handle(QUALITY)
    assert desk.quality.shown is None
    desk.handle(events.Call(call=call(MIA)))
    desk.handle(QUALITY)
    assert desk.quality.shown is not None
    now += 10
    desk.handle(events.Quality(readings={"customer": reading()}))
    assert desk.quality.shown.word == "Fair"
    now += 10
    assert desk.quality.shown.word == "Good"
    now += 10
    assert desk.quality.shown is None


def test_a_new_call_begins_without_a_badge() -> None:
    desk, _ = make_desk(AGENT)
    for event in (events.Call(call=call(MIA)), QUALITY, events.Ended(call="c-1", reason=EndReason.HUNG_UP)):
        desk.handle(event)
    assert desk.quality.shown is None
    desk.handle(events.Call(call=call(MIA, call="c-2")))
    assert desk.quality.shown is None


def test_another_call_is_another_sound() -> None:
    desk, _ = make_desk(MIA)
    desk.handle(events.Call(call=call(MIA)))
    desk.handle(QUALITY)
    desk.handle(events.Call(call=call(MIA, call="c-2")))
    assert desk.quality.shown is None


def test_agent_sees_the_word_and_can_ask_for_the_numbers(agent: Shown, dressed: QtBot) -> None:
    assert not badge(agent).isVisible()
    agent.desk.handle(QUALITY)
    assert badge(agent).isVisible()
    assert badge(agent).text == "Fair"
    assert "delay 86 ms" in badge(agent).toolTip()
    assert badge(agent).accessibleName() == "Sound: Fair"
    assert "Mia: fair" in badge(agent).accessibleDescription()


def test_supervisor_sees_it_too(supervisor: Shown) -> None:
    supervisor.desk.handle(events.Quality(readings={"agent": reading(2.0, "poor")}))
    assert badge(supervisor).text == "Poor"


def test_the_key_copies_the_diagnostics(agent: Shown, dressed: QtBot) -> None:
    dressed.keyClick(agent.window, Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)
    assert agent.link.sent[-1] == commands.Diagnostics()
    agent.desk.handle(events.Diagnostics(text="# Machine\nLinux"))
    assert QApplication.clipboard().text() == "# Machine\nLinux"
    assert agent.desk.session.notices.shown[-1].title == "Diagnostics copied"


def test_diagnostics_that_somebody_else_asked_for_are_not_copied() -> None:
    copied: list[str] = []
    desk, link = make_desk(AGENT)
    desk.quality.to_clipboard = copied.append
    desk.handle(events.Diagnostics(text="theirs"))
    desk.quality.copy_diagnostics()
    link.refuse("timeout")
    desk.handle(events.Diagnostics(text="late"))
    assert copied == []
    assert desk.session.notices.shown[-1].title == "That took too long"
