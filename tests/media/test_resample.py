"""The resampler between two clocks, by what it does to a tone and by how it counts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coachdesk.media.pcm import BLOCK_SAMPLES, RATE, Samples
from coachdesk.media.soundcards.resample import DELAY_FRAMES, MAX_DEVIATION, Frames, Resampler

RATIOS = [1.0, 1.0003, 0.9997, 1 + MAX_DEVIATION, 1 - MAX_DEVIATION]


def sine(frequency: float, frames: int) -> Samples:
    return (0.5 * np.sin(2 * np.pi * frequency * np.arange(frames) / RATE)).astype(np.float32)


def through(resampler: Resampler, sound: Frames, piece: int = BLOCK_SAMPLES) -> Frames:
    """``sound``, fed piece by piece, and all that comes out."""
    out = []
    for at in range(0, len(sound), piece):
        resampler.feed(sound[at : at + piece])
        out.append(resampler.take(resampler.ready()))
    return np.concatenate(out)


def residue_db(sound: Samples, frequency: float) -> float:
    """What is not the sine of ``frequency``, in dB below it."""
    angle = 2 * np.pi * frequency * np.arange(len(sound)) / RATE
    waves = np.stack([np.sin(angle), np.cos(angle)], 1)
    fitted = waves @ np.linalg.lstsq(waves, sound, rcond=None)[0]
    return float(10 * np.log10(fitted.var() / (sound - fitted).var()))


@pytest.mark.parametrize("ratio", RATIOS)
@pytest.mark.parametrize("frequency", [50, 440, 1000, 8000, 16000, 20000])
def test_a_tone_stays_a_tone(frequency: int, ratio: float) -> None:
    resampler = Resampler(1)
    resampler.ratio = ratio
    heard = through(resampler, sine(frequency, RATE)[:, np.newaxis])[:, 0][200:]
    assert residue_db(heard, frequency * ratio) > 75
    assert np.sqrt(2) * heard.std() == pytest.approx(0.5, rel=0.005)


def test_a_changing_ratio_makes_no_click() -> None:
    resampler, out = Resampler(1), []
    sound = sine(1000, 2 * RATE)[:, np.newaxis]
    for at in range(0, len(sound), BLOCK_SAMPLES):
        resampler.ratio = 1 + MAX_DEVIATION * np.sin(at / RATE * 10)
        resampler.feed(sound[at : at + BLOCK_SAMPLES])
        out.append(resampler.take(resampler.ready()))
    heard = np.concatenate(out)[200:, 0]
    # A sine's second difference is itself, times a constant: any jump stands out.
    bend = np.diff(heard, 2) + (2 * np.pi * 1000 / RATE) ** 2 * heard[1:-1]
    assert np.abs(bend).max() < 1e-3 * np.abs(np.diff(heard, 2)).max() + 1e-4


@pytest.mark.parametrize("piece", [1, 7, 479, 1000])
def test_pieces_of_any_length_give_the_same_sound(piece: int) -> None:
    sound = np.random.default_rng(1).normal(0, 0.1, (4000, 1)).astype(np.float32)
    outs = []
    for length in (piece, len(sound)):
        resampler = Resampler(1)
        resampler.ratio = 1.0003
        outs.append(through(resampler, sound, length))
    assert np.allclose(outs[0], outs[1], atol=1e-6)


def test_the_ears_stay_apart() -> None:
    sound = np.stack([sine(1000, RATE), np.zeros(RATE, np.float32)], 1)
    heard = through(Resampler(2), sound)
    assert heard[:, 0].std() > 0.3
    assert np.all(heard[:, 1] == 0)


def test_sound_stays_inside_for_a_third_of_a_millisecond() -> None:
    impulse = np.zeros((RATE // 10, 1), np.float32)
    impulse[1000] = 1
    heard = through(Resampler(1), impulse)
    assert len(heard) == len(impulse)
    assert np.argmax(np.abs(heard)) == 1000 + DELAY_FRAMES


@given(
    ratio=st.floats(1 - MAX_DEVIATION, 1 + MAX_DEVIATION),
    pieces=st.lists(st.integers(0, 1500), min_size=1, max_size=20),
)
def test_what_it_says_is_ready_can_be_taken_and_no_more(ratio: float, pieces: list[int]) -> None:
    resampler, taken = Resampler(1), 0
    resampler.ratio = ratio
    for piece in pieces:
        resampler.feed(np.zeros((piece, 1), np.float32))
        ready = resampler.ready()
        assert resampler.needs(ready + 1) > 0
        if ready:
            assert resampler.needs(ready) == 0
        assert len(resampler.take(ready)) == ready
        taken += ready
    assert taken == pytest.approx(sum(pieces) / ratio, abs=DELAY_FRAMES + 2)
