"""Polite whisper: each phrase is held back until the customer pauses, but not for long. Pure."""

from __future__ import annotations

LONGEST_BLOCKS = 300
"""3 s: then the phrase is said, whoever speaks."""
REST_BLOCKS = 20
"""200 ms in which nothing is said and nothing waits (after the 400 ms that speech is taken to last on): a phrase is over."""
CAUGHT_UP_BLOCKS = 4


class Pause:
    """Waits for a pause of the customer's, or for its patience to end; after a phrase, for the next one.

    Attributes:
        awaited: a phrase is held: neither has come yet.
        resting: a phrase is over, and the next has not begun.
    """

    def __init__(self) -> None:
        self._waited = self._still = 0
        self.awaited = True
        self.resting = False

    def listen(self, *, customer_speaks: bool, speaks: bool, behind: float) -> None:
        """Every 10 ms from the grant on. ``speaks``: who whispers does; ``behind``: so many blocks are said and not sent."""
        quiet = not speaks and behind <= CAUGHT_UP_BLOCKS
        self._still = self._still + 1 if quiet else 0
        if self.resting and speaks:
            self.resting, self.awaited, self._waited = False, True, 0
        if self.awaited:
            self._waited += 1
            self.awaited = customer_speaks and self._waited <= LONGEST_BLOCKS
        elif self._still >= REST_BLOCKS:
            self.resting = True
