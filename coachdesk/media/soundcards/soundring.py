"""A ring of sound between a driver's thread and the loop, without locks: one side puts, one takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from coachdesk.media.pcm import RATE

CAPACITY = RATE // 2
"""Frames: half a second."""
SAMPLE_BYTES = 4


class SoundRing:
    """Interleaved float32. One side only writes, the other alone decides what is too old.

    All memory is made beforehand, so a driver's callback may use either side. Each counter has one writer.

    Attributes:
        keep, limit: when more than ``limit`` frames wait, the taking side drops all but the newest ``keep``.
        serving: whether the last ``take`` found what it wanted.
        underruns: how often the taking side ran dry after it had been served.
        dropped: frames passed over while serving, because too many were waiting.
    """

    def __init__(self, channels: int, *, keep: int, limit: int) -> None:
        self.channels = channels
        self._frame_bytes = channels * SAMPLE_BYTES
        self._memory = memoryview(bytearray(CAPACITY * self._frame_bytes))
        self._written = 0
        self._taken = 0
        self.keep, self.limit = keep, limit
        self.serving = False
        self.underruns = 0
        self.dropped = 0

    @property
    def waiting(self) -> int:
        """Frames put and not taken yet."""
        return self._written - self._taken

    def put(self, data: Any) -> None:
        """Adds any buffer of whole frames. Overwrites what has waited longest."""
        data = memoryview(data).cast("B")
        for ours, theirs in self._parts(self._written, len(data)):
            self._memory[ours] = data[theirs]
        self._written += len(data) // self._frame_bytes

    def take(self, out: Any) -> bool:
        """Fills ``out`` with the oldest sound; with silence, and returns False, when there is not enough."""
        out = memoryview(out).cast("B")
        frames = len(out) // self._frame_bytes
        enough = self.waiting >= frames
        if enough:
            for ours, theirs in self._parts(self._taken, len(out)):
                out[theirs] = self._memory[ours]
            self._taken += frames
        else:
            self.underruns += self.serving
            out[:] = bytes(len(out))
        self.serving = enough
        return enough

    def skip(self, frames: int) -> None:
        """The taking side passes over up to ``frames`` frames."""
        self._taken += min(frames, self.waiting)

    def drop_stale(self) -> None:
        """The taking side drops what has waited too long."""
        stale = self.waiting - self.keep
        if self.waiting > self.limit:
            self.skip(stale)
            self.dropped += stale if self.serving else 0

    def _parts(self, frame: int, size: int) -> Iterator[tuple[slice, slice]]:
        """Where ``size`` bytes from ``frame`` on lie in the memory, and which of them: two parts where it wraps."""
        start, done = frame % CAPACITY * self._frame_bytes, 0
        while done < size:
            part = min(size - done, len(self._memory) - start)
            yield slice(start, start + part), slice(done, done + part)
            start, done = 0, done + part
