"""The parts of the tracker, each for itself."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from coachdesk.media.packet import VIDEO_RATE
from coachdesk.media.tracking import features, flow, relocate, softness
from coachdesk.media.tracking.evidence import likeness
from coachdesk.media.tracking.fit import fit
from coachdesk.media.tracking.frames import FrameId, Views
from coachdesk.media.tracking.geometry import Homography, local, transform
from coachdesk.media.tracking.keyframe import Keyframe, Matches
from coachdesk.media.tracking.refine import HOPELESS, refine
from coachdesk.media.tracking.structure import offset
from coachdesk.media.tracking.view import View, sharpness, work_size
from tests.media.scenes import MARK, looking, picture

HALF = np.diag([0.5, 0.5, 1.0])
WORK_MARK = MARK / 2
DOWN = np.array([0.0, 3.0])


def at_work(view: Homography) -> Homography:
    """A movement of 720p pictures in work pixels."""
    return HALF @ view @ np.linalg.inv(HALF)


def round_points(count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Points, factors that trust them all ways, and equal weights."""
    points = np.random.default_rng(3).uniform([200, 100], [440, 260], (count, 2))
    return points, np.tile([1.0, 0.0, 1.0], (count, 1)), np.ones(count)


@pytest.mark.parametrize(
    ("size", "work"), [((1280, 720), (640, 360)), ((720, 1280), (360, 640)), ((320, 180), (640, 360))]
)
def test_the_work_size_depends_on_the_shape_alone(size: tuple[int, int], work: tuple[int, int]) -> None:
    assert work_size(*size) == work


def test_a_homography_near_a_point() -> None:
    turned = local(at_work(looking(turn=30, zoom=1.5)), np.array([320.0, 180.0]))
    assert turned.scale == pytest.approx(1.5, rel=1e-3)
    assert turned.angle == pytest.approx(np.radians(30), abs=1e-3)
    assert turned.upright
    assert not local(np.diag([-1.0, 1, 1]), np.array([5.0, 5.0])).upright


def test_refining_finds_the_truth_beside_gross_errors() -> None:
    truth = at_work(looking(20, -10, turn=4, tilt=10))
    points, factors, weights = round_points(80)
    now = transform(truth, points)
    now[:12] += 30
    start = at_work(looking(19, -9, turn=4, tilt=9))
    g, spread = refine(
        start,
        points,
        now,
        factors,
        weights,
        centre=points.mean(0),
        huber=1.0,
        corners=points[:4],
        iterations=8,
    )
    assert np.abs(transform(g, points) - transform(truth, points)).max() < 0.05
    assert spread < 1


def test_an_edge_counts_only_across_itself() -> None:
    points, factors, weights = round_points(60)
    now = points + DOWN
    now[30:, 0] += 8.0  # slid along their edges, which lie across the picture
    factors[30:] = [1e-3, 0.0, 1.0]
    g, _ = refine(
        np.eye(3),
        points,
        now,
        factors,
        weights,
        centre=points.mean(0),
        huber=2.0,
        corners=points[:4],
        iterations=8,
    )
    assert np.abs(transform(g, points) - (points + DOWN)).max() < 0.1


def test_what_matches_leave_open_is_held() -> None:
    points, factors, weights = round_points(20)
    factors[:] = [1e-3, 0.0, 1.0]
    g, _ = refine(
        np.eye(3),
        points,
        points + DOWN,
        factors,
        weights,
        centre=points.mean(0),
        huber=2.0,
        corners=points[:4],
        prior=np.array([0.1, 0.1, 0.001, 0.1, 0.1, 0.001, 2.0, 2.0]),
    )
    assert np.abs(transform(g, points) - (points + DOWN)).max() < 0.3


def test_no_matches_determine_nothing() -> None:
    points, factors, weights = round_points(8)
    _, spread = refine(
        np.eye(3), points, points, factors, 0 * weights, centre=points.mean(0), huber=1.0, corners=points[:4]
    )
    assert spread >= HOPELESS or not np.isfinite(spread)


def matched(keyframe: Keyframe, now: np.ndarray) -> Matches:
    """All points of a keyframe, seen at ``now`` with the noise of a camera."""
    grain = np.random.default_rng(6).normal(0, 0.15, now.shape)
    return Matches(keyframe, np.arange(len(now)), now + grain)


def test_what_lies_on_a_mark_does_not_say_where_its_plane_is() -> None:
    keyframe = Keyframe(View(picture(looking())), np.eye(3), WORK_MARK)
    keyframe.coplanar[:] = 0.9  # as was seen before
    now = keyframe.points.at + DOWN
    now[keyframe.points.away < 11] += [9.0, 4.0]  # a hand, moving
    hand, plane = (fit(matched(keyframe, now), 2.0, np.eye(3), wide_only=each) for each in (False, True))
    assert hand is not None
    assert plane is not None
    assert np.abs(transform(hand.g, WORK_MARK) - (WORK_MARK + DOWN)).max() > 5
    assert np.abs(transform(plane.g, WORK_MARK) - (WORK_MARK + DOWN)).max() < 0.5


def test_five_right_matches_are_found_among_many_wrong_ones() -> None:
    view = View(picture(looking()))
    keyframe = Keyframe(view, np.eye(3), WORK_MARK)
    truth = at_work(looking(60, 20, turn=40, zoom=0.8))
    known = keyframe.features
    rng = np.random.default_rng(1)
    chosen = rng.permutation(len(known))[:150]
    now = rng.uniform([0, 0], [640, 360], (150, 2))
    angle, size = rng.uniform(-np.pi, np.pi, 150), known.size[chosen] * rng.choice([0.6, 0.8, 1, 1.25], 150)
    near = np.flatnonzero(keyframe.feature_away[chosen] < keyframe.radius)[:8]
    now[near] = transform(truth, known.at[chosen][near])
    angle[near] = known.angle[chosen][near] + np.radians(40)
    size[near] = known.size[chosen][near] * 0.8
    seen = features.Features(now, angle, size, known.signs[chosen])
    best = relocate.places(keyframe, seen)[0]
    assert np.abs(transform(best, WORK_MARK) - transform(truth, WORK_MARK)).max() < 8


def test_wrong_matches_agree_on_nothing() -> None:
    keyframe = Keyframe(View(picture(looking())), np.eye(3), WORK_MARK)
    known, rng = keyframe.features, np.random.default_rng(2)
    now = rng.uniform([0, 0], [640, 360], (len(known), 2))
    angle, size = rng.uniform(-np.pi, np.pi, len(known)), rng.permutation(known.size)
    assert relocate.places(keyframe, features.Features(now, angle, size, known.signs)) == []


def test_flow_follows_what_moved_farther_than_it_reaches() -> None:
    before, after = View(picture(looking())), View(picture(looking(300, -100)))
    points, _, _ = round_points(60)
    step = flow.motion(before, after, points)
    assert step is not None
    assert np.abs(transform(step, points) - transform(at_work(looking(300, -100)), points)).max() < 4


def test_light_and_dark_at_large_tell_a_shift() -> None:
    keyframe = Keyframe(View(picture(looking())), np.eye(3), WORK_MARK)
    away = offset(keyframe, np.eye(3), View(picture(looking(64, 32))))
    assert away.certain
    assert np.abs(away.by - [-32, -16]).max() <= 4
    assert not offset(keyframe, np.eye(3), View(picture(looking()))).clear


def test_likeness_is_that_of_shape_not_of_light() -> None:
    plane = View(picture(looking())).quarter
    spots = np.array([[50.0, 50.0], [200.0, 90.0]])
    assert likeness(plane, (plane // 2 + 20).astype(np.uint8), spots).min() > 0.95
    assert likeness(plane, 255 - plane, spots).max() < 0


@pytest.mark.parametrize("sigma", [1.0, 2.0])
def test_blur_is_estimated_by_what_makes_it_as_soft(sigma: float) -> None:
    sharp = View(picture(looking(), noise=0)).quarter
    soft = np.asarray(cv2.GaussianBlur(sharp, (0, 0), sigma), np.uint8)

    blur = softness.estimate(sharp, soft, np.zeros(2))
    assert blur is not None
    assert sharpness(blur.of(sharp, 1)) == pytest.approx(sharpness(soft), rel=0.4)
    assert softness.estimate(sharp, sharp, np.zeros(2)) is None


def test_a_smear_is_measured_beneath_noise_that_came_after_it() -> None:
    sharp = View(picture(looking(), noise=0)).quarter
    motion = np.array([12.0, 5.0])
    smeared = softness.Blur(0.0, (12.0, 5.0)).of(sharp, 1)
    noisy = smeared + np.random.default_rng(4).normal(0, 8, sharp.shape)
    blur = softness.estimate(sharp, np.clip(noisy, 0, 255).astype(np.uint8), motion)
    assert blur is not None
    assert blur.smear is not None
    assert np.hypot(*blur.smear) >= 0.7 * np.hypot(*motion)


@pytest.mark.parametrize("motion", [[0.0, 0.0], [8.0, 0.0]])
def test_a_hand_before_a_sharp_picture_is_no_blur(motion: list[float]) -> None:
    sharp = View(picture(looking(), noise=0)).quarter
    covered = sharp.copy()
    covered[:, 90:160] = 128
    assert softness.estimate(sharp, covered, np.array(motion)) is None


def test_views_of_two_seconds_are_kept() -> None:
    views, view = Views(), View(np.zeros((90, 160), np.uint8))
    frames = [FrameId(0, (0xFFFFFFF0 + number * VIDEO_RATE // 2) & 0xFFFFFFFF) for number in range(8)]
    for frame in frames:
        views.add(frame, view)
    assert [views.get(frame) is not None for frame in frames] == [False] * 3 + [True] * 5
    assert len(views.between(frames[3], frames[7], 2)) == 2
    assert views.between(frames[7], frames[3], 2) == []
    assert views.between(frames[3], None, 2) == []


def test_a_hand_gives_the_place_of_what_it_hides_to_other_points() -> None:
    keyframe = Keyframe(View(picture(looking())), np.eye(3), WORK_MARK)
    there = np.ones(len(keyframe.points), bool)
    before = keyframe.select(there, 1)
    on_mark = keyframe.points.away <= 8
    keyframe.seen[on_mark] = 0.0
    after = keyframe.select(there, 1)
    assert (after & on_mark).sum() < (before & on_mark).sum() / 3
    assert (after & ~on_mark).sum() > (before & ~on_mark).sum()
