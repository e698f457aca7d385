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
    reading = ear.read(way_ms=40)
    assert reading is not None
    assert reading.concealed == 0.05
    assert reading.loss == pytest.approx(25 / 525, abs=1e-4)
    assert reading.delay_ms == 20 + 40 + 60
    assert reading.grade == "poor"


def test_each_reading_covers_what_came_since_the_last() -> None:
    ear = FarEar()
    ear.put(told(concealed=50))
    ear.read(0)
    ear.put(told(received=600, played=1200, concealed=50))
    reading = ear.read(0)
    assert reading is not None
    assert reading.concealed == 0.0
    assert reading.grade == "good"


def test_nothing_new_is_nothing() -> None:
    ear = FarEar()
    assert ear.read(0) is None
    ear.put(told())
    ear.read(0)
    assert ear.read(0) is None


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"\xff",
        b"[]",
        b"{}",
        told(played=-1),
        told(delay_ms=1e9),
        told(lost="many"),
        told(more=1),
        b"[" * 5000,
    ],
)
def test_what_is_malformed_is_ignored(message: bytes) -> None:
    ear = FarEar()
    ear.put(message)
    assert ear.read(0) is None


def test_absurd_counts_stay_within_the_scale() -> None:
    ear = FarEar()
    ear.put(told(played=30, concealed=1e9, lost=1e12))
    reading = ear.read(0)
    assert reading is not None
    assert (reading.mos, reading.concealed) == (1.0, 1.0)
