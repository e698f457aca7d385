"""Where a picture repeats itself: by which shifts what is around a mark looks like itself."""

from __future__ import annotations

import cv2
import numpy as np

from coachdesk.media.tracking.geometry import Floats, Plane

ALIKE = 0.7
"""Correlation from which two places count as alike."""
REACH = 44
"""Pixels of the quarter plane up to which is looked."""
NEAREST = 3.5
"""Pixels of the quarter plane below which a shift is none: everything looks like itself a little aside."""
LEAST_HALF = 12
MOST = 8


def shifts(quarter: Plane, centre: Floats, half: float) -> Floats:
    """N x 2, whole pixels, the shortest first: what is within ``half`` of ``centre`` looks alike so far off.

    All of it is of the quarter plane. From the peaks of the normalised correlation of the patch with its surroundings.
    """
    height, width = quarter.shape
    half = max(half, LEAST_HALF)
    left, top = np.clip(centre - half, 0, [width - 2, height - 2]).astype(int)
    right, bottom = np.clip(centre + half + 1, [left + 2, top + 2], [width, height]).astype(int)
    first, above = max(left - REACH, 0), max(top - REACH, 0)
    field = quarter[above : bottom + REACH, first : right + REACH]
    alike = cv2.matchTemplate(field, quarter[top:bottom, left:right], cv2.TM_CCOEFF_NORMED)
    peaks = (alike > ALIKE) & (alike == cv2.dilate(alike, np.ones((7, 7), np.uint8)))
    y, x = np.nonzero(peaks)
    found = np.stack([x - (left - first), y - (top - above)], 1).astype(np.float64)
    length = np.hypot(*found.T)
    order = np.argsort(length)[(length <= NEAREST).sum() :]
    return np.asarray(found[order[:MOST]])
