"""Sound crossing between a sound device's clock and ours: a ring, a resampler, and what keeps the ring at its level.

Pure: the driver's side of the ring is whoever puts into it or takes from it.
"""

from __future__ import annotations

import numpy as np

from coachdesk.media.pcm import BLOCK_SAMPLES, RATE, Block, Stereo, mono, on_channels
from coachdesk.media.soundcards.drift import Drift
from coachdesk.media.soundcards.resample import Frames, Resampler
from coachdesk.media.soundcards.soundring import SoundRing

SURPLUS = RATE * 40 // 1000
"""Frames more than wanted that are still played; beyond, after a stall, the oldest are dropped."""
MOST_CUT = BLOCK_SAMPLES * 3 // 4
"""Frames that are left out at most, when a speaker begins, to be at the level at once."""


class Capture:
    """What a microphone's driver puts into ``ring``, read in 10 ms blocks of our clock.

    ``block_frames``: how much the driver puts at a time.
    """

    def __init__(self, channels: int, block_frames: int) -> None:
        self._drift = Drift(BLOCK_SAMPLES + block_frames)
        self._resampler = Resampler(channels)
        self.ring = SoundRing(channels, keep=0, limit=0)

    @property
    def drift_ppm(self) -> float:
        """By how much the device's clock is found to be faster than ours."""
        return self._drift.ppm

    def read(self, elapsed: float) -> Block | None:
        """The next 10 ms; None when they are not there. ``elapsed``: frames since the driver last put."""
        ring, target = self.ring, self._drift.target
        ring.keep, ring.limit = target, target + SURPLUS
        ring.drop_stale()
        waiting = ring.waiting + elapsed
        if not ring.serving:
            if waiting < target:
                return None
            ring.skip(round(waiting - target))
            waiting = float(target)
        self._resampler.ratio = self._drift.step(waiting, ring.underruns)
        frames = np.empty((self._resampler.needs(BLOCK_SAMPLES), ring.channels), np.float32)
        if len(frames) and not ring.take(frames):
            return None
        self._resampler.feed(frames)
        return mono(self._resampler.take(BLOCK_SAMPLES))


class Playback:
    """10 ms blocks of our clock, taken from ``ring`` by a speaker's driver, ``block_frames`` at a time."""

    def __init__(self, channels: int, block_frames: int) -> None:
        self._drift = Drift(BLOCK_SAMPLES)
        self._resampler = Resampler(channels)
        self._block_frames = block_frames
        self._levelled = -1
        self.ring = SoundRing(channels, keep=0, limit=0)
        self._set_level()

    @property
    def drift_ppm(self) -> float:
        """As in ``Capture``."""
        return -self._drift.ppm

    def write(self, block: Block | Stereo, elapsed: float) -> None:
        """Queues 10 ms. ``elapsed``: frames since the driver last took.

        When the driver begins, there is half a block too little or too much on average: that is set right at once, while
        a seam does no harm, rather than by a speed that takes a minute to become steady.
        """
        ring, missing = self.ring, 0
        if ring.serving:
            waiting = ring.waiting + BLOCK_SAMPLES - elapsed
            if self._levelled != ring.underruns:
                missing = max(round(self._drift.target - waiting), -MOST_CUT)
                self._levelled = ring.underruns
            self._resampler.ratio = self._drift.step(waiting + missing, ring.underruns)
            self._set_level()
        self._resampler.feed(on_channels(block, ring.channels))
        frames = self._resampler.take(self._resampler.ready())
        ring.put(np.ascontiguousarray(_longer(frames, missing)))

    def deliver(self, out: bytearray | memoryview) -> None:
        """The driver's side: fills ``out``, with silence while there is not enough. Only copies."""
        ring = self.ring
        ring.drop_stale()
        if ring.serving or ring.waiting >= ring.keep:
            ring.take(out)
        else:
            out[:] = bytes(len(out))

    def _set_level(self) -> None:
        """Where the driver begins, and what is too much for it."""
        self.ring.keep = self._drift.target - BLOCK_SAMPLES + self._block_frames
        self.ring.limit = self.ring.keep + BLOCK_SAMPLES + SURPLUS


def _longer(frames: Frames, by: int) -> Frames:
    """With so many frames of silence before them, or, if negative, without the first."""
    silence = np.zeros((max(0, by), frames.shape[1]), np.float32)
    return np.concatenate([silence, frames[max(0, -by) :]])
