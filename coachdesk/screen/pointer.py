"""Where the pointer is on what is captured, on X11: asked for beside the pictures, which do not have it in them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import NamedTuple

from coachdesk.screen.masks import Rect
from coachdesk.screen.x11 import Windows
from coachdesk.screenevents import Spot

MOVING_SECONDS, RESTING_SECONDS = 1 / 60, 1 / 15
"""Between two looks: while it moves, and after it has not for a while."""
RESTS_AFTER = 1.0
DIGITS = 5
"""Of a coordinate: a tenth of a pixel of the widest screen."""


class Area(NamedTuple):
    """Where the pointer is told of.

    Attributes:
        place: what is captured, in pixels of the root window.
        top: the only window, a child of the root, over which it is told of; None: all.
        hidden: of these windows nothing is told.
        covered: nor of these places.
    """

    place: Rect
    top: int | None
    hidden: frozenset[int]
    covered: tuple[Rect, ...]


def spot(x: int, y: int, top: int, area: Area | None) -> Spot | None:
    """Where on ``area`` the pointer is, which is over ``top`` at ``x``, ``y`` of the root window; None: not to be told."""
    if area is None or not _in(x, y, area.place) or (area.top or top) != top or top in area.hidden:
        return None
    if any(_in(x, y, each) for each in area.covered):
        return None
    left, up, width, height = area.place
    return round((x - left) / width, DIGITS), round((y - up) / height, DIGITS)


def _in(x: int, y: int, place: Rect) -> bool:
    return place.x <= x < place.x + place.width and place.y <= y < place.y + place.height


class PointerWatch:
    """Looks on a thread and a connection of its own until ``ended``. ``tell`` is called there whenever it has moved.

    Attributes:
        area: None: it is told of nowhere. May be set at any time.
    """

    def __init__(self, tell: Callable[[Spot | None], None], ended: threading.Event) -> None:
        """Raises OSError where the X server cannot be reached."""
        self.area: Area | None = None
        self._windows = Windows(told=False)
        self._tell, self._ended = tell, ended
        threading.Thread(target=self._look, name="pointer", daemon=True).start()

    def _look(self) -> None:
        told: Spot | None = None
        moved = time.monotonic()
        pause = MOVING_SECONDS
        while not self._ended.wait(pause):
            at, now = spot(*self._windows.pointer(), self.area), time.monotonic()
            if at != told:
                told, moved = at, now
                self._tell(at)
            pause = MOVING_SECONDS if now - moved < RESTS_AFTER else RESTING_SECONDS
        self._windows.close()
