"""One picture as the tracker sees it: its light alone, small, without slow changes of brightness."""

from __future__ import annotations

import math
from functools import cached_property
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from coachdesk.media.tracking import features
from coachdesk.media.tracking.geometry import Floats, Plane

WORK_AREA = 640 * 360
"""Pixels of the work size: of 16:9 it is 640 x 360, whatever the camera sends."""
MEAN = 128
"""Where a high-passed plane has its zero."""
HIGHPASS_GAIN = 1.6
HIGHPASS_PIXELS = 41
TENSOR_PIXELS = 9
BROAD = 8
"""Work pixels to one of `View.broad`."""
BROAD_FINEST, BROAD_COARSEST = 1.5, 10.0
"""Standard deviations of what is smoothed away there, and of what is taken off."""


class Tensor(NamedTuple):
    """The structure tensor: products of the gradients, averaged around each pixel (height x width, float32)."""

    xx: NDArray[np.float32]
    xy: NDArray[np.float32]
    yy: NDArray[np.float32]

    def corner(self) -> NDArray[np.float32]:
        """Its smaller eigenvalue: how much of a corner there is (Shi and Tomasi 1994)."""
        mean = (self.xx + self.yy) * np.float32(0.5)
        half = (self.xx - self.yy) * np.float32(0.5)
        return np.asarray(mean - cv2.magnitude(half, self.xy))


class View:
    """A picture at work size and at half of that; all else is computed when it is first asked for, once for all marks.

    Attributes:
        plane: the Y plane, height x width.
    """

    def __init__(self, luma: Plane) -> None:
        self.plane = at_work_size(luma)

    @cached_property
    def high(self) -> Plane:
        """``plane`` high-passed around 128: changes of light drop out."""
        slow = cv2.blur(self.plane, (HIGHPASS_PIXELS, HIGHPASS_PIXELS))
        return np.asarray(cv2.addWeighted(self.plane, HIGHPASS_GAIN, slow, -HIGHPASS_GAIN, MEAN))

    @cached_property
    def quarter(self) -> Plane:
        """``high`` at half the width and height."""
        return _resized(self.high, (self.size[0] // 2, self.size[1] // 2), cv2.INTER_AREA)

    @cached_property
    def broad(self) -> NDArray[np.float32]:
        """Light and dark at large, an eighth as wide and high: no fine pattern is left, nor the fall of the light."""
        size = self.size[0] // BROAD, self.size[1] // BROAD
        small = np.asarray(cv2.resize(self.plane, size, interpolation=cv2.INTER_AREA), np.float32)
        return cv2.GaussianBlur(small, (0, 0), BROAD_FINEST) - cv2.GaussianBlur(small, (0, 0), BROAD_COARSEST)

    @cached_property
    def sharpness(self) -> float:
        return sharpness(self.quarter)

    @property
    def size(self) -> tuple[int, int]:
        """Width, height at work size."""
        return self.plane.shape[1], self.plane.shape[0]

    @property
    def quarter_size(self) -> tuple[int, int]:
        return self.quarter.shape[1], self.quarter.shape[0]

    @cached_property
    def tensor(self) -> Tensor:
        gx = cv2.Sobel(self.plane, cv2.CV_32F, 1, 0)
        gy = cv2.Sobel(self.plane, cv2.CV_32F, 0, 1)
        window = (TENSOR_PIXELS, TENSOR_PIXELS)
        products = (cv2.multiply(a, b) for a, b in ((gx, gx), (gx, gy), (gy, gy)))
        return Tensor(*(np.asarray(cv2.boxFilter(product, -1, window), np.float32) for product in products))

    @cached_property
    def features(self) -> features.Features:
        return features.detect(self.plane)

    @cached_property
    def corner(self) -> NDArray[np.float32]:
        return self.tensor.corner()


def work_size(width: int, height: int) -> tuple[int, int]:
    """The size of the same shape that has `WORK_AREA` pixels; both even."""
    scale = math.sqrt(WORK_AREA / (width * height))
    return 2 * round(width * scale / 2), 2 * round(height * scale / 2)


def at_work_size(luma: Plane) -> Plane:
    """A Y plane of any size, small; the same again when it is so already."""
    size = work_size(luma.shape[1], luma.shape[0])
    if size == luma.shape[::-1]:
        return luma
    return _resized(luma, size, cv2.INTER_AREA if luma.shape[1] > size[0] else cv2.INTER_LINEAR)


def sharpness(plane: Plane) -> float:
    """How much fine detail there is: the spread of the Laplacian."""
    return float(cv2.meanStdDev(cv2.Laplacian(plane, cv2.CV_16S))[1][0, 0])


def at(plane: NDArray[np.float32], points: Floats) -> Floats:
    """The values of a plane at the pixels that N x 2 points lie in."""
    x = np.clip(points[:, 0].astype(int), 0, plane.shape[1] - 1)
    y = np.clip(points[:, 1].astype(int), 0, plane.shape[0] - 1)
    return np.asarray(plane[y, x], np.float64)


def _resized(plane: Plane, size: tuple[int, int], how: int) -> Plane:
    return np.asarray(cv2.resize(plane, size, interpolation=how))
