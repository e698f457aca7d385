"""The E-model against G.107's own figures, and what people are told of it."""

from itertools import pairwise

import pytest

from coachdesk.media.quality import MAX_READINGS, Gauge, History, grade, mos
from tests.fakes.readings import reading


def test_a_short_clean_way_is_as_good_as_a_telephone_gets() -> None:
    assert mos(40, 0.0) == pytest.approx(4.41, abs=0.01)  # R = 93.2


@pytest.mark.parametrize(("delay_ms", "score"), [(150, 4.41), (250, 4.18), (400, 3.56)])
def test_delay_costs_what_g107_says(delay_ms: float, score: float) -> None:
    assert mos(delay_ms, 0.0) == pytest.approx(score, abs=0.01)  # R = 93.0, 84.3, 69.1


def test_delay_below_a_tenth_of_a_second_costs_nothing() -> None:
    assert mos(100, 0.0) == mos(10, 0.0)


def test_more_concealment_and_more_delay_are_never_better() -> None:
    scores = [
        [mos(delay, concealed / 100) for concealed in range(0, 101, 5)] for delay in range(0, 2000, 100)
    ]
    for row, later in pairwise(scores):
        assert row == sorted(row, reverse=True)
        assert all(after <= before for before, after in zip(row, later, strict=True))


def test_everything_made_up_is_the_worst_there_is() -> None:
    assert mos(3000, 1.0) == 1.0


@pytest.mark.parametrize(
    ("concealed", "told"), [(0.0, "good"), (0.01, "good"), (0.02, "fair"), (0.05, "poor"), (1.0, "poor")]
)
def test_what_people_are_told(concealed: float, told: str) -> None:
    assert grade(mos(80, concealed)) == told


def stats(**changed: float) -> dict[str, float]:
    row = {
        "received": 100.0,
        "lost": 0.0,
        "played": 200.0,
        "concealed": 0.0,
        "delay_ms": 30.0,
        "jitter_ms": 2.0,
    }
    return row | changed


def test_a_gauge_reads_what_came_since_it_was_last_read() -> None:
    gauge = Gauge()
    gauge.read(stats(concealed=100), way_ms=10)
    reading = gauge.read(stats(received=200, played=400, concealed=104, lost=2), way_ms=10)
    assert reading is not None
    assert reading.concealed == 0.02
    assert reading.loss == pytest.approx(2 / 102, abs=1e-4)
    assert (reading.delay_ms, reading.playout_ms, reading.jitter_ms) == (60, 30, 2)


def test_a_silent_source_has_no_reading_until_there_is_enough_to_judge() -> None:
    gauge = Gauge()
    gauge.read(stats(), 0)
    assert gauge.read(stats(played=219), 0) is None
    assert gauge.read(stats(played=220), 0) is not None


def test_the_history_of_a_call_is_summed_up_by_source() -> None:
    history = History()
    gauge = Gauge()
    for count in range(1, 5):
        concealed = 20.0 if count == 4 else 0.0
        reading = gauge.read(stats(received=100.0 * count, played=200.0 * count, concealed=concealed), 0)
        assert reading is not None
        history.add({"customer": reading})
    row = history.summary()["customer"]
    assert (row["readings"], row["not_good"], row["mos_median"]) == (4, 0.25, 4.41)
    assert row["mos_worst"] < 2.2


def test_the_history_of_a_call_is_told_by_its_minutes() -> None:
    history = History()
    for index in range(90):
        heard = {"agent": reading(mos=4.0)}
        if index < 30 or index >= 60:
            heard["customer"] = reading(mos=4.4 if index < 30 else 2.0 + index % 2)
        history.add(heard)
    assert history.by_minute() == {
        "agent": {"1": 4.0, "2": 4.0, "3": 4.0},
        "customer": {"1": 4.4, "3": 2.5},
    }


def test_the_history_of_an_endless_call_is_bounded() -> None:
    history = History()
    for _ in range(MAX_READINGS + 60):
        history.add({"agent": reading()})
    minutes = history.by_minute()["agent"]
    assert (min(map(int, minutes)), max(map(int, minutes))) == (3, MAX_READINGS // 30 + 2)
