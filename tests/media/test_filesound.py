"""Files in the place of devices."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from coachdesk.hearing import level, read_wav
from coachdesk.media.devices import DeviceError, open_mic, open_speaker
from coachdesk.media.filesound import FileMic, FileSpeaker, Pace, SilentMic, load
from coachdesk.media.mixer import dbfs
from coachdesk.media.pcm import BLOCK_SAMPLES, RATE, SILENCE
from tests.media.paths import tone


class Clock:
    def __init__(self) -> None:
        self.now = 500.0

    def __call__(self) -> float:
        return self.now


def test_one_block_per_10_ms_of_the_clock() -> None:
    clock = Clock()
    pace = Pace(clock)
    assert [pace.take(), pace.take()] == [True, False]
    clock.now += 0.03
    assert [pace.take() for _ in range(4)] == [True, True, True, False]


def test_a_reader_with_a_beat_of_its_own_gets_one_block_each_time() -> None:
    clock, generator = Clock(), np.random.default_rng(1)
    pace = Pace(clock)
    for beat in range(500):
        clock.now = 500.0 + beat * 0.01 + generator.uniform(0, 0.004)
        assert pace.take()


def test_no_microphone_is_silence_at_the_right_pace() -> None:
    clock = Clock()
    mic = SilentMic(clock)
    assert mic.read() is SILENCE
    assert mic.read() is None
    clock.now += 0.01
    assert mic.read() is SILENCE


@pytest.mark.parametrize("ending", ["wav", "flac", "ogg"])
@pytest.mark.parametrize(("rate", "channels"), [(48000, 1), (44100, 2), (16000, 1), (8000, 2)])
def test_any_file_becomes_mono_at_48_khz(tmp_path: Path, ending: str, rate: int, channels: int) -> None:
    path = tmp_path / f"sound.{ending}"
    time = np.arange(rate) / rate
    soundfile.write(path, np.stack([0.2 * np.sin(2 * np.pi * 440 * time)] * channels, 1), rate)
    sound = load(path)
    assert len(sound) == pytest.approx(RATE, abs=RATE // 100)
    assert level(sound, 440) == pytest.approx(dbfs(tone(1.0)), abs=0.3)


def test_a_file_is_played_in_a_loop_without_a_seam(tmp_path: Path) -> None:
    path, clock = tmp_path / "sound.wav", Clock()
    ramp = np.arange(700, dtype=np.float32) / 1000
    soundfile.write(path, ramp, RATE, subtype="FLOAT")
    mic = FileMic(path, clock)
    blocks = []
    for _ in range(7):
        block = mic.read()
        assert block is not None
        assert block.shape == (BLOCK_SAMPLES,)
        blocks.append(block)
        clock.now += 0.01
    assert np.array_equal(np.concatenate(blocks), np.resize(ramp, 7 * BLOCK_SAMPLES))


def test_a_file_shorter_than_a_block_will_do(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "click.wav", np.full(100, 0.5), RATE, subtype="FLOAT")
    block = FileMic(tmp_path / "click.wav").read()
    assert block is not None
    assert np.all(block == 0.5)


def test_files_that_are_none_are_refused_with_advice(tmp_path: Path) -> None:
    with pytest.raises(DeviceError, match=r"gone\.wav is not there"):
        open_mic(str(tmp_path / "gone.wav"))
    (tmp_path / "text.wav").write_text("this is no sound")
    with pytest.raises(DeviceError, match="is not a sound file"):
        open_mic(str(tmp_path / "text.wav"))
    soundfile.write(tmp_path / "empty.wav", np.zeros(0), RATE)
    with pytest.raises(DeviceError, match="holds no sound"):
        open_mic(str(tmp_path / "empty.wav"))
    with pytest.raises(DeviceError, match="Choose another file"):
        open_speaker(str(tmp_path / "no such folder" / "out.wav"))


def test_a_recording_holds_every_sample(tmp_path: Path) -> None:
    sound = tone(0.5)
    speaker = open_speaker(str(tmp_path / "out.wav"))
    for at in range(0, len(sound), BLOCK_SAMPLES):
        speaker.write(sound[at : at + BLOCK_SAMPLES])
    speaker.close()
    assert np.allclose(read_wav(tmp_path / "out.wav"), sound, atol=1e-4)


def test_a_stereo_recording_keeps_the_ears_apart(tmp_path: Path) -> None:
    speaker = open_speaker(f"stereo:{tmp_path / 'out.wav'}")
    ears = np.stack([np.full(BLOCK_SAMPLES, 0.25), np.full(BLOCK_SAMPLES, -0.5)], axis=1).astype(np.float32)
    for block in (ears, np.full(BLOCK_SAMPLES, 0.125, np.float32)):
        speaker.write(block)
    speaker.close()
    sound, rate = soundfile.read(tmp_path / "out.wav")
    assert (rate, speaker.channels, sound.shape) == (RATE, 2, (2 * BLOCK_SAMPLES, 2))
    assert np.allclose(sound[:BLOCK_SAMPLES], ears, atol=1e-4)
    assert np.allclose(sound[BLOCK_SAMPLES:], 0.125, atol=1e-4)


def test_what_is_meant_for_two_ears_is_mixed_down_for_one(tmp_path: Path) -> None:
    speaker = open_speaker(str(tmp_path / "out.wav"))
    speaker.write(np.stack([np.full(BLOCK_SAMPLES, 0.5), np.zeros(BLOCK_SAMPLES)], 1).astype(np.float32))
    speaker.close()
    assert speaker.channels == 1
    assert np.allclose(read_wav(tmp_path / "out.wav"), np.full(BLOCK_SAMPLES, 0.25), atol=1e-4)


def test_a_recording_is_valid_while_it_is_made(tmp_path: Path) -> None:
    speaker = FileSpeaker(tmp_path / "out.wav")
    for _ in range(250):
        speaker.write(SILENCE)
    assert len(read_wav(tmp_path / "out.wav")) == 200 * BLOCK_SAMPLES
    speaker.close()
    assert len(read_wav(tmp_path / "out.wav")) == 250 * BLOCK_SAMPLES


def test_too_loud_does_not_wrap_around(tmp_path: Path) -> None:
    speaker = FileSpeaker(tmp_path / "out.wav")
    speaker.write(np.full(BLOCK_SAMPLES, 3.0, np.float32))
    speaker.close()
    assert read_wav(tmp_path / "out.wav").min() > 0.99


def test_a_full_disk_is_a_fault_and_no_exception() -> None:
    speaker = FileSpeaker(Path("/dev/full"))
    for _ in range(300):
        speaker.write(SILENCE)
    speaker.close()
    assert speaker.fault is not None
    assert "Free some space" in speaker.fault


def test_writing_after_the_end_is_ignored(tmp_path: Path) -> None:
    speaker = FileSpeaker(tmp_path / "out.wav")
    speaker.close()
    speaker.write(SILENCE)
    speaker.close()
    assert speaker.fault is None
