"""Polite whisper: a phrase is held back until the customer pauses, but not for long. Pure."""

from __future__ import annotations

LONGEST_BLOCKS = 300
"""3 s: then the phrase is said, whoever speaks."""


class Pause:
    """Waits for a pause of the customer's, or for its patience to end.

    Attributes:
        awaited: neither has come yet.
    """

    def __init__(self) -> None:
        self._blocks = 0
        self.awaited = True

    def listen(self, customer_speaks: bool) -> None:
        """Every 10 ms from the grant on."""
        self._blocks += 1
        if not customer_speaks or self._blocks > LONGEST_BLOCKS:
            self.awaited = False
