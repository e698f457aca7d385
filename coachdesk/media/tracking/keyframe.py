"""A view a mark is known from: the picture it was drawn on, or one added later, and what has been learned of its points."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from coachdesk.media.tracking import features, pattern, points
from coachdesk.media.tracking.geometry import QUARTER, Floats, Homography, Mask, transform
from coachdesk.media.tracking.view import View, at

FARTHEST = 5e3
"""Pixels: a mark farther out has no place in this picture."""
SHARES = 60, 40, 50
"""How many points are followed: on the mark, around it, elsewhere; what one group lacks goes to the next."""
HIDDEN, OTHER_PLANE = 0.15, 0.2
"""Of `seen` and `coplanar`: below it a point is doubtful."""
DOUBTFUL_TURNS, MOST_DOUBTFUL = 6, 20
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
    def repeats(self) -> Floats:
        """N x 2 shifts, pixels of the quarter plane, by which what is around the mark looks like itself. Takes some 3 ms."""
        if not self.shows_mark:
            return np.empty((0, 2))
        return pattern.shifts(self.view.quarter, transform(QUARTER, self.centre[None])[0], self.radius / 2)

    @cached_property
    def features(self) -> features.Features:
        """What it is recognised by. Takes some 10 ms when first asked for."""
        near = features.detect_near(self.view.plane, self.away < 0.6 * self.radius)
        return self.view.features.and_(near)

    @cached_property
    def feature_away(self) -> Floats:
        """Per feature: pixels from the mark."""
        return at(self.away, self.features.at)

    @property
    def described(self) -> bool:
        return "features" in self.__dict__

    def select(self, there: Mask, turn: int) -> Mask:
        """Which of the points ``there`` are in the picture to follow: those that tell most of the mark.

        What is under a hand gives its place to what is not; every ``turn`` some of the doubtful ones are looked at too.
        """
        usable = there & (self.seen > HIDDEN) & (self.coplanar > OTHER_PLANE)
        worth = self.coplanar * np.clip(self.seen, 0.1, 1) * (0.5 + self.points.corner)
        every = np.arange(len(self.points))
        worth = worth + 0.3 * ((every + turn) % 5 == 0)
        chosen = np.zeros(len(self.points), bool)
        left = 0
        for group, share in zip(self._groups(), SHARES, strict=True):
            found = np.flatnonzero(usable & group)
            left += share
            if len(found) > left:
                found = found[np.argpartition(-worth[found], left)[:left]]
            chosen[found] = True
            left -= len(found)
        doubtful = np.flatnonzero(there & ~usable)
        chosen[doubtful[(doubtful + turn) % DOUBTFUL_TURNS == 0][:MOST_DOUBTFUL]] = True
        return chosen

    def _groups(self) -> tuple[Mask, Mask, Mask]:
        away = self.points.away
        return away <= points.ON_MARK, (away > points.ON_MARK) & (away < self.radius), away >= self.radius

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


@dataclass(frozen=True)
class Matches:
    """Points of a keyframe, and where they are now.

    Attributes:
        keyframe: whose points.
        index: M, which of them.
        now: M x 2, work pixels of the newest picture.
    """

    keyframe: Keyframe
    index: np.ndarray[tuple[int], np.dtype[np.intp]]
    now: Floats

    @property
    def then(self) -> Floats:
        return self.keyframe.points.at[self.index]
