"""How many pixels of a shared screen are sent: as many as are seen of it, in few steps, for each costs a keyframe. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from coachdesk.screenwire import Size

STEPS = (1.0, 3 / 4, 2 / 3, 1 / 2, 3 / 8, 1 / 4)
"""Of width and height."""
LEAST_SIDE = 160
"""Pixels; no picture gets smaller than that by it."""
SLACK = 1.02
"""A larger step is taken where so many times the present one is seen: a window that is moved about an edge costs nothing."""
SHRINK_SECONDS = 1.5
"""A step has been enough for so long before it is taken; a larger one is taken at once."""


def largest(shown: Iterable[Size | None]) -> Size | None:
    """What is as large as each of these; None where one is not known, or there is none."""
    sizes = list(shown)
    known = [size for size in sizes if size is not None]
    if not known or len(known) < len(sizes):
        return None
    return max(width for width, _ in known), max(height for _, height in known)


class ScreenFit:
    """Of one encoder.

    Attributes:
        shown: width and height, in pixels of the monitor, at which each of those who are sent its pictures shows all
            of one; 0 where it is not to be seen; None: they have not said, and get all of it. Set on any thread.
    """

    def __init__(self) -> None:
        self.shown: tuple[Size | None, ...] = ()
        self._scale = 1.0
        self._enough = 1.0
        self._since = 0.0

    def scale(self, full: Size, now: float) -> float:
        """One of ``STEPS``, for pictures of ``full`` pixels across and down; as it was while they are sent to nobody."""
        if shown := self.shown:
            share = max(_share(full, each) for each in shown)
            self._follow(_step(full, share / SLACK), _step(full, share), now)
        return self._scale

    def _follow(self, least: float, enough: float, now: float) -> None:
        if least > self._scale:
            self._scale = least
        if enough != self._enough:
            self._enough, self._since = enough, now
        if enough < self._scale and now - self._since >= SHRINK_SECONDS:
            self._scale = enough


def _share(full: Size, shown: Size | None) -> float:
    return (
        1.0 if shown is None else min(1.0, *(part / whole for part, whole in zip(shown, full, strict=True)))
    )


def _step(full: Size, share: float) -> float:
    """The least that holds ``share`` of a picture."""
    return min(step for step in STEPS if step == 1.0 or (step >= share and step * min(full) >= LEAST_SIDE))
