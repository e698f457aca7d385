"""Sound between two clocks, in simulated time: nothing lost, nothing added, the delay held."""

from __future__ import annotations

import numpy as np
import pytest

from bench.clocks import Mic, Speaker, moments, ticks
from coachdesk.media.pcm import BLOCK_SAMPLES, RATE, SILENCE, Samples
from coachdesk.media.soundcards import resample
from coachdesk.media.soundcards.crossing import SURPLUS, Playback
from coachdesk.media.soundcards.drift import Drift

HOUR, MINUTES = 3600, 150
NOTHING = np.zeros(RATE, np.float32)


@pytest.fixture
def no_arithmetic(monkeypatch: pytest.MonkeyPatch) -> None:
    """For long runs, in which only the counting matters."""
    monkeypatch.setattr(resample, "_between", lambda row, whole, fraction: np.zeros(len(whole), np.float32))


@pytest.mark.parametrize("ppm", [300, -300])
def test_for_an_hour_the_drift_of_a_clock_is_followed(ppm: int) -> None:
    """The control loop alone, with the frames only counted: never too few for the next block, never too many."""
    drift, put, read, ratio, last = Drift(2 * BLOCK_SAMPLES), 3 * BLOCK_SAMPLES, 0.0, 1.0, 0.0
    driver = moments(0.01 / (1 + ppm * 1e-6), seed=1)
    due = next(driver)
    for now in ticks(HOUR):
        while due <= now:
            put += BLOCK_SAMPLES
            due, last = next(driver), due
        ratio = drift.step(put - read + (now - last) * RATE, 0)
        read += BLOCK_SAMPLES * ratio
        assert 0 <= put - read < 3 * BLOCK_SAMPLES
    assert drift.ppm == pytest.approx(ppm, abs=60)


def looks(ppm: float, seconds: float, *, blocks_at_once: int = 1) -> list[float]:
    """The speed, in ppm, at which sound is read whose driver puts it unevenly."""
    drift, read, last = Drift(2 * BLOCK_SAMPLES), 0.0, 0.0
    put = drift.target
    frames = blocks_at_once * BLOCK_SAMPLES
    driver = moments(frames / RATE / (1 + ppm * 1e-6), seed=1)
    due, speeds = next(driver), []
    for now in ticks(seconds):
        while due <= now:
            put += frames
            due, last = next(driver), due
        elapsed = min((now - last) * RATE, BLOCK_SAMPLES)
        ratio = drift.step(put - read + elapsed, 0)
        read += BLOCK_SAMPLES * ratio
        speeds.append((ratio - 1) * 1e6)
    return speeds


@pytest.mark.parametrize("ppm", [0, 300, -300])
def test_the_speed_is_steady_soon_so_that_an_echo_can_be_followed(ppm: int) -> None:
    speeds = looks(ppm, 60)
    assert np.ptp(speeds[2000:2500]) < 40
    assert np.array(speeds[4000:]) == pytest.approx(ppm, abs=40)


def test_a_driver_that_moves_several_blocks_at_once_does_not_shake_the_speed() -> None:
    speeds = np.array(looks(100, 60, blocks_at_once=3)[3000:])
    assert np.abs(np.diff(speeds)).max() < 20
    assert speeds.mean() == pytest.approx(100, abs=60)


@pytest.mark.usefixtures("no_arithmetic")
@pytest.mark.parametrize("block_frames", [480, 960, 441])
def test_a_speaker_begins_at_its_level_whenever_its_driver_does(block_frames: int) -> None:
    for begins in range(0, BLOCK_SAMPLES, 96):
        playback = Playback(1, block_frames)
        out = bytearray(block_frames * 4)
        for _ in range(10):
            playback.write(SILENCE, 0)
            playback.deliver(out)
            if playback.ring.serving:
                break
        playback.write(SILENCE, begins)
        level = playback.ring.waiting - begins
        assert level == pytest.approx(playback.ring.keep + BLOCK_SAMPLES - block_frames, abs=2)


@pytest.mark.parametrize("ppm", [300, -300])
@pytest.mark.usefixtures("no_arithmetic")
def test_minutes_of_a_mic_whose_clock_is_off_lose_and_add_nothing(ppm: int) -> None:
    mic = Mic(ppm, BLOCK_SAMPLES, NOTHING)
    mic.run(MINUTES)
    assert all(each is not None for each in mic.blocks[10:])
    assert (mic.capture.ring.dropped, mic.capture.ring.underruns) == (0, 0)
    assert mic.capture.drift_ppm == pytest.approx(ppm, abs=60)
    assert max(mic.delays[1000:]) < 0.032


@pytest.mark.parametrize("ppm", [300, -300])
@pytest.mark.usefixtures("no_arithmetic")
def test_minutes_of_a_speaker_whose_clock_is_off_lose_and_add_nothing(ppm: int) -> None:
    speaker = Speaker(ppm, BLOCK_SAMPLES)
    speaker.run(MINUTES, NOTHING)
    assert (speaker.playback.ring.dropped, speaker.playback.ring.underruns) == (0, 0)
    assert speaker.playback.drift_ppm == pytest.approx(ppm, abs=60)
    assert max(speaker.delays[1000:]) < 0.022


@pytest.mark.parametrize(("ppm", "block_frames"), [(300, 480), (-300, 480), (300, 960), (0, 441)])
def test_a_tone_from_a_mic_has_no_seam(ppm: int, block_frames: int) -> None:
    mic = Mic(ppm, block_frames, sine())
    mic.run(12)
    blocks = [each for each in mic.blocks if each is not None]
    assert len(blocks) > 1190
    assert_smooth(np.concatenate(blocks)[BLOCK_SAMPLES:])


@pytest.mark.parametrize(("ppm", "block_frames"), [(300, 480), (-300, 480), (300, 960), (0, 441)])
def test_a_tone_to_a_speaker_has_no_seam(ppm: int, block_frames: int) -> None:
    speaker = Speaker(ppm, block_frames)
    speaker.run(12, sine())
    played = np.concatenate(speaker.played)
    begun = np.flatnonzero(played)[0] + 4 * BLOCK_SAMPLES  # by then the level is set
    assert_smooth(played[begun:])


def sine() -> Samples:
    """A second of 1 kHz, which may be played round and round."""
    return (0.5 * np.sin(2 * np.pi * 1000 * np.arange(RATE) / RATE)).astype(np.float32)


def assert_smooth(sound: Samples) -> None:
    """Of a sine of 1 kHz: every sample follows from the two before it, 60 dB above what doesn't fit."""
    expected = 2 * np.cos(2 * np.pi * 1000 / RATE) * sound[1:-1] - sound[:-2]
    assert np.abs(sound[2:] - expected).max() < 0.5e-3


def test_a_speaker_that_ran_dry_starts_with_more_in_hand_and_comes_back_down() -> None:
    playback = Playback(1, BLOCK_SAMPLES)
    out = bytearray(BLOCK_SAMPLES * 4)
    playback.write(SILENCE, 0)
    playback.write(SILENCE, 0)
    before = playback.ring.keep
    for _ in range(5):
        playback.deliver(out)
    assert playback.ring.underruns == 1
    for _ in range(10):
        playback.write(SILENCE, 0)
        playback.deliver(out)
    assert playback.ring.serving
    assert playback.ring.keep > before + RATE * 4 // 1000
    for _ in range(7000):
        playback.write(SILENCE, 0)
        playback.deliver(out)
    assert playback.ring.keep == before
    assert playback.ring.underruns == 1


def test_after_a_burst_a_speaker_plays_the_newest() -> None:
    playback = Playback(1, BLOCK_SAMPLES)
    out = bytearray(BLOCK_SAMPLES * 4)
    for _ in range(3):
        playback.write(SILENCE, 0)
    playback.deliver(out)
    for _ in range(20):
        playback.write(SILENCE, 0)
    playback.deliver(out)
    assert playback.ring.waiting <= playback.ring.keep
    assert playback.ring.dropped > 10 * BLOCK_SAMPLES


def test_after_a_stall_of_ours_a_mic_gives_the_newest() -> None:
    mic = Mic(0, BLOCK_SAMPLES, NOTHING)
    mic.run(1)
    for _ in range(20):
        mic.driver_puts()
    assert mic.capture.read(0) is not None
    assert mic.capture.ring.waiting < SURPLUS
    assert mic.capture.ring.dropped > 10 * BLOCK_SAMPLES


def test_a_mic_that_pauses_goes_on_with_its_delay() -> None:
    mic = Mic(0, BLOCK_SAMPLES, NOTHING)
    mic.run(1)
    while mic.capture.read(0) is not None:
        pass
    assert mic.capture.ring.underruns == 1
    mic.run(1)
    assert all(each is not None for each in mic.blocks[-50:])
