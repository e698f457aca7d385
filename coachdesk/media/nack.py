"""Which packets of a stream are missing, and when to ask for them again (RFC 4585 generic NACK). Pure;
time is passed in.
"""

from __future__ import annotations

from dataclasses import dataclass

from coachdesk.media.packet import SequenceUnwrapper

RETRY_AFTER = (0.03, 0.05, 0.08, 0.12, 0.2, 0.3)
"""Seconds from each request to the next; after the last one the packet is given up (0.8 s in all)."""
MAX_MISSING = 128
"""A longer gap is not asked for: senders keep no more, and a keyframe is cheaper."""


@dataclass(slots=True)
class _Wanted:
    due: float
    tries: int = 0


class NackTracker:
    """Missing packets of one stream. Reordering is not waited for: a needless request costs less than a
    late picture.
    """

    def __init__(self) -> None:
        self._unwrapper = SequenceUnwrapper()
        self._highest: int | None = None
        self._wanted: dict[int, _Wanted] = {}

    def add(self, seq: int, now: float) -> None:
        """Note an arrived packet and what its number shows to be missing."""
        extended = self._unwrapper.unwrap(seq)
        self._wanted.pop(extended, None)
        if self._highest is None or abs(extended - self._highest) > MAX_MISSING:
            self._wanted.clear()
            self._highest = extended
            return
        for missing in range(self._highest + 1, extended):
            self._wanted[missing] = _Wanted(now)
        self._highest = max(self._highest, extended)
        self._forget_below(self._highest - MAX_MISSING)

    def due(self, now: float) -> list[int]:
        """Sequence numbers (16 bits) to ask for now; each is asked for ``len(RETRY_AFTER)`` times at most."""
        asked = []
        for extended, wanted in list(self._wanted.items()):
            if wanted.due > now:
                continue
            if wanted.tries == len(RETRY_AFTER):
                del self._wanted[extended]
                continue
            wanted.due = now + RETRY_AFTER[wanted.tries]
            wanted.tries += 1
            asked.append(extended & 0xFFFF)
        return asked

    @property
    def next_due(self) -> float | None:
        """When ``due`` will next have something to do, if ever."""
        return min((wanted.due for wanted in self._wanted.values()), default=None)

    def _forget_below(self, lowest: int) -> None:
        for extended in [number for number in self._wanted if number < lowest]:
            del self._wanted[extended]
