"""When to look at what is captured: often while it changes, and else as seldom as changes are told. Pure."""

from __future__ import annotations

BUSY_SECONDS, IDLE_SECONDS = 1 / 30, 0.2
"""Between two looks: while something changes, and after it has not for a while."""
TOLD_BUSY_SECONDS, TOLD_SECONDS = 1 / 40, 1.0
"""Where a change is told: after one, and else. What changes thirty times a second is looked at each time, and at once."""
IDLE_AFTER = 1.0
UNTOLD_CHANGES = 3
"""So many changes in a row that nobody told: nothing is given any more for what is told."""


class Looks:
    """``told``: whether the system tells that something may have changed. It may do so in vain."""

    def __init__(self, *, told: bool) -> None:
        self._told = told
        self._untold = 0
        self._changed = float("-inf")

    def pause(self, now: float, *, changed: bool, told: bool) -> tuple[float, float]:
        """Seconds to the next look: at least, and at most if nothing is told.

        At ``now`` the picture was seen to have ``changed`` since the look before, or not; ``told``: that look was for what
        was told.
        """
        if changed:
            self._changed = now
            self._untold = 0 if told else self._untold + 1
            self._told = self._told and self._untold < UNTOLD_CHANGES
        if self._told:
            return TOLD_BUSY_SECONDS, TOLD_SECONDS
        pause = BUSY_SECONDS if now - self._changed < IDLE_AFTER else IDLE_SECONDS
        return pause, pause
