"""The hub's marks in the customer's picture: which are followed, from which frame on, and where they are found to be."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from coachdesk.annotation import Mark, Point, Tool
from coachdesk.gestures import outline
from coachdesk.inkwire import Anchor, HintWord, Points
from coachdesk.media.ink.inkhub import InkHub
from coachdesk.media.ink.inkrecord import InkRecord
from coachdesk.media.picture.video import Picture
from coachdesk.media.tracker import FrameId, Pose, State, Surface, TrackerError
from coachdesk.media.tracking.frames import MOST_HELD
from coachdesk.media.tracking.geometry import Floats, Homography, Plane
from coachdesk.media.trackworker import Poses, TrackWorker

MOST_FOLLOWED = 30
"""The tracker takes a few more. Marks that are gone give way first, then the oldest."""
KEPT_SECONDS = 60.0
"""How long a mark that is gone is followed on: by undo or replay it comes back where it belongs."""
WAIT_SECONDS = 1.0
"""How long a frame may take to come that a mark was drawn on."""
AGAIN_TICKS = 5
"""Ticks between two tellings of where marks are in what stands still: they may be lost on the way."""
GROWING_SECONDS = 0.5
"""How often what is known of a mark in the making is given to the tracker, while its frame is known there."""
FRAMES_KNOWN = 150
OUTLINE_POINTS = 64
DIGITS = (5, 5, 5, 5, 5, 5, 6, 6, 6)
MOST = 1e5
HINTS: dict[Surface, HintWord] = {
    Surface.GOOD: "",
    Surface.PLAIN: "closer",
    Surface.DARK: "more_light",
    Surface.GLARE: "",
    Surface.BLURRED: "slower",
}


class Watched(Protocol):
    """Whose pictures are looked at: ``pictures.Pictures``."""

    watcher: Callable[[Picture], None] | None

    @property
    def looked_at(self) -> bool: ...
    @property
    def newest_frame(self) -> int | None: ...


@dataclass
class _Followed:
    """A mark.

    Attributes:
        frame: None until the newest is there.
        given: when the tracker was told of it, seconds of the monotonic clock; ``changed``: not of all of it.
        lost: the tracker cannot follow it.
        gone: when it was removed or has faded; None: it is there.
        before: it is of before this program began, whose frames have other ids.
        picture: what such a mark was drawn on, a PNG, if that is known.
    """

    tool: Tool
    frame: int | None
    since: float
    path: list[Point] = field(default_factory=list)
    given: float | None = None
    changed: bool = False
    lost: bool = False
    removed: bool = False
    gone: float | None = None
    before: bool = False
    picture: bytes | None = None


class MarkFollower:
    """Connects a call's ink with its pictures; make it, and call everything, on the loop. Nothing is decoded for it while
    nobody could draw and nothing is drawn.
    """

    def __init__(self, ink: InkHub, pictures: Watched) -> None:
        self._ink = ink
        self._pictures = pictures
        self._worker: TrackWorker | None = None
        self._marks: OrderedDict[str, _Followed] = OrderedDict()
        self._frames = _Frames()
        self._still: FrameId | None = None
        self._frozen = False
        self._unlocated = False
        self._on_still: list[Anchor] = []
        self._ticks = 0
        self._record: InkRecord | None = None
        self._before: set[str] = set()
        ink.on_mark = self._changed
        ink.on_gesture = self._grows
        ink.newest_frame = lambda: pictures.newest_frame

    def go_on(self, record: InkRecord) -> None:
        """Has the call's ink go on with what ``record`` has of it, and written there from now on. Marks of before are looked
        for by the pictures they were drawn on. To be called before all else.
        """
        self._record = record
        self._ink.go_on(record)
        pictures = record.kept.pictures if record.kept is not None else {}
        marks = self._ink.marks()
        self._before = {mark.mark for mark in marks}
        for mark in marks:
            if mark.mark in pictures:
                self._follow(mark, pictures[mark.mark])
            self._changed(mark)

    def tick(self) -> None:
        """A few times a second: begins and ceases to look, lets go of what has faded, sees to what had to wait."""
        for mark in self._ink.marks():
            if mark.mark in self._marks:
                self._note_gone(mark)
        epoch = self._frames.catch_up(self._ink.epoch)
        if epoch != self._ink.epoch:
            self._ink.set_epoch(epoch)
        wanted = bool(self._marks) or self._frozen or self._pictures.looked_at or self._ink.watched
        if wanted and self._worker is None:
            self._worker = TrackWorker()
            self._worker.on_poses = self._found
            self._worker.on_anchored = self._anchored
            self._worker.on_refused = self._refused
            self._worker.on_located = self._located
        self._pictures.watcher = self._see if wanted else None
        for name in list(self._marks):
            self._give(name)
        self._tell_still()

    async def surface(self, frame: int | None, points: list[Point]) -> Surface:
        """Whether a mark drawn there would hold; tells the customer what would help. Raises TrackerError."""
        frame = self._pictures.newest_frame if frame is None else frame
        known = self._frames.find(frame) if frame is not None else None
        if known is None or self._worker is None:
            raise TrackerError("there is no picture of the customer's camera now")
        try:
            found = await self._worker.surface(known, np.array([point[:2] for point in points]))
        except TimeoutError:
            raise TrackerError("the tracker is too far behind; try again") from None
        self._ink.lines.hint(HINTS[found])
        return found

    def freeze(self, on: bool) -> None:
        """The picture stands still for all, or is live again. Once the still is here (`hold`), nothing is told of the live
        picture, but marks are followed in it.
        """
        self._frozen, self._still = on, None
        self._on_still = []
        self.tick()

    def hold(self, still: Picture) -> None:
        """This picture, called by its timestamp, is what stands still."""
        if self._worker is None or not self._frozen:
            return
        frame = self._frames.hold(still.timestamp)
        self._wish("", lambda worker: worker.hold(still, frame))
        self._still, self._unlocated = frame, True
        self._tell_still()

    def study(self, still: Picture) -> None:
        """One of the pictures that come in place of a video."""
        frame = self._frames.hold(still.timestamp)
        self._wish("", lambda worker: worker.study(still, frame))

    def _tell_still(self) -> None:
        """Where the marks are in what stands still, which has to be found out for those that were drawn elsewhere."""
        self._ticks += 1
        still = self._still
        if still is None:
            return
        if self._unlocated:
            self._unlocated = False
            self._wish("", lambda worker: worker.locate(still))
        elif self._ticks % AGAIN_TICKS == 0:
            self._ink.send_poses(still.timestamp, still.epoch, self._on_still)

    def _located(self, found: Poses) -> None:
        if found.frame == self._still:
            elsewhere = [
                pose
                for pose in found.poses
                if (mark := self._marks.get(pose.anchor)) is not None
                and not mark.removed
                and mark.frame != found.frame.timestamp
            ]
            self._on_still = [_anchor(pose.anchor, pose) for pose in elsewhere]
            self._ink.send_poses(found.frame.timestamp, found.frame.epoch, self._on_still)

    def close(self, *, over: bool) -> None:
        """``over``: the call is; else its record stays, for the agent may come back to it."""
        self._pictures.watcher = None
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.close()
        if self._record is not None:
            self._record.close(remove=over)

    # --- marks ------------------------------------------------------------------------------------------------

    def _note_gone(self, mark: Mark) -> None:
        followed, now = self._marks[mark.mark], time.monotonic()
        followed.removed = mark.removed
        if mark.visible(self._ink.now):
            followed.gone = None
        elif followed.gone is None:
            followed.gone = now
        elif now - followed.gone > KEPT_SECONDS:
            self._release(mark.mark)

    def _changed(self, mark: Mark) -> None:
        if mark.surface != "camera":
            return  # it stays where it is
        followed = self._marks.get(mark.mark)
        if followed is None:
            if not mark.visible(self._ink.now):
                return
            followed = self._follow(mark)
        self._note_gone(mark)
        path = list(mark.path)
        if mark.ended and (followed.tool, followed.path) != (mark.tool, path):
            followed.tool, followed.path, followed.changed, followed.given = mark.tool, path, True, None
        self._give(mark.mark)

    def _follow(self, mark: Mark, picture: bytes | None = None) -> _Followed:
        before = mark.mark in self._before
        followed = _Followed(mark.tool, mark.frame, time.monotonic(), before=before, picture=picture)
        followed.lost = before and picture is None
        self._marks[mark.mark] = followed
        self._make_room()
        return followed

    def _grows(self, points: Points) -> None:
        followed = self._marks.get(points.mark)
        if followed is not None and not followed.before:
            followed.path = followed.path[: points.first] + points.points
            followed.changed = True
            self._give(points.mark)

    def _make_room(self) -> None:
        while len(self._marks) > MOST_FOLLOWED:
            gone = (name for name, followed in self._marks.items() if followed.gone is not None)
            self._release(next(gone, next(iter(self._marks))))

    def _release(self, name: str) -> None:
        if self._marks.pop(name, None) is None:
            return
        self._wish(name, lambda worker: worker.release(name))
        if self._record is not None:
            self._record.let_go(name)

    def _give(self, name: str) -> None:
        """Has the tracker hold on to a mark as far as it is known, if its frame is."""
        followed, worker = self._marks[name], self._worker
        if followed.before:
            self._recall(name, followed)
            return
        now = time.monotonic()
        if followed.frame is None:
            followed.frame = self._frames.newest
        if worker is None or not followed.changed or followed.frame is None:
            return
        if followed.given is not None and now - followed.given < GROWING_SECONDS:
            return
        frame = self._frames.find(followed.frame)
        if frame is None:
            followed.lost = followed.lost or (followed.given is None and now - followed.since > WAIT_SECONDS)
            return
        followed.given, followed.changed = now, False
        self._unlocated = self._unlocated or frame != self._still
        shape = _shape(followed)
        self._wish(name, lambda worker: worker.anchor(name, frame, shape))

    def _recall(self, name: str, followed: _Followed) -> None:
        picture = followed.picture
        if picture is None or self._worker is None or not followed.changed:
            return
        followed.changed = False
        shape = _shape(followed)
        self._wish(name, lambda worker: worker.recall(name, picture, shape))

    def _anchored(self, name: str, frame: FrameId, picture: Plane) -> None:
        followed = self._marks.get(name)
        if self._record is not None and followed is not None and not followed.before:
            self._record.drawn_on(name, f"{frame.epoch}-{frame.timestamp}", picture)

    def _wish(self, name: str, wish: Callable[[TrackWorker], None]) -> None:
        if self._worker is None:
            return
        try:
            wish(self._worker)
        except TrackerError as error:
            self._refused(name, str(error))

    def _refused(self, name: str, reason: str) -> None:
        followed = self._marks.get(name)
        if followed is not None:
            followed.lost = True

    # --- pictures ---------------------------------------------------------------------------------------------

    def _see(self, picture: Picture) -> None:
        """On the decoding thread."""
        frame, worker = self._frames.add(picture), self._worker
        if worker is not None:
            worker.put(picture, frame.epoch)

    def _found(self, found: Poses) -> None:
        if self._still is not None:
            return
        poses = {pose.anchor: pose for pose in found.poses}
        anchors = [
            _anchor(name, poses.get(name))
            for name, followed in self._marks.items()
            if not followed.removed and (name in poses or followed.lost)
        ]
        self._ink.send_poses(found.frame.timestamp, found.frame.epoch, anchors)


class _Frames:
    """The pictures of the last seconds, and which epoch each is of. ``add`` is called on another thread than the rest."""

    def __init__(self) -> None:
        self._epochs: OrderedDict[int, int] = OrderedDict()
        self._held: dict[int, FrameId] = {}
        self._lock = threading.Lock()
        self._size: tuple[int, int] | None = None
        self._epoch = 0

    def add(self, picture: Picture) -> FrameId:
        """A picture of another size than the one before begins another epoch."""
        with self._lock:
            if self._size not in (None, picture.size):
                self._epoch += 1
            self._size = picture.size
            self._epochs[picture.timestamp] = self._epoch
            if len(self._epochs) > FRAMES_KNOWN:
                self._epochs.popitem(last=False)
            return FrameId(self._epoch, picture.timestamp)

    def hold(self, timestamp: int) -> FrameId:
        """A still, which is known for as long as it may be drawn on."""
        with self._lock:
            self._held[timestamp] = FrameId(self._epoch, timestamp)
            while len(self._held) > MOST_HELD:
                del self._held[next(iter(self._held))]
            return self._held[timestamp]

    def catch_up(self, epoch: int) -> int:
        """The epoch of pictures from now on: what was known here or is told, whichever is later."""
        with self._lock:
            self._epoch = max(self._epoch, epoch)
            return self._epoch

    def find(self, timestamp: int) -> FrameId | None:
        with self._lock:
            epoch = self._epochs.get(timestamp)
            return FrameId(epoch, timestamp) if epoch is not None else self._held.get(timestamp)

    @property
    def newest(self) -> int | None:
        with self._lock:
            return next(reversed(self._epochs), None)


def _anchor(name: str, pose: Pose | None) -> Anchor:
    """``pose``: None for a mark that the tracker does not follow."""
    if pose is None:
        return Anchor(marks=[name], state="lost")
    if pose.state is State.TRACKED:
        return _tracked(name, pose.h)
    toward = round(pose.toward, 3) if pose.toward is not None else None
    return Anchor(marks=[name], state=pose.state.value, toward=toward)  # type: ignore[arg-type]


def _tracked(name: str, h: Homography | None) -> Anchor:
    """With the digits that show: a hundredth of a pixel at 720p. A matrix that is none hides the mark."""
    if h is None or not np.isfinite(h).all() or np.abs(h).max() > MOST:
        return Anchor(marks=[name], state="hidden")
    digits = zip(h.ravel(), DIGITS, strict=True)
    return Anchor(marks=[name], state="tracked", h=tuple(round(float(value), n) for value, n in digits))  # type: ignore[arg-type]


def _shape(followed: _Followed) -> Floats:
    """What it is about, N x 2, with few enough points."""
    points = outline(followed.tool, followed.path)
    return np.array(points[:: -(-len(points) // OUTLINE_POINTS)])
