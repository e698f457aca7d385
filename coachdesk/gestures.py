"""What a hand drew: fewer points that say the same, and what of the picture they are about. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from coachdesk.annotation import MAX_PATH, Point, Tool

FINEST, COARSEST = 0.0006, 0.004
"""How far a simplified line may be from the drawn one, of the picture's width or height: less than a pixel at 720p, more
only if there are too many points.
"""
MOST_LOOKED_AT = 2000
"""Of a gesture's points: a minute of a mouse has more, and looking takes time."""
STRAIGHT = frozenset({Tool.CIRCLE, Tool.RECTANGLE, Tool.MEASURE})
"""Tools whose path is where the pen went down and where it was lifted."""
SINGLE = frozenset({Tool.STAMP, Tool.TEXT})
TIP_REACH = 0.04
"""What an arrow points at, a stamp is on and words begin at: so far around that point, of width and height."""

XY = tuple[float, float]


def finished(tool: Tool, points: Sequence[Point]) -> list[Point]:
    """The path of a gesture that has ended, as ``tool`` wants it."""
    if tool in SINGLE:
        return list(points[-1:])
    if tool in STRAIGHT or tool is Tool.ARROW:
        return [points[0], points[-1]] if len(points) > 1 else [points[0], points[0]]
    if tool is Tool.REFERENCE:
        return list(points)
    return simplified(points)


def simplified(points: Sequence[Point], most: int = MAX_PATH) -> list[Point]:
    """At most ``most`` of the points, so chosen that the line through them is near all others (Ramer, Douglas, Peucker)."""
    if len(points) > MOST_LOOKED_AT:
        places = np.linspace(0, len(points) - 1, MOST_LOOKED_AT).round().astype(int)
        points = [points[place] for place in places]
    flat = np.array([point[:2] for point in points], np.float64)
    tolerance = FINEST
    kept = _near(flat, tolerance)
    while len(kept) > most and tolerance < COARSEST:
        tolerance *= 1.5
        kept = _near(flat, tolerance)
    if len(kept) > most:
        kept = [kept[place] for place in np.linspace(0, len(kept) - 1, most).round().astype(int)]
    return [points[place] for place in kept]


def _near(flat: NDArray[np.float64], tolerance: float) -> list[int]:
    """The places of points that no other is farther from the line than ``tolerance``."""
    keep = {0, len(flat) - 1}
    spans = [(0, len(flat) - 1)]
    while spans:
        first, last = spans.pop()
        if last - first < 2:
            continue
        distances = _distances(flat[first + 1 : last], flat[first], flat[last])
        farthest = int(distances.argmax())
        if distances[farthest] > tolerance:
            middle = first + 1 + farthest
            keep.add(middle)
            spans += [(first, middle), (middle, last)]
    return sorted(keep)


def _distances(
    points: NDArray[np.float64], start: NDArray[np.float64], end: NDArray[np.float64]
) -> NDArray[np.float64]:
    """From each point to the line from ``start`` to ``end``, which ends there."""
    along = end - start
    length2 = float(along @ along)
    shares = np.clip((points - start) @ along / length2, 0, 1) if length2 > 0 else np.zeros(len(points))
    away = points - start - shares[:, None] * along
    distances: NDArray[np.float64] = np.hypot(away[:, 0], away[:, 1])
    return distances


# --- what it is about ----------------------------------------------------------------------------------------


def outline(tool: Tool, path: Sequence[Point]) -> list[XY]:
    """The part of the picture a mark belongs to, 0 to 1: what an arrow's tip points at, what a circle encloses."""
    if tool is Tool.ARROW:
        return _around(path[-1])
    if tool in SINGLE or len(path) == 1:
        return _around(path[-1])
    if tool in (Tool.CIRCLE, Tool.RECTANGLE):
        (left, top), (right, bottom) = _box([point[:2] for point in path])
        return [(left, top), (right, top), (right, bottom), (left, bottom)]
    return [(point.x, point.y) for point in path]


def centre(tool: Tool, path: Sequence[Point]) -> XY:
    """The one point that stands for a mark."""
    if tool is Tool.ARROW or tool in SINGLE:
        return path[-1].x, path[-1].y
    (left, top), (right, bottom) = _box([point[:2] for point in path])
    return (left + right) / 2, (top + bottom) / 2


def _around(point: Point) -> list[XY]:
    left, right = max(0.0, point.x - TIP_REACH), min(1.0, point.x + TIP_REACH)
    top, bottom = max(0.0, point.y - TIP_REACH), min(1.0, point.y + TIP_REACH)
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


def _box(points: Sequence[XY]) -> tuple[XY, XY]:
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return (min(xs), min(ys)), (max(xs), max(ys))
