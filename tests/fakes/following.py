"""The hub's marks in a customer's picture, without a tracker or pictures: both are what the test says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import av
import numpy as np

from coachdesk.annotation import Begin, End, Point, Tool
from coachdesk.inkwire import Poses
from coachdesk.media.ink.inkhub import InkHub
from coachdesk.media.ink.inkrecord import InkRecord
from coachdesk.media.ink.markfollower import MarkFollower
from coachdesk.media.picture.video import Picture
from coachdesk.media.tracker import FrameId, Pose, State, Surface, TrackerError
from coachdesk.media.trackworker import Poses as Found
from tests.fakes.views import call_view

PATH = [Point(0.4, 0.4), Point(0.6, 0.6)]


class FakeWorker:
    """Notes what it is to follow; finds what the test says."""

    made: list[FakeWorker]

    def __init__(self) -> None:
        self.on_poses: Callable[[Found], None] = lambda found: None
        self.on_refused: Callable[[str, str], None] = lambda name, reason: None
        self.on_anchored: Callable[[str, FrameId, Any], None] = lambda name, frame, picture: None
        self.recalled: dict[str, tuple[bytes, Any]] = {}
        self.on_located: Callable[[Found], None] = lambda found: None
        self.held: list[FrameId] = []
        self.studied: list[FrameId] = []
        self.located: list[FrameId] = []
        self.anchored: dict[str, tuple[FrameId, Any]] = {}
        self.count = 0
        self.released: list[str] = []
        self.put_in: list[int] = []
        self.closed = False
        self.full = False
        FakeWorker.made.append(self)

    def put(self, picture: Picture, epoch: int) -> None:
        self.put_in.append(epoch)

    def anchor(self, name: str, frame: FrameId, outline: Any) -> None:
        if self.full:
            raise TrackerError("too far behind")
        self.count += 1
        self.anchored[name] = frame, outline

    def recall(self, name: str, picture: bytes, outline: Any) -> None:
        self.recalled[name] = picture, outline

    def hold(self, still: Picture, frame: FrameId) -> None:
        self.held.append(frame)

    def study(self, still: Picture, frame: FrameId) -> None:
        self.studied.append(frame)

    def locate(self, frame: FrameId) -> None:
        self.located.append(frame)

    def release(self, name: str) -> None:
        self.released.append(name)

    async def surface(self, frame: FrameId, outline: Any) -> Surface:
        return Surface.PLAIN

    def close(self) -> None:
        self.closed = True


class FakePictures:
    watcher: Callable[[Picture], None] | None = None
    looked_at = True
    newest_frame: int | None = None


def picture(timestamp: int, size: tuple[int, int] = (64, 48)) -> Picture:
    return Picture(av.VideoFrame(*size, "yuv420p"), timestamp, 0.0)


class Scene:
    def __init__(self, record: InkRecord | None = None) -> None:
        self.time = 0.0
        self.ink = InkHub(clock=lambda: self.time)
        self.pictures = FakePictures()
        self.follower = MarkFollower(self.ink, self.pictures)
        if record is not None:
            self.follower.go_on(record)
        self.ink.apply(call_view())
        self.told: list[Poses] = []
        self.ink.on_poses = self.told.append

    @property
    def worker(self) -> FakeWorker:
        return FakeWorker.made[-1]

    def show(self, *timestamps: int, size: tuple[int, int] = (64, 48)) -> None:
        for timestamp in timestamps:
            assert self.pictures.watcher is not None
            self.pictures.watcher(picture(timestamp, size))

    def begin(self, mark: str, frame: int | None = 3000) -> None:
        self.ink.submit(
            Begin(mark=mark, tool=Tool.RECTANGLE, colour="#000000", width=0.01, frame=frame, fade=10)
        )

    def draw(self, mark: str, frame: int | None = 3000) -> None:
        self.begin(mark, frame)
        self.ink.submit(End(mark=mark, path=PATH))

    def found(self, **states: State) -> list[dict[str, Any]]:
        poses = [Pose(name, state, np.eye(3)) for name, state in states.items()]
        self.worker.on_poses(Found(FrameId(0, 6000), poses))
        return [{"mark": each.marks[0], "state": each.state, "h": each.h} for each in self.told[-1].anchors]


def textured(shift: int, seed: int = 4) -> av.VideoFrame:
    """A pattern that can be recognised, moved to the right by ``shift`` pixels; 640 x 360."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 255, (60, 100), np.uint8)
    grey = np.kron(coarse, np.ones((8, 8), np.uint8))[40:400, 80 - shift : 720 - shift]
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(np.stack([grey] * 3, 2)), format="bgr24")
    return frame.reformat(format="yuv420p")
