"""The sending side of one WebSocket: a bounded queue and the one task that empties it."""

from __future__ import annotations

import asyncio
from collections import deque

from aiohttp import web

MAX_QUEUED = 512
MAX_QUEUED_BYTES = 4 * 1024 * 1024
CLOSE_TIMEOUT = 2.0


class Outlet:
    """Sends in order and never makes the caller wait. A client that reads too slowly is cut off.

    Attributes:
        overflowed: the client was cut off.
    """

    def __init__(self, ws: web.WebSocketResponse, transport: asyncio.Transport | None) -> None:
        self._ws = ws
        self._transport = transport
        self._queue: deque[str] = deque()
        self._bytes = 0
        self._wake = asyncio.Event()
        self._ending = False
        self.overflowed = False
        self._task = asyncio.create_task(self._run(), name="outlet")

    def send(self, text: str, *, last: bool = False) -> None:
        """``last``: close the connection behind this message."""
        if self._ending or self.overflowed:
            return
        if len(self._queue) >= MAX_QUEUED or self._bytes + len(text) > MAX_QUEUED_BYTES:
            self.overflowed = True
            self.cut()
            return
        self._queue.append(text)
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
            while not (self._ending and not self._queue):
                await self._wake.wait()
                self._wake.clear()
                while self._queue:
                    text = self._queue.popleft()
                    self._bytes -= len(text)
                    await self._ws.send_str(text)
            await asyncio.wait_for(self._ws.close(), CLOSE_TIMEOUT)
        except (ConnectionError, TimeoutError, RuntimeError):
            self.cut()

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
