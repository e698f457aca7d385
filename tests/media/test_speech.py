"""Who speaks, from levels."""

from __future__ import annotations

from coachdesk.media.speech import ATTACK_BLOCKS, HANGOVER_BLOCKS, OFF_DBFS, ON_DBFS, SpeechDetector


def states(*runs: tuple[float, int]) -> list[bool]:
    detector = SpeechDetector()
    return [detector.push(dbfs) for dbfs, blocks in runs for _ in range(blocks)]


def test_speech_begins_after_30_ms() -> None:
    assert states((-20.0, ATTACK_BLOCKS)) == [False] * (ATTACK_BLOCKS - 1) + [True]


def test_a_click_is_no_speech() -> None:
    assert not any(states((-10.0, ATTACK_BLOCKS - 1), (-80.0, 1), (-10.0, ATTACK_BLOCKS - 1)))


def test_a_pause_between_words_is_no_end() -> None:
    assert all(states((-20.0, 10), (-80.0, HANGOVER_BLOCKS - 1), (-20.0, 10))[ATTACK_BLOCKS:])


def test_speech_ends_after_the_hangover() -> None:
    assert states((-20.0, 10), (-80.0, HANGOVER_BLOCKS))[-2:] == [True, False]


def test_between_the_thresholds_nothing_changes() -> None:
    between = (ON_DBFS + OFF_DBFS) / 2
    assert not any(states((between, 100)))
    assert states((-20.0, 10), (between, 100))[-1]
