"""The 10 ms heartbeat of an endpoint's sound, on the asyncio loop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from coachdesk.media.pcm import BLOCK_SECONDS

CATCH_UP_TICKS = 20
"""Ticks made up for after a stall; a longer stall is skipped instead, since sound that old is of no use."""
CATCH_UP_PAUSE = 0.001
"""Seconds between ticks that are made up for, in which the loop can read the packets that waited as well."""


class Ticker:
    """Calls ``tick`` once per 10 ms of the monotonic clock, without drift.

    Ticks and skipped ticks together are always the whole number of periods since ``run`` began.

    Attributes:
        ticks: how often ``tick`` was called.
        skipped: how many ticks were left out after long stalls.
    """

    def __init__(
        self,
        tick: Callable[[float], None],
        skip: Callable[[int], None] = lambda _: None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``tick`` gets the time it was due at, in seconds of ``clock``; ``skip`` how many were left out."""
        self._tick = tick
        self._skip = skip
        self._clock = clock
        self._timer: asyncio.TimerHandle | None = None
        self._ended: asyncio.Future[None] | None = None
        self.ticks = 0
        self.skipped = 0

    async def run(self) -> None:
        """Ticks until ``stop`` or cancellation. Raises what ``tick`` or ``skip`` raises."""
        loop = asyncio.get_running_loop()
        self._ended = loop.create_future()
        self._origin = self._clock()
        self.ticks = self.skipped = 0
        try:
            self._await_next(loop)
            await self._ended
        finally:
            if self._timer is not None:
                self._timer.cancel()

    def stop(self) -> None:
        """Ends ``run``, which then returns; without effect when it does not run."""
        if self._ended is not None and not self._ended.done():
            self._ended.set_result(None)

    def _await_next(self, loop: asyncio.AbstractEventLoop) -> None:
        pause = self._due(self._done + 1) - self._clock()
        self._timer = loop.call_later(max(pause, CATCH_UP_PAUSE), self._fire, loop)

    def _fire(self, loop: asyncio.AbstractEventLoop) -> None:
        assert self._ended is not None
        if self._ended.done():
            return
        try:
            self._tick_if_due()
        except Exception as error:
            self._ended.set_exception(error)
        else:
            self._await_next(loop)

    def _tick_if_due(self) -> None:
        behind = int((self._clock() - self._origin) / BLOCK_SECONDS + 1e-6) - self._done
        if behind > CATCH_UP_TICKS:
            self.skipped += behind - 1
            self._skip(behind - 1)
        if behind > 0:
            self.ticks += 1
            self._tick(self._due(self._done))

    @property
    def _done(self) -> int:
        return self.ticks + self.skipped

    def _due(self, number: int) -> float:
        return self._origin + number * BLOCK_SECONDS
