"""From matched points to a homography: one that the mark's own points say, one that all coplanar ones say."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from coachdesk.media.tracking.geometry import Floats, Homography, Mask, local, normalized, transform
from coachdesk.media.tracking.keyframe import Matches
from coachdesk.media.tracking.refine import UNKNOWN_SPREAD, refine, residuals, whitening

LEAST_LOCAL, LEAST_WIDE = 16, 14
LOCAL_ADVANTAGE, LOCAL_MORE = 1.25, 3
"""The local model is believed when it explains so many more of the mark's own points."""
IS_CORNER = 0.3
PRIOR = np.array([0.1, 0.1, 0.001, 0.1, 0.1, 0.001, 2.0, 2.0])
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


def hypothesis(
    matches: Matches, threshold: float, start: Homography, *, wide_only: bool = False
) -> Hypothesis | None:
    """The better of the two models, or the wide one. The wide one survives blur and a hand; the local one is right where the
    surroundings lie in another plane, and is taken only if it explains clearly more of the mark's own points.
    """
    inner, good, corner = _classes(matches)
    own = inner & good
    base = _believed(matches, good, corner)
    wide = _consensus(matches, base, threshold, max(LEAST_WIDE, 0.3 * base.sum()))
    if wide_only:
        return None if wide is None else Hypothesis(wide, base, False)
    near = _consensus(matches, own & corner, threshold, max(12, 0.4 * (own & corner).sum()))
    if near is None and own.sum() >= LEAST_LOCAL:
        near = _held(matches, own, start if wide is None else wide, threshold)
    if near is not None:
        factors = _factors(matches, near)
        near_count, wide_count = (
            0 if g is None else int((residuals(g, matches.then, matches.now, factors)[own] < threshold).sum())
            for g in (near, wide)
        )
        if near_count >= LEAST_LOCAL - 4 and near_count > LOCAL_ADVANTAGE * wide_count + LOCAL_MORE:
            return Hypothesis(near, own, True)
    return None if wide is None else Hypothesis(wide, base, False)


def fit(matches: Matches, threshold: float, start: Homography, *, wide_only: bool = False) -> Fit | None:
    """The better model, refined with all points that agree with it; None when neither holds. ``start``: from keyframe
    to newest picture, as it was guessed. ``wide_only``: the one that all coplanar points say.
    """
    found = hypothesis(matches, threshold, start, wide_only=wide_only)
    if found is None:
        return None
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
