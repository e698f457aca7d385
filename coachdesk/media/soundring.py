"""A ring of 10 ms blocks between a driver's thread and the loop, without locks: one side puts, one takes."""

from __future__ import annotations

from typing import Any

from coachdesk.media.pcm import BLOCK_SAMPLES

CAPACITY = 16
_SAMPLE_BYTES = 4


class SoundRing:
    """Blocks of interleaved float32. One side only writes, the other alone decides what is too old.

    All memory is made beforehand, so a driver's callback may use either side. Each counter has one writer.

    Attributes:
        underruns: how often the taking side found nothing although it had been served before.
        dropped: blocks never taken because too many were waiting.
    """

    def __init__(self, channels: int, *, prime: int, keep: int, limit: int) -> None:
        """Serving starts with ``prime`` blocks; beyond ``limit`` all but the newest ``keep`` are dropped."""
        self.block_bytes = BLOCK_SAMPLES * channels * _SAMPLE_BYTES
        self._slots = [memoryview(bytearray(self.block_bytes)) for _ in range(CAPACITY)]
        self._prime, self._keep, self._limit = prime, keep, limit
        self._written = 0
        self._taken = 0
        self._serving = False
        self.underruns = 0
        self.dropped = 0

    def put(self, data: Any) -> None:
        """Adds one block: any buffer of ``block_bytes`` bytes. Overwrites what has waited longest."""
        self._slots[self._written % CAPACITY][:] = data
        self._written += 1

    def take(self) -> memoryview | None:
        """The oldest block worth having, valid until the ring has gone round; None when there is none yet."""
        waiting = self._written - self._taken
        if waiting > self._limit:
            self.dropped += waiting - self._keep
            self._taken = self._written - self._keep
            waiting = self._keep
        if waiting == 0 and self._serving:
            self.underruns += 1
            self._serving = False
        if not self._serving and waiting < self._prime:
            return None
        self._serving = True
        slot = self._slots[self._taken % CAPACITY]
        self._taken += 1
        return slot
