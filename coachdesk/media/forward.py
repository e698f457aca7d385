"""Packets from one stream to another, numbers rewritten, payload untouched: no decoding on the way."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Protocol

from coachdesk.media.packet import Packet, seq_delta, timestamp_delta
from coachdesk.media.vp8 import starts_keyframe

log = logging.getLogger(__name__)

MAX_DROPOUT = 3000
MAX_MISORDER = 512
"""Jumps beyond these (RFC 3550 A.1) are a restarted source when two packets in a row agree on it, else
strays.
"""


class Outlet(Protocol):
    """What a forwarder writes to: see ``compat.RtpOut``."""

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
        self._first_seq = 0  # of `out`, unwrapped: where this source began
        self._highest_out = 0
        self._sent = 0  # bit i: the packet numbered `_highest_out - i` went out
        self._timestamp_in = 0
        self._timestamp_out = 0
        self._arrival: float | None = None
        self._suspect: int | None = None

    def restart(self) -> None:
        """Forget the source: the next packet, of whichever, begins anew."""
        self._ssrc = None

    def forward(self, packet: Packet) -> None:
        if not self._out.open:
            self._ssrc = None
        elif packet.ssrc != self._ssrc:
            self._begin(packet)
        else:
            self._continue(packet)

    def _begin(self, packet: Packet) -> None:
        if self._video and not starts_keyframe(packet.payload):
            self.on_keyframe_wanted()
            return
        self._ssrc = packet.ssrc
        self._suspect = None
        self._out.forget()  # what follows carries no copies of another source, nor of before a pause
        self._highest = packet.seq
        self._first_seq = self._highest_out = self._out.next_seq
        self._sent = 1
        self._timestamp_out += self._elapsed(packet.arrival)
        self._timestamp_in = packet.timestamp
        self._arrival = packet.arrival
        self._send(packet, self._first_seq, self._timestamp_out)

    def _elapsed(self, arrival: float) -> int:
        """Ticks of the clock since the last packet of the source before, at least 1, so that frames stay
        apart.
        """
        if self._arrival is None:
            return 0
        return max(1, round((arrival - self._arrival) * self._clock_rate))

    def _continue(self, packet: Packet) -> None:
        delta = seq_delta(packet.seq, self._highest)
        if not -MAX_MISORDER < delta < MAX_DROPOUT:
            self._stray(packet)
            return
        self._suspect = None
        seq = self._highest_out + delta
        timestamp = self._timestamp_out + timestamp_delta(packet.timestamp, self._timestamp_in)
        if delta > 0:
            self._advance(packet, seq, timestamp, delta)
        elif seq < self._first_seq or self._sent >> -delta & 1:
            return
        else:
            self._sent |= 1 << -delta
        self._send(packet, seq, timestamp)

    def _advance(self, packet: Packet, seq: int, timestamp: int, delta: int) -> None:
        self._sent = (self._sent << delta | 1) & ((1 << MAX_MISORDER) - 1)
        self._highest, self._highest_out = packet.seq, seq
        self._timestamp_in, self._timestamp_out = packet.timestamp, timestamp
        self._arrival = packet.arrival

    def _stray(self, packet: Packet) -> None:
        if packet.seq == self._suspect:
            log.debug("source %08x restarted at %d", packet.ssrc, packet.seq)
            self._ssrc = None
            self._begin(packet)
        else:
            self._suspect = (packet.seq + 1) & 0xFFFF

    def _send(self, packet: Packet, seq: int, timestamp: int) -> None:
        self._out.send(packet.payload, timestamp & 0xFFFFFFFF, marker=packet.marker, seq=seq & 0xFFFF)
