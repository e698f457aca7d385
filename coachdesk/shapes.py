"""The shape a hand-drawn line was meant to be: an arrow, a circle, a rectangle, or none of these. Pure.

A doubtful line stays what it is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from coachdesk.annotation import Point, Tool

XY = tuple[float, float]

FEWEST_POINTS = 8
SMALLEST = 0.03
"""Of the picture's height: what is smaller is a dot or a letter."""
OPEN_END = 0.25
"""How far apart begin and end of something closed may be, of its diagonal."""
ROUND, EDGED = 0.11, 0.06
"""How far points may be off the shape in the mean, of its radius, of its sides."""
TURN = math.radians(300)
BENT = 0.08
"""How far an arrow's shaft may be bent, of its length."""
BARB, LONGEST_BARB = 0.05, 0.5
"""How far an arrow's head reaches to each side at least, and from the tip at most, of the shaft's length."""


def completed(points: Sequence[Point], aspect: float) -> tuple[Tool, list[Point]] | None:
    """The tool and path that ``points`` were meant to be, or None. ``aspect``: the picture's width by its height."""
    flat = [(point.x * aspect, point.y) for point in points]
    if len(flat) < FEWEST_POINTS or math.dist(*_box(flat)) < SMALLEST:
        return None
    if (tip := _arrow_tip(flat)) is not None:
        return Tool.ARROW, [points[0], points[tip]]
    tool = _closed_shape(flat)
    if tool is None:
        return None
    (left, top), (right, bottom) = _box(flat)
    begin, end = points[0], points[-1]
    return tool, [begin._replace(x=left / aspect, y=top), end._replace(x=right / aspect, y=bottom)]


def _closed_shape(flat: Sequence[XY]) -> Tool | None:
    low, high = _box(flat)
    if math.dist(flat[0], flat[-1]) > OPEN_END * math.dist(low, high):
        return None
    width, height = high[0] - low[0], high[1] - low[1]
    if min(width, height) < SMALLEST / 2:
        return None
    off_ellipse, off_edges = _off_ellipse(flat, low, high), _off_edges(flat, low, high)
    if off_ellipse < ROUND and off_ellipse < off_edges * ROUND / EDGED and _turned(flat, low, high) > TURN:
        return Tool.CIRCLE
    return Tool.RECTANGLE if off_edges < EDGED and _has_corners(flat, low, high) else None


def _off_ellipse(flat: Sequence[XY], low: XY, high: XY) -> float:
    """Mean distance from the ellipse in the box, in radii."""
    radii = [math.hypot(x, y) for x, y in _in_box(flat, low, high)]
    return sum(abs(radius - 1) for radius in radii) / len(radii)


def _off_edges(flat: Sequence[XY], low: XY, high: XY) -> float:
    """Mean distance from the nearest side of the box, in half sides."""
    distances = [1 - max(abs(x), abs(y)) for x, y in _in_box(flat, low, high)]
    return sum(distances) / len(distances)


def _turned(flat: Sequence[XY], low: XY, high: XY) -> float:
    """How far round the middle the line goes, in radians."""
    angles = [math.atan2(y, x) for x, y in _in_box(flat, low, high)]
    steps = [math.remainder(after - before, math.tau) for before, after in pairwise(angles)]
    return abs(sum(steps))


def _has_corners(flat: Sequence[XY], low: XY, high: XY) -> bool:
    inside = _in_box(flat, low, high)
    corners = [(x, y) for x in (-1, 1) for y in (-1, 1)]
    return all(min(math.dist(point, corner) for point in inside) < 0.35 for corner in corners)


def _in_box(flat: Sequence[XY], low: XY, high: XY) -> list[XY]:
    """The points with the middle of the box at 0 and its sides at 1 and -1."""
    middle = (low[0] + high[0]) / 2, (low[1] + high[1]) / 2
    half = (high[0] - low[0]) / 2, (high[1] - low[1]) / 2
    return [((x - middle[0]) / half[0], (y - middle[1]) / half[1]) for x, y in flat]


def _arrow_tip(flat: Sequence[XY]) -> int | None:
    """The place of the tip of an arrow drawn in one go: a straight shaft, then a head that reaches back to both sides."""
    tail = flat[0]
    tip = max(range(len(flat)), key=lambda place: math.dist(tail, flat[place]))
    length = math.dist(tail, flat[tip])
    along = ((flat[tip][0] - tail[0]) / length, (flat[tip][1] - tail[1]) / length)
    sides = [(x - tail[0]) * -along[1] + (y - tail[1]) * along[0] for x, y in flat]
    shaft, head = sides[: tip + 1], sides[tip:]
    straight = max(map(abs, shaft)) < BENT * length
    both_sides = max(head) > BARB * length and min(head) < -BARB * length
    near = all(math.dist(point, flat[tip]) < LONGEST_BARB * length for point in flat[tip:])
    return tip if straight and both_sides and near else None


def _box(points: Sequence[XY]) -> tuple[XY, XY]:
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return (min(xs), min(ys)), (max(xs), max(ys))
