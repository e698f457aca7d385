"""The tracker on a thread of its own: pictures and wishes in from any thread, poses out on the loop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from coachdesk.media.picture.video import Picture
from coachdesk.media.priority import pictures_later
from coachdesk.media.tracker import FrameId, Pose, Surface, Tracker, TrackerError
from coachdesk.media.tracking.geometry import Floats, Plane
from coachdesk.media.tracking.view import at_work_size

log = logging.getLogger(__name__)

INBOX = 128
JOIN_SECONDS = 2.0
BEFORE = FrameId(-1, 0)
"""A picture of another time, while a mark is anchored on it."""


@dataclass(frozen=True)
class Poses:
    """All marks in one picture."""

    frame: FrameId
    poses: list[Pose]


@dataclass(frozen=True)
class _Seen:
    frame: FrameId
    luma: Plane


Wish = Callable[[Tracker], None]


class TrackWorker:
    """Create it on the loop. Every picture is kept for two seconds; of those that wait, the newest is looked at.

    Attributes:
        on_poses: called on the loop for each picture looked at while there are marks; poses that came while the loop
            was busy replace those before.
        on_located: called on the loop with the answer to `locate`.
        on_anchored: called on the loop with an anchor's name, its frame, and that picture at work size.
        on_refused: called on the loop with an anchor's name and the reason, when it cannot be.
        seen, skipped, dropped: pictures looked at; kept only, for newer ones; not even kept, the inbox being full.
    """

    def __init__(self) -> None:
        self.on_poses: Callable[[Poses], None] = _ignore
        self.on_located: Callable[[Poses], None] = _ignore
        self.on_anchored: Callable[[str, FrameId, Plane], None] = _ignore
        self.on_refused: Callable[[str, str], None] = _ignore
        self.seen = self.skipped = self.dropped = 0
        self._loop = asyncio.get_running_loop()
        self._inbox: queue.Queue[_Seen | Wish | None] = queue.Queue(INBOX)
        self._newest: Poses | None = None
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tracker", daemon=True)
        self._thread.start()

    def put(self, picture: Picture, epoch: int) -> None:
        """A decoded picture, on any one thread; takes 0.4 ms at 720p, and does not keep the picture."""
        frame = FrameId(epoch, picture.timestamp)
        try:
            self._inbox.put_nowait(_Seen(frame, np.array(at_work_size(picture.luma()))))
        except queue.Full:
            self.dropped += 1

    def hold(self, still: Picture, frame: FrameId) -> None:
        """See `Tracker.hold`. Raises TrackerError when the thread is far behind."""
        plane = np.array(at_work_size(still.luma()))
        self._wish(lambda tracker: tracker.hold(frame, plane))

    def study(self, still: Picture, frame: FrameId) -> None:
        """See `Tracker.study`; `on_poses` tells. Raises TrackerError as `hold` does."""
        self.hold(still, frame)
        self._wish(lambda tracker: self._told(Poses(frame, tracker.study(frame))))

    def locate(self, frame: FrameId) -> None:
        """See `Tracker.locate`; `on_located` tells. Raises TrackerError as `hold` does."""
        self._wish(lambda tracker: self._call(self._tell_located, Poses(frame, tracker.locate(frame))))

    def anchor(self, name: str, frame: FrameId, outline: Floats) -> None:
        """See `Tracker.anchor`; what it raises is told by `on_refused`."""
        self._wish(lambda tracker: self._anchor(tracker, name, frame, outline))

    def recall(self, name: str, picture: bytes, outline: Floats) -> None:
        """Look for what was drawn on ``picture``, a PNG of another time; else as `anchor`."""
        self._wish(lambda tracker: self._recall(tracker, name, picture, outline))

    def release(self, name: str) -> None:
        self._wish(lambda tracker: tracker.release(name))

    def focus(self, name: str | None) -> None:
        self._wish(lambda tracker: tracker.focus(name))

    async def surface(self, frame: FrameId, outline: Floats) -> Surface:
        """See `Tracker.surface`. Raises TrackerError, TimeoutError."""
        answer: asyncio.Future[Surface] = self._loop.create_future()

        def examine(tracker: Tracker) -> None:
            try:
                self._call(_answer, answer, tracker.surface(frame, outline))
            except TrackerError as error:
                self._call(_fail, answer, error)

        self._wish(examine)
        async with asyncio.timeout(JOIN_SECONDS):
            return await answer

    def close(self) -> None:
        """Stop the thread; nothing is called any more afterwards."""
        self._closed.set()
        with contextlib.suppress(queue.Full):
            self._inbox.put_nowait(None)
        self._thread.join(JOIN_SECONDS)

    def _wish(self, wish: Wish) -> None:
        """Raises TrackerError when the thread is far behind."""
        try:
            self._inbox.put_nowait(wish)
        except queue.Full:
            raise TrackerError("the tracker is too far behind; try again") from None

    def _run(self) -> None:
        pictures_later()
        cv2.setNumThreads(1)
        tracker, newest = Tracker(), None
        while not self._closed.is_set():
            item = self._inbox.get()
            try:
                newest = self._take(tracker, item, newest)
                if newest is not None and self._inbox.empty():
                    self._look(tracker, newest)
                    newest = None
            except Exception:
                newest = None
                log.exception("picture not tracked")

    def _take(self, tracker: Tracker, item: _Seen | Wish | None, newest: FrameId | None) -> FrameId | None:
        """Does what an item of the inbox asks for; returns the newest picture not looked at yet."""
        if isinstance(item, _Seen):
            tracker.keep(item.frame, item.luma)
            self.skipped += newest is not None
            return item.frame
        if item is not None:
            item(tracker)
        return newest

    def _look(self, tracker: Tracker, frame: FrameId) -> None:
        self.seen += 1
        self._told(Poses(frame, tracker.see(frame)))

    def _told(self, poses: Poses) -> None:
        unseen, self._newest = self._newest, poses
        if unseen is None:
            self._call(self._deliver)

    def _anchor(self, tracker: Tracker, name: str, frame: FrameId, outline: Floats) -> None:
        try:
            tracker.anchor(name, frame, outline)
        except TrackerError as error:
            self._call(self._refuse, name, str(error))
        else:
            self._call(self._tell_anchored, name, frame, tracker.picture(name))

    def _recall(self, tracker: Tracker, name: str, picture: bytes, outline: Floats) -> None:
        plane = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_GRAYSCALE)
        if plane is None:
            self._call(self._refuse, name, "the picture it was drawn on is damaged")
            return
        tracker.hold(BEFORE, at_work_size(np.asarray(plane, np.uint8)))
        self._anchor(tracker, name, BEFORE, outline)

    def _deliver(self) -> None:
        poses, self._newest = self._newest, None
        if poses is not None and poses.poses and not self._closed.is_set():
            self.on_poses(poses)

    def _tell_located(self, poses: Poses) -> None:
        if not self._closed.is_set():
            self.on_located(poses)

    def _tell_anchored(self, name: str, frame: FrameId, picture: Plane) -> None:
        if not self._closed.is_set():
            self.on_anchored(name, frame, picture)

    def _refuse(self, name: str, reason: str) -> None:
        if not self._closed.is_set():
            self.on_refused(name, reason)

    def _call(self, function: Callable[..., None], *arguments: object) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is gone
            self._loop.call_soon_threadsafe(function, *arguments)


def _answer(future: asyncio.Future[Surface], surface: Surface) -> None:
    if not future.done():
        future.set_result(surface)


def _fail(future: asyncio.Future[Surface], error: Exception) -> None:
    if not future.done():
        future.set_exception(error)


def _ignore(*_: object) -> None: ...
