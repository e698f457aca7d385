"""Small pictures of what marks were on, shown while a mark is lost: what to look for."""

from __future__ import annotations

from collections import OrderedDict

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPen, QPixmap

from coachdesk.events import Mark
from coachdesk.ui.inkshape import XY, Matrix, to_screen
from coachdesk.ui.views.ink_paint import GROUND, paint_mark

WIDTH, HEIGHT = 96.0, 64.0
PART = 0.28
"""Of the picture's height: how much of it a keepsake shows."""
RENEW_SECONDS = 2.0
MOST = 32
MARGIN = 10.0
SHOWN = 4


class Keepsakes:
    """One for each mark, renewed while it is seen."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[float, QPixmap]] = OrderedDict()

    def take(self, mark: Mark, h: Matrix, centre: XY, image: QImage, now: float) -> None:
        """``centre``: of the mark in the picture ``image`` that is shown, 0 to 1; ``h``: to that picture, 0 to 1."""
        taken, _ = self._kept.get(mark.mark, (-RENEW_SECONDS, None))
        if now - taken < RENEW_SECONDS:
            return
        self._kept[mark.mark] = now, _cut_out(mark, h, centre, image)
        self._kept.move_to_end(mark.mark)
        if len(self._kept) > MOST:
            self._kept.popitem(last=False)

    def paint(self, painter: QPainter, content: QRectF, lost: list[Mark]) -> None:
        """Side by side along the lower edge of the picture, the newest first."""
        at = QPointF(content.left() + MARGIN, content.bottom() - MARGIN - HEIGHT)
        for mark in reversed(lost[-SHOWN:]):
            _, picture = self._kept.get(mark.mark, (0.0, None))
            _paint_one(painter, QRectF(at.x(), at.y(), WIDTH, HEIGHT), picture, mark)
            at += QPointF(WIDTH + MARGIN, 0)


def _cut_out(mark: Mark, h: Matrix, centre: XY, image: QImage) -> QPixmap:
    high = image.height() * PART
    wide = high * WIDTH / HEIGHT
    left = min(max(0.0, centre[0] * image.width() - wide / 2), max(0.0, image.width() - wide))
    top = min(max(0.0, centre[1] * image.height() - high / 2), image.height() - high)
    scale = HEIGHT / high
    picture = QPixmap(int(WIDTH * 2), int(HEIGHT * 2))
    picture.setDevicePixelRatio(2.0)
    with QPainter(picture) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(QRectF(0, 0, WIDTH, HEIGHT), image, QRectF(left, top, wide, high))
        size = image.width() * scale, image.height() * scale
        paint_mark(painter, mark, to_screen(-left * scale, -top * scale, *size) @ h, size[1])
    return picture


def _paint_one(painter: QPainter, box: QRectF, picture: QPixmap | None, mark: Mark) -> None:
    painter.save()
    frame = QPainterPath()
    frame.addRoundedRect(box, 6, 6)
    painter.fillPath(frame, GROUND)
    painter.setClipPath(frame, Qt.ClipOperation.IntersectClip)
    if picture is not None:
        painter.setOpacity(0.85)
        painter.drawPixmap(box, picture, QRectF(picture.rect()))
    strip = QRectF(box.left(), box.bottom() - 18, box.width(), 18)
    painter.setOpacity(1.0)
    painter.fillRect(strip, GROUND)
    font = painter.font()
    font.setPixelSize(11)
    painter.setFont(font)
    painter.setPen(QColor("white"))
    painter.drawText(strip, Qt.AlignmentFlag.AlignCenter, "Looking for it…")
    painter.restore()
    painter.setPen(QPen(QColor(mark.colour), 2))
    painter.drawPath(frame)
