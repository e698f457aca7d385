"""The agent's media connections to everybody on the call: a leg for each, opened and shut as parties come and go."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator

from coachdesk.media.connection.leg import Leg
from coachdesk.media.connection.peer import Layout, Peer
from coachdesk.media.quality import FRAME_MS
from signaling.protocol import IceServer, SignalBody


class Legs:
    """By party id. A leg that was shut ends by itself; ``close`` waits for it."""

    def __init__(
        self, ice: Callable[[], list[IceServer]], signal: Callable[[str, SignalBody], Awaitable[None]]
    ) -> None:
        self._ice = ice
        self._signal = signal
        self._legs: dict[str, Leg] = {}
        self._closing: set[asyncio.Task[None]] = set()

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._legs))

    def get(self, party: str) -> Leg | None:
        return self._legs.get(party)

    def peer(self, party: str) -> Peer | None:
        """The peer connection in use, if there is one."""
        leg = self._legs.get(party)
        return leg.peer if leg is not None else None

    def open(self, party: str, layout: Layout) -> Leg:
        """A new leg, which the caller wires and lets negotiate."""
        leg = Leg(layout, offers=True, ice=self._ice, signal=lambda body: self._signal(party, body))
        self._legs[party] = leg
        return leg

    def shut(self, party: str) -> None:
        task = asyncio.create_task(self._legs.pop(party).close())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def signalled(self, sender: str, body: SignalBody) -> None:
        leg = self._legs.get(sender)
        if leg is not None:
            await leg.signalled(body)

    def renegotiate_lost(self) -> None:
        """After the server came back: builds anew what was lost meanwhile."""
        for leg in self._legs.values():
            if leg.state in ("lost", "closed"):
                leg.negotiate()

    def tell(self, party: str, message: bytes) -> None:
        """On the control channel; not at all while there is no connection."""
        peer = self.peer(party)
        if peer is not None:
            peer.control.send(message)

    def way_ms(self, party: str) -> float:
        """One way through the network: half the round trip, 0 before it is known."""
        peer = self.peer(party)
        return ((peer.rtt if peer is not None else None) or 0.0) * 500

    def sound_way_ms(self, party: str, stream: str) -> float:
        """What a sound takes from its capture to here, beyond the frame it waits for: by its reports, but no less than
        ``way_ms``, since browsers report up to 10 ms less than their packets are long.
        """
        peer = self.peer(party)
        way = peer.way_from_capture(stream) if peer is not None else None
        return max(self.way_ms(party), 0.0 if way is None else way * 1000 - FRAME_MS)

    async def stats(self) -> dict[str, dict[str, float]]:
        """Numbers of every stream, keyed ``PARTY.STREAM``."""
        table: dict[str, dict[str, float]] = {}
        for party, leg in list(self._legs.items()):
            if leg.peer is not None:
                table |= {f"{party}.{stream}": row for stream, row in (await leg.peer.stats()).items()}
        return table

    async def close(self) -> None:
        legs, self._legs = self._legs, {}
        await asyncio.gather(*(leg.close() for leg in legs.values()), *self._closing, return_exceptions=True)
