"""When what comes in was captured, by sender reports: each says which RTP timestamp is of which moment by its sender's clock
(RFC 3550, 6.4.1). Pure.

The clocks of two machines have nothing in common. A report's own way here is taken for half of the shortest round trip, as
is usual (RFC 5905 does so too); what a packet takes longer than a report, from the capture of its first sample on, needs
no common clock: it is what the sender held it back for (a frame, its queues) and what the network did.
"""

from __future__ import annotations

import contextlib

from coachdesk.media.jitter.lateness import SlidingMinimum
from coachdesk.media.opus import OpusError, duration
from coachdesk.media.packet import VIDEO_RATE, timestamp_delta
from coachdesk.media.pcm import RATE

RECENT = 2.0
"""The fastest packet of so many seconds counts, as in ``arrival.py``: the rest is the playout buffer's delay."""
REPORTS_SECONDS = 60.0
"""The fastest report of so many seconds says what is between the clocks; in that time they part by 6 ms at 100 ppm."""
STEP_SECONDS = 0.5
"""A report that is so much later than the fastest one: the sender's clock was set, or the path is another."""
STALE_SECONDS = 30.0
"""A report on a timestamp so far from the packets' is on something else."""
LONGEST = 10.0
"""Seconds; what is beyond, or below zero, was no measurement."""
NTP_UNIT = 2.0**-32


class CaptureTime:
    """Of one incoming sound (48 kHz), fed with its packets and the reports on it; all times are monotonic seconds."""

    def __init__(self) -> None:
        self._ssrc: int | None = None
        self._clocks, self._packets = SlidingMinimum(REPORTS_SECONDS), SlidingMinimum(RECENT)
        self._round_trips = SlidingMinimum(REPORTS_SECONDS)
        self._now = 0.0
        self._report: tuple[float, int] | None = None

    def reported(self, ssrc: int, ntp: int, timestamp: int, arrival: float) -> None:
        """A sender report came: 64-bit NTP time of its sending, and the RTP timestamp of what was captured then."""
        sent = ntp * NTP_UNIT
        fastest = self._clocks.value
        if ssrc != self._ssrc or (fastest is not None and arrival - sent - fastest > STEP_SECONDS):
            self._clocks.clear()
            self._packets.clear()
            self._round_trips.clear()
        self._ssrc, self._now = ssrc, arrival
        self._clocks.add(arrival - sent, arrival)
        self._report = sent, timestamp

    def arrived(self, ssrc: int, timestamp: int, arrival: float) -> None:
        """A packet came; what comes before the first report on its source says nothing."""
        if self._report is None or ssrc != self._ssrc:
            return
        sent, at = self._report
        since = timestamp_delta(timestamp, at) / RATE
        if abs(since) <= STALE_SECONDS:
            self._packets.add(arrival - (sent + since), arrival)

    def way(self, round_trip: float | None) -> float | None:
        """Seconds from the capture of a packet's first sample to the arrival of the fastest packets, if that is known.

        ``round_trip``: at present, to be told every few seconds.
        """
        clocks, packets = self._clocks.value, self._packets.value
        if round_trip is None or clocks is None or packets is None:
            return None
        self._round_trips.add(round_trip, self._now)
        way = packets - clocks + (self._round_trips.value or 0.0) / 2
        return way if 0.0 <= way <= LONGEST else None


class Sampled:
    """Which RTP timestamp of an outgoing stream is captured by when, for its sender reports."""

    def __init__(self, *, is_sound: bool) -> None:
        """Sound (48 kHz) is sent as soon as its frame is captured; a picture (90 kHz) is taken for that, too."""
        self._is_sound = is_sound
        self._rate = RATE if is_sound else VIDEO_RATE
        self._timestamp, self._sent = 0, 0.0

    def sent(self, payload: bytes, timestamp: int, now: float) -> None:
        """The newest packet, on its way now (monotonic seconds); an Opus payload, if it is sound."""
        samples = 0
        if self._is_sound:
            with contextlib.suppress(OpusError):
                samples = duration(payload)
        self._timestamp, self._sent = timestamp + samples, now

    def by(self, now: float) -> int:
        """32 bits, wrapping."""
        return (self._timestamp + round((now - self._sent) * self._rate)) & 0xFFFFFFFF
