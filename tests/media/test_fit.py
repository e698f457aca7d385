"""From matches to a place: what lies in two planes, and what leaves the place open."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from coachdesk.media.tracking.fit import fit
from coachdesk.media.tracking.geometry import Homography, transform
from coachdesk.media.tracking.keyframe import Keyframe, Matches
from coachdesk.media.tracking.view import View
from tests.media.scenes import MARK, looking, picture

HALF = np.diag([0.5, 0.5, 1.0])
TOPS, ENDS = 60, 330
"""Work pixels from the top of the picture: where the bars begin and end."""
LABEL_MARK = np.array([[250.0, 70], [390, 70], [390, 150], [250, 150]])


def at_work(view: Homography) -> Homography:
    """A movement of 720p pictures in work pixels."""
    return HALF @ view @ np.linalg.inv(HALF)


def bars() -> Keyframe:
    """A bar code that fills the picture, marked at its upper end: all corners lie on two lines."""
    label = np.full((360, 640), 225, np.uint8)
    left = 10
    for width in np.random.default_rng(4).integers(3, 11, 60):
        if left > 620:
            break
        cv2.rectangle(label, (left, TOPS), (left + int(width), ENDS), 20, -1)
        left += 2 * int(width) + 2
    return Keyframe(View(cv2.resize(label, (1280, 720))), np.eye(3), LABEL_MARK)


def moved(keyframe: Keyframe, truth: Homography, *, without_ends: bool = False) -> Matches:
    """Its points where ``truth`` puts them, with a camera's noise; along an edge a point stays where it was guessed."""
    at = keyframe.points.at
    index = np.flatnonzero(at[:, 1] < ENDS - 20) if without_ends else np.arange(len(at))
    there = transform(truth, at[index])
    unplaced = keyframe.points.corner[index] < 0.3
    there[unplaced, 1] += np.random.default_rng(5).uniform(-9, 9, int(unplaced.sum()))
    return Matches(keyframe, index, there + np.random.default_rng(6).normal(0, 0.15, there.shape))


def off(g: Homography, truth: Homography, outline: np.ndarray) -> float:
    return float(np.abs(transform(g, outline) - transform(truth, outline)).max())


def test_what_the_marks_surroundings_leave_open_points_farther_away_decide() -> None:
    keyframe, truth = bars(), at_work(looking(tilt=14, turn=3))
    assert keyframe.coplanar[keyframe.points.at[:, 1] > ENDS - 20].max() < 0.5, (
        "too far away to be believed at once"
    )
    found = fit(moved(keyframe, truth), 2.0, np.eye(3))
    assert found is not None
    assert not found.open
    assert off(found.g, truth, LABEL_MARK) < 1.5


def test_a_mark_that_is_left_open_keeps_the_shape_it_had() -> None:
    keyframe, truth = bars(), at_work(looking(30, 12, zoom=1.2))
    matches = moved(keyframe, truth, without_ends=True)
    free, held = (fit(matches, 2.0, np.eye(3), hold_shape=each) for each in (False, True))
    assert free is not None
    assert held is not None
    assert free.open
    assert held.open, "to hold it is no reason to be sure of it"
    assert off(held.g, truth, LABEL_MARK) < 4
    assert off(free.g, truth, LABEL_MARK) > off(held.g, truth, LABEL_MARK)


def test_a_thing_before_its_background_is_told_from_it_before_they_are_a_threshold_apart() -> None:
    outline = MARK / 2
    keyframe = Keyframe(View(picture(looking())), np.eye(3), outline)
    aside = np.array([1.7, 0.0])
    keyframe.coplanar[:] = 0.9  # nothing has moved yet
    own = keyframe.points.away < 11
    now = keyframe.points.at + np.where(own[:, None], aside, 0.0)
    now += np.random.default_rng(6).normal(0, 0.1, now.shape)
    found = fit(Matches(keyframe, np.arange(len(now)), now), 2.0, np.eye(3))
    assert found is not None
    assert found.is_local
    assert np.abs(transform(found.g, outline) - outline - aside).max() < 0.5


@pytest.mark.parametrize("pixels", [1.9, 5.0])
def test_a_mark_at_the_edge_of_a_thing_does_not_bend_to_what_is_behind_the_edge(pixels: float) -> None:
    outline = MARK / 2
    keyframe = Keyframe(View(picture(looking())), np.eye(3), outline)
    keyframe.coplanar[:] = 0.9  # nothing has moved yet
    edge = outline[:, 1].max() - 14
    at = keyframe.points.at
    own = (keyframe.points.away < 11) & (at[:, 1] < edge)
    assert 10 < ((keyframe.points.away < 11) & ~own).sum() < own.sum() / 2, "some of the mark lies behind it"
    aside = np.array([pixels, 0.0])
    now = at + np.where(own[:, None], aside, 0.0)
    now += np.random.default_rng(6).normal(0, 0.1, now.shape)
    found = fit(Matches(keyframe, np.arange(len(now)), now), 2.0, np.eye(3))
    assert found is not None
    assert found.is_local
    assert np.abs(transform(found.g, at[own]) - at[own] - aside).max() < 0.5
