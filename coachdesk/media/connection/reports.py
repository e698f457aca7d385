"""What receiver reports tell of a path (RFC 3550, 6.4): the round trip, a queue, the share of packets lost. Pure.

Chromium sends a report with each of its requests for lost packets, so that they come ten times a second and more: one alone
says little, and those that come soon after each other are taken together.
"""

from __future__ import annotations

import math
from collections import deque

TOGETHER_SECONDS = 0.9
"""Reports that come within so long are taken as one."""
SAMPLE_PACKETS = 25
"""Of fewer packets, a share tells nothing."""
QUEUE_SECONDS, LONG_QUEUE_SECONDS = 0.12, 0.24
"""Round-trip time above the shortest, from which a queue is growing: if it lasts, and at once. Jitter alone, and a busy
machine, do not last."""
QUEUE_SAMPLES = 3
BASE_SECONDS = 60.0
"""The shortest round trip of this long counts."""
CLEARED_SECONDS = 12.0
"""A queue is gone by then, since less is sent; what is there still is a longer way."""
SPREAD_SHARE, SPREADS = 0.25, 2.0
"""Jitter is no queue: the mean difference from one round trip to the next (by how much each counts in it), so many times."""
REPORTS_KEPT = 16


class Losses:
    """The share of packets lost, by the counts that reports carry since the beginning.

    It is below 0 where what was late, or sent again, makes up for more than was lost since. The share that a report itself
    carries is 0 then (6.4.1), so that these err upwards under jitter.
    """

    def __init__(self, first: int) -> None:
        """``first``: number of the first packet, 16 bits."""
        self._lost, self._highest = 0.0, first - 1
        self._least = math.inf
        self._since = -math.inf

    def share(self, lost: int, highest: int, now: float) -> float | None:
        """By a report's cumulative number of packets lost and extended highest number: -1 to 1, since it was last told.

        None while that is less than ``TOGETHER_SECONDS`` or ``SAMPLE_PACKETS`` ago, and where the numbers begin anew.
        """
        expected = highest - self._highest
        self._least = min(self._least, lost)  # the others count what was only late then
        if 0 <= expected < SAMPLE_PACKETS or now - self._since < TOGETHER_SECONDS:
            return None
        missing = self._least - self._lost
        self._lost, self._highest, self._since, self._least = self._least, highest, now, math.inf
        return max(-1.0, min(1.0, missing / expected)) if expected > 0 else None


class SentReports:
    """When the sender reports went out that a receiver report may refer to (RFC 3550, 6.4.1)."""

    def __init__(self) -> None:
        self._sent: dict[int, float] = {}

    def note(self, number: int, sent: float) -> None:
        """The last report that went out: the middle of its NTP time stamp, and when it did.

        Reports of a stream that pauses all say the same: a report on them does not tell which it is on.
        """
        self._sent[number] = sent if self._sent.get(number, sent) == sent else math.nan
        while len(self._sent) > REPORTS_KEPT:
            del self._sent[next(iter(self._sent))]

    def round_trip(self, number: int, held: int, now: float) -> float | None:
        """Seconds, by a report on number, ``held`` 1/65536 s at the far end; None if we do not know that one any more."""
        sent = self._sent.get(number)
        return None if sent is None or math.isnan(sent) else now - sent - held / 65536


class RoundTrips:
    """Round-trip times of one way, from which a queue shows: against the shortest of one to two ``BASE_SECONDS``."""

    def __init__(self) -> None:
        self._current = self._before = math.inf
        self._since = self._noted = -math.inf
        self._recent: deque[float] = deque(maxlen=QUEUE_SAMPLES)
        self._spread = 0.0
        self._queued: tuple[float, float] | None = None  # since when, and the shortest round trip since

    def add(self, rtt: float, now: float) -> None:
        """Seconds, both."""
        if now - self._since > BASE_SECONDS:
            self._before, self._current, self._since = self._current, math.inf, now
        self._current = min(self._current, rtt)
        self._note(rtt, now)
        self._follow_longer_way(rtt, now)

    def _note(self, rtt: float, now: float) -> None:
        """Of round trips taken as one, the shortest counts."""
        if now - self._noted < TOGETHER_SECONDS:
            self._recent[-1] = min(self._recent[-1], rtt)
            return
        if self._recent:
            self._spread += SPREAD_SHARE * (abs(rtt - self._recent[-1]) - self._spread)
        self._recent.append(rtt)
        self._noted = now

    def _follow_longer_way(self, rtt: float, now: float) -> None:
        if not self.queueing:
            self._queued = None
            return
        since, least = self._queued or (now, rtt)
        self._queued = since, min(least, rtt)
        if now - since >= CLEARED_SECONDS:
            self._before, self._current, self._since, self._queued = math.inf, min(least, rtt), now, None

    @property
    def queueing(self) -> bool:
        if not self._recent:
            return False
        above = min(self._recent) - min(self._before, self._current)
        lasting = len(self._recent) == QUEUE_SAMPLES and above > QUEUE_SECONDS + SPREADS * self._spread
        return lasting or self._recent[-1] > min(self._before, self._current) + LONG_QUEUE_SECONDS
