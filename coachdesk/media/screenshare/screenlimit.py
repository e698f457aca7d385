"""What one who shares a screen is told that their way bears (REMB), by the queue that their packets meet. Pure.

Pictures of a screen come in bursts with pauses between, and to machines that are busy: how delays change from packet to
packet says little of the way there, and what arrives little of what could. The least delay of some packets in a row, against
the least of the last seconds, shows a queue all the same (as in LEDBAT, RFC 6817).
"""

from __future__ import annotations

from collections import deque

from coachdesk.media.screenshare.screenrate import LEAST_BITRATE, MOST_BITRATE

START_BITRATE = 2_000_000
QUEUE_MS = 80
"""By so much all packets of a while are late where there is a queue."""
LONGER_MS, STEADY_MS = 1500, 15
"""Where they are late by the same for so long, though less is sent, the way has become longer."""
WHILE_MS, WHILE_PACKETS = 250, 6
BASE_MS = 6000
"""The least delay of this long counts, and of as much before."""
FALL, FALL_MS = 0.85, 400
"""With a queue it goes down to this share of what arrives, to half of what it was at most, and not again for so long."""
FREE_MS, FIRST_GROWTH, GROWTH = 1000, 3.0, 1.5
"""Without a queue for so long, it grows; per second, before it has ever fallen and after."""
MOST_TIMES, MOST_BESIDES = 2.0, 60_000
"""By growth it gets to so many times what arrives and so many bit/s."""
TELL_MS = 500
GAP_MS, LEAST_BUSY_MS, BUSY_MS = 100, 150, 1000
"""What arrives is measured over the time in which something does: of a gap, no more counts than this."""
STAMP_MS = 1 / 262.144
"""Of ``abs_send_time``, 24 bits in units of 2**-18 s."""


class ArrivalRate:
    """What arrives while something does, over the last second of that."""

    def __init__(self) -> None:
        self._sizes: deque[tuple[int, int]] = deque()
        self._total = 0
        self._busy = 0
        self._last: int | None = None

    def add(self, size: int, now: int) -> None:
        """``size``: bytes; ``now``: ms."""
        if self._last is not None:
            self._busy += min(max(0, now - self._last), GAP_MS)
        self._last = now
        self._sizes.append((self._busy, size))
        self._total += size
        while self._sizes[0][0] < self._busy - BUSY_MS:
            self._total -= self._sizes.popleft()[1]

    @property
    def rate(self) -> int | None:
        """Bit/s; None before there is enough of it."""
        span = self._busy - self._sizes[0][0] if self._sizes else 0
        if span < LEAST_BUSY_MS:
            return None
        return round((self._total - self._sizes[0][1]) * 8000 / span)


class Queue:
    """How long packets wait on the way: of those that came last the least, against the least of seconds. Milliseconds."""

    def __init__(self) -> None:
        self._stamp: int | None = None
        self._sent = 0.0
        self._recent: deque[tuple[int, float]] = deque()
        self._current = self._before = float("inf")
        self._since: int | None = None
        self._late: tuple[int, float, float] | None = None  # since when, the least and the most wait since

    def add(self, now: int, stamp: int) -> float:
        """A packet that came at ``now`` and was sent at ``stamp`` (``abs_send_time``). Returns the wait."""
        if self._stamp is not None:
            self._sent += ((stamp - self._stamp + 0x800000) % 0x1000000 - 0x800000) * STAMP_MS
        self._stamp = stamp
        delay = now - self._sent
        if self._since is None or now - self._since > BASE_MS:
            self._before, self._current, self._since = self._current, delay, now
        self._current = min(self._current, delay)
        self._recent.append((now, delay))
        while len(self._recent) > WHILE_PACKETS and self._recent[0][0] < now - WHILE_MS:
            self._recent.popleft()
        if len(self._recent) < WHILE_PACKETS:
            return 0.0
        least = min(each for _, each in self._recent)
        return self._unless_longer(least, least - min(self._before, self._current), now)

    def _unless_longer(self, least: float, wait: float, now: int) -> float:
        if wait <= QUEUE_MS:
            self._late = None
            return wait
        since, low, high = self._late or (now, wait, wait)
        self._late = since, min(low, wait), max(high, wait)
        if high - low > STEADY_MS:
            self._late = None
        elif now - since >= LONGER_MS:
            self._before, self._current, self._since, self._late = float("inf"), least, now, None
            return 0.0
        return wait


class ScreenLimit:
    """Takes arrivals, gives estimates; stands where aiortc has its own estimator."""

    def __init__(self) -> None:
        self._bitrate = START_BITRATE
        self._arriving = ArrivalRate()
        self._queue = Queue()
        self._ssrcs: dict[int, None] = {}
        self._last: int | None = None
        self._queued = self._fallen = self._told = 0

    def add(
        self, arrival_time_ms: int, abs_send_time: int, payload_size: int, ssrc: int
    ) -> tuple[int, list[int]] | None:
        """One packet. Returns bit/s, and of which streams, whenever the sender is to be told."""
        now, before = arrival_time_ms, self._bitrate
        elapsed = 0 if self._last is None else min(max(0, now - self._last), GAP_MS)
        self._last = now
        self._ssrcs[ssrc] = None
        self._arriving.add(payload_size, now)
        if self._queue.add(now, abs_send_time) > QUEUE_MS:
            self._queued = now
            self._fall(now)
        elif now - self._queued >= FREE_MS:
            self._grow(elapsed / 1000)
        if self._bitrate >= before and now - self._told < TELL_MS:
            return None
        self._told = now
        return self._bitrate, list(self._ssrcs)

    def _fall(self, now: int) -> None:
        if now - self._fallen >= FALL_MS:
            self._fallen = now
            arriving = self._arriving.rate
            least = self._bitrate / 2 if arriving is None else max(self._bitrate / 2, FALL * arriving)
            self._bitrate = max(LEAST_BITRATE, min(self._bitrate, round(least)))

    def _grow(self, seconds: float) -> None:
        most = min(MOST_BITRATE / 0.9, MOST_TIMES * (self._arriving.rate or 0) + MOST_BESIDES)
        growth = GROWTH if self._fallen else FIRST_GROWTH
        self._bitrate = max(self._bitrate, round(min(most, self._bitrate * growth**seconds)))
