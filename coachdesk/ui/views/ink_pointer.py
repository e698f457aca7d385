"""A pointer of somebody else, painted: its trail, whose it is, where they clicked, and what they want looked at."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from coachdesk.ui.inkshape import XY
from coachdesk.ui.presenters.ink_scene import RIPPLE, Pointer
from coachdesk.ui.views.ink_paint import EDGE, EDGE_WIDTH, paint_label, paint_pointer

NAME_SIZE = 12.0
RIPPLE_WIDTHS, SPOTLIGHT_WIDTHS = 5.0, 8.0
"""Radii, in widths of the pointer: of a ripple in the end, and of the ring around what is to be looked at."""
RING = 4.0


def paint_remote(
    painter: QPainter, pointer: Pointer, points: Sequence[XY], height: float, now: float, name: str = ""
) -> None:
    """``points``: its trail, in pixels, the newest last; ``height``: of the picture; ``now``: as in the scene."""
    width, at = pointer.width * height, QPointF(*points[-1])
    paint_pointer(painter, points, pointer.colour, width)
    share = (now - pointer.clicked) / RIPPLE
    if 0 <= share < 1:
        painter.save()
        painter.setOpacity(painter.opacity() * (1 - share))
        _ring(painter, at, width * (1 + RIPPLE_WIDTHS * share), pointer.colour)
        painter.restore()
    if pointer.sign == "spotlight":
        _ring(painter, at, width * SPOTLIGHT_WIDTHS, pointer.colour)
    if name:
        beside = at + QPointF(2 * width + 6, 2 * width + 6)
        paint_label(painter, beside, name, NAME_SIZE, pointer.colour, centred=False)


def remote_reach(pointer: Pointer, height: float) -> float:
    """Pixels around a point of its trail that may be painted on, its name aside."""
    return pointer.width * height * (SPOTLIGHT_WIDTHS + 1) + RING


def _ring(painter: QPainter, at: QPointF, radius: float, colour: str) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for ink, width in ((EDGE, RING + 2 * EDGE_WIDTH), (QColor(colour), RING)):
        painter.setPen(QPen(ink, width))
        painter.drawEllipse(at, radius, radius)
