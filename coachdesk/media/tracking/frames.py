"""The pictures of the last two seconds, by what they are called in the call: a mark is drawn on one of them."""

from __future__ import annotations

from collections import OrderedDict
from typing import NamedTuple

from coachdesk.media.packet import VIDEO_RATE
from coachdesk.media.tracking.view import View

KEPT_SECONDS = 2.0
MOST_KEPT = 120
MOST_HELD = 4


class FrameId(NamedTuple):
    """A picture of the customer's camera.

    Attributes:
        epoch: raised when the camera is flipped or turned, or its pictures change shape.
        timestamp: RTP, 90 kHz, 32 bits.
    """

    epoch: int
    timestamp: int


class Views:
    """Views by frame, in the order they came; the oldest go. A few are held for longer: stills."""

    def __init__(self) -> None:
        self._views: OrderedDict[FrameId, View] = OrderedDict()
        self._held: OrderedDict[FrameId, View] = OrderedDict()

    def add(self, frame: FrameId, view: View) -> None:
        self._views[frame] = view
        self._views.move_to_end(frame)
        while len(self._views) > MOST_KEPT or self._age(next(iter(self._views)), frame) > KEPT_SECONDS:
            self._views.popitem(last=False)

    def hold(self, frame: FrameId, view: View) -> None:
        """A picture that is none of the video's, and can be drawn on for as long as it is looked at."""
        self._held[frame] = view
        if len(self._held) > MOST_HELD:
            self._held.popitem(last=False)

    def get(self, frame: FrameId) -> View | None:
        return self._views.get(frame) or self._held.get(frame)

    def holds(self, frame: FrameId) -> bool:
        return frame in self._held

    def between(self, first: FrameId, last: FrameId | None, count: int) -> list[View]:
        """At most ``count`` views after ``first`` up to ``last``, evenly spread, ``last`` among them."""
        frames = list(self._views)
        if last is None or last not in self._views or frames.index(last) <= frames.index(first):
            return []
        later = frames[frames.index(first) + 1 : frames.index(last) + 1]
        step = -(-len(later) // count)
        return [self._views[frame] for frame in later[::-1][::step][::-1]]

    def sharpest(self) -> float:
        """The sharpness of the sharpest of them; 0 where there are none."""
        return max((view.sharpness for view in self._views.values()), default=0.0)

    @staticmethod
    def _age(old: FrameId, new: FrameId) -> float:
        """Seconds, across the wrap of the clock; what is of another epoch is as old as its timestamp says."""
        ticks = (new.timestamp - old.timestamp) & 0xFFFFFFFF
        return 0.0 if ticks >= 1 << 31 else ticks / VIDEO_RATE
