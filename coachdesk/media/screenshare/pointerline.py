"""The sharer's pointer to those who see the share, by messages that may be lost: once it rests, it is told again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from coachdesk.inkwire import Cursor
from coachdesk.screenevents import Spot

AGAIN_SECONDS = 0.1, 0.4
"""After the last move, and after that: then nothing is sent until the next."""


class PointerLine:
    """On the loop. ``send`` takes each message.

    Attributes:
        at: where it was told to be last; None: it is not on what is shared.
    """

    def __init__(self, send: Callable[[Cursor], None]) -> None:
        self.at: Spot | None = None
        self._send = send
        self._number = 0
        self._again: asyncio.TimerHandle | None = None

    def show(self, at: Spot | None) -> None:
        if at != self.at:
            self.at = at
            self.tell()

    def tell(self) -> None:
        """Says where it is, though nothing has changed: somebody new is there."""
        self._stop()
        self._number += 1
        self._say(0)

    def close(self) -> None:
        """It is nowhere any more, and nothing is sent from now on."""
        self.show(None)
        self._stop()

    def _say(self, times: int) -> None:
        self._again = None
        self._send(Cursor(number=self._number, at=self.at))
        if times < len(AGAIN_SECONDS):
            loop = asyncio.get_running_loop()
            self._again = loop.call_later(AGAIN_SECONDS[times], self._say, times + 1)

    def _stop(self) -> None:
        if self._again is not None:
            self._again.cancel()
            self._again = None
