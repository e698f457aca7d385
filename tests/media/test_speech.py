"""Who speaks: real sentences in silence and in noise, and what is no speech."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from coachdesk.hearing import tone
from coachdesk.media.mixer import dbfs
from coachdesk.media.pcm import BLOCK_SAMPLES, RATE, Samples
from coachdesk.media.speech import ATTACK_BLOCKS, HANGOVER_BLOCKS, SpeechDetector
from tests.media.spoken import blocks, noise, sentence

SPOKEN_DBFS = -45.0


def states(sound: Samples) -> np.ndarray:
    detector = SpeechDetector()
    return np.array([detector.push(block) for block in blocks(sound)])


def talk() -> Samples:
    """Four sentences with pauses of one to three seconds."""
    pauses = (1.0, 3.0, 1.5, 2.0)
    parts = [[sentence(number), np.zeros(round(pause * RATE))] for number, pause in enumerate(pauses)]
    return np.concatenate([np.zeros(RATE), *(each for part in parts for each in part)])


def truth(clean: Samples) -> tuple[np.ndarray, np.ndarray]:
    """Blocks in which somebody speaks, pauses between words included; and those in which it can be told: no hangover."""
    loud = np.flatnonzero([dbfs(block) > SPOKEN_DBFS for block in blocks(clean)])
    spoken = np.zeros(len(clean) // BLOCK_SAMPLES, bool)
    for one, following in pairwise(loud):
        if following - one <= HANGOVER_BLOCKS:
            spoken[one : following + 1] = True
    told = np.ones(len(spoken), bool)
    for end in np.flatnonzero(spoken[:-1] & ~spoken[1:]):
        told[end + 1 : end + HANGOVER_BLOCKS + 5] = False
    return spoken, told


@pytest.mark.parametrize("pink", [False, True])
@pytest.mark.parametrize("snr", [60, 20, 10, 5])
def test_speech_is_found_in_noise(snr: int, pink: bool) -> None:
    clean = talk()
    spoken, told = truth(clean)
    level = 10 * np.log10(np.mean(clean[np.repeat(spoken, BLOCK_SAMPLES)] ** 2))
    found = states(clean + noise(len(clean), level - snr, pink=pink))
    right = np.sum(found & spoken & told)
    assert right / np.sum(found & told) > 0.95, "precision"
    assert right / np.sum(spoken & told) > 0.95, "recall"


@pytest.mark.parametrize("pink", [False, True])
def test_steady_noise_is_no_speech(pink: bool) -> None:
    assert not states(noise(20 * RATE, -35, pink=pink)).any()


def test_a_click_is_no_speech() -> None:
    sound = noise(3 * RATE, -70)
    sound[RATE : RATE + 96] = 0.5
    assert not states(sound).any()


def test_what_is_too_soft_for_a_headset_is_no_speech() -> None:
    assert not states(np.concatenate([np.zeros(RATE), sentence(0, -65)])).any()


def test_speech_begins_at_once_and_ends_after_the_hangover() -> None:
    sound = np.concatenate([np.zeros(RATE), tone(300, 0.5), np.zeros(RATE)])
    found = np.flatnonzero(states(sound))
    assert found[0] <= 100 + ATTACK_BLOCKS + 1
    assert 150 + HANGOVER_BLOCKS <= found[-1] <= 150 + HANGOVER_BLOCKS + 10


def test_an_endless_tone_is_noise() -> None:
    assert not states(tone(300, 5))[-100:].any()
