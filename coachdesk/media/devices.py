"""Microphones and speakers by name: a sound device, a file in its place, or none."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from coachdesk.events import DeviceView
from coachdesk.media.filesound import DeviceError, FileMic, FileSpeaker, SilentMic, SilentSpeaker
from coachdesk.media.pcm import Block, Stereo
from coachdesk.media.soundcards import soundcard

__all__ = [
    "DeviceError",
    "Mic",
    "Speaker",
    "is_sound_card",
    "list_mics",
    "list_speakers",
    "open_mic",
    "open_speaker",
]

MIC_FILES = frozenset({".wav", ".flac", ".ogg", ".mp3"})
SPEAKER_FILES = frozenset({".wav"})
STEREO = "stereo:"
"""Before the name of a WAV to write: two channels instead of one."""


class Device(Protocol):
    """What microphones and speakers have in common."""

    @property
    def label(self) -> str:
        """What people know the device by that is in use; it changes when another takes its place."""

    @property
    def fault(self) -> str | None:
        """What is broken: for good of a file, until the chosen one is back of a sound card."""

    def stats(self) -> dict[str, float]:
        """Counters and delays; empty where there is nothing to tell."""

    def close(self) -> None: ...


class Mic(Device, Protocol):
    """A source of 10 ms blocks."""

    def read(self) -> Block | None:
        """The next block, None when there is none yet. Never blocks, never raises."""


class Speaker(Device, Protocol):
    """A sink of 10 ms blocks."""

    @property
    def channels(self) -> int:
        """2 where left and right can be told apart, else 1; what is written may have either form."""

    def write(self, block: Block | Stereo) -> None:
        """Plays or queues a block; what is queued is bounded. Never blocks, never raises."""


def open_mic(device: str, *, patient: bool = False) -> Mic:
    """``none``, a sound file to play in a loop, ``default``, or one of ``list_mics``.

    ``patient``: one of these that cannot be used is waited for, with the default one in its place. Raises DeviceError.
    """
    if device == "none":
        return SilentMic()
    if Path(device).suffix.lower() in MIC_FILES:
        return FileMic(Path(device))
    return soundcard.CardMic(device, patient=patient)


def open_speaker(device: str, *, patient: bool = False) -> Speaker:
    """``none``, a WAV file to write (mono, or ``stereo:FILE``), ``default``, or one of ``list_speakers``.

    ``patient``: as in ``open_mic``. Raises DeviceError.
    """
    if device == "none":
        return SilentSpeaker()
    if Path(device).suffix.lower() in SPEAKER_FILES:
        path = device.removeprefix(STEREO)
        return FileSpeaker(Path(path), channels=1 if path == device else 2)
    return soundcard.CardSpeaker(device, patient=patient)


def is_sound_card(mic: str) -> bool:
    """Whether ``open_mic`` opens a real microphone by this name."""
    return mic != "none" and Path(mic).suffix.lower() not in MIC_FILES


def list_mics() -> list[DeviceView]:
    """Every microphone of this machine; empty without PortAudio."""
    return soundcard.devices("input")


def list_speakers() -> list[DeviceView]:
    """Every speaker of this machine; empty without PortAudio."""
    return soundcard.devices("output")
