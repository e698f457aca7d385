"""The fields of an RTP packet that our own code reads, and arithmetic on its wrapping counters (RFC 3550).
Pure.
"""

from __future__ import annotations

from typing import NamedTuple

VIDEO_RATE = 90_000
"""Units of the RTP clock of VP8 in a second (RFC 7741, 4.1)."""
CLOCK_RATES = {"audio": 48_000, "video": VIDEO_RATE}
"""Units of the RTP clock in a second; of Opus by RFC 7587, 4.1."""


class Packet(NamedTuple):
    """One received RTP packet. ``arrival`` is ``time.monotonic()`` seconds; ``timestamp`` is in units of
    the RTP clock. ``recovered``: it was lost, and came as a redundant copy or a retransmission.
    """

    seq: int
    timestamp: int
    marker: bool
    payload: bytes
    ssrc: int
    arrival: float
    recovered: bool = False


def seq_delta(a: int, b: int) -> int:
    """How far 16-bit sequence number ``a`` is ahead of ``b``: -32768 to 32767.

    >>> seq_delta(2, 65535)
    3
    """
    return (a - b + 0x8000) % 0x10000 - 0x8000


def timestamp_delta(a: int, b: int) -> int:
    """How far 32-bit timestamp ``a`` is ahead of ``b``."""
    return (a - b + 0x80000000) % 0x100000000 - 0x80000000


class SequenceUnwrapper:
    """Turns 16-bit sequence numbers into ever-growing integers, by the shortest way from the last one seen."""

    def __init__(self) -> None:
        self.last: int | None = None

    def unwrap(self, seq: int) -> int:
        if self.last is None:
            self.last = seq
        else:
            self.last += seq_delta(seq, self.last & 0xFFFF)
        return self.last
