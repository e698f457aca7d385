"""What is drawn on a picture, over the picture; and the mouse, finger or pen that draws there."""

from __future__ import annotations

import math
from collections.abc import Iterable

from PySide6.QtCore import QEvent, QObject, QPointF, QRect, QRectF, Qt, QTimer
from PySide6.QtGui import (
    QHideEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QTabletEvent,
    QTouchEvent,
)
from PySide6.QtWidgets import QWidget

from coachdesk.annotation import Audience, SurfaceName, Tool
from coachdesk.gestures import SINGLE, centre
from coachdesk.ui.ink_wording import tag, whose
from coachdesk.ui.inkshape import IDENTITY, XY, Matrix, corners, mapped, to_screen
from coachdesk.ui.presenters.ink import InkPresenter
from coachdesk.ui.presenters.ink_hand import Hand
from coachdesk.ui.presenters.ink_scene import Placed
from coachdesk.ui.theme import theme
from coachdesk.ui.views.ink_keepsakes import Keepsakes
from coachdesk.ui.views.ink_notes import InkNotes
from coachdesk.ui.views.ink_paint import (
    label_width,
    paint_edge_arrow,
    paint_label,
    paint_mark,
    reach,
)
from coachdesk.ui.views.ink_pointer import paint_remote
from coachdesk.ui.views.ink_words import WordsEditor
from coachdesk.ui.views.video import VideoView
from coachdesk.ui.wording import customer_name

NEAR = 14.0
"""Pixels from a mark within which the pointer is on it."""
TAG_SIZE = 11.0
SURFACE_EVERY_MS = 600
NAMES: dict[SurfaceName, str] = {
    "camera": "Drawing on the customer's picture",
    "screen": "Drawing on the agent's screen",
    "coach": "Drawing on a supervisor's screen",
    "customer": "Drawing on the customer's screen",
}
NEWEST_POINTS = 4
"""Of a line that grows: what more of it changes."""


class InkView(QWidget):
    """Lies over a VideoView, as large as it. What it paints on is always the picture that is shown, or none."""

    def __init__(self, video: VideoView, presenter: InkPresenter) -> None:
        super().__init__(video)
        self._video = video
        self._presenter = presenter
        self._keepsakes = Keepsakes()
        self._on_screen: dict[str, list[XY]] = {}
        self._moving = False
        self._content = QRectF()
        self._pointer: XY | None = None
        self.notes = InkNotes(self, presenter)
        self.words = WordsEditor(self, presenter.pen)
        self._surface = QTimer(self, interval=SURFACE_EVERY_MS)
        self._surface.timeout.connect(self._ask_surface)
        self._surface.start()
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_AcceptTouchEvents)
        self.setAccessibleName(NAMES[presenter.ground])
        video.looked.connect(self._tick)
        video.installEventFilter(self)
        presenter.subscribe(self.refresh)
        self.setGeometry(video.rect())
        self.use(True)
        self.refresh()

    def use(self, on: bool) -> None:
        """Whether the picture that is shown is the one that this is about."""
        self.setVisible(on)
        if on:
            self._video.queue.posed = self._presenter.posed

    @property
    def _frame(self) -> int | None:
        return self._presenter.frame_shown(self._video.frame)

    # --- following ---------------------------------------------------------------------------------------------

    def refresh(self) -> None:
        pen = self._presenter.pen
        self._video.hold(pen.still is not None)
        ready = pen.tool is not None and self._presenter.ready and self._frame is not None
        self.setCursor(Qt.CursorShape.CrossCursor if ready else Qt.CursorShape.ArrowCursor)
        self.notes.refresh(self._video.content_rect().intersected(QRectF(self.rect())))
        self.words.refresh(self._on_widget())
        self.update()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._video and event.type() is QEvent.Type.Resize:
            self.setGeometry(self._video.rect())
            self.refresh()
        return False

    def hideEvent(self, event: QHideEvent) -> None:
        self._presenter.pen.give_up()

    def _tick(self) -> None:
        image = self._video.image
        if image is not None:
            self._presenter.pen.aspect = image.width() / image.height()
        elif self._presenter.pen.hand is not None:
            self._presenter.pen.give_up()
        if self._content != self._video.content_rect():
            self._content = self._video.content_rect()
            self.refresh()
        moves = self._presenter.pen.tick()
        if moves or self._moving:
            self.update()
        self._moving = moves

    # --- painting ----------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        content, presenter = self._video.content_rect(), self._presenter
        if content.isEmpty() or presenter.call is None:
            self._on_screen = {}
            return
        now, frame = presenter.clock(), self._video.frame
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.setClipRect(content)
            self._paint_marks(painter, presenter.scene.placed(frame, now), content, QRectF(event.rect()))
            view = self._on_widget()
            for placed in presenter.scene.replayed(frame, now):
                paint_mark(painter, placed.mark, view @ placed.h, content.height())
            for hand in self._hands():
                paint_mark(painter, hand, view, content.height())
            for author, pointer, trail in presenter.scene.trails(now):
                points = mapped(view, [(point.x, point.y) for point in trail]) or []
                name = presenter.pointed_by(author)
                paint_remote(painter, pointer, points, content.height(), now, name)
            self._paint_elsewhere(painter, content)
            if presenter.pen.still is not None or presenter.frozen is not None:
                painter.setPen(QPen(theme.colour("accent"), 6))
                painter.drawRect(content)

    def _paint_marks(self, painter: QPainter, marks: list[Placed], content: QRectF, exposed: QRectF) -> None:
        """A line costs as much where all of it is clipped away: while one draws, only what is near the pen is painted."""
        view = self._on_widget()
        self._on_screen = {}
        for placed in marks:
            points = mapped(view @ placed.h, corners(placed.mark.tool, placed.mark.path))
            if points is None:
                continue
            if reach(placed.mark, points, content.height()).intersects(exposed):
                paint_mark(painter, placed.mark, view @ placed.h, content.height(), placed.opacity)
            self._on_screen[placed.mark.mark] = points
            self._keep(placed)
            self._paint_tag(painter, placed, points)

    def _keep(self, placed: Placed) -> None:
        mark, image = placed.mark, self._video.image
        where = mapped(placed.h, [centre(mark.tool, mark.path)])
        if image is not None and where is not None and mark.state == "drawn":
            self._keepsakes.take(mark, placed.h, where[0], image, self._presenter.clock())

    def _paint_tag(self, painter: QPainter, placed: Placed, points: list[XY]) -> None:
        """Whose mark it is: of others' always, with all who see it while the pointer is on it."""
        mark, presenter = placed.mark, self._presenter
        if presenter.call is None:
            return
        if mark.mark == presenter.hovered:
            words = whose(mark, presenter.own, shown=presenter.shown_to_customer)
        elif mark.author != presenter.own:
            words = tag(mark, customer_name(presenter.call), shown=presenter.shown_to_customer)
        else:
            return
        left, top = min(x for x, _ in points), min(y for _, y in points)
        painter.save()
        painter.setOpacity(placed.opacity)
        colour = mark.colour if mark.audience is Audience.PUBLIC else theme.colour("private").name()
        above = 32 if mark.tool in SINGLE else 20
        room = self._content.adjusted(8, TAG_SIZE + 4, -8, 0)
        left = max(room.left(), min(left, room.right() - label_width(painter, words, TAG_SIZE)))
        beside = QRectF(left, top - above - TAG_SIZE, room.width(), 2 * TAG_SIZE)
        covered = top - above < room.top() or self.notes.covers(beside)
        at = QPointF(left, max(y for _, y in points) + above if covered else top - above)
        paint_label(painter, at, words, TAG_SIZE, colour, centred=False)
        painter.restore()

    def _paint_elsewhere(self, painter: QPainter, content: QRectF) -> None:
        lost = []
        for each in self._presenter.scene.elsewhere(self._video.frame):
            if each.state == "lost":
                lost.append(each.mark)
            else:
                paint_edge_arrow(painter, content, each.toward, each.mark.colour)
        self._keepsakes.paint(painter, content, lost)

    def _hands(self) -> Iterable[Hand]:
        """One's own gestures that are of the picture shown and have not come back yet."""
        pen = self._presenter.pen
        hands = [*pen.just_drawn.values(), *([pen.hand] if pen.hand is not None else [])]
        return (hand for hand in hands if hand.frame == self._frame)

    def _on_widget(self) -> Matrix:
        """From the picture, 0 to 1, to this widget's pixels."""
        content = self._video.content_rect()
        if content.isEmpty():
            return IDENTITY
        return to_screen(content.left(), content.top(), content.width(), content.height())

    # --- mouse, finger, pen ------------------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QTouchEvent) and self._touched(event):
            return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Without a tool the picture below has the mouse, which may be pushed about by it; its middle button always."""
        if event.button() is Qt.MouseButton.LeftButton and (self._draws or self.words.isVisible()):
            self._down(event.position())
        elif event.button() is Qt.MouseButton.RightButton:
            self._presenter.pen.give_up()
        else:
            event.ignore()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton and self._draws:
            self._move(event.position())
            return
        self._hover(event.position())
        event.ignore()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self._up()
        event.ignore()

    @property
    def _draws(self) -> bool:
        return self._presenter.pen.tool is not None

    def leaveEvent(self, event: QEvent) -> None:
        self._pointer = None
        self._presenter.pen.leave()
        self._presenter.hover("")

    def tabletEvent(self, event: QTabletEvent) -> None:
        event.accept()  # or the same would come once more, as a mouse
        if event.type() is QEvent.Type.TabletPress:
            self._down(event.position(), event.pressure())
        elif event.type() is QEvent.Type.TabletMove and event.pressure() > 0:
            self._move(event.position(), event.pressure())
        elif event.type() is QEvent.Type.TabletMove:
            self._hover(event.position())
        elif event.type() is QEvent.Type.TabletRelease:
            self._up()

    def _touched(self, event: QTouchEvent) -> bool:
        """The first finger draws."""
        points = event.points()
        if not points:
            return False
        at = points[0].position()
        if event.type() is QEvent.Type.TouchBegin:
            self._down(at)
        elif event.type() is QEvent.Type.TouchUpdate:
            self._move(at)
        elif event.type() is QEvent.Type.TouchEnd:
            self._up()
        else:
            self._presenter.pen.give_up()
        event.accept()
        return True

    def _down(self, at: QPointF, pressure: float = 0.5) -> None:
        if self.words.isVisible():
            self.words.done()
            return
        content = self._video.content_rect()
        if not content.contains(at) or not self._presenter.ready:
            return
        if self._presenter.pen.down(*self._in_picture(at), pressure, self._frame):
            self.refresh()

    def _move(self, at: QPointF, pressure: float = 0.5) -> None:
        pen = self._presenter.pen
        before = pen.hand.path[-NEWEST_POINTS:] if pen.hand is not None else []
        if not pen.move(*self._in_picture(at), pressure):
            return
        if pen.hand is not None and pen.hand.kind in (Tool.PEN, Tool.HIGHLIGHTER):
            newest = [point[:2] for point in (*before, pen.hand.path[-1])]
            self.update(self._around(newest, pen.hand))
        else:
            self.update()

    def _up(self) -> None:
        self._presenter.pen.up()
        self.refresh()

    def _around(self, points: list[XY], hand: Hand) -> QRect:
        """The part of this widget that a line through ``points`` is in."""
        on_screen = mapped(self._on_widget(), points) or []
        xs, ys = [x for x, _ in on_screen], [y for _, y in on_screen]
        box = QRectF(QPointF(min(xs), min(ys)), QPointF(max(xs), max(ys)))
        edge = 3 * max(2.0, hand.width * self._video.content_rect().height()) + 4
        return box.adjusted(-edge, -edge, edge, edge).toAlignedRect()

    def _in_picture(self, at: QPointF) -> XY:
        content = self._video.content_rect()
        if content.isEmpty():
            return 0.0, 0.0
        return (at.x() - content.left()) / content.width(), (at.y() - content.top()) / content.height()

    def _hover(self, at: QPointF) -> None:
        self._pointer = self._in_picture(at) if self._video.content_rect().contains(at) else None
        if self._pointer is not None and self._presenter.ready and self._frame is not None:
            self._presenter.pen.hover(*self._pointer)
        here = (at.x(), at.y())
        near = {mark: _distance(here, points) for mark, points in self._on_screen.items()}
        nearest = min(near, key=lambda mark: near[mark], default="")
        self._presenter.hover(nearest if near and near[nearest] < NEAR else "")

    def _ask_surface(self) -> None:
        if self._pointer is not None and self.isVisible():
            x, y = self._pointer
            self._pointer = None  # asked again once it has moved
            self._presenter.ask_surface(x, y, self._frame)


def _distance(at: XY, points: list[XY]) -> float:
    """From a point to the nearest stretch between neighbours."""
    if len(points) == 1:
        return math.dist(at, points[0])
    return min(
        _to_stretch(at, start, end) for start, end in zip(points, [*points[1:], points[-1]], strict=True)
    )


def _to_stretch(at: XY, start: XY, end: XY) -> float:
    across, down = end[0] - start[0], end[1] - start[1]
    length2 = across**2 + down**2
    along = ((at[0] - start[0]) * across + (at[1] - start[1]) * down) / length2 if length2 else 0.0
    share = min(1.0, max(0.0, along))
    return math.dist(at, (start[0] + share * across, start[1] + share * down))
