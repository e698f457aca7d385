"""Where a piece of a screen is in a later picture of it that came through a video encoder: scrolled, moved, covered or gone.

The pixels of what scrolls are not the same ones then (`content` needs that), only much alike: pieces are compared by
normalised cross-correlation, which knows no brightness and bears the blur of an encoder that has no bits yet. A piece that
is found in two places is in neither, unless what is around it tells them apart. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from coachdesk.media.screenshare.content import Box, Plane, Sheet, Shift

MARGINS = 6, 20, 60, 140
"""Pixels around what is asked for that belong to the piece: as few as tell it from others."""
AROUND = 96
"""Pixels around the piece by which places that look alike are told apart."""
LARGEST = 60_000
"""Pixels of a piece; of a larger one its middle counts."""
TELLING = 12.0
"""Standard deviation, in shades, of what can be told from others."""
SAME, SAME_AROUND = 0.9, 0.9
"""Correlation of what has stayed in its place."""
FOUND = 0.75
"""Correlation with what has moved: at 50 kb/s it is 0.88 still. The same words elsewhere come to 0.82."""
KIN = 0.6
"""Correlation of what is around, at least, wherever the piece has gone. Around the same words elsewhere it comes to 0.46."""
LIKELY = 0.6
"""Correlation from which on a place is looked at closely."""
APART = 0.12
"""By how much the right place has to look better than the next one, of piece and surroundings together."""
PEAKS = 4
"""Places that are looked at in an area, the likeliest first."""
LARGE = 16_000
"""Pixels of a piece from which on it is looked for in the picture of half the size first: smaller ones look alike there."""
PLAIN_SHADES = 4.0
"""By how much a piece may differ from itself, on average, and be as it was."""
NEAR = 3
"""Pixels within which two places are the same."""


class DecodedPiece:
    """What is in ``box`` of ``sheet``, with as much around it as it needs to be known again: see `content.Piece`."""

    def __init__(self, sheet: Sheet, box: Box) -> None:
        for margin in MARGINS:
            self._box = _middle(box.grown(margin).within(sheet.plane))
            self._core = np.ascontiguousarray(self._box.of(sheet.plane))
            if self.telling:
                break
        self._around_box = self._box.grown(AROUND).within(sheet.plane)
        self._around = np.ascontiguousarray(self._around_box.of(sheet.plane))
        self._step = 2 if self._core.size >= LARGE else 1
        self._sought = Sheet(self._core).half if self._step == 2 else self._core

    @property
    def telling(self) -> bool:
        """Whether there is anything to be known again: else it is in its place while nothing changes there."""
        return bool(self._core.size) and float(self._core.std()) >= TELLING

    def find(
        self, sheet: Sheet, last: Shift, likely: Iterable[Shift] = (), *, anywhere: bool = False
    ) -> Shift | None:
        """How far it is from where it was, in ``sheet``: see `content.Piece.find`."""
        if not self.telling:
            return last if self._plain(sheet.plane, last) else None
        if self._stays(sheet.plane, last):
            return last
        shifts = [last, *likely]
        for area in self._areas(sheet.plane, last, anywhere=anywhere):
            shifts += [self._close(sheet.plane, shift) for shift in self._peaks(sheet, area)]
            found = self._best(sheet.plane, shifts)
            if found is not None:
                return found
        return None

    def _plain(self, plane: Plane, shift: Shift) -> bool:
        there = _cut(plane, self._box.at(shift))
        return there is not None and float(cv2.absdiff(there, self._core).mean()) <= PLAIN_SHADES

    def _stays(self, plane: Plane, shift: Shift) -> bool:
        there = _cut(plane, self._box.at(shift))
        if there is None or (not self._plain(plane, shift) and _alike(self._core, there) < SAME):
            return False
        return self._kin(plane, shift) >= SAME_AROUND

    def _kin(self, plane: Plane, shift: Shift) -> float:
        """How like itself is what is around it, as far as the picture goes."""
        box = self._around_box.at(shift)
        seen = box.within(plane)
        part = seen.at(Shift(-box.left, -box.top))
        return _alike(part.of(self._around), seen.of(plane))

    def _likeness(self, plane: Plane, shift: Shift) -> float:
        """Up to 2: of the piece, and of what is around it. 0 where it surely is not."""
        there = _cut(plane, self._box.at(shift))
        core = _alike(self._core, there) if there is not None else 0.0
        around = self._kin(plane, shift) if core >= FOUND else 0.0
        return core + around if around >= KIN else 0.0

    def _best(self, plane: Plane, shifts: Iterable[Shift]) -> Shift | None:
        likely = sorted(
            ((self._likeness(plane, shift), shift) for shift in dict.fromkeys(shifts)), reverse=True
        )
        if likely[0][0] == 0.0:
            return None
        best = likely[0][1]
        others = (likeness for likeness, shift in likely[1:] if not _near(shift, best))
        return best if likely[0][0] - next(others, 0.0) >= APART else None

    def _areas(self, plane: Plane, last: Shift, *, anywhere: bool) -> Iterator[Box]:
        """The columns of the picture that it would scroll in, the rows, and all of it."""
        height, width = plane.shape
        now = self._box.at(last)
        for box in (
            Box(now.left - 2 * NEAR, 0, now.right + 2 * NEAR, height),
            Box(0, now.top - 2 * NEAR, width, now.bottom + 2 * NEAR),
            *([Box(0, 0, width, height)] if anywhere else []),
        ):
            yield box.within(plane)

    def _peaks(self, sheet: Sheet, area: Box) -> list[Shift]:
        """By how much it may have moved to be in ``area``, give or take two pixels."""
        step, (rows, columns) = self._step, self._sought.shape
        part = Box(*(side // step for side in area)).of(sheet.half if step == 2 else sheet.plane)
        if part.shape[1] < columns or part.shape[0] < rows:
            return []
        likeness = _correlation(part, self._sought)
        found = []
        for _ in range(PEAKS):
            _, best, _, (x, y) = cv2.minMaxLoc(likeness)
            if best < LIKELY:
                break
            left, top = step * (area.left // step + x), step * (area.top // step + y)
            found.append(Shift(left - self._box.left, top - self._box.top))
            likeness[max(0, y - NEAR) : y + NEAR + 1, max(0, x - NEAR) : x + NEAR + 1] = -1.0
        return found

    def _close(self, plane: Plane, shift: Shift) -> Shift:
        """Where it is like itself most, near there, to the pixel."""
        around = self._box.at(shift).grown(NEAR).within(plane)
        rows, columns = self._core.shape
        if around.size[0] < columns or around.size[1] < rows:
            return shift
        _, _, _, (x, y) = cv2.minMaxLoc(_correlation(around.of(plane), self._core))
        return Shift(around.left + x - self._box.left, around.top + y - self._box.top)


def _near(one: Shift, other: Shift) -> bool:
    return abs(one.x - other.x) <= NEAR and abs(one.y - other.y) <= NEAR


def _cut(plane: Plane, box: Box) -> NDArray[np.uint8] | None:
    """What is in ``box``; None where that is not all in the picture."""
    return np.ascontiguousarray(box.of(plane)) if box.within(plane) == box else None


def _alike(one: Plane, other: Plane) -> float:
    """Normalised cross-correlation of two pictures of one size, -1 to 1."""
    if not one.size:
        return 0.0
    first, second = (plane.astype(np.float32) - float(plane.mean()) for plane in (one, other))
    lengths = float(np.vdot(first, first)) * float(np.vdot(second, second))
    return float(np.vdot(first, second)) / lengths**0.5 if lengths > 0 else 0.0


def _correlation(plane: Plane, piece: Plane) -> NDArray[np.float32]:
    """Normalised, of ``piece`` with every place of ``plane`` that it fits into."""
    found = cv2.matchTemplate(np.ascontiguousarray(plane), np.ascontiguousarray(piece), cv2.TM_CCOEFF_NORMED)
    return np.asarray(found, np.float32)


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
