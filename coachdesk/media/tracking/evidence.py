"""Whether an alignment is to be believed: what speaks for it, and how much of that is asked for when."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from coachdesk.media.tracking.geometry import Floats, Homography, Mask, Plane
from coachdesk.media.tracking.keyframe import Keyframe, Matches

PATCH = 4
"""Half the side of the patches compared, pixels of the quarter plane, without the middle one."""
FLAT = 972.0
"""Summed squares in a patch below which noise alone would decide what it looks like."""
LOOSE = 4.0
"""Pixels of predicted error beyond which the geometry does not hold the mark."""
FIRM = 1.2
"""The same for a mark found again: what only has a part in common with the thing, as one label with another, is seen on
one side of the mark, which leaves its other side loose."""
SCATTERED = 1.1
"""Pixels of noise from which on what fits may be anything: there and in the widest scatter that is let."""
OWN = 0.6
"""Of `Evidence.own_share`: enough of the mark itself, when what is beside it has parted from it."""
COVERED = 0.75
"""Of `Evidence.share`, below which a hand may lie over the mark: it covers some of what is beside it, too. Where all of that
is seen and the mark is not, the thing is elsewhere.
"""

_STEPS = np.arange(-PATCH, PATCH + 1)
_DY, _DX = (grid.ravel() for grid in np.meshgrid(_STEPS, _STEPS, indexing="ij"))


class Trust(IntEnum):
    NONE = 0
    WEAK = 1
    """Followed but hidden, until something stronger is seen."""
    FULL = 2


@dataclass(frozen=True)
class Evidence:
    """An alignment, and what speaks for it.

    Attributes:
        keyframe: aligned with the newest picture.
        h: keyframe 0 to the newest picture.
        g: ``keyframe`` to the newest picture.
        matches: where its points were found.
        agreeing: points that fit in place and in looks.
        share: those of the ones in the picture that were expected to.
        own_share: the same of the mark's own points alone; 0 where there are too few.
        on_mark: share of points on and at the mark that look like themselves; 0 where there are too few.
        around: the same of all points held to be coplanar with it.
        noise: pixels, standard deviation of the matches.
        error: pixels, predicted standard deviation of the mark's outline.
        open: the points that fit do not determine where the outline is.
        astray: light and dark at large say that it is elsewhere, and points do not refute it; not asked where nothing better
            can be found.
        inlier, inside: per point of the keyframe: fits; lies in the picture.
        likeness: per point, -1..1: correlation of its patch with the newest picture's.
    """

    keyframe: Keyframe
    h: Homography
    g: Homography
    matches: Matches
    agreeing: int
    share: float
    own_share: float
    on_mark: float
    around: float
    noise: float
    error: float
    open: bool
    astray: bool
    inlier: Mask
    inside: Mask
    likeness: Floats

    @property
    def strong(self) -> bool:
        """Enough to show a mark again that had weak evidence before."""
        beside = self.around > 0.6 and self.agreeing >= 40 and (self.on_mark > 0.45 or self.share < COVERED)
        seen = self.on_mark > 0.65 or beside
        return self.share > 0.4 and seen and self.held

    @property
    def held(self) -> bool:
        """The geometry holds the mark as tightly as is asked of one found again."""
        return self.error < FIRM and not self.open and self.noise < SCATTERED

    @property
    def sure(self) -> bool:
        """Nothing better can be found."""
        return self.share > 0.8 and self.on_mark > 0.8 and self.noise < 0.6 and self.agreeing >= 30

    @property
    def sound(self) -> bool:
        """Most of it fits, or of the mark, and the mark looks like itself."""
        return max(self.share, self.own_share) > 0.5 and self.on_mark > 0.5

    @property
    def covered(self) -> bool:
        """What is beside the mark fits well: a hand may lie over the mark."""
        fits = self.share > 0.7 or (self.share > 0.55 and self.around > 0.5)
        return fits and self.agreeing >= 40 and self.held

    @property
    def loose(self) -> bool:
        """What fits scatters as widely as is let, and much does not fit: the place is some pixels off."""
        return self.noise > 1.0 and self.share < 0.65

    @property
    def lost_its_way(self) -> bool:
        return self.astray and not self.sure

    @property
    def support(self) -> float:
        """Many points, close."""
        return self.agreeing / (0.5 + self.noise)

    @property
    def merit(self) -> float:
        """By which one alignment is preferred to another: supported, and the mark itself seen."""
        if self.lost_its_way or self.error > LOOSE:
            return -1.0
        return self.support * (0.25 + self.on_mark)

    @property
    def clear(self) -> bool:
        """The mark itself is seen: nothing else needs to be asked."""
        enough = self.agreeing >= 15 and (self.share > 0.4 or self.own_share > OWN)
        return enough and not self.lost_its_way and self.on_mark > 0.6 and self.error < LOOSE

    def trust(self) -> bool:
        """Enough to be believed where the motion of the picture says the same."""
        if self.error > LOOSE or self.lost_its_way:
            return False
        fits = max(self.share, self.around) > 0.4 or self.own_share > OWN
        seen = self.agreeing >= 12 and self.on_mark > 0.45 and fits
        around = self.agreeing >= 30 and self.around > 0.5
        unhidden = self.agreeing >= 22 and self.share > 0.55
        return seen or around or unhidden

    def trust_found(self) -> Trust:
        """After a loss: it must be seen on the mark itself."""
        if self.error > LOOSE or self.lost_its_way:
            return Trust.NONE
        seen = self.on_mark > 0.6 or (self.on_mark > 0.3 and self.around > 0.7 and self.agreeing >= 40)
        if self.agreeing >= 18 and self.share > 0.4 and seen and self.held:
            return Trust.FULL
        return Trust.WEAK if self.agreeing >= 30 and self.around > 0.4 else Trust.NONE


def likeness(ours: Plane, theirs: Plane, points: Floats) -> Floats:
    """Zero-mean normalised correlation, -1..1, of the patches of two planes around N x 2 points away from the border."""
    x, y = np.round(points).astype(int).T
    flat = (y[:, None] + _DY) * ours.shape[1] + (x[:, None] + _DX)
    a, b = (plane.ravel()[flat].astype(np.float32) for plane in (ours, theirs))
    a -= a.mean(1, keepdims=True)
    b -= b.mean(1, keepdims=True)
    own, other = np.einsum("ij,ij->i", a, a), np.einsum("ij,ij->i", b, b)
    return np.asarray(
        np.einsum("ij,ij->i", a, b) / np.sqrt(np.maximum(own, FLAT) * np.maximum(other, FLAT)), np.float64
    )
