"""Lengths in the picture, once a thing of known size is marked in it. Pure.

The four corners of that thing give the plane it lies in (a homography from picture to millimetres); what is measured has to
lie in the same plane.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from coachdesk.annotation import Point

SIZES_MM: dict[str, tuple[float, float]] = {
    "card": (85.6, 53.98),  # ISO/IEC 7810 ID-1
    "a4": (297.0, 210.0),
    "letter": (279.4, 215.9),
}
"""Long side, short side."""

LEAST_TURN = 1e-5
Matrix = NDArray[np.float64]


class MeasureError(ValueError):
    """Corners that are none, or a point where the plane is seen edge on."""


def length_mm(
    reference: Sequence[Point],
    thing: str,
    ends: tuple[Point, Point],
    *,
    aspect: float,
    h: Matrix | None = None,
) -> float:
    """From one end to the other, points of one frame.

    ``reference``: the corners of ``thing``, in order round. ``aspect``: width by height of the picture they are marked in.
    ``h``: from the frame of the corners to that of the ends (3 x 3, both 0 to 1); None: it is the same. Raises MeasureError.
    """
    if thing not in SIZES_MM:
        raise MeasureError(f"the size of {thing!r} is not known; known are {', '.join(SIZES_MM)}")
    corners = np.array([[point.x, point.y] for point in reference], np.float64)
    if corners.shape != (4, 2) or not _convex(corners):
        raise MeasureError("mark the four corners, one after the other round")
    to_mm = _homography(corners, _rectangle(corners, aspect, *SIZES_MM[thing]))
    if h is not None:
        to_mm = to_mm @ np.linalg.inv(h)
    return float(np.linalg.norm(_apply(to_mm, ends[0]) - _apply(to_mm, ends[1])))


def _rectangle(corners: Matrix, aspect: float, long: float, short: float) -> Matrix:
    """The corners in mm, in the same order: the sides that look longer are the long ones."""
    sides = np.linalg.norm((corners - np.roll(corners, -1, axis=0)) * [aspect, 1], axis=1)
    first, second = (long, short) if sides[0] + sides[2] >= sides[1] + sides[3] else (short, long)
    return np.array([[0, 0], [first, 0], [first, second], [0, second]], np.float64)


def _convex(corners: Matrix) -> bool:
    """Whether the four go round one way, none of them on a line with its neighbours."""
    sides = np.roll(corners, -1, axis=0) - corners
    after = np.roll(sides, -1, axis=0)
    turns = sides[:, 0] * after[:, 1] - sides[:, 1] * after[:, 0]
    return bool(np.all(turns > LEAST_TURN) or np.all(turns < -LEAST_TURN))


def _homography(source: Matrix, target: Matrix) -> Matrix:
    """The one that takes four points to four others."""
    rows = []
    for (x, y), (u, v) in zip(source, target, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
    try:
        solved = np.linalg.solve(np.array(rows), target.reshape(8))
    except np.linalg.LinAlgError:
        raise MeasureError("mark the four corners, one after the other round") from None
    return np.append(solved, 1.0).reshape(3, 3)


def _apply(h: Matrix, point: Point) -> Matrix:
    x, y, w = h @ np.array([point.x, point.y, 1.0])
    if abs(w) < 1e-9:
        raise MeasureError("the thing of known size is seen edge on here")
    return np.array([x / w, y / w])
