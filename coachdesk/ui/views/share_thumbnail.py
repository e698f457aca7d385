"""A small picture of what can be shared; on that of a screen, a part of it is chosen by dragging."""

from __future__ import annotations

import base64

from PySide6.QtCore import QPointF, QRectF, QSize, QSizeF, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QWidget

from coachdesk.screenevents import SourceView
from coachdesk.ui.theme import theme

SIZE = QSize(200, 124)
LEAST = 6.0
"""Pixels of this small picture, across and down: less is a click, and the whole screen again."""
DIMMED = 0.55


class ShareThumbnail(QWidget):
    """Signals:
    chosen: a part was chosen, or none any more.
    """

    chosen = Signal()

    def __init__(self, source: SourceView) -> None:
        super().__init__()
        self._source = source
        self._picture = QPixmap()
        self._picture.loadFromData(base64.b64decode(source.thumbnail))
        self._part = QRectF()
        self._begun: QPointF | None = None
        self.setFixedSize(SIZE)
        self.setAccessibleName(f"Small picture of {source.title}")
        if self._divisible:
            self.setCursor(Qt.CursorShape.CrossCursor)
            self.setToolTip("Drag over a part of it to share that part alone")

    @property
    def _divisible(self) -> bool:
        return self._source.kind == "screen"

    @property
    def source(self) -> str:
        """What is shared, as ``share`` takes it: all of it, or the part that was chosen."""
        if self._part.isEmpty():
            return self._source.source
        content, source = self._content(), self._source
        across, down = source.width / content.width(), source.height / content.height()
        part = self._part.translated(-content.topLeft())
        place = part.x() * across, part.y() * down, part.width() * across, part.height() * down
        x, y, width, height = map(round, place)
        return f"region:{source.source.rpartition(':')[2]}:{x},{y},{width},{height}"

    @property
    def divided(self) -> bool:
        return not self._part.isEmpty()

    def _content(self) -> QRectF:
        """Where the screen is, as much of its form as fits."""
        size = QSizeF(self._source.width, self._source.height).scaled(
            QSizeF(SIZE), Qt.AspectRatioMode.KeepAspectRatio
        )
        corner = QPointF((SIZE.width() - size.width()) / 2, (SIZE.height() - size.height()) / 2)
        return QRectF(corner, size)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self._divisible and event.button() is Qt.MouseButton.LeftButton:
            self._begun, self._part = event.position(), QRectF()
            self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._begun is not None:
            self._part = QRectF(self._begun, event.position()).normalized() & self._content()
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._begun is None:
            return
        self._begun = None
        if min(self._part.width(), self._part.height()) < LEAST:
            self._part = QRectF()
        self.update()
        self.chosen.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._picture.isNull():
            return
        content = self._content()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            if self._part.isEmpty():
                painter.drawPixmap(content, self._picture, QRectF(self._picture.rect()))
                return
            painter.setOpacity(1 - DIMMED)
            painter.drawPixmap(content, self._picture, QRectF(self._picture.rect()))
            painter.setOpacity(1)
            painter.setClipRect(self._part)
            painter.drawPixmap(content, self._picture, QRectF(self._picture.rect()))
            painter.setClipping(False)
            painter.setPen(QPen(theme.colour("accent"), 2))
            painter.drawRect(self._part)
