"""How a call sounded, minute by minute."""

from __future__ import annotations

import time

import pytest

from coachdesk.events import Reading
from coachdesk.media.quality import grade, mos
from coachdesk.soundcourse import MOST_MINUTES, SoundCourse, spells
from coachdesk.ui.sound_wording import spell


def reading(score: float, delay_ms: float = 80.0, loss: float = 0.0) -> Reading:
    return Reading(
        mos=score,
        grade=grade(score),
        delay_ms=delay_ms,
        playout_ms=20.0,
        jitter_ms=2.0,
        loss=loss,
        concealed=loss / 2,
    )


def course(*scores: float | None) -> SoundCourse:
    """One for each minute; None: nothing was heard."""
    found = SoundCourse()
    for minute, score in enumerate(scores):
        if score is not None:
            found.add({"customer": reading(score)}, minute)
    return found


def test_a_minute_has_the_means_of_what_was_heard_in_it() -> None:
    found = SoundCourse()
    for score, delay, loss in ((4.0, 100.0, 0.0), (3.0, 200.0, 0.3), (2.0, 300.0, 0.0)):
        found.add({"customer": reading(score, delay, loss), "agent": reading(4.4)}, 7)
    (minute,) = found.of("customer")
    assert (minute.minute, minute.readings) == (7, 3)
    assert (minute.mos, minute.delay_ms, minute.loss, minute.concealed) == pytest.approx(
        (3.0, 200.0, 0.1, 0.05)
    )
    assert found.of("nobody") == []


def test_spells_are_minutes_of_one_grade_and_not_good_ones() -> None:
    good, fair, poor = mos(60, 0), 3.3, 2.0
    assert [grade(each) for each in (good, fair, poor)] == ["good", "fair", "poor"]
    found = spells(course(good, fair, fair, poor, None, poor, good, 1.5).of("customer"))
    assert [(each.grade, each.first, each.last, each.worst.mos) for each in found] == [
        ("fair", 1, 2, 3.3),
        ("poor", 3, 3, 2.0),
        ("poor", 5, 5, 2.0),
        ("poor", 7, 7, 1.5),
    ]


def test_a_spell_says_when_and_why() -> None:
    found = SoundCourse()
    found.add({"customer": reading(2.04, 412.0, 0.12)}, 3)
    began = time.mktime((2026, 5, 4, 14, 0, 0, 0, 0, -1))
    assert spell(spells(found.of("customer"))[0], began) == (
        "14:03 to 14:04: poor, at worst 2.0 of 4.5, delay 412 ms, lost 12%, made up 6%"
    )


def test_the_first_day_is_kept() -> None:
    found = SoundCourse()
    for minute in range(MOST_MINUTES + 10):
        found.add({"customer": reading(4.0)}, minute)
    found.add({"customer": reading(4.0)}, 0)
    minutes = found.of("customer")
    assert len(minutes) == MOST_MINUTES
    assert minutes[0].readings == 2
