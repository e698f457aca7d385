"""The pace of video: small frames at once, a keyframe spread out, nothing held for long."""

from __future__ import annotations

import pytest

from coachdesk.media.connection.pacer import (
    BURST_BYTES,
    EVEN_BURST_BYTES,
    EVEN_FACTOR,
    FACTOR,
    LONGEST_SECONDS,
    NARROW_LIMIT,
    NARROW_SECONDS,
    PACKET_BYTES,
    UNKNOWN_LIMIT,
    Pacer,
)

PAYLOAD = 1140


def sent_at(count: int, limit: int | None, *, pacer: Pacer | None = None, begin: float = 0.0) -> list[float]:
    """When each packet of a frame of ``count`` goes out that is put into the queue at ``begin``."""
    pacer = pacer or Pacer()
    now, times = begin, []
    for left in range(count, 0, -1):
        now += pacer.take(PAYLOAD, left * PAYLOAD, limit, now)
        times.append(now)
    return times


def test_a_small_frame_goes_out_at_once() -> None:
    assert sent_at(BURST_BYTES // (PAYLOAD + PACKET_BYTES), 300_000) == [0.0] * 5


def test_a_keyframe_leaves_room_for_sound_all_along() -> None:
    times = sent_at(60, 1_000_000)
    pace = FACTOR * 1_000_000 / 8
    for start in range(55):
        spent = 5 * (PAYLOAD + PACKET_BYTES)
        assert times[start + 5] - times[start] <= BURST_BYTES / pace + spent / pace
    assert times[-1] == pytest.approx((60 * (PAYLOAD + PACKET_BYTES) - BURST_BYTES) / pace, rel=0.05)


def test_on_a_slow_path_nothing_waits_longer_than_it_is_of_use() -> None:
    assert sent_at(80, NARROW_LIMIT)[-1] < LONGEST_SECONDS * 4  # the queue shrinks, and its pace with it
    assert sent_at(80, 50_000)[-1] < NARROW_SECONDS * 4


def test_on_a_narrow_path_pictures_take_no_more_than_it_bears() -> None:
    limit = 200_000
    times = sent_at(20, limit)
    assert times[-1] >= (20 * PAYLOAD - BURST_BYTES) * 8 / limit


def test_without_word_from_the_far_end_a_usual_path_is_assumed() -> None:
    assert sent_at(60, None) == sent_at(60, UNKNOWN_LIMIT)


def test_after_a_rest_there_is_room_for_a_burst_again() -> None:
    pacer = Pacer()
    sent_at(40, 1_000_000, pacer=pacer)
    assert sent_at(5, 1_000_000, pacer=pacer, begin=10.0) == [10.0] * 5


def test_a_screen_goes_out_about_as_fast_as_the_line_bears() -> None:
    pacer, now, times = Pacer(), 0.0, []
    for left in range(60, 0, -1):
        now += pacer.take(PAYLOAD, left * PAYLOAD, 300_000, now, even=True)
        times.append(now)
    room = (60 * (PAYLOAD + PACKET_BYTES) - EVEN_BURST_BYTES) * 8
    assert times[-1] == pytest.approx(room / (EVEN_FACTOR * 300_000), rel=0.02)
