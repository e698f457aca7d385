"""Keys for one's share that work from other programs, where the system has none for programs."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QGuiApplication

from coachdesk import events
from coachdesk.ui.views.share_keys import CLICK, HERE_ALONE
from tests.ui.shown import Shown

ON, OFF = events.Sharing(state="on", label="Order 4711", seen_by=["Mia"]), events.Sharing(state="off")


@pytest.mark.parametrize("platform", ["wayland", "cocoa"])
def test_it_is_said_that_they_work_in_the_own_window_alone(
    agent: Shown, platform: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QGuiApplication, "platformName", lambda: platform)
    bar = agent.agent.share
    agent.desk.handle(ON)
    assert bar.keys.said == HERE_ALONE
    assert HERE_ALONE in bar.detail.whole
    assert bar.keys.summary == CLICK, "none is promised"
    assert "any program" not in bar.stop.toolTip() + bar.blank.toolTip()
    agent.desk.handle(OFF)
    assert bar.keys.said == ""
