"""What a line bears of a screen, by what the far end reports; and which lines share an encoder. Pure.

The far end's estimate (REMB) goes before; a queue on the way, or much loss, brings it below that within seconds. A share
goes on at the least rate where a camera would be given up: text that comes late is still of use.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

START_BITRATE, MOST_START_BITRATE = 400_000, 2_000_000
LEAST_BITRATE, MOST_BITRATE = 50_000, 8_000_000
SHARE = 0.9
"""Of the estimate; the rest is for headers and for what is sent again."""
TOO_MUCH_LOSS = 0.25
"""Within a second: a queue overflows."""
FALL, SETTLE_SECONDS = 0.7, 1.0
"""By which factor at least, and how often, it is lowered while a line is in trouble."""
QUEUE_LOSS = 0.08
"""So much, with a longer round trip, is a queue too; that alone may be a longer way, or a machine that is busy."""
HOLD_SECONDS = 1.5
"""After a fall, and at the begin, it does not grow for so long: what it leads to shows only then."""
FIRST_GROWTH, GROWTH, SLOW_GROWTH = 2.5, 1.4, 1.06
"""Per second, up to the estimate: before any queue has overflowed; after that; and near where it did last."""
CLOSED_AFTER, CLOSED_SECONDS = 8.0, 15.0
"""Seconds of a queue at the least rate, after which pictures stay away, and for how long at least."""
APART, TOGETHER = 0.33, 0.6
"""Of what the best line bears: who bears less gets pictures of their own, until they bear more."""

Line = TypeVar("Line")


class LineRate:
    """Attributes:
    bitrate: what may be sent, bit/s.
    open: anything is sent at all: not on a line that bears sound only.
    """

    def __init__(self, known: int | None = None) -> None:
        """``known``: what the line has borne of other video, bit/s, which may go on beside."""
        self.bitrate = (
            START_BITRATE if known is None else max(LEAST_BITRATE, min(known // 2, MOST_START_BITRATE))
        )
        self.open = True
        self._own = float(self.bitrate)
        self._updated: float | None = None
        self._lowered = float("-inf")
        self._overflowed = float("inf")
        self._hopeless_since: float | None = None
        self._closed = float("-inf")

    def update(self, loss: float, congested: bool, limit: int | None, now: float) -> None:
        """Share lost lately, whether a queue grows, and the estimate in bit/s, if there is one yet."""
        if self._updated is None:
            self._updated = self._lowered = now
        elapsed, self._updated = min(1.0, now - self._updated), now
        estimate = limit * SHARE if limit is not None else self._own
        if loss > (QUEUE_LOSS if congested else TOO_MUCH_LOSS):
            if now - self._lowered >= SETTLE_SECONDS:
                self._lowered, self._overflowed = now, self._own
                self._own *= min(FALL, 1 - loss)
        elif now - self._lowered >= HOLD_SECONDS:
            self._own *= self._growth**elapsed
        self._own = max(float(LEAST_BITRATE), min(self._own, estimate, float(MOST_BITRATE)))
        self.bitrate = round(self._own)
        self._judge(congested, now)

    @property
    def _growth(self) -> float:
        if self._overflowed == float("inf"):
            return FIRST_GROWTH
        return GROWTH if self._own < FALL * self._overflowed else SLOW_GROWTH

    def _judge(self, congested: bool, now: float) -> None:
        if not self.open:
            self.open = not congested and now - self._closed >= CLOSED_SECONDS
        elif not (congested and self.bitrate <= LEAST_BITRATE):
            self._hopeless_since = None
        elif self._hopeless_since is None:
            self._hopeless_since = now
        elif now - self._hopeless_since >= CLOSED_AFTER:
            self.open, self._closed, self._hopeless_since = False, now, None


def slow(bitrates: Mapping[Line, int], before: set[Line]) -> set[Line]:
    """Those lines that are to have an encoder of their own, for all of them; ``before``: that had it so far."""
    most = max(bitrates.values(), default=0)
    return {line for line, each in bitrates.items() if each < most * (TOGETHER if line in before else APART)}
