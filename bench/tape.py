"""What was said or heard at one place: blocks of 10 ms with the times they came at, and the timeline made of them.

A microphone's block comes when its last sample has been spoken, a loudspeaker's when its first one is due: so a stamp says
when a block's *first* sample was spoken or heard, as if both devices had one block of buffer and nothing more. All parties
are measured so; what real devices add is the same for all and left out.
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from coachdesk.media.pcm import BLOCK_SAMPLES, BLOCK_SECONDS, Samples

RATE = 16_000
"""Of a timeline: what PESQ-WB wants."""
SMOOTHED_BLOCKS = 50
"""A block's true time is the median of its neighbours' over a second: programs are late now and then, sound cards not."""
LEAP_SECONDS = 0.003
"""A shift of that median by more is real: blocks were left out or inserted."""


class Tape:
    """Collects sound at 48 kHz, some whole blocks of 480 samples at a time."""

    def __init__(self) -> None:
        self._stamps: list[float] = []
        self._sound: list[Samples] = []

    def spoken(self, samples: Samples) -> None:
        """From the microphone, now."""
        self._add(samples, time.monotonic() - len(samples) / BLOCK_SAMPLES * BLOCK_SECONDS)

    def heard(self, samples: Samples) -> None:
        """For the loudspeaker, now."""
        self._add(samples, time.monotonic())

    def _add(self, samples: Samples, stamp: float) -> None:
        self._stamps += [stamp + number * BLOCK_SECONDS for number in range(len(samples) // BLOCK_SAMPLES)]
        self._sound.append(samples)

    def save(self, path: Path) -> None:
        save(path, np.array(self._stamps), np.concatenate(self._sound or [np.zeros(0, np.float32)]))


def save(path: Path, stamps: NDArray[np.float64], samples: Samples) -> None:
    """``stamps``: monotonic seconds, shape (blocks,); ``samples``: 48 kHz, shape (blocks * 480,)."""
    np.savez(path, stamps=stamps, samples=samples)


def timeline(path: Path, begin: float, end: float) -> NDArray[np.float64]:
    """What is on a saved tape from ``begin`` to ``end`` (monotonic seconds), at 16 kHz; silence where there is nothing."""
    from scipy.signal import resample_poly

    with np.load(path) as tape:
        stamps, samples = tape["stamps"], np.asarray(tape["samples"], np.float64)
    line = np.zeros(round((end - begin) * RATE))
    size = BLOCK_SAMPLES // 3
    if len(stamps):
        sound = resample_poly(samples, 1, 3)
        for first, last, at in _stretches(stamps):
            _place(line, sound[first * size : last * size], round((at - begin) * RATE))
    return line


def late_ms(path: Path, begin: float, end: float) -> float:
    """How late the blocks of that time came to the tape, 99th percentile: large where the machine was busy otherwise."""
    with np.load(path) as tape:
        stamps = tape["stamps"]
    origins = stamps - np.arange(len(stamps)) * BLOCK_SECONDS
    inside = (stamps >= begin) & (stamps < end)
    late = (origins - _smooth(origins))[inside] if len(stamps) else origins
    return float(np.percentile(late, 99) * 1000) if len(late) else 0.0


def _stretches(stamps: NDArray[np.float64]) -> list[tuple[int, int, float]]:
    """Blocks that follow each other without a leap: first, behind the last, time of the first."""
    origins = _smooth(stamps - np.arange(len(stamps)) * BLOCK_SECONDS)
    found, first = [], 0
    for number in range(1, len(stamps) + 1):
        if number == len(stamps) or abs(origins[number] - origins[first]) > LEAP_SECONDS:
            origin = float(np.median(origins[first:number]))
            found.append((first, number, origin + first * BLOCK_SECONDS))
            first = number
    return found


def _smooth(values: NDArray[np.float64]) -> NDArray[np.float64]:
    padded = np.pad(values, SMOOTHED_BLOCKS, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * SMOOTHED_BLOCKS + 1)
    return np.asarray(np.median(windows, axis=1))


def _place(line: NDArray[np.float64], sound: NDArray[np.float64], at: int) -> None:
    begin, end = max(0, at), min(len(line), at + len(sound))
    if begin < end:
        line[begin:end] = sound[begin - at : end - at]
