"""Looking closely at a shared screen: whole, pixel for pixel, zoomed about the pointer, in a window of its own."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QNativeGestureEvent, QPointingDevice, QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from coachdesk import commands, events
from coachdesk.annotation import Tool
from coachdesk.screenwire import Size
from coachdesk.ui.views.ink_view import InkView
from coachdesk.ui.views.screen_pane import ScreenPane
from coachdesk.ui.views.screen_view import ScreenView
from tests.ui.samples import StillPictures, desktop_picture
from tests.ui.shown import PATIENCE_MS, Shown

SEEN = events.Screen(party="agent", state="on")
PICTURES = events.Frames(party="agent", name="screen", screen=True)


@pytest.fixture
def pane(supervisor: Shown) -> ScreenPane:
    pane: ScreenPane = supervisor.call.screen_pane
    pane.video._open = lambda _: StillPictures(desktop_picture(1280, 720))
    supervisor.desk.handle(SEEN)
    supervisor.desk.handle(PICTURES)
    QApplication.processEvents()
    pane.video._look()
    return pane


def turn(view: ScreenView, at: QPointF, notches: int, *keys: Qt.KeyboardModifier) -> None:
    held = Qt.KeyboardModifier.NoModifier
    for key in keys:
        held |= key
    turned, none = QPoint(0, 120 * notches), QPoint()
    phase = Qt.ScrollPhase.NoScrollPhase
    event = QWheelEvent(at, view.mapToGlobal(at), none, turned, Qt.MouseButton.NoButton, held, phase, False)
    QApplication.sendEvent(view, event)


def double_click(qtbot: QtBot, widget: QWidget, at: QPoint) -> None:
    """And let go: what is still pressed is so for later tests."""
    qtbot.mouseDClick(widget, Qt.MouseButton.LeftButton, pos=at)
    qtbot.mouseRelease(widget, Qt.MouseButton.LeftButton, pos=at)


def test_pixel_for_pixel_and_back_by_one_key(supervisor: Shown, pane: ScreenPane, dressed: QtBot) -> None:
    whole = pane.video.content_rect()
    assert whole.width() <= pane.video.width()
    dressed.keyClick(supervisor.window, Qt.Key.Key_F11)
    ratio = pane.devicePixelRatio()
    actual = pane.video.content_rect()
    assert (actual.width() * ratio, actual.height() * ratio) == (1280, 720)
    assert pane.percent.text() == "100 %"
    dressed.keyClick(supervisor.window, Qt.Key.Key_F11)
    assert pane.video.content_rect() == whole


def test_pixel_for_pixel_shows_the_very_pixels(pane: ScreenPane) -> None:
    """What is painted is what came: text is not blurred by half a pixel."""
    view = pane.video
    view.toggle_actual(QPointF(100, 100))
    shown = view.grab().toImage()
    place, picture = view.content_rect().topLeft().toPoint(), view.image
    assert picture is not None
    free = view.rect().adjusted(
        20, 100, -20, -20
    )  # above are the words on who sees what is drawn, and corners are round
    same = picture.copy(free.translated(-place)).convertToFormat(shown.format())
    assert shown.copy(free) == same


def test_the_sharers_pointer_is_where_they_point_however_closely_one_looks(
    supervisor: Shown, pane: ScreenPane
) -> None:
    view, place = pane.video, (0.5, 0.25)
    without = view.grab().toImage()
    supervisor.desk.handle(events.ScreenPointer(at=place))
    for look in (view.fit, view.toggle_actual):
        look()
        tip = view.view_at(*place)
        assert tip is not None
        inside = (tip + QPointF(3, 9)).toPoint()
        assert view.grab().toImage().pixelColor(inside) == QColor(Qt.GlobalColor.black)
    view.fit()
    supervisor.desk.handle(events.ScreenPointer())
    assert view.grab().toImage() == without
    supervisor.desk.handle(events.ScreenPointer(at=place))
    supervisor.desk.handle(events.Screen(party="agent", state="blank"))
    assert view._pointer is None


@pytest.mark.parametrize("keys", [(), (Qt.KeyboardModifier.ControlModifier,)])
def test_a_wheel_zooms_about_the_pointer(pane: ScreenPane, keys: tuple[Qt.KeyboardModifier, ...]) -> None:
    view = pane.video
    at = QPointF(view.width() / 3, view.height() / 2)
    before = pane.picture_at(at)
    assert before is not None
    turn(view, at, 4, *keys)
    assert view.content_rect().width() > view.width()
    after = pane.view_at(*before)
    assert after is not None
    assert (after - at).manhattanLength() < 3
    turn(view, at, -20, *keys)
    assert view.fits


def test_a_pinch_zooms_about_the_fingers(pane: ScreenPane) -> None:
    view, at = pane.video, QPointF(50, 90)
    kind = Qt.NativeGestureType.ZoomNativeGesture
    device = QPointingDevice.primaryPointingDevice()
    pinch = QNativeGestureEvent(kind, device, 2, at, at, view.mapToGlobal(at), 0.5, QPointF())
    before = view.scale
    assert before is not None
    QApplication.sendEvent(view, pinch)
    assert view.scale == pytest.approx(min(before * 1.5, 1.0))


def test_a_double_click_looks_closely_there_and_a_drag_pushes(pane: ScreenPane, dressed: QtBot) -> None:
    view = pane.video
    at = QPoint(40, view.height() // 2)
    double_click(dressed, view, at)
    assert view.actual
    before = view.content_rect().topLeft()
    dressed.mousePress(view, Qt.MouseButton.LeftButton, pos=QPoint(200, 100))
    dressed.mouseMove(view, QPoint(170, 90))
    dressed.mouseRelease(view, Qt.MouseButton.LeftButton, pos=QPoint(170, 90))
    assert view.content_rect().left() == before.x() - 30
    turn(view, QPointF(at), 1, Qt.KeyboardModifier.ShiftModifier)
    assert view.content_rect().left() > before.x() - 30
    double_click(dressed, view, at)
    assert view.fits


def test_what_is_drawn_over_it_leaves_it_the_mouse_while_no_tool_is_chosen(
    supervisor: Shown, pane: ScreenPane, dressed: QtBot
) -> None:
    view, ink = pane.video, supervisor.desk.ink
    over = InkView(view, ink)
    over.show()
    ink.pen.tool = None
    double_click(dressed, over, QPoint(40, 100))
    assert view.actual
    begin, end = QPoint(200, 100), QPoint(170, 90)
    moved = []
    for button, tool in (
        (Qt.MouseButton.LeftButton, None),
        (Qt.MouseButton.LeftButton, Tool.PEN),
        (Qt.MouseButton.MiddleButton, Tool.PEN),
    ):
        ink.pen.tool = tool
        left = view.content_rect().left()
        dressed.mousePress(over, button, pos=begin)
        dressed.mouseMove(over, end)
        dressed.mouseRelease(over, button, pos=end)
        moved.append(view.content_rect().left() - left)
    assert moved == [-30, 0, -30]
    with dressed.waitSignal(view.pointed, timeout=PATIENCE_MS):
        dressed.mouseMove(over, begin)


def test_arrow_keys_push_and_keys_zoom(supervisor: Shown, pane: ScreenPane, dressed: QtBot) -> None:
    view = pane.video
    view.setFocus()
    before = view.scale
    assert before is not None
    dressed.keyClick(supervisor.window, Qt.Key.Key_Plus, Qt.KeyboardModifier.ControlModifier)
    assert view.scale == pytest.approx(min(before * 1.25, 1.0))
    dressed.keyClick(supervisor.window, Qt.Key.Key_F11)
    left = view.content_rect().left()
    dressed.keyClick(view, Qt.Key.Key_Right)
    assert view.content_rect().left() < left
    for _ in range(20):
        dressed.keyClick(supervisor.window, Qt.Key.Key_Minus, Qt.KeyboardModifier.ControlModifier)
    assert view.fits


def test_beside_the_picture_is_no_place_in_it(pane: ScreenPane) -> None:
    content = pane.video.content_rect()
    assert pane.picture_at(content.center()) == pytest.approx((0.5, 0.5), abs=0.01)
    assert pane.picture_at(content.topLeft() - QPointF(0, 2)) is None
    corner = pane.view_at(1.0, 1.0)
    assert corner is not None
    assert (corner - content.topLeft() - QPointF(content.width(), content.height())).manhattanLength() < 0.01


def test_without_a_picture_there_is_nothing_to_look_at(supervisor: Shown, pane: ScreenPane) -> None:
    supervisor.desk.handle(events.VideoGone(party="agent", screen=True))
    pane.video._look()
    assert pane.picture_at(QPointF(10, 10)) is None
    assert pane.view_at(0.5, 0.5) is None
    pane.video.magnify(2.0)
    pane.video.toggle_actual()
    assert pane.video.fits
    assert not pane.closer.isEnabled()


@pytest.mark.parametrize(("button", "full"), [("away", False), ("full", True)])
def test_a_window_of_its_own_and_back(
    supervisor: Shown, pane: ScreenPane, dressed: QtBot, button: str, full: bool
) -> None:
    getattr(pane, button).click()
    window = pane.video.window()
    assert window is not supervisor.window
    assert window.isFullScreen() is full
    dressed.waitUntil(window.isActiveWindow, timeout=PATIENCE_MS)
    dressed.keyClick(window, Qt.Key.Key_F11)
    assert pane.video.actual
    asked = len(supervisor.link.modes())
    dressed.keyClick(window, Qt.Key.Key_Escape)
    assert pane.video.window() is supervisor.window
    assert pane.video.isVisible()
    assert len(supervisor.link.modes()) == asked  # it leaves the window, and nothing else
    assert not window.isVisible()


def test_its_window_goes_with_the_share(supervisor: Shown, pane: ScreenPane) -> None:
    pane.away.click()
    window = pane.video.window()
    supervisor.desk.handle(events.Screen(party="agent", state="off"))
    assert not window.isVisible()
    assert not pane.isVisible()
    supervisor.desk.handle(SEEN)
    assert pane.isVisible()
    assert pane.video.window() is supervisor.window


def test_one_can_still_whisper_from_the_full_screen(
    supervisor: Shown, pane: ScreenPane, dressed: QtBot
) -> None:
    pane.full.click()
    window = pane.video.window()
    dressed.waitUntil(window.isActiveWindow, timeout=PATIENCE_MS)
    dressed.keyPress(window, Qt.Key.Key_Space)
    assert [mode.value for mode in supervisor.link.modes()] == ["whisper"]
    dressed.keyRelease(window, Qt.Key.Key_Space)
    QApplication.sendEvent(window, QEvent(QEvent.Type.Close))
    assert pane.place == "pane"


def said(shown: Shown) -> list[Size | None]:
    return [command.size for command in shown.link.sent if isinstance(command, commands.ScreenShown)]


def says(shown: Shown, dressed: QtBot, size: Size | None) -> None:
    dressed.waitUntil(lambda: said(shown)[-1:] == [size], timeout=PATIENCE_MS)


def seen_at(view: ScreenView) -> Size:
    """By what is painted."""
    content, ratio = view.content_rect(), view.devicePixelRatio()
    return round(content.width() * ratio), round(content.height() * ratio)


def test_the_size_at_which_all_of_it_is_seen_is_said_and_that_it_is_hidden(
    supervisor: Shown, pane: ScreenPane, dressed: QtBot
) -> None:
    whole = seen_at(pane.video)
    assert whole[0] < 1280
    says(supervisor, dressed, whole)
    dressed.keyClick(supervisor.window, Qt.Key.Key_F11)
    says(supervisor, dressed, (1280, 720))
    pane.video.magnify(2.0)
    says(supervisor, dressed, (2560, 1440))
    pane.video.fit()
    dressed.keyClick(supervisor.window, Qt.Key.Key_F12, Qt.KeyboardModifier.ShiftModifier)
    pane.video.window().resize(500, 400)
    dressed.waitUntil(lambda: said(supervisor)[-1] == seen_at(pane.video) < whole, timeout=PATIENCE_MS)
    pane.video.window().showMinimized()
    says(supervisor, dressed, (0, 0))
    pane.video.window().showNormal()
    says(supervisor, dressed, seen_at(pane.video))
    supervisor.desk.handle(events.Screen(party="agent", state="off"))
    says(supervisor, dressed, None)


def test_how_large_it_is_does_not_depend_on_how_many_pixels_come(
    supervisor: Shown, pane: ScreenPane, dressed: QtBot
) -> None:
    view = pane.video
    supervisor.desk.handle(events.ScreenSize(size=(1280, 720)))
    fitting = view.scale
    view._open = lambda _: StillPictures(desktop_picture(640, 360))
    supervisor.desk.handle(events.Frames(party="agent", name="smaller", screen=True))
    view._look()
    assert view.image is not None
    assert view.image.width() == 640
    assert view.scale == fitting
    dressed.keyClick(supervisor.window, Qt.Key.Key_F11)
    assert pane.percent.text() == "100 %"
    assert seen_at(view) == (1280, 720)
    says(supervisor, dressed, (1280, 720))
    supervisor.desk.handle(events.ScreenSize(size=(1000, 1000)))
    assert seen_at(view) == (640, 360), "that is of another screen than the picture"
