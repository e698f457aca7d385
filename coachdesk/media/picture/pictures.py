"""The customer's picture at one endpoint: decoded only if somebody looks, into shared memory and a file."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from coachdesk import events
from coachdesk.media.packet import Packet
from coachdesk.media.picture.framering import FrameWriter
from coachdesk.media.picture.video import Picture, VideoReceiver
from coachdesk.media.picture.videofile import VideoFileWriter

NEW_SECONDS = 1.0
"""An older picture is not what anybody draws on."""
STALE_SECONDS = 2.0
"""A camera that has sent nothing for so long is off, or its line is gone."""
STILL_SECONDS = 15.0
"""The same, for stills that come in place of a video."""


class Pictures:
    """Takes the packets of one camera at a time.

    ``video_out``: a file for the pictures of all calls of this endpoint; raises DeviceError if it cannot be one.

    Attributes:
        watcher: sees every picture of the video on the decoding thread; nothing is decoded for it while it is None.
        frozen: id of the still that everybody sees in place of the live picture, or None.
        offset: what to add to the timestamps of the packets, modulo 2**32, to get the ids of frames (docs/ink.md).
    """

    def __init__(self, video_out: Path | None) -> None:
        self.offset = 0
        self.frozen: int | None = None
        self._file = VideoFileWriter(video_out) if video_out is not None else None
        self._ring: FrameWriter | None = None
        self._receiver: VideoReceiver | None = None
        self.watcher: Callable[[Picture], None] | None = None
        self._newest: Picture | None = None
        self._new_until = 0.0
        self._shown_still: Picture | None = None
        self._party = ""
        self._request_keyframe: Callable[[], None] = lambda: None
        self._emit: Callable[[events.AnyEvent], None] = lambda event: None
        self._announced = False
        self._seen = 0.0
        self._watch: asyncio.TimerHandle | None = None

    def start(
        self, party: str, request_keyframe: Callable[[], None], emit: Callable[[events.AnyEvent], None]
    ) -> None:
        """A call begins: its customer's pictures come from now on."""
        self.stop()
        self.offset = 0
        self._newest = None
        self.freeze(None)
        self._party, self._request_keyframe, self._emit = party, request_keyframe, emit

    def stop(self) -> None:
        """The call is over; nothing of it is shown any more."""
        receiver, self._receiver = self._receiver, None
        if receiver is not None:
            receiver.close()
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None
        self._gone()

    @property
    def looked_at(self) -> bool:
        """Whether somebody is shown the pictures."""
        return self._ring is not None

    @property
    def newest(self) -> Picture | None:
        """What is seen: the still, if one is seen by all, else the newest picture; None if there is none of late, or
        pictures are not decoded.
        """
        return self._shown_still if self._shown_still is not None else self._live

    @property
    def _live(self) -> Picture | None:
        return self._newest if time.monotonic() <= self._new_until else None

    @property
    def newest_frame(self) -> int | None:
        """Its id."""
        newest = self.newest
        return None if newest is None else self.frame_id(newest)

    @property
    def aspect(self) -> float:
        """Width by height of the newest picture."""
        seen = self._shown_still or self._newest
        width, height = seen.size if seen is not None else (16, 9)
        return width / height

    def frame_id(self, picture: Picture) -> int:
        """What a picture is called in the call."""
        return (picture.timestamp + self.offset) & 0xFFFFFFFF

    def publish(self, on: bool) -> None:
        """Puts pictures into shared memory, announced by a ``frames`` event, or no longer."""
        if on and self._ring is None:
            self._ring = FrameWriter(f"cdk-{secrets.token_hex(6)}")
            self._announced = False
            if self._shown_still is not None:
                self._put_still(self._shown_still)
        elif not on and self._ring is not None:
            ring, self._ring = self._ring, None
            ring.close()

    def put(self, packet: Packet) -> None:
        """One packet of the camera; costs next to nothing while nobody looks."""
        if self._ring is None and self._file is None and self.watcher is None:
            return
        if self._receiver is None:
            self._receiver = VideoReceiver()
            self._receiver.on_picture = self._picture
            self._receiver.on_frame = self._shown
            self._receiver.on_keyframe_needed = lambda: self._request_keyframe()
        self._receiver.put(packet)

    def freeze(self, frame: int | None) -> None:
        """The picture stands still as it is, until `show` has the still called ``frame``; None: it is live again."""
        if frame == self.frozen:
            return
        self.frozen = frame
        self._shown_still = self._live if frame is not None else None

    def show(self, still: Picture) -> None:
        """A still, by the id of its frame: the one that all see, or one of those in place of a video."""
        still = replace(still, timestamp=(still.timestamp - self.offset) & 0xFFFFFFFF)
        patience = 0.0
        if self.frozen is not None:
            self._shown_still = still
        else:
            patience = STILL_SECONDS - STALE_SECONDS
            self._newest, self._new_until = still, time.monotonic() + STILL_SECONDS
        self._put_still(still, patience)

    def _put_still(self, still: Picture, patience: float = 0.0) -> None:
        if self._ring is not None:
            self._ring.write(still.bgra(), still.arrival, self.frame_id(still))
        self._shown(still, patience)

    async def close(self) -> None:
        """Lets go of everything; a video file is finished, for at most five seconds."""
        self.stop()
        self.publish(False)
        if self._file is not None:
            await asyncio.to_thread(self._file.close)

    def _picture(self, picture: Picture) -> None:
        """On the decoding thread."""
        self._newest, self._new_until = picture, picture.arrival + NEW_SECONDS
        watcher, ring = self.watcher, self._ring if self.frozen is None else None
        if watcher is not None:
            watcher(picture)
        if ring is not None:
            ring.write(picture.bgra(), picture.arrival, self.frame_id(picture))
        if self._file is not None:
            self._file.write(picture)

    def _shown(self, picture: Picture, longer: float = 0.0) -> None:
        """On the loop: tells where the pictures are, and watches that they go on; ``longer``: seconds of more patience."""
        self._seen = max(self._seen, time.monotonic() + longer)
        if not self._announced and self._ring is not None:
            self._announced = True
            self._emit(events.Frames(party=self._party, name=self._ring.name))
        if self._watch is None:
            self._watch = asyncio.get_running_loop().call_later(STALE_SECONDS, self._look)

    def _look(self) -> None:
        self._watch = None
        quiet = time.monotonic() - self._seen
        if self.frozen is not None:
            self._watch = asyncio.get_running_loop().call_later(STALE_SECONDS, self._look)
        elif quiet >= STALE_SECONDS:
            self._gone()
        else:
            self._watch = asyncio.get_running_loop().call_later(STALE_SECONDS - quiet, self._look)

    def _gone(self) -> None:
        if self._announced:
            self._announced = False
            self._emit(events.VideoGone(party=self._party))
