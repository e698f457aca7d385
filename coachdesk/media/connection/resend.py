"""Packets of video that are asked for again: which to send once more, and what share of all that goes out is lost. Pure."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Generic, TypeVar

WINDOW_SECONDS, LEAST_PACKETS = 0.8, 24
"""What was sent within so long counts for the share of what is lost, and so many packets at least."""
MOST_WAITING = 256
KEPT = 1024
"""Packets: more than a second at 8 Mb/s."""


Sent = TypeVar("Sent")


@dataclass(slots=True, eq=False)
class _Passage:
    """A packet that went out once."""

    seq: int
    time: float
    lost: bool = False


class Resend(Generic[Sent]):
    """Keeps what goes out. Each packet waits at most once to be sent again, and is not before the answer to the last time
    can be there.
    """

    def __init__(self) -> None:
        self._kept: dict[int, Sent] = {}
        self._waiting: dict[int, None] = {}
        self._resent: dict[int, float] = {}
        self._passages: deque[_Passage] = deque()
        self._newest: dict[int, _Passage] = {}
        self._lost = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def keep(self, seq: int, packet: Sent) -> None:
        """A new packet of this number, 16 bits."""
        self._kept.pop(seq, None)
        self._kept[seq] = packet
        while len(self._kept) > KEPT:
            oldest = next(iter(self._kept))
            del self._kept[oldest]
            self._waiting.pop(oldest, None)

    def ask(self, seq: int, answer: float, now: float) -> None:
        """The far end misses the packet of this number. ``answer``: seconds within which what was sent again may still
        be on its way there.
        """
        before = self._resent.get(seq)
        if seq not in self._kept or seq in self._waiting or len(self._waiting) >= MOST_WAITING:
            return
        if before is None or now - before >= answer:
            self._waiting[seq] = None
            passage = self._newest.get(seq)
            if passage is not None and not passage.lost:
                passage.lost = True
                self._lost += 1

    def take(self, now: float) -> tuple[int, Sent]:
        """Number and packet of the one that has waited longest, which goes out now."""
        seq = next(iter(self._waiting))
        del self._waiting[seq]
        self._resent[seq] = now
        while len(self._resent) > MOST_WAITING:
            del self._resent[next(iter(self._resent))]
        return seq, self._kept[seq]

    def sent(self, seq: int, now: float) -> None:
        """The packet goes out, for the first time or again."""
        passage = self._newest[seq] = _Passage(seq, now)
        self._passages.append(passage)
        while len(self._passages) > LEAST_PACKETS and self._passages[0].time < now - WINDOW_SECONDS:
            gone = self._passages.popleft()
            self._lost -= gone.lost
            if self._newest.get(gone.seq) is gone:
                del self._newest[gone.seq]

    def clear(self) -> None:
        """Nothing is sent again of what has gone out."""
        self._waiting.clear()
        self._kept.clear()

    @property
    def loss(self) -> float:
        """Share of what went out lately that was lost; what a queue that overflows shows first."""
        return self._lost / max(len(self._passages), LEAST_PACKETS)
