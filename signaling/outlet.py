"""The sending side of one WebSocket: a bounded queue and the one task that empties it."""

from __future__ import annotations

import asyncio
from collections import deque

from aiohttp import web

from signaling.protocol import Code, Goodbye, dump
from signaling.writer import Writer

MAX_QUEUED = 512
MAX_QUEUED_BYTES = 4 * 1024 * 1024
CLOSE_TIMEOUT = 2.0
RECORDS_TIMEOUT = 7.0
"""Seconds a message waits for the records it tells of; then the client is sent away, to come back and be told anew."""

NOT_RECORDED = "the records cannot be written at present; try again in a moment"
"""What is said while that is so."""


class _Unrecorded(Exception):
    """A message may not go out: what it tells of is not on record."""


class Outlet:
    """Sends in order and never makes the caller wait. A client that reads too slowly is cut off.

    Attributes:
        overflowed: the client was cut off.
        unrecorded: the client was sent away, for the records could not be written.
    """

    def __init__(
        self, ws: web.WebSocketResponse, transport: asyncio.Transport | None, records: Writer
    ) -> None:
        self._ws = ws
        self._transport = transport
        self._records = records
        self._queue: deque[tuple[str, int]] = deque()
        self._bytes = 0
        self._wake = asyncio.Event()
        self._ending = False
        self.overflowed = self.unrecorded = False
        self._task = asyncio.create_task(self._run(), name="outlet")

    def send(self, text: str, *, after: int = 0, last: bool = False) -> None:
        """``after``: the place of the records to wait for. ``last``: close the connection behind this message."""
        if self._ending or self.overflowed:
            return
        if len(self._queue) >= MAX_QUEUED or self._bytes + len(text) > MAX_QUEUED_BYTES:
            self.overflowed = True
            self.cut()
            return
        self._queue.append((text, after))
        self._bytes += len(text)
        self._ending = last
        self._wake.set()

    def cut(self) -> None:
        """Drops the connection without a word."""
        self._queue.clear()
        if self._transport is not None:
            self._transport.abort()

    async def _run(self) -> None:
        try:
            await self._send_all()
            async with asyncio.timeout(CLOSE_TIMEOUT):
                await self._ws.close()
        except (ConnectionError, TimeoutError, RuntimeError):
            self.cut()

    async def _send_all(self) -> None:
        try:
            while not (self._ending and not self._queue):
                await self._wake.wait()
                self._wake.clear()
                while self._queue:
                    text, after = self._queue.popleft()
                    self._bytes -= len(text)
                    if not self._records.is_committed(after):
                        await self._on_record(after)
                    await self._ws.send_str(text)
        except _Unrecorded:
            self._ending = self.unrecorded = True
            self._queue.clear()
            await self._ws.send_str(dump(Goodbye(Code.INTERNAL, NOT_RECORDED)))

    async def _on_record(self, place: int) -> None:
        try:
            async with asyncio.timeout(RECORDS_TIMEOUT):
                await self._records.committed(place)
        except TimeoutError:
            raise _Unrecorded from None

    async def finish(self) -> None:
        """Waits until what is queued is sent and the connection closed, not longer than the close timeout."""
        self._ending = True
        self._wake.set()
        try:
            await asyncio.wait({self._task}, timeout=CLOSE_TIMEOUT)
        finally:
            if not self._task.done():
                self.cut()
                self._task.cancel()
        await asyncio.wait({self._task})
