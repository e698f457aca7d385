"""The last 20 s of a call as packets, kept and told to a supervisor who joins and wants to catch up. Pure.

Only what everybody on the call could hear comes in here: the customer's packets and the agent's encoded microphone. It is
emptied at a hold, and nothing is decoded.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import msgspec

from coachdesk.media.packet import timestamp_delta
from coachdesk.media.pcm import RATE

KEPT_SECONDS = 20
TICKS_PER_SECOND = 20
"""10 ms ticks for a second of the past: five times as fast as it was, so that what is live is not crowded out."""
MAX_BYTES = 512 * 1024
"""Of payload, of all sources together; the oldest gives way."""
CHUNK_SAMPLES = RATE
"""What goes into one message: a second."""
LEAP = RATE // 2
"""Timestamps that are off from the clock by more belong to a sender that started anew."""


class PastSound(NamedTuple):
    """One Opus frame. ``at``: where it begins, in samples at 48 kHz from the beginning of all that is sent."""

    source: str
    at: int
    payload: bytes


class Past(msgspec.Struct):
    """A second of the past, as it goes over the control channel; in order, ``last`` with the last."""

    sounds: list[PastSound]
    last: bool


class _Kept(NamedTuple):
    source: str
    position: int
    payload: bytes


@dataclass
class _Clock:
    """Where a source's timestamps are on the clock: both in samples."""

    ssrc: int
    timestamp: int
    position: int


class History:
    """Keeps what was heard on a call for 20 s."""

    def __init__(self) -> None:
        self._kept: deque[_Kept] = deque()
        self._clocks: dict[str, _Clock] = {}
        self._bytes = 0

    def add(self, source: str, ssrc: int, timestamp: int, payload: bytes, now: float) -> None:
        """A frame that everybody could hear at ``now``, in monotonic seconds."""
        position = self._position(source, ssrc, timestamp, now)
        self._kept.append(_Kept(source, position, payload))
        self._bytes += len(payload)
        oldest = round((now - KEPT_SECONDS) * RATE)
        while self._kept and (self._kept[0].position < oldest or self._bytes > MAX_BYTES):
            self._bytes -= len(self._kept.popleft().payload)

    def clear(self) -> None:
        self._kept.clear()
        self._clocks.clear()
        self._bytes = 0

    def chunks(self, now: float) -> Iterator[Past]:
        """What was heard until ``now``, a second at a time, none of it twice."""
        oldest = round((now - KEPT_SECONDS) * RATE)
        kept = sorted({each[:2]: each for each in self._kept if each.position >= oldest}.values())
        if not kept:
            return
        start = min(each.position for each in kept)
        count = (max(each.position for each in kept) - start) // CHUNK_SAMPLES + 1
        seconds: list[list[PastSound]] = [[] for _ in range(count)]
        for each in kept:
            at = each.position - start
            seconds[at // CHUNK_SAMPLES].append(PastSound(each.source, at, each.payload))
        for number, sounds in enumerate(seconds, 1):
            yield Past(sounds, last=number == count)

    def _position(self, source: str, ssrc: int, timestamp: int, now: float) -> int:
        """By the timestamps, which have no jitter, as long as they go with the clock."""
        arrived = round(now * RATE)
        clock = self._clocks.get(source)
        if clock is not None and clock.ssrc == ssrc:
            position = clock.position + timestamp_delta(timestamp, clock.timestamp)
            if abs(position - arrived) <= LEAP:
                return position
        self._clocks[source] = _Clock(ssrc, timestamp, arrived)
        return arrived


class Retelling:
    """Tells the past to those who come and ask, once per connection."""

    def __init__(self) -> None:
        self.history = History()
        self._untold: dict[str, deque[Past]] = {}
        self._ticks = 0

    def ask(self, observer: str, now: float) -> None:
        """``observer`` wants to hear what was heard until ``now``."""
        if observer not in self._untold:
            self._untold[observer] = deque(self.history.chunks(now))

    def forget(self, observer: str) -> None:
        """``observer`` is gone, or has another connection."""
        self._untold.pop(observer, None)

    def clear(self) -> None:
        """Nothing of what was heard so far is told any more."""
        self.history.clear()
        self._untold.clear()

    def tick(self) -> list[tuple[str, bytes]]:
        """Every 10 ms: the messages that are due, and to whom."""
        self._ticks += 1
        if self._ticks % TICKS_PER_SECOND:
            return []
        return [
            (observer, msgspec.json.encode({"past": untold.popleft()}))
            for observer, untold in self._untold.items()
            if untold
        ]
