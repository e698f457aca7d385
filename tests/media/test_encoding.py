"""When a picture is due."""

from __future__ import annotations

import pytest

from coachdesk.media.picture.encoding import (
    CAMERA,
    LONGEST_DEBT,
    ROOM_BYTES,
    SCREEN,
    SHARP_BYTES,
    STILL_SECONDS,
    Cadence,
    Encoding,
    Keyframes,
    budget,
)

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
    assert cadence.rests(5.0)


def test_a_screen_rests_once_its_picture_is_as_sharp_as_it_gets() -> None:
    cadence = Cadence(SCREEN)
    assert not cadence.rests(5.0)
    stamps(cadence, 5.0, 5.0, 5.0 + SCREEN.refinements[-1] - 0.1)
    assert not cadence.rests(5.0), "it is encoded once more"
    stamps(cadence, 5.0, 5.0 + SCREEN.refinements[-1], 9.0)
    assert cadence.rests(5.0)
    assert not cadence.rests(5.1), "there is another"


def test_one_who_comes_late_gets_a_keyframe_of_a_screen_that_stands_still() -> None:
    cadence = Cadence(SCREEN)
    stamps(cadence, 5.0, 5.0, 60.0)
    assert cadence.due(5.0, 60.0, keyframe=True) == 60.0
    assert cadence.due(5.0, 60.0 + STILL_SECONDS / 2, keyframe=True) is None


@pytest.mark.parametrize(("size", "wait"), [(0, 1 / 40), (50_000, 0.4), (10_000_000, LONGEST_DEBT)])
def test_a_large_picture_of_a_screen_is_paid_for_before_the_next(size: int, wait: float) -> None:
    cadence = Cadence(SCREEN)
    cadence.due(5.0, 5.0, keyframe=False)
    cadence.spent(size, BITRATE, 5.0)
    assert cadence.due(5.01, 5.0 + wait - 0.01, keyframe=True) is None
    assert cadence.due(5.01, 5.0 + wait + 0.01, keyframe=False) == 5.01


def test_the_time_a_picture_took_to_encode_does_not_lower_the_frame_rate() -> None:
    cadence = Cadence(SCREEN)
    cadence.due(5.0, 5.0, keyframe=False)
    cadence.spent(0, BITRATE, 5.02)
    assert cadence.due(5.015, 5.022, keyframe=False) is None
    assert cadence.due(5.015, 5.028, keyframe=False) == 5.015


def test_a_picture_is_still_once_it_has_been_encoded() -> None:
    cadence = Cadence(SCREEN)
    assert cadence.is_new(5.0)
    for now, still in (
        (5.0, False),
        (5.0 + SCREEN.refinements[0], True),
        (5.0 + SCREEN.refinements[1], True),
    ):
        assert cadence.due(5.0, now, keyframe=False) is not None
        assert cadence.still is still
        assert not cadence.is_new(5.0)
    assert cadence.due(9.0, 9.0, keyframe=True) is not None
    assert not cadence.still


@pytest.mark.parametrize("bitrate", [50_000, BITRATE, 8 * BITRATE])
def test_what_has_changed_may_take_less_than_what_stands_still(bitrate: int) -> None:
    assert budget(bitrate, still=False) < budget(bitrate, still=True) / 2


def test_what_is_owed_is_paid_at_the_rate_of_the_line_as_it_is_by_then() -> None:
    cadence = Cadence(SCREEN)
    cadence.follow(BITRATE, 5.0)
    cadence.due(5.0, 5.0, keyframe=False)
    cadence.spent(100_000, BITRATE, 5.0)  # 0.8 s
    cadence.follow(BITRATE // 2, 5.4)
    assert cadence.due(5.01, 6.19, keyframe=False) is None
    assert cadence.due(5.01, 6.21, keyframe=False) == 5.01


def test_a_screen_waits_for_what_is_not_sent_yet_but_not_for_ever() -> None:
    cadence = Cadence(SCREEN)
    cadence.due(5.0, 5.0, keyframe=False)
    assert cadence.ready(ROOM_BYTES, 5.1)
    assert not cadence.ready(ROOM_BYTES + 1, 5.1)
    assert cadence.ready(ROOM_BYTES + 1, 5.0 + LONGEST_DEBT)
    assert Cadence(CAMERA).ready(10 * ROOM_BYTES, 5.1)


def test_a_picture_is_sharpened_until_it_takes_little() -> None:
    cadence = Cadence(SCREEN)
    now, encoded = 5.0, 0
    while now < 20:
        if cadence.due(5.0, now, keyframe=False) is not None:
            encoded += 1
            cadence.spent(SHARP_BYTES + 1 if encoded < 8 else 10, 100 * BITRATE, now)
        now += 0.01
    assert encoded == 7 + len(SCREEN.refinements)


def test_a_keyframe_on_its_way_answers_those_who_ask_but_not_one_who_is_new() -> None:
    keyframes = Keyframes(SCREEN)
    assert keyframes.taken()
    keyframes.follow(BITRATE, 5.0)
    keyframes.sent(125_000, BITRATE, 5.0)
    keyframes.ask(6.0)
    assert not keyframes.due
    keyframes.need()
    assert keyframes.taken()
    keyframes.ask(6.0 + SCREEN.keyframe_seconds)
    assert keyframes.taken()
    assert not keyframes.due


def test_a_keyframe_of_a_camera_is_sent_whenever_it_is_asked_for() -> None:
    keyframes = Keyframes(CAMERA)
    keyframes.taken()
    keyframes.sent(125_000, BITRATE, 5.0)
    keyframes.ask(5.0)
    assert keyframes.due


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
