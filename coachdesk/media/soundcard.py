"""Real microphones and speakers, through PortAudio (the ``sounddevice`` package)."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from typing import Any, Literal

import numpy as np

from coachdesk.events import DeviceView
from coachdesk.media.filesound import DeviceError
from coachdesk.media.pcm import BLOCK_SAMPLES, RATE, Block, Stereo, mono, on_channels
from coachdesk.media.soundring import SoundRing

Kind = Literal["input", "output"]
WHAT: dict[Kind, str] = {"input": "microphone", "output": "speaker"}
STALLED_SECONDS = 2.0
"""A device that has been silent towards us for so long is gone, even where the driver does not say so."""

_lock = threading.Lock()
_open_streams = 0


class CardMic:
    """A microphone. The driver's callback does no more than copy into a ring."""

    def __init__(self, device: str) -> None:
        """Raises DeviceError."""
        self._stream = _Stream("input", device, SoundRing.put, prime=1, keep=2, limit=4)
        self.label = self._stream.label

    @property
    def fault(self) -> str | None:
        return self._stream.fault()

    @property
    def dropped(self) -> int:
        """Blocks recorded and not read within 40 ms."""
        return self._stream.ring.dropped

    def read(self) -> Block | None:
        data = self._stream.ring.take()
        if data is None:
            return None
        frames = np.frombuffer(data, np.float32).reshape(BLOCK_SAMPLES, -1)
        return mono(frames)

    def close(self) -> None:
        self._stream.close()


class CardSpeaker:
    """A speaker that starts with 20 ms in hand and never holds more than 60. The callback only copies."""

    def __init__(self, device: str) -> None:
        """Raises DeviceError."""
        self._stream = _Stream("output", device, _deliver, prime=2, keep=2, limit=6)
        self.label = self._stream.label

    @property
    def fault(self) -> str | None:
        return self._stream.fault()

    @property
    def underruns(self) -> int:
        """How often the speaker ran dry."""
        return self._stream.ring.underruns

    @property
    def dropped(self) -> int:
        """Blocks that came too fast and were never played."""
        return self._stream.ring.dropped

    @property
    def channels(self) -> int:
        return self._stream.channels

    def write(self, block: Block | Stereo) -> None:
        frames = np.ascontiguousarray(on_channels(block, self._stream.channels), np.float32)
        self._stream.ring.put(frames.reshape(-1).view(np.uint8).data)

    def close(self) -> None:
        self._stream.close()


def _deliver(ring: SoundRing, out: Any) -> None:
    block = ring.take()
    out[:] = block if block is not None else bytes(ring.block_bytes)


class _Stream:
    """One PortAudio stream of 10 ms blocks and the ring between its thread and ours."""

    def __init__(
        self,
        kind: Kind,
        device: str,
        move: Callable[[SoundRing, Any], None],
        *,
        prime: int,
        keep: int,
        limit: int,
    ) -> None:
        global _open_streams
        self._kind = kind
        self._move = move
        self._closing = False
        self._ended = False
        self._alive = time.monotonic()
        with _lock:
            sounddevice = _portaudio()
            index, info = _find(sounddevice, kind, device)
            self.label = str(info["name"])
            most = min(2, int(info[f"max_{kind}_channels"]))
            # A voice needs one channel, two ears two; a card that cannot do that is opened as it can.
            for channels in dict.fromkeys((1, most) if kind == "input" else (most, 1)):
                self.channels = channels
                self.ring = SoundRing(channels, prime=prime, keep=keep, limit=limit)
                error = self._try_open(sounddevice, index)
                if error is None:
                    _open_streams += 1
                    return
        raise DeviceError(
            f"The {WHAT[kind]} '{self.label}' cannot be opened ({error}). Close "
            "what uses it, allow access to it in the system's privacy settings, or choose another."
        )

    def _try_open(self, sounddevice: Any, index: int) -> str | None:
        """Opens and starts the stream; the reason if that fails."""
        make = sounddevice.RawInputStream if self._kind == "input" else sounddevice.RawOutputStream
        try:
            self._stream = make(
                samplerate=RATE,
                blocksize=BLOCK_SAMPLES,
                device=index,
                channels=self.channels,
                dtype="float32",
                latency="low",
                extra_settings=_extra_settings(sounddevice),
                callback=self._callback,
                finished_callback=self._finished,
            )
            self._stream.start()
        except sounddevice.PortAudioError as error:
            return str(error)
        return None

    def fault(self) -> str | None:
        """What has broken, if something has."""
        stalled = time.monotonic() - self._alive > STALLED_SECONDS
        if self._closing or not (self._ended or stalled):
            return None
        return f"The {WHAT[self._kind]} '{self.label}' has stopped. Plug it in again or choose another."

    def close(self) -> None:
        """Lets go of the device; what is still queued is not played."""
        global _open_streams
        if self._closing:
            return
        self._closing = True
        with _lock:
            self._stream.close(ignore_errors=True)
            _open_streams -= 1

    def _callback(self, data: Any, *_: Any) -> None:
        self._alive = time.monotonic()
        self._move(self.ring, data)

    def _finished(self) -> None:
        self._ended = True


def devices(kind: Kind) -> list[DeviceView]:
    """All microphones (``input``) or speakers (``output``); none where PortAudio is missing.

    A device's identifier is its name, with a number behind it where several have the same.
    """
    with _lock:
        try:
            sounddevice = _portaudio()
        except DeviceError:
            return []
        default = _default_index(sounddevice, kind)
        return [
            DeviceView(device=name, label=name, default=index == default)
            for name, (index, _) in _named(sounddevice, kind).items()
        ]


def _portaudio() -> Any:
    """The sounddevice module, with devices plugged in since the last time known. Raises DeviceError."""
    try:
        import sounddevice
    except OSError as error:
        raise DeviceError(
            "Sound devices need PortAudio, which is not installed (Debian: apt install libportaudio2). "
            "Without it, use a sound file or 'none'."
        ) from error
    if _open_streams == 0:
        # PortAudio looks for devices only when it starts; restarting it would stop open streams.
        sounddevice._terminate()
        sounddevice._initialize()
    return sounddevice


def _find(sounddevice: Any, kind: Kind, device: str) -> tuple[int, dict[str, Any]]:
    named = _named(sounddevice, kind)
    if device == "default":
        default = _default_index(sounddevice, kind)
        for index, info in named.values():
            if index == default:
                return index, info
        if named:
            return next(iter(named.values()))
        raise DeviceError(f"There is no {WHAT[kind]}. Plug one in, or use a sound file or 'none'.")
    if device not in named:
        known = ", ".join(f"'{name}'" for name in named) or "none at all"
        raise DeviceError(f"There is no {WHAT[kind]} '{device}'. This machine has: {known}.")
    return named[device]


def _named(sounddevice: Any, kind: Kind) -> dict[str, tuple[int, dict[str, Any]]]:
    """Index and description of each device by its identifier."""
    named: dict[str, tuple[int, dict[str, Any]]] = {}
    api = _preferred_api(sounddevice)
    for index, info in enumerate(sounddevice.query_devices()):
        if info[f"max_{kind}_channels"] < 1 or api not in (None, info["hostapi"]):
            continue
        name, copies = str(info["name"]), 1
        while name in named:
            copies += 1
            name = f"{info['name']} ({copies})"
        named[name] = (index, info)
    return named


def _preferred_api(sounddevice: Any) -> int | None:
    """On Windows each device shows once per driver model; WASAPI is the one with a low delay."""
    if sys.platform == "win32":
        for index, api in enumerate(sounddevice.query_hostapis()):
            if "WASAPI" in api["name"]:
                return index
    return None


def _default_index(sounddevice: Any, kind: Kind) -> int:
    """Index of the system's default device, -1 if there is none."""
    api = _preferred_api(sounddevice)
    if api is not None:
        return int(sounddevice.query_hostapis(api)[f"default_{kind}_device"])
    return int(sounddevice.default.device[0 if kind == "input" else 1])


def _extra_settings(sounddevice: Any) -> Any:
    if _preferred_api(sounddevice) is None:
        return None
    return sounddevice.WasapiSettings(auto_convert=True)
