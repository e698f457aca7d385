"""When packets arrive, against when they should: how long a playout buffer has to wait. Pure."""

from __future__ import annotations

from collections import deque

import numpy as np

from coachdesk.media.jitter.lateness import BIN_SECONDS, BINS, Lateness, SlidingMinimum
from coachdesk.media.pcm import RATE

RECENT = 2.0
"""The fastest packet of so many seconds says how long the path is."""
SLOWEST_OF = 1.0
"""The slowest packet of so many seconds says how long to wait at most for others: a stall shall be over soon."""
RECONSIDER_SECONDS = 0.040
"""Sound after which the wait is chosen anew: it changes slowly, and choosing is work."""
LATE_MS_PER_PERCENT, LOST_MS_PER_PERCENT = 13.0, 25.0
"""Milliseconds of delay that one percent less of missing sound is worth: what jitter makes late, what copies bring
back. The latter is known by rarer events, and lasts."""
GIVE_UP = 0.5
"""A delay is given up when it is worth less than so much of its cost, lest it goes up and down all the time."""
JITTER_MEMORY, COPIES_MEMORY = 2.0, 8.0
"""Seconds of sound. A stall is soon forgotten; losses are rare, and so known by longer memory only."""
COPIES_UNTIL = 6.0
"""Seconds after the last copy in which another is still expected: at 2 % loss, 4 s without any are no rare thing."""
COPIES_OVER = 0.25
"""Seconds from the first copy to the last, from which more are expected: one outage is no lasting loss."""
MOST_FOR_COPIES = 0.100
"""Seconds of wait for copies of lost packets, beyond what jitter asks for."""
MARGIN = 0.001
MIN_WAIT, MAX_WAIT = 0.003, 0.200
FIRST_WAIT = 0.010
"""Seconds to wait while too little is known of a path."""
KNOWN_AFTER = 20
STEP_ARRIVALS, STEP_SECONDS, STEP_DRAIN = 10, 0.150, 0.100
"""So many arrivals in a row, over so long, beyond the longest wait are no stragglers: the path, or the sender's clock,
has changed. Not so, if they catch up by the last figure: a backlog that drains."""
PAUSE = 10.0
"""After so many seconds without a packet, what was known of the path is old."""


class ArrivalClock:
    """Says for each RTP timestamp when its sound is due.

    A packet's transit time is its arrival minus its timestamp, in unrelated clocks; only differences mean something.
    The fastest packet of two seconds sets the base. The wait beyond it is the one at which a longer would cost more,
    in delay, than it would save in sound that comes too late; copies of what was lost count as late sound.

    Attributes:
        jitter: interarrival jitter as in RFC 3550, in seconds.
    """

    def __init__(self) -> None:
        self._jittered = Lateness(JITTER_MEMORY)
        self._copied = Lateness(COPIES_MEMORY)
        self._fastest, self._slowest = SlidingMinimum(RECENT), SlidingMinimum(SLOWEST_OF)
        self._forget()
        self.reset()

    def _forget(self) -> None:
        self._behind: deque[tuple[float, float]] = deque(maxlen=STEP_ARRIVALS)
        self._fastest.clear()
        self._slowest.clear()
        self._jittered.clear()
        self._copied.clear()
        self._origin = 0.0
        self._known = 0
        self._first_copy = self._last_copy = float("-inf")
        self._wait: float | None = None
        self._unconsidered = 0.0
        self._at_present = 0

    def reset(self) -> None:
        """Forgets the path: the sender is another."""
        self._forget()
        self._last: tuple[float, float] | None = None
        self.jitter = 0.0

    def arrived(self, timestamp: int, arrival: float, samples: int) -> None:
        """A packet came as it was sent: unwrapped RTP timestamp (48 kHz), monotonic seconds, samples in it."""
        transit, seconds = arrival - timestamp / RATE, samples / RATE
        self._measure_jitter(transit, arrival)
        self._rebase(transit, arrival)
        self._jittered.pass_over(seconds)
        self._copied.pass_over(seconds)
        if arrival - self._last_copy > COPIES_UNTIL:
            self._copied.clear()
        self._jittered.add(transit - self.base, seconds)
        self._known += 1
        self._unconsidered += seconds
        if self._known <= KNOWN_AFTER or self._unconsidered > RECONSIDER_SECONDS:
            self._wait = None
        self._follow_step(transit, arrival)

    def copied(self, timestamp: int, arrival: float, samples: int) -> None:
        """A lost packet's sound came in another way: redundant, sent again, or within the next packet."""
        if self._known:
            if arrival - self._last_copy > COPIES_UNTIL:
                self._first_copy = arrival
            self._last_copy = arrival
            self._copied.add(arrival - timestamp / RATE - self.base, samples / RATE)
            self._wait = None

    def _measure_jitter(self, transit: float, arrival: float) -> None:
        if self._last is not None and arrival - self._last[1] > PAUSE:
            self._forget()
        elif self._last is not None:
            self.jitter += (min(1.0, abs(transit - self._last[0])) - self.jitter) / 16
        self._last = (transit, arrival)

    def _rebase(self, transit: float, arrival: float) -> None:
        self._fastest.add(transit, arrival)
        self._slowest.add(-transit, arrival)
        self._move_origin()

    def _move_origin(self) -> None:
        """Lateness already noted counts from the new base, too."""
        bins = round((self._origin - self.base) / BIN_SECONDS)
        if self._known == 0:
            self._origin = self.base
        elif bins:
            self._origin -= bins * BIN_SECONDS
            self._jittered.shift(bins)
            self._copied.shift(bins)

    def _follow_step(self, transit: float, arrival: float) -> None:
        """Forgets the time before a lasting rise of the transit times, which no wait can make up for."""
        if transit - self.base <= MAX_WAIT:
            self._behind.clear()
            return
        self._behind.append((transit, arrival))
        first, began = self._behind[0]
        lasting = len(self._behind) == STEP_ARRIVALS and arrival - began >= STEP_SECONDS
        if lasting and first - transit < STEP_DRAIN:
            behind = [*self._behind]
            self._forget()
            for before in behind:
                self._rebase(*before)

    @property
    def base(self) -> float:
        """Transit time of the fastest packet, in seconds."""
        return self._fastest.value or 0.0

    @property
    def wait(self) -> float:
        """Seconds that the fastest packet has to wait, so that the slow ones come in time."""
        if self._wait is None:
            self._wait, self._unconsidered = self._worthwhile(), 0.0
        return self._wait

    def _worthwhile(self) -> float:
        """Where delay and missing sound together cost least."""
        missed = self._jittered.missed()
        late = 100 * LATE_MS_PER_PERCENT * np.maximum(0.0, missed - missed[self._slowest_bin()])
        recurring = self._last_copy - self._first_copy >= COPIES_OVER
        lost = 100 * LOST_MS_PER_PERCENT * self._copied.missed() * recurring
        delays = np.arange(1, len(late) + 1) * BIN_SECONDS * 1000
        for_jitter = int(np.argmin(late + delays))
        cost = (late + lost + delays)[: for_jitter + int(MOST_FOR_COPIES / BIN_SECONDS) + 1]
        best, at_present = int(np.argmin(cost)), min(self._at_present, len(cost) - 1)
        if best < at_present and cost[at_present] - cost[best] < GIVE_UP * (at_present - best):
            best = at_present
        self._at_present = best
        least = MIN_WAIT if self._known >= KNOWN_AFTER else FIRST_WAIT
        return min(MAX_WAIT, max(least, (best + 1) * BIN_SECONDS + MARGIN))

    def _slowest_bin(self) -> int:
        """Where the slowest packet of late lies; what is noted beyond is history."""
        lateness = -(self._slowest.value or 0.0) - self.base
        return min(BINS - 1, int(lateness / BIN_SECONDS))

    def due(self, timestamp: int) -> float:
        """When the sample of ``timestamp`` is due, in monotonic seconds."""
        return self.base + self.wait + timestamp / RATE
