"""Voice processing: echo goes, the near end stays, noise goes, and a machine without it makes calls all the same."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from bench.rooms import Ppm, through_devices
from coachdesk.hearing import write_wav
from coachdesk.media import localsound
from coachdesk.media.localsound import LocalSound
from coachdesk.media.pcm import RATE, Samples
from coachdesk.media.voice import ALL, NOTHING, Processing, Voice, VoiceError
from tests.media.spoken import blocks, echo, noise, sentence


def power(sound: Samples) -> float:
    return float(10 * np.log10(np.mean(sound**2) + 1e-12))


def cleaned(processing: Processing, mic: Samples, played: Samples | None = None) -> Samples:
    voice = Voice(processing)
    clean = []
    for index, block in enumerate(blocks(mic)):
        if played is not None:
            voice.played(blocks(played)[index])
        clean.append(voice.clean(block))
    return np.concatenate(clean)


def customer() -> Samples:
    return np.concatenate([sentence(number % 4) for number in range(4)])


@pytest.mark.parametrize("delay", [0.02, 0.2])
def test_echo_is_cancelled(delay: float) -> None:
    played = customer()
    mic = echo(played, -10, delay=delay) + noise(len(played), -75)
    clean = cleaned(Processing(echo=True), mic, played)
    settled = slice(11 * RATE, None)
    assert power(mic[settled]) - power(clean[settled]) > 30


def test_echo_between_devices_whose_clocks_differ_is_cancelled() -> None:
    """As it is in a call: what holds both to our clock comes before the canceller, which could not follow 300 ppm."""
    played = customer()
    mic = through_devices(played.astype(float), 0.2, -10, 0.05, Ppm(speaker=300, mic=0)).astype(np.float32)
    played = played[: len(mic)]
    clean = cleaned(Processing(echo=True), mic + noise(len(mic), -75), played)
    settled = slice(11 * RATE, None)
    assert power(mic[settled]) - power(clean[settled]) > 35


def test_echo_of_either_ear_is_cancelled() -> None:
    """A loudspeaker on each side, with the customer on the left alone."""
    played = customer()
    voice, clean = Voice(Processing(echo=True)), []
    mic = echo(played, -10) + noise(len(played), -75)
    for left, block in zip(blocks(played), blocks(mic), strict=True):
        voice.played(np.stack([left, np.zeros_like(left)], axis=1))
        clean.append(voice.clean(block))
    assert power(mic[11 * RATE :]) - power(np.concatenate(clean)[11 * RATE :]) > 30


def test_one_who_talks_over_the_echo_is_kept() -> None:
    played = customer()
    near = np.roll(customer(), 3 * RATE)
    mic = echo(played, -15) + near + noise(len(near), -75)
    clean = cleaned(Processing(echo=True), mic, played)
    settled = slice(11 * RATE, None)
    assert power(near[settled]) - power(clean[settled]) < 3


def test_noise_is_suppressed_and_speech_is_not() -> None:
    mic = np.concatenate([sentence(0), np.zeros(3 * RATE, np.float32)])
    clean = cleaned(Processing(noise=True), mic + noise(len(mic), -45))
    assert power(clean[-2 * RATE :]) < -52
    assert power(clean[: 5 * RATE]) == pytest.approx(-22, abs=3)


def test_soft_speech_is_raised() -> None:
    soft = np.concatenate([sentence(number, -42) for number in range(4)])
    assert power(cleaned(Processing(gain=True), soft)[-5 * RATE :]) > -35


def test_without_the_package_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "livekit", None)
    with pytest.raises(VoiceError, match="pip install"):
        Voice(ALL)


class BrokenVoice:
    """Works once."""

    def __init__(self, processing: Processing) -> None:
        self.left = 1

    def clean(self, mic: Samples) -> Samples:
        self.left -= 1
        if self.left < 0:
            raise VoiceError("broken")
        return mic

    def played(self, block: Samples) -> None: ...


def file_mic(folder: Path) -> str:
    write_wav(folder / "mic.wav", sentence(0))
    return str(folder / "mic.wav")


def test_a_file_is_passed_on_as_it_is_unless_asked_for(tmp_path: Path) -> None:
    sound = LocalSound(file_mic(tmp_path), "none")
    assert not sound.processing
    sound.process(ALL)
    assert sound.processing == ALL
    sound.process(NOTHING)
    assert not sound.processing
    sound.close()


def test_processing_that_breaks_is_told_once_and_the_mic_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(localsound, "Voice", BrokenVoice)
    sound, told = LocalSound(file_mic(tmp_path), "none", ALL), list[str]()
    sound.on_fault = told.append
    for _ in range(5):
        sound.read()
    assert told == ["broken"]
    sound.close()


def test_an_endpoint_without_the_package_starts_and_tells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "livekit", None)
    sound, told = LocalSound(file_mic(tmp_path), "none", ALL), list[str]()
    sound.on_fault = told.append
    sound.read()
    assert len(told) == 1
    with pytest.raises(VoiceError):
        sound.process(ALL)
    sound.close()
