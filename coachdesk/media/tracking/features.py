"""What a view is recognised by from afar: ORB features (Rublee 2011) and their matches between two views."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from coachdesk.media.tracking.geometry import Floats, Mask, Plane

BITS = 256
WIDE, LOCAL = 700, 200
"""Features of a whole view; of the mark and what is next to it, in keyframes besides."""
WIDE_LEVELS, LOCAL_LEVELS, LEVEL_FACTOR = 6, 5, 1.25
FAST_THRESHOLD = 5
MOST_PAIRS = 140
MOST_DIFFERENT = 64
"""Bits in which two features that match may differ."""


@dataclass(frozen=True)
class Features:
    """N features.

    Attributes:
        at: N x 2, work pixels.
        angle: N, radians, the direction each has.
        size: N, pixels.
        signs: N x 256, -1 and 1, so that a matrix product compares all with all.
    """

    at: Floats
    angle: Floats
    size: Floats
    signs: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.at)

    def and_(self, other: Features) -> Features:
        return Features(
            np.concatenate([self.at, other.at]),
            np.concatenate([self.angle, other.angle]),
            np.concatenate([self.size, other.size]),
            np.concatenate([self.signs, other.signs]),
        )


def detect(plane: Plane) -> Features:
    """The features of a whole view."""
    return _orb(WIDE, WIDE_LEVELS, plane, None)


def detect_near(plane: Plane, near: Mask) -> Features:
    """More of them where ``near``."""
    return _orb(LOCAL, LOCAL_LEVELS, plane, near.astype(np.uint8) * 255)


def match(ours: Features, theirs: Features) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Indices of at most `MOST_PAIRS` pairs that are each other's nearest and differ little."""
    alike = ours.signs @ theirs.signs.T
    nearest, back = alike.argmax(1), alike.argmax(0)
    every = np.arange(len(ours))
    best = alike[every, nearest]
    pairs = np.flatnonzero((back[nearest] == every) & (best > BITS - 2 * MOST_DIFFERENT))
    if len(pairs) > MOST_PAIRS:
        pairs = pairs[np.argpartition(-best[pairs], MOST_PAIRS)[:MOST_PAIRS]]
    return pairs, nearest[pairs]


def _orb(count: int, levels: int, plane: Plane, mask: Plane | None) -> Features:
    orb = cv2.ORB.create(count, LEVEL_FACTOR, levels, fastThreshold=FAST_THRESHOLD)
    keypoints, descriptors = orb.detectAndCompute(plane, mask)
    if descriptors is None:
        return Features(np.empty((0, 2)), np.empty(0), np.empty(0), np.empty((0, BITS), np.float32))
    signs = np.unpackbits(np.asarray(descriptors, np.uint8), axis=1).astype(np.float32) * 2 - 1
    rows = np.array([(*point.pt, point.angle, point.size) for point in keypoints])
    return Features(rows[:, :2], np.radians(rows[:, 2]), rows[:, 3], signs)
