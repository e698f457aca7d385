"""What others draw on the screen that the agent shares, on that very screen: over all windows, and clicks go through it.

X cuts the windows to what is painted, so marks are seen where there is no compositor too: then without soft edges, and
what is seen through them is seen between their lines. By that shape the program that captures knows where marks are, and
leaves them out: each viewer's own window paints those they may see.
"""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject, QPointF, QRect, QRectF, QSize, QSizeF, Qt, QTimer
from PySide6.QtGui import QBitmap, QImage, QPainter, QPaintEvent, QRegion, QScreen

from coachdesk.events import Mark
from coachdesk.screenevents import Place
from coachdesk.ui.ink_wording import tag
from coachdesk.ui.inkshape import XY, Matrix, corners, mapped, to_screen
from coachdesk.ui.presenters.ink_scene import Placed, Pointer
from coachdesk.ui.presenters.ink_screen import ScreenInkPresenter
from coachdesk.ui.views.desktop_window import LEFT_OUT, DesktopWindow, Monitors
from coachdesk.ui.views.ink_paint import paint_label, paint_mark, reach
from coachdesk.ui.views.ink_pointer import paint_remote, remote_reach

LOOK_EVERY_MS = 33
TAG_SIZE, TAG_ABOVE = 12.0, 16.0
TAG_REACH = 300.0
SEEN_THROUGH, SOLID = 60, 170
"""Alpha above which a pixel is shown where windows cannot be seen through: in every second row, and in the others."""


class DesktopInk(QObject):
    """A window for each monitor that something was drawn on, while the agent shares what is there."""

    def __init__(self, presenter: ScreenInkPresenter, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._presenter = presenter
        self._monitors = Monitors(lambda screen: MonitorInk(presenter, screen), self)
        self._timer = QTimer(self, interval=LOOK_EVERY_MS)
        self._timer.timeout.connect(self._look)
        presenter.subscribe(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        place = self._presenter.place
        if place is None or not LEFT_OUT:
            self._timer.stop()
            self._monitors.close()
            return
        self._timer.start()
        for monitor, here in self._monitors.at(place.place):
            monitor.show_ink(place.frame, here)

    def _look(self) -> None:
        """Lines grow, pointers move and marks fade without being told of each time."""
        scene = self._presenter.scene
        growing = any(mark.state == "drawing" for mark in scene.marks.values())
        if scene.tick(self._presenter.clock()) or growing:
            self.refresh()


class MonitorInk(DesktopWindow):
    """Of one monitor; visible while there is something to paint on it."""

    layer = 1

    def __init__(self, presenter: ScreenInkPresenter, screen: QScreen) -> None:
        super().__init__(screen)
        self._presenter = presenter
        self._image: QImage | None = None
        self._at = QRect()

    def show_ink(self, frame: int, place: Place | None) -> None:
        """Paints what was drawn on ``frame``, which is at ``place``; None: it is not on this monitor."""
        shape = QRegion()
        if place is not None:
            shape = self._paint(frame, self.content(place), composited=place.composited)
        self.cut(shape)

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
            painter.fillRect(event.rect(), Qt.GlobalColor.transparent)
            if self._image is not None:
                painter.drawImage(self._at.topLeft(), self._image)

    def _paint(self, frame: int, content: QRectF, *, composited: bool) -> QRegion:
        """Makes the picture of the marks; what of the window it needs."""
        marks = self._marks(frame, content)
        pointers = self._pointers(content)
        extents = [_extent(placed.mark, points, content) for placed, points in marks]
        extents += [
            _around(points, remote_reach(pointer, content.height())) for _, pointer, points in pointers
        ]
        needed = QRectF()
        for extent in extents:
            needed = needed.united(extent)
        self._at = needed.intersected(content).intersected(QRectF(self.rect())).toAlignedRect()
        self._image = None
        if self._at.isEmpty():
            return QRegion()
        ratio = self._monitor.devicePixelRatio()
        image = QImage((QSizeF(self._at.size()) * ratio).toSize(), QImage.Format.Format_ARGB32_Premultiplied)
        image.setDevicePixelRatio(ratio)
        image.fill(Qt.GlobalColor.transparent)
        with QPainter(image) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.translate(-self._at.topLeft())
            painter.setClipRect(content)
            self._paint_marks(painter, marks, content)
            self._paint_pointers(painter, pointers, content.height())
        self._image = image if composited else _opaque(image)
        return _shape(image, self._at.size(), composited=composited).translated(self._at.topLeft())

    def _marks(self, frame: int, content: QRectF) -> list[tuple[Placed, list[XY]]]:
        """What was drawn on ``frame``, with its corners in this window."""
        view, now, scene = _view(content), self._presenter.clock(), self._presenter.scene
        found = [
            (placed, mapped(view @ placed.h, corners(placed.mark.tool, placed.mark.path)))
            for placed in (*scene.placed(frame, now), *scene.replayed(frame, now))
            if placed.mark.path
        ]
        return [(placed, points) for placed, points in found if points]

    def _pointers(self, content: QRectF) -> list[tuple[str, Pointer, list[XY]]]:
        """With whose it is, and its trail in this window."""
        trails = self._presenter.scene.trails(self._presenter.clock())
        found = [
            (author, pointer, mapped(_view(content), [(point.x, point.y) for point in trail]))
            for author, pointer, trail in trails
        ]
        return [(author, pointer, points) for author, pointer, points in found if points]

    def _paint_marks(self, painter: QPainter, marks: list[tuple[Placed, list[XY]]], content: QRectF) -> None:
        for placed, points in marks:
            mark = placed.mark
            paint_mark(painter, mark, _view(content) @ placed.h, content.height(), placed.opacity)
            if mark.author != self._presenter.own and placed.opacity >= 1:
                left, top = min(x for x, _ in points), min(y for _, y in points)
                at = QPointF(max(left, content.left() + 8), max(top - TAG_ABOVE, content.top() + TAG_ABOVE))
                words = tag(mark, "", shown=self._presenter.shown_to_customer)
                paint_label(painter, at, words, TAG_SIZE, mark.colour, centred=False)

    def _paint_pointers(
        self, painter: QPainter, pointers: list[tuple[str, Pointer, list[XY]]], height: float
    ) -> None:
        now = self._presenter.clock()
        for author, pointer, points in pointers:
            paint_remote(painter, pointer, points, height, now, self._presenter.pointed_by(author))


def _view(content: QRectF) -> Matrix:
    return to_screen(content.left(), content.top(), content.width(), content.height())


def _extent(mark: Mark, points: list[XY], content: QRectF) -> QRectF:
    """With the name beside it."""
    return reach(mark, points, content.height()).adjusted(0, -2 * TAG_ABOVE, TAG_REACH, 2 * TAG_ABOVE)


def _around(points: list[XY], reach: float) -> QRectF:
    """With the name beside it."""
    (left, top), (right, bottom) = np.min(points, axis=0), np.max(points, axis=0)
    return QRectF(left, top, right - left, bottom - top).adjusted(-reach, -reach, reach + TAG_REACH, reach)


def _opaque(image: QImage) -> QImage:
    """In full colour wherever there is any."""
    opaque = image.convertToFormat(QImage.Format.Format_ARGB32).convertToFormat(QImage.Format.Format_RGB32)
    opaque.setDevicePixelRatio(image.devicePixelRatio())
    return opaque


def _shape(image: QImage, size: QSize, *, composited: bool) -> QRegion:
    """Where ``image``, in so many of a window's pixels, is to be seen; what is pale in every second row alone where a
    window cannot be seen through.
    """
    aspect, smooth = Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
    small = image.convertToFormat(QImage.Format.Format_Alpha8).scaled(size, aspect, smooth)
    rows = np.frombuffer(small.constBits(), np.uint8).reshape(small.height(), small.bytesPerLine())
    alpha = rows[:, : small.width()]
    least = [[0]] if composited else [[SEEN_THROUGH], [SOLID]]
    shown = alpha > np.resize(least, (alpha.shape[0], 1))
    bits = np.packbits(shown, axis=1, bitorder="little").tobytes()
    return QRegion(QBitmap.fromData(small.size(), bits, QImage.Format.Format_MonoLSB))
