"""The pace of outgoing video: a keyframe goes out spread over time, so that sound sent meanwhile meets no queue. Pure."""

from __future__ import annotations

FACTOR = 2.5
"""Pace, as a multiple of what the path bears: frames are sent as fast as that, and the rest of the time is free."""
UNKNOWN_LIMIT = 1_500_000
"""Bits per second assumed of a path whose far end has said nothing yet."""
LONGEST_SECONDS = 0.4
"""What waits goes out within so long, whatever the path bears: later it would be of no use."""
BURST_BYTES = 6_000
"""May go out at once: five packets."""
PACKET_BYTES = 60
"""What headers and authentication add to a payload."""


class Pacer:
    """A leaky bucket: it fills with what is sent and drains at the pace."""

    def __init__(self) -> None:
        self._level = 0.0
        self._time: float | None = None

    def take(self, size: int, waiting: int, limit: int | None, now: float) -> float:
        """Books a payload of ``size`` bytes; returns how many seconds to wait before it is sent.

        ``waiting``: bytes in the queue, this payload among them. ``limit``: what the path bears, bit/s, if known.
        """
        pace = max(FACTOR * (limit or UNKNOWN_LIMIT) / 8, waiting / LONGEST_SECONDS)
        if self._time is not None:
            self._level = max(0.0, self._level - (now - self._time) * pace)
        self._time = now
        self._level += size + PACKET_BYTES
        return max(0.0, self._level - BURST_BYTES) / pace
