"""When packets arrive, against when they should: how long a playout buffer has to wait. Pure."""

from __future__ import annotations

from collections import deque

import numpy as np

from coachdesk.media.pcm import RATE

WINDOW = 256
"""Arrivals remembered, five seconds of 20 ms packets."""
QUANTILE = 0.98
"""Share of arrivals that shall be in time."""
BURST = 0.005
"""Packets that come within so many seconds, as after a stall of the network, are one arrival."""
MARGIN = 0.002
MIN_WAIT, MAX_WAIT = 0.003, 0.200
FIRST_WAIT = 0.010
"""Seconds to wait while too little is known of a path."""
KNOWN_AFTER = 20
CLOCK_JUMP = 0.5
"""A transit time that differs by so much comes of a sender's clock that was set anew, not of the network."""
STEP_ARRIVALS = 10
"""So many arrivals in a row beyond the longest wait are no stragglers: the path, or the sender's clock, has changed."""
PAUSE = 10.0
"""After so many seconds without a packet, what was known of the path is old."""
LOSSY = 3
"""Losses within the window from which it is worth waiting one more frame, for the copy the next packet carries."""


class ArrivalClock:
    """Says for each RTP timestamp when its sound is due.

    A packet's transit time is its arrival minus its timestamp, in unrelated clocks; only differences mean something.
    The fastest packet of the window sets the base; the wait is what 98 % of the arrivals took longer than that at most.
    """

    def __init__(self) -> None:
        self._arrivals: deque[tuple[float, float]] = deque(maxlen=WINDOW)
        self._burst_began = float("-inf")
        self._losses: deque[bool] = deque(maxlen=WINDOW)
        self._last_arrival = float("-inf")
        self._frame_seconds = 0.0
        self._base = 0.0
        self._jitter = 0.0
        self._fresh = False

    def arrived(self, timestamp: int, arrival: float) -> None:
        """A packet came: unwrapped RTP timestamp (48 kHz), monotonic seconds."""
        transit = arrival - timestamp / RATE
        if arrival - self._last_arrival > PAUSE or abs(transit - self.base) > CLOCK_JUMP:
            self._arrivals.clear()
        self._last_arrival = arrival
        if self._arrivals and arrival - self._burst_began < BURST:
            fastest, slowest = self._arrivals.pop()
            self._arrivals.append((min(fastest, transit), max(slowest, transit)))
        else:
            self._arrivals.append((transit, transit))
            self._burst_began = arrival
        self._fresh = False
        self._follow_step()

    def _follow_step(self) -> None:
        """Forgets the time before a lasting rise of the transit times, which no wait can make up for."""
        recent = list(self._arrivals)[-STEP_ARRIVALS:]
        if len(recent) == STEP_ARRIVALS and min(recent)[0] - self.base > MAX_WAIT:
            self._arrivals = deque(recent, maxlen=WINDOW)
            self._fresh = False

    def played(self, *, lost: bool, copy_seconds: float) -> None:
        """A packet's turn came. ``copy_seconds``: how much of its predecessor each packet carries, 0 if nothing."""
        self._losses.append(lost)
        self._frame_seconds = copy_seconds

    def reset(self) -> None:
        self._arrivals.clear()
        self._losses.clear()
        self._fresh = False

    @property
    def base(self) -> float:
        """Transit time of the fastest packet, in seconds."""
        self._refresh()
        return self._base

    @property
    def wait(self) -> float:
        """Seconds that the fastest packet has to wait, so that the slow ones come in time."""
        self._refresh()
        known = len(self._arrivals) >= KNOWN_AFTER
        wait = max(MIN_WAIT if known else FIRST_WAIT, self._jitter + MARGIN)
        if sum(self._losses) >= LOSSY:
            wait += self._frame_seconds
        return min(MAX_WAIT, wait)

    def due(self, timestamp: int) -> float:
        """When the sample of ``timestamp`` is due, in monotonic seconds."""
        return self.base + self.wait + timestamp / RATE

    def _refresh(self) -> None:
        if self._fresh or not self._arrivals:
            return
        fastest, slowest = np.array(self._arrivals).T
        self._base = float(fastest.min())
        slow = np.sort(slowest)
        self._jitter = float(slow[int(np.ceil(QUANTILE * len(slow))) - 1]) - self._base
        self._fresh = True
