"""A lost mark found again anywhere in the picture: by features whose places, directions and sizes agree.

Of two hundred matches five may be right. Each says by itself how the whole picture would have moved, turned and
grown; what several say is looked at (a Hough vote without bins). Wrong matches agree by chance hardly ever.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from coachdesk.media.tracking import features
from coachdesk.media.tracking.align import plausible
from coachdesk.media.tracking.features import Features
from coachdesk.media.tracking.geometry import Floats, Homography, Mask, transform
from coachdesk.media.tracking.keyframe import Keyframe

LEAST = 6
"""Matches that must agree."""
TURN, GROWTH = np.radians(25.0), np.log(1.6)
"""By how much two matches that agree may differ in direction and, as a logarithm, in size."""
NEAR, PER_PIXEL = 10.0, 0.22
"""Pixels by which one match may be off where another puts it; more, the farther they are apart: for tilt."""
EXACT = 7.0
ENOUGH_FOR_AFFINE, ENOUGH_FOR_HOMOGRAPHY = 9, 16
MOST_PLACES = 2


@dataclass(frozen=True)
class _Pairs:
    """M matches: where they were and are (M x 2), by how much each turned and grew, and which lie at the mark."""

    then: Floats
    now: Floats
    turned: Floats
    grown: Floats
    near: Mask


def places(keyframe: Keyframe, seen: Features) -> list[Homography]:
    """Where ``keyframe`` may be in the view with features ``seen``: homographies from it to there, likeliest first."""
    known = keyframe.features
    if min(len(known), len(seen)) < LEAST:
        return []
    here, there = features.match(seen, known)
    near = keyframe.feature_away[there] < keyframe.radius
    turned, grown = seen.angle[here] - known.angle[there], np.log(seen.size[here] / known.size[there])
    pairs = _Pairs(known.at[there], seen.at[here], turned, grown, near)
    found: list[Homography] = []
    agree = _agreement(pairs)
    left = np.ones(len(here), bool)
    while left.sum() >= LEAST and len(found) < MOST_PLACES:
        g, taken = _vote(pairs, agree, left)
        if g is None:
            break
        if plausible(keyframe, g):
            found.append(g)
        left &= ~taken
    return found


def _vote(pairs: _Pairs, agree: Mask, left: Mask) -> tuple[Homography | None, Mask]:
    """What most matches agree on, those at the mark counting three times; and which do. Only of those ``left``."""
    votes = agree @ ((1.0 + 2.0 * pairs.near) * left) * left
    best = agree[int(votes.argmax())] & left
    g = None
    for tolerance in (4 * EXACT, 2 * EXACT, EXACT):
        if best.sum() < LEAST:
            return None, best
        g = _similarity(pairs, best) if best.sum() < ENOUGH_FOR_AFFINE else _affine(pairs, best)
        middle = pairs.now[best].mean(0)
        slack = 0.0 if best.sum() >= ENOUGH_FOR_AFFINE else 0.1 * np.linalg.norm(pairs.now - middle, axis=1)
        best = np.linalg.norm(transform(g, pairs.then) - pairs.now, axis=1) < tolerance + slack
        best &= left
    if best.sum() >= ENOUGH_FOR_HOMOGRAPHY:
        exact, _ = cv2.findHomography(pairs.then[best], pairs.now[best], cv2.RANSAC, EXACT)
        g = g if exact is None else np.asarray(exact, np.float64)
    return (g if best.sum() >= LEAST else None), best


def _agreement(pairs: _Pairs) -> Mask:
    """M x M: whether match j is where, and as, match i alone says."""
    c, s = (np.exp(pairs.grown) * f(pairs.turned) for f in (np.cos, np.sin))
    step = pairs.then[None] - pairs.then[:, None]
    x = pairs.now[:, None, 0] + c[:, None] * step[..., 0] - s[:, None] * step[..., 1]
    y = pairs.now[:, None, 1] + s[:, None] * step[..., 0] + c[:, None] * step[..., 1]
    off = np.hypot(x - pairs.now[None, :, 0], y - pairs.now[None, :, 1])
    apart = np.hypot(step[..., 0], step[..., 1]) * np.exp(pairs.grown)[:, None]
    turn = np.abs((pairs.turned[None] - pairs.turned[:, None] + np.pi) % (2 * np.pi) - np.pi)
    growth = np.abs(pairs.grown[None] - pairs.grown[:, None])
    return np.asarray((off < NEAR + PER_PIXEL * apart) & (turn < TURN) & (growth < GROWTH))


def _similarity(pairs: _Pairs, chosen: Mask) -> Homography:
    """The least-squares similarity of the chosen matches (as complex numbers: a line)."""
    then, now = (side[chosen] @ np.array([1, 1j]) for side in (pairs.then, pairs.now))
    p, q = then - then.mean(), now - now.mean()
    factor = np.vdot(p, q) / max(np.vdot(p, p).real, 1e-9)
    offset = now.mean() - factor * then.mean()
    c, s = factor.real, factor.imag
    return np.array([[c, -s, offset.real], [s, c, offset.imag], [0.0, 0.0, 1.0]])


def _affine(pairs: _Pairs, chosen: Mask) -> Homography:
    """The least-squares affine map of the chosen matches."""
    then = np.column_stack([pairs.then[chosen], np.ones(int(chosen.sum()))])
    solution = np.linalg.lstsq(then, pairs.now[chosen], rcond=1e-6)[0]
    return np.vstack([solution.T, [0.0, 0.0, 1.0]])
