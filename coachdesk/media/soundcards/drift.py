"""Holding the sound that waits between two clocks at its target, by reading it a hair faster or slower. Pure."""

from __future__ import annotations

import math

from coachdesk.media.pcm import BLOCK_SAMPLES, BLOCK_SECONDS, RATE
from coachdesk.media.soundcards.resample import MAX_DEVIATION

MARGIN = RATE * 4 // 1000
"""Frames in hand for threads that wake late: 4 ms, ..."""
MARGIN_STEP = RATE * 5 // 1000
"""... 5 ms more after each time the sound ran dry, ..."""
MAX_MARGIN = RATE * 40 // 1000
MARGIN_DECAY = RATE / 10_000 * BLOCK_SECONDS
"""... and 0.1 ms less after each second in which it did not."""

GENTLE_SECONDS, FAR = 30.0, RATE * 0.002
"""What is off target by less than 2 ms goes back slowly, since an echo canceller has to follow each change of speed;
what is off by more much faster."""


class Drift:
    """A control loop, stepped once per 10 ms block.

    Attributes:
        target: frames that should be waiting: ``base``, and a margin that follows how often sound ran dry.
    """

    def __init__(self, base: int) -> None:
        self._base = base
        self._margin = float(MARGIN)
        self._clocks = _Clocks()
        self._underruns = 0

    @property
    def target(self) -> int:
        return self._base + round(self._margin)

    @property
    def ppm(self) -> float:
        """By how much the putting side's clock is found to be faster than the taking side's."""
        return self._clocks.drift * 1e6

    def step(self, waiting: float, underruns: int) -> float:
        """The ratio, input to output, of the resampler that reads what is waiting.

        ``waiting``: frames, of which those count in part that the driver is about to move. ``underruns``: so far.
        """
        if underruns != self._underruns:
            self._clocks.level = UNKNOWN
        self._learn(underruns)
        self._clocks.look(waiting)
        surplus = self._clocks.level - self.target
        back = surplus / (GENTLE_SECONDS * RATE) * (1 + (surplus / FAR) ** 2)
        return 1.0 + self._clocks.read(self._clocks.drift + back)

    def _learn(self, underruns: int) -> None:
        grown = (underruns - self._underruns) * MARGIN_STEP
        self._underruns = underruns
        self._margin = min(MAX_MARGIN, max(MARGIN, self._margin + grown - MARGIN_DECAY))


UNEVEN = RATE * 0.001
"""Frames by which threads that wake at uneven times blur one look at the level, at first (standard deviation)."""
LEAP = RATE * 0.020
"""A level that is off by more frames has leapt, which tells nothing of clocks."""
USUAL_DRIFT = 150e-6
"""What clocks of sound devices differ by, before anything is known (standard deviation), ..."""
DRIFT_CHANGE = 0.2e-6
"""... and what that changes by in a second."""
LEVEL_CHANGE = 0.01
"""How much less sure, in parts of a look's blur, the level is after each block: more or less may have come."""
UNKNOWN = -math.inf
OUTLIER = 3.0
"""Standard deviations beyond which a look counts no more than there."""


class _Clocks:
    """Level and drift by a Kalman filter (R. E. Kalman, 1960): sure of the drift within 10 to 20 s, steady from then on.

    Attributes:
        level: frames waiting, as if all threads woke evenly.
        drift: by how much faster one clock puts than the other takes.
    """

    def __init__(self) -> None:
        self.level = UNKNOWN
        self.drift = 0.0
        self._faster = 0.0
        self._blur = UNEVEN**2
        # Covariance of the level, in frames, and the drift, in frames per block.
        self._levels, self._both, self._drifts = UNEVEN**2, 0.0, (USUAL_DRIFT * BLOCK_SAMPLES) ** 2

    def read(self, faster: float) -> float:
        """The next block will be read so much faster, or as much as is possible, which is returned."""
        self._faster = max(-MAX_DEVIATION, min(MAX_DEVIATION, faster))
        return self._faster

    def look(self, waiting: float) -> None:
        """One block later, so many frames are waiting."""
        self.level += (self.drift - self._faster) * BLOCK_SAMPLES
        self._levels += 2 * self._both + self._drifts + LEVEL_CHANGE**2 * self._blur
        self._both += self._drifts
        self._drifts += (DRIFT_CHANGE * BLOCK_SAMPLES) ** 2 * BLOCK_SECONDS
        surprise = waiting - self.level
        if abs(surprise) > LEAP:
            self.level = waiting
        else:
            self._correct(surprise)

    def _correct(self, surprise: float) -> None:
        self._blur += (surprise**2 - self._blur) * BLOCK_SECONDS
        most = OUTLIER * self._blur**0.5
        surprise = max(-most, min(most, surprise))
        level_gain, drift_gain = (each / (self._levels + self._blur) for each in (self._levels, self._both))
        self.level += level_gain * surprise
        self.drift += drift_gain * surprise / BLOCK_SAMPLES
        self._drifts -= drift_gain * self._both
        self._both -= level_gain * self._both
        self._levels -= level_gain * self._levels
