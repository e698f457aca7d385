"""The pace of outgoing video: a keyframe goes out spread over time, so that sound sent meanwhile meets no queue. Pure."""

from __future__ import annotations

FACTOR = 2.5
"""Pace, as a multiple of what the path bears: frames are sent as fast as that, and the rest of the time is free."""
UNKNOWN_LIMIT = 1_500_000
"""Bits per second assumed of a path whose far end has said nothing yet."""
LONGEST_SECONDS = 0.4
"""What waits goes out within so long: later it would be of no use."""
NARROW_LIMIT, NARROW_SECONDS = 300_000, 2.0
"""On a path that bears less, pictures come slowly and take no more than it bears, so that sound gets through."""
BURST_BYTES = 6_000
"""May go out at once: five packets."""
EVEN_FACTOR, EVEN_BURST_BYTES, EVEN_SECONDS = 1.15, 2_500, 16.0
"""Pictures of a screen are large, and come as often as the line bears: they go out about as fast as that, and no faster."""
PACKET_BYTES = 60
"""What headers and authentication add to a payload."""


class Pacer:
    """A leaky bucket: it fills with what is sent and drains at the pace."""

    def __init__(self) -> None:
        self._level = 0.0
        self._time: float | None = None

    def take(self, size: int, waiting: int, limit: int | None, now: float, *, even: bool = False) -> float:
        """Books a payload of ``size`` bytes; returns how many seconds to wait before it is sent.

        ``waiting``: bytes in the queue, this payload among them. ``limit``: what the path bears, bit/s, if known. ``even``:
        the pictures take all of that.
        """
        pace = _pace(limit or UNKNOWN_LIMIT, waiting, even=even)
        if self._time is not None:
            self._level = max(0.0, self._level - (now - self._time) * pace)
        self._time = now
        self._level += size + PACKET_BYTES
        return max(0.0, self._level - (EVEN_BURST_BYTES if even else BURST_BYTES)) / pace


def _pace(limit: int, waiting: int, *, even: bool) -> float:
    """Bytes per second."""
    if even:
        return max(EVEN_FACTOR * limit / 8, waiting / EVEN_SECONDS)
    if limit < NARROW_LIMIT:
        return max(limit / 8, waiting / NARROW_SECONDS)
    return max(FACTOR * limit / 8, waiting / LONGEST_SECONDS)
