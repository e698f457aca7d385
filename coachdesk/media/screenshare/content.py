"""Where a piece of a screen is in a later picture of it, exact to the pixel: scrolled, moved, covered or gone. Pure.

What scrolls is the very same pixels elsewhere. So every place of a picture gets a number, made of the small block of pixels
there (`Sheet.signatures`); where the numbers of a piece are found again, each tells by how far it would have moved, and
what most of them say is tried, pixel by pixel. A piece that is found in two places is in neither, unless what is around it
tells them apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.uint8]
"""Height x width: one shade for each pixel of a screen."""

BLOCK = 4, 8
"""Rows and columns of the pixels of which a signature is made."""
HIGHEST_WEIGHT = 31
"""Sums of these are exact in single precision."""
SIGNATURES = 1 << 20
CONTRAST = 24
"""Shades by which pixels differ where there is something to be seen."""
SAME_SHADE = 6
ENOUGH = 120
"""Pixels with contrast that tell a piece from others."""
MARGINS = 6, 20, 60, 140
"""Pixels around what is asked for that belong to the piece: as few as tell it from others."""
AROUND = 96
"""Pixels around the piece by which places that look alike are told apart."""
WIDEST = 1 << 20
LARGEST = 400_000
"""Pixels of a piece; of a larger one its middle counts."""
SAMPLES, FEWEST_VOTES, TRIED = 64, 6, 5
MOST_HITS = 20_000
"""More places than that with numbers of the piece are too many to tell anything."""
SAME = 0.75
"""Share of the pixels with contrast that are as they were. The rest may be a line, a cursor, a mark that is lifted off."""
KIN = 0.5
"""Share of the pixels around that are as they were, at least, wherever the piece has gone: elsewhere there may be the same
word. Of another text, some 0.3 are.
"""
UNTOUCHED = 0.97
APART = 0.06
"""By how much the right place has to look better than the next one."""


class Shift(NamedTuple):
    """Pixels, to the right and down."""

    x: int
    y: int


class Box(NamedTuple):
    """Pixels of a picture; ``right`` and ``bottom`` are not part of it."""

    left: int
    top: int
    right: int
    bottom: int

    def grown(self, by: int) -> Box:
        return Box(self.left - by, self.top - by, self.right + by, self.bottom + by)

    def within(self, picture: NDArray[Any]) -> Box:
        """What of it is in ``picture``."""
        height, width = picture.shape[:2]
        return Box(max(0, self.left), max(0, self.top), min(width, self.right), min(height, self.bottom))

    def at(self, shift: Shift) -> Box:
        return Box(self.left + shift.x, self.top + shift.y, self.right + shift.x, self.bottom + shift.y)

    def of(self, picture: NDArray[Any]) -> NDArray[Any]:
        return picture[self.top : self.bottom, self.left : self.right]

    @property
    def size(self) -> tuple[int, int]:
        return self.right - self.left, self.bottom - self.top


class Sheet:
    """A picture of a screen. ``plane`` is never written to again."""

    def __init__(self, plane: Plane) -> None:
        self.plane = plane
        self._whole: NDArray[np.int32] | None = None
        self._asked = 0
        self._half: Plane | None = None

    @property
    def half(self) -> Plane:
        """Every other pixel, rows and columns, each the mean of four."""
        if self._half is None:
            height, width = self.plane.shape
            half = cv2.resize(
                self.plane, (max(1, width // 2), max(1, height // 2)), interpolation=cv2.INTER_AREA
            )
            self._half = np.asarray(half, np.uint8)
        return self._half

    def signatures(self, area: Box) -> NDArray[np.int32]:
        """Of the block whose left top corner is there: as many fewer rows and columns than ``area`` has as a block has more
        than one. They are made of all of the picture once as much has been asked for in parts.
        """
        width, height = area.size
        self._asked += width * height
        if self._whole is None and self._asked >= self.plane.size:
            self._whole = _signatures(self.plane)
        if self._whole is None:
            return _signatures(np.ascontiguousarray(area.of(self.plane)))
        return self._whole[area.top : area.bottom - BLOCK[0] + 1, area.left : area.right - BLOCK[1] + 1]

    def forget(self) -> None:
        """What was made of it to look for things in it, which takes several times as much memory as the picture."""
        self._whole, self._asked, self._half = None, 0, None


class Piece:
    """What is in ``box`` of ``sheet``, with as much around it as it needs to be known again."""

    def __init__(self, sheet: Sheet, box: Box) -> None:
        for margin in MARGINS:
            self._core = _Patch(sheet.plane, _middle(box.grown(margin).within(sheet.plane)))
            if self._core.telling:
                break
        self._around = _Patch(sheet.plane, self._core.box.grown(AROUND).within(sheet.plane))
        self._values, self._places = _samples(self._core)

    @property
    def telling(self) -> bool:
        """Whether there is anything to be known again: else it is in its place while nothing changes there."""
        return self._core.telling

    def find(
        self, sheet: Sheet, last: Shift, likely: Iterable[Shift] = (), *, anywhere: bool = False
    ) -> Shift | None:
        """How far it is from where it was, in ``sheet``; None: it is not there, or nobody can tell where.

        ``last``: where it was found before; ``likely``: where else to look at first. It is looked for across and down from
        ``last``, and ``anywhere`` if asked.
        """
        here = self._core.likeness(sheet.plane, last)
        if not self.telling:
            return last if here == 1.0 else None
        if here >= SAME and self._around.likeness(sheet.plane, last, cut=True) >= UNTOUCHED:
            return last
        for shift in likely:
            if self._likeness(sheet.plane, shift) >= SAME + UNTOUCHED:
                return shift
        found, shifts = None, [last]
        for area in self._bands(sheet, last):
            shifts += self._moved(sheet, area)
            found = self._best(sheet.plane, shifts)
            if found not in (None, last):
                return found
        if found is None and anywhere:
            height, width = sheet.plane.shape
            found = self._best(sheet.plane, [*shifts, *self._moved(sheet, Box(0, 0, width, height))])
        return found

    def _likeness(self, plane: Plane, shift: Shift) -> float:
        """Up to 2: of the piece, and of what is around it. 0 where it surely is not."""
        core = self._core.likeness(plane, shift)
        around = self._around.likeness(plane, shift, cut=True) if core >= SAME else 0.0
        return core + around if around >= KIN else 0.0

    def _best(self, plane: Plane, shifts: Iterable[Shift]) -> Shift | None:
        likely = sorted(
            ((self._likeness(plane, shift), shift) for shift in dict.fromkeys(shifts)), reverse=True
        )
        if not likely or likely[0][0] == 0.0:
            return None
        if len(likely) > 1 and likely[0][0] - likely[1][0] < APART:
            return None
        return likely[0][1]

    def _bands(self, sheet: Sheet, last: Shift) -> list[Box]:
        """The columns of the picture that it would scroll in, and the rows."""
        height, width = sheet.plane.shape
        now = self._core.box.at(last)
        down, across = Box(now.left, 0, now.right, height), Box(0, now.top, width, now.bottom)
        return [down.within(sheet.plane), across.within(sheet.plane)]

    def _moved(self, sheet: Sheet, area: Box) -> Iterator[Shift]:
        """By how much it may have moved to be in ``area``, the likeliest first."""
        if not len(self._values) or min(area.size) < max(BLOCK):
            return
        part = sheet.signatures(area)
        known = np.zeros(SIGNATURES, np.uint8)
        known[self._values] = np.arange(1, len(self._values) + 1)
        which = known[part.ravel()]
        hits = np.flatnonzero(which)
        if not 0 < len(hits) <= MOST_HITS:
            return
        rows, columns = np.divmod(hits, part.shape[1])
        places = self._places[which[hits].astype(np.intp) - 1]
        across, down = columns + area.left - places[:, 0], rows + area.top - places[:, 1]
        moves, votes = np.unique(down * WIDEST + across + WIDEST // 2, return_counts=True)
        for each in np.argsort(-votes, kind="stable")[:TRIED]:
            if votes[each] >= min(FEWEST_VOTES, len(self._values)):
                y, x = divmod(int(moves[each]), WIDEST)
                yield Shift(x - WIDEST // 2, y)


class _Patch:
    """A part of a picture, and which of its pixels tell it from others."""

    def __init__(self, plane: Plane, box: Box) -> None:
        self.box = box
        self.pixels = np.array(box.of(plane), np.int16)
        shades = self.pixels.astype(np.uint8)
        around = np.ones((3, 3), np.uint8)
        self._telling = cv2.dilate(shades, around) - cv2.erode(shades, around) > CONTRAST
        self._count = int(self._telling.sum())

    @property
    def telling(self) -> bool:
        return self._count >= ENOUGH

    def likeness(self, plane: Plane, shift: Shift, *, cut: bool = False) -> float:
        """Share of its pixels that ``plane`` shows after ``shift``; of those that tell, if there are enough.

        What would be outside of the picture is not there; or, if it may be ``cut``, does not count.
        """
        box = self.box.at(shift)
        seen = box.within(plane)
        if seen.left >= seen.right or seen.top >= seen.bottom:
            return 0.0
        part = seen.at(Shift(-box.left, -box.top))
        same = np.abs(part.of(self.pixels) - seen.of(plane)) <= SAME_SHADE
        if not self.telling:
            return float(same.sum()) / (same.size if cut else self.pixels.size)
        telling = part.of(self._telling)
        return float((same & telling).sum()) / max(1, int(telling.sum()) if cut else self._count)


def _middle(box: Box) -> Box:
    """Of ``box`` as much as a piece may have."""
    width, height = box.size
    if width * height <= LARGEST:
        return box
    share = (1 - (LARGEST / (width * height)) ** 0.5) / 2
    return Box(
        box.left + int(width * share),
        box.top + int(height * share),
        box.right - int(width * share),
        box.bottom - int(height * share),
    )


def _samples(patch: _Patch) -> tuple[NDArray[np.int32], NDArray[np.intp]]:
    """Signatures that are in ``patch`` once, and where they are in the picture: N, and N x 2, columns and rows."""
    none = np.zeros(0, np.int32), np.zeros((0, 2), np.intp)
    shades = patch.pixels.astype(np.uint8)
    if min(shades.shape[0] - BLOCK[0], shades.shape[1] - BLOCK[1]) < 0:
        return none
    found = _signatures(shades)
    block = np.ones(BLOCK, np.uint8)
    contrast = cv2.dilate(shades, block, anchor=(0, 0)) - cv2.erode(shades, block, anchor=(0, 0))
    telling = np.flatnonzero(contrast[: found.shape[0], : found.shape[1]] > CONTRAST)
    _, first, counts = np.unique(found.ravel()[telling], return_index=True, return_counts=True)
    once = np.sort(telling[first[counts == 1]])
    if not len(once):
        return none
    chosen = once[np.linspace(0, len(once) - 1, min(SAMPLES, len(once))).astype(np.intp)]
    rows, columns = np.divmod(chosen, found.shape[1])
    return found.ravel()[chosen], np.stack([columns + patch.box.left, rows + patch.box.top], axis=1)


def _signatures(plane: Plane) -> NDArray[np.int32]:
    sums = cv2.sepFilter2D(plane, cv2.CV_32F, _ACROSS, _DOWN, anchor=(0, 0))
    whole = sums[: plane.shape[0] - BLOCK[0] + 1, : plane.shape[1] - BLOCK[1] + 1]
    return whole.astype(np.int32) & (SIGNATURES - 1)


_DOWN, _ACROSS = (
    np.random.default_rng(4).permutation(HIGHEST_WEIGHT)[:size].astype(np.float32) + 1 for size in BLOCK
)
