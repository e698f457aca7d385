"""When a running sound stream should be opened anew: with longer blocks, or to lose a delay that crept in. Pure."""

from __future__ import annotations

from collections import deque
from statistics import median

from coachdesk.media.pcm import BLOCK_SAMPLES

SAFE_AFTER = 3
"""So many underruns within ``UNDERRUN_WINDOW`` seconds call for blocks of 20 ms."""
UNDERRUN_WINDOW = 10.0
CALM_SECONDS = 60.0
"""So long without an underrun, blocks are 10 ms again. Each return to 20 ms doubles it, ..."""
MAX_CALM_SECONDS = 3600.0
"""... up to an hour: an unfit machine is disturbed less and less."""

CREPT_SECONDS = 0.008
"""A delay so much above the stream's best is worth the click of opening it again."""
WINDOW_READINGS = 100
"""A delay is the median of so many readings: one second."""
CREPT_WINDOWS = 3
REOPEN_PAUSE = 60.0
"""Seconds at least between two attempts to lose a delay."""

SOFT_PEAK = 0.003
"""-50 dBFS: a room, nobody speaking."""
PAUSE_TICKS = 30
"""300 ms are the end of a phrase, ..."""
PATIENCE_TICKS = 3000
"""... and after 30 s without one, a click is better than the wait."""

SAFE_BLOCK_FRAMES = 2 * BLOCK_SAMPLES


class BlockChoice:
    """Which block length a stream should have, from its underruns.

    Attributes:
        safe: 20 ms instead of 10.
    """

    def __init__(self) -> None:
        self.safe = False
        self._recent: deque[float] = deque(maxlen=SAFE_AFTER)
        self._calm_since = 0.0
        self._calm = CALM_SECONDS / 2

    def underran(self, now: float) -> None:
        """The driver had nothing to play, or nowhere to record to. ``now``: any clock's seconds."""
        self._recent.append(now)
        self._calm_since = now
        crowded = len(self._recent) == SAFE_AFTER and now - self._recent[0] <= UNDERRUN_WINDOW
        if crowded and not self.safe:
            self.safe = True
            self._calm = min(2 * self._calm, MAX_CALM_SECONDS)

    def tick(self, now: float) -> None:
        """Time goes by."""
        if self.safe and now - self._calm_since >= self._calm:
            self.safe = False
            self._recent.clear()


class Creep:
    """Whether a stream's delay has grown since it was opened, as it does after an underrun and then stays.

    Attributes:
        crept: the stream should be opened again when it is quiet.
    """

    def __init__(self) -> None:
        self._paused_until = 0.0
        self.reopened(-REOPEN_PAUSE)

    def reopened(self, now: float) -> None:
        """The stream was opened anew: whatever delay it has now is its best."""
        self._readings: list[float] = []
        self._best: float | None = None
        self._above = 0
        self.crept = False
        self._paused_until = now + REOPEN_PAUSE

    def reading(self, delay: float, now: float) -> None:
        """One block's delay as the driver tells it, and when, both in seconds."""
        self._readings.append(delay)
        if len(self._readings) == WINDOW_READINGS:
            self._judge(median(self._readings), now)
            self._readings.clear()

    def _judge(self, delay: float, now: float) -> None:
        self._best = delay if self._best is None else min(self._best, delay)
        self._above = self._above + 1 if delay > self._best + CREPT_SECONDS else 0
        self.crept = self._above >= CREPT_WINDOWS and now >= self._paused_until


class Pause:
    """Finds the moment at which a click would not fall into a word."""

    def __init__(self) -> None:
        self._soft_ticks = 0
        self._ticks = 0

    def tick(self, peak: float, wanted: bool) -> bool:
        """Whether it is now. ``peak``: of this block, full scale 1.0. ``wanted``: whether one is waited for at all."""
        self._soft_ticks = self._soft_ticks + 1 if peak < SOFT_PEAK else 0
        self._ticks = self._ticks + 1 if wanted else 0
        return wanted and (self._soft_ticks >= PAUSE_TICKS or self._ticks >= PATIENCE_TICKS)


class StreamHealth:
    """Watches one device's stream and says when to open it again, and with which blocks."""

    def __init__(self) -> None:
        self.blocks = BlockChoice()
        self._creep = Creep()
        self._pause = Pause()
        self._xruns = 0

    @property
    def block_frames(self) -> int:
        """How long the driver's blocks should be."""
        return SAFE_BLOCK_FRAMES if self.blocks.safe else BLOCK_SAMPLES

    def opened(self, now: float) -> None:
        """A new stream begins; its counters are 0."""
        self._creep.reopened(now)
        self._xruns = 0

    def tick(self, now: float, *, xruns: int, delay: float, peak: float, block_frames: int) -> bool:
        """Whether the stream should be opened anew at this moment; called once per 10 ms.

        ``xruns``: the driver's underruns or overruns since ``opened``; ``delay``: as it tells it; ``peak``: of the
        sound now; ``block_frames``: the blocks the stream has.
        """
        for _ in range(xruns - self._xruns):
            self.blocks.underran(now)
        self._xruns = xruns
        self.blocks.tick(now)
        self._creep.reading(delay, now)
        return self._pause.tick(peak, self._creep.crept or block_frames != self.block_frames)
