"""When a picture is due."""

from __future__ import annotations

import pytest

from coachdesk.media.encoding import CAMERA, LONGEST_DEBT, SCREEN, STILL_SECONDS, Cadence, Encoding

BITRATE = 1_000_000


def stamps(
    cadence: Cadence, captured: float, begin: float, end: float, *, keyframe: bool = False
) -> list[float]:
    """Times at which a picture that stands still is encoded, looked at every 10 ms."""
    times = (begin + 0.01 * step for step in range(round((end - begin) * 100)))
    found = [cadence.due(captured, now, keyframe=keyframe) for now in times]
    return [stamp for stamp in found if stamp is not None]


def test_each_picture_of_a_camera_is_encoded_once() -> None:
    cadence = Cadence(CAMERA)
    assert stamps(cadence, 5.0, 5.0, 9.0) == [5.0]
    assert stamps(cadence, 5.1, 9.0, 9.5) == [5.1]


def test_a_screen_that_stands_still_gets_sharp_and_then_costs_nothing() -> None:
    cadence = Cadence(SCREEN)
    found = stamps(cadence, 5.0, 5.0, 60.0)
    assert found == pytest.approx([5.0, *(5.0 + each for each in SCREEN.refinements)], abs=0.011)


def test_one_who_comes_late_gets_a_keyframe_of_a_screen_that_stands_still() -> None:
    cadence = Cadence(SCREEN)
    stamps(cadence, 5.0, 5.0, 60.0)
    assert cadence.due(5.0, 60.0, keyframe=True) == 60.0
    assert cadence.due(5.0, 60.0 + STILL_SECONDS / 2, keyframe=True) is None


@pytest.mark.parametrize(("size", "wait"), [(0, 1 / 15), (50_000, 0.4), (10_000_000, LONGEST_DEBT)])
def test_a_large_picture_of_a_screen_is_paid_for_before_the_next(size: int, wait: float) -> None:
    cadence = Cadence(SCREEN)
    cadence.due(5.0, 5.0, keyframe=False)
    cadence.spent(size, BITRATE, 5.0)
    assert cadence.due(5.01, 5.0 + wait - 0.01, keyframe=True) is None
    assert cadence.due(5.01, 5.0 + wait + 0.01, keyframe=False) == 5.01


def test_the_time_a_picture_took_to_encode_does_not_lower_the_frame_rate() -> None:
    cadence = Cadence(SCREEN)
    cadence.due(5.0, 5.0, keyframe=False)
    cadence.spent(0, BITRATE, 5.05)
    assert cadence.due(5.02, 5.06, keyframe=False) is None
    assert cadence.due(5.02, 5.07, keyframe=False) == 5.02


def test_a_camera_never_waits() -> None:
    cadence = Cadence(CAMERA)
    cadence.due(5.0, 5.0, keyframe=False)
    cadence.spent(10_000_000, BITRATE, 5.0)
    assert cadence.due(5.01, 5.01, keyframe=False) == 5.01


@pytest.mark.parametrize("encoding", [CAMERA, SCREEN])
def test_another_source_is_due_at_once_with_a_later_time_than_any_before(encoding: Encoding) -> None:
    cadence = Cadence(encoding)
    cadence.due(5.0, 5.0, keyframe=False)
    cadence.spent(10_000_000, BITRATE, 5.0)
    cadence.restart()
    stamp = cadence.due(3.0, 5.0, keyframe=True)
    assert stamp is not None
    assert stamp > 5.0
