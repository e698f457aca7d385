"""How long a sound has been under way since its capture, told from sender reports by two clocks that differ."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coachdesk.media.capturetime import LONGEST, REPORTS_SECONDS, CaptureTime, Sampled
from coachdesk.media.opus import Encoder
from coachdesk.media.pcm import RATE, SILENCE

FRAME = 0.02
SSRC = 7
NTP_NOW = 3_990_000_000.0


class Sender:
    """Sends a frame as soon as it is captured, and reports; has a clock of its own and a way of so many seconds."""

    def __init__(self, *, ahead: float = NTP_NOW, ppm: float = 0.0, origin: int = 0, seed: int = 1) -> None:
        self.ahead, self.ppm, self.origin = ahead, ppm, origin
        self.random = random.Random(seed)
        self.capture = CaptureTime()
        self.now = 1000.0
        self.way, self.jitter, self.held = 0.04, 0.0, 0.0

    def ntp(self, time: float) -> int:
        return int((time * (1 + self.ppm * 1e-6) + self.ahead) * 2**32)

    def timestamp(self, time: float) -> int:
        return (self.origin + round(time * RATE)) & 0xFFFFFFFF

    def late(self) -> float:
        return self.way + self.random.uniform(0, self.jitter)

    def report(self, ssrc: int = SSRC) -> None:
        arrival = self.now + self.late()
        self.capture.reported(ssrc, self.ntp(self.now), self.timestamp(self.now), arrival)

    def run(self, seconds: float, every: float = 1.0) -> None:
        """``held``: what its own queues take beyond the frame."""
        frames = round(seconds / FRAME)
        for index in range(frames):
            if index % round(every / FRAME) == 0:
                self.report()
            begun = self.now - FRAME - self.held
            self.capture.arrived(SSRC, self.timestamp(begun), self.now + self.late())
            self.now += FRAME

    def told(self) -> float:
        way = self.capture.way(2 * self.way)
        assert way is not None
        return way


@pytest.mark.parametrize("ahead", [NTP_NOW, NTP_NOW - 3600, 0.0])
@pytest.mark.parametrize("held", [0.0, 0.03])
@pytest.mark.parametrize("origin", [0, 2**32 - 50_000_000])
def test_it_is_frame_queues_and_way_whatever_the_clocks_say(ahead: float, held: float, origin: int) -> None:
    sender = Sender(ahead=ahead, origin=origin)
    sender.held = held
    sender.run(10)
    assert sender.told() == pytest.approx(FRAME + held + sender.way, abs=0.001)


@pytest.mark.parametrize("ppm", [-100, 100])
def test_jitter_and_drift_of_the_clocks_change_little(ppm: float) -> None:
    sender = Sender(ppm=ppm)
    sender.jitter = 0.05
    for _ in range(10):
        sender.run(60)
        assert sender.told() == pytest.approx(FRAME + sender.way, abs=0.012)


def test_a_queue_on_the_way_shows_until_reports_have_been_in_it_for_a_minute() -> None:
    sender = Sender()
    sender.run(10)
    sender.capture.arrived(SSRC, sender.timestamp(sender.now), sender.now + 0.2)
    before = sender.told()
    sender.way += 0.1
    sender.run(4)
    way = sender.capture.way(0.08)
    assert way == pytest.approx(before + 0.1, abs=0.001)
    sender.run(REPORTS_SECONDS + 2)
    assert sender.told() == pytest.approx(FRAME + sender.way, abs=0.001)


def test_a_queue_that_the_round_trip_shows_too_is_counted_once() -> None:
    sender = Sender()
    sender.run(10)
    before = sender.told()
    sender.way += 0.1
    sender.run(4)
    assert sender.capture.way(0.08 + 0.1) == pytest.approx(before + 0.1, abs=0.001)


@pytest.mark.parametrize("step", [-3600.0, -1.0, 1.0, 3600.0])
def test_a_clock_that_is_set_is_known_within_seconds(step: float) -> None:
    sender = Sender()
    sender.run(10)
    sender.ahead += step
    sender.run(5)
    assert sender.told() == pytest.approx(FRAME + sender.way, abs=0.001)


def test_nothing_is_known_without_report_packets_or_round_trip() -> None:
    sender = Sender()
    sender.capture.arrived(SSRC, 0, sender.now)
    assert sender.capture.way(0.1) is None
    sender.report()
    assert sender.capture.way(0.1) is None
    sender.run(1)
    assert sender.capture.way(None) is None
    assert sender.capture.way(0.1) is not None


def test_another_source_begins_anew() -> None:
    sender = Sender()
    sender.run(5)
    sender.report(ssrc=SSRC + 1)
    assert sender.capture.way(0.1) is None
    sender.capture.arrived(SSRC, sender.timestamp(sender.now), sender.now)
    assert sender.capture.way(0.1) is None, "a straggler of the one before"


def test_a_report_on_another_stretch_of_the_clock_says_nothing() -> None:
    sender = Sender()
    sender.run(1)
    sender.capture.reported(SSRC + 1, sender.ntp(sender.now), 0, sender.now)
    sender.capture.arrived(SSRC + 1, RATE * 3600, sender.now)
    assert sender.capture.way(0.1) is None


@given(
    st.lists(
        st.tuples(
            st.booleans(),
            st.integers(0, 3),
            st.integers(0, 2**64 - 1),
            st.integers(0, 2**32 - 1),
            st.floats(0, 5),
        ),
        max_size=30,
    ),
    st.none() | st.floats(0, 10),
)
def test_whatever_a_far_end_says_it_is_a_bounded_number_or_none(
    said: list[tuple[bool, int, int, int, float]], round_trip: float | None
) -> None:
    capture, now = CaptureTime(), 0.0
    for is_report, ssrc, ntp, timestamp, wait in said:
        now += wait
        if is_report:
            capture.reported(ssrc, ntp, timestamp, now)
        else:
            capture.arrived(ssrc, timestamp, now)
        way = capture.way(round_trip)
        assert way is None or 0 <= way <= LONGEST


def test_a_report_is_on_what_is_captured_when_it_goes_out() -> None:
    sampled, encoder = Sampled(is_sound=True), Encoder()
    payload = encoder.encode(SILENCE.repeat(2))
    for now, timestamp in itertools.islice(
        zip(itertools.count(50.0, 0.02), itertools.count(2**32 - 960, 960)), 3
    ):
        sampled.sent(payload, timestamp, now)
        assert sampled.by(now) == (timestamp + 960) % 2**32, "the end of the frame"
        assert sampled.by(now + 0.015) == (timestamp + 960 + 720) % 2**32
    sampled.sent(b"", 1000, 60.0)
    assert sampled.by(60.0) == 1000


def test_a_picture_is_of_the_moment_it_was_sent() -> None:
    sampled = Sampled(is_sound=False)
    sampled.sent(b"picture", 90_000, 50.0)
    assert sampled.by(50.5) == 135_000
