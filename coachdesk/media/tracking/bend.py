"""Where a mark is on a thing that is bent: no homography holds all around it, but one does on the mark itself."""

from __future__ import annotations

import cv2
import numpy as np

from coachdesk.media.tracking.evidence import Evidence
from coachdesk.media.tracking.geometry import Floats, Homography, local, normalized, transform
from coachdesk.media.tracking.refine import whitening

REACH = 0.5
"""Of the radius of the mark's surroundings: a point so far from the mark counts e times less than one on it."""
LEAST = 14
"""Points that must say it."""
LEAST_WEIGHT = 0.05
WILD, HUBER = 8.0, 1.0
"""Pixels by which a point may be off to be asked at all, and to count fully."""
FLAT = 0.25
"""Pixels of noise below which nothing is bent."""
ALIKE, LEAST_SEEN = 0.5, 0.5
"""Correlation of a point that looks like itself; share of the mark that must be seen."""
NOISE, USUAL = 0.7, np.array([1.0, 1.5, 1.5, 2.0, 2.0, 2.0])
"""Pixels, standard deviations: of a point, and of what the bend does to the mark: the middle moves, each edge moves by the
slope, by the curve.
"""


def on_mark(found: Evidence) -> Homography:
    """From keyframe 0 to the newest picture, exact on the mark's outline: what the points on the mark and next to it are off
    by, smoothed to a polynomial of second degree, is added to where ``found`` puts that outline.
    """
    keyframe, matches = found.keyframe, found.matches
    if not keyframe.shows_mark or found.on_mark < LEAST_SEEN or found.noise < FLAT:
        return found.h
    off = matches.now - transform(found.g, matches.then)
    weight = np.exp(-((keyframe.points.away[matches.index] / (REACH * keyframe.radius)) ** 2))
    used = (weight > LEAST_WEIGHT) & (np.abs(off).max(1) < WILD) & (found.likeness[matches.index] > ALIKE)
    if used.sum() < LEAST:
        return found.h
    extent = np.ptp(keyframe.outline, axis=0).max() / 2
    information = keyframe.points.information[matches.index[used]]
    factors = whitening(information, local(found.g, keyframe.centre).angle)
    bend = _fitted(_terms((matches.then[used] - keyframe.centre) / extent), off[used], weight[used], factors)
    goal = transform(found.g, keyframe.outline) + _terms((keyframe.outline - keyframe.centre) / extent) @ bend
    g, _ = cv2.findHomography(keyframe.outline, goal, 0)
    return found.h if g is None else normalized(np.asarray(g, np.float64) @ keyframe.h)


def _fitted(terms: Floats, off: Floats, weight: Floats, factors: Floats) -> Floats:
    """6 x 2 coefficients: a robust least-squares fit, held towards none. Each point counts as far as it can be placed."""
    first, second, third = factors.T[:, :, None]
    rows = np.block([[first * terms, second * terms], [np.zeros_like(terms), third * terms]])
    goal = np.concatenate([first[:, 0] * off[:, 0] + second[:, 0] * off[:, 1], third[:, 0] * off[:, 1]])
    held = np.diag(np.tile((NOISE / USUAL) ** 2, 2))
    bend = np.zeros(12)
    for _ in range(3):
        left = (goal - rows @ bend).reshape(2, -1)
        counts = np.tile(weight * np.minimum(1, HUBER / np.maximum(np.hypot(*left), 1e-6)), 2)
        weighted = rows.T * counts
        bend = np.linalg.solve(weighted @ rows + held, weighted @ goal)
    return np.asarray(bend.reshape(2, 6).T)


def _terms(at: Floats) -> Floats:
    x, y = at.T
    return np.stack([np.ones(len(x)), x, y, x * x, x * y, y * y], 1)
