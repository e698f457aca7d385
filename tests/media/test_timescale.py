"""Speech shorter and longer: the pitch and the level stay, nothing clicks."""

from __future__ import annotations

import numpy as np
import pytest

from coachdesk.hearing import level
from coachdesk.media.jitter.timescale import MAX_CUT, MIN_CUT, SHORTEST_OVERLAP, lengthen, shorten
from coachdesk.media.mixer import dbfs
from coachdesk.media.pcm import RATE, Samples
from tests.media.paths import tone, voice


def often(sound: Samples, longer: bool) -> Samples:
    """Each 40 ms of a sound retimed."""
    change = (lambda piece: lengthen(piece, 240)) if longer else (lambda piece: shorten(piece, MAX_CUT))
    done, rest = np.zeros(0, np.float32), sound
    while len(rest) >= 1920:
        changed = change(rest[:1920])
        done, rest = np.concatenate([done, changed]), rest[1920:]
    return done


@pytest.mark.parametrize("longer", [True, False])
@pytest.mark.parametrize("frequency", [110.0, 440.0, 1000.0])
def test_a_tone_keeps_pitch_and_level_and_does_not_click(frequency: float, longer: bool) -> None:
    sound = tone(1.0, frequency)
    changed = often(sound[:1920], longer)
    assert len(changed) > 1920 if longer else len(changed) < 1920
    assert level(changed, frequency) == pytest.approx(dbfs(sound), abs=1.0)
    assert np.max(np.abs(np.diff(changed))) < 1.1 * np.max(np.abs(np.diff(sound)))


def test_longer_by_whole_pitch_periods() -> None:
    sound = tone(0.04, 100.0)
    assert (len(lengthen(sound, 240)) - len(sound)) % 480 == pytest.approx(0, abs=24)


@pytest.mark.parametrize("least", [0, 200, 480, 5000])
@pytest.mark.parametrize("length", [360, 480, 960, 1920])
def test_at_least_so_much_longer_where_there_is_sound_enough(length: int, least: int) -> None:
    added = len(lengthen(voice(0.1)[:length], least)) - length
    assert min(least, MAX_CUT, length // 2, length - SHORTEST_OVERLAP) <= added <= MAX_CUT
    assert added >= MIN_CUT


@pytest.mark.parametrize("length", [0, 1, 100, 359])
def test_too_little_sound_stays_as_it_is(length: int) -> None:
    sound = voice(0.1)[:length]
    assert lengthen(sound, 240) is sound
    assert shorten(sound, 480) is sound


def test_speech_keeps_its_beginning_and_its_end() -> None:
    sound = voice(0.04)
    longer = lengthen(sound, 240)
    assert np.array_equal(longer[:240], sound[:240])
    assert np.array_equal(longer[-480:], sound[-480:])
    assert dbfs(longer) == pytest.approx(dbfs(sound), abs=1.5)
    assert len(longer) / RATE <= 0.055
