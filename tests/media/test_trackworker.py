"""The tracker's thread: pictures in, poses out, and nothing waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import av
import cv2
import numpy as np
import pytest

from coachdesk.media.picture.video import Picture
from coachdesk.media.tracker import FrameId, State, Surface, TrackerError
from coachdesk.media.trackworker import INBOX, Poses, TrackWorker
from tests.media.scenes import MARK, content, looking, off, picture

TICKS = 3000


def decoded(number: int, x: float = 0, *, size: float = 1) -> Picture:
    """The ``number``-th picture of a camera, at ``x``."""
    grey = picture(looking(x), size=size)
    frame = av.VideoFrame.from_ndarray(grey, format="gray").reformat(format="yuvj420p")
    return Picture(frame, number * TICKS, 0.0)


class Seen:
    """What a worker told."""

    def __init__(self, worker: TrackWorker) -> None:
        self.poses: asyncio.Queue[Poses] = asyncio.Queue()
        self.refused: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
        worker.on_poses = self.poses.put_nowait
        worker.on_refused = lambda name, reason: self.refused.put_nowait((name, reason))

    async def of(self, frame: FrameId) -> Poses:
        async with asyncio.timeout(20):
            while (poses := await self.poses.get()).frame != frame:
                pass
            return poses


def fill(worker: TrackWorker) -> None:
    for _ in range(INBOX + 1):
        worker.release("mark")


@pytest.fixture
async def worker() -> AsyncIterator[TrackWorker]:
    worker = TrackWorker()
    yield worker
    worker.close()


async def test_poses_come_for_pictures_with_marks(worker: TrackWorker) -> None:
    seen = Seen(worker)
    worker.put(decoded(1), 0)
    worker.anchor("mark", FrameId(0, TICKS), content(MARK))
    worker.put(decoded(2, 20), 0)
    poses = await seen.of(FrameId(0, 2 * TICKS))
    assert [pose.state for pose in poses.poses] == [State.TRACKED]
    assert off(poses.poses[0].h, looking(20)) < 3
    worker.release("mark")
    worker.focus(None)
    worker.put(decoded(3), 0)
    assert await worker.surface(FrameId(0, 3 * TICKS), content(MARK)) is Surface.GOOD
    assert seen.poses.empty()


async def test_the_newest_picture_wins_and_all_can_be_drawn_on(worker: TrackWorker) -> None:
    seen = Seen(worker)
    pictures = [decoded(number, 3 * number, size=0.5) for number in range(12)]
    for each in pictures:
        worker.put(each, 0)
    worker.anchor("mark", FrameId(0, 3 * TICKS), content(MARK))
    worker.put(decoded(12, 36), 0)
    await seen.of(FrameId(0, 12 * TICKS))
    assert worker.seen + worker.skipped == 13
    assert worker.skipped > 0


async def test_a_picture_that_is_not_known_is_refused(worker: TrackWorker) -> None:
    seen = Seen(worker)
    worker.put(decoded(1), 0)
    worker.anchor("mark", FrameId(0, 999), content(MARK))
    async with asyncio.timeout(20):
        name, reason = await seen.refused.get()
    assert name == "mark"
    assert "not known" in reason
    with pytest.raises(TrackerError, match="not known"):
        await worker.surface(FrameId(1, TICKS), content(MARK))


async def test_what_was_drawn_on_is_told_and_found_again_by_another_worker(worker: TrackWorker) -> None:
    pictures: asyncio.Queue[tuple[str, FrameId, np.ndarray]] = asyncio.Queue()
    worker.on_anchored = lambda *told: pictures.put_nowait(told)
    worker.put(decoded(1), 0)
    worker.anchor("mark", FrameId(0, TICKS), content(MARK))
    async with asyncio.timeout(20):
        name, frame, plane = await pictures.get()
    assert (name, frame, plane.shape) == ("mark", FrameId(0, TICKS), (360, 640))
    worker.release("mark")
    seen = Seen(worker)
    worker.recall("mark", cv2.imencode(".png", plane)[1].tobytes(), content(MARK))
    for number in range(2, 10):
        worker.put(decoded(number, 60 + number), 1)
        poses = await seen.of(FrameId(1, number * TICKS))
    assert [pose.state for pose in poses.poses] == [State.TRACKED]
    assert off(poses.poses[0].h, looking(69)) < 3


async def test_what_was_drawn_on_a_damaged_picture_is_refused(worker: TrackWorker) -> None:
    seen = Seen(worker)
    worker.recall("mark", b"\x89PNG\r\n\x1a\n", content(MARK))
    async with asyncio.timeout(20):
        name, reason = await seen.refused.get()
    assert (name, "damaged" in reason) == ("mark", True)


async def test_too_many_wishes_are_refused_and_pictures_dropped(worker: TrackWorker) -> None:
    worker.close()
    one = decoded(1, size=0.25)
    with pytest.raises(TrackerError, match="behind"):
        fill(worker)
    worker.put(one, 0)
    assert worker.dropped == 1


async def test_after_closing_nothing_is_told(worker: TrackWorker) -> None:
    seen = Seen(worker)
    worker.put(decoded(1), 0)
    worker.anchor("mark", FrameId(0, TICKS), content(MARK))
    worker.put(decoded(2), 0)
    worker.close()
    worker.close()
    await asyncio.sleep(0)
    assert seen.poses.empty()
