"""Real peer connections in one process, and a network between them that misbehaves on demand."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiortc.rtp import is_rtcp

from coachdesk.media.connection.peer import Layout, Peer
from coachdesk.media.packet import Packet

WAIT = 40.0
"""Seconds before a test gives up: conditions come true in a tiny part of that on a machine that is not
overloaded.
"""
STEP = 0.005


async def until(condition: Callable[[], object], seconds: float = WAIT) -> None:
    """Wait for ``condition``; TimeoutError if it does not come true in so many seconds.

    Seconds in which the whole machine stands still do not count: they are steps that take long.
    """
    for _ in range(round(seconds / STEP)):
        if condition():
            return
        await asyncio.sleep(STEP)
    raise TimeoutError


@asynccontextmanager
async def pair(layout: Layout) -> AsyncIterator[tuple[Peer, Peer]]:
    """A hub's peer and the far end's, connected over the loopback or local network; closed at the end."""
    hub, far = Peer(layout, offers=True, ice=[]), Peer(layout, offers=False, ice=[])
    try:
        await connect(hub, far)
        yield hub, far
    finally:
        await asyncio.gather(hub.close(), far.close())


async def connect(hub: Peer, far: Peer) -> None:
    await hub.accept(await far.answer(await hub.offer()))
    await until(lambda: hub.state == far.state == "connected")
    # That is told half a second after connecting at the latest, also where the loop got to nothing else by then.
    await until(lambda: all(out.open for peer in (hub, far) for out in peer.outs.values()))


def collect(peer: Peer) -> list[tuple[str, Packet]]:
    """Stream name and packet of all that comes."""
    got: list[tuple[str, Packet]] = []
    peer.on_packet = lambda name, packet: got.append((name, packet))
    return got


class Network:
    """What ``peer`` sends passes through here. RTP is lost, doubled and delayed by the shares given; the
    rest passes.

    Attributes:
        lost, doubled, delayed: shares of packets, 0 to 1.
        dead: nothing passes at all, not even consent checks.
    """

    def __init__(self, peer: Peer, seed: int = 1) -> None:
        self.lost = self.doubled = self.delayed = 0.0
        self.dead = False
        self.dropped = 0
        self._rng = random.Random(seed)
        transport: Any = peer._pc.getTransceivers()[0].receiver.transport.transport
        self._send: Callable[[bytes], Awaitable[None]] = transport._send
        self._connection = transport._connection
        transport._send = self._pass
        for pair_ in self._connection._nominated.values():
            self._kill_switch(pair_.protocol)

    async def _pass(self, data: bytes) -> None:
        if self.dead:
            return
        if not 127 < data[0] < 192 or is_rtcp(data):
            await self._send(data)
        elif self._rng.random() < self.lost:
            self.dropped += 1
        else:
            await self._deliver(data)

    async def _deliver(self, data: bytes) -> None:
        if self._rng.random() < self.delayed:
            asyncio.get_running_loop().call_later(0.015, lambda: asyncio.ensure_future(self._late(data)))
        else:
            await self._send(data)
        if self._rng.random() < self.doubled:
            await self._send(data)

    async def _late(self, data: bytes) -> None:
        if self._connection._nominated and not self.dead:
            await self._send(data)

    def _kill_switch(self, protocol: Any) -> None:
        """Consent checks and their answers go by the socket, past ``_pass``."""
        send = protocol.send_stun
        protocol.send_stun = lambda message, addr: None if self.dead else send(message, addr)
