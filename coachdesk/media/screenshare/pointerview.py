"""Where the pointer of one who shares a screen is, as it is told to those who see it. Pure."""

from __future__ import annotations

from coachdesk.inkwire import Cursor
from coachdesk.screenevents import Spot
from signaling.pace import TokenBucket

PER_SECOND, AT_ONCE = 90.0, 30
"""What is told more often is dropped: a pointer is told of 60 times a second, and what waited on the way comes at once."""


class PointerView:
    """Messages may be lost, come twice or late: the newest counts.

    Attributes:
        at: None while it is not on what is shared.
        number: of the newest message; -1: there was none.
    """

    def __init__(self) -> None:
        self.at: Spot | None = None
        self.number = -1
        self._pace = TokenBucket(PER_SECOND, AT_ONCE, 0.0)

    def take(self, told: Cursor, now: float) -> bool:
        """Whether it is somewhere else from now on. ``now``: seconds."""
        if told.number <= self.number or not self._pace.take(now):
            return False
        was, self.at, self.number = self.at, told.at, told.number
        return self.at != was

    def forget(self) -> bool:
        """Another share, or connection, which counts anew. Returns whether the pointer was somewhere."""
        was, self.at, self.number = self.at, None, -1
        return was is not None
