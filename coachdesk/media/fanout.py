"""What the hub passes on to observers, packet by packet: sounds untouched, the picture thinned for slow lines."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from coachdesk.media.connection.peer import Peer
from coachdesk.media.forward import Forwarder
from coachdesk.media.packet import Packet
from coachdesk.media.picture import vp8
from coachdesk.media.picture.pictureline import PictureLine
from coachdesk.media.picture.thinning import LayerRates, Quality
from signaling.protocol import MAX_COACHES

AUDIO_CLOCK = 48000


class Fanout:
    """One call's forwarding. Observers are named by their party ids.

    Attributes:
        on_keyframe_wanted: somebody needs a keyframe of the customer's camera.
        on_quality: called with the party for whom more or less of the picture is sent from now on.
        on_offset: called with a party and what it has to add to the picture's timestamps to get the customer's.
    """

    def __init__(self) -> None:
        self.on_keyframe_wanted: Callable[[], None] = lambda: None
        self.on_quality: Callable[[str], None] = lambda party: None
        self.on_offset: Callable[[str, int], None] = lambda party, offset: None
        self._offsets: dict[str, int] = {}
        self._sounds: dict[tuple[str, str], Forwarder] = {}
        self._pictures: dict[str, PictureLine] = {}
        self._rates = LayerRates()

    def connect(self, party: str, peer: Peer) -> None:
        """``peer`` is the (new) connection to ``party``."""
        for stream in ("customer", *(f"coach{slot}" for slot in range(MAX_COACHES))):
            self._sounds[party, stream] = Forwarder(peer.outs[stream], AUDIO_CLOCK)
        line = self._pictures[party] = PictureLine(peer.outs["camera"], self._rates)
        line.on_keyframe_wanted = lambda: self.on_keyframe_wanted()
        line.on_quality = lambda quality: self.on_quality(party)

    def disconnect(self, party: str) -> None:
        for key in [key for key in self._sounds if key[0] == party]:
            del self._sounds[key]
        self._pictures.pop(party, None)
        self._offsets.pop(party, None)

    def clear(self) -> None:
        self._sounds.clear()
        self._pictures.clear()

    def resume(self) -> None:
        """After a hold: what the customer's packets were not forwarded meanwhile is a pause, not a loss."""
        for (_, stream), forwarder in self._sounds.items():
            if stream == "customer":
                forwarder.restart()
        for line in self._pictures.values():
            line.restart()

    def sound(self, stream: str, packet: Packet, parties: Iterable[str]) -> None:
        for party in parties:
            forwarder = self._sounds.get((party, stream))
            if forwarder is not None:
                forwarder.forward(packet)

    def picture(self, packet: Packet, parties: Iterable[str]) -> None:
        """One packet of the customer's camera."""
        try:
            self._rates.add(vp8.parse(packet.payload).layer, len(packet.payload), packet.arrival)
        except ValueError:
            return  # padding, or damaged
        for party in parties:
            line = self._pictures.get(party)
            if line is not None:
                line.forward(packet)
                self._tell_offset(party, line.offset)

    def _tell_offset(self, party: str, offset: int | None) -> None:
        if offset is not None and offset != self._offsets.get(party):
            self._offsets[party] = offset
            self.on_offset(party, offset)

    def quality(self, party: str) -> Quality:
        """How much of the picture this party is sent."""
        line = self._pictures.get(party)
        return line.quality if line is not None else "full"

    def request_keyframe(self, party: str) -> None:
        """``party`` asks for a keyframe; those on slow lines are heard seldom."""
        line = self._pictures.get(party)
        if line is not None:
            line.request_keyframe(time.monotonic())
