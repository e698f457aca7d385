"""Marks stay on what they were drawn on, or are not shown."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest

from coachdesk.media.tracker import (
    MOST_ANCHORS,
    BenchTracker,
    FrameId,
    Pose,
    State,
    Surface,
    Tracker,
    TrackerError,
)
from coachdesk.media.tracking.geometry import Homography, transform
from tests.media.scenes import HEIGHT, MARK, WIDTH, Picture, content, looking, off, picture, shaded

TICKS = 3000
"""Of the RTP clock between pictures."""
RIGHT = 3.0
"""Pixels at 720p."""


class Camera:
    """Shows a tracker one picture after another."""

    def __init__(self, *, epoch: int = 0, start: int = 0) -> None:
        self.tracker = Tracker()
        self.frame = FrameId(epoch, start)

    def show(self, seen: Picture, *, epoch: int | None = None) -> dict[str, Pose]:
        stamp = (self.frame.timestamp + TICKS) & 0xFFFFFFFF
        self.frame = FrameId(self.frame.epoch if epoch is None else epoch, stamp)
        self.tracker.keep(self.frame, seen)
        return {pose.anchor: pose for pose in self.tracker.see(self.frame)}

    def wait(self, pictures: int) -> None:
        """So many more pictures come, at none of which anybody looks."""
        for _ in range(pictures):
            self.frame = FrameId(self.frame.epoch, (self.frame.timestamp + TICKS) & 0xFFFFFFFF)
            self.tracker.keep(self.frame, np.zeros((90, 160), np.uint8))

    def draw(self, name: str = "mark", mark: np.ndarray = MARK) -> None:
        self.tracker.anchor(name, self.frame, content(mark))


@pytest.fixture
def camera() -> Camera:
    """Its first picture is seen, and has a mark."""
    camera = Camera()
    camera.show(picture(looking()))
    camera.draw()
    return camera


def path(count: int) -> list[Homography]:
    """A hand that moves about."""
    steps = (3.0 * np.arange(count)) / 30
    return [
        looking(
            60 * math.sin(1.9 * t),
            40 * math.sin(2.7 * t),
            zoom=1 + 0.2 * math.sin(t),
            turn=8 * math.sin(1.3 * t),
            tilt=15 * math.sin(0.9 * t),
        )
        for t in steps
    ]


def test_a_mark_stays_on_what_it_was_drawn_on(camera: Camera) -> None:
    for view in path(25)[1:]:
        pose = camera.show(picture(view))["mark"]
        assert pose.state is State.TRACKED
        assert off(pose.h, view) < RIGHT


def test_light_noise_and_another_resolution_do_not_move_it(camera: Camera) -> None:
    for number, view in enumerate(path(16)[1:]):
        gain = 1 - 0.5 * (number % 5) / 5
        seen = picture(view, noise=8, gain=gain, size=0.5 if number > 8 else 1)
        assert off(camera.show(seen)["mark"].h, view) < RIGHT


def test_shadows_that_pass_over_a_mark_do_not_take_it_along() -> None:
    camera = Camera()
    camera.show(shaded(picture(looking()), 0))
    camera.draw()
    for number in range(1, 13):
        view = looking(20 * math.sin(0.3 * number), 10 * math.sin(0.2 * number), turn=number)
        pose = camera.show(shaded(picture(view), 12 * number))["mark"]
        assert pose.state is State.TRACKED
        assert off(pose.h, view) < RIGHT


def smeared(views: list[Homography]) -> Picture:
    """What is seen while the shutter is open all the way from the first view to the last."""
    return np.mean([picture(view) for view in views], axis=0).astype(np.uint8)


def test_in_pictures_smeared_by_a_shaking_hand_it_is_in_its_place(camera: Camera) -> None:
    def at(t: float) -> Homography:
        return looking(120 * math.sin(0.3 * t) * min(t / 6, 1), 70 * math.sin(0.4 * t) * min(t / 6, 1))

    shown = 0
    for number in range(1, 25):
        pose = camera.show(smeared([at(number + step) for step in np.linspace(-0.45, 0.45, 12)]))["mark"]
        if pose.state is State.TRACKED:
            shown += 1
            assert off(pose.h, at(number)) < 2 * RIGHT
    assert shown > 20


def covered(view: Homography, x: float, y: float) -> Picture:
    """The mark under something else, as large as a hand, that is not where it was: ``x``, ``y`` pixels aside."""
    seen, hand = picture(view), picture(looking(3 * x, -2 * y), seed=2)
    middle = transform(view, MARK).mean(0) + np.array([x, y])
    shape = cv2.ellipse(
        np.zeros_like(seen), [int(each) for each in middle], [170, 130], 0, 0, 360, (255,), -1
    )
    return np.where(shape > 0, hand, seen)


def test_under_a_hand_that_moves_a_mark_stays_with_what_is_beside_it(camera: Camera) -> None:
    views = path(40)
    for view in views[1:20]:
        camera.show(picture(view))
    shown = 0
    for number, view in enumerate(views[20:]):
        pose = camera.show(covered(view, 30 * math.sin(number), 25 * math.cos(0.7 * number)))["mark"]
        if pose.state is State.TRACKED:
            shown += 1
            assert off(pose.h, view) < 2 * RIGHT
    assert shown > 16


def test_a_lost_mark_under_a_hand_is_found_by_what_is_beside_it(camera: Camera) -> None:
    views = path(48)
    for view in views[1:20]:
        camera.show(picture(view))
    for _ in range(8):
        camera.show(picture(looking(), seed=3))
    shown = 0
    for number, view in enumerate(views[28:]):
        pose = camera.show(covered(view, 30 * math.sin(number), 25 * math.cos(0.7 * number)))["mark"]
        if pose.state is State.TRACKED:
            shown += 1
            assert off(pose.h, view) < 2 * RIGHT
    assert shown > 8


def test_a_mark_is_never_shown_on_something_else(camera: Camera) -> None:
    camera.show(picture(looking(2)))
    for number in range(12):
        assert camera.show(picture(looking(3 * number), seed=2))["mark"].state is not State.TRACKED
    assert camera.show(picture(looking(), seed=2))["mark"].state is State.LOST


def test_what_is_lost_is_found_again_from_elsewhere(camera: Camera) -> None:
    for _ in range(10):
        camera.show(picture(looking(), seed=2))
    view = looking(180, -60, zoom=0.75, turn=35, tilt=15)
    poses = [camera.show(picture(view))["mark"] for _ in range(6)]
    assert poses[-1].state is State.TRACKED
    assert off(poses[-1].h, view) < RIGHT
    assert all(pose.h is None or off(pose.h, view) < RIGHT for pose in poses)


def test_a_jump_of_the_picture_is_followed_at_once(camera: Camera) -> None:
    view = looking(260, -90, turn=3)
    pose = camera.show(picture(view))["mark"]
    assert pose.state is State.TRACKED
    assert off(pose.h, view) < RIGHT


def test_shaken_before_a_pattern_that_repeats_itself_a_mark_is_in_its_place_or_hidden() -> None:
    camera = Camera()
    camera.show(picture(looking(), greys=8))
    camera.draw()
    shown = 0
    for number in range(1, 41):
        t = number / 30
        view = looking(280 * math.sin(12 * t) * min(t, 1), 70 * math.sin(8 * t), turn=4 * math.sin(7 * t))
        pose = camera.show(picture(view, greys=8))["mark"]
        if pose.state is State.TRACKED:
            assert off(pose.h, view) < RIGHT
            shown += 1
    assert shown > 36


def test_where_every_place_looks_alike_a_jump_hides_a_mark() -> None:
    camera = Camera()
    camera.show(picture(looking(), greys=1))
    camera.draw()
    for number in range(1, 8):
        pose = camera.show(picture(looking(2 * number, number), greys=1))["mark"]
        assert pose.state is State.TRACKED
        assert off(pose.h, looking(2 * number, number)) < RIGHT
    for number in range(12):
        view = looking(14 + 27 + number, 7)
        pose = camera.show(picture(view, greys=1))["mark"]
        assert pose.state is not State.TRACKED or off(pose.h, view) < RIGHT


def test_off_screen_says_where_it_is(camera: Camera) -> None:
    pose = Pose("", State.TRACKED)
    for x in range(0, 901, 60):
        pose = camera.show(picture(looking(x)))["mark"]
        if pose.state is State.TRACKED:
            assert off(pose.h, looking(x)) < RIGHT
    assert pose.state is State.OFF_SCREEN
    assert pose.toward is not None
    assert abs(abs(pose.toward) - math.pi) < 0.3  # to the left


def test_a_mark_drawn_on_an_older_picture_is_placed_in_the_newest() -> None:
    camera = Camera()
    camera.show(picture(looking()))
    drawn_on = camera.frame
    for step in range(1, 15):
        camera.show(picture(looking(22 * step, turn=step)))
    camera.tracker.anchor("mark", drawn_on, content(MARK))
    view = looking(22 * 15, turn=15)
    pose = camera.show(picture(view))["mark"]
    assert pose.state is State.TRACKED
    assert off(pose.h, view) < RIGHT


def test_several_marks_each_stay_on_their_own_place() -> None:
    camera = Camera()
    camera.show(picture(looking()))
    marks = {f"{x},{y}": MARK + np.array([x, y]) for x in (-250, 250) for y in (-150, 150)}
    for name, mark in marks.items():
        camera.draw(name, mark)
    for number, view in enumerate(path(20)[1:]):
        poses = camera.show(picture(view))
        if number > 3:
            assert all(off(poses[name].h, view, mark) < 2 * RIGHT for name, mark in marks.items())


def test_a_point_and_a_line_are_marks_too(camera: Camera) -> None:
    camera.draw("tip", MARK[:1])
    camera.draw("line", MARK[:2])
    view = looking(30, 20, turn=5)
    poses = camera.show(picture(view))
    assert off(poses["tip"].h, view, MARK[:1]) < RIGHT
    assert off(poses["line"].h, view, MARK[:2]) < RIGHT


def test_a_released_mark_is_gone_and_another_may_have_its_name(camera: Camera) -> None:
    camera.tracker.release("mark")
    camera.tracker.release("never there")
    assert camera.show(picture(looking(5))) == {}
    camera.draw("mark", MARK + np.array([100, 0]))
    assert camera.show(picture(looking(5)))["mark"].state is State.TRACKED


def test_after_the_camera_was_turned_it_is_searched_for(camera: Camera) -> None:
    upright = np.ascontiguousarray(np.rot90(picture(looking())))
    poses = [camera.show(upright, epoch=1)["mark"] for _ in range(6)]
    assert poses[0].state is not State.TRACKED
    assert poses[-1].state is State.TRACKED
    assert poses[-1].h is not None
    x, y = transform(poses[-1].h, content(MARK)).T
    wanted = content(MARK)
    assert np.abs(x - wanted[:, 1]).max() < 0.01
    assert np.abs(y - (1 - wanted[:, 0])).max() < 0.01


def test_pictures_older_than_two_seconds_cannot_be_drawn_on() -> None:
    camera = Camera(start=0xFFFFFFFF - 10 * TICKS)  # the clock wraps meanwhile
    camera.show(picture(looking()))
    first = camera.frame
    camera.wait(30)
    camera.tracker.anchor("still", first, content(MARK))
    camera.wait(35)
    with pytest.raises(TrackerError, match="not known any more"):
        camera.tracker.anchor("late", first, content(MARK))


@pytest.mark.parametrize(
    "outline", [[], [0.5, 0.5], [[0.5, 0.5, 0.5]], [[0.5, math.nan]], [[0.5, 1.5]], [[-0.1, 0.5]]]
)
def test_an_outline_is_points_within_the_picture(camera: Camera, outline: list[object]) -> None:
    with pytest.raises(TrackerError, match="outline"):
        camera.tracker.anchor("bad", camera.frame, np.array(outline, np.float64))


def test_there_is_a_limit_to_marks(camera: Camera) -> None:
    for number in range(MOST_ANCHORS - 1):
        camera.draw(str(number))
    with pytest.raises(TrackerError, match="clear some"):
        camera.draw("too many")
    camera.draw("mark")  # one that is there may be drawn anew


def plain() -> Picture:
    seen = picture(looking())
    seen[40:690, 300:1000] = 140
    return seen


@pytest.mark.parametrize(
    ("seen", "surface"),
    [
        (picture(looking()), Surface.GOOD),
        (plain(), Surface.PLAIN),
        (picture(looking(), gain=0.1), Surface.DARK),
        (np.full((HEIGHT, WIDTH), 255, np.uint8), Surface.GLARE),
        (cv2.blur(picture(looking()), (25, 25)), Surface.BLURRED),
    ],
)
def test_a_surface_is_judged_before_one_draws(seen: Picture, surface: Surface) -> None:
    camera = Camera()
    camera.show(picture(looking()))
    camera.show(seen)
    assert camera.tracker.surface(camera.frame, content(MARK)) is surface


# --- stills ---


def test_what_was_drawn_on_a_still_is_found_in_the_live_picture_long_after(camera: Camera) -> None:
    still = FrameId(0, 4711)
    camera.tracker.hold(still, picture(looking(-40, 30, zoom=1.15)))
    camera.wait(70)  # more than two seconds
    camera.show(picture(looking(50, -20)))
    on_still = transform(looking(-40, 30, zoom=1.15), MARK)
    camera.tracker.anchor("late", still, content(on_still))
    pose = camera.show(picture(looking(60, -20)))["late"]
    assert pose.state is State.TRACKED
    back = looking(60, -20) @ np.linalg.inv(looking(-40, 30, zoom=1.15))
    assert off(pose.h, back, on_still) < RIGHT


def test_marks_are_located_in_a_still_each_by_itself_and_are_followed_as_before(camera: Camera) -> None:
    other = transform(looking(), MARK + np.array([250.0, 120.0]))
    camera.draw("other", other)
    live = camera.show(picture(looking(20, 0)))
    still = FrameId(0, 4711)
    camera.tracker.hold(still, picture(looking(-70, 25, zoom=1.2, turn=5)))
    poses = {pose.anchor: pose for pose in camera.tracker.locate(still)}
    there = looking(-70, 25, zoom=1.2, turn=5)
    assert off(poses["mark"].h, there) < RIGHT
    assert off(poses["other"].h, there, other) < RIGHT
    after = camera.show(picture(looking(24, 0)))
    assert live["mark"].state is after["mark"].state is State.TRACKED
    assert off(after["mark"].h, looking(24, 0)) < RIGHT


def test_a_mark_that_a_still_does_not_show_is_not_shown_on_it(camera: Camera) -> None:
    still = FrameId(0, 4711)
    camera.tracker.hold(still, picture(looking(), seed=2))
    assert [pose.state for pose in camera.tracker.locate(still)] == [State.LOST]
    with pytest.raises(TrackerError, match="not known"):
        camera.tracker.locate(FrameId(0, 4712))


def test_a_mark_on_a_still_that_the_live_picture_does_not_show_is_lost_until_it_does(camera: Camera) -> None:
    still = FrameId(0, 4711)
    camera.tracker.hold(still, picture(looking()))
    camera.show(picture(looking(), seed=2))
    camera.tracker.anchor("late", still, content(MARK))
    assert camera.show(picture(looking(), seed=2))["late"].state is not State.TRACKED
    found = [camera.show(picture(looking(30, 10)))["late"] for _ in range(12)][-1]
    assert found.state is State.TRACKED
    assert off(found.h, looking(30, 10)) < RIGHT


def test_on_single_pictures_marks_are_found_however_far_the_camera_has_gone_between(camera: Camera) -> None:
    first, second, third = looking(-90, 30, zoom=1.2), looking(80, -40), looking(-60, 0, turn=10)
    stills = [FrameId(0, 400_000 * number) for number in (1, 2, 3)]
    on_first = transform(first, MARK)
    for still, seen in zip(stills, (first, second, third), strict=True):
        camera.tracker.hold(still, picture(seen, size=0.5))
        if still is stills[1]:
            camera.tracker.anchor("late", stills[0], content(on_first))
        poses = {pose.anchor: pose for pose in camera.tracker.study(still)}
        assert off(poses["mark"].h, seen) < RIGHT
        if "late" in poses:
            assert off(poses["late"].h, seen @ np.linalg.inv(first), on_first) < RIGHT
    live = looking(-55, 0, turn=10)
    assert off(camera.show(picture(live))["mark"].h, live) < RIGHT


def test_the_form_for_comparisons() -> None:
    tracker = BenchTracker()
    tracker.init(cv2.cvtColor(picture(looking()), cv2.COLOR_GRAY2BGR), MARK)
    view = looking(20, 10, zoom=1.1)
    found = tracker.update(cv2.cvtColor(picture(view), cv2.COLOR_GRAY2BGR))
    assert found is not None
    assert np.linalg.norm(found - transform(view, MARK), axis=1).max() < RIGHT
    for _ in range(3):
        found = tracker.update(cv2.cvtColor(picture(looking(), seed=2), cv2.COLOR_GRAY2BGR))
    assert found is None
