"""The customer's picture stands still for everybody on the call: the agent's endpoint makes it so, for all who may ask."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Coroutine
from typing import Any

from coachdesk.freezing import Freezing
from coachdesk.media.ink.markfollower import MarkFollower
from coachdesk.media.ink.stillhub import StillHub
from coachdesk.media.picture.pictures import Pictures
from coachdesk.stillwire import Whole


class Standstill:
    """One agent's, over many calls. ``freezing``: what stands still, as it is shown here. ``spawn``: runs work to its end,
    and tells if it fails.
    """

    def __init__(
        self,
        freezing: Freezing,
        pictures: Pictures,
        spawn: Callable[[Coroutine[Any, Any, Any], str], None],
    ) -> None:
        self._freezing, self._pictures, self._spawn = freezing, pictures, spawn
        self._stills: StillHub | None = None
        self._follower: MarkFollower | None = None

    def begin(self, stills: StillHub, follower: MarkFollower) -> None:
        """A call begins. ``follower``: of the marks on the customer's picture, which stand still with it."""
        self._stills, self._follower = stills, follower
        stills.on_still = lambda still: self._spawn(self._take(still), "showing a still")
        stills.on_line = self._freezing.instead
        stills.on_freeze = self.set
        stills.on_thaw = lambda: self.set(False, "camera_off")

    def end(self) -> None:
        """The call is over."""
        self._stills = self._follower = None
        self._freezing.end()

    def set(self, on: bool, reason: str = "") -> None:
        """The customer's picture as it is now, by an id that no picture of the video has; or live again. Nothing without a
        call, or where it is so already. ``reason``: as of the event ``frozen``.
        """
        if self._stills is None or self._follower is None or on is (self._freezing.frozen is not None):
            return
        frame = None
        if on:
            newest = self._pictures.newest_frame
            frame = secrets.randbits(32) if newest is None else (newest + 1) & 0xFFFFFFFF
            self._stills.freeze(frame)
        else:
            self._stills.thaw()
        self._follower.freeze(on)
        self._freezing.stand_still(frame, reason)

    async def _take(self, still: Whole) -> None:
        picture = await self._freezing.take(still)
        if picture is None or self._follower is None:
            return
        if still.live:
            self._follower.study(picture)
        else:
            self._follower.hold(picture)
