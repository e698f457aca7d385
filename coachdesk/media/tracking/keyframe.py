"""A view a mark is known from: the picture it was drawn on, or one added later, and what has been learned of its points."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from coachdesk.media.tracking import features, points
from coachdesk.media.tracking.geometry import Floats, Homography, transform
from coachdesk.media.tracking.view import View, at

FARTHEST = 5e3
"""Pixels: a mark farther out has no place in this picture."""
WELL_KNOWN = 15
"""Observations after which beliefs about points are used."""
PROBABLY_COPLANAR, NEARLY = 0.7, 0.35


class Keyframe:
    """One view with points.

    Attributes:
        view: the picture.
        h: keyframe 0 to this one, work pixels; ``back`` is its inverse.
        outline: of the mark with some room around it, here.
        radius: pixels from the mark where its surroundings end.
        shows_mark: whether the mark is in this picture at all.
        centre: of the mark, or of the picture if that does not show it.
        points: what is followed.
        coplanar: per point, 0..1: the belief that it moves with the mark's plane.
        seen: per point, -1..1: how much it looked like itself lately; low under a hand, in glare.
        observations: how many frames taught ``coplanar``.
    """

    def __init__(self, view: View, h: Homography, outline: Floats) -> None:
        self.view, self.h, self.back = view, h, np.linalg.inv(h)
        self.outline = transform(h, outline)
        far = bool(np.abs(self.outline).max() > FARTHEST)
        width, height = view.size
        self.away: NDArray[np.float32] = (
            np.full((height, width), 1e3, np.float32) if far else points.distances(self.outline, view.size)
        )
        extent = 200.0 if far else float(np.linalg.norm(np.ptp(self.outline, axis=0)))
        self.radius = float(np.clip(0.5 * extent, 40, 90))
        self.shows_mark = bool((self.away[6:-6, 6:-6] < 1).any())
        self.centre: Floats = self.outline.mean(0) if self.shows_mark else np.array([width / 2, height / 2])
        self.points = points.choose(view, self.away, self.radius)
        near = 1 / (1 + (self.points.away / self.radius) ** 2)
        self.coplanar: Floats = NEARLY + (PROBABLY_COPLANAR - NEARLY) * near
        self.seen: Floats = np.ones(len(self.points))
        self.observations = 0

    @property
    def well_known(self) -> bool:
        return self.observations > WELL_KNOWN

    @cached_property
    def features(self) -> features.Features:
        """What it is recognised by. Takes some 10 ms when first asked for."""
        near = features.detect_near(self.view.plane, self.away < 0.6 * self.radius)
        return self.view.features.and_(near)

    @cached_property
    def feature_away(self) -> Floats:
        """Per feature: pixels from the mark."""
        return at(self.away, features.positions(self.features))

    @property
    def described(self) -> bool:
        return "features" in self.__dict__

    def inherit(self, other: Keyframe, g: Homography) -> None:
        """Takes over what ``other`` has learned; ``g``: from it to this one."""
        if not len(self.points) or other.observations <= 5:
            return
        theirs = transform(g, other.points.at)
        offsets = self.points.at[:, None] - theirs[None]
        squares = np.einsum("ijk,ijk->ij", offsets, offsets)
        nearest = squares.argmin(1)
        close = squares.min(1) < 30**2
        self.coplanar[close] = other.coplanar[nearest[close]]
        self.observations = min(other.observations, WELL_KNOWN + 1)
