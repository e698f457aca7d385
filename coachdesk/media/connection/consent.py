"""Whether the far end is still there and wants what we send (RFC 7675): by its answers, and by what comes from it."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from typing import Any

from aioice import stun

CHECK_SECONDS = 0.8
SILENCE_SECONDS = 3.0
"""A far end that is not heard of for so long, by the end of a check, is gone: with checks of 1.5 s that shows in 5 s."""
ANSWER_SECONDS = 30.0
"""Media alone does not replace an answer for longer (RFC 7675, 5.1)."""


class Consent:
    """Checks an ICE connection until the far end is gone.

    On a congested line answers are late or lost while media still comes, and one that is taken for dead could not be used
    for sound any more; so whatever comes counts as a sign of life.
    """

    def __init__(self, connection: Any, pairs: Callable[[], dict[int, Any]]) -> None:
        """``connection``: aioice's; ``pairs``: those of its candidate pairs that are in use, by component."""
        self._connection = connection
        self._pairs = pairs
        self._heard = self._answered = time.monotonic()
        self._receive = connection.data_received
        connection.data_received = self._received

    def _received(self, data: bytes, component: int) -> None:
        self._heard = time.monotonic()
        self._receive(data, component)

    async def lost(self) -> None:
        """Returns when the far end is gone."""
        self._heard = self._answered = time.monotonic()
        while not self._gone(time.monotonic()):
            await asyncio.sleep(CHECK_SECONDS * (0.8 + 0.4 * random.getrandbits(8) / 255))
            for pair in self._pairs().values():
                await self._check(pair)

    def _gone(self, now: float) -> bool:
        return now - self._heard > SILENCE_SECONDS or now - self._answered > ANSWER_SECONDS

    async def _check(self, pair: Any) -> None:
        """Asks twice; takes 1.5 s if there is no answer."""
        key = self._connection.remote_password.encode()
        request = self._connection.build_request(pair, nominate=False)
        try:
            await pair.protocol.request(request, pair.remote_addr, integrity_key=key, retransmissions=1)
        except stun.TransactionError:
            return
        self._heard = self._answered = time.monotonic()
