"""Marks on what repeats itself: which places look alike, how far a mark may have gone, which place is the right one."""

from __future__ import annotations

import numpy as np
import pytest

from coachdesk.media.tracking import pattern, rivals
from coachdesk.media.tracking.align import NEAR, Guess, fine
from coachdesk.media.tracking.course import Course
from coachdesk.media.tracking.evidence import Evidence
from coachdesk.media.tracking.geometry import Homography, transform
from coachdesk.media.tracking.keyframe import Keyframe
from coachdesk.media.tracking.view import View
from tests.media.scenes import MARK, looking, picture

HALF = np.diag([0.5, 0.5, 1.0])
WORK_MARK = MARK / 2
PERIOD = 22.0
"""Work pixels between the rings."""
REST = np.zeros(2)


def at_work(view: Homography) -> Homography:
    """A movement of 720p pictures in work pixels."""
    return HALF @ view @ np.linalg.inv(HALF)


@pytest.fixture(scope="module")
def keyframe() -> Keyframe:
    """Of rings in eight greys."""
    return Keyframe(View(picture(looking(), greys=8)), np.eye(3), WORK_MARK)


def fitted(keyframe: Keyframe, seen: View, h: Homography) -> tuple[Evidence, Guess]:
    guess = Guess(h, REST, 1)
    found = fine(keyframe, guess, seen, NEAR)
    assert found is not None
    return found, guess


def off(found: Evidence, truth: Homography) -> float:
    """Work pixels between where the mark is found and where it is."""
    return float(np.linalg.norm(transform(found.h, WORK_MARK) - transform(truth, WORK_MARK), axis=1).max())


def one_further(truth: Homography) -> Homography:
    step = np.eye(3)
    step[0, 2] = PERIOD
    return np.asarray(truth @ step)


def test_the_shifts_by_which_a_picture_looks_like_itself() -> None:
    found = pattern.shifts(View(picture(looking(), greys=1)).quarter, np.array([160.0, 90.0]), 40)
    assert len(found) == pattern.MOST
    assert np.allclose(found % (PERIOD / 2), 0)
    assert float(np.hypot(*found.T).min()) == PERIOD / 2


def test_what_does_not_repeat_itself_has_none() -> None:
    assert not len(pattern.shifts(View(picture(looking())).quarter, np.array([160.0, 90.0]), 40))


def test_the_right_place_is_told_from_the_next_one(keyframe: Keyframe) -> None:
    view = looking(30, -12, turn=5, zoom=1.1)
    seen, truth = View(picture(view, greys=8)), at_work(view)
    found, guess = fitted(keyframe, seen, truth)
    assert rivals.resolve(found, guess, seen) is found


def test_from_the_next_place_the_right_one_is_found_or_none(keyframe: Keyframe) -> None:
    view = looking(30, -12, turn=5, zoom=1.1)
    seen, truth = View(picture(view, greys=8)), at_work(view)
    wrong, guess = fitted(keyframe, seen, one_further(truth))
    assert off(wrong, truth) > PERIOD / 2
    resolved = rivals.resolve(wrong, guess, seen)
    assert resolved is None or off(resolved, truth) < 1.5


def test_where_all_places_look_alike_none_is_the_right_one() -> None:
    same = Keyframe(View(picture(looking(), greys=1)), np.eye(3), WORK_MARK)
    view = looking(30, -12, turn=5)
    seen = View(picture(view, greys=1))
    found, guess = fitted(same, seen, at_work(view))
    assert rivals.resolve(found, guess, seen) is None


def moving(*steps: float) -> Course:
    """Seen to take these steps to the right."""
    course = Course()
    course.start()
    for step in steps:
        course.seen(np.array([step, 0.0]))
    return course


def test_who_moves_calmly_cannot_be_one_period_off() -> None:
    calm = moving(3, 4, 3, 4)
    assert calm.alone(np.array([5.0, 0.0]), PERIOD)
    assert not calm.alone(np.array([4.0 + PERIOD, 0.0]), PERIOD)
    assert not moving(3, 13, 1).alone(np.array([5.0, 0.0]), PERIOD)


def test_who_is_shaken_may_be_and_the_whole_picture_tells() -> None:
    shaken, step = moving(3, 13, 1), np.array([14.0, 0.0])
    assert shaken.confirmed(step, np.array([15.0, 2.0]), PERIOD)
    assert not shaken.confirmed(step, np.array([14.0 - PERIOD, 0.0]), PERIOD)
    assert not shaken.confirmed(step, None, PERIOD)


def test_a_step_that_no_hand_takes_is_not_confirmed_by_a_picture() -> None:
    step = np.array([3.0 + PERIOD, 0.0])
    assert not moving(3, 4, 3).confirmed(step, step, PERIOD)


def test_what_is_carried_along_is_known_while_the_steps_are_likely() -> None:
    course, step = moving(3, 4, 3), np.array([4.0, 0.0])
    course.carried(step, step, PERIOD)
    assert course.known
    course.carried(step, None, PERIOD)
    assert not course.known
    course = moving(3, 4, 3)
    course.carried(np.array([3.0 + PERIOD, 0.0]), np.array([3.0 + PERIOD, 0.0]), PERIOD)
    assert not course.known
    assert not course.alone(step, PERIOD)


def test_what_is_forgotten_is_known_from_the_next_find_on() -> None:
    course = moving(3, 4)
    course.forget()
    assert not course.alone(np.array([3.0, 0.0]), PERIOD)
    course.start()
    assert course.known
    assert not course.alone(np.array([3.0, 0.0]), PERIOD)  # nothing is known of how it moves
