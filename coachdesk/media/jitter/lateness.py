"""How late frames of sound come, as a histogram that forgets, and what waiting for them is worth. Pure.

In the manner of NetEQ (WebRTC): the past fades with time, and the delay is chosen from the distribution of what came.
"""

from __future__ import annotations

import math
from collections import deque

import numpy as np
from numpy.typing import NDArray

BIN_SECONDS = 0.001
BINS = 200
"""Lateness from 0 to 200 ms; frames that come later cannot be waited for."""

SMALLEST = 1e-6


class Lateness:
    """Seconds of sound by how late it came. ``memory``: seconds of sound after which it has faded to 1/e."""

    def __init__(self, memory: float) -> None:
        self._memory = memory
        self.clear()

    def clear(self) -> None:
        self._late: NDArray[np.float64] = np.zeros(BINS)
        self._faded = 1.0  # all of it, since it was last scaled: one number instead of one per bin and packet

    def pass_over(self, seconds: float) -> None:
        """So much more sound was sent: what was known before fades."""
        self._faded *= math.exp(-seconds / self._memory)
        if self._faded < SMALLEST:
            self._late *= self._faded
            self._faded = 1.0

    def add(self, lateness: float, seconds: float) -> None:
        """``seconds`` of sound came ``lateness`` seconds after the earliest moment they could have."""
        place = int(lateness / BIN_SECONDS)
        if place < BINS:
            self._late[max(0, place)] += seconds / self._faded

    def shift(self, bins: int) -> None:
        """The moment that lateness counts from is so many ms earlier now; later, if negative."""
        moved = np.zeros(BINS)
        if 0 <= bins < BINS:
            moved[bins:] = self._late[: BINS - bins]
        elif bins < 0:
            moved[: max(0, BINS + bins)] = self._late[-bins:]
            moved[0] += self._late[: min(BINS, -bins)].sum()
        self._late = moved

    def missed(self) -> NDArray[np.float64]:
        """For a wait until the end of each bin: the share of all sound that comes, but later.

        Of a full memory's sound, from the start: the first frame is not everything.
        """
        later: NDArray[np.float64] = self._late.sum() - np.cumsum(self._late)
        return later * (self._faded / self._memory)


class SlidingMinimum:
    """The least of the values of the last ``seconds``, each given with its time."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._rising: deque[tuple[float, float]] = deque()

    def clear(self) -> None:
        self._rising.clear()

    def add(self, value: float, time: float) -> None:
        while self._rising and self._rising[-1][0] >= value:
            self._rising.pop()
        self._rising.append((value, time))
        while time - self._rising[0][1] > self._seconds:
            self._rising.popleft()

    @property
    def value(self) -> float | None:
        return self._rising[0][0] if self._rising else None
