"""Marks on the screen that is shared from here: in each picture that is sent, and on the desktop itself."""

from __future__ import annotations

import time
from collections.abc import Callable

from coachdesk.annotation import ScreenName
from coachdesk.inkwire import Anchor, Poses
from coachdesk.media.screenshare.screencast import ScreenCast
from coachdesk.media.screenshare.screenfollower import ScreenFollower
from coachdesk.media.screenshare.screenmarks import ScreenInk, ScreenMarks

CALM_SECONDS = 0.2
"""A mark that moves is not shown on the screen itself until it has not for so long: what is seen there is ahead of it."""


class DesktopMarks(ScreenMarks):
    """Of ``cast``, which is drawn on as ``surface``."""

    def __init__(
        self,
        ink: ScreenInk,
        cast: ScreenCast,
        surface: ScreenName,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(ink, surface, ScreenFollower(clock))
        self._clock = clock
        self._told: list[Anchor] = []
        cast.watch, cast.on_sent = self._follower.see, self.sent

    def tick(self) -> None:
        super().tick()
        if self._marks or self._told:
            self._tell_here()

    def _tell_here(self) -> None:
        now = self._clock()
        anchors = [
            Anchor(marks=anchor.marks, state="hidden")
            if now - self._follower.moved(anchor.marks[0]) < CALM_SECONDS
            else anchor
            for anchor in self._ink.seen("", self._anchors(None))
        ]
        if anchors != self._told:
            self._told = anchors
            self._ink.on_poses(Poses(frame=self._frame, epoch=0, anchors=anchors, surface=self._surface))
