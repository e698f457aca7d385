"""Redundant audio (RFC 2198): each packet carries copies of frames sent shortly before it. Pure.

`SentFrames` is the sending side of one stream, `RedInlet` the receiving side.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from coachdesk.media.opus import OpusError, duration
from coachdesk.media.packet import Packet, SequenceUnwrapper, timestamp_delta

MAX_OFFSET = (1 << 14) - 1
"""RTP clock units (341 ms at 48 kHz) a copy may be older than the packet that carries it."""
MAX_COPY = (1 << 10) - 1
"""Bytes of one copy."""
MAX_PAYLOAD = 1180
"""Bytes of a packet with all its copies, as of ``vp8.PAYLOAD_MAX``."""
KEPT_FRAMES = 32
"""Frames a sender can copy from: 320 ms of the shortest we send."""
KNOWN_PACKETS = 64
"""Packets a receiver remembers, to know which copies are news."""
RESTART_JUMP = 1000
"""A sequence number that is off by more belongs to a source that started anew."""

_MORE = 0x80


class Copy(NamedTuple):
    """An earlier frame: ``offset`` RTP clock units before the packet's own."""

    offset: int
    payload: bytes


def wrap(payload: bytes, copies: Iterable[Copy], payload_type: int) -> bytes:
    """A RED payload of a frame and copies, oldest first, all of ``payload_type``.

    >>> unwrap(wrap(b"now", [Copy(960, b"then")], 96), 96)
    ([Copy(offset=960, payload=b'then')], b'now')
    """
    copies = list(copies)
    header = bytearray()
    for copy in copies:
        fields = copy.offset << 10 | len(copy.payload)
        header += bytes([_MORE | payload_type]) + fields.to_bytes(3, "big")
    header.append(payload_type)
    return bytes(header) + b"".join(copy.payload for copy in copies) + payload


def unwrap(data: bytes, payload_type: int) -> tuple[list[Copy], bytes]:
    """The copies of ``payload_type``, in the order they stand, and the packet's own frame.

    Raises ValueError when it is malformed or its own frame is of another type.
    """
    headers = []
    at = 0
    while at < len(data) and data[at] & _MORE:
        fields = int.from_bytes(data[at + 1 : at + 4], "big")
        headers.append((data[at] & ~_MORE, fields >> 10, fields & MAX_COPY))
        at += 4
    if at >= len(data) or data[at] != payload_type:
        raise ValueError("redundant audio is cut short or of another codec")
    at += 1
    copies = []
    for copied_type, offset, length in headers:
        if copied_type == payload_type and length and offset:
            copies.append(Copy(offset, data[at : at + length]))
        at += length
    if at > len(data):
        raise ValueError("redundant audio is cut short")
    return copies, data[at:]


class SentFrames:
    """What was sent on one stream, to be copied into what is sent next on that same stream, and nowhere else."""

    def __init__(self) -> None:
        self._frames: dict[int, tuple[int, bytes]] = {}

    def add(self, seq: int, timestamp: int, payload: bytes) -> None:
        self._frames[seq] = timestamp, payload
        while len(self._frames) > KEPT_FRAMES:
            del self._frames[next(iter(self._frames))]

    def copies(self, seq: int, timestamp: int, room: int, distances: Iterable[int]) -> list[Copy]:
        """Copies of the frames sent ``distances`` packets before ``seq``, oldest first, in ``room`` bytes at most.

        The nearest go first where room is short; what was not sent, or too long ago, is left out.
        """
        chosen: list[Copy] = []
        for distance in sorted(distances):
            then, payload = self._frames.get((seq - distance) & 0xFFFF, (timestamp, b""))
            offset = timestamp_delta(timestamp, then)
            room -= len(payload) + 4
            if 0 < offset <= MAX_OFFSET and 0 < len(payload) <= MAX_COPY and room >= 0:
                chosen.insert(0, Copy(offset, payload))
        return chosen

    def clear(self) -> None:
        """Forgets all: what comes next carries nothing of what came before."""
        self._frames.clear()


class RedInlet:
    """Turns packets with and without copies into one stream of packets, each once.

    A copy becomes the packet it was made of, if that has not come: number and place follow from its timestamp and its
    neighbours. It is marked ``recovered`` and goes before the packet that carried it.
    """

    def __init__(self) -> None:
        self._ssrc: int | None = None
        self._unwrapper = SequenceUnwrapper()
        self._known: dict[int, int] = {}

    def plain(self, packet: Packet) -> list[Packet]:
        """An ordinary packet: itself, or nothing if it has come before."""
        seq = self._number(packet)
        return [packet] if self._is_news(seq, packet.timestamp) else []

    def red(self, packet: Packet, payload_type: int) -> list[Packet]:
        """A RED packet, unwrapped. Raises ValueError when it is malformed."""
        copies, payload = unwrap(packet.payload, payload_type)
        seq = self._number(packet)
        news = self._is_news(seq, packet.timestamp)
        packets = self._recovered(packet, seq, copies)
        return [*packets, packet._replace(payload=payload)] if news else packets

    def _recovered(self, packet: Packet, seq: int, copies: list[Copy]) -> list[Packet]:
        """The copies that are news, as packets, oldest first."""
        found = []
        for copy in reversed(copies):  # each one that is placed helps to place the one before
            timestamp = (packet.timestamp - copy.offset) & 0xFFFFFFFF
            number = self._place(timestamp, copy.payload, seq)
            if number is not None and self._is_news(number, timestamp):
                found.append(
                    packet._replace(
                        seq=number & 0xFFFF,
                        timestamp=timestamp,
                        payload=copy.payload,
                        marker=False,
                        recovered=True,
                    )
                )
        return found[::-1]

    def _number(self, packet: Packet) -> int:
        """The sequence number, unwrapped; another source begins anew."""
        previous = self._unwrapper.last
        seq = self._unwrapper.unwrap(packet.seq)
        if packet.ssrc != self._ssrc or (previous is not None and abs(seq - previous) > RESTART_JUMP):
            self._ssrc = packet.ssrc
            self._known.clear()
        return seq

    def _is_news(self, seq: int, timestamp: int) -> bool:
        if seq in self._known:
            return False
        self._known[seq] = timestamp
        while len(self._known) > KNOWN_PACKETS:
            del self._known[min(self._known)]
        return True

    def _place(self, timestamp: int, payload: bytes, carrier: int) -> int | None:
        """The number of the lost packet that this is a copy of; None if it was not lost, or its place is not sure.

        It is sure where one packet alone is missing, where the copy joins a neighbour in time, and where the missing
        frames fill the time between the neighbours to the sample; not after a pause of unknown place (DTX).
        """
        below = above = None
        for seq in sorted(self._known):
            ahead = timestamp_delta(self._known[seq], timestamp)
            if ahead == 0:
                return None
            if ahead < 0:
                below = seq
            elif above is None and seq <= carrier:
                above = seq
        if below is None or above is None or above - below < 2:
            return None
        after = timestamp_delta(timestamp, self._known[below])
        before = timestamp_delta(self._known[above], timestamp)
        length = _duration(payload)
        if above - below == 2 or before == length:
            return above - 1
        if length and (after == length or after + before == (above - below) * length):
            return below + after // length
        return None


def _duration(payload: bytes) -> int:
    """Samples in an Opus packet; 0 for anything else, which joins nothing."""
    try:
        return duration(payload)
    except OpusError:
        return 0
