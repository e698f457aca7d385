"""Making the keyframe look like the newest picture: as soft as it is, and of its contrast."""

from __future__ import annotations

import math
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from coachdesk.media.tracking.geometry import Floats, Mask, Plane
from coachdesk.media.tracking.view import MEAN

SOFT = 0.8
"""A picture less sharp than this share of what is expected counts as soft."""
DEFOCUS = (0.6, 1.0, 1.6, 2.4)
"""Standard deviations tried, pixels of the quarter plane."""
SMEAR = (0.25, 0.5, 0.75, 1.0)
"""Shares of the motion from the frame before that are tried: how long the shutter was open."""
MOVING, TOO_FAST = 3.0, 60.0
"""Pixels of the quarter plane from frame to frame between which softness is taken for motion."""
COARSE = 1.5
"""Standard deviation of what is left out where a smear is measured, pixels of the quarter plane: noise and coding, which
came after it and are as sharp as ever."""
TILES = 8, 4
"""Of the middle of the picture, across and down."""
UNHIDDEN = 0.35
"""The share of tiles that may be counted on to show what they should."""
SUBPIXEL_BITS = 4


class Blur(NamedTuple):
    """Along ``smear`` (x, y: the whole length), or where that is None round with standard deviation ``sigma``."""

    sigma: float
    smear: tuple[float, float] | None

    @property
    def strong(self) -> bool:
        """Whether what is finer than the quarter plane is gone."""
        return math.hypot(*self.smear) >= 4 if self.smear else self.sigma >= 1.0

    def of(self, plane: Plane, scale: int) -> Plane:
        """``plane`` blurred; ``scale``: how many of its pixels one of the quarter plane's is."""
        if self.smear is None:
            return np.asarray(cv2.GaussianBlur(plane, (0, 0), self.sigma * scale))
        kernel = _streak(self.smear[0] * scale, self.smear[1] * scale)
        return np.asarray(cv2.filter2D(plane, -1, kernel))


_DEFOCUS = [Blur(sigma, None) for sigma in DEFOCUS]


def estimate(expected: Plane, seen: Plane, motion: Floats) -> Blur | None:
    """The blur that makes ``expected`` (a warped keyframe, quarter plane) as little sharp as ``seen``: along the motion
    where there is any, for only there a smear takes something away.

    ``motion``: of the mark since the frame before, pixels of the quarter plane. None when nothing is to be done.
    Compares the middle of both, tile by tile: much of it may be hidden by a hand.
    """
    way = motion if MOVING <= math.hypot(*motion) <= TOO_FAST else None
    expected, wanted = _middle(expected), _detail(_middle(seen), way)
    sharp = _detail(expected, way)
    telling = sharp >= np.median(sharp)
    best, distance = None, _softer(sharp, wanted, telling)
    if distance < -math.log(SOFT):
        return None
    for blur in _DEFOCUS if way is None else _smears(way):
        off = abs(_softer(_detail(blur.of(expected, 1), way), wanted, telling))
        if off > distance:
            break
        best, distance = blur, off
    return best


def same_contrast(plane: Plane, like: Plane, points: NDArray[np.floating]) -> Plane:
    """The high-passed ``plane`` with the contrast of ``like`` around ``points``."""
    height, width = plane.shape
    left, top = np.clip(points.min(0).astype(int), 0, [width - 9, height - 9])
    right, bottom = np.clip(points.max(0).astype(int), [left + 8, top + 8], [width, height])
    ours, theirs = (float(cv2.meanStdDev(p[top:bottom:2, left:right:2])[1][0, 0]) for p in (plane, like))
    gain = min(max(theirs / max(ours, 1.0), 0.35), 2.5)
    if 0.95 < gain < 1.05:
        return plane
    return np.asarray(cv2.addWeighted(plane, gain, plane, 0.0, MEAN * (1 - gain)))


def _middle(plane: Plane) -> Plane:
    """Of half the width and height."""
    height, width = plane.shape
    return np.ascontiguousarray(plane[height // 4 : -(height // 4), width // 4 : -(width // 4)])


def _detail(plane: Plane, way: Floats | None) -> NDArray[np.float32]:
    """Per tile, how much there is of what blur takes away: the power of the slope ``way`` along, or of the Laplacian."""
    if way is None:
        detail = cv2.Laplacian(plane, cv2.CV_32F)
    else:
        smooth = cv2.GaussianBlur(plane, (0, 0), COARSE)
        x, y = way / math.hypot(*way)
        across, down = (cv2.Sobel(smooth, cv2.CV_32F, *order) for order in ((1, 0), (0, 1)))
        detail = cv2.addWeighted(across, float(x), down, float(y), 0)
    return np.asarray(cv2.resize(detail * detail, TILES, interpolation=cv2.INTER_AREA), np.float32)


def _softer(detail: NDArray[np.float32], than: NDArray[np.float32], where: Mask) -> float:
    """By how much ``than`` is softer in the tiles ``where``, leaving out those in which it is most: a logarithm."""
    return float(np.log(np.quantile((detail[where] + 1) / (than[where] + 1), UNHIDDEN))) / 2


def _smears(motion: Floats) -> list[Blur]:
    return [Blur(0.0, (float(motion[0]) * share, float(motion[1]) * share)) for share in SMEAR]


def _streak(dx: float, dy: float) -> NDArray[np.float32]:
    """A line of length and direction (dx, dy) as a kernel that sums to 1."""
    radius = math.ceil(max(abs(dx), abs(dy)) / 2) + 1
    kernel = np.zeros((2 * radius + 1, 2 * radius + 1), np.float32)
    one = 1 << SUBPIXEL_BITS
    start, end = [(round((radius + s * dx / 2) * one), round((radius + s * dy / 2) * one)) for s in (-1, 1)]
    cv2.line(kernel, start, end, (1.0,), 1, cv2.LINE_8, SUBPIXEL_BITS)
    return np.asarray(kernel / kernel.sum())
