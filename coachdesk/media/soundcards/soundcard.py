"""Real microphones and speakers. What fails is replaced, what comes back is used again; sound never waits for it."""

from __future__ import annotations

import time
from collections import Counter

import numpy as np

from coachdesk.events import DeviceView
from coachdesk.media.pcm import RATE, Block, Stereo
from coachdesk.media.soundcards.crossing import Capture, Playback
from coachdesk.media.soundcards.portaudio import WHAT, DeviceList, Kind
from coachdesk.media.soundcards.soundstream import Stream
from coachdesk.media.soundcards.soundsystem import SYSTEM, Line
from coachdesk.media.soundcards.streamhealth import StreamHealth

FRAMES_PER_MS = RATE // 1000
STALLED_TICKS = 100
"""A device whose driver has not stirred for so many blocks of ours, one second, is gone, whether it says so or not."""
RUNNING_BEATS = 50
"""Half a second, or a whole one; before, it may be slow, as are wireless devices and sound servers that had slept: ..."""
STARTING_TICKS = 300
"""... it is gone when it has not stirred for so long."""


class _Card:
    """A device of this machine and the care for it, one step per block."""

    def __init__(self, kind: Kind, device: str, *, patient: bool) -> None:
        self._line = Line(kind, device)
        self._health = StreamHealth()
        self._stream: Stream | None = None
        self._beats = self._still_ticks = 0
        self._counted: Counter[str] = Counter()
        self._closed = False
        SYSTEM.open(self._line, patient=patient)
        self._has_run = not self._line.fallen_back
        self._wanted_label = self._line.label if self._has_run else device

    @property
    def label(self) -> str:
        """The device in use now, "" if there is none."""
        return self._line.label

    @property
    def fault(self) -> str | None:
        """Set while the wanted device cannot be used."""
        if not (self._line.lost or self._line.fallen_back):
            return None
        what = (
            "has stopped. Plug it in again"
            if self._has_run
            else "cannot be used. Plug it in, close what uses it"
        )
        return (
            f"The {WHAT[self._line.kind]} '{self._wanted_label}' {what} or choose another; "
            "until then the default one is used, if there is one."
        )

    def stats(self) -> dict[str, float]:
        """Since it was chosen: ``underruns`` of ours, ``xruns`` of the driver, ``dropped_ms``, how often ``opened``.

        At present: ``block_ms``, ``waiting_ms`` between the driver and us, ``driver_ms`` as it tells, ``drift_ppm``.
        """
        stream = self._line.stream
        counted = self._counted + _counters(stream)
        row = {name: float(counted[name]) for name in ("underruns", "xruns", "dropped_ms", "opened")}
        if stream is None:
            return row
        crossing = stream.crossing
        return row | {
            "block_ms": stream.block_frames / FRAMES_PER_MS,
            "waiting_ms": round(crossing.ring.waiting / FRAMES_PER_MS, 1),
            "driver_ms": round(stream.delay * 1000, 1),
            "drift_ppm": round(crossing.drift_ppm, 1),
        }

    def close(self) -> None:
        """Lets go of the device; what is still queued is not played."""
        if not self._closed:
            self._closed = True
            SYSTEM.close(self._line)

    def _attend(self, peak: float) -> Stream | None:
        """The stream to use now, if there is one. ``peak``: of the last block."""
        line, stream = self._line, self._line.stream
        if self._closed:
            return None
        now = time.monotonic()
        if stream is not self._stream:
            self._adopt(stream, now)
        anew = False
        if stream is not None:
            self._look_for_life(stream)
            anew = self._health.tick(
                now, xruns=stream.xruns, delay=stream.delay, peak=peak, block_frames=stream.block_frames
            )
            line.block_frames = self._health.block_frames
        SYSTEM.attend(line, now, anew=anew)
        return stream

    def _adopt(self, stream: Stream | None, now: float) -> None:
        self._counted += _counters(self._stream)
        self._stream = stream
        self._has_run = self._has_run or not self._line.fallen_back
        self._beats = self._still_ticks = 0
        self._health.opened(now)

    def _look_for_life(self, stream: Stream) -> None:
        self._still_ticks = self._still_ticks + 1 if stream.beats == self._beats else 0
        self._beats = stream.beats
        stuck = self._still_ticks >= (STALLED_TICKS if stream.beats >= RUNNING_BEATS else STARTING_TICKS)
        if (stream.ended or stuck) and self._line.stream is stream:
            self._line.dead = stream


class CardMic(_Card):
    """A microphone."""

    def __init__(self, device: str, *, patient: bool = False) -> None:
        """``device``: a name, or ``default``. ``patient``: as in ``SoundSystem.open``. Raises DeviceError."""
        super().__init__("input", device, patient=patient)
        self._peak = 0.0

    def read(self) -> Block | None:
        """The next 10 ms, None when there is none. Never blocks, never raises."""
        stream = self._attend(self._peak)
        if stream is None:
            return None
        assert isinstance(stream.crossing, Capture)
        block = stream.crossing.read(stream.elapsed)
        self._peak = _peak(block) if block is not None else 0.0
        return block


class CardSpeaker(_Card):
    """A speaker."""

    def __init__(self, device: str, *, patient: bool = False) -> None:
        """``device``: a name, or ``default``. ``patient``: as in ``SoundSystem.open``. Raises DeviceError."""
        super().__init__("output", device, patient=patient)

    @property
    def channels(self) -> int:
        stream = self._line.stream
        return 2 if stream is None else stream.crossing.ring.channels

    def write(self, block: Block | Stereo) -> None:
        """Queues 10 ms. Never blocks, never raises."""
        stream = self._attend(_peak(block))
        if stream is not None:
            assert isinstance(stream.crossing, Playback)
            stream.crossing.write(block, stream.elapsed)


def devices(kind: Kind) -> list[DeviceView]:
    """All microphones (``input``) or speakers (``output``); none where PortAudio is missing.

    A device's identifier is its name, with a number behind it where several have the same.
    """
    known = SYSTEM.devices()
    default = known.default(kind)
    return [DeviceView(device=name, label=name, default=name == default) for name in known.names(kind)]


def seen() -> DeviceList | None:
    """What another process sees of devices while one is in use here; the same list until that changes. Never blocks."""
    return SYSTEM.seen


def _counters(stream: Stream | None) -> Counter[str]:
    if stream is None:
        return Counter()
    ring = stream.crossing.ring
    dropped_ms = ring.dropped // FRAMES_PER_MS
    return Counter(underruns=ring.underruns, xruns=stream.xruns, dropped_ms=dropped_ms, opened=1)


def _peak(block: Block | Stereo) -> float:
    return float(np.abs(block).max())
