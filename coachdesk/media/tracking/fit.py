"""From matched points to a homography: one that the mark's own points say, one that all coplanar ones say."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from coachdesk.media.tracking.geometry import Floats, Homography, Mask, local, normalized, transform
from coachdesk.media.tracking.keyframe import NEARLY, Matches
from coachdesk.media.tracking.refine import UNKNOWN_SPREAD, refine, residuals, whitening

LEAST_LOCAL, LEAST_WIDE, LEAST_OWN = 16, 14, 12
LOCAL_ADVANTAGE, LOCAL_MORE = 1.25, 3
"""The local model is believed when it explains so many more of the mark's own points,"""
LOCAL_CLOSER, LOCAL_MARGIN = 3.0, 0.3
"""or when the others' mean square, in pixels, is so many times its own, and that much more: a mixture of two planes is
within the threshold of both."""
TIGHT = 0.4
"""Of the threshold: closer than that, points count by how close they are. Two planes that part by a few pixels are within
the threshold of one bent homography, but not as close as of their own."""
TIGHTER, TIGHTER_MORE = 1.5, 6.0
"""or when it is that much closer to them, in points as close as can be."""
IS_CORNER = 0.3
PRIOR = np.array([0.1, 0.1, 0.001, 0.1, 0.1, 0.001, 2.0, 2.0])
OPEN = 2.0
"""Pixels the mark's outline is off per pixel of noise, from which on the matches leave it open: all corners on one line,
say, as at the tops of a bar code.
"""
HELD = 0.9
"""Share of its points that a hypothesis must keep when points farther away join in."""
SHAPE = np.array([1.0, 1.0, 0.001, 1.0, 1.0, 0.001, 2.0, 2.0])
"""As `PRIOR`, for a shape that is held where the matches leave it open."""
LEAST_NOISE, USUAL_NOISE, MOST_NOISE = 0.2, 0.5, 1.2


@dataclass(frozen=True)
class Hypothesis:
    """A homography from keyframe to newest picture, the matches it was taken from, and whether those are the mark's own."""

    g: Homography
    basis: Mask
    is_local: bool


@dataclass(frozen=True)
class Fit:
    """``g``: from keyframe to newest picture. ``residuals``: whitened, pixels, per match. ``noise``: standard deviation
    of the matches, pixels. ``spread``: that of the mark's outline, pixels per pixel of noise. ``is_local``: taken from the
    mark's own points.
    """

    g: Homography
    residuals: Floats
    noise: float
    spread: float
    is_local: bool

    @property
    def open(self) -> bool:
        """Whether the matches do not determine where the mark is."""
        return self.spread >= OPEN


def hypothesis(
    matches: Matches, threshold: float, start: Homography, *, wide_only: bool = False
) -> Hypothesis | None:
    """The better of the two models, or the wide one. The wide one survives blur and a hand; the local one is right where the
    surroundings lie in another plane, and is taken only if it explains clearly more of the mark's own points.
    """
    inner, good, corner = _classes(matches)
    base = _believed(matches, good, corner)
    wide = _consensus(matches, base, threshold, max(LEAST_WIDE, 0.3 * base.sum()))
    if wide_only:
        return None if wide is None else Hypothesis(wide, base, False)
    own = inner & good
    then, now, factors = matches.then[own], matches.now[own], _factors(matches, start)[own]
    wide_left = np.full(len(then), np.inf) if wide is None else residuals(wide, then, now, factors)
    if _local_is_right(np.zeros(len(then)), wide_left, threshold):  # if it were perfect
        near = _of_own(matches, own & corner, start, threshold)
        if near is None and own.sum() >= LEAST_LOCAL:
            near = _held(matches, own, start if wide is None else wide, threshold)
        if near is not None and _local_is_right(residuals(near, then, now, factors), wide_left, threshold):
            return Hypothesis(near, own, True)
    return None if wide is None else Hypothesis(wide, base, False)


def fit(
    matches: Matches,
    threshold: float,
    start: Homography,
    *,
    wide_only: bool = False,
    hold_shape: bool = False,
) -> Fit | None:
    """The better model, refined with all points that agree with it; None when neither holds. ``start``: from keyframe
    to newest picture, as it was guessed. ``wide_only``: the one that all coplanar points say. ``hold_shape``: what the
    matches leave open stays as it is at the ``start``; only where that is known to be right.
    """
    found = hypothesis(matches, threshold, start, wide_only=wide_only)
    if found is None:
        return None
    best = _refined(matches, found, threshold)
    if best.open:
        joined = _joined(matches, found, threshold)
        wider = best if joined is None else _refined(matches, joined, threshold)
        if not wider.open:
            return wider
        if hold_shape:
            return _in_shape(matches, best, start, threshold)
    return best


def _local_is_right(near: Floats, wide: Floats, threshold: float) -> bool:
    """Whether the mark's own points, by what the two models leave of each, pixels, lie in another plane."""
    near_count, wide_count = (int((left < threshold).sum()) for left in (near, wide))
    if near_count < LEAST_LOCAL - 4:
        return False
    near_square, wide_square = (float((np.minimum(left, threshold) ** 2).mean()) for left in (near, wide))
    more = near_count > LOCAL_ADVANTAGE * wide_count + LOCAL_MORE
    closer = _closeness(near, threshold) > TIGHTER * _closeness(wide, threshold) + TIGHTER_MORE
    return more or closer or wide_square > LOCAL_CLOSER * near_square + LOCAL_MARGIN


def _closeness(left: Floats, threshold: float) -> float:
    """How many points are close, those half way counting three quarters."""
    return float(np.maximum(0, 1 - (left / (TIGHT * threshold)) ** 2).sum())


def _joined(matches: Matches, found: Hypothesis, threshold: float) -> Hypothesis | None:
    """What all corners agree on that are not known to lie elsewhere; None if that leaves out points of ``found``."""
    _, good, corner = _classes(matches)
    every = good & corner & (matches.keyframe.coplanar[matches.index] >= NEARLY)
    g = _consensus(matches, every, threshold, max(LEAST_WIDE, 0.3 * every.sum()))
    if g is None:
        return None
    now, before = (
        residuals(each, matches.then, matches.now, _factors(matches, each)) < threshold
        for each in (g, found.g)
    )
    rests_on = before & found.basis
    if (now & rests_on).sum() < HELD * rests_on.sum():
        return None
    return Hypothesis(g, found.basis | (every & now), False)


def _in_shape(matches: Matches, best: Fit, start: Homography, threshold: float) -> Fit:
    """``best`` again, as the ``start`` moved, turned and grew: what the matches leave open is held so."""
    then, now = matches.then, matches.now
    agree = best.residuals < np.minimum(3.5 * best.noise, 1.5 * threshold)
    corners = agree & (matches.keyframe.points.corner[matches.index] > IS_CORNER)
    if corners.sum() < LEAST_WIDE:
        return best
    step, _ = cv2.estimateAffinePartial2D(transform(start, then[corners]), now[corners], method=cv2.LMEDS)
    if step is None:
        return best
    factors = _factors(matches, best.g)
    g, _ = refine(
        np.vstack([step, [0.0, 0.0, 1.0]]) @ start,
        then[agree],
        now[agree],
        factors[agree],
        _weights(matches)[agree],
        centre=matches.keyframe.centre,
        huber=2 * best.noise,
        corners=np.empty((0, 2)),
        prior=SHAPE,
        iterations=4,
    )
    return replace(best, g=normalized(g), residuals=residuals(g, then, now, factors))


def _refined(matches: Matches, found: Hypothesis, threshold: float) -> Fit:
    keyframe, then, now = matches.keyframe, matches.then, matches.now
    away = keyframe.points.away[matches.index]
    coplanar = keyframe.coplanar[matches.index]
    factors = _factors(matches, found.g)
    weights = _weights(matches)
    corners = keyframe.outline if keyframe.shows_mark else np.empty((0, 2))
    g, noise, spread = found.g, USUAL_NOISE, UNKNOWN_SPREAD
    left = residuals(g, then, now, factors)
    slack = 0.005 * np.maximum(0, away - 14) if found.is_local else 0.0
    for reach in (1.2 * keyframe.radius, np.inf) if found.is_local else (np.inf,):
        noise = _noise(left[found.basis], threshold)
        agree = (left < np.minimum(3.5 * noise + slack, 1.5 * threshold)) & (away <= reach) & (coplanar > 0.2)
        if agree.sum() < 10:
            break
        g, spread = refine(
            g,
            then[agree],
            now[agree],
            factors[agree],
            weights[agree],
            centre=keyframe.centre,
            huber=2 * noise,
            corners=corners,
        )
        left = residuals(g, then, now, factors)
    return Fit(normalized(g), left, noise, spread, found.is_local)


def _classes(matches: Matches) -> tuple[Mask, Mask, Mask]:
    """Which matches are the mark's own, which are fit to be believed, which are corners."""
    keyframe, index = matches.keyframe, matches.index
    away = keyframe.points.away[index]
    good = (keyframe.coplanar[index] > 0.2) & (keyframe.seen[index] > 0.15)
    corner = keyframe.points.corner[index] > IS_CORNER
    inner = away <= 10.0
    for reach in (0.6 * keyframe.radius, keyframe.radius):
        if (inner & good & corner).sum() >= 18:
            break
        inner = away <= reach
    return inner, good, corner


def _believed(matches: Matches, good: Mask, corner: Mask) -> Mask:
    """The points held to be coplanar with the mark; where they are few, more of the near and of all others."""
    keyframe, index = matches.keyframe, matches.index
    firm = good & corner
    for base, least in (
        (firm & (keyframe.coplanar[index] > 0.5), 30),
        (firm & (keyframe.points.away[index] < 3 * keyframe.radius), 30),
        (firm, 20),
    ):
        if base.sum() >= least:
            return base
    return good


def _consensus(matches: Matches, chosen: Mask, threshold: float, least: float) -> Homography | None:
    """What at least ``least`` of the chosen matches agree on (MAGSAC, Barath 2020)."""
    if chosen.sum() < LEAST_WIDE:
        return None
    then, now = (side[chosen].astype(np.float32) for side in (matches.then, matches.now))
    g, agree = cv2.findHomography(then, now, cv2.USAC_MAGSAC, threshold, None, 300, 0.99)
    return np.asarray(g, np.float64) if g is not None and agree.sum() >= least else None


def _of_own(matches: Matches, corners: Mask, start: Homography, threshold: float) -> Homography | None:
    """What the mark's own corners say: what they agree on, or if that is closer, where the ``start`` moved, turned and grew
    to. That cannot bend to a second plane behind the mark's edge.
    """
    free = _consensus(matches, corners, threshold, max(LEAST_OWN, 0.4 * corners.sum()))
    if free is None:
        return None
    then, now = matches.then[corners], matches.now[corners]
    step, agree = cv2.estimateAffinePartial2D(
        transform(start, then), now, None, cv2.RANSAC, TIGHT * threshold, 300, 0.99
    )
    if step is None or agree.sum() < LEAST_OWN:
        return free
    stiff = np.vstack([step, [0.0, 0.0, 1.0]]) @ start
    free_close, stiff_close = (
        _closeness(np.linalg.norm(transform(each, then) - now, axis=1), threshold) for each in (free, stiff)
    )
    return stiff if stiff_close > free_close else free


def _held(matches: Matches, own: Mask, start: Homography, threshold: float) -> Homography | None:
    """What the mark's own points say, edges among them, where there are not enough corners: what they leave open stays
    as it was at the ``start``.
    """
    then, now = matches.then[own], matches.now[own]
    shifted = np.eye(3)
    shifted[:2, 2] = np.median(now - transform(start, then), axis=0)
    g, _ = refine(
        shifted @ start,
        then,
        now,
        _factors(matches, start)[own],
        _weights(matches)[own],
        centre=matches.keyframe.centre,
        huber=threshold / 2,
        corners=np.empty((0, 2)),
        prior=PRIOR,
        iterations=4,
    )
    return normalized(g)


def _factors(matches: Matches, g: Homography) -> Floats:
    keyframe = matches.keyframe
    return whitening(keyframe.points.information[matches.index], local(g, keyframe.centre).angle)


def _weights(matches: Matches) -> Floats:
    """How much each match counts: near the mark or known to be coplanar, and looking like itself."""
    keyframe, index = matches.keyframe, matches.index
    coplanar = keyframe.coplanar[index]
    near = 1 / (1 + (keyframe.points.away[index] / keyframe.radius) ** 2)
    known = np.clip((coplanar - 0.65) / 0.2, 0, 1) if keyframe.well_known else 0.0
    belief = np.clip((coplanar - 0.15) / 0.4, 0, 1)
    return np.asarray(np.maximum(near, 0.6 * known) * belief * np.clip(keyframe.seen[index] + 0.1, 0.02, 1))


def _noise(left: Floats, threshold: float) -> float:
    """Standard deviation of the matches that belong together, from the median of what is left."""
    belonging = left[left < 1.5 * threshold]
    if len(belonging) < 6:
        return USUAL_NOISE
    return float(np.clip(1.5 * np.median(belonging), LEAST_NOISE, MOST_NOISE))
