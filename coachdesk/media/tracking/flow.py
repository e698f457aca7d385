"""How the picture has moved since the one before: both are blurred alike, so this holds where a keyframe does not."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from coachdesk.media.tracking.geometry import Floats, Homography, Plane, inside, normalized
from coachdesk.media.tracking.view import MEAN, View

FINEST_SCALE, REFINEMENTS = 2, 3
FAR_SHIFT = 12.0
"""Pixels of the quarter plane beyond which flow is helped by the shift of the whole."""
LEAST_RESPONSE = 0.1
LEAST_POINTS = 12
TOLERANCE = 4.0

Field = NDArray[np.float32]


def flow(before: Plane, after: Plane) -> Field:
    """Dense optical flow between two planes, height x width x 2 (DIS, Kroeger 2016). Reaches some 25 pixels."""
    dis = cv2.DISOpticalFlow.create(cv2.DISOpticalFlow_PRESET_FAST)
    dis.setFinestScale(FINEST_SCALE)
    dis.setVariationalRefinementIterations(REFINEMENTS)
    return np.asarray(dis.calc(before, after, np.empty((0,), np.float32)), np.float32)


def shift(before: View, after: View) -> Floats | None:
    """By how much the whole has moved, x and y in pixels of the quarter plane, up to half of it (phase correlation)."""
    height, width = (side // 2 for side in before.quarter.shape)
    small = (
        cv2.resize(view.quarter, (width, height), interpolation=cv2.INTER_AREA) for view in (before, after)
    )
    old, new = (cv2.GaussianBlur(plane.astype(np.float32), (0, 0), 1.0) for plane in small)
    (x, y), response = cv2.phaseCorrelate(old, new, _window(width, height))
    return 2 * np.array([x, y]) if response > LEAST_RESPONSE else None


def whole(before: View, after: View) -> Floats | None:
    """By how much the whole has moved, work pixels; None where that cannot be told."""
    moved = shift(before, after) if before.size == after.size else None
    return None if moved is None else 2 * moved


def motion(before: View, after: View, points: Floats) -> Homography | None:
    """The similarity, work pixels, that takes N x 2 ``points`` of one view to the next; None if they do not agree."""
    quarter = (points - 0.5) / 2
    first = shift(before, after)
    if first is None or np.hypot(*first) < FAR_SHIFT:
        first = np.zeros(2)
    usable = inside(quarter + first, after.quarter_size, 3)
    if usable.sum() < LEAST_POINTS:
        return None
    start = before.quarter if not first.any() else _shifted(before.quarter, first)
    x, y = np.round(quarter[usable] + first).astype(int).T
    then = points[usable]
    now = then + 2 * (first + flow(start, after.quarter)[y, x])
    step, agree = cv2.estimateAffinePartial2D(then, now, None, cv2.RANSAC, TOLERANCE, 300, 0.99)
    if step is None or agree.sum() < max(LEAST_POINTS, 0.4 * usable.sum()):
        return None
    return normalized(np.vstack([step, [0.0, 0.0, 1.0]]))


def _shifted(plane: Plane, by: Floats) -> Plane:
    step = np.array([[1.0, 0.0, by[0]], [0.0, 1.0, by[1]]])
    size = plane.shape[::-1]
    return np.asarray(
        cv2.warpAffine(plane, step, size, borderMode=cv2.BORDER_CONSTANT, borderValue=(MEAN,)), np.uint8
    )


@lru_cache(maxsize=4)
def _window(width: int, height: int) -> Field:
    return np.asarray(cv2.createHanningWindow((width, height), cv2.CV_32F), np.float32)
