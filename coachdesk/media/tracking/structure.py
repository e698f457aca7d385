"""Light and dark at large: where a repeated pattern looks the same everywhere, this does not."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from coachdesk.media.tracking.geometry import Floats, Homography, local, transform
from coachdesk.media.tracking.keyframe import Keyframe
from coachdesk.media.tracking.view import BROAD, View

PATCH = 1.3
"""Half the side of what is compared, as a share of the radius of the mark's surroundings: not what lies behind it."""
LEAST_HALF, MOST_HALF = 5, 16
REACH = 7
"""How far around it is looked for."""
LEAST = 3.0
"""Grey levels, standard deviation: below it there is nothing to compare."""
ALIKE, BETTER, FAR_BETTER = 0.6, 0.04, 0.1
"""Correlation at the best place, and by how much more than here it must be, to be worth a try; to be believed."""


class Offset(NamedTuple):
    """By how many work pixels the newest picture's is elsewhere, and whether that is worth a try, or certain."""

    by: Floats
    clear: bool
    certain: bool


NOWHERE = Offset(np.zeros(2), False, False)


def offset(keyframe: Keyframe, g: Homography, view: View) -> Offset:
    """Where in ``view`` the mark's surroundings are seen, compared with where ``g`` (from the keyframe) puts them.

    Exact to four work pixels.
    """
    height, width = view.broad.shape
    down = np.array([[1 / BROAD, 0, 0.5 / BROAD - 0.5], [0, 1 / BROAD, 0.5 / BROAD - 0.5], [0, 0, 1]])
    step = down @ g @ np.linalg.inv(down)
    expected = cv2.warpPerspective(
        keyframe.view.broad, step, (width, height), borderMode=cv2.BORDER_REPLICATE
    )
    x, y = np.clip(transform(down @ g, keyframe.centre[None])[0], 0, [width - 1, height - 1]).astype(int)
    half = round(PATCH * keyframe.radius * local(g, keyframe.centre).scale / BROAD)
    half = min(max(half, LEAST_HALF), MOST_HALF)
    left, right = max(x - half, 0), min(x + half + 1, width)
    top, bottom = max(y - half, 0), min(y + half + 1, height)
    first, above = max(left - REACH, 0), max(top - REACH, 0)
    field = view.broad[above : bottom + REACH, first : right + REACH]
    patch = expected[top:bottom, left:right]
    if min(float(cv2.meanStdDev(each)[1][0, 0]) for each in (patch, field)) < LEAST:
        return NOWHERE
    alike = cv2.matchTemplate(field, patch, cv2.TM_CCOEFF_NORMED)
    _, best, _, (u, v) = cv2.minMaxLoc(alike)
    here = float(alike[top - above, left - first])
    by = BROAD * np.array([u - (left - first), v - (top - above)], np.float64)
    return Offset(by, best > ALIKE and best > here + BETTER, best > ALIKE and best > here + FAR_BETTER)
