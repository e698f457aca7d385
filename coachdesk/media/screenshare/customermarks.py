"""Marks on the customer's screen, at the hub: followed in the pictures that the agent's endpoint decodes for itself."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

import cv2
import numpy as np

from coachdesk.media.ink.inkhub import InkHub
from coachdesk.media.picture.video import Picture
from coachdesk.media.screenshare.coachscreen import CoachScreen
from coachdesk.media.screenshare.content import Plane
from coachdesk.media.screenshare.customerscreen import CustomerScreen
from coachdesk.media.screenshare.decodedcontent import DecodedPiece
from coachdesk.media.screenshare.screenfollower import ScreenFollower
from coachdesk.media.screenshare.screenmarks import ScreenMarks
from coachdesk.media.screenshare.screenorder import ScreenOrder
from coachdesk.screenwire import Size

AGENT = ""
SAME_SHAPE = 0.01
"""A browser sends fewer pixels where the line bears no more: by so much less or more wide for its height, it is the same."""


class CustomerMarks:
    """It can be drawn on while the agent is shown it, from the first picture on: pictures are known by the RTP timestamps
    they come in with, and told to each party as that party has them.
    """

    def __init__(
        self, ink: InkHub, customers: CustomerScreen, coachs: CoachScreen, order: ScreenOrder
    ) -> None:
        self._ink, self._customers, self._coachs, self._order = ink, customers, coachs, order
        self._follower = ScreenFollower(piece=DecodedPiece)
        self._marks = ScreenMarks(ink, "customer", self._follower)
        self._customer = ""
        self._size: Size | None = None
        self._offsets: dict[str, int] = {}
        self._newest: tuple[Plane, float] | None = None
        self._looking: asyncio.Future[None] | None = None

    def arrange(self, customer: str) -> None:
        """After every change of who shares what: a supervisor's goes first where the agent looks."""
        self._customer = customer
        if self._size is not None and not self._shown:
            self._size = self._newest = None
            self._ink.share(None, "customer")

    @property
    def _shown(self) -> bool:
        return self._customers.state != "off" and self._coachs.state == "off"

    def set_offset(self, party: str, offset: int) -> None:
        """``party`` has to add that to the timestamps of pictures as they get them."""
        self._offsets[party] = offset

    def tick(self) -> None:
        """Several times a second. What was drawn on a screen that stands still is looked for in its last picture."""
        self._marks.tick()
        newest = self._newest
        if newest is None or not self._marks.any or (self._looking is not None and not self._looking.done()):
            return
        self._looking = asyncio.get_running_loop().run_in_executor(None, self._see_again, newest)

    def _see_again(self, newest: tuple[Plane, float]) -> None:
        if newest is self._newest:
            self._follower.see(*newest)

    async def close(self) -> None:
        if self._looking is not None:
            await self._looking

    def watcher(self) -> Callable[[Picture], None]:
        """To be called with every picture of it, on the thread that decodes them; this here on the loop."""
        loop = asyncio.get_running_loop()
        return lambda picture: self._see(loop, picture)

    def _see(self, loop: asyncio.AbstractEventLoop, picture: Picture) -> None:
        plane, size = picture.luma(), self._size
        if size is not None and size != picture.size and _alike(size, picture.size):
            plane = np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), np.uint8)
        newest = self._newest = plane.copy(), float(picture.timestamp)
        self._follower.see(*newest)
        with contextlib.suppress(RuntimeError):  # the loop is gone
            loop.call_soon_threadsafe(self._tell, picture.timestamp, picture.size)

    def _tell(self, timestamp: int, size: Size) -> None:
        if not self._shown or self._customers.state != "on":
            return
        if self._size is None or not _alike(self._size, size):
            self._size = size
            self._ink.share(size, "customer")
        for party in (AGENT, self._customer):
            self._marks.sent(party, timestamp, float(timestamp))
        for party in self._order.shown_customers() & self._offsets.keys():
            self._marks.sent(party, (timestamp - self._offsets[party]) & 0xFFFFFFFF, float(timestamp))


def _alike(one: Size, other: Size) -> bool:
    return abs(one[0] * other[1] / (one[1] * other[0]) - 1) < SAME_SHAPE
