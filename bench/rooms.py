"""Rooms and voices for the echo benchmark: synthetic impulse responses, speech by espeak-ng, devices whose clocks drift."""

from __future__ import annotations

import io
import itertools
import subprocess
from typing import NamedTuple

import numpy as np
import soundfile
from numpy.typing import NDArray

from bench.clocks import Mic, Speaker
from coachdesk.media.pcm import BLOCK_SAMPLES, SILENCE

RATE = 48_000
SOUND_SPEED = 343.0
ROOM, LOUDSPEAKER, MIC = (4.2, 3.1, 2.6), (1.6, 1.2, 1.1), (1.9, 1.7, 1.2)
"""Metres: an office, a loudspeaker and a microphone 0.6 m apart on a desk."""
VOICES = (("en+m3", 45), ("en+f2", 60), ("en-us+m7", 40), ("en-gb+f4", 50), ("en+m1", 35), ("en+f5", 65))
"""espeak-ng's voices, each with a pitch of its own."""
TEXTS = (
    "Good morning, thank you for calling. I can see your router has been offline since yesterday evening. Could you tell "
    "me which lights are on at the front? Let us check the cable first, and then we restart it together. If that does not "
    "help, I will send a technician on Thursday. Please hold the line while I open your contract.",
    "Offer him the discount now, but do not promise the date. Ask for the serial number, it is on the back. Slow down a "
    "little, she did not follow the last step. You are doing well, keep going. Mention the refund policy before you close "
    "the call, and thank her for her patience.",
    "Hello, yes, it stopped working last night and I have tried everything. The green light is blinking, the other one is "
    "red. I do not know where the cable goes. Can you not simply send somebody? I pay for this every month, and this is "
    "the third time. Please hurry, my children need it for school.",
)

Sound = NDArray[np.float64]


class Ppm(NamedTuple):
    """By how much the clocks of loudspeaker and microphone are fast."""

    speaker: float
    mic: float


def speech(text: str, voice: str, pitch: int, dbfs: float = -22.0) -> Sound:
    """Spoken text at 48 kHz, its RMS level over all. Raises FileNotFoundError without espeak-ng."""
    command = ["espeak-ng", "-v", voice, "-p", str(pitch), "-s", "155", "--stdout", text]
    done = subprocess.run(command, check=True, capture_output=True)
    sound, rate = soundfile.read(io.BytesIO(done.stdout))
    count = int(len(sound) * RATE / rate)
    same = resampled(sound, np.arange(count) * rate / RATE)
    return at_level(same, dbfs)


def voices() -> list[Sound]:
    """Every text in every voice."""
    return [speech(text, voice, pitch) for text, (voice, pitch) in itertools.product(TEXTS, VOICES)]


def at_level(sound: Sound, dbfs: float) -> Sound:
    return np.asarray(sound * 10 ** (dbfs / 20) / np.sqrt(np.mean(sound**2)))


def impulse_response(rt60: float) -> Sound:
    """From loudspeaker to microphone, energy 1, by the image method (Allen and Berkley, 1979)."""
    room, source, mic = (np.array(each) for each in (ROOM, LOUDSPEAKER, MIC))
    surface = 2 * (room[0] * room[1] + room[0] * room[2] + room[1] * room[2])
    reflection = np.sqrt(np.exp(-0.161 * room.prod() / (surface * rt60)))
    reach = np.ceil(rt60 * SOUND_SPEED / (2 * room)).astype(int)
    grid = np.meshgrid(*(np.arange(-each, each + 1) for each in reach), indexing="ij")
    order = np.stack([each.ravel() for each in grid], axis=1)
    response = np.zeros(int(rt60 * RATE) + 2)
    for mirrored in np.array(list(itertools.product((0, 1), repeat=3))):
        image = (1 - 2 * mirrored) * source + 2 * order * room
        distance = np.linalg.norm(image - mic, axis=1)
        bounces = np.abs(order - mirrored).sum(axis=1) + np.abs(order).sum(axis=1)
        at = distance / SOUND_SPEED * RATE
        there = at < len(response) - 2
        first = at[there].astype(int)
        amplitude = reflection ** bounces[there] / distance[there]
        np.add.at(response, first, amplitude * (1 - at[there] + first))
        np.add.at(response, first + 1, amplitude * (at[there] - first))
    return np.asarray(response / np.sqrt(np.sum(response**2)))


def echoed(sound: Sound, rt60: float, db: float, delay: float) -> Sound:
    """``sound`` as the mic gets it back: ``db`` in all, ``delay`` seconds late."""
    response = impulse_response(rt60) * 10 ** (db / 20)
    size = len(sound) + len(response)
    heard = np.fft.irfft(np.fft.rfft(sound, size) * np.fft.rfft(response, size), size)
    return np.concatenate([np.zeros(round(delay * RATE)), heard])[: len(sound)]


def through_devices(sound: Sound, rt60: float, db: float, delay: float, ppm: Ppm) -> Sound:
    """``sound`` as it comes back from the mic when both devices have clocks of their own, as voice processing gets it."""
    speaker = Speaker(ppm.speaker, BLOCK_SAMPLES)
    speaker.run(len(sound) / RATE, sound.astype(np.float32))
    played = echoed(np.concatenate(speaker.played).astype(float), rt60, db, 0.0)
    seconds = np.arange(len(sound)) / RATE / (1 + ppm.mic * 1e-6)
    begins = BLOCK_SAMPLES  # a driver takes its first block when one has passed
    heard = resampled(played, np.maximum(0.0, (seconds - delay) * RATE * (1 + ppm.speaker * 1e-6) - begins))
    return through_mic(heard, ppm)


def through_mic(heard: Sound, ppm: Ppm) -> Sound:
    """What a mic hears, by its own clock, as voice processing gets it by ours."""
    mic = Mic(ppm.mic, BLOCK_SAMPLES, heard.astype(np.float32))
    mic.run(len(heard) / RATE)
    return np.concatenate([SILENCE if block is None else block for block in mic.blocks]).astype(float)


def resampled(sound: Sound, at: Sound, finer: int = 8) -> Sound:
    """``sound`` at the fractional samples ``at``: band-limited to eight times the rate, then linear."""
    spectrum = np.zeros(len(sound) * finer // 2 + 1, complex)
    spectrum[: len(sound) // 2 + 1] = np.fft.rfft(sound)
    fine = np.fft.irfft(spectrum, len(sound) * finer) * finer
    return np.interp(at * finer, np.arange(len(fine)), fine)
