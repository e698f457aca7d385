"""A keyframe found in the newest picture, near where it is guessed to be: flow for the far, points for the exact."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from coachdesk.media.tracking import softness
from coachdesk.media.tracking.evidence import PATCH, Evidence, likeness
from coachdesk.media.tracking.fit import Fit, fit, hypothesis
from coachdesk.media.tracking.flow import flow
from coachdesk.media.tracking.geometry import (
    QUARTER,
    UNQUARTER,
    Floats,
    Homography,
    Mask,
    Plane,
    inside,
    local,
    normalized,
    transform,
)
from coachdesk.media.tracking.keyframe import Keyframe, Matches
from coachdesk.media.tracking.structure import offset
from coachdesk.media.tracking.view import View

LEAST_POINTS = 12
THRESHOLD, SOFT_THRESHOLD, FLOW_THRESHOLD = 2.0, 3.2, 3.0
"""Pixels within which matches agree: of points, of points in a soft picture, of flow."""
FAR, NEAR = 26.0, 10.0
"""Pixels by which a guess may be off: a prediction, the outcome of flow."""
EDGE = 8.0
RIVAL = 0.7
"""Share of the support of one place that another must have to cast doubt on it."""
UNLIKE = 0.3
"""By how much less of the mark may be seen there."""
SEEN = 0.4
"""How much of the mark must be seen there to cast doubt on a place where it is hidden."""
SAME = 1.0
"""Pixels between two places that are one."""


@dataclass(frozen=True)
class Guess:
    """``h``: keyframe 0 to the newest picture. ``motion``: of the mark since the frame before, work pixels.
    ``turn``: a count of frames; whose turn it is among the points. ``known_shape``: the mark was seen in the frame
    before, so that its shape is known where the points leave it open.
    """

    h: Homography
    motion: Floats
    turn: int
    known_shape: bool = False


def coarse(keyframe: Keyframe, guess: Guess, view: View) -> Guess | None:
    """A better guess by flow from the warped keyframe; reaches some 50 work pixels."""
    g = guess.h @ keyframe.back
    spots = (transform(g, keyframe.points.at) - 0.5) / 2
    index = np.flatnonzero(inside(spots, view.quarter_size, 3))
    if len(index) < LEAST_POINTS:
        return None
    warped = _warped_quarter(keyframe, g, view)
    blur = softness.estimate(warped, view.quarter, guess.motion / 2)
    if blur is not None:
        warped = blur.of(warped, 1)
    moved = flow(softness.same_contrast(warped, view.quarter, spots[index]), view.quarter)
    x, y = np.round(spots[index]).astype(int).T
    now = 2 * (spots[index] + moved[y, x]) + 0.5
    found = hypothesis(Matches(keyframe, index, now), FLOW_THRESHOLD, g)
    return None if found is None else Guess(normalized(found.g @ keyframe.h), guess.motion, guess.turn)


def fine(keyframe: Keyframe, guess: Guess, view: View, reach: float) -> Evidence | None:
    """The exact place by its points (pyramidal Lucas-Kanade from the warped keyframe), and what speaks for it.

    Where light and dark at large say that it is elsewhere, that place is looked at too: they may be wrong on curved things,
    under shadows that move, on a thing that moves before its background, and where a hand lies over the mark.
    """
    found = _placed(keyframe, guess, view, reach)
    if found is None or not (found.lost_its_way and (found.sound or found.covered)):
        return found
    other = elsewhere(keyframe, replace(guess, h=found.h), view)
    rival = None if other is None else _placed(keyframe, other, view, FAR)
    return replace(found, astray=rival is not None and doubtful(found, rival))


def doubtful(found: Evidence, rival: Evidence) -> bool:
    """Of a place ``found``: whether the mark may be at the ``rival`` place, where light and dark at large say that it is."""
    here, there = (transform(each.g, each.keyframe.centre[None])[0] for each in (found, rival))
    if np.hypot(*(here - there)) < SAME:
        return False
    as_good = rival.support >= RIVAL * found.support
    if found.sound:
        return as_good and rival.on_mark > found.on_mark - UNLIKE
    return as_good or rival.on_mark > SEEN


def elsewhere(keyframe: Keyframe, guess: Guess, view: View) -> Guess | None:
    """Where light and dark at large say that it is, if that is not where ``guess`` says: after a sudden move, and where
    a pattern repeats itself.
    """
    away = offset(keyframe, normalized(guess.h @ keyframe.back), view)
    if not away.clear:
        return None
    step = np.eye(3)
    step[:2, 2] = away.by
    return Guess(normalized(step @ guess.h), guess.motion + away.by, guess.turn)


def plausible(keyframe: Keyframe, g: Homography) -> bool:
    """Whether a camera could see the mark so."""
    here = local(g, keyframe.centre)
    if not here.upright or not 0.12 < here.scale < 8 or here.squeeze <= 0.1:
        return False
    corners = keyframe.outline if keyframe.shows_mark else keyframe.points.at[:8]
    return bool((corners @ g[2, :2] + g[2, 2] > 0).all())


def _placed(keyframe: Keyframe, guess: Guess, view: View, reach: float) -> Evidence | None:
    g = normalized(guess.h @ keyframe.back)
    spots = transform(g, keyframe.points.at)
    chosen = keyframe.select(inside(spots, view.size, EDGE), guess.turn)
    index = np.flatnonzero(chosen)
    if len(index) < LEAST_POINTS:
        return None
    warped = _warped(keyframe.view.high, g, view.size)
    small = np.asarray(cv2.resize(warped, view.quarter_size, interpolation=cv2.INTER_AREA), np.uint8)
    blur = softness.estimate(small, view.quarter, guess.motion / 2)
    now, found = _track(warped, small, view, blur, spots[index], reach)
    index, now = index[found], now[found]
    if len(index) < LEAST_POINTS:
        return None
    matches = Matches(keyframe, index, now)
    threshold = THRESHOLD if blur is None else SOFT_THRESHOLD
    best = fit(matches, threshold, g, hold_shape=guess.known_shape)
    near = _weigh(matches, best, view, blur, chosen)
    if best is None or not best.is_local or (near is not None and near.sound):
        return near
    wide = _weigh(matches, fit(matches, threshold, g, wide_only=True), view, blur, chosen)  # a hand, perhaps
    return max((each for each in (near, wide) if each), key=lambda each: each.agreeing, default=None)


def _track(
    warped: Plane,
    small: Plane,
    view: View,
    blur: softness.Blur | None,
    spots: Floats,
    reach: float,
) -> tuple[Floats, Mask]:
    """Where ``spots`` of the warped keyframe are in the picture, and which of them were found.

    In a strongly blurred picture the fine detail is gone: the quarter planes are compared then. In a smeared one single
    points slip along the streaks: there dense flow holds, which is smooth.
    """
    strong = blur is not None and blur.strong
    ours, theirs, step = (small, view.quarter, 2.0) if strong else (warped, view.high, 1.0)
    if blur is not None:
        ours = blur.of(ours, 1 if strong else 2)
    start = ((spots + 0.5) / step - 0.5).astype(np.float32)
    ours = softness.same_contrast(ours, theirs, start)
    if strong and blur is not None and blur.smear is not None:
        x, y = np.round(start).astype(int).T
        ends, found = start + flow(ours, theirs)[y, x], np.ones(len(start), bool)
    else:
        side = 15 if strong else 17 if blur is None else 21
        levels = 2 if reach > NEAR else 1 if strong or blur is None else 2
        ends, found = _point_by_point(ours, theirs, start, side, levels)
    now = (ends.astype(np.float64) + 0.5) * step - 0.5
    return now, found & (np.abs(now - spots).max(1) < max(12.0, reach))


def _point_by_point(
    ours: Plane, theirs: Plane, start: NDArray[np.float32], side: int, levels: int
) -> tuple[NDArray[np.float32], Mask]:
    """Where each point is by itself (pyramidal Lucas-Kanade), and which were found."""
    ends, status, _ = cv2.calcOpticalFlowPyrLK(
        ours,
        theirs,
        start.reshape(-1, 1, 2),
        start.reshape(-1, 1, 2).copy(),
        winSize=(side, side),
        maxLevel=levels,
        flags=cv2.OPTFLOW_USE_INITIAL_FLOW,
        criteria=(cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 12, 0.03),
        minEigThreshold=1e-4,
    )
    return np.asarray(ends.reshape(-1, 2), np.float32), status.ravel() > 0


def _weigh(
    matches: Matches, best: Fit | None, view: View, blur: softness.Blur | None, chosen: Mask
) -> Evidence | None:
    """Looks at every point where the fit puts it; None without one, or where no camera could see the mark so."""
    keyframe, points = matches.keyframe, matches.keyframe.points
    if best is None or not plausible(keyframe, best.g):
        return None
    warped = _warped_quarter(keyframe, best.g, view)
    if blur is not None:
        warped = blur.of(warped, 1)
    spots = (transform(best.g, points.at) - 0.5) / 2
    there = inside(spots, view.quarter_size, PATCH + 1)
    alike = np.zeros(len(points))
    alike[there] = likeness(warped, view.quarter, spots[there])
    inlier = np.zeros(len(points), bool)
    limit = np.clip(3.5 * best.noise, 1.2, 4) + 0.004 * points.away[matches.index]
    inlier[matches.index[best.residuals < limit]] = True
    own = there & (points.away < 12)
    if own.sum() < 15:
        own = there & (points.away < 0.7 * keyframe.radius)
    coplanar = there & (keyframe.coplanar > 0.55)
    corner = points.corner > 0.3
    expected = there & chosen & (keyframe.coplanar > 0.5) & corner & (keyframe.seen > 0.3)
    fitting = inlier & (alike > 0.5) & (keyframe.coplanar > 0.3) & corner
    agreeing = int(fitting.sum())
    mine = int((expected & own).sum())
    found = Evidence(
        keyframe=keyframe,
        h=normalized(best.g @ keyframe.h),
        g=best.g,
        matches=matches,
        agreeing=agreeing,
        share=agreeing / max(int(expected.sum()), 1),
        own_share=(fitting & own).sum() / mine if mine >= 12 else 0.0,
        on_mark=float((alike[own] > 0.5).mean()) if own.sum() >= 8 else 0.0,
        around=float((alike[coplanar] > 0.5).mean()) if coplanar.sum() >= 8 else 0.0,
        noise=best.noise,
        error=best.spread * best.noise,
        open=best.open,
        astray=False,
        inlier=inlier,
        inside=there,
        likeness=alike,
    )
    return found if found.sure else replace(found, astray=offset(keyframe, best.g, view).certain)


def _warped(plane: Plane, g: Homography, size: tuple[int, int]) -> Plane:
    return np.asarray(
        cv2.warpPerspective(plane, g, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    )


def _warped_quarter(keyframe: Keyframe, g: Homography, view: View) -> Plane:
    return _warped(keyframe.view.quarter, QUARTER @ g @ UNQUARTER, view.quarter_size)
