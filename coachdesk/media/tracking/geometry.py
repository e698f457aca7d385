"""Homographies: points through them, what they do around a point, and from work pixels to 0..1 and back.

Coordinates are (x, y), x to the right and y down, with pixel centres at whole numbers. ``h @ g`` first applies ``g``.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Plane = NDArray[np.uint8]
"""One channel of a picture, height x width."""
Mask = NDArray[np.bool_]
Homography = NDArray[np.float64]
"""3 x 3."""

QUARTER: Homography = np.array([[0.5, 0.0, -0.25], [0.0, 0.5, -0.25], [0.0, 0.0, 1.0]])
"""Pixels of a picture to those of one half as wide and high."""
UNQUARTER: Homography = np.array([[2.0, 0.0, 0.5], [0.0, 2.0, 0.5], [0.0, 0.0, 1.0]])


def transform(h: Homography, points: Floats) -> Floats:
    """N x 2 points through ``h``."""
    mapped = points @ h[:, :2].T + h[:, 2]
    return np.asarray(mapped[:, :2] / mapped[:, 2:])


def normalized(h: Homography) -> Homography:
    """The same homography, its last entry 1."""
    return np.asarray(h / h[2, 2])


class Local(NamedTuple):
    """A homography near one point, as the linear map it is there.

    Attributes:
        scale: square root of how much larger an area becomes.
        squeeze: the shorter over the longer axis of what a circle becomes, 0..1.
        upright: false where left and right change places, or the point lies behind the camera.
        angle: by how much it turns, radians.
    """

    scale: float
    squeeze: float
    upright: bool
    angle: float


def local(h: Homography, point: Floats) -> Local:
    """``h`` near ``point``: from the singular values of its Jacobian there."""
    x, y = point
    depth = h[2, 0] * x + h[2, 1] * y + h[2, 2]
    u = (h[0, 0] * x + h[0, 1] * y + h[0, 2]) / depth
    v = (h[1, 0] * x + h[1, 1] * y + h[1, 2]) / depth
    a, b = (h[0, 0] - u * h[2, 0]) / depth, (h[0, 1] - u * h[2, 1]) / depth
    c, d = (h[1, 0] - v * h[2, 0]) / depth, (h[1, 1] - v * h[2, 1]) / depth
    det, half = a * d - b * c, (a * a + b * b + c * c + d * d) / 2
    spread = math.sqrt(max(half * half - det * det, 0.0))
    long, short = math.sqrt(max(half + spread, 1e-12)), math.sqrt(max(half - spread, 1e-12))
    return Local(math.sqrt(long * short), short / long, det > 0 and depth > 0, math.atan2(c - b, a + d))


def inside(points: Floats, size: tuple[int, int], margin: float) -> Mask:
    """Which of N x 2 points lie in a picture of ``size`` (width, height), ``margin`` away from its border."""
    width, height = size
    x, y = points[:, 0], points[:, 1]
    return (x > margin) & (x < width - 1 - margin) & (y > margin) & (y < height - 1 - margin)


def to_pixels(size: tuple[int, int]) -> Homography:
    """0..1 of a picture's content to its pixels: 0 is the left edge of the first one."""
    return np.array([[size[0], 0.0, -0.5], [0.0, size[1], -0.5], [0.0, 0.0, 1.0]])
