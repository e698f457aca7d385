"""Which packets of a stream are missing, and when to ask for them again (RFC 4585 generic NACK). Pure;
time is passed in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from coachdesk.media.packet import SequenceUnwrapper

RETRY_AFTER = (0.03, 0.05, 0.08, 0.12, 0.2, 0.3)
"""Seconds from each request for video to the next; after the last one the packet is given up (0.8 s in all). Where the way
is longer, an answer is waited for."""
PATIENT_RETRY_AFTER = (*RETRY_AFTER, 0.4, 0.4, 0.4, 0.4, 0.4)
"""The same for a screen, whose pictures may take seconds on a slow line, and cost more than packets that come late."""
ANSWER_TIMES = 1.2
"""So many round trips is an answer waited for."""
MAX_MISSING = 128
"""A longer gap is not asked for: browsers keep no more, and a keyframe is cheaper."""
PATIENT_MAX_MISSING = 512
SOUND_TRIES = 2
SOUND_PATIENCE = 0.01
"""Seconds a packet of sound may be out of order, or on its way as a copy, before it is asked for."""
SOUND_LONGEST_RTT = 0.12
"""Seconds of round trip above which sound would come too late to be played."""
SOUND_MAX_MISSING = 16
RTT_TRUSTED_SECONDS = 30.0
LOSS_MEMORY = 200
"""Packets over which loss is averaged to decide whether asking for sound is worth while."""
LOSS_ON, LOSS_OFF = 0.008, 0.002


@dataclass(slots=True)
class _Wanted:
    due: float
    asked_at: float | None = None
    tries: int = 0


class NackTracker:
    """Missing packets of one stream. As it stands, for video: reordering is not waited for, since a needless
    request costs less than a late picture.

    ``rtt``: the round trip in seconds as the peer connection knows it; None: it does not.
    """

    def __init__(self, retry_after: Sequence[float] = RETRY_AFTER, max_missing: int = MAX_MISSING) -> None:
        """``max_missing``: a packet is given up when so many later ones have come."""
        self.rtt: float | None = None
        self._tries = retry_after
        self._unwrapper = SequenceUnwrapper()
        self._highest: int | None = None
        self._wanted: dict[int, _Wanted] = {}
        self._patience = 0.0
        self._max_missing = max_missing

    def add(self, seq: int, now: float) -> bool:
        """Note an arrived packet and what its number shows to be missing. Whether it had been asked for."""
        extended = self._unwrapper.unwrap(seq)
        wanted = self._wanted.pop(extended, None)
        if self._highest is None or abs(extended - self._highest) > self._max_missing:
            self._wanted.clear()
            self._highest = extended
            return False
        for missing in range(self._highest + 1, extended):
            self._wanted[missing] = _Wanted(now + self._patience)
        self._advanced(extended - self._highest)
        self._highest = max(self._highest, extended)
        self._forget_below(self._highest - self._max_missing)
        if wanted is None or wanted.asked_at is None:
            return False
        self._answered(now - wanted.asked_at, wanted.tries, now)
        return True

    def due(self, now: float) -> list[int]:
        """Sequence numbers (16 bits) to ask for now; each is asked for a bounded number of times."""
        asked = []
        for extended, wanted in list(self._wanted.items()):
            if wanted.due > now:
                continue
            if wanted.tries == len(self._retry_after):
                del self._wanted[extended]
                continue
            wanted.due = now + self._retry_after[wanted.tries]
            wanted.asked_at = now
            wanted.tries += 1
            asked.append(extended & 0xFFFF)
        return asked

    @property
    def next_due(self) -> float | None:
        """When ``due`` will next have something to do, if ever."""
        return min((wanted.due for wanted in self._wanted.values()), default=None)

    @property
    def _retry_after(self) -> Sequence[float]:
        least = ANSWER_TIMES * (self.rtt or 0.0)
        return [max(each, least) for each in self._tries]

    def _advanced(self, by: int) -> None:
        """The highest number has grown by so much."""

    def _answered(self, took: float, tries: int, now: float) -> None:
        """A packet that was asked for has come, ``took`` seconds after the last of so many tries."""

    def _forget_below(self, lowest: int) -> None:
        for extended in [number for number in self._wanted if number < lowest]:
            del self._wanted[extended]


class SoundNackTracker(NackTracker):
    """Missing packets of sound: asked for while something is lost now and then, and an answer can be in time.

    Without ``rtt`` it goes by how long answers take.
    """

    def __init__(self) -> None:
        super().__init__()
        self._patience = SOUND_PATIENCE
        self._max_missing = SOUND_MAX_MISSING
        self._measured: tuple[float, float] | None = None
        self._loss = 0.0
        self._lossy = False

    def due(self, now: float) -> list[int]:
        if self._lossy and (self._round_trip(now) or 0.0) <= SOUND_LONGEST_RTT:
            return super().due(now)
        for extended in [number for number, wanted in self._wanted.items() if wanted.due <= now]:
            del self._wanted[extended]
        return []

    @property
    def _retry_after(self) -> Sequence[float]:
        rtt = self.rtt if self.rtt is not None else self._measured[0] if self._measured else 0.06
        return (max(0.03, 1.5 * rtt),) * SOUND_TRIES

    def _advanced(self, by: int) -> None:
        if by > 0:
            kept = (1 - 1 / LOSS_MEMORY) ** by
            self._loss = self._loss * kept + (by - 1) / LOSS_MEMORY
        elif by < 0:
            self._loss = max(0.0, self._loss - 1 / LOSS_MEMORY)  # late is not lost
        if self._loss >= LOSS_ON:
            self._lossy = True
        elif self._loss < LOSS_OFF:
            self._lossy = False

    def _answered(self, took: float, tries: int, now: float) -> None:
        self._loss += 1 / LOSS_MEMORY  # had it not been asked for, it would have stayed lost
        if tries == 1:
            self._measured = took, now

    def _round_trip(self, now: float) -> float | None:
        if self.rtt is not None:
            return self.rtt
        if self._measured is not None and now - self._measured[1] < RTT_TRUSTED_SECONDS:
            return self._measured[0]
        return None
