"""Comfort noise has the level and the colour of the background, and of nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from coachdesk.hearing import level
from coachdesk.media.jitter.comfort import CEILING_DBFS, ComfortNoise
from coachdesk.media.mixer import dbfs
from coachdesk.media.pcm import RATE, Samples
from tests.media.paths import tone


def background(seconds: float, db: float, seed: int = 1) -> Samples:
    generator = np.random.default_rng(seed)
    return (10 ** (db / 20) * generator.standard_normal(int(seconds * RATE))).astype(np.float32)


def told(*sounds: Samples) -> ComfortNoise:
    comfort = ComfortNoise()
    whole = np.concatenate(sounds)
    for at in range(0, len(whole) - 959, 960):
        comfort.learn(whole[at : at + 960])
    return comfort


@pytest.mark.parametrize("db", [-75.0, -60.0, -50.0])
def test_it_is_as_loud_as_the_background_between_words(db: float) -> None:
    comfort = told(background(1.0, db), tone(1.0), background(1.0, db), tone(1.0))
    assert dbfs(comfort.make(RATE // 2)) == pytest.approx(db, abs=2.0)


def test_it_has_the_colour_of_the_background() -> None:
    noise = background(2.0, -50)
    dull = np.convolve(noise, np.ones(32) / 8, "same").astype(np.float32)
    made = told(dull).make(RATE)
    spectrum = np.abs(np.fft.rfft(made)) ** 2
    assert spectrum[:1000].sum() > 30 * spectrum[10000:11000].sum()


def test_nothing_is_made_up_of_speech_without_a_background() -> None:
    assert not told(tone(2.0)).make(4800).any()
    assert not told(np.zeros(RATE, np.float32), tone(1.0)).make(4800).any()
    assert not ComfortNoise().make(4800).any()


def test_it_holds_nothing_of_the_words() -> None:
    comfort = told(background(1.0, -60), tone(1.0, 700.0), background(0.1, -60))
    made = comfort.make(RATE // 2)
    assert level(made, 700) < -60


def test_it_is_never_loud() -> None:
    comfort = told(background(1.0, -30), tone(1.0, amplitude=0.9), background(0.5, -30))
    assert dbfs(comfort.make(RATE // 2)) <= CEILING_DBFS + 1


def test_it_fades_out_when_the_sender_has_gone() -> None:
    comfort = told(background(1.0, -60))
    made = comfort.make(2 * RATE)
    assert dbfs(made[:RATE]) > -63
    assert not made[int(1.51 * RATE) :].any()
    comfort.learn(background(0.02, -60))
    assert comfort.make(4800).any()


def test_after_a_reset_there_is_silence() -> None:
    comfort = told(background(1.0, -60))
    assert comfort.make(480).any()
    comfort.reset()
    assert not comfort.make(4800).any()
