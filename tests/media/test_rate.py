"""How sound is sent by what is reported: redundancy on and off, bit rate down and up, over simulated paths."""

from __future__ import annotations

import random

import pytest

from coachdesk.media.connection.rate import (
    BURST_COPIES,
    CONGESTED_BITRATE,
    COPIES,
    MAX_BITRATE,
    MIN_BITRATE,
    SHARED_MIN_BITRATE,
    START_BITRATE,
    STEADY_JITTER,
    UNSTEADY_JITTER,
    AudioSettings,
    Path,
    settings,
)
from coachdesk.media.connection.reports import LONG_QUEUE_SECONDS, QUEUE_SECONDS, RoundTrips, SentReports

GOOD_RTT = 0.04


class Line:
    """A path over which 50 packets a second go; its far end reports every second, and asks for lost packets or not."""

    def __init__(self, *, asks: bool = False, redundant: bool = True) -> None:
        self.path = Path()
        self.path.redundant = redundant
        self.asks = asks
        self.now = 1000.0
        self.rng = random.Random(1)
        self._seq = 0

    def run(
        self, seconds: int, *, loss: float = 0.0, burst: int = 1, rtt: float = GOOD_RTT, jitter: float = 0.0
    ) -> Path:
        for _ in range(seconds):
            lost = self._second(loss, burst)
            self.path.reported(0.0 if self.asks else lost / 50, rtt, jitter, self.now)
        return self.path

    def _second(self, loss: float, burst: int) -> int:
        lost: list[int] = []
        left = 0
        for index in range(50):
            self._seq = (self._seq + 1) & 0xFFFF
            self.path.sent()
            if left == 0 and self.rng.random() < loss / burst:
                left = burst
            if left:
                left -= 1
                lost.append(self._seq)
            if self.asks and lost and (left == 0 or index == 49):
                self.path.missed(lost[-burst:], self.now)
            self.now += 0.02
        return len(lost)


@pytest.mark.parametrize("asks", [False, True], ids=["reports", "requests"])
@pytest.mark.parametrize(("loss", "copies"), [(0.0, {0}), (0.02, {1}), (0.05, {1}), (0.11, {2}), (0.22, {3})])
def test_copies_by_how_much_is_lost(loss: float, copies: set[int], asks: bool) -> None:
    assert len(Line(asks=asks).run(30, loss=loss).copies) in copies


def test_one_packet_lost_now_and_then_is_no_reason() -> None:
    line = Line()
    for _ in range(20):
        assert line.run(7).copies == ()
        line.path.reported(0.02, GOOD_RTT, 0.0, line.now + 1)
        line.now += 1
    assert line.path.copies == ()


def test_redundancy_comes_within_seconds_and_goes_some_time_after_the_loss() -> None:
    line = Line()
    line.run(10)
    assert line.run(3, loss=0.1).copies
    assert line.run(4).copies, "hysteresis"
    assert line.run(60).copies == ()


def test_bursts_are_told_from_single_losses_by_the_requests() -> None:
    assert Line(asks=True).run(40, loss=0.08, burst=5).copies == BURST_COPIES
    assert Line(asks=True).run(40, loss=0.2).copies == COPIES[3]


def test_bursts_stay_known_while_copies_hide_most_of_them() -> None:
    line = Line(asks=True)
    line.run(40, loss=0.08, burst=5)
    line.asks = False
    for _ in range(20):
        path = line.run(1, loss=0.08, burst=5)
        path.missed([line._seq], line.now)
    assert path.copies == BURST_COPIES
    assert line.run(60).copies == ()
    line.asks = True
    assert line.run(20, loss=0.06).copies != BURST_COPIES


def test_a_far_end_that_takes_no_redundancy_gets_none_but_fec() -> None:
    path = Line(redundant=False).run(30, loss=0.1)
    assert path.copies == ()
    assert 6 <= settings([path]).expected_loss <= 14


def test_where_copies_make_up_for_the_loss_less_is_spent_on_fec() -> None:
    assert settings([Line().run(30, loss=0.1)]).expected_loss <= 1


def test_a_growing_queue_is_met_with_less_not_more() -> None:
    line = Line()
    line.run(20, loss=0.1)
    path = line.run(10, loss=0.1, rtt=0.4)
    assert path.congested
    assert path.copies == ()
    assert settings([path]) == AudioSettings(MIN_BITRATE, settings([path]).expected_loss, 2)


def test_the_bit_rate_comes_back_slowly_when_the_queue_is_gone() -> None:
    line = Line()
    line.run(5)
    line.run(10, rtt=0.5)
    assert line.run(3).bitrate < START_BITRATE
    assert line.run(30).bitrate == MAX_BITRATE


def test_what_a_queue_drops_is_no_reason_for_copies_once_it_is_gone() -> None:
    line = Line()
    line.run(5)
    line.run(8, loss=0.3, rtt=0.5)
    assert line.run(5).copies == ()


def test_loss_that_goes_on_after_a_queue_is_met_again() -> None:
    line = Line()
    line.run(10, loss=0.1)
    line.run(3, loss=0.1, rtt=0.5)
    assert line.run(12, loss=0.1).copies


def test_a_round_trip_that_is_long_once_is_no_queue_unless_very_long() -> None:
    line = Line()
    line.run(10)
    assert not line.run(1, rtt=GOOD_RTT + 1.5 * QUEUE_SECONDS).congested
    assert line.run(1, rtt=GOOD_RTT + 1.1 * LONG_QUEUE_SECONDS).congested
    assert not line.run(1).congested


def test_jitter_is_no_queue() -> None:
    line, jitter = Line(), random.Random(4)
    line.run(10, rtt=0.05)
    congested = [
        line.run(1, rtt=0.04 + jitter.uniform(0, 0.08) + jitter.uniform(0, 0.08)).congested
        for _ in range(300)
    ]
    assert sum(congested) < 6


def test_jitter_of_a_way_that_was_short_before_is_no_queue() -> None:
    """From a cable to a bad radio link in the middle of a call."""
    line, jitter = Line(), random.Random(4)
    line.run(20, rtt=0.002)
    congested = [
        line.run(1, rtt=0.04 + jitter.uniform(0, 0.08) + jitter.uniform(0, 0.08)).congested for _ in range(60)
    ]
    assert sum(congested) == 0


def test_where_most_is_lost_there_is_too_much() -> None:
    assert Line().run(10, loss=0.6).congested


def test_all_streams_of_a_way_know_of_its_queue() -> None:
    round_trips = RoundTrips()
    sound, picture = Path(round_trips), Path(round_trips)
    sound.reported(0.0, 0.02, 0.0, 1.0)
    picture.reported(0.0, 0.5, 0.0, 2.0)
    assert sound.congested
    assert settings([sound]).bitrate <= CONGESTED_BITRATE


def test_a_line_that_was_too_narrow_gets_no_short_frames_before_its_time() -> None:
    line = Line()
    line.run(10)
    line.run(2, rtt=0.5)
    assert settings([line.run(10)]).blocks == 2
    assert settings([line.run(40)]).blocks == 1


def test_a_round_trip_is_told_by_the_report_it_is_on() -> None:
    reports = SentReports()
    for number in range(40):
        reports.note(number, 100.0 + number)
    assert reports.round_trip(38, 65536 // 2, 140.0) == pytest.approx(1.5)
    assert reports.round_trip(3, 0, 140.0) is None, "long ago"
    assert reports.round_trip(77, 0, 140.0) is None, "never sent"


def test_reports_of_a_stream_that_pauses_tell_no_round_trip() -> None:
    reports = SentReports()
    reports.note(1, 100.0)
    reports.note(1, 101.0)
    assert reports.round_trip(1, 0, 101.2) is None


def test_a_long_way_is_no_queue() -> None:
    path = Line().run(30, rtt=0.5)
    assert not path.congested
    assert settings([path]).blocks == 2


def test_a_way_that_became_longer_for_good_is_no_queue_for_ever() -> None:
    line = Line()
    line.run(10, rtt=0.05)
    assert line.run(10, rtt=0.4).congested
    assert not line.run(5, rtt=0.4).congested
    assert line.run(30, rtt=0.4).bitrate == MAX_BITRATE
    assert line.run(3, rtt=0.7).congested, "the longer way has queues as well"


def test_a_good_path_gets_short_frames_and_the_highest_bit_rate() -> None:
    assert settings([Line().run(30)]) == AudioSettings(MAX_BITRATE, 0, 1)
    assert settings([]).blocks == 1


def test_losses_at_random_are_met_in_short_frames_whose_copies_come_soon() -> None:
    for loss in (0.02, 0.1, 0.2):
        path = Line().run(30, loss=loss)
        assert path.copies
        assert settings([path]).blocks == 1


def test_bursts_are_got_over_by_copies_from_further_away() -> None:
    assert settings([Line(asks=True).run(40, loss=0.08, burst=5)]).blocks == 2


def test_a_far_end_that_takes_no_copies_gets_long_frames_where_much_is_lost() -> None:
    assert settings([Line(redundant=False).run(30, loss=0.1)]).blocks == 2


def test_where_packets_come_unevenly_they_are_longer() -> None:
    line = Line()
    assert settings([line.run(30, jitter=0.9 * UNSTEADY_JITTER)]).blocks == 1
    assert settings([line.run(1, jitter=1.1 * UNSTEADY_JITTER)]).blocks == 2
    assert settings([line.run(30, jitter=1.1 * STEADY_JITTER)]).blocks == 2, "hysteresis"
    assert settings([line.run(1, jitter=0.9 * STEADY_JITTER)]).blocks == 1


def test_copies_leave_the_bit_rate_as_it_is() -> None:
    assert settings([Line().run(30, loss=0.2)]).bitrate == MAX_BITRATE


def test_requests_between_the_reports_do_not_keep_the_bit_rate_down() -> None:
    path = Path()
    path.redundant = True
    for second in range(10):
        for _ in range(50):
            path.sent()
        path.missed([second * 50, second * 50 + 20], second + 0.99)
        path.reported(0.0, GOOD_RTT, 0.0, second + 1.0)
    assert len(path.copies) == 1
    assert settings([path]).bitrate == MAX_BITRATE


def test_beside_copies_there_is_no_fec() -> None:
    assert settings([Line().run(30, loss=0.08, burst=5)]).expected_loss == 0


def test_one_slow_listener_costs_the_others_a_bounded_amount() -> None:
    line = Line()
    line.run(5)
    slow = line.run(10, rtt=1.0)
    fast = Line().run(30)
    assert slow.bitrate == MIN_BITRATE
    assert settings([slow, fast]).bitrate == SHARED_MIN_BITRATE
    assert settings([fast]).bitrate == MAX_BITRATE


def test_fec_is_for_the_worst_of_those_who_hear_it() -> None:
    fine, lossy = Line().run(30), Line(redundant=False).run(30, loss=0.2)
    assert settings([fine, lossy]).expected_loss == settings([lossy]).expected_loss > 10
