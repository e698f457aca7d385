"""What a customer's browser tells of the agent's sound: read, and believed no further than that."""

import msgspec
import pytest

from coachdesk.media.farear import FarEar


def told(**changed: object) -> bytes:
    heard = {"received": 500, "lost": 0, "played": 1000, "concealed": 0, "jitter_ms": 4, "delay_ms": 60}
    return msgspec.json.encode(heard | changed)


def test_what_was_told_is_scored_with_the_way_there() -> None:
    ear = FarEar()
    ear.put(told(concealed=50, lost=25))
    reading = ear.read(40, 0)
    assert reading is not None
    assert reading.concealed == 0.05
    assert reading.loss == pytest.approx(25 / 525, abs=1e-4)
    assert reading.delay_ms == 20 + 40 + 60
    assert reading.grade == "poor"


def test_each_reading_covers_what_came_since_the_last() -> None:
    ear = FarEar()
    ear.put(told(concealed=50))
    ear.read(0, 0)
    ear.put(told(received=600, played=1200, concealed=50))
    reading = ear.read(0, 0)
    assert reading is not None
    assert reading.concealed == 0.0
    assert reading.grade == "good"


def test_nothing_new_is_nothing() -> None:
    ear = FarEar()
    assert ear.read(0, 0) is None
    ear.put(told())
    ear.read(0, 0)
    assert ear.read(0, 0) is None


def delay(ear: FarEar, way_ms: float, now: float, **changed: object) -> float:
    ear.put(told(received=500 + now, played=1000 + 100 * now, **changed))
    reading = ear.read(way_ms, now)
    assert reading is not None
    return reading.delay_ms - 20 - 60


def test_a_queue_on_the_way_back_is_no_delay_of_what_is_heard() -> None:
    ear = FarEar()
    assert delay(ear, 40, 0) == 40
    assert delay(ear, 140, 2, late_ms=0) == 40
    assert delay(ear, 140, 4, late_ms=100) == 140, "a queue on the way there is"
    assert delay(ear, 140, 6) == 140, "half of the round trip, where reports say nothing"


def test_a_way_that_has_become_longer_is_known_after_a_minute() -> None:
    ear = FarEar()
    assert delay(ear, 40, 0, late_ms=0) == 40
    assert delay(ear, 90, 59, late_ms=0) == 40
    assert delay(ear, 90, 61, late_ms=0) == 90


@pytest.mark.parametrize(
    ("waits", "too_much"),
    [
        ({}, False),
        ({"delay_ms": 30}, False),
        ({"delay_ms": 30, "target_ms": 20}, True),
        ({"delay_ms": 20, "target_ms": 20}, False),
        ({"delay_ms": 24, "target_ms": 20}, False),
        ({"delay_ms": 0, "target_ms": 0}, False),
    ],
    ids=["no target", "no target either", "a block", "none", "less than half", "pause"],
)
def test_a_buffer_that_holds_more_than_it_aims_at_can_do_with_less(
    waits: dict[str, int], too_much: bool
) -> None:
    ear = FarEar()
    assert not ear.holds_too_much, "nothing was told"
    ear.put(told(**waits))
    assert ear.holds_too_much is too_much


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"\xff",
        b"[]",
        b"{}",
        told(played=-1),
        told(delay_ms=1e9),
        told(late_ms=-1),
        told(target_ms=-1),
        told(lost="many"),
        told(more=1),
        b"[" * 5000,
    ],
)
def test_what_is_malformed_is_ignored(message: bytes) -> None:
    ear = FarEar()
    ear.put(message)
    assert ear.read(0, 0) is None


def test_absurd_counts_stay_within_the_scale() -> None:
    ear = FarEar()
    ear.put(told(played=30, concealed=1e9, lost=1e12))
    reading = ear.read(0, 0)
    assert reading is not None
    assert (reading.mos, reading.concealed) == (1.0, 1.0)
