"""Sentences of two voices (bench/speech), and rooms and noises to put them in."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import soundfile

from coachdesk.media.pcm import BLOCK_SAMPLES, RATE, Block, Samples

SPEECH = Path(__file__).parents[2] / "bench" / "speech" / "speech.flac"
SENTENCE_SECONDS = 5.5


@cache
def sentence(number: int, dbfs: float = -22.0) -> Samples:
    """Sentence 0 to 3, at this level over all; even and odd ones are of different voices."""
    sound, rate = soundfile.read(SPEECH)
    begin = round(number * SENTENCE_SECONDS * rate)
    said = sound[begin : begin + round(SENTENCE_SECONDS * rate)]
    count = round(len(said) / rate * RATE)
    same = np.interp(np.arange(count) * rate / RATE, np.arange(len(said)), said)
    return np.asarray(at_level(same, dbfs))


def at_level(sound: Samples, dbfs: float) -> Samples:
    return np.asarray(sound * 10 ** (dbfs / 20) / np.sqrt(np.mean(sound**2)), np.float32)


def noise(count: int, dbfs: float, *, pink: bool = False, seed: int = 1) -> Samples:
    white = np.random.default_rng(seed).standard_normal(count)
    if pink:
        spectrum = np.fft.rfft(white)
        spectrum[1:] /= np.sqrt(np.arange(1, len(spectrum)))
        white = np.fft.irfft(spectrum, count)
    return at_level(white, dbfs)


def echo(sound: Samples, db: float, *, delay: float = 0.06, seed: int = 5) -> Samples:
    """``sound`` as a small room gives it back: a third of it directly, the rest as a tail of 0.35 s; ``db`` in all."""
    count = round(0.35 * RATE)
    room = np.random.default_rng(seed).standard_normal(count) * 10 ** (-3 * np.arange(count) / count)
    room[0] = np.sqrt(np.sum(room[1:] ** 2) / 2)
    room *= 10 ** (db / 20) / np.sqrt(np.sum(room**2))
    path = np.concatenate([np.zeros(round(delay * RATE)), room])
    size = len(sound) + len(path)
    heard = np.fft.irfft(np.fft.rfft(sound, size) * np.fft.rfft(path, size), size)
    return np.asarray(heard[: len(sound)], np.float32)


def blocks(sound: Samples) -> list[Block]:
    return list(sound[: len(sound) // BLOCK_SAMPLES * BLOCK_SAMPLES].reshape(-1, BLOCK_SAMPLES))
