"""What is in a band because sound was torn apart, told from what is in it because somebody spoke."""

from __future__ import annotations

import numpy as np
import pytest

from coachdesk.demo.recording import Recording, floor, heard_level
from coachdesk.hearing import NOTHING_DBFS, TONES, UNHEARD_MARGIN_DB, tone
from coachdesk.media.pcm import RATE, Samples

SECONDS = 2.5
SEEDS = (*range(8), 64, 93)
"""With the last two, the band itself is a crest of the comb, and a few bands beside it are troughs."""


def torn(seed: int, *voices: Samples) -> Recording:
    """Voices together, with eight gaps of 5 to 60 ms as a stalled machine leaves them: no ramps."""
    random = np.random.default_rng(seed)
    sound = np.sum(voices, axis=0, dtype=np.float32)
    for at in random.uniform(0, SECONDS - 0.1, 8):
        sound[round(at * RATE) : round((at + random.uniform(0.005, 0.06)) * RATE)] = 0
    return Recording(sound, 0.0)


def speech(name: str, dbfs: float = -32.0) -> Samples:
    return tone(TONES[name], SECONDS, dbfs, keyed=True)


def heard_and_floor(heard: Recording) -> tuple[float, float]:
    return heard_level(heard, TONES["trainee"], 0, SECONDS), floor(heard, TONES["trainee"], 0, SECONDS)


@pytest.mark.parametrize("seed", SEEDS)
def test_torn_sound_is_not_taken_for_somebody_who_does_not_speak(seed: int) -> None:
    level, beside = heard_and_floor(torn(seed, speech("agent"), speech("supervisor")))
    assert beside > NOTHING_DBFS - 10, "else this test shows nothing"
    assert level <= beside + UNHEARD_MARGIN_DB


@pytest.mark.parametrize("seed", SEEDS)
def test_somebody_who_leaks_in_stands_out_of_torn_sound(seed: int) -> None:
    leak = speech("trainee", -60.0)
    level, beside = heard_and_floor(torn(seed, speech("agent"), speech("supervisor"), leak))
    assert level > beside + UNHEARD_MARGIN_DB


def test_a_tone_is_not_in_the_bands_beside_it() -> None:
    level, beside = heard_and_floor(Recording(speech("trainee"), 0.0))
    assert level > -33.0
    assert beside < level - 40
