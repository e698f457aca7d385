"""Whether somebody speaks in a sound, in spite of steady noise: good for talk time, not to cut a recording. Pure.

Each band of the spectrum is compared with its own noise floor, the least it had in the last 1.6 s (minimum statistics,
R. Martin, 2001), by the log-likelihood ratio of noise alone (J. Sohn, 1999). A tone that never pauses is noise.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from coachdesk.media.mixer import dbfs
from coachdesk.media.pcm import BLOCK_SAMPLES, RATE, Block

ON_DBFS = -50.0
"""Speech at a headset has -35 to -15 dBFS; breath and room stay below this."""
ON_LIKELIHOOD, OFF_LIKELIHOOD = 0.7, 0.45
"""Log-likelihood ratio, mean over the bands, above which there is speech, and below which there is none."""
ATTACK_BLOCKS = 5
"""50 ms above the threshold, so that a click is no speech."""
HANGOVER_BLOCKS = 40
"""400 ms below it, so that a pause between words is no end."""

BANDS = 18
BAND_HZ = (120.0, 7000.0)
WINDOWS, WINDOW_BLOCKS = 8, 20
"""The noise floor is the least of eight windows of 200 ms."""
SETTLING_BLOCKS = 10
"""Until the smoothed power is smooth."""
_BIAS = 1.8
"""How much louder noise is on average than the least of it, smoothed, in 1.6 s."""
_SMOOTHING = 0.7
_FLOOR = 1e-9

Row = NDArray[np.float64]


class NoiseFloor:
    """Power of the noise in each band; everything is noise until proved otherwise."""

    def __init__(self) -> None:
        self._smooth: Row | None = None
        self._least = np.full((WINDOWS, BANDS), np.inf)
        self._blocks = 0

    @property
    def known(self) -> bool:
        """After the first window."""
        return self._blocks > WINDOW_BLOCKS

    def push(self, power: Row) -> Row:
        """The floor after a block with this power in each band, shape (BANDS,)."""
        smooth = power if self._smooth is None else _SMOOTHING * self._smooth + (1 - _SMOOTHING) * power
        self._smooth = smooth
        window = self._blocks // WINDOW_BLOCKS % WINDOWS
        if self._blocks % WINDOW_BLOCKS == 0 or self._blocks < SETTLING_BLOCKS:
            self._least[window] = smooth
        else:
            np.minimum(self._least[window], smooth, out=self._least[window])
        self._blocks += 1
        return np.asarray(_BIAS * self._least.min(axis=0) + _FLOOR)


class SpeechDetector:
    """Fed every 10 ms block of one sound."""

    def __init__(self) -> None:
        self._floor = NoiseFloor()
        self._past = np.zeros(BLOCK_SAMPLES, np.float32)
        self._likelihood = 0.0
        self._speaking = False
        self._run = 0

    def push(self, block: Block) -> bool:
        """Whether there is speech after this block."""
        against = self._like_speech(block) is not self._speaking
        self._run = self._run + 1 if against else 0
        if self._run >= (HANGOVER_BLOCKS if self._speaking else ATTACK_BLOCKS):
            self._speaking = not self._speaking
            self._run = 0
        return self._speaking

    def _like_speech(self, block: Block) -> bool:
        frame = np.concatenate((self._past, block))
        self._past = block
        power = _BAND_OF_BIN @ np.abs(np.fft.rfft(frame * _WINDOW)) ** 2
        floor = self._floor.push(power)
        if not self._floor.known or dbfs(block) < ON_DBFS:
            now = 0.0
        else:
            ratio = np.maximum(power / floor, 1.0)
            now = float(np.mean(ratio - np.log(ratio) - 1.0))
        self._likelihood = 0.6 * self._likelihood + 0.4 * min(now, 2.5)
        return self._likelihood >= (OFF_LIKELIHOOD if self._speaking else ON_LIKELIHOOD)


def _erb(hertz: ArrayLike) -> Row:
    """Place on the ear's scale of equivalent rectangular bandwidths (Glasberg and Moore, 1990)."""
    return np.asarray(21.4 * np.log10(1 + 0.00437 * np.asarray(hertz)))


def _band_of_bin() -> Row:
    """Mean power over each band, as a matrix of shape (BANDS, bins); bands are equally wide to the ear (ERB)."""
    bins = np.fft.rfftfreq(2 * BLOCK_SAMPLES, 1 / RATE)
    edges = np.linspace(float(_erb(BAND_HZ[0])), float(_erb(BAND_HZ[1])), BANDS + 1)
    scale = _erb(bins)
    inside = (edges[:-1, np.newaxis] <= scale) & (scale < edges[1:, np.newaxis])
    nearest = np.abs(scale - (edges[:-1, np.newaxis] + edges[1:, np.newaxis]) / 2).argmin(axis=1)
    inside[np.arange(BANDS), nearest] = True
    return np.asarray(inside / inside.sum(axis=1, keepdims=True), np.float64)


_WINDOW = np.hanning(2 * BLOCK_SAMPLES).astype(np.float32) / np.float32(np.sqrt(BLOCK_SAMPLES))
_BAND_OF_BIN = _band_of_bin()
