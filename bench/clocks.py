"""Sound devices on clocks of their own, in simulated time, crossing into ours as the product lets them (``crossing.py``)."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from coachdesk.media.pcm import BLOCK_SAMPLES, BLOCK_SECONDS, RATE, Block, Samples
from coachdesk.media.soundcards.crossing import Capture, Playback

JITTER = 0.002
"""Seconds by which either thread wakes late, at most."""


def moments(period: float, seed: int) -> Iterator[float]:
    """When a thread wakes that should every ``period``, for ever."""
    generator = np.random.default_rng(seed)
    for start in itertools.count(1, 1000):
        for number, late in enumerate(generator.uniform(0, JITTER, 1000), start):
            yield number * period + late


def ticks(seconds: float) -> Iterator[float]:
    """When our own loop wakes, every 10 ms."""
    return itertools.islice(moments(BLOCK_SECONDS, seed=2), round(seconds / BLOCK_SECONDS))


def _piece(sound: Samples, at: int, count: int) -> Samples:
    """``count`` samples from ``at`` on, of a sound that is played round and round."""
    return sound.take(np.arange(at, at + count), mode="wrap")


class Mic:
    """A microphone whose clock is ``ppm`` fast and that hears ``sound`` by that clock, round and round.

    Attributes:
        blocks: what was read of it, one per tick; None where nothing was there.
        delays: what lay between it and us at each tick, in seconds.
    """

    def __init__(self, ppm: float, block_frames: int, sound: Samples) -> None:
        self.capture = Capture(1, block_frames)
        self.blocks: list[Block | None] = []
        self.delays: list[float] = []
        self._frames = block_frames
        self._period = block_frames / RATE / (1 + ppm * 1e-6)
        self._sound = sound
        self._put = 0

    def run(self, seconds: float) -> None:
        """From the beginning of time."""
        driver = moments(self._period, seed=1)
        due, last = next(driver), 0.0
        for now in ticks(seconds):
            while due <= now:
                self.driver_puts()
                due, last = next(driver), due
            elapsed = (now - last) * RATE
            self.delays.append((self.capture.ring.waiting + elapsed) / RATE)
            self.blocks.append(self.capture.read(elapsed))

    def driver_puts(self) -> None:
        """The driver has another block."""
        self.capture.ring.put(_piece(self._sound, self._put, self._frames))
        self._put += self._frames


class Speaker:
    """A loudspeaker whose clock is ``ppm`` fast.

    Attributes:
        played: the blocks it took, by its own clock.
        delays: what lay between us and it at each tick, in seconds.
    """

    def __init__(self, ppm: float, block_frames: int) -> None:
        self.playback = Playback(1, block_frames)
        self.played: list[Samples] = []
        self.delays: list[float] = []
        self._frames = block_frames
        self._period = block_frames / RATE / (1 + ppm * 1e-6)

    def run(self, seconds: float, sound: Samples) -> None:
        """From the beginning of time; ``sound`` round and round."""
        driver = moments(self._period, seed=1)
        due, last = next(driver), 0.0
        for number, now in enumerate(ticks(seconds)):
            while due <= now:
                out = bytearray(self._frames * 4)
                self.playback.deliver(out)
                self.played.append(np.frombuffer(out, np.float32))
                due, last = next(driver), due
            elapsed = (now - last) * RATE
            self.playback.write(_piece(sound, number * BLOCK_SAMPLES, BLOCK_SAMPLES), elapsed)
            self.delays.append((self.playback.ring.waiting - elapsed) / RATE)
