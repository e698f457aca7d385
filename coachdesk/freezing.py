"""What stands still for everybody on a call, and stills in place of a video, as one endpoint shows them."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

import av
import cv2
import numpy as np

from coachdesk import events
from coachdesk.media.picture.pictures import Pictures
from coachdesk.media.picture.video import Picture
from coachdesk.stillwire import MAX_STILL_PIXELS, StillError, Whole
from signaling.pictureform import JPEG, form_of

LEAST_SIDE = 32
"""Pixels; a still of fewer shows nothing."""

log = logging.getLogger(__name__)


class Freezing:
    """Of one call at a time. Stills are decoded on a thread; one that is overtaken by another is not shown."""

    def __init__(self, pictures: Pictures, emit: Callable[[events.AnyEvent], None]) -> None:
        self._pictures, self._emit = pictures, emit
        self._newest: Whole | None = None
        self._early: Picture | None = None
        self._stills = False

    @property
    def frozen(self) -> int | None:
        """Id of the frame that stands still, or None."""
        return self._pictures.frozen

    def stand_still(self, frame: int | None, reason: str = "") -> None:
        """The picture stands still as ``frame``, or is live again (None)."""
        if frame == self.frozen:
            return
        early, self._early = self._early, None
        self._pictures.freeze(frame)
        self._emit(events.Frozen(on=frame is not None, frame=frame, reason=reason))
        if early is not None and early.timestamp == frame:
            self._show(early)

    def instead(self, stills: bool) -> None:
        """Single pictures come in place of a video from now on, or no longer."""
        if stills is not self._stills:
            self._stills = stills
            self._emit(events.Stills(on=stills))

    async def take(self, still: Whole) -> Picture | None:
        """Shows a still that has come, and returns it; None if it is none, or not what is to be seen any more."""
        self._newest = still
        try:
            picture = await asyncio.to_thread(decode, still)
        except StillError as error:
            log.info("still refused: %s", error)
            return None
        if still is not self._newest or (still.live and self.frozen is not None):
            return None
        if still.live:
            self._pictures.show(picture)
        elif still.frame == self.frozen:
            self._show(picture)
        else:
            self._early = picture  # it has overtaken the word that it stands still
            return None
        return picture

    def _show(self, picture: Picture) -> None:
        self._pictures.show(picture)
        self._emit(events.Frozen(on=True, frame=self.frozen, sharp=True))

    def end(self) -> None:
        """The call is over."""
        self._newest = self._early = None
        self._stills = False
        self._pictures.freeze(None)


def decode(still: Whole) -> Picture:
    """The picture of a still, called by its frame. Raises StillError when it is none, or too large a one."""
    form = form_of(still.data)
    if form is None or form.kind != JPEG:
        raise StillError("it is no JPEG")
    if min(form.width, form.height) < LEAST_SIDE or form.width * form.height > MAX_STILL_PIXELS:
        raise StillError(f"{form.width} x {form.height} pixels are too few or too many")
    pixels = cv2.imdecode(np.frombuffer(still.data, np.uint8), cv2.IMREAD_COLOR)
    if pixels is None:
        raise StillError("it cannot be decoded")
    even = np.array(pixels[: pixels.shape[0] & ~1, : pixels.shape[1] & ~1], np.uint8)
    frame = av.VideoFrame.from_ndarray(even, "bgr24").reformat(format="yuv420p")
    return Picture(frame, still.frame, time.monotonic())
