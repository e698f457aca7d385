"""How a call sounded as a chart on a page: one bar a minute."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QPainter, QPen

from coachdesk.events import Grade
from coachdesk.soundcourse import Minute

LOWEST, HIGHEST = 1.0, 4.5
"""Mean opinion scores."""
COLOURS: dict[Grade, str] = {"good": "#2e9e6b", "fair": "#d99a1c", "poor": "#c4262e"}
LINE = "#9aa4b0"
WIDEST_BAR = 12.0
"""In the painter's dots, at 200 to the inch; a call of a few minutes does not fill the page."""


def paint_chart(painter: QPainter, minutes: list[Minute], place: QRectF) -> None:
    """``minutes``: at least one, in order. The higher a bar, the better; none where nothing was heard."""
    count = minutes[-1].minute + 1
    step = min(WIDEST_BAR, place.width() / count)
    for minute in minutes:
        height = place.height() * max(0.04, (minute.mos - LOWEST) / (HIGHEST - LOWEST))
        left = place.left() + step * minute.minute
        bar = QRectF(left, place.bottom() - height, max(1.0, step * 0.8), height)
        painter.fillRect(bar, QColor(COLOURS[minute.grade]))
    painter.setPen(QPen(QColor(LINE), 1.0))
    painter.drawLine(
        QPointF(place.left(), place.bottom()), QPointF(place.left() + step * count, place.bottom())
    )
    painter.setPen(QColor("black"))
