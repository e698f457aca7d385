"""A lost mark found again anywhere in the picture: by features, then aligned and looked at like any other guess."""

from __future__ import annotations

import cv2
import numpy as np

from coachdesk.media.tracking import features
from coachdesk.media.tracking.align import plausible
from coachdesk.media.tracking.geometry import Homography
from coachdesk.media.tracking.keyframe import Keyframe
from coachdesk.media.tracking.view import View

THRESHOLD = 4.0
"""Pixels within which features agree."""
LEAST_MATCHES, LEAST_NEAR, LEAST_WIDE = 9, 8, 12
NEAR_ITERATIONS, WIDE_ITERATIONS = 600, 1500


def places(keyframe: Keyframe, view: View) -> list[Homography]:
    """Where ``keyframe`` may be in ``view``: homographies from it to there, at most two, the mark's own first."""
    known, seen = keyframe.features, view.features
    if min(len(known), len(seen)) < LEAST_MATCHES:
        return []
    here, there = features.match(seen, known)
    if len(here) < LEAST_MATCHES:
        return []
    then, now = known.at[there], seen.at[here]
    near = keyframe.feature_away[there] < keyframe.radius
    found = []
    if LEAST_NEAR <= near.sum() < 0.8 * len(here):
        found.append(_consensus(then[near], now[near], NEAR_ITERATIONS, max(LEAST_NEAR, 0.25 * near.sum())))
    found.append(_consensus(then, now, WIDE_ITERATIONS, max(LEAST_WIDE, 0.1 * len(here))))
    return [g for g in found if g is not None and plausible(keyframe, g)]


def _consensus(
    then: np.ndarray[tuple[int, int], np.dtype[np.float32]],
    now: np.ndarray[tuple[int, int], np.dtype[np.float32]],
    iterations: int,
    least: float,
) -> Homography | None:
    g, agree = cv2.findHomography(then, now, cv2.USAC_MAGSAC, THRESHOLD, None, iterations, 0.999)
    return np.asarray(g, np.float64) if g is not None and agree.sum() >= least else None
