"""A media connection without a network: what is sent on it is recorded, what comes in is injected."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from coachdesk.media.connection.outqueue import OutQueue
from coachdesk.media.connection.peer import Layout, State
from coachdesk.media.connection.rate import Path
from coachdesk.media.connection.red import KEPT_FRAMES
from coachdesk.media.packet import Packet
from tests.fakes.controlchannel import FakeControl
from tests.fakes.inkchannels import FakeInk
from tests.fakes.stills import FakeStills


class FakeOut:
    """One sending stream; ``sent`` holds the payloads in order, ``kept`` what copies could be made of."""

    def __init__(self) -> None:
        self.open = True
        self.next_seq = 0
        self.sent: list[bytes] = []
        self.kept: list[bytes] = []
        self.path = Path()
        self.queue: OutQueue[Packet] = OutQueue(video=True)  # what is sent never waits
        self.on_feedback: Callable[[], None] = lambda: None
        self.bitrate_limit: int | None = None
        self.timestamp_origin = 0

    def send(self, payload: bytes, timestamp: int, *, marker: bool = False, seq: int | None = None) -> None:
        self.next_seq = (self.next_seq if seq is None else seq) + 1 & 0xFFFF
        self.sent.append(payload)
        self.kept = [*self.kept, payload][-KEPT_FRAMES:]

    def withdraw(self) -> None:
        self.sent.clear()
        self.forget()

    def forget(self) -> None:
        self.kept.clear()


class FakePeer:
    """A peer connection that is up."""

    def __init__(self, layout: Layout) -> None:
        self.outs = {stream.name: FakeOut() for stream in layout if stream.direction != "recvonly"}
        self.keyframes_asked = 0
        self.rtt: float | None = None
        self.ways: dict[str, float] = {}
        self.control = FakeControl()
        self.ink = FakeInk()
        self.stills = FakeStills()

    def way_from_capture(self, name: str, rtt: float | None = None) -> float | None:
        return self.ways.get(name)

    def forget_sound(self) -> None:
        for name, out in self.outs.items():
            if name not in ("camera", "screen"):
                out.forget()

    def request_keyframe(self, stream: str) -> None:
        self.keyframes_asked += 1

    async def stats(self) -> dict[str, dict[str, float]]:
        return {}


class FakeLeg:
    """Stands in for ``Leg``; the test brings its connections up and down."""

    def __init__(self, layout: Layout, **options: Any) -> None:
        self.layout = layout
        self.options = options
        self.peer: FakePeer | None = None
        self.state: State = "closed"
        self.negotiations = 0
        self.closed = False
        self.signals: list[object] = []
        self.on_packet: Callable[[str, Packet], None] = lambda stream, packet: None
        self.on_keyframe_request: Callable[[str], None] = lambda stream: None
        self.on_message: Callable[[bytes], None] = lambda data: None
        self.on_ink: Callable[[Any, bytes], None] = lambda peer, data: None
        self.on_live_ink: Callable[[Any, bytes], None] = lambda peer, data: None
        self.on_ink_open: Callable[[Any], None] = lambda peer: None
        self.on_stills_open: Callable[[Any], None] = lambda peer: None
        self.on_stills: Callable[[Any, Any], None] = lambda peer, message: None
        self.on_connected: Callable[[Any], None] = lambda peer: None
        self.on_state: Callable[[State], None] = lambda state: None

    def negotiate(self) -> None:
        self.negotiations += 1
        self._set("connecting")

    async def signalled(self, body: object) -> None:
        self.signals.append(body)

    async def close(self) -> None:
        self.closed = True
        self.peer = None
        self._set("closed")

    def come_up(self) -> FakePeer:
        """A new connection, in place of the one in use if there is one."""
        self.peer = FakePeer(self.layout)
        self.on_connected(self.peer)
        self._set("connected")
        return self.peer

    def get_lost(self) -> None:
        self._set("lost")

    def _set(self, state: State) -> None:
        self.state = state
        self.on_state(state)
