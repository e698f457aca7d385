"""Sound that is behind: comes out faster than it went in, pitch kept, until nothing waits. Pure."""

from __future__ import annotations

from collections import deque

import numpy as np

from coachdesk.media.jitter.timescale import MAX_CUT, MIN_CUT, OVERLAP, shorten
from coachdesk.media.mixer import dbfs
from coachdesk.media.pcm import BLOCK_SAMPLES, SILENCE, Block, Samples

WINDOW = OVERLAP + MAX_CUT
SILENT_DBFS = -60.0
"""Below it a pause is cut at once, whatever the speed."""


class Backlog:
    """Samples in, 10 ms out.

    Attributes:
        waiting: samples put and not yet taken.
    """

    def __init__(self, limit: int) -> None:
        """``limit``: samples kept at most; the oldest are dropped beyond it."""
        self._limit = limit
        self._chunks: deque[Samples] = deque()
        self._head: Samples = SILENCE[:0]
        self._credit = 0.0
        self.waiting = 0

    def put(self, sound: Samples) -> None:
        self._chunks.append(sound)
        self.waiting += len(sound)
        while self.waiting > self._limit:
            oldest = self._head if len(self._head) else self._chunks.popleft()
            rest = oldest[self.waiting - self._limit :]
            self.waiting -= len(oldest) - len(rest)
            self._head = rest

    def take(self, speed: float) -> Block | None:
        """The next 10 ms, at most ``speed`` times as fast as they went in; None when there is less than that."""
        if self.waiting < BLOCK_SAMPLES:
            return None
        self._fill()
        self._credit = min(self._credit + (speed - 1) * BLOCK_SAMPLES, float(WINDOW))
        if speed > 1 and self.waiting - BLOCK_SAMPLES >= MIN_CUT:
            self._cut()
        else:
            self._credit = 0.0
        block, self._head = self._head[:BLOCK_SAMPLES], self._head[BLOCK_SAMPLES:]
        self.waiting -= BLOCK_SAMPLES
        return block

    def rest(self) -> Block | None:
        """What is less than 10 ms, made up with silence; None when there is nothing."""
        self._fill()
        last, self._head = self._head, SILENCE[:0]
        self.waiting -= len(last)
        return np.concatenate([last, SILENCE[len(last) :]]) if len(last) else None

    def clear(self) -> None:
        self._chunks.clear()
        self._head = SILENCE[:0]
        self._credit = 0.0
        self.waiting = 0

    def _fill(self) -> None:
        """Joins the oldest sound into one piece that is long enough to cut from."""
        pieces, length = [self._head], len(self._head)
        while self._chunks and length < WINDOW:
            pieces.append(self._chunks.popleft())
            length += len(pieces[-1])
        self._head = np.concatenate(pieces)

    def _cut(self) -> None:
        """Takes a pitch period out when the speed allows for one, or some of a pause."""
        silent = dbfs(self._head[:WINDOW]) < SILENT_DBFS
        if not silent and self._credit < MAX_CUT:
            return
        shorter = shorten(self._head, MAX_CUT)
        cut = len(self._head) - len(shorter)
        self._head = shorter
        self.waiting -= cut
        if not silent:
            self._credit -= cut
