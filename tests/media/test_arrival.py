"""How long the playout buffer decides to wait, from nothing but the times at which packets came."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from coachdesk.media.jitter.arrival import MAX_WAIT, MIN_WAIT, ArrivalClock
from coachdesk.media.pcm import RATE

FRAME = 960


class Path:
    """Sends a 20 ms packet after another into a clock."""

    def __init__(self) -> None:
        self.clock = ArrivalClock()
        self.index = 0

    def run(self, seconds: float, delay: Callable[[], float] = lambda: 0.0) -> None:
        for _ in range(round(seconds * RATE / FRAME)):
            self.clock.arrived(self.index * FRAME, self.index * FRAME / RATE + delay(), FRAME)
            self.index += 1

    def lose(self, copy_after: float | None) -> None:
        if copy_after is not None:
            at = self.index * FRAME
            self.clock.copied(at, at / RATE + copy_after, FRAME)
        self.index += 1

    def stall(self, seconds: float) -> None:
        end = self.index * FRAME / RATE + seconds
        while self.index * FRAME / RATE < end:
            self.clock.arrived(self.index * FRAME, end, FRAME)
            self.index += 1


def jitter(seconds: float, seed: int = 1) -> Callable[[], float]:
    generator = np.random.default_rng(seed)
    return lambda: float(generator.uniform(0, seconds))


def test_a_quiet_path_is_not_waited_for() -> None:
    path = Path()
    path.run(2.0)
    assert path.clock.wait == MIN_WAIT


def test_one_late_packet_changes_nothing() -> None:
    path = Path()
    path.run(2.0)
    path.run(0.02, lambda: 0.08)
    assert path.clock.wait == MIN_WAIT


def test_jitter_is_followed_within_half_a_second_and_given_up_when_it_ends() -> None:
    path = Path()
    path.run(3.0)
    path.run(0.5, jitter(0.08))
    assert 0.05 < path.clock.wait < 0.09
    path.run(4.0, jitter(0.08))
    assert 0.07 < path.clock.wait < 0.09
    path.run(2.2)
    assert path.clock.wait <= MIN_WAIT + 0.002


@pytest.mark.parametrize("seconds", [0.06, 0.1, 0.2, 0.5, 1.5])
def test_two_seconds_after_a_stall_nothing_is_left_of_it(seconds: float) -> None:
    path = Path()
    path.run(3.0)
    path.stall(seconds)
    path.run(2.0)
    assert path.clock.wait <= MIN_WAIT + 0.002
    assert path.clock.base == pytest.approx(0.0, abs=0.001)


@pytest.mark.parametrize("copy_after", [0.020, 0.040, 0.060])
def test_copies_that_often_help_are_waited_for(copy_after: float) -> None:
    path = Path()
    for _ in range(20):
        path.run(0.14)
        path.lose(copy_after)
        path.lose(copy_after)
    assert copy_after < path.clock.wait < copy_after + 0.005
    path.run(6.5)
    assert path.clock.wait == MIN_WAIT


def test_losses_without_copies_are_not_waited_for() -> None:
    path = Path()
    for _ in range(40):
        path.run(0.14)
        path.lose(None)
    assert path.clock.wait == MIN_WAIT


def test_copies_that_seldom_help_are_not_waited_for() -> None:
    path = Path()
    for _ in range(10):
        path.run(4.0)
        path.lose(0.060)
    assert path.clock.wait == MIN_WAIT


def test_nothing_is_waited_for_too_long() -> None:
    path = Path()
    for _ in range(20):
        path.run(0.5, jitter(0.5))
        path.lose(0.15)
        assert path.clock.wait <= MAX_WAIT


def test_a_path_that_gets_longer_and_shorter_is_followed() -> None:
    path = Path()
    path.run(3.0)
    path.run(3.0, lambda: 0.06)
    assert path.clock.base == pytest.approx(0.06, abs=0.001)
    assert path.clock.wait <= MIN_WAIT + 0.002
    path.run(0.1)
    assert path.clock.base == pytest.approx(0.0, abs=0.001)
    path.run(3.0, lambda: 0.4)
    assert path.clock.base == pytest.approx(0.4, abs=0.001)


def test_jitter_is_that_of_the_rtp_standard() -> None:
    path = Path()
    assert path.clock.jitter == 0.0
    late = iter([0.0, 0.010] * 200)
    path.run(8.0, lambda: next(late))
    assert path.clock.jitter == pytest.approx(0.010, rel=0.01)


def test_one_outage_is_not_waited_for_from_then_on() -> None:
    path = Path()
    path.run(5.0)
    for _ in range(8):
        path.lose(copy_after=0.030)
    path.run(0.5)
    assert path.clock.wait < 0.010


def test_losses_that_recur_are_waited_for() -> None:
    path = Path()
    for _ in range(10):
        path.run(0.4)
        path.lose(copy_after=0.040)
    assert path.clock.wait == pytest.approx(0.042, abs=0.003)
