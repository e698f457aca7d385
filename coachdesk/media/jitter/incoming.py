"""Which packets belong to the sound that plays: one source at a time, counters without wrapping, nothing twice. Pure."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from coachdesk.media.packet import Packet, seq_delta, timestamp_delta

RESTART_JUMP = 1000
"""A sequence number that is off by more belongs to a sender that started anew."""
FORMER_SECONDS = 2.0
"""For so long, packets of the source before the present one are known as stragglers."""
REMEMBERED = 256
"""Packets known as having come already."""


class Place(NamedTuple):
    """Sequence number and timestamp of a packet, unwrapped. ``anew``: everything before belongs to another sender."""

    seq: int
    timestamp: int
    anew: bool


class Incoming:
    """Follows one sender's counters; a new SSRC, or a leap of the counters, is another sender."""

    def __init__(self) -> None:
        self._ssrc: int | None = None
        self._former: tuple[int, float] | None = None
        self._newest: tuple[int, int] | None = None
        self._seen: set[int] = set()
        self._order: deque[int] = deque()

    @property
    def newest(self) -> tuple[int, int] | None:
        """Sequence number and timestamp of the newest packet, unwrapped."""
        return self._newest

    def place(self, packet: Packet) -> Place | None:
        """Where it belongs; None if it is a straggler of a source that was replaced."""
        if packet.ssrc != self._ssrc:
            if self._is_former(packet):
                return None
            if self._ssrc is not None:
                self._former = (self._ssrc, packet.arrival + FORMER_SECONDS)
            self._ssrc = packet.ssrc
            return self._begin(packet)
        return self._continue(packet) or self._begin(packet)

    def has_come(self, seq: int) -> bool:
        """Whether it was noted before."""
        return seq in self._seen

    def note(self, seq: int) -> None:
        """This one has come."""
        self._seen.add(seq)
        self._order.append(seq)
        if len(self._order) > REMEMBERED:
            self._seen.discard(self._order.popleft())

    def _is_former(self, packet: Packet) -> bool:
        return (
            self._former is not None and packet.ssrc == self._former[0] and packet.arrival < self._former[1]
        )

    def _begin(self, packet: Packet) -> Place:
        self._newest = (packet.seq, packet.timestamp)
        self._seen.clear()
        self._order.clear()
        return Place(packet.seq, packet.timestamp, anew=True)

    def _continue(self, packet: Packet) -> Place | None:
        """The shortest way from the newest; None if that is too far, or if the two counters disagree."""
        if self._newest is None:
            return None
        seq, timestamp = self._newest
        ahead = seq_delta(packet.seq, seq & 0xFFFF)
        later = timestamp_delta(packet.timestamp, timestamp & 0xFFFFFFFF)
        if abs(ahead) > RESTART_JUMP or (ahead > 0) != (later > 0):
            return None
        if ahead > 0:
            self._newest = (seq + ahead, timestamp + later)
        return Place(seq + ahead, timestamp + later, anew=False)
