"""Which packets are asked for again, and when."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from coachdesk.media.connection.nack import ANSWER_TIMES, MAX_MISSING, RETRY_AFTER, NackTracker


def tracker_with_gap() -> NackTracker:
    tracker = NackTracker()
    for seq in (65534, 65535, 2):
        tracker.add(seq, now=0.0)
    return tracker


def test_a_gap_is_asked_for_at_once_across_the_wrap() -> None:
    assert tracker_with_gap().due(0.0) == [0, 1]


def test_what_is_missing_is_asked_for_again_until_it_comes() -> None:
    tracker = tracker_with_gap()
    tracker.due(0.0)
    assert tracker.due(RETRY_AFTER[0] / 2) == []
    tracker.add(0, now=0.02)
    assert tracker.due(RETRY_AFTER[0]) == [1]


def test_where_the_way_is_long_an_answer_is_waited_for() -> None:
    tracker = tracker_with_gap()
    tracker.rtt = 0.25
    tracker.due(0.0)
    assert tracker.due(0.25 * ANSWER_TIMES - 0.01) == []
    assert tracker.due(0.25 * ANSWER_TIMES) == [0, 1]


def test_asking_ends_after_a_bounded_number_of_times() -> None:
    tracker = tracker_with_gap()
    asked = 0
    while (due := tracker.next_due) is not None:
        asked += len(tracker.due(due))
    assert asked == 2 * len(RETRY_AFTER)


def test_a_restarted_source_is_not_asked_for_what_it_never_sent() -> None:
    tracker = tracker_with_gap()
    tracker.add(30000, now=0.0)
    assert tracker.due(0.0) == []
    assert tracker.next_due is None


@given(st.lists(st.tuples(st.integers(0, 0xFFFF), st.floats(0, 100)), max_size=300))
def test_any_packets_leave_a_bounded_list(packets: list[tuple[int, float]]) -> None:
    tracker = NackTracker()
    for seq, now in packets:
        tracker.add(seq, now)
        assert len(tracker.due(now)) <= MAX_MISSING


@given(st.sets(st.integers(1, 99)), st.integers(0, 0xFFFF))
def test_exactly_the_lost_are_asked_for(lost: set[int], first: int) -> None:
    tracker = NackTracker()
    asked: list[int] = []
    for number in range(101):
        if number not in lost:
            tracker.add((first + number) & 0xFFFF, now=0.0)
            asked += tracker.due(0.0)
    assert sorted((seq - first) & 0xFFFF for seq in asked) == sorted(lost)
