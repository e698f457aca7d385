"""Drawing in the windows, with mouse, finger, pen and keys, and what is then on the screen."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPointingDevice, QTabletEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from coachdesk import commands, events
from coachdesk.annotation import Audience, Tool
from coachdesk.ui.theme import theme
from coachdesk.ui.views import ink_view
from coachdesk.ui.views.ink_paint import Drawing as Drawn
from coachdesk.ui.views.ink_paint import paint_mark
from signaling.policy import Mode
from signaling.protocol import EndReason
from tests.ui.ink_samples import FRAME, FRAMES, STEP, drag, mark, moved, point_at, poses
from tests.ui.onpicture import OnPicture
from tests.ui.samples import AGENT, MIA, SAM, call, with_mode
from tests.ui.shown import PATIENCE_MS

RED = "#e5484d"


# --- where things are on the screen -------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(900, 600), (1280, 800), (1300, 2000)], ids=str)
def test_what_is_drawn_is_where_the_hand_was_at_any_size_of_the_window(
    dressed: QtBot, size: tuple[int, int]
) -> None:
    drawing = OnPicture(dressed, AGENT, MIA, size=size)
    drawing.desk.ink.set_colour(RED)
    content = drawing.page.video.content_rect()
    assert content.width() / content.height() == pytest.approx(16 / 9, rel=0.01)
    drag(drawing.ink, (0.2, 0.5), (0.5, 0.5), (0.8, 0.5))
    assert [point.x for point in drawing.points()] == pytest.approx([0.2, 0.5, 0.8], abs=0.01)
    assert [point.y for point in drawing.points()] == pytest.approx([0.5] * 3, abs=0.01)
    assert drawing.is_red(0.35, 0.5)
    assert not drawing.is_red(0.35, 0.6)


def test_a_mark_is_painted_where_its_pose_says_and_with_no_pose_not_at_all(drawing: OnPicture) -> None:
    drawing.desk.handle(mark(tool=Tool.STAMP, path=[(0.3, 0.5)], number=1))
    drawing.desk.handle(poses(FRAME + STEP, mark0001=moved(0.2, 0.0)))
    assert drawing.is_red(0.285, 0.5)
    drawing.roll(FRAME + STEP)
    assert drawing.page.video.frame == FRAME + STEP
    assert drawing.is_red(0.485, 0.5)
    assert not drawing.is_red(0.285, 0.5)
    drawing.desk.handle(poses(FRAME + 2 * STEP, mark0001="hidden"))
    drawing.roll(FRAME + 2 * STEP)
    assert not drawing.is_red(0.485, 0.5)


def test_a_picture_waits_for_the_poses_of_its_marks(drawing: OnPicture) -> None:
    now = drawing.desk.ink.clock()
    drawing.desk.ink.clock = lambda: now
    drawing.page.video.queue._clock = lambda: now
    drawing.desk.handle(mark())
    drawing.desk.handle(poses(FRAME, mark0001=moved(0, 0)))
    drawing.roll(FRAME + STEP)
    assert drawing.page.video.frame == FRAME
    drawing.desk.handle(poses(FRAME + STEP, mark0001=moved(0.1, 0)))
    drawing._qtbot.waitUntil(lambda: drawing.page.video.frame == FRAME + STEP, timeout=PATIENCE_MS)


@pytest.mark.parametrize("tool", Tool)
@pytest.mark.parametrize("ratio", [1.0, 2.0])
def test_every_tool_leaves_its_colour_in_its_place_and_nowhere_else(
    dressed: QtBot, tool: Tool, ratio: float
) -> None:
    from PySide6.QtGui import QPainter

    from coachdesk.ui.inkshape import corners, mapped, to_screen
    from coachdesk.ui.views.ink_paint import paint_mark, reach

    paths = {
        Tool.STAMP: [(0.5, 0.5)],
        Tool.TEXT: [(0.5, 0.5)],
        Tool.REFERENCE: [(0.3, 0.3), (0.7, 0.3), (0.7, 0.7), (0.3, 0.7)],
    }
    image = QImage(int(400 * ratio), int(300 * ratio), QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    image.fill(QColor("#808080"))
    path = paths.get(tool, [(0.3, 0.3), (0.7, 0.7)])
    drawn, view = mark(tool=tool, path=path, text="card", number=7), to_screen(100, 50, 200, 200)  # type: ignore[arg-type]
    with QPainter(image) as painter:
        paint_mark(painter, drawn, view, 200)
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4).astype(int)
    rows, columns = np.nonzero(pixels[..., 2] - pixels[..., 1] > 40)
    assert len(rows) > 20
    assert 140 < columns.min() / ratio < 205
    assert columns.max() / ratio < 260
    assert rows.min() / ratio > 90
    assert rows.max() / ratio < 210
    rows, columns = np.nonzero((pixels[..., :3] != 128).any(axis=2))
    painted = QRectF(
        QPointF(columns.min(), rows.min()) / ratio, QPointF(columns.max() + 1, rows.max() + 1) / ratio
    )
    assert reach(drawn, mapped(view, corners(tool, drawn.path)) or [], 200).contains(painted)


def test_while_one_draws_only_the_marks_near_the_pen_are_painted_anew(
    drawing: OnPicture, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawing.desk.handle(mark("mark0001", Tool.PEN, [(0.05, 0.1), (0.2, 0.15), (0.3, 0.1)]))
    drawing.desk.handle(mark("mark0002", Tool.ARROW, [(0.6, 0.8), (0.8, 0.8)]))
    QTest.mousePress(drawing.ink, Qt.MouseButton.LeftButton, pos=point_at(drawing.ink, 0.7, 0.9).toPoint())
    QApplication.processEvents()
    drawing.page.video._timer.stop()
    QApplication.processEvents()  # what it has asked for before
    painted: list[str] = []

    def note(painter: QPainter, drawn: Drawn, *rest: float) -> None:
        painted.append(drawn.mark if isinstance(drawn, events.Mark) else "hand")
        paint_mark(painter, drawn, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(ink_view, "paint_mark", note)
    for x in (0.71, 0.72, 0.73):
        QTest.mouseMove(drawing.ink, point_at(drawing.ink, x, 0.88).toPoint())
        QApplication.processEvents()
    assert set(painted) == {"mark0002", "hand"}
    painted.clear()
    drawing.ink.repaint()
    assert set(painted) == {"mark0001", "mark0002", "hand"}
    QTest.mouseRelease(
        drawing.ink, Qt.MouseButton.LeftButton, pos=point_at(drawing.ink, 0.73, 0.88).toPoint()
    )


def test_words_and_arrows_tell_of_marks_that_are_not_in_the_picture(drawing: OnPicture) -> None:
    drawing.desk.handle(mark("mark0001"))
    drawing.desk.handle(mark("mark0002"))
    before = drawing.page.video.grab().toImage()
    drawing.desk.handle(poses(FRAME + STEP, mark0001="off_screen", mark0002="lost"))
    drawing.roll(FRAME + STEP)
    content = drawing.page.video.content_rect()
    after = drawing.page.video.grab().toImage()
    arrow = (content.right() - 26, content.center().y())
    chip = (content.left() + 40, content.bottom() - 40)
    for x, y in (arrow, chip):
        assert after.pixelColor(round(x), round(y)) != before.pixelColor(round(x), round(y))


# --- mouse, finger, pen -------------------------------------------------------------------------------------


def test_the_picture_stands_still_while_one_draws_and_is_live_again_afterwards(drawing: OnPicture) -> None:
    QTest.mousePress(drawing.ink, Qt.MouseButton.LeftButton, pos=point_at(drawing.ink, 0.3, 0.3).toPoint())
    drawing.roll(FRAME + STEP)
    assert drawing.page.video.frame == FRAME
    assert drawing.ink.notes.still.isVisible()
    end = point_at(drawing.ink, 0.6, 0.6).toPoint()
    QTest.mouseMove(drawing.ink, end)
    QTest.mouseRelease(drawing.ink, Qt.MouseButton.LeftButton, pos=end)
    assert [down.frame for down in drawing.downs()] == [FRAME]
    drawing._qtbot.waitUntil(lambda: drawing.page.video.frame == FRAME + STEP, timeout=PATIENCE_MS)
    assert not drawing.ink.notes.still.isVisible()


def test_beside_the_picture_nothing_is_drawn(drawing: OnPicture) -> None:
    drawing.window.resize(1300, 2000)
    QApplication.processEvents()
    content = drawing.page.video.content_rect()
    assert content.top() > 20
    QTest.mouseClick(drawing.ink, Qt.MouseButton.LeftButton, pos=QPoint(60, 5))
    assert drawing.link.sent == []


def test_a_coach_draws_once_the_ink_that_is_there_is_known(dressed: QtBot) -> None:
    supervisor = OnPicture(dressed, MIA, MIA)
    supervisor.desk.handle(events.Left(call="c-1"))
    supervisor.desk.handle(events.Call(call=call(MIA)))
    supervisor.desk.handle(FRAMES)
    supervisor.roll(FRAME)
    drag(supervisor.ink, (0.2, 0.2), (0.3, 0.3))
    assert supervisor.downs() == []
    supervisor.desk.handle(events.Stage(epoch=0, colour=RED))
    drag(supervisor.ink, (0.2, 0.2), (0.3, 0.3))
    assert [down.colour for down in supervisor.downs()] == [RED]


def test_a_finger_draws(drawing: OnPicture) -> None:
    device = QTest.createTouchDevice()
    start, end = (point_at(drawing.ink, x, 0.4).toPoint() for x in (0.2, 0.7))
    QTest.touchEvent(drawing.ink, device).press(0, start, drawing.ink).commit()
    QTest.touchEvent(drawing.ink, device).move(0, end, drawing.ink).commit()
    QTest.touchEvent(drawing.ink, device).release(0, end, drawing.ink).commit()
    assert len(drawing.downs()) == 1
    assert [point.x for point in drawing.points()] == pytest.approx([0.2, 0.7], abs=0.01)


def test_a_pen_draws_with_its_pressure(drawing: OnPicture) -> None:
    kinds = (QEvent.Type.TabletPress, QEvent.Type.TabletMove, QEvent.Type.TabletRelease)
    for kind, x, pressure in zip(kinds, (0.2, 0.5, 0.5), (0.2, 0.9, 0.0), strict=True):
        at = point_at(drawing.ink, x, 0.4)
        QApplication.sendEvent(drawing.ink, _tablet(kind, at, pressure))
    assert [point.pressure for point in drawing.points()] == [0.2, 0.9]
    assert isinstance(drawing.link.sent[-1], commands.PenUp)


def _tablet(kind: QEvent.Type, at: QPointF, pressure: float) -> QTabletEvent:
    button = Qt.MouseButton.LeftButton
    return QTabletEvent(
        kind, QPointingDevice.primaryPointingDevice(), at, at, pressure, 0.0, 0.0, 0.0, 0.0, 0.0,
        Qt.KeyboardModifier.NoModifier, button, button,
    )  # fmt: skip


def test_the_right_button_gives_up_what_is_being_drawn(drawing: OnPicture) -> None:
    here = point_at(drawing.ink, 0.3, 0.3).toPoint()
    QTest.mousePress(drawing.ink, Qt.MouseButton.LeftButton, pos=here)
    QTest.mousePress(drawing.ink, Qt.MouseButton.RightButton, pos=here)
    assert drawing.desk.ink.pen.hand is None
    assert commands.Undo() in drawing.link.sent


def test_a_gesture_ends_with_the_picture_and_with_the_call(drawing: OnPicture) -> None:
    QTest.mousePress(drawing.ink, Qt.MouseButton.LeftButton, pos=point_at(drawing.ink, 0.3, 0.3).toPoint())
    drawing.desk.handle(events.VideoGone(party="customer"))
    drawing._qtbot.waitUntil(lambda: drawing.desk.ink.pen.hand is None, timeout=PATIENCE_MS)
    assert not drawing.page.tools.isVisible()
    drawing.desk.handle(events.Ended(call="c-1", reason=EndReason.HUNG_UP))
    assert drawing.desk.ink.call is None


def test_words_are_typed_where_they_will_stand_and_keys_do_nothing_else(
    drawing: OnPicture, dressed: QtBot
) -> None:
    drawing.desk.ink.choose(Tool.TEXT)
    drag(drawing.ink, (0.4, 0.5))
    field = drawing.ink.words
    assert field.isVisible()
    assert abs(field.geometry().center().y() - point_at(drawing.ink, 0.4, 0.5).y()) < 3
    field.setFocus()
    dressed.keyClicks(field, "Mind the gap")
    dressed.keyClick(field, Qt.Key.Key_Return)
    up = drawing.link.sent[-1]
    assert isinstance(up, commands.PenUp)
    assert up.text == "Mind the gap"
    assert not field.isVisible()
    assert commands.Mute(on=True) not in drawing.link.sent


@pytest.mark.parametrize("who", [AGENT, MIA], ids=lambda who: who.name)
def test_escape_gives_up_the_words_and_silences_all_the_same(dressed: QtBot, who: object) -> None:
    drawing = OnPicture(dressed, who, MIA)
    drawing.desk.ink.choose(Tool.TEXT)
    drag(drawing.ink, (0.4, 0.5))
    if drawing.desk.observer is not None:
        drawing.desk.handle(events.ModeChanged(mode=Mode.BARGE, in_force=True))
        drawing.link.sent.clear()
    dressed.keyClick(drawing.ink.words, Qt.Key.Key_Escape)
    assert drawing.desk.ink.pen.hand is None
    assert not drawing.ink.words.isVisible()
    assert commands.Undo() in drawing.link.sent
    assert drawing.link.modes() == ([Mode.LISTEN] if who is MIA else [])


# --- who sees it --------------------------------------------------------------------------------------------


def test_who_sees_what_is_drawn_is_always_said(dressed: QtBot) -> None:
    drawing = OnPicture(dressed, MIA, MIA, SAM)
    note = drawing.ink.notes.seen
    assert note.isVisible()
    assert note.label.whole == "Only Alex (agent) sees what you draw"
    assert note.property("hearing") == "private"
    drawing.desk.handle(events.Call(call=call(with_mode(MIA, Mode.BARGE), SAM)))
    assert note.label.whole == "The customer, Alex and Sam see what you draw"
    assert note.property("hearing") == "everyone"


def test_a_coachs_mark_is_passed_on_with_one_click(drawing: OnPicture) -> None:
    assert not drawing.page.tools.show_.isVisible()
    private = mark(author="p-mia", name="Mia", audience=Audience.COACHING)
    drawing.desk.handle(private)
    assert drawing.page.tools.show_.isVisible()
    drawing.page.tools.show_.click()
    assert drawing.link.sent[-1] == commands.Show(mark="mark0001", on=True)
    drawing.desk.handle(mark(author="p-mia", name="Mia"))
    assert not drawing.page.tools.show_.isVisible()


def test_the_mark_under_the_pointer_is_the_one_that_is_meant(drawing: OnPicture) -> None:
    drawing.desk.handle(mark("mark0001", Tool.ARROW, [(0.2, 0.2), (0.4, 0.4)]))
    drawing.desk.handle(mark("mark0002", Tool.ARROW, [(0.8, 0.2), (0.6, 0.4)]))
    drawing.page.video.grab()
    QTest.mouseMove(drawing.ink, point_at(drawing.ink, 0.3, 0.3).toPoint())
    drawing._qtbot.waitUntil(lambda: drawing.desk.ink.hovered == "mark0001", timeout=PATIENCE_MS)
    drawing.page.tools.pin.click()
    assert drawing.link.sent[-1] == commands.Pin(mark="mark0001", on=True)


def test_a_bad_place_is_told_before_one_draws_there(drawing: OnPicture) -> None:
    drawing.desk.handle(events.Surface(surface="plain"))
    assert drawing.ink.notes.surface.isVisible()
    assert "Too plain" in drawing.ink.notes.surface.label.whole
    drawing.desk.handle(events.Surface(surface="good"))
    assert not drawing.ink.notes.surface.isVisible()


def test_the_still_picture_has_a_frame_in_the_themes_colour(drawing: OnPicture) -> None:
    QTest.mousePress(drawing.ink, Qt.MouseButton.LeftButton, pos=point_at(drawing.ink, 0.3, 0.3).toPoint())
    content = drawing.page.video.content_rect()
    image = drawing.page.video.grab().toImage()
    assert (
        image.pixelColor(round(content.center().x()), round(content.top()) + 1).name()
        == theme.colour("accent").name()
    )
    QTest.mouseRelease(drawing.ink, Qt.MouseButton.LeftButton)


def test_whose_a_mark_is_can_be_read_also_below_the_notes(drawing: OnPicture) -> None:
    """The corner of the picture belongs to the notes: a mark there has its author's name beneath it."""
    private = mark(path=[(0.02, 0.06), (0.2, 0.2)], author="p-mia", name="Mia", audience=Audience.COACHING)
    drawing.desk.handle(private)
    before = drawing.page.video.grab().toImage()
    drawing.desk.handle(mark(path=[(0.02, 0.06), (0.2, 0.2)], author="agent"))
    after = drawing.page.video.grab().toImage()
    below = point_at(drawing.ink, 0.05, 0.2) + QPointF(0, 20)
    assert before.pixelColor(below.toPoint()) != after.pixelColor(below.toPoint())
