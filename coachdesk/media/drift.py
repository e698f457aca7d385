"""Holding the sound that waits between two clocks at its target, by reading it a hair faster or slower. Pure."""

from __future__ import annotations

from coachdesk.media.pcm import BLOCK_SECONDS, RATE
from coachdesk.media.resample import MAX_DEVIATION

MARGIN = RATE * 4 // 1000
"""Frames in hand for threads that wake late: 4 ms, ..."""
MARGIN_STEP = RATE * 5 // 1000
"""... 5 ms more after each time the sound ran dry, ..."""
MAX_MARGIN = RATE * 40 // 1000
MARGIN_DECAY = RATE / 10_000 * BLOCK_SECONDS
"""... and 0.1 ms less after each second in which it did not."""

_SMOOTHING = BLOCK_SECONDS / 1.0
"""What one block counts: threads wake at uneven times, clocks differ evenly."""
_PROPORTIONAL = MAX_DEVIATION / (RATE * 0.005)
"""The whole deviation for 5 ms too much: the error shrinks to a third every 5 s."""
_INTEGRAL = _PROPORTIONAL * BLOCK_SECONDS / 20.0


class Drift:
    """A proportional and integral control loop, stepped once per 10 ms block.

    Attributes:
        target: frames that should be waiting: ``base``, and a margin that follows how often sound ran dry.
    """

    def __init__(self, base: int) -> None:
        self._base = base
        self._margin = float(MARGIN)
        self._error = 0.0
        self._offset = 0.0
        self._underruns = 0

    @property
    def target(self) -> int:
        return self._base + round(self._margin)

    @property
    def ppm(self) -> float:
        """By how much the putting side's clock is found to be faster than the taking side's."""
        return self._offset * 1e6

    def step(self, waiting: float, underruns: int) -> float:
        """The ratio, input to output, of the resampler that reads what is waiting.

        ``waiting``: frames, of which those count in part that the driver is about to move. ``underruns``: so far.
        """
        self._learn(underruns)
        self._error += (waiting - self.target - self._error) * _SMOOTHING
        wanted = self._offset + _PROPORTIONAL * self._error
        if abs(wanted) < MAX_DEVIATION:
            self._offset += _INTEGRAL * self._error
        return 1.0 + max(-MAX_DEVIATION, min(MAX_DEVIATION, wanted))

    def _learn(self, underruns: int) -> None:
        grown = (underruns - self._underruns) * MARGIN_STEP
        self._underruns = underruns
        self._margin = min(MAX_MARGIN, max(MARGIN, self._margin + grown - MARGIN_DECAY))
