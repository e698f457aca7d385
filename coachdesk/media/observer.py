"""An observer's side of a call: each source on its own track, and the own mic on the track of the mode in force."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

import msgspec

from coachdesk.media.audioout import AudioOut
from coachdesk.media.ears import Ear
from coachdesk.media.leg import Leg
from coachdesk.media.mixer import Block, Headset, Public
from coachdesk.media.packet import Packet
from coachdesk.media.peer import OBSERVER, Peer, State
from coachdesk.routing import LANE_OF, Lane
from signaling.policy import Mode
from signaling.protocol import IceServer, SignalBody

log = logging.getLogger(__name__)


class _Seating(msgspec.Struct):
    """What the hub says on the control channel: which coach sits in which audio slot."""

    slots: dict[str, str]


class ObserverMedia:
    """The media of one call at a supervisor's or trainee's endpoint.

    Attributes:
        headset: the mix heard here; its volumes are set here.
        ears: one per source: ``customer``, ``agent`` or a coach's party id.
        on_media, on_picture_packet: as in ``AgentHub``.
    """

    def __init__(
        self,
        *,
        ice: Callable[[], list[IceServer]],
        signal: Callable[[SignalBody], Awaitable[None]],
        new_ear: Callable[[str, str], Ear],
    ) -> None:
        self._leg = Leg(OBSERVER, offers=False, ice=ice, signal=signal)
        self._leg.on_state = lambda state: self.on_media(state)
        self._leg.on_packet = self._packet
        self._leg.on_message = self._message
        self._leg.on_connected = self._connected
        self._new_ear = new_ear
        self._seats: dict[str, str] = {}
        self._lane: Lane | None = None
        self._outs = {lane: AudioOut() for lane in Lane}
        self.ears: dict[str, Ear] = {}
        self.headset = Headset()
        self.on_media: Callable[[State], None] = lambda state: None
        self.on_picture_packet: Callable[[Packet], None] = lambda packet: None

    def talk(self, mode: Mode) -> None:
        """From the next captured block on, the mic goes to the track of ``mode``; in ``listen`` it goes nowhere."""
        self._lane = LANE_OF.get(mode)

    async def signalled(self, body: SignalBody) -> None:
        await self._leg.signalled(body)

    def request_keyframe(self) -> None:
        if self._leg.peer is not None:
            self._leg.peer.request_keyframe("camera")

    async def close(self) -> None:
        await self._leg.close()

    def tick(self, mic: Block, now: float) -> Block:
        """One block from the own mic in, one block for the own headset out."""
        peer = self._leg.peer
        for lane, out in self._outs.items():
            out.push(mic, [peer.outs[lane.value]] if peer is not None and lane is self._lane else [])
        return self.headset.mix({name: Public(ear.pull(now)) for name, ear in self.ears.items()}, {})

    async def stats(self) -> dict[str, dict[str, float]]:
        """Numbers of every stream, keyed ``hub.STREAM``, and of every playout buffer, keyed ``heard.SOURCE``."""
        peer = self._leg.peer
        rows = await peer.stats() if peer is not None else {}
        table = {f"hub.{stream}": row for stream, row in rows.items()}
        return table | {f"heard.{name}": ear.stats() for name, ear in self.ears.items()}

    def _connected(self, peer: Peer) -> None:
        peer.request_keyframe("camera")

    def _packet(self, stream: str, packet: Packet) -> None:
        if stream == "camera":
            self.on_picture_packet(packet)
            return
        source = self._seats.get(stream, "") if stream.startswith("coach") else stream
        if source:
            self._ear(source).put(packet)

    def _message(self, data: bytes) -> None:
        try:
            seats = msgspec.json.decode(data, type=_Seating).slots
        except msgspec.DecodeError as error:
            log.warning("unreadable control message: %s", error)
            return
        for slot, party in self._seats.items():
            if seats.get(slot) != party:
                self.ears.pop(party, None)
        self._seats = seats

    def _ear(self, source: str) -> Ear:
        if source not in self.ears:
            self.ears[source] = self._new_ear(source, Lane.VOICE.value)
        return self.ears[source]
