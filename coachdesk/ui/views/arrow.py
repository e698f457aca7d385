"""The pointer of one who shares a screen, painted on the picture of it."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QPainter, QPen, QPolygonF

from coachdesk.arrowshape import ARROW, EDGE, EXTENT

FILL, LINE = Qt.GlobalColor.black, Qt.GlobalColor.white


def paint_arrow(painter: QPainter, at: QPointF) -> None:
    """With its tip at ``at``; of the same size however large the picture is."""
    shape = QPolygonF([at + QPointF(x, y) for x, y in ARROW])
    painter.setPen(QPen(LINE, EDGE, j=Qt.PenJoinStyle.RoundJoin))
    painter.setBrush(FILL)
    painter.drawPolygon(shape)


def arrow_rect(at: QPointF | None) -> QRect:
    """All that it may be painted on; nothing without a place."""
    if at is None:
        return QRect()
    width, height = EXTENT
    return QRectF(at.x(), at.y(), width, height).adjusted(-EDGE, -EDGE, EDGE, EDGE).toAlignedRect()
