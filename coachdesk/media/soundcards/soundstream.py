"""One open PortAudio stream, its driver's thread, and what it tells of itself."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from coachdesk.media.filesound import DeviceError
from coachdesk.media.pcm import RATE
from coachdesk.media.soundcards.crossing import Capture, Playback
from coachdesk.media.soundcards.portaudio import WHAT, Kind, default_name, named, preferred_api


class Stream:
    """Sound flows from the moment it is made until ``close``. Made and closed by the one thread that owns PortAudio.

    Attributes:
        name: the device's.
        block_frames: what the driver moves at a time.
        ended: the driver has given up.
        beats: how often the driver has moved a block; while this stands still, the device is gone or stuck.
        xruns: how often the driver had nothing to play, or nowhere to record to.
        crossing: its way to or from our clock.
        delay: seconds between the driver and the air, as the driver tells it.
    """

    crossing: Capture | Playback
    _move: Callable[[Any], None]
    _stream: Any

    def __init__(self, sounddevice: Any, kind: Kind, device: str, block_frames: int) -> None:
        """``device``: a name, or ``default``. Raises DeviceError."""
        self.name, index, info = _find(sounddevice, kind, device)
        self.block_frames = block_frames
        self.ended = False
        self.beats = self.xruns = 0
        self.delay = 0.0
        self._kind = kind
        self._moved = time.monotonic()
        most = min(2, int(info[f"max_{kind}_channels"]))
        # A voice needs one channel, two ears two; a card that cannot do that is opened as it can.
        for channels in dict.fromkeys((1, most) if kind == "input" else (most, 1)):
            error = self._try_open(sounddevice, index, channels)
            if error is None:
                return
        raise DeviceError(
            f"The {WHAT[kind]} '{self.name}' cannot be opened ({error}). Close "
            "what uses it, allow access to it in the system's privacy settings, or choose another."
        )

    @property
    def elapsed(self) -> float:
        """Frames' worth of time since the driver last moved a block, at most two blocks."""
        return min((time.monotonic() - self._moved) * RATE, 2.0 * self.block_frames)

    def close(self) -> None:
        """Lets go of the device; what is still queued is not played."""
        self._stream.close(ignore_errors=True)

    def _try_open(self, sounddevice: Any, index: int, channels: int) -> str | None:
        """Opens and starts the stream; the reason if that fails."""
        self._prepare(channels)
        make = sounddevice.RawInputStream if self._kind == "input" else sounddevice.RawOutputStream
        try:
            stream = make(
                samplerate=RATE,
                blocksize=self.block_frames,
                device=index,
                channels=channels,
                dtype="float32",
                latency="low",
                extra_settings=_extra_settings(sounddevice),
                callback=self._callback,
                finished_callback=self._finished,
            )
        except sounddevice.PortAudioError as error:
            return str(error)
        try:
            stream.start()
        except sounddevice.PortAudioError as error:
            stream.close(ignore_errors=True)
            return str(error)
        self._stream = stream
        return None

    def _prepare(self, channels: int) -> None:
        if self._kind == "input":
            capture = Capture(channels, self.block_frames)
            self.crossing, self._move = capture, capture.ring.put
        else:
            playback = Playback(channels, self.block_frames)
            self.crossing, self._move = playback, playback.deliver

    def _callback(self, data: Any, frames: int, times: Any, status: Any) -> None:
        self._move(data)
        self._moved = time.monotonic()
        self.beats += 1
        if self._kind == "input":
            self.delay = times.currentTime - times.inputBufferAdcTime
            self.xruns += status.input_overflow
        else:
            self.delay = times.outputBufferDacTime - times.currentTime
            self.xruns += status.output_underflow

    def _finished(self) -> None:
        self.ended = True


def _find(sounddevice: Any, kind: Kind, device: str) -> tuple[str, int, dict[str, Any]]:
    """Name, index and description. Raises DeviceError."""
    known = named(sounddevice, kind)
    name = device
    if device == "default":
        name = default_name(sounddevice, kind) or next(iter(known), "")
        if not name:
            raise DeviceError(f"There is no {WHAT[kind]}. Plug one in, or use a sound file or 'none'.")
    if name not in known:
        names = ", ".join(f"'{each}'" for each in known) or "none at all"
        raise DeviceError(f"There is no {WHAT[kind]} '{device}'. This machine has: {names}.")
    return name, *known[name]


def _extra_settings(sounddevice: Any) -> Any:
    if preferred_api(sounddevice) is None:
        return None
    return sounddevice.WasapiSettings(auto_convert=True)
