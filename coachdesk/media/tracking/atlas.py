"""The keyframes of one mark: which serves best from a guessed place, and when another is worth having."""

from __future__ import annotations

import math

import numpy as np

from coachdesk.media.tracking.evidence import Evidence
from coachdesk.media.tracking.geometry import Floats, Homography, inside, local, transform
from coachdesk.media.tracking.keyframe import Keyframe
from coachdesk.media.tracking.view import View

MOST = 10
"""Keyframes kept besides the one that was drawn on."""
DRAWN_ON, IN_USE = 1.5, 1.15
"""By how much keyframe 0, and the one used last, are preferred: each further one adds its own error."""
LEAST_POINTS = 14
EDGE = 8.0
FAR_ENOUGH = 1.0


class Atlas:
    """Keyframe 0, which a mark was drawn on, and views of the same thing from elsewhere.

    Attributes:
        outline: of the mark with some room around it, work pixels of keyframe 0.
        keyframes: keyframe 0 first.
        active: the one used last.
    """

    def __init__(self, view: View, outline: Floats) -> None:
        self.outline = outline
        self.first = Keyframe(view, np.eye(3), outline)
        self.keyframes = [self.first]
        self.active = self.first

    def pick(self, h: Homography) -> Keyframe | None:
        """The keyframe that serves best when keyframe 0 is seen by ``h``; None if none of them can."""
        best, most = None, 0.0
        for keyframe in self.keyframes:
            worth = self.worth(keyframe, h)
            worth *= DRAWN_ON if keyframe is self.first else 1.0
            worth *= IN_USE if keyframe is self.active else 1.0
            if worth > most:
                best, most = keyframe, worth
        if best is not None:
            self.active = best
        return best

    def worth(self, keyframe: Keyframe, h: Homography) -> float:
        """0 if it cannot be used from there, at most 2: how many of its points are in the picture, how little distorted."""
        g = h @ keyframe.back
        spots = transform(g, keyframe.points.at)
        there = inside(spots, keyframe.view.size, EDGE)
        count, near = int(there.sum()), int((there & (keyframe.points.away < keyframe.radius)).sum())
        if count < LEAST_POINTS:
            return 0.0
        here = local(g, keyframe.centre if near > 10 else keyframe.points.at[there].mean(0))
        if not here.upright:
            return 0.0
        enough = min(1.0, count / 60) + min(1.0, near / 40)
        return enough * math.exp(-(math.log(here.scale) ** 2) / 0.4) * min(1.0, here.squeeze / 0.65)

    def search_order(self, h: Homography) -> list[Keyframe]:
        """In which order to look for a mark last seen by ``h``: what looked most like that, with keyframe 0 in between."""
        others = [keyframe for keyframe in self.keyframes[1:] if keyframe.shows_mark]
        others.sort(key=lambda keyframe: -self.worth(keyframe, h))
        if not others:
            return [self.first]
        nearer = self.worth(others[0], h) > self.worth(self.first, h)
        return [each for other in others for each in ((other, self.first) if nearer else (self.first, other))]

    def wants(self, h: Homography) -> bool:
        """Whether the view from ``h`` is far from all keyframes."""
        return min(self._distance(keyframe, h) for keyframe in self.keyframes) >= FAR_ENOUGH

    def add(self, view: View, evidence: Evidence, place: Homography) -> None:
        """``view``, in which the mark was found at ``place``, becomes a keyframe; in place of the least used one when they
        are many.
        """
        keyframe = Keyframe(view, place, self.outline)
        keyframe.inherit(evidence.keyframe, evidence.g)
        if len(self.keyframes) > MOST:
            least = min(self.keyframes[1:], key=lambda each: each.observations)
            self.keyframes.remove(least)
            self.active = self.first
        self.keyframes.append(keyframe)

    def _distance(self, keyframe: Keyframe, h: Homography) -> float:
        g = h @ keyframe.back
        here = local(g, keyframe.centre)
        overlap = float(inside(transform(g, keyframe.points.at), keyframe.view.size, EDGE).mean())
        size = abs(math.log(here.scale)) / 0.3
        return size + (1 - here.squeeze) / 0.35 + abs(here.angle) / 0.6 + max(0.0, 0.75 - overlap) / 0.3
