"""A shared screen, looked at closely: zoomed about the pointer by wheel, pinch and double click, pushed by dragging."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QHideEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QPixmap,
    QRegion,
    QResizeEvent,
    QShowEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QGestureEvent, QPinchGesture

from coachdesk.screenwire import MOST_SIDE, Size
from coachdesk.ui.views.arrow import arrow_rect, paint_arrow
from coachdesk.ui.views.video import VideoView
from coachdesk.ui.zoom import STEP, XY, Stage, Zoom, picture_at, view_at, whole_of

NOTCH = 120.0
"""Of a wheel, in Qt's eighths of a degree."""
KEY_STEP = 80.0
"""Pixels by which an arrow key pushes."""
ARROWS: dict[int, XY] = {
    Qt.Key.Key_Left: (KEY_STEP, 0.0),
    Qt.Key.Key_Right: (-KEY_STEP, 0.0),
    Qt.Key.Key_Up: (0.0, KEY_STEP),
    Qt.Key.Key_Down: (0.0, -KEY_STEP),
}
DRAG = Qt.MouseButton.LeftButton | Qt.MouseButton.MiddleButton


class ScreenView(VideoView):
    """Text is scaled with care, once for each picture, and what is seen of it alone.

    Signals:
        looked_closer: the zoom, or what it makes of the picture, may have changed.
        pointed: the pointer was moved over it.
    """

    looked_closer = Signal()
    pointed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._whole: Size | None = None
        self._zoom = Zoom()
        self._open_to_view = False
        self._dragged: QPointF | None = None
        self._part: tuple[QRect, QSize] | None = None
        self._pointer: XY | None = None
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setMouseTracking(True)
        self.grabGesture(Qt.GestureType.PinchGesture)
        self.looked.connect(self.looked_closer)

    # --- how it is looked at ---

    @property
    def scale(self) -> float | None:
        """Pixels of this monitor for each pixel of the screen; None without a picture."""
        stage = self._stage
        return None if stage is None else self._zoom.scale_on(stage)

    def measure(self, whole: Size | None) -> None:
        """The screen itself has that size, in pixels, of which pictures may have fewer; None: it is not known."""
        if whole != self._whole:
            self._whole = whole
            self.update()

    @property
    def seen_at(self) -> Size | None:
        """How large all of the screen is shown, in pixels of this monitor: 0 while it is not to be seen; None: it is not."""
        stage = self._stage
        if stage is None:
            return None
        if not self._open_to_view:
            return 0, 0
        place = self._zoom.place(stage)
        width, height = (min(MOST_SIDE, round(side * stage.ratio)) for side in (place.width, place.height))
        return width, height

    @property
    def actual(self) -> bool:
        """It is shown pixel for pixel, and not by chance."""
        return self._zoom.scale == 1.0

    @property
    def fits(self) -> bool:
        return self._zoom.scale is None

    def fit(self) -> None:
        """The whole of it."""
        self._use(Zoom())

    def toggle_actual(self, at: QPointF | None = None) -> None:
        """Pixel for pixel about ``at`` (the middle), or all of it again."""
        if self.actual:
            self.fit()
        elif (stage := self._stage) is not None:
            self._use(self._zoom.scaled(stage, 1.0, self._xy(at)))

    def magnify(self, factor: float, at: QPointF | None = None) -> None:
        """``factor`` times as large as now, about ``at`` (the middle)."""
        if (stage := self._stage) is not None:
            self._use(self._zoom.stepped(stage, factor, self._xy(at)))

    def push(self, across: float, down: float) -> None:
        if (stage := self._stage) is not None:
            self._use(self._zoom.moved(stage, across, down))

    def point(self, at: XY | None) -> None:
        """Where in the picture, 0 to 1, the pointer of who shares it is; None: nowhere."""
        if at != self._pointer:
            before, self._pointer = self._pointer_place(), at
            self.update(QRegion(arrow_rect(before)) + QRegion(arrow_rect(self._pointer_place())))

    def _pointer_place(self) -> QPointF | None:
        return None if self._pointer is None else self.view_at(*self._pointer)

    def content_rect(self) -> QRectF:
        stage = self._stage
        return QRectF() if stage is None else QRectF(*self._zoom.place(stage))

    def picture_at(self, at: QPointF) -> XY | None:
        """The place in the picture, 0 to 1, that is at ``at`` in this widget; None beside the picture."""
        stage = self._stage
        if stage is None:
            return None
        x, y = picture_at(self._zoom.place(stage), self._xy(at))
        return (x, y) if 0 <= x <= 1 and 0 <= y <= 1 else None

    def view_at(self, x: float, y: float) -> QPointF | None:
        """Where in this widget the picture's place ``x``, ``y`` is, though it may lie outside; None without a picture."""
        stage = self._stage
        return None if stage is None else QPointF(*view_at(self._zoom.place(stage), (x, y)))

    @property
    def _stage(self) -> Stage | None:
        if self.image is None or self.width() < 1 or self.height() < 1:
            return None
        picture = whole_of((self.image.width(), self.image.height()), self._whole)
        return Stage((self.width(), self.height()), picture, self.devicePixelRatio())

    def _xy(self, at: QPointF | None) -> XY:
        return (self.width() / 2, self.height() / 2) if at is None else (at.x(), at.y())

    def _use(self, zoom: Zoom) -> None:
        self._zoom = zoom
        self.update()
        self.looked_closer.emit()

    # --- hands ---

    def wheelEvent(self, event: QWheelEvent) -> None:
        """A wheel zooms, two fingers on a pad push; with Ctrl both zoom, with Shift both push."""
        keys, turned, pixels = event.modifiers(), event.angleDelta(), event.pixelDelta()
        pad = event.phase() != Qt.ScrollPhase.NoScrollPhase and not pixels.isNull()
        if keys & Qt.KeyboardModifier.ShiftModifier:
            self.push(turned.x() or turned.y(), 0.0)
        elif pad and not keys & Qt.KeyboardModifier.ControlModifier:
            self.push(pixels.x(), pixels.y())
        elif turned.y():
            self.magnify(STEP ** (turned.y() / NOTCH), event.position())
        event.accept()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QNativeGestureEvent):
            if event.gestureType() is not Qt.NativeGestureType.ZoomNativeGesture:
                return super().event(event)
            self.magnify(max(1.0 + event.value(), 0.1), event.position())
            return True
        if isinstance(event, QGestureEvent):
            pinch = event.gesture(Qt.GestureType.PinchGesture)
            if isinstance(pinch, QPinchGesture) and pinch.scaleFactor() > 0:
                self.magnify(pinch.scaleFactor(), self.mapFromGlobal(pinch.centerPoint()))
                return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() in DRAG and self.image is not None and not self.fits:
            self._dragged = event.position()
            self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.pointed.emit()
        if self._dragged is not None:
            by, self._dragged = event.position() - self._dragged, event.position()
            self.push(by.x(), by.y())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._dragged = None
        self.unsetCursor()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self.toggle_actual(event.position())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = ARROWS.get(event.key())
        if step is None or self.fits:
            super().keyPressEvent(event)
        else:
            self.push(*step)

    # --- painting ---

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._open_to_view = True
        self.looked_closer.emit()

    def hideEvent(self, event: QHideEvent) -> None:
        """Also when its window is minimized."""
        super().hideEvent(event)
        self._open_to_view = False
        self.looked_closer.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.looked_closer.emit()

    def _paint_picture(self, painter: QPainter, image: QImage) -> None:
        part, target = self._seen(image)
        size = (target.size() * self.devicePixelRatio()).toSize()
        if self._scaled is None or self._part != (part, size):
            self._part = part, size
            self._scaled = _scaled(image.copy(part), size)
        painter.drawPixmap(target, self._scaled, QRectF(self._scaled.rect()))
        if (at := self._pointer_place()) is not None:
            paint_arrow(painter, at)

    def _seen(self, image: QImage) -> tuple[QRect, QRectF]:
        """The pixels of the picture that are within this widget, and where they are in it."""
        content = self.content_rect()
        across, down = image.width() / content.width(), image.height() / content.height()
        seen = content.intersected(QRectF(self.rect())).translated(-content.topLeft())
        pixels = QRectF(seen.x() * across, seen.y() * down, seen.width() * across, seen.height() * down)
        part = pixels.toAlignedRect().intersected(image.rect())
        place = QRectF(part.x() / across, part.y() / down, part.width() / across, part.height() / down)
        return part, place.translated(content.topLeft())


def _scaled(image: QImage, size: QSize) -> QPixmap:
    if image.size() != size:
        aspect, smooth = Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
        image = image.scaled(size, aspect, smooth)
    return QPixmap.fromImage(image)
