"""What reports tell of loss and of a queue, where they come one after the other and where packets are late."""

from __future__ import annotations

import random

import pytest

from coachdesk.media.connection.reports import LONG_QUEUE_SECONDS, QUEUE_SECONDS, Losses, RoundTrips


def test_loss_is_told_by_what_the_counts_have_grown() -> None:
    losses = Losses(1000)
    assert losses.share(5, 1099, 1.0) == pytest.approx(0.05)
    assert losses.share(25, 1199, 2.0) == pytest.approx(0.20)
    assert losses.share(25, 1299, 3.0) == 0.0


def test_what_was_only_late_is_taken_back() -> None:
    losses = Losses(0)
    assert losses.share(10, 99, 1.0) == pytest.approx(0.1)
    assert losses.share(2, 199, 2.0) == pytest.approx(-0.08)


def test_of_reports_that_come_together_the_one_with_the_least_late_counts() -> None:
    losses = Losses(0)
    assert losses.share(0, 49, 1.0) == 0.0
    assert [losses.share(lost, 59 + 10 * lost, 1.1 + lost / 10) for lost in (1, 2, 3)] == [None] * 3
    assert losses.share(4, 99, 2.0) == pytest.approx(1 / 50)


def test_a_few_packets_tell_no_loss() -> None:
    losses = Losses(0)
    assert losses.share(0, 49, 1.0) == 0.0
    assert losses.share(2, 53, 3.0) is None
    assert losses.share(2, 99, 5.0) == pytest.approx(0.04)


def test_numbers_that_begin_anew_tell_no_loss_but_those_after_them_do() -> None:
    losses = Losses(60000)
    assert losses.share(0, 65500, 1.0) == 0.0
    assert losses.share(0, 14, 2.0) is None
    assert losses.share(5, 64, 3.0) == pytest.approx(0.1)


@pytest.mark.parametrize("lost", [-(1 << 23), (1 << 23) - 1])
@pytest.mark.parametrize("highest", [0, 49, (1 << 32) - 1])
def test_whatever_is_reported_is_a_share(lost: int, highest: int) -> None:
    losses = Losses(0)
    shares = [losses.share(lost, highest, 1.0), losses.share(0, 99, 2.0), losses.share(0, 199, 3.0)]
    assert all(share is None or -1.0 <= share <= 1.0 for share in shares)


def test_reports_in_quick_succession_on_a_jittery_way_are_no_queue() -> None:
    """Each request brings one, and all within a second are on the same sender report, which may have taken long."""
    trips, jitter = RoundTrips(), random.Random(3)
    trips.add(0.002, 0.0)
    queueing = []
    for second in range(1, 60):
        there = jitter.uniform(0.02, 0.10)
        for index in range(13):
            trips.add(there + jitter.uniform(0.02, 0.10), second + index / 13)
            queueing.append(trips.queueing)
    assert not any(queueing)


def test_a_queue_is_told_however_many_reports_come() -> None:
    trips = RoundTrips()
    trips.add(0.04, 0.0)
    for index in range(60):
        trips.add(0.04 + 1.3 * QUEUE_SECONDS, 1 + index / 10)
    assert trips.queueing


def test_a_long_queue_is_told_at_once() -> None:
    trips = RoundTrips()
    trips.add(0.04, 0.0)
    trips.add(0.04 + 1.1 * LONG_QUEUE_SECONDS, 1.0)
    assert trips.queueing
