"""Sound files in the place of devices: one played in a loop as a microphone, a WAV written as a speaker."""

from __future__ import annotations

import contextlib
import struct
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import numpy as np

from coachdesk.media.pcm import (
    BLOCK_SAMPLES,
    BLOCK_SECONDS,
    RATE,
    SILENCE,
    Block,
    Samples,
    Stereo,
    on_channels,
)

MAX_FILE_SECONDS = 3600
HEADER_BYTES = 44
REFRESH_BLOCKS = 100
"""A WAV's header is put right once a second, so that a killed process leaves a valid file."""
_MAX_DATA_BYTES = 2**32 - 1 - HEADER_BYTES


class DeviceError(Exception):
    """A device or file that cannot be used; the message says what to do."""


class Pace:
    """Lets one block through per 10 ms of the clock.

    The first is let through at once, each next one up to half a block early: a reader with a 10 ms beat of its own
    gets exactly one each time.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._origin: float | None = None
        self._passed = 0

    def take(self) -> bool:
        """Whether one more block is due, which then counts as taken."""
        now = self._clock()
        if self._origin is None:
            self._origin = now
        due = (now - self._origin) / BLOCK_SECONDS + 0.5 >= self._passed
        self._passed += due
        return due


class _Uncounted:
    """What has no driver that could be late."""

    def stats(self) -> dict[str, float]:
        return {}


class SilentMic(_Uncounted):
    """``none``: a microphone that delivers silence."""

    label = "no microphone"
    fault: str | None = None

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._pace = Pace(clock)

    def read(self) -> Block | None:
        return SILENCE if self._pace.take() else None

    def close(self) -> None:
        """Nothing to let go of."""


class SilentSpeaker(_Uncounted):
    """``none``: a speaker that nobody hears."""

    label = "no speaker"
    channels = 2
    fault: str | None = None

    def write(self, block: Block | Stereo) -> None:
        """Drops the block."""

    def close(self) -> None:
        """Nothing to let go of."""


class FileMic(_Uncounted):
    """A sound file played in a loop, from its first block when first read."""

    fault: str | None = None

    def __init__(self, path: Path, clock: Callable[[], float] = time.monotonic) -> None:
        """Raises DeviceError if the file is missing, empty, longer than an hour or not a sound."""
        self.label = path.name
        samples = load(path)
        self._samples = np.resize(samples, max(len(samples), BLOCK_SAMPLES))
        self._at = 0
        self._pace = Pace(clock)

    def read(self) -> Block | None:
        """The next 10 ms, or None when they are not due yet."""
        if not self._pace.take():
            return None
        block = self._samples[self._at : self._at + BLOCK_SAMPLES]
        rest = BLOCK_SAMPLES - len(block)
        if rest:
            block = np.concatenate([block, self._samples[:rest]])
        self._at = (self._at + BLOCK_SAMPLES) % len(self._samples)
        return block

    def close(self) -> None:
        """Nothing to let go of."""


class FileSpeaker(_Uncounted):
    """A 16-bit 48 kHz WAV file that grows by every block written; ``channels`` is 1 or 2."""

    def __init__(self, path: Path, channels: int = 1) -> None:
        """Raises DeviceError if the file cannot be written."""
        self.label = path.name
        self.channels = channels
        self.fault: str | None = None
        try:
            self._file: BinaryIO = path.open("wb")
            self._file.write(_header(0, channels))
        except OSError as error:
            raise DeviceError(
                f"cannot write sound to {path}: {error.strerror}. Choose another file."
            ) from error
        self._bytes = 0
        self._blocks = 0

    def write(self, block: Block | Stereo) -> None:
        """Appends 10 ms. A disk that is full sets ``fault``; what was written stays valid."""
        if self.fault is not None or self._file.closed:
            return
        frames = np.clip(on_channels(block, self.channels), -1.0, 1.0)
        data = (frames * 32767).round().astype("<i2").tobytes()
        if self._bytes + len(data) > _MAX_DATA_BYTES:
            self.fault = f"{self.label} has reached the 4 GB that a WAV file can hold"
            return
        try:
            self._file.write(data)
            self._bytes += len(data)
            self._blocks += 1
            if self._blocks % REFRESH_BLOCKS == 0:
                self._refresh()
        except OSError as error:
            self.fault = f"cannot write to {self.label} any more: {error.strerror}. Free some space."

    def close(self) -> None:
        if self._file.closed:
            return
        try:
            self._refresh()
        except OSError as error:
            self.fault = self.fault or f"cannot finish {self.label}: {error.strerror}"
        finally:
            with contextlib.suppress(OSError):
                self._file.close()

    def _refresh(self) -> None:
        """Writes the present length into the header."""
        self._file.seek(0)
        self._file.write(_header(self._bytes, self.channels))
        self._file.seek(0, 2)
        self._file.flush()


def load(path: Path) -> Samples:
    """A whole sound file (WAV, FLAC, Ogg, MP3) as mono at 48 kHz. Raises DeviceError."""
    import soundfile  # a second of start-up that only those who use files shall pay

    try:
        info = soundfile.info(str(path))
        if info.duration > MAX_FILE_SECONDS:
            raise DeviceError(f"{path} is longer than an hour. Use a shorter sound.")
        sound, rate = soundfile.read(str(path), dtype="float32", always_2d=True)
    except soundfile.SoundFileError as error:
        reason = "is not there" if not path.exists() else f"is not a sound file ({error})"
        raise DeviceError(f"{path} {reason}. Name a WAV, FLAC or Ogg file.") from error
    if not len(sound):
        raise DeviceError(f"{path} holds no sound. Name another file.")
    return resampled(np.ascontiguousarray(sound.mean(axis=1, dtype=np.float32)), rate)


def resampled(samples: Samples, rate: int) -> Samples:
    """Mono sound of any rate, at 48 kHz."""
    if rate == RATE:
        return samples
    import av

    resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE)
    frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="flt", layout="mono")
    frame.sample_rate = rate
    parts = [
        part.to_ndarray().reshape(-1) for part in (*resampler.resample(frame), *resampler.resample(None))
    ]
    return np.concatenate(parts).astype(np.float32, copy=False)


def _header(data_bytes: int, channels: int) -> bytes:
    """The 44 bytes of a RIFF/WAVE header for 16-bit PCM at 48 kHz."""
    riff = struct.pack("<4sI4s", b"RIFF", HEADER_BYTES - 8 + data_bytes, b"WAVE")
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, channels, RATE, RATE * 2 * channels, 2 * channels, 16)
    return riff + form + struct.pack("<4sI", b"data", data_bytes)
