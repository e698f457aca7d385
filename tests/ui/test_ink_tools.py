"""The bar of tools beside the picture: taken up by key and click, and what is then drawn and asked for."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from coachdesk import commands, events
from coachdesk.ui.views.button import key_name
from coachdesk.ui.views.ink_tools import TOOLS
from tests.ui.ink_samples import drag, mark
from tests.ui.onpicture import OnPicture
from tests.ui.samples import AGENT, MIA, SAM, call
from tests.ui.shown import Shown


@pytest.mark.parametrize("who", [AGENT, MIA, SAM], ids=lambda who: who.name)
def test_every_tool_is_taken_up_by_its_key(dressed: QtBot, who: object) -> None:
    drawing = OnPicture(dressed, who, MIA, SAM)
    for tool, action in list(TOOLS.items())[1:]:
        dressed.keyClick(
            drawing.window, getattr(Qt.Key, f"Key_{action.key[-1]}"), Qt.KeyboardModifier.ShiftModifier
        )
        assert drawing.desk.ink.pen.tool == tool
        assert drawing.page.tools.tools[tool].property("state") == "on"
        assert f"({key_name(action.key)})" in drawing.page.tools.tools[tool].toolTip()


def test_undo_redo_clear_pin_and_again_by_key(drawing: OnPicture, dressed: QtBot) -> None:
    drawing.desk.handle(mark())
    ctrl, shift = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
    for key, modifiers in (
        (Qt.Key.Key_Z, ctrl),
        (Qt.Key.Key_Z, ctrl | shift),
        (Qt.Key.Key_Delete, ctrl),
        (Qt.Key.Key_I, shift),
        (Qt.Key.Key_G, shift),
    ):
        dressed.keyClick(drawing.window, key, modifiers)
    assert drawing.link.sent == [
        commands.Undo(),
        commands.Redo(),
        commands.Clear(),
        commands.Pin(mark="mark0001", on=True),
        commands.ReplayInk(),
    ]


def test_only_supervisors_may_clear_everybodys_marks(dressed: QtBot, drawing: OnPicture) -> None:
    assert not drawing.page.tools.clear_all.isVisible()
    supervisor = OnPicture(dressed, MIA, MIA)
    supervisor.page.tools.clear_all.click()
    assert supervisor.link.sent[-1] == commands.Clear(everybody=True)


def test_there_are_no_tools_without_a_picture(dressed: QtBot) -> None:
    shown = Shown(dressed, AGENT, events.Call(call=call()))
    assert not shown.agent.tools.isVisible()


@pytest.mark.qt_log_ignore("does not support (raise|grabbing)")
def test_a_colour_is_chosen_from_a_menu(drawing: OnPicture) -> None:
    drawing.page.tools.colour.click()
    menu = drawing.page.tools._menu
    names = {action.text(): action for action in menu.actions()}
    names["Green"].trigger()
    menu.close()
    drag(drawing.ink, (0.2, 0.5), (0.5, 0.5))
    assert [down.colour for down in drawing.downs()] == ["#30a46c"]


def test_a_broader_line_is_broader(drawing: OnPicture) -> None:
    drawing.page.tools.width_.click()
    drag(drawing.ink, (0.2, 0.5), (0.5, 0.5))
    assert [down.width for down in drawing.downs()] == [0.012]
