"""Marks of the hub in the picture: which are followed, from which frame on, and what everybody is told of where they are."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator

import numpy as np
import pytest

from coachdesk.annotation import Begin, End, Point, Remove, Restore, Tool
from coachdesk.inkwire import Points, Poses, dump, in_packets
from coachdesk.media.ink import markfollower
from coachdesk.media.ink.markfollower import KEPT_SECONDS
from coachdesk.media.picture.video import Picture
from coachdesk.media.tracker import FrameId, Pose, State, Surface, TrackerError
from coachdesk.media.trackworker import Poses as Found
from tests.fakes.following import PATH, FakeWorker, Scene, picture, textured
from tests.media.peers import until


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [0.0]
    monkeypatch.setattr("coachdesk.media.ink.markfollower.time.monotonic", lambda: now[0])
    return now


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> Scene:
    FakeWorker.made = []
    monkeypatch.setattr(markfollower, "TrackWorker", FakeWorker)
    return Scene()


def test_a_mark_is_followed_from_the_frame_it_was_drawn_on(scene: Scene) -> None:
    scene.follower.tick()
    scene.show(0, 3000, 6000)
    scene.draw("mark_0001")
    frame, outline = scene.worker.anchored["mark_0001"]
    assert frame == FrameId(0, 3000)
    assert outline.tolist() == [[0.4, 0.4], [0.6, 0.4], [0.6, 0.6], [0.4, 0.6]]
    assert scene.found(mark_0001=State.TRACKED) == [
        {"mark": "mark_0001", "state": "tracked", "h": (1, 0, 0, 0, 1, 0, 0, 0, 1)}
    ]
    assert scene.found(mark_0001=State.OFF_SCREEN) == [
        {"mark": "mark_0001", "state": "off_screen", "h": None}
    ]


def test_a_frame_that_is_still_to_come_is_waited_for(scene: Scene) -> None:
    scene.follower.tick()
    scene.show(0)
    scene.draw("mark_0001")
    assert not scene.worker.anchored
    scene.show(3000)
    scene.follower.tick()
    assert scene.worker.anchored["mark_0001"][0] == FrameId(0, 3000)


def test_a_frame_that_never_comes_leaves_the_mark_lost(scene: Scene, clock: list[float]) -> None:
    scene.follower.tick()
    scene.show(0)
    scene.draw("mark_0001")
    clock[0] = 5.0
    scene.follower.tick()
    scene.draw("mark_0002", frame=0)
    states = {each["mark"]: each["state"] for each in scene.found(mark_0002=State.TRACKED)}
    assert states == {"mark_0001": "lost", "mark_0002": "tracked"}


def test_without_a_frame_the_next_picture_is_drawn_on(scene: Scene) -> None:
    scene.pictures.looked_at = False
    scene.follower.tick()
    assert (scene.pictures.watcher, FakeWorker.made) == (None, [])
    scene.draw("mark_0001", frame=None)
    scene.follower.tick()
    scene.show(9000)
    scene.follower.tick()
    assert scene.worker.anchored["mark_0001"][0] == FrameId(0, 9000)


def test_nothing_is_decoded_when_nobody_looks_and_nothing_was_drawn_of_late(
    scene: Scene, clock: list[float]
) -> None:
    scene.pictures.looked_at = False
    scene.draw("mark_0001")
    scene.follower.tick()
    assert scene.pictures.watcher is not None
    scene.time += 11
    for seconds in (0, KEPT_SECONDS - 1):
        clock[0] += seconds
        scene.follower.tick()
    assert scene.pictures.watcher is not None
    clock[0] += 2
    scene.follower.tick()
    assert scene.worker.released == ["mark_0001"]
    assert scene.pictures.watcher is None


def test_a_mark_in_the_making_is_held_on_to_before_its_frame_is_forgotten(
    scene: Scene, clock: list[float]
) -> None:
    scene.follower.tick()
    scene.show(3000)
    scene.begin("mark_0001")
    for step in range(20):
        clock[0] += 0.1
        scene.ink.point(Points(mark="mark_0001", first=step, points=[Point(step / 20, 0.5)]))
    assert 2 <= scene.worker.count <= 5
    scene.ink.submit(End(mark="mark_0001", path=PATH))
    assert len(scene.worker.anchored["mark_0001"][1]) == 4


def test_what_is_removed_is_followed_on_so_that_undo_brings_it_back_where_it_belongs(scene: Scene) -> None:
    scene.follower.tick()
    scene.show(3000)
    scene.draw("mark_0001")
    scene.ink.submit(Remove("mark_0001"))
    scene.follower.tick()
    assert scene.found(mark_0001=State.TRACKED) == []
    scene.ink.submit(Restore("mark_0001"))
    assert [each["state"] for each in scene.found(mark_0001=State.TRACKED)] == ["tracked"]
    assert (scene.worker.count, scene.worker.released) == (1, [])


def test_what_has_faded_is_followed_on_for_a_replay(scene: Scene) -> None:
    scene.follower.tick()
    scene.show(3000)
    scene.draw("mark_0001")
    scene.time += 11
    scene.follower.tick()
    assert [each["state"] for each in scene.found(mark_0001=State.TRACKED)] == ["tracked"]


def test_marks_that_are_gone_give_way_before_those_that_are_not(scene: Scene) -> None:
    scene.follower.tick()
    scene.show(3000)
    for number in range(markfollower.MOST_FOLLOWED):
        scene.draw(f"mark_{number:04}")
    scene.ink.submit(Remove("mark_0007"))
    scene.draw("mark_more")
    assert scene.worker.released == ["mark_0007"]


def test_so_many_are_followed_and_the_oldest_give_way(scene: Scene) -> None:
    scene.follower.tick()
    scene.show(3000)
    for number in range(markfollower.MOST_FOLLOWED + 2):
        scene.draw(f"mark_{number:04}")
    assert scene.worker.released == ["mark_0000", "mark_0001"]


def test_a_tracker_that_is_far_behind_loses_a_mark_and_nothing_else(scene: Scene) -> None:
    scene.follower.tick()
    scene.show(3000)
    scene.worker.full = True
    scene.draw("mark_0001")
    assert scene.found() == [{"mark": "mark_0001", "state": "lost", "h": None}]


def test_another_size_is_another_epoch_and_so_is_a_turned_phone(scene: Scene) -> None:
    scene.follower.tick()
    scene.show(0)
    scene.show(3000, size=(48, 64))
    scene.follower.tick()
    assert scene.ink.epoch == 1
    scene.ink.turn()
    scene.follower.tick()
    scene.show(6000, size=(48, 64))
    assert scene.worker.put_in == [0, 1, 2]
    scene.draw("mark_0001", frame=3000)
    assert scene.worker.anchored["mark_0001"][0] == FrameId(1, 3000)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e7])
def test_a_matrix_that_is_none_hides_its_mark_and_no_other(scene: Scene, value: float) -> None:
    scene.follower.tick()
    scene.show(3000)
    scene.draw("mark_0001")
    scene.draw("mark_0002")
    bad = np.eye(3)
    bad[0, 2] = value
    poses = [Pose("mark_0001", State.TRACKED, bad), Pose("mark_0002", State.TRACKED, np.eye(3))]
    scene.worker.on_poses(Found(FrameId(0, 6000), poses))
    assert [each.state for each in scene.told[-1].anchors] == ["hidden", "tracked"]


def test_as_many_anchors_as_are_sent_at_once_fit_a_packet() -> None:
    h = np.array([[-1.23456789, 0.123456789, -0.123456789]] * 3)
    anchors = [markfollower._tracked(secrets.token_urlsafe(9), h) for _ in range(30)]
    parts = list(in_packets(anchors))
    assert sum(map(len, parts)) == 30
    assert max(len(dump(Poses(frame=2**32 - 1, epoch=100, anchors=part))) for part in parts) <= 1200


async def test_the_surface_is_told_and_the_customer_gets_a_hint(scene: Scene) -> None:
    with pytest.raises(TrackerError):
        await scene.follower.surface(None, PATH)
    scene.follower.tick()
    scene.show(3000)
    assert await scene.follower.surface(3000, PATH) is Surface.PLAIN


def test_the_end_is_the_trackers_too(scene: Scene) -> None:
    scene.follower.tick()
    scene.follower.close(over=True)
    assert scene.worker.closed
    assert scene.pictures.watcher is None


# --- what stands still ---


def test_while_the_picture_stands_still_all_are_told_where_marks_are_in_that(scene: Scene) -> None:
    scene.follower.tick()
    scene.show(3000)
    scene.draw("mark_0001")
    scene.found(mark_0001=State.TRACKED)
    told = len(scene.told)
    scene.follower.freeze(True)
    scene.found(mark_0001=State.TRACKED)  # the last picture, which they see until the still is here
    assert len(scene.told) == told + 1
    scene.follower.hold(picture(4711))
    scene.worker.on_poses(Found(FrameId(0, 9000), [Pose("mark_0001", State.TRACKED, np.eye(3))]))
    assert scene.worker.held == scene.worker.located == [FrameId(0, 4711)]
    scene.worker.on_located(Found(FrameId(0, 4711), [Pose("mark_0001", State.TRACKED, np.eye(3))]))
    for _ in range(10):
        scene.follower.tick()
    again = scene.told[told + 1 :]
    assert {(each.frame, each.anchors[0].state) for each in again} == {(4711, "tracked")}
    assert len(again) >= 3  # they may be lost on the way
    scene.follower.freeze(False)
    assert scene.found(mark_0001=State.TRACKED)[0]["state"] == "tracked"
    assert scene.told[-1].frame == 6000


def test_marks_hold_on_single_pictures_in_place_of_a_video(scene: Scene) -> None:
    scene.follower.tick()
    scene.follower.study(picture(90_000))
    assert scene.worker.studied == [FrameId(0, 90_000)]
    scene.draw("mark_0001", frame=90_000)
    assert scene.worker.anchored["mark_0001"][0] == FrameId(0, 90_000)


def test_what_is_drawn_on_the_still_is_held_on_to_and_not_looked_for_there(scene: Scene) -> None:
    scene.follower.freeze(True)
    scene.show(3000)
    scene.follower.hold(picture(4711))
    scene.show(*range(6000, 6000 + 3000 * 200, 3000))  # as many as are ever remembered
    located = len(scene.worker.located)
    scene.draw("mark_0001", frame=4711)
    assert scene.worker.anchored["mark_0001"][0] == FrameId(0, 4711)
    scene.follower.tick()
    assert len(scene.worker.located) == located
    scene.draw("mark_0002", frame=6000 + 3000 * 199)
    scene.follower.tick()
    assert len(scene.worker.located) == located + 1
    both = [Pose(name, State.TRACKED, np.eye(3)) for name in ("mark_0001", "mark_0002")]
    scene.worker.on_located(Found(FrameId(0, 4711), both))
    assert [each.marks for each in scene.told[-1].anchors] == [["mark_0002"]]


# --- with the real tracker ---


@pytest.fixture
async def real() -> AsyncIterator[Scene]:
    scene = Scene()
    scene.follower.tick()
    yield scene
    scene.follower.close(over=True)


async def test_a_mark_is_told_to_be_where_its_thing_is(real: Scene) -> None:
    look = real.pictures.watcher
    assert look is not None
    look(Picture(textured(0), 3000, 0.0))
    real.draw("mark_0001")
    for step in range(1, 12):
        count = len(real.told)
        look(Picture(textured(4 * step), 3000 + 3000 * step, 0.0))
        await until(lambda count=count: len(real.told) > count)
    await asyncio.sleep(0)
    last = real.told[-1]
    (anchor,) = last.anchors
    assert (last.frame, anchor.state) == (3000 + 3000 * 11, "tracked")
    assert anchor.h is not None
    x, y, w = np.array(anchor.h).reshape(3, 3) @ [0.5, 0.5, 1]
    assert (x / w * 640, y / w * 360) == pytest.approx((320 + 44, 180), abs=1.5)


def test_what_is_drawn_on_a_shared_screen_is_not_followed(scene: Scene) -> None:
    scene.follower.tick()
    scene.ink.share((1920, 1080))
    frame = scene.ink.shared("screen").frame
    scene.show(frame)
    begin = Begin(
        mark="mark-on-screen",
        tool=Tool.RECTANGLE,
        colour="#000000",
        width=0.01,
        frame=frame,
        surface="screen",
    )
    scene.ink.submit(begin)
    scene.ink.submit(End(mark="mark-on-screen", path=PATH))
    scene.draw("mark-on-camera", frame)
    assert set(scene.worker.anchored) == {"mark-on-camera"}
