"""Polite whispers: each phrase waits for the customer to pause, and nothing of it is lost."""

from __future__ import annotations

import pytest

from coachdesk.media.whisper import backlog
from coachdesk.media.whisper.polite import LONGEST_BLOCKS
from coachdesk.media.whisper.preroll import PREROLL_BLOCKS
from signaling.policy import Mode
from tests.fakes.talking import Desk, cut_bluntly, is_whole


@pytest.fixture(autouse=True)
def traceable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backlog, "shorten", cut_bluntly)
    monkeypatch.setattr(backlog, "SILENT_DBFS", -200.0)


def polite_desk() -> Desk:
    desk = Desk()
    desk.mouth.polite = True
    desk.customer_speaks = True
    desk.tick(50)
    desk.mouth.press(Mode.WHISPER)
    desk.tick(5)
    desk.mouth.grant(Mode.WHISPER)
    return desk


def test_a_polite_whisper_waits_for_the_customer_to_pause() -> None:
    desk = polite_desk()
    assert desk.tick(120) == 0
    assert desk.mouth.held
    desk.customer_speaks = False
    assert desk.tick(10) == 10
    desk.customer_speaks = True
    assert desk.tick(200) == 200, "a phrase once begun is said to its end"
    assert is_whole(desk.heard(Mode.WHISPER), 30, max(desk.heard(Mode.WHISPER)))
    assert max(desk.heard(Mode.WHISPER)) > 330


def test_a_polite_whisper_waits_no_longer_than_three_seconds() -> None:
    desk = polite_desk()
    assert desk.tick(LONGEST_BLOCKS) == 0
    assert desk.tick(1) == 1
    assert min(desk.heard(Mode.WHISPER)) == 30, "from its first syllable on"


def test_a_phrase_released_while_it_waits_is_still_said() -> None:
    desk = polite_desk()
    desk.tick(80)
    desk.mouth.release()
    desk.tick(50)
    assert desk.mouth.finishing
    assert desk.mouth.patient
    desk.customer_speaks = False
    desk.tick(100)
    assert not desk.mouth.finishing
    assert is_whole(desk.heard(Mode.WHISPER), 30, 135)


@pytest.mark.parametrize("released", [False, True])
def test_a_phrase_held_back_is_dropped_for_another_mode(released: bool) -> None:
    desk = polite_desk()
    desk.tick(80)
    if released:
        desk.mouth.release()
        desk.tick(10)
    desk.mouth.press(Mode.BARGE)
    desk.customer_speaks = False
    desk.tick(10)
    desk.mouth.grant(Mode.BARGE)
    desk.tick(100)
    assert not desk.heard(Mode.WHISPER)
    assert min(desk.heard(Mode.BARGE)) > 135


def latched_desk() -> Desk:
    """A whisper that stays on, between its first phrase and the next."""
    desk = polite_desk()
    desk.customer_speaks = False
    desk.tick(200)
    desk.speaks = False
    desk.tick(100)
    return desk


def test_each_phrase_of_a_whisper_that_stays_on_waits() -> None:
    desk = latched_desk()
    desk.tick(100)
    desk.customer_speaks = desk.speaks = True
    begun = desk.now
    assert desk.tick(150) == 0
    assert desk.mouth.held
    assert max(desk.heard(Mode.WHISPER)) < begun - 10, "speech is noticed some time after its begin"
    desk.customer_speaks = False
    desk.tick(300)
    assert not desk.mouth.held
    assert is_whole(desk.heard(Mode.WHISPER), 30, desk.now - 1)


def test_the_next_phrase_waits_no_longer_than_three_seconds() -> None:
    desk = latched_desk()
    desk.customer_speaks = desk.speaks = True
    assert desk.tick(LONGEST_BLOCKS) == 0
    assert desk.tick(1) == 1


def test_speech_that_is_not_noticed_goes_out_all_the_same() -> None:
    desk = latched_desk()
    desk.customer_speaks = True
    assert desk.tick(300) == 300
    assert is_whole(desk.heard(Mode.WHISPER), 30, desk.now - 1 - PREROLL_BLOCKS)


def test_a_release_between_phrases_loses_nothing() -> None:
    desk = latched_desk()
    desk.mouth.release()
    released = desk.now
    desk.tick(50)
    assert not desk.mouth.finishing
    assert is_whole(desk.heard(Mode.WHISPER), 30, released)


def test_only_whispers_are_polite() -> None:
    desk = Desk()
    desk.mouth.polite = desk.customer_speaks = True
    desk.mouth.press(Mode.LANE)
    desk.tick(5)
    desk.mouth.grant(Mode.LANE)
    assert desk.tick(5) == 5
