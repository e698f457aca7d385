"""Measuring who heard whom: on plain sound, through Opus, and what makes a cell of the matrix wrong."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

from coachdesk.hearing import (
    AUDIBLE_DBFS,
    FORBIDDEN_DBFS,
    NOTHING_DBFS,
    TONE_DBFS,
    TONES,
    Cell,
    Matrix,
    envelope,
    latency,
    level,
    levels_over_time,
    read_wav,
    tone,
    write_wav,
)
from coachdesk.media.mixer import dbfs
from coachdesk.media.opus import Decoder, Encoder
from coachdesk.media.pcm import RATE, Samples

FREQUENCIES = list(TONES.values())


def noise(seconds: float, level_dbfs: float, seed: int = 1) -> Samples:
    generator = np.random.default_rng(seed)
    return (10 ** (level_dbfs / 20) * generator.standard_normal(round(seconds * RATE))).astype(np.float32)


def coded(sound: Samples, bitrate: int = 32_000) -> Samples:
    encoder, decoder = Encoder(bitrate=bitrate), Decoder()
    frames = range(0, len(sound) - 959, 960)
    return np.concatenate([decoder.decode(encoder.encode(sound[at : at + 960])) for at in frames])


def shifted(sound: Samples, seconds: float) -> Samples:
    return np.concatenate([np.zeros(round(seconds * RATE), np.float32), sound])[: len(sound)]


# --- tones -------------------------------------------------------------------------------------------------------


def test_no_distortion_of_some_tones_is_another_one() -> None:
    products = {k * f for f in FREQUENCIES for k in (2, 3, 4, 5)}
    for a, b in itertools.permutations(FREQUENCIES, 2):
        products |= {a + b, abs(a - b), abs(2 * a - b), 2 * a + b, abs(3 * a - b), abs(3 * a - 2 * b)}
    for a, b, c in itertools.permutations(FREQUENCIES, 3):
        products.add(abs(a + b - c))
    assert min(abs(product - f) for product in products for f in FREQUENCIES) >= 39
    assert all(440 <= f <= 3000 for f in FREQUENCIES)


@pytest.mark.parametrize("frequency", FREQUENCIES)
@pytest.mark.parametrize("level_dbfs", [-50.0, TONE_DBFS, -10.0])
def test_a_tone_is_measured_as_loud_as_it_was_made(frequency: int, level_dbfs: float) -> None:
    sound = tone(frequency, 1.0, level_dbfs)
    assert level(sound, frequency) == pytest.approx(level_dbfs, abs=0.1)
    assert dbfs(sound) == pytest.approx(level_dbfs, abs=0.1)


@pytest.mark.parametrize("keyed", [False, True])
@pytest.mark.parametrize("frequency", FREQUENCIES)
def test_a_tone_does_not_leak_into_the_band_of_another(frequency: int, keyed: bool) -> None:
    sound = tone(frequency, 4.0, -10.0, keyed=keyed)
    others = [other for other in FREQUENCIES if other != frequency]
    assert max(level(sound, other) for other in others) < -100
    assert max(levels_over_time(sound, other, hop=0.3, window=0.25).max() for other in others) < -100


def test_a_faint_tone_is_found_beside_loud_ones() -> None:
    loud = [tone(f, 1.0, -20.0) for f in FREQUENCIES[1:]]
    mixed = np.sum([*loud, tone(FREQUENCIES[0], 1.0, -90.0)], axis=0).astype(np.float32)
    assert level(mixed, FREQUENCIES[0]) == pytest.approx(-90, abs=0.5)


@pytest.mark.parametrize("frequency", FREQUENCIES)
def test_a_file_of_whole_seconds_loops_without_a_seam(frequency: int) -> None:
    sound = tone(frequency, 2.0)
    again = np.concatenate([sound, sound])
    assert np.max(np.abs(np.diff(again))) <= np.max(np.abs(np.diff(sound))) * 1.001
    keyed = tone(frequency, 4.0, keyed=True)
    assert abs(keyed[0]) < 0.001
    assert abs(keyed[-1]) < 0.001


def test_a_keyed_tone_is_on_most_of_the_time_and_has_pauses() -> None:
    for frequency in FREQUENCIES:
        levels = levels_over_time(tone(frequency, 8.0, keyed=True), frequency, hop=0.02, window=0.1)
        on = np.mean(levels > TONE_DBFS - 3)
        off = np.mean(levels < TONE_DBFS - 20)
        assert 0.35 < on < 0.75
        assert 0.15 < off < 0.5


def test_level_of_nothing() -> None:
    assert level(np.zeros(0, np.float32), 1000) == -140
    assert level(np.zeros(RATE, np.float32), 1000) == -140
    assert len(levels_over_time(np.zeros(100, np.float32), 1000)) == 0


def test_levels_over_time_show_when_a_tone_was_there() -> None:
    sound = np.concatenate([np.zeros(RATE, np.float32), tone(1049, 1.0)])
    levels = levels_over_time(sound, 1049, hop=0.1, window=0.2)
    assert len(levels) == 19
    assert levels[:8].max() < -100
    assert levels[10:] == pytest.approx([TONE_DBFS] * 9, abs=0.5)


# --- through Opus ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("keyed", [False, True])
@pytest.mark.parametrize("bitrate", [24_000, 32_000])
@pytest.mark.parametrize("frequency", FREQUENCIES)
def test_a_coded_tone_is_heard_and_nobody_else(frequency: int, bitrate: int, keyed: bool) -> None:
    """What the forbidden-cell thresholds rest on: one voice coded at a call's bit rate."""
    heard = coded(tone(frequency, 4.0, keyed=keyed), bitrate)[RATE // 2 :]
    assert level(heard, frequency) > AUDIBLE_DBFS + 5
    for other in FREQUENCIES:
        if other != frequency:
            assert level(heard, other) < FORBIDDEN_DBFS - 5
            assert levels_over_time(heard, other, hop=0.25, window=0.5).max() < FORBIDDEN_DBFS


@pytest.mark.parametrize("bitrate", [24_000, 32_000])
@pytest.mark.parametrize("pair", list(itertools.combinations(TONES, 2)))
def test_two_tones_coded_together_stay_two(pair: tuple[str, str], bitrate: int) -> None:
    """The customer's mix of an agent and a coach, who both speak all the time."""
    mixed = np.sum([tone(TONES[name], 3.0) for name in pair], axis=0).astype(np.float32)
    heard = coded(mixed, bitrate)[RATE // 2 :]
    for name, frequency in TONES.items():
        found = level(heard, frequency)
        assert found > AUDIBLE_DBFS + 5 if name in pair else found < FORBIDDEN_DBFS


# --- latency -------------------------------------------------------------------------------------------------


def chirp(seconds: float = 0.2) -> Samples:
    """A sweep from 300 to 3400 Hz with soft ends: what ``latency`` finds best."""
    time = np.arange(round(seconds * RATE)) / RATE
    phase = 2 * np.pi * (300 * time + (3400 - 300) / (2 * seconds) * time**2)
    sweep = np.sin(phase) * np.hanning(len(time)) ** 0.25
    return np.asarray(np.sqrt(2) * 10 ** (TONE_DBFS / 20) * sweep, np.float32)


@pytest.mark.parametrize("seconds", [0.0, 0.003, 0.0451, 0.73])
def test_latency_of_a_chirp(seconds: float) -> None:
    sent = np.concatenate([np.zeros(RATE // 2, np.float32), chirp(), np.zeros(RATE, np.float32)])
    received = shifted(sent, seconds) * 0.3 + noise(1.7, -60)
    assert latency(sent, received) == pytest.approx(seconds, abs=0.0005)


def test_latency_of_a_chirp_through_opus_is_its_look_ahead() -> None:
    sent = np.concatenate([np.zeros(RATE // 2, np.float32), chirp(), np.zeros(RATE, np.float32)])
    found = latency(sent[: len(coded(sent))], coded(sent))
    assert found == pytest.approx(0.0065, abs=0.001)


@pytest.mark.parametrize("frequency", FREQUENCIES)
def test_latency_of_a_keyed_tone_among_others(frequency: int) -> None:
    said = tone(frequency, 4.0, keyed=True)
    others = [tone(f, 4.0, keyed=True) for f in FREQUENCIES if f != frequency][:2]
    heard = shifted(coded(np.sum([said, *others], axis=0).astype(np.float32)), 0.118)
    found = latency(envelope(said, frequency), envelope(heard, frequency), 1.0)
    assert found == pytest.approx(0.118 + 0.0065, abs=0.003)


def test_latency_of_unrelated_sounds_is_unknown() -> None:
    assert latency(noise(1, -20, seed=1), noise(1, -20, seed=2)) is None
    assert latency(noise(1, -20), np.zeros(RATE, np.float32)) is None


def test_envelope_is_the_level_of_the_tone() -> None:
    middle = envelope(tone(2172, 1.0, -20.0), 2172)[RATE // 4 : -RATE // 4]
    assert middle == pytest.approx(np.full(len(middle), 0.1), rel=0.01)


# --- files -----------------------------------------------------------------------------------------------------


def test_a_wav_file_comes_back(tmp_path: Path) -> None:
    sound = tone(440, 0.5)
    write_wav(tmp_path / "a.wav", sound)
    assert np.allclose(read_wav(tmp_path / "a.wav"), sound, atol=1e-4)


def test_another_kind_of_file_is_refused(tmp_path: Path) -> None:
    import soundfile

    soundfile.write(tmp_path / "a.wav", np.zeros(100), 44100)
    with pytest.raises(ValueError, match="16 bit at 48000 Hz"):
        read_wav(tmp_path / "a.wav")


# --- the matrix ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dbfs", "expected", "silent", "ok"),
    [
        (TONE_DBFS, True, None, True),
        (AUDIBLE_DBFS - 1, True, None, False),
        (-140, True, None, False),
        (TONE_DBFS, False, None, False),
        (FORBIDDEN_DBFS + 0.1, False, -69, False),
        (-75, False, -77, True),
        (-75, False, -79, False),
        (-75, False, None, True),
        (NOTHING_DBFS - 1, False, -140, True),
        (NOTHING_DBFS + 1, False, -140, False),
    ],
)
def test_when_a_cell_is_right(dbfs: float, expected: bool, silent: float | None, ok: bool) -> None:
    assert Cell("supervisor", "customer", dbfs, expected, silent).ok is ok


def test_a_matrix_without_cells_proves_nothing() -> None:
    assert not Matrix("listen").ok


def test_one_wrong_cell_makes_a_matrix_wrong_and_is_named() -> None:
    matrix = Matrix("whisper")
    matrix.add(Cell("supervisor", "agent", -32.0, True))
    assert matrix.ok
    leak = Cell("supervisor", "customer", -55.0, False)
    matrix.add(leak)
    assert not matrix.ok
    assert matrix.wrong() == [leak]
    assert matrix.rows()[1] == {
        "source": "supervisor",
        "sink": "customer",
        "dbfs": -55.0,
        "silent_dbfs": None,
        "expected": False,
        "ok": False,
    }


def test_a_matrix_reads_as_a_table() -> None:
    matrix = Matrix("whisper")
    matrix.add(Cell("agent", "customer", -32.4, True))
    matrix.add(Cell("supervisor", "agent", -32.0, True))
    matrix.add(Cell("supervisor", "customer", -98.2, False))
    assert matrix.table().splitlines() == [
        "whisper     at customer  at agent",
        "agent       -32 heard",
        "supervisor  -98 silent   -32 heard",
    ]
