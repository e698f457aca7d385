"""From a mark's path to lines on a screen: what a path stands for, taken along by a homography, and smoothed. Pure.

A *view* is a homography, 3 x 3, from the picture a mark was drawn on (0 to 1) to the screen (pixels).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from coachdesk.annotation import Point, Tool

Matrix = NDArray[np.float64]
XY = tuple[float, float]
ROUND_STEPS = 48
"""Corners a circle is drawn with."""
LEAST_SCALE, MOST_SCALE = 0.4, 3.0
"""How much a line's width follows the picture as that comes closer."""
NEAREST = 1e-6
IDENTITY: Matrix = np.eye(3)


def to_screen(left: float, top: float, width: float, height: float) -> Matrix:
    """From a picture (0 to 1) to where it is shown, pixels."""
    return np.array([[width, 0.0, left], [0.0, height, top], [0.0, 0.0, 1.0]])


def corners(tool: Tool, path: Sequence[Point]) -> list[XY]:
    """The points that a path stands for: of a rectangle its four corners, of a circle its rim, else the path's own."""
    if tool not in (Tool.RECTANGLE, Tool.CIRCLE):
        return [(point.x, point.y) for point in path]
    (x1, y1), (x2, y2) = path[0][:2], path[-1][:2]
    if tool is Tool.RECTANGLE:
        return [(x1, y1), (x2, y1), (x2, y2), (x1, y2)]
    middle, half = ((x1 + x2) / 2, (y1 + y2) / 2), ((x2 - x1) / 2, (y2 - y1) / 2)
    angles = (math.tau * step / ROUND_STEPS for step in range(ROUND_STEPS))
    return [
        (middle[0] + math.cos(angle) * half[0], middle[1] + math.sin(angle) * half[1]) for angle in angles
    ]


def mapped(view: Matrix, points: Sequence[XY]) -> list[XY] | None:
    """``points`` on the screen; None when one of them is behind the viewer: then nothing can be drawn."""
    flat = np.column_stack([np.asarray(points, np.float64), np.ones(len(points))]) @ view.T
    if (flat[:, 2] < NEAREST).any():
        return None
    return [(x, y) for x, y in (flat[:, :2] / flat[:, 2:]).tolist()]


def scale_at(view: Matrix, at: XY, height: float) -> float:
    """How much larger the picture drawn on appears at ``at`` than the one shown, which is ``height`` pixels high."""
    x, y, w = view @ np.array([at[0], at[1], 1.0])
    if w < NEAREST:
        return 1.0
    down = (view[:2, 1] * w - np.array([x, y]) * view[2, 1]) / w**2
    return float(np.clip(math.hypot(*down) / height, LEAST_SCALE, MOST_SCALE))


def between(start: Matrix, end: Matrix, share: float) -> Matrix:
    """A view on the way from one to another, ``share`` 0 to 1, slowing down; both are of points before the viewer."""
    eased = 1 - (1 - share) ** 3
    way: Matrix = start / start[2, 2] * (1 - eased) + end / end[2, 2] * eased
    return way
