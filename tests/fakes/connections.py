"""In place of ``Peer``: a connection that comes up, or does not, when the test says so."""

from __future__ import annotations

from collections.abc import Callable

from coachdesk.media.connection.peer import Layout, State
from coachdesk.media.packet import Packet
from signaling.protocol import IceServer
from tests.fakes.controlchannel import FakeControl
from tests.fakes.inkchannels import FakeInk
from tests.fakes.stills import FakeStills


class Connection:
    """One peer connection; ``made`` has all of them, in order."""

    made: list[Connection]

    def __init__(self, layout: Layout, *, offers: bool, ice: list[IceServer]) -> None:
        self.ice = ice
        self.accepted: list[str] = []
        self.candidates: list[str] = []
        self.closed = False
        self.on_state: Callable[[State], None] = lambda state: None
        self.on_packet: Callable[[str, Packet], None] = lambda stream, packet: None
        self.on_keyframe_request: Callable[[str], None] = lambda stream: None
        self.control = FakeControl()
        self.ink = FakeInk()
        self.stills = FakeStills()
        type(self).made.append(self)

    async def offer(self) -> str:
        return "our offer"

    async def answer(self, sdp: str) -> str:
        return f"answer to {sdp}"

    async def accept(self, sdp: str) -> None:
        self.accepted.append(sdp)

    async def add_candidate(self, candidate: str, mid: str) -> None:
        self.candidates.append(candidate)

    async def close(self) -> None:
        self.closed = True
        self.on_state("closed")
