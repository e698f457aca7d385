"""What is drawn of the marks on which picture, without windows: places, poses, flights, time."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from coachdesk import events
from coachdesk.annotation import FADING_SECONDS, Point, Tool
from coachdesk.inkwire import Gesture
from coachdesk.media.picture.framering import SharedPicture
from coachdesk.ui.inkshape import IDENTITY, between, corners, mapped, scale_at, to_screen
from coachdesk.ui.presenters.ink_frames import PATIENCE, PictureQueue, PoseBook
from coachdesk.ui.presenters.ink_scene import POINTER_LINGERS, InkScene
from tests.ui.ink_samples import FRAME, STEP, Clock, mark, moved, places, poses

# --- lines --------------------------------------------------------------------------------------------------


def test_a_picture_is_mapped_to_where_it_is_shown() -> None:
    assert mapped(to_screen(100, 50, 640, 360), [(0, 0), (1, 1), (0.5, 0.25)]) == [
        (100, 50),
        (740, 410),
        (420, 140),
    ]


def test_what_is_behind_the_viewer_is_not_mapped() -> None:
    view = np.array([[1.0, 0, 0], [0, 1, 0], [0, -2, 1]])
    assert mapped(view, [(0.5, 0.2)]) is not None
    assert mapped(view, [(0.5, 0.2), (0.5, 0.8)]) is None


def test_a_line_is_as_broad_as_the_picture_is_near() -> None:
    twice = np.diag([2.0, 2.0, 1.0])
    screen = to_screen(0, 0, 640, 360)
    assert scale_at(screen, (0.3, 0.3), 360) == pytest.approx(1)
    assert scale_at(screen @ twice, (0.3, 0.3), 360) == pytest.approx(2)
    assert scale_at(screen @ np.diag([50.0, 50.0, 1.0]), (0.3, 0.3), 360) == 3


def test_a_circle_lies_within_its_corners() -> None:
    rim = np.array(corners(Tool.CIRCLE, [Point(0.2, 0.4), Point(0.6, 0.5)]))
    assert rim.min(axis=0) == pytest.approx([0.2, 0.4])
    assert rim.max(axis=0) == pytest.approx([0.6, 0.5])


def test_a_flight_begins_where_the_mark_was_drawn_and_ends_in_its_place() -> None:
    there = np.array(moved(0.2, 0.1)).reshape(3, 3)
    assert between(IDENTITY, there, 0.0) == pytest.approx(IDENTITY)
    assert between(IDENTITY, 2 * there, 1.0) == pytest.approx(there)


# --- pictures and poses -------------------------------------------------------------------------------------


def picture(frame: int) -> SharedPicture:
    return SharedPicture(np.zeros((2, 2, 4), np.uint8), 1, 0.0, frame)


def test_a_picture_waits_for_its_poses_and_no_longer_than_it_may() -> None:
    clock, posed = Clock(), set[int]()
    queue = PictureQueue(lambda frame: frame in posed, clock)
    queue.put(picture(1))
    assert queue.next() is None
    posed.add(1)
    shown = queue.next()
    assert shown is not None
    assert shown.frame == 1
    queue.put(picture(2))
    clock.now += PATIENCE
    late = queue.next()
    assert late is not None
    assert late.frame == 2


def test_the_newest_picture_with_poses_is_shown_and_those_before_it_never() -> None:
    clock = Clock()
    queue = PictureQueue(lambda frame: frame == 2, clock)
    for frame in (1, 2, 3):
        queue.put(picture(frame))
    shown = queue.next()
    assert shown is not None
    assert shown.frame == 2
    assert queue.next() is None
    clock.now += PATIENCE
    shown = queue.next()
    assert shown is not None
    assert shown.frame == 3
    assert queue.next() is None


def test_poses_of_one_frame_come_in_several_messages_and_old_frames_go() -> None:
    book = PoseBook()
    book.put(poses(1, mark0001=moved(0, 0)), 0.0)
    book.put(poses(1, mark0002="lost"), 0.0)
    assert set(book.at(1) or {}) == {"mark0001", "mark0002"}
    for frame in range(2, 200):
        book.put(poses(frame), 0.0)
    assert book.at(1) is None


def test_pictures_wait_only_while_there_are_marks_and_somebody_tells_where_they_are() -> None:
    scene = InkScene()
    assert scene.posed(FRAME, 0.0)
    scene.put(mark())
    assert scene.posed(FRAME, 0.0)  # nobody has told of poses yet
    scene.place(poses(FRAME, mark0001=moved(0, 0)), 0.0)
    assert not scene.posed(FRAME + STEP, 0.1)
    assert scene.posed(FRAME + STEP, 5.0)  # they have ceased
    scene.put(mark(state="faded"))
    assert scene.posed(FRAME + STEP, 0.1)


# --- where marks are ----------------------------------------------------------------------------------------


def test_a_mark_is_drawn_with_the_pose_of_the_very_picture_or_not_at_all() -> None:
    scene = InkScene()
    scene.put(mark())
    scene.place(poses(FRAME + STEP, mark0001=moved(0.1, 0)), 0.0)
    scene.place(poses(FRAME + 2 * STEP, mark0001=moved(0.2, 0)), 0.0)
    scene.place(poses(FRAME + 3 * STEP, mark0001="hidden"), 0.0)
    assert places(scene, FRAME) == {"mark0001": 0.0}  # the very picture it was drawn on
    assert places(scene, FRAME + STEP) == {"mark0001": 0.1}
    assert places(scene, FRAME + 2 * STEP) == {"mark0001": 0.2}
    assert places(scene, FRAME + 3 * STEP) == {}
    assert places(scene, FRAME + 4 * STEP) == {}


@pytest.mark.parametrize("state", ["lost", "off_screen"])
def test_what_is_not_in_the_picture_is_told_elsewhere(state: str) -> None:
    scene = InkScene()
    scene.put(mark())
    scene.place(poses(FRAME + STEP, mark0001=state), 0.0)
    assert places(scene, FRAME + STEP) == {}
    assert [(each.mark.mark, each.state) for each in scene.elsewhere(FRAME + STEP)] == [("mark0001", state)]


def test_a_mark_pales_at_the_end_of_its_time_and_is_gone_when_removed() -> None:
    scene = InkScene()
    scene.put(mark(fades_at=10.0))
    assert [each.opacity for each in scene.placed(FRAME, 10.0 - FADING_SECONDS / 2)] == [pytest.approx(0.5)]
    assert scene.tick(10.0 - FADING_SECONDS / 2)
    scene.put(mark(state="removed"))
    assert places(scene, FRAME) == {}


def test_anothers_gesture_grows_whatever_is_lost_of_it() -> None:
    scene = InkScene()
    scene.put(msgspec.structs.replace(mark(tool=Tool.PEN, state="drawing"), path=[]))
    line = [Point(0.1 * n, 0.5, 0.5, n) for n in range(8)]
    scene.grow(events.MarkPoints(mark="mark0001", first=0, points=line[:3]))
    scene.grow(events.MarkPoints(mark="mark0001", first=2, points=line[2:6]))
    scene.grow(events.MarkPoints(mark="mark0001", first=0, points=line[:3]))  # late
    assert list(scene.placed(FRAME, 0.0)[0].mark.path) == line[:6]
    scene.grow(events.MarkPoints(mark="mark0001", first=7, points=line[7:]))  # one packet is missing
    assert list(scene.placed(FRAME, 0.0)[0].mark.path) == [*line[:6], line[7]]


def test_a_pointers_trail_goes_by_itself() -> None:
    scene = InkScene()
    laser = events.Laser(
        author="p-mia", stroke=1, colour="#e5484d", width=0.01, frame=None, points=[Point(0.5, 0.5)]
    )
    scene.point(laser, 10.0)
    assert len(scene.trails(10.1)) == 1
    assert scene.trails(10.0 + POINTER_LINGERS) == []
    assert not scene.tick(11.0)


def test_shown_again_marks_are_drawn_at_their_own_pace_also_if_they_have_faded() -> None:
    scene = InkScene()
    line = [(0.1, 0.1, 0.5, 0), (0.2, 0.1, 0.5, 200), (0.3, 0.1, 0.5, 400)]
    scene.put(mark("mark0001", Tool.PEN, line, state="faded"))
    scene.put(mark("mark0002", Tool.PEN, line))
    scene.replay(events.ReplayInk(gestures=[Gesture("mark0001", 0), Gesture("mark0002", 500)]), 10.0)
    lengths = [[len(each.mark.path) for each in scene.replayed(FRAME, 10.0 + t)] for t in (0.05, 0.25, 0.75)]
    assert lengths == [[1, 0], [2, 0], [3, 2]]
    assert scene.placed(FRAME, 10.1)[0].opacity < 1  # it stands back
    assert scene.tick(11.0)
    assert not scene.tick(13.0)
    assert scene.replayed(FRAME, 13.0) == []
