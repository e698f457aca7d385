"""Everybody can use every window: named controls, own keys, any size, any theme."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QApplication, QComboBox, QLineEdit, QPushButton, QSlider, QWidget
from pytestqt.qtbot import QtBot

from coachdesk import events
from coachdesk.ui.theme import theme
from coachdesk.ui.views.button import ActionButton, key_name
from coachdesk.ui.views.main_window import MainWindow
from tests.ui.samples import (
    LONG_NAME,
    call,
)
from tests.ui.screenshots import SCENES
from tests.ui.shown import Shown

KEYS_OF_ROWS = ("Return", "Delete", "C", "Q", "Ctrl+Backspace")
"""They act on the row that has the focus, so that each row has them."""


@pytest.fixture
def scene(dressed: QtBot, request: pytest.FixtureRequest) -> MainWindow:
    window = MainWindow(lambda: None)
    dressed.addWidget(window, before_close_func=lambda w: setattr(w, "_may_close", True))
    SCENES[request.param](window)
    window.show()
    QApplication.processEvents()
    return window


@pytest.mark.parametrize("scene", SCENES, indirect=True)
def test_every_control_has_a_name_a_tooltip_and_a_key_of_its_own(scene: MainWindow) -> None:
    buttons = [b for b in scene.findChildren(QPushButton) if b.isVisible()]
    assert buttons
    keys: dict[str, str] = {}
    for button in buttons:
        assert isinstance(button, ActionButton), f"{button.text()!r} is no ActionButton"
        assert button.accessibleName(), button
        key = key_name(button.action.key)
        assert key, f"{button.text()!r} has no key"
        assert f"({key})" in button.toolTip(), button.text()
        if button.action.key not in KEYS_OF_ROWS and button.window() is scene:
            assert button.action.key not in keys, f"{button.text()} and {keys[button.action.key]}"
            keys[button.action.key] = button.text()
    kinds = (QSlider, QComboBox, QLineEdit)
    for widget in (w for w in scene.findChildren(QWidget) if isinstance(w, kinds)):
        assert widget.accessibleName(), f"{type(widget).__name__} has no name"


@pytest.mark.parametrize("size", [(900, 600), (1440, 900), (3840, 2160)], ids=str)
@pytest.mark.parametrize(
    "scene",
    ["agent_whispered", "agent_shares", "supervisor_leads", "wall", "sign_in_failed"],
    indirect=True,
)
def test_it_fits(scene: MainWindow, size: tuple[int, int]) -> None:
    scene.resize(*size)
    QApplication.processEvents()
    assert (scene.width(), scene.height()) == size
    for button in scene.findChildren(ActionButton):
        if button.isVisible() and not button.visibleRegion().isEmpty():
            corner = button.mapTo(scene, QPoint(0, 0))
            assert 0 <= corner.x() <= size[0] - button.width(), button.text()
            assert button.height() >= button.minimumSizeHint().height(), button.text()


def test_columns_do_not_overlap_in_the_smallest_window(agent: Shown) -> None:
    agent.window.resize(900, 600)
    QApplication.processEvents()

    def span(widget: QWidget) -> tuple[int, int]:
        left = widget.mapTo(agent.window, QPoint(0, 0)).x()
        return left, left + widget.width()

    spans = [span(w) for w in (agent.agent.lobby, agent.agent.video, agent.agent.side)]
    assert all(right < left for (_, right), (left, _) in pairwise(spans))


def test_long_names_are_elided_and_told_in_the_tooltip(agent: Shown) -> None:
    agent.desk.handle(events.Call(call=call(label=LONG_NAME)))
    agent.window.resize(900, 600)
    QApplication.processEvents()
    title = agent.agent.header.title
    assert title.text().endswith("…")
    assert title.toolTip() == LONG_NAME


@pytest.mark.parametrize("name", ["dark", "contrast"])
def test_theme_can_be_switched_during_a_call(agent: Shown, qapp: Any, name: Any) -> None:
    before = agent.window.grab().toImage()
    try:
        theme.apply(qapp, name)
        assert agent.window.grab().toImage() != before
        assert agent.window.grab().toImage().pixelColor(2, 200).name() == theme.colour("bg").name()
    finally:
        theme.apply(qapp, "light")
