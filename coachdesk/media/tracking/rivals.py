"""Which of the places where a repeated pattern fits is the right one: all points around the mark are asked.

A fit that is one period off looks right nearly everywhere; what breaks the pattern (its end, a change of its shade, what
is next to it) does not. Point by point the picture is compared with the keyframe at the one place and at the other: what
a hand covers looks wrong at both and says nothing, and of three hundred points a few dozen decide.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np

from coachdesk.media.tracking import softness
from coachdesk.media.tracking.align import NEAR, Guess, fine
from coachdesk.media.tracking.evidence import Evidence
from coachdesk.media.tracking.geometry import (
    QUARTER,
    UNQUARTER,
    Floats,
    Homography,
    Mask,
    Plane,
    local,
    normalized,
    transform,
)
from coachdesk.media.tracking.keyframe import Keyframe
from coachdesk.media.tracking.view import View

PATCH = 9
"""Side of what is compared around each point, pixels of the quarter plane."""
MOST_DIFFERENT = np.uint8(40)
"""Grey levels: what is farther off is something else, no matter how far."""
COPLANAR = 0.3
NEAR_BY = 1.5
"""Of the radius of the mark's surroundings: whose contrast is taken over."""
FINELY = 3
"""How many of the likeliest are compared a pixel to either side, too."""
LEAST_POINTS = 20
CERTAIN, LIKELY, BETTER = 12.0, 8.0, 4.0
"""Standard deviations by which the points must be for a place rather than for any other: to ask no further; otherwise; and
rather than for the other when that has been fitted, too. At wrong places up to 11 were seen, up to 8 behind a hand."""


class Rival(NamedTuple):
    """The place that looks most like a fitted one: from keyframe to newest picture; and by how many standard deviations
    the points prefer the fitted one, negative where they prefer this. ``differences``: of the points at the fitted one.
    """

    g: Homography
    margin: float
    differences: Floats


@dataclass(frozen=True)
class _Rectified:
    """The keyframe made soft as the picture is, and the picture warped onto it by a fit: quarter planes."""

    expected: Plane
    seen: Plane
    there: Mask
    spots: np.ndarray[tuple[int, int], np.dtype[np.intp]]

    def difference(self, x: int, y: int) -> Floats:
        """Per point, grey levels: between the keyframe and the picture ``x``, ``y`` further; NaN outside the picture."""
        height, width = self.seen.shape
        window = slice(max(0, -y), min(height, height - y)), slice(max(0, -x), min(width, width - x))
        moved = slice(max(0, y), min(height, height + y)), slice(max(0, x), min(width, width + x))
        off = np.minimum(cv2.absdiff(self.expected[window], self.seen[moved]), MOST_DIFFERENT)
        mean = cv2.boxFilter(off, cv2.CV_32F, (PATCH, PATCH))
        spots = self.spots - (window[1].start, window[0].start)
        inside = (spots >= 0).all(1) & (spots < mean.shape[::-1]).all(1)
        here = np.full(len(spots), np.nan)
        u, v = spots[inside].T
        here[inside] = np.where(self.there[moved][v, u], mean[v, u], np.nan)
        return here


def resolve(found: Evidence, guess: Guess, view: View) -> Evidence | None:
    """``found``, or what is found where it looks alike, if the points are clearly for that; None when it is not clear.

    ``guess``: what the fit started from.
    """
    keyframe = found.keyframe
    rival = strongest(keyframe, found.g, view, guess.motion)
    if rival is None:
        return None
    if rival.margin >= CERTAIN:
        return found
    other = fine(keyframe, Guess(normalized(rival.g @ keyframe.h), guess.motion, guess.turn), view, NEAR)
    if other is None or _apart(found, other) < NEAR / 2:
        return found if rival.margin >= LIKELY else None
    there = _rectified(keyframe, other.g, view, guess.motion).difference(0, 0)
    better = _preference(rival.differences, there)
    if better >= BETTER:
        return found if rival.margin >= LIKELY else None
    if better > -BETTER:
        return None
    third = strongest(keyframe, other.g, view, guess.motion)
    return other if third is not None and third.margin >= LIKELY else None


def strongest(keyframe: Keyframe, g: Homography, view: View, motion: Floats) -> Rival | None:
    """The strongest rival of the fit ``g``; None if too little is in the picture to tell.

    ``motion``: of the mark since the frame before, work pixels: what the picture is blurred by.
    """
    planes = _rectified(keyframe, g, view, motion)
    base = planes.difference(0, 0)
    if np.isfinite(base).sum() < LEAST_POINTS:
        return None
    shifts = sorted(
        (_preference(base, planes.difference(x, y)), x, y) for x, y in keyframe.repeats.astype(int)
    )
    near = {(x + u, y + v) for _, x, y in shifts[:FINELY] for u in (-1, 0, 1) for v in (-1, 0, 1)}
    margin, x, y = min((_preference(base, planes.difference(x, y)), x, y) for x, y in near)
    step = np.eye(3)
    step[:2, 2] = 2 * x, 2 * y
    return Rival(normalized(g @ step), margin, base)


def _preference(one: Floats, other: Floats) -> float:
    """By how many standard deviations the points prefer ``one``, in which they differ less, to ``other``; 0 if too few."""
    less = other - one
    less = less[np.isfinite(less)]
    if len(less) < LEAST_POINTS:
        return 0.0
    return float(less.sum() / np.sqrt((less**2).sum() + 25.0))


def _apart(one: Evidence, other: Evidence) -> float:
    centre = one.keyframe.centre[None]
    return float(np.linalg.norm(transform(one.g, centre) - transform(other.g, centre)))


def _rectified(keyframe: Keyframe, g: Homography, view: View, motion: Floats) -> _Rectified:
    height, width = keyframe.view.quarter.shape
    back = QUARTER @ np.linalg.inv(g) @ UNQUARTER
    seen = np.asarray(
        cv2.warpPerspective(view.quarter, back, (width, height), borderMode=cv2.BORDER_REPLICATE), np.uint8
    )
    whole = np.full(view.quarter.shape, 255, np.uint8)
    there = cv2.warpPerspective(whole, back, (width, height), flags=cv2.INTER_NEAREST)
    there = cv2.erode(there, np.ones((PATCH, PATCH), np.uint8))
    here = local(g, keyframe.centre)
    c, s = np.cos(here.angle) / here.scale / 2, np.sin(here.angle) / here.scale / 2
    turned = np.array([c * motion[0] + s * motion[1], c * motion[1] - s * motion[0]])
    expected = keyframe.view.quarter
    blur = softness.estimate(expected, seen, turned)
    if blur is not None:
        expected = blur.of(expected, 1)
    asked = keyframe.coplanar > COPLANAR
    spots = (keyframe.points.at[asked] - 0.5) / 2
    near = keyframe.points.away[asked] < NEAR_BY * keyframe.radius
    if near.any():
        expected = softness.same_contrast(expected, seen, spots[near])
    return _Rectified(expected, seen, there > 0, np.round(spots).astype(int))
