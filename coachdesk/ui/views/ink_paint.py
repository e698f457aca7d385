"""Marks painted: raw points come in, the line is smoothed here. What is written stands upright however the picture turns."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPen, QPolygonF

from coachdesk.annotation import PATH_POINTS, Point, Tool
from coachdesk.ui.inkshape import MOST_SCALE, XY, Matrix, corners, mapped, scale_at

EDGE = QColor(8, 12, 16, 140)
GROUND = QColor(8, 12, 16, 200)
EDGE_WIDTH = 1.5
LEAST_WIDTH = 2.0
EVEN_PRESSURE = 0.05
"""Pressure that differs by less is drawn as one line."""
HIGHLIGHT_WIDTH, HIGHLIGHT_OPACITY = 3.0, 0.4
EDGE_ARROW_INSET = 26.0
EVERYWHERE = 1e6
LEAST_STAMP, LEAST_TEXT = 13.0, 14.0
"""Pixels: smaller could not be read."""


class Drawing(Protocol):
    """What is painted: a mark, or one in the making."""

    @property
    def tool(self) -> Tool: ...
    @property
    def path(self) -> Sequence[Point]: ...
    @property
    def colour(self) -> str: ...
    @property
    def width(self) -> float: ...
    @property
    def text(self) -> str: ...
    @property
    def number(self) -> int: ...


@dataclass
class Brush:
    """``width``: of the line; ``unit``: a hundredth of the picture's height where the mark is; both in pixels."""

    painter: QPainter
    colour: QColor
    width: float
    unit: float
    drawing: Drawing

    def edged(self, trace: Callable[[float], None], *, dashed: bool = False) -> None:
        """Dark, then in colour: to be seen on every ground. ``trace`` draws with the pen, of the width it is given."""
        for colour, width in ((EDGE, self.width + 2 * EDGE_WIDTH), (self.colour, self.width)):
            self.painter.setPen(_pen(colour, width, dashed=dashed))
            trace(width)


def paint_mark(
    painter: QPainter, drawing: Drawing, view: Matrix, height: float, opacity: float = 1.0
) -> None:
    """``view``: from the picture it was drawn on (0 to 1) to the painter's pixels; ``height``: of the picture shown."""
    path = drawing.path
    if len(path) < min(2, PATH_POINTS[drawing.tool][0]) or opacity <= 0:
        return
    shape = corners(drawing.tool, path)
    points = mapped(view, shape)
    if points is None:
        return
    scale = scale_at(view, shape[-1], height)
    width = max(LEAST_WIDTH, drawing.width * height * scale)
    painter.save()
    painter.setOpacity(painter.opacity() * opacity)
    _TOOLS[drawing.tool](Brush(painter, QColor(drawing.colour), width, height / 100 * scale, drawing), points)
    painter.restore()


def reach(drawing: Drawing, points: Sequence[XY], height: float) -> QRectF:
    """What ``paint_mark`` may paint on of a mark whose corners are at ``points``, pixels; of words, everything."""
    if drawing.tool in _WRITTEN:
        return QRectF(-EVERYWHERE, -EVERYWHERE, 2 * EVERYWHERE, 2 * EVERYWHERE)
    (left, top), (right, bottom) = np.min(points, axis=0), np.max(points, axis=0)
    edge = 4 * MOST_SCALE * max(LEAST_WIDTH, drawing.width * height) + 12  # an arrow's head is the widest
    return QRectF(left - edge, top - edge, right - left + 2 * edge, bottom - top + 2 * edge)


def paint_pointer(painter: QPainter, points: Sequence[XY], colour: str, width: float) -> None:
    """A laser's trail, its head bright; pixels."""
    painter.save()
    opacity, tint = painter.opacity(), QColor(colour)
    for place in range(1, len(points)):
        painter.setOpacity(opacity * place / len(points) / 2)
        painter.setPen(_pen(tint, width * place / len(points)))
        painter.drawLine(QPointF(*points[place - 1]), QPointF(*points[place]))
    painter.setPen(Qt.PenStyle.NoPen)
    for share, radius, inner in ((0.25, 2.0, tint), (1.0, 0.9, tint), (1.0, 0.4, QColor("white"))):
        painter.setOpacity(opacity * share)
        painter.setBrush(inner)
        painter.drawEllipse(QPointF(*points[-1]), width * radius, width * radius)
    painter.restore()


def paint_edge_arrow(painter: QPainter, content: QRectF, toward: float, colour: str) -> QPointF:
    """At the edge of the picture, towards what is outside of it; returns where. ``toward``: as in ``inkwire.Anchor``."""
    at = edge_point(content, toward)
    painter.save()
    painter.translate(at)
    painter.rotate(math.degrees(toward))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(GROUND)
    painter.drawEllipse(QPointF(), 20, 20)
    painter.setBrush(QColor(colour))
    painter.drawPolygon(QPolygonF([QPointF(15, 0), QPointF(-7, -11), QPointF(-2, 0), QPointF(-7, 11)]))
    painter.restore()
    return at


def edge_point(content: QRectF, toward: float) -> QPointF:
    """Where the arrow towards something outside stands."""
    across, down = math.cos(toward), math.sin(toward)
    reach = min(
        (content.width() / 2 - EDGE_ARROW_INSET) / max(abs(across), 1e-6),
        (content.height() / 2 - EDGE_ARROW_INSET) / max(abs(down), 1e-6),
    )
    return content.center() + QPointF(across * reach, down * reach)


def paint_label(
    painter: QPainter, at: QPointF, words: str, size: float, colour: str, *, centred: bool
) -> None:
    """Words on a dark ground, their middle, or left and middle, at ``at``."""
    font = _label_font(painter, size)
    wide = label_width(painter, words, size)
    left = at.x() - wide / 2 if centred else at.x()
    box = QRectF(left - size * 0.4, at.y() - size * 0.8, wide + size * 0.8, size * 1.6)
    painter.save()
    painter.setFont(font)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(GROUND)
    painter.drawRoundedRect(box, size * 0.35, size * 0.35)
    painter.fillRect(QRectF(box.left(), at.y() - size * 0.5, 3, size), QColor(colour))
    painter.setPen(QColor("white"))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, words)
    painter.restore()


def label_width(painter: QPainter, words: str, size: float) -> float:
    """Of the words alone, pixels."""
    return QFontMetricsF(_label_font(painter, size)).horizontalAdvance(words)


def _label_font(painter: QPainter, size: float) -> QFont:
    font = QFont(painter.font())
    font.setPixelSize(max(1, round(size)))
    font.setWeight(QFont.Weight.DemiBold)
    return font


def ink_on(colour: QColor) -> QColor:
    """Black or white, whichever is read more easily on ``colour``."""
    light = 0.299 * colour.red() + 0.587 * colour.green() + 0.114 * colour.blue()
    return QColor("#101820" if light > 150 else "#ffffff")


# --- the tools -----------------------------------------------------------------------------------------------


def _stroke(brush: Brush, points: list[XY]) -> None:
    pressures = [point.pressure for point in brush.drawing.path]
    if max(pressures) - min(pressures) < EVEN_PRESSURE:
        line = _smooth(points)
        brush.edged(lambda _: brush.painter.drawPath(line))
        return

    def trace(width: float) -> None:
        pen = brush.painter.pen()
        for place in range(1, len(points)):
            pen.setWidthF(width * (0.5 + (pressures[place - 1] + pressures[place]) / 2))
            brush.painter.setPen(pen)
            brush.painter.drawLine(QPointF(*points[place - 1]), QPointF(*points[place]))

    brush.edged(trace)


def _highlight(brush: Brush, points: list[XY]) -> None:
    brush.painter.setOpacity(brush.painter.opacity() * HIGHLIGHT_OPACITY)
    brush.painter.setPen(_pen(brush.colour, brush.width * HIGHLIGHT_WIDTH))
    brush.painter.drawPath(_smooth(points))


def _arrow(brush: Brush, points: list[XY]) -> None:
    """The head points as the last stretch of the line does."""
    tip, length = points[-1], 4 * brush.width + 6
    before = max((place for place, point in enumerate(points) if math.dist(point, tip) >= length), default=0)
    angle = math.atan2(tip[1] - points[before][1], tip[0] - points[before][0])
    neck = _away(tip, angle, 0.8 * length)
    head = QPolygonF(
        [
            QPointF(*each)
            for each in (tip, _away(tip, angle + 0.5, length), neck, _away(tip, angle - 0.5, length))
        ]
    )
    shaft = _smooth([*points[: before + 1], neck])
    painter = brush.painter
    painter.setPen(_pen(EDGE, 2 * EDGE_WIDTH))
    painter.drawPolygon(head)
    brush.edged(lambda _: painter.drawPath(shaft))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(brush.colour)
    painter.drawPolygon(head)


def _outline(brush: Brush, points: list[XY]) -> None:
    line = QPolygonF([QPointF(*point) for point in points])
    brush.edged(lambda _: brush.painter.drawPolygon(line))


def _reference(brush: Brush, points: list[XY]) -> None:
    """Dashed; open while corners are missing. Its name stands at its first corner."""
    line = QPolygonF([QPointF(*point) for point in points])
    whole = len(points) == PATH_POINTS[Tool.REFERENCE][0]
    draw = brush.painter.drawPolygon if whole else brush.painter.drawPolyline
    brush.edged(lambda _: draw(line), dashed=True)
    brush.edged(lambda _: brush.painter.drawPoints(line))


def _stamp(brush: Brush, points: list[XY]) -> None:
    painter, at = brush.painter, QPointF(*points[-1])
    radius = max(LEAST_STAMP, 3 * brush.unit)
    painter.setPen(_pen(EDGE, EDGE_WIDTH))
    painter.setBrush(brush.colour)
    painter.drawEllipse(at, radius, radius)
    font = QFont(painter.font())
    font.setPixelSize(round(radius * 1.15))
    font.setBold(True)
    painter.setFont(font)
    painter.setPen(ink_on(brush.colour))
    box = QRectF(at.x() - 2 * radius, at.y() - radius, 4 * radius, 2 * radius)
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, str(brush.drawing.number))


def _text(brush: Brush, points: list[XY]) -> None:
    if brush.drawing.text:
        _label(brush, QPointF(*points[-1]), centred=False)


def _measure(brush: Brush, points: list[XY]) -> None:
    start, end = points[0], points[-1]
    across = math.atan2(end[1] - start[1], end[0] - start[0]) + math.pi / 2
    tick = 3 * brush.width
    lines = [(start, end), *((_away(at, across, tick), _away(at, across, -tick)) for at in (start, end))]

    def trace(_: float) -> None:
        for here, there in lines:
            brush.painter.drawLine(QPointF(*here), QPointF(*there))

    brush.edged(trace)
    if brush.drawing.text:
        _label(brush, QPointF((start[0] + end[0]) / 2, (start[1] + end[1]) / 2), centred=True)


_TOOLS: dict[Tool, Callable[[Brush, list[XY]], None]] = {
    Tool.PEN: _stroke,
    Tool.HIGHLIGHTER: _highlight,
    Tool.ARROW: _arrow,
    Tool.CIRCLE: _outline,
    Tool.RECTANGLE: _outline,
    Tool.STAMP: _stamp,
    Tool.TEXT: _text,
    Tool.MEASURE: _measure,
    Tool.REFERENCE: _reference,
}


_WRITTEN = frozenset({Tool.STAMP, Tool.TEXT, Tool.MEASURE, Tool.REFERENCE})


def _label(brush: Brush, at: QPointF, *, centred: bool) -> None:
    size = max(LEAST_TEXT, 3.4 * brush.unit)
    paint_label(brush.painter, at, brush.drawing.text, size, brush.drawing.colour, centred=centred)


def _smooth(points: Sequence[XY]) -> QPainterPath:
    """Through the middles between neighbours, bent towards the points themselves."""
    path = QPainterPath(QPointF(*points[0]))
    for (x, y), (next_x, next_y) in pairwise(points[1:]):
        path.quadTo(x, y, (x + next_x) / 2, (y + next_y) / 2)
    path.lineTo(points[-1][0] + 0.01, points[-1][1])  # a line of no length would not be drawn at all
    return path


def _away(point: XY, angle: float, distance: float) -> XY:
    """The point ``distance`` back against the direction ``angle``."""
    return point[0] - math.cos(angle) * distance, point[1] - math.sin(angle) * distance


def _pen(colour: QColor, width: float, *, dashed: bool = False) -> QPen:
    style = Qt.PenStyle.DashLine if dashed else Qt.PenStyle.SolidLine
    return QPen(colour, width, style, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
