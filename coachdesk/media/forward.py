"""Packets from one stream to another, numbers rewritten, payload untouched: no decoding on the way."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Protocol

from coachdesk.media.packet import Packet, seq_delta, timestamp_delta
from coachdesk.media.picture.vp8 import starts_keyframe

log = logging.getLogger(__name__)

MAX_DROPOUT = 3000
MAX_MISORDER = 512
"""Jumps beyond these (RFC 3550 A.1) are a restarted source when two packets in a row agree on it, else
strays.
"""


class Outlet(Protocol):
    """What a forwarder writes to: see ``rtpout.RtpOut``."""

    @property
    def open(self) -> bool: ...
    @property
    def next_seq(self) -> int: ...
    def send(
        self, payload: bytes, timestamp: int, *, marker: bool = False, seq: int | None = None
    ) -> None: ...
    def forget(self) -> None: ...


class Forwarder:
    """Copies one source at a time onto ``out``, keeping the gaps in its numbering.

    A packet lost before it got here stays a gap, so whoever receives ``out`` sees the loss and asks for
    it; when it arrives late it goes out under the number kept free for it. Duplicates go out once. A
    restarted or another source (new SSRC, wild jump of numbers, ``restart``) continues the numbers and the
    clock of ``out``.

    With ``video`` (VP8) nothing of a source is sent before one of its keyframes. While one is waited for,
    ``on_keyframe_wanted`` is called with every packet; `Peer.request_keyframe` throttles.
    """

    def __init__(self, out: Outlet, clock_rate: int, *, video: bool = False) -> None:
        self.on_keyframe_wanted: Callable[[], None] = lambda: None
        self._out = out
        self._clock_rate = clock_rate
        self._video = video
        self._ssrc: int | None = None
        self._highest = 0  # of the source, 16 bits
        self._highest_out = 0  # of `out`, unwrapped
        self._reserved: dict[
            int, int
        ] = {}  # numbers of `out` kept free for packets of the source that are missing
        self._dropped: int | None = None  # timestamp of the last packet, if that was dropped
        self._timestamp_in = 0
        self._timestamp_out = 0
        self._arrival: float | None = None
        self._suspect: int | None = None

    @property
    def shift(self) -> int | None:
        """What to add to the timestamps on ``out``, modulo 2**32, to get those of the source; None before there is one."""
        return (self._timestamp_in - self._timestamp_out) & 0xFFFFFFFF if self._ssrc is not None else None

    def restart(self) -> None:
        """Forget the source: the next packet, of whichever, begins anew."""
        self._ssrc = None

    def forward(self, packet: Packet) -> None:
        if not self._out.open:
            self._ssrc = None
        elif packet.ssrc != self._ssrc:
            self._begin(packet)
        else:
            self._continue(packet, keep=True)

    def drop(self, packet: Packet) -> None:
        """Leave this packet out: whoever receives ``out`` misses nothing.

        Where a number is kept free for it already, that is filled with padding.
        """
        if self._out.open and packet.ssrc == self._ssrc:
            self._continue(packet, keep=False)

    def _begin(self, packet: Packet) -> None:
        if self._video and not starts_keyframe(packet.payload):
            self.on_keyframe_wanted()
            return
        self._ssrc = packet.ssrc
        self._suspect = self._dropped = None
        self._out.forget()  # what follows carries no copies of another source, nor of before a pause
        self._reserved.clear()
        self._highest = packet.seq
        self._highest_out = self._out.next_seq
        self._timestamp_out += self._elapsed(packet.arrival)
        self._timestamp_in = packet.timestamp
        self._arrival = packet.arrival
        self._send(packet, self._highest_out, self._timestamp_out)

    def _elapsed(self, arrival: float) -> int:
        """Ticks of the clock since the last packet of the source before, at least 1, so that frames stay
        apart.
        """
        if self._arrival is None:
            return 0
        return max(1, round((arrival - self._arrival) * self._clock_rate))

    def _continue(self, packet: Packet, *, keep: bool) -> None:
        delta = seq_delta(packet.seq, self._highest)
        if not -MAX_MISORDER < delta < MAX_DROPOUT:
            self._stray(packet, keep=keep)
            return
        self._suspect = None
        timestamp = self._timestamp_out + timestamp_delta(packet.timestamp, self._timestamp_in)
        if delta > 0:
            self._advance(packet, timestamp, delta, keep=keep)
        elif (reserved := self._reserved.pop(packet.seq, None)) is not None:
            self._send(packet if keep else packet._replace(payload=b""), reserved, timestamp)

    def _advance(self, packet: Packet, timestamp: int, delta: int, *, keep: bool) -> None:
        within_dropped = not keep and packet.timestamp == self._dropped
        if not within_dropped:
            self._reserve(delta - 1)
        self._highest = packet.seq
        self._timestamp_in, self._timestamp_out = packet.timestamp, timestamp
        self._arrival = packet.arrival
        self._dropped = None if keep else packet.timestamp
        if keep:
            self._highest_out += 1
            self._send(packet, self._highest_out, timestamp)

    def _reserve(self, missing: int) -> None:
        """Keep the next numbers of ``out`` free for packets that may come late."""
        for step in range(1, missing + 1):
            self._highest_out += 1
            self._reserved[(self._highest + step) & 0xFFFF] = self._highest_out
        while self._reserved and seq_delta(self._highest, next(iter(self._reserved))) >= MAX_MISORDER:
            del self._reserved[next(iter(self._reserved))]

    def _stray(self, packet: Packet, *, keep: bool) -> None:
        if packet.seq == self._suspect:
            log.debug("source %08x restarted at %d", packet.ssrc, packet.seq)
            self._ssrc = None
            if keep:
                self._begin(packet)
        else:
            self._suspect = (packet.seq + 1) & 0xFFFF

    def _send(self, packet: Packet, seq: int, timestamp: int) -> None:
        self._out.send(packet.payload, timestamp & 0xFFFFFFFF, marker=packet.marker, seq=seq & 0xFFFF)
