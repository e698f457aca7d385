"""Whether a place in a picture is fit to hold a mark, before one is drawn there."""

from __future__ import annotations

from enum import StrEnum

import numpy as np

from coachdesk.media.tracking import points
from coachdesk.media.tracking.geometry import Floats
from coachdesk.media.tracking.view import View

DARK, BRIGHT = 30.0, 250.0
"""Mean grey level on the mark beyond which nothing can be told apart."""
BLURRED = 0.45
"""Sharpness, as a share of the sharpest picture of the last two seconds, below which a picture is a smear."""
LEAST_POINTS = 10
REACH = 90.0
"""Pixels around a mark whose points hold it."""


class Surface(StrEnum):
    GOOD = "good"
    PLAIN = "plain"
    """Too little to hold on to: go closer, or draw on something with a pattern."""
    DARK = "dark"
    """More light."""
    GLARE = "glare"
    """Less light, or from another side."""
    BLURRED = "blurred"
    """Slower."""


def examine(view: View, outline: Floats, sharpest: float) -> Surface:
    """``outline``: N x 2 work pixels; ``sharpest``: sharpness that this camera reached lately, 0 if unknown."""
    away = points.distances(outline, view.size)
    grey = float(view.plane[away <= points.ON_MARK].mean())
    if grey < DARK:
        return Surface.DARK
    if grey > BRIGHT:
        return Surface.GLARE
    if view.sharpness < BLURRED * sharpest:
        return Surface.BLURRED
    found = points.choose(view, away, REACH)
    holds = (found.away < REACH) & (found.corner > 0.3)
    return Surface.GOOD if np.count_nonzero(holds) >= LEAST_POINTS else Surface.PLAIN
