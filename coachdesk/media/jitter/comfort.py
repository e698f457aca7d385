"""Comfort noise: the background of a sound, made up while nothing comes, so that a line does not seem dead. Pure."""

from __future__ import annotations

import math

import numpy as np

from coachdesk.media.pcm import BLOCK_SAMPLES, RATE, Samples

CEILING_DBFS, CONTRAST_DB = -45.0, 15.0
"""Background is below that, or by so much softer than the loudest of late; what is made up is never louder than that."""
NOTHING_DBFS = -90.0
NEAR_DB = 6.0
"""A block within so much of the softest level belongs to the background."""
RISE_DB, FALL_DB = 0.05, 0.02
"""Per 10 ms block: how fast the softest level is given up, and the loudest forgotten."""
LEARN = 0.1
"""Weight of a block in the spectrum."""
KEPT_SECONDS, FADE_SECONDS = 1.0, 0.5
"""Without sound for so long, the sender is thought to have gone; the noise fades out then."""
_HOP, _SIZE = BLOCK_SAMPLES // 2, BLOCK_SAMPLES
_WINDOW = np.sin(np.pi * (np.arange(_SIZE) + 0.5) / _SIZE).astype(np.float32)


class ComfortNoise:
    """Learns the background from real sound, and makes noise of its level and spectrum."""

    def __init__(self) -> None:
        self._random = np.random.default_rng(0)
        self.reset()

    def reset(self) -> None:
        """Forgets what was heard; there is silence until something is heard again."""
        self._softest, self._loudest = 0.0, -120.0
        self._power = np.zeros(_SIZE // 2 + 1)
        self._made = 0
        self._overlap = np.zeros(_HOP, np.float32)
        self._left = np.zeros(0, np.float32)

    def learn(self, sound: Samples) -> None:
        """Real sound, 10 ms or more."""
        self._made = 0
        block = sound[:BLOCK_SAMPLES]
        level = 10 * math.log10(max(1e-12, float(np.dot(block, block)) / max(1, len(block))))
        self._softest = min(level, self._softest + RISE_DB)
        self._loudest = max(level, self._loudest - FALL_DB)
        if len(block) == _SIZE and level < self._softest + NEAR_DB:
            spectrum = np.abs(np.fft.rfft(block * _WINDOW)) ** 2
            self._power += (spectrum - self._power) * (LEARN if self._power.any() else 1.0)

    def make(self, samples: int) -> Samples:
        """The next ``samples`` of background; silence if it is unknown or has faded out."""
        if not self._audible():
            self._left = np.zeros(0, np.float32)
            return np.zeros(samples, np.float32)
        while len(self._left) < samples:
            self._left = np.concatenate([self._left, self._piece()])
        noise, self._left = self._left[:samples], self._left[samples:]
        past = (self._made + np.arange(samples, dtype=np.float32)) / RATE
        self._made += samples
        return noise * np.clip((KEPT_SECONDS + FADE_SECONDS - past) / FADE_SECONDS, 0.0, 1.0)

    def _audible(self) -> bool:
        known = self._softest < CEILING_DBFS or self._softest < self._loudest - CONTRAST_DB
        faded = self._made >= (KEPT_SECONDS + FADE_SECONDS) * RATE
        return known and not faded and self._softest > NOTHING_DBFS

    def _piece(self) -> Samples:
        """5 ms of random phases under the background's spectrum, overlapped by half."""
        phases = np.exp(2j * np.pi * self._random.random(len(self._power)))
        piece = np.fft.irfft(np.sqrt(self._power * self._limit()) * phases).astype(np.float32) * _WINDOW
        noise = self._overlap + piece[:_HOP]
        self._overlap = piece[_HOP:]
        return noise

    def _limit(self) -> float:
        """The factor of power that keeps the noise below the ceiling."""
        power = 2 * float(self._power.sum()) / _SIZE**2
        return min(2.0, 10 ** (CEILING_DBFS / 10) / power) if power > 0 else 0.0
