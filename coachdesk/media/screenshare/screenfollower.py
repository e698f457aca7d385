"""What was drawn on in the pictures of a shared screen, followed from picture to picture on the threads that take them."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from coachdesk.media.screenshare.content import Box, Piece, Sheet, Shift

MOST_SHEETS = 16
"""Pictures that may still be drawn on: so many are on their way to those who see them, at most."""
ANYWHERE_SECONDS = 0.5
"""How often what is lost is looked for in all of a picture; above and below, left and right of its place always."""
LONGEST_LOOK = 0.03
"""Seconds after which in one picture nothing more is looked for all over it."""
GREEN = 1
HERE = Shift(0, 0)

Poses = Mapping[str, tuple[float, float] | None]
"""Across and down, as shares of the picture's width and height."""


class Findable(Protocol):
    """What is drawn on, to be found in later pictures: see `Piece`."""

    def find(
        self, sheet: Sheet, last: Shift, likely: Iterable[Shift] = (), *, anywhere: bool = False
    ) -> Shift | None: ...


@dataclass
class _Followed:
    """``piece``: None where the picture it was drawn on is not known (any more). ``shift``: where it was found last, from
    where it was drawn; ``looked``: at which picture all over.
    """

    piece: Findable | None
    shift: Shift = HERE
    moved: float = float("-inf")
    looked: float = float("-inf")


class ScreenFollower:
    """``see`` is called on any threads, all else on one, which never waits for those. ``piece``: makes what is in a box of a
    picture findable.

    Attributes:
        wanted: names of what is to be found at present.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        piece: Callable[[Sheet, Box], Findable] = Piece,
    ) -> None:
        self._clock, self._piece = clock, piece
        self.wanted: frozenset[str] = frozenset()
        self._seeing = threading.Lock()
        self._wishes: deque[Callable[[], None]] = deque()
        self._sheets: OrderedDict[float, Sheet] = OrderedDict()
        self._held: dict[str, Sheet] = {}
        self._followed: dict[str, _Followed] = {}
        self._poses: dict[float, dict[str, tuple[float, float] | None]] = {}
        self._newest = float("-inf")
        self._next_anywhere = float("-inf")

    # --- on one thread ----------------------------------------------------------------------------------------

    def hold(self, name: str, captured: float | None) -> None:
        """``name`` is drawn on the picture of ``captured``; None: on the newest."""
        self._wishes.append(lambda: self._hold(name, captured))

    def follow(self, name: str, box: tuple[float, float, float, float]) -> None:
        """What was drawn on is in ``box``, left, top, right, bottom, 0 to 1 of the picture that is held."""
        self._wishes.append(lambda: self._follow(name, box))

    def release(self, name: str) -> None:
        self._wishes.append(lambda: self._release(name))

    def poses(self, captured: float | None = None) -> Poses:
        """How far each has moved in the picture of ``captured``, or the newest; None: it is not there. Of what is not named
        nothing is known in that picture.
        """
        return self._poses.get(self._newest if captured is None else captured, {})

    def moved(self, name: str) -> float:
        """When it was last found to have moved."""
        followed = self._followed.get(name)
        return followed.moved if followed is not None else float("-inf")

    # --- on any -----------------------------------------------------------------------------------------------

    def see(self, picture: NDArray[np.uint8], captured: float) -> None:
        """``picture``, height x width x 3 or 4, or height x width and kept as it is, is the newest, taken at ``captured``.
        Costs nothing if it is not new.
        """
        if captured == self._newest and not self._wishes and not self._lost(captured):
            return
        with self._seeing:
            if captured not in self._sheets:
                plane = picture if picture.ndim == 2 else cv2.extractChannel(picture, GREEN)
                self._sheets[captured] = Sheet(np.asarray(plane, np.uint8))
                while len(self._sheets) > MOST_SHEETS:
                    gone, _ = self._sheets.popitem(last=False)
                    self._poses.pop(gone, None)
            self._sheets.move_to_end(
                captured
            )  # an older one is the newest again once a blank screen is shown
            while self._wishes:
                self._wishes.popleft()()
            sheet = self._sheets[captured]
            self._find(sheet, captured)
            sheet.forget()
            self._newest = captured

    def _lost(self, captured: float) -> bool:
        """Whether something is to be looked for, or looked for again."""
        known = self._poses.get(captured, {})
        again = self._clock() >= self._next_anywhere
        return any(
            name not in known
            or (known[name] is None and again and followed.piece and followed.looked != captured)
            for name, followed in list(self._followed.items())
            if name in self.wanted
        )

    def _find(self, sheet: Sheet, captured: float) -> None:
        found = dict(self._poses.get(captured, {}))
        began = self._clock()
        anywhere = began >= self._next_anywhere
        moves: dict[Shift, None] = {}
        height, width = sheet.plane.shape
        for name, followed in list(self._followed.items()):
            if name not in self.wanted or found.get(name) is not None:
                continue
            if followed.piece is None:
                found[name] = None
                continue
            if name in found and not (anywhere and followed.looked != captured):
                continue
            likely = [Shift(followed.shift.x + move.x, followed.shift.y + move.y) for move in moves]
            shift = followed.piece.find(sheet, followed.shift, likely, anywhere=anywhere)
            found[name] = None if shift is None else (shift.x / width, shift.y / height)
            if anywhere and shift is None:
                followed.looked = captured
                self._followed[name] = self._followed.pop(name)  # the others first, the next time
                self._next_anywhere = self._clock() + ANYWHERE_SECONDS
                anywhere = self._clock() < began + LONGEST_LOOK
            if shift is not None and shift != followed.shift:
                moves[Shift(shift.x - followed.shift.x, shift.y - followed.shift.y)] = None
                followed.shift, followed.moved = shift, self._clock()
        self._poses[captured] = found

    # --- wishes -----------------------------------------------------------------------------------------------

    def _hold(self, name: str, captured: float | None) -> None:
        if captured is None and self._sheets:
            captured = next(reversed(self._sheets))
        sheet = self._sheets.get(captured) if captured is not None else None
        if sheet is not None:
            self._held[name] = sheet

    def _follow(self, name: str, box: tuple[float, float, float, float]) -> None:
        sheet, piece = self._held.pop(name, None), None
        if sheet is not None:
            height, width = sheet.plane.shape
            left, top, right, bottom = box
            piece = self._piece(
                sheet,
                Box(int(left * width), int(top * height), int(right * width) + 1, int(bottom * height) + 1),
            )
        self._followed[name] = _Followed(piece)
        for captured, known in self._poses.items():
            self._poses[captured] = {each: shift for each, shift in known.items() if each != name}

    def _release(self, name: str) -> None:
        self._held.pop(name, None)
        self._followed.pop(name, None)
