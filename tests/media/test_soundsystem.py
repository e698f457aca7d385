"""Devices that come and go, with a made-up PortAudio whose drivers run when the test says so."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from coachdesk.media.devices import list_mics, list_speakers
from coachdesk.media.filesound import DeviceError
from coachdesk.media.localsound import LocalSound
from coachdesk.media.pcm import SILENCE
from coachdesk.media.soundcards import soundcard, soundsystem
from coachdesk.media.soundcards.portaudio import listed
from coachdesk.media.soundcards.soundcard import (
    RUNNING_BEATS,
    STALLED_TICKS,
    STARTING_TICKS,
    CardMic,
    CardSpeaker,
)
from coachdesk.media.soundcards.soundsystem import SoundSystem
from coachdesk.media.voice import NOTHING

PATIENCE = 40.0
HEADSET, BUILT_IN = "USB Headset", "Built-in"


class PortAudio:
    """Stands in for the ``sounddevice`` module.

    Attributes:
        plugged: name, microphone channels and speaker channels of each device of the machine; the first is the default.
        streams: those that are open.
        looks: how often it looked for devices.
        quick: while this is not set, no device opens.
    """

    class PortAudioError(Exception):
        pass

    def __init__(self) -> None:
        self.plugged: list[tuple[str, int, int]] = [(BUILT_IN, 1, 2), (HEADSET, 1, 2)]
        self.streams: list[Driver] = []
        self.looks = 0
        self.quick = threading.Event()
        self.quick.set()
        self._known = self.plugged
        self.default = SimpleNamespace(device=(0, 0))

    def look_again(self) -> None:
        assert not self.streams, "open streams would be lost"
        self._known = list(self.plugged)
        self.looks += 1

    def query_devices(self) -> list[dict[str, Any]]:
        return [
            {"name": name, "max_input_channels": ins, "max_output_channels": outs, "hostapi": 0}
            for name, ins, outs in self._known
        ]

    def RawInputStream(self, **options: Any) -> Driver:
        return self._open(True, options)

    def RawOutputStream(self, **options: Any) -> Driver:
        return self._open(False, options)

    def _open(self, records: bool, options: dict[str, Any]) -> Driver:
        assert self.quick.wait(PATIENCE)
        device = self._known[options["device"]]
        if device not in self.plugged:
            raise self.PortAudioError("Device unavailable")
        driver = Driver(self, device[0], records, options)
        self.streams.append(driver)
        return driver

    def pull(self, name: str) -> None:
        self.plugged = [device for device in self.plugged if device[0] != name]

    def run_drivers(self) -> None:
        """Each driver whose device is plugged in moves one block."""
        names = [name for name, _, _ in self.plugged]
        for stream in list(self.streams):
            if stream.name in names:
                stream.move()


class Driver:
    def __init__(self, portaudio: PortAudio, name: str, records: bool, options: dict[str, Any]) -> None:
        self.name, self.records = name, records
        self.frames = options["blocksize"]
        self.underflows = 0
        self._portaudio, self._options = portaudio, options

    def start(self) -> None: ...

    def move(self) -> None:
        times = SimpleNamespace(currentTime=1.0, inputBufferAdcTime=0.99, outputBufferDacTime=1.02)
        status = SimpleNamespace(input_overflow=False, output_underflow=self.underflows > 0)
        self.underflows = max(0, self.underflows - 1)
        data = np.full((self.frames, self._options["channels"]), 0.25, np.float32)
        self._options["callback"](bytearray(data.tobytes()), self.frames, times, status)

    def end(self) -> None:
        """As a driver does that notices the device is gone."""
        self._options["finished_callback"]()

    def close(self, ignore_errors: bool = True) -> None:
        self._portaudio.streams.remove(self)


@pytest.fixture
def portaudio(monkeypatch: pytest.MonkeyPatch) -> Iterator[PortAudio]:
    made = PortAudio()
    system = SoundSystem()
    monkeypatch.setattr(soundsystem, "_load", lambda: made)
    monkeypatch.setattr("coachdesk.media.soundcards.portaudio.look_again", made.look_again)
    monkeypatch.setattr(soundcard, "SYSTEM", system)
    monkeypatch.setattr(system, "_watch", SimpleNamespace(seen=None, start=lambda: None, stop=lambda: None))
    yield made
    assert not made.streams
    system._worker.shutdown()


class Desk:
    """A mic and a speaker in use, and what was told of them."""

    def __init__(self, portaudio: PortAudio, mic: str, speaker: str) -> None:
        self._portaudio = portaudio
        self.sound = LocalSound(mic, speaker, processing=NOTHING)
        self.told: list[str] = []
        self.sound.on_fault = lambda text: self.told.append(text.split(".")[0])
        self.sound.on_added = lambda kind, label: self.told.append(f"{kind} added: {label}")
        self.sound.on_device = lambda kind, label: self.told.append(f"{kind}: {label}")

    def run(self, ticks: int) -> None:
        for _ in range(ticks):
            self._portaudio.run_drivers()
            self.sound.read()
            self.sound.write(SILENCE)

    def until(self, condition: Callable[[], bool]) -> None:
        give_up = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < give_up
            self.run(1)

    def hears(self, *news: str) -> None:
        """Runs until this has been told, and a while longer: nothing else is."""
        self.until(lambda: len(self.told) >= len(news))
        self.run(10)
        assert sorted(self.told) == sorted(news)


@pytest.fixture
def desk(portaudio: PortAudio) -> Iterator[Desk]:
    made = Desk(portaudio, HEADSET, HEADSET)
    yield made
    made.sound.close()


REPLACED = [
    f"The microphone '{HEADSET}' has stopped",
    f"The speaker '{HEADSET}' has stopped",
    f"mic: {BUILT_IN}",
    f"speaker: {BUILT_IN}",
]


def in_use(portaudio: PortAudio) -> list[str]:
    return sorted(stream.name for stream in portaudio.streams)


def plug_in(portaudio: PortAudio, *devices: tuple[str, int, int]) -> None:
    """... and the watcher sees it."""
    portaudio.plugged = [*portaudio.plugged, *devices]
    other = PortAudio()
    other._known = portaudio.plugged
    soundcard.SYSTEM._watch.seen = listed(other)


def test_devices_of_the_same_name_are_told_apart(portaudio: PortAudio) -> None:
    portaudio.plugged = [
        ("USB Headset", 0, 2),
        ("USB Headset", 1, 2),
        ("Webcam", 1, 0),
        ("USB Headset", 1, 2),
    ]
    portaudio.default.device = (2, 0)
    assert [mic.device for mic in list_mics()] == ["USB Headset", "Webcam", "USB Headset (2)"]
    assert [mic.device for mic in list_mics() if mic.default] == ["Webcam"]
    assert [each.device for each in list_speakers()] == ["USB Headset", "USB Headset (2)", "USB Headset (3)"]
    assert [each.device for each in list_speakers() if each.default] == ["USB Headset"]


def test_listing_devices_never_ends_a_stream(portaudio: PortAudio, desk: Desk) -> None:
    streams, looks = list(portaudio.streams), portaudio.looks
    assert [mic.device for mic in list_mics()] == [BUILT_IN, HEADSET]
    assert (portaudio.streams, portaudio.looks) == (streams, looks)


def test_what_is_pulled_out_is_replaced_by_the_default_and_told(portaudio: PortAudio, desk: Desk) -> None:
    desk.run(RUNNING_BEATS)
    portaudio.pull(HEADSET)
    desk.run(STALLED_TICKS - 1)
    assert desk.told == []
    desk.run(1)
    desk.until(lambda: in_use(portaudio) == [BUILT_IN, BUILT_IN])
    desk.hears(*REPLACED)


def test_what_has_only_begun_to_run_may_be_slow(portaudio: PortAudio, desk: Desk) -> None:
    desk.run(RUNNING_BEATS - 1)
    plugged, portaudio.plugged = portaudio.plugged, []
    desk.run(STARTING_TICKS - 1)
    portaudio.plugged = plugged
    desk.run(RUNNING_BEATS)
    assert desk.told == []


def test_what_never_runs_is_replaced_in_the_end(portaudio: PortAudio, desk: Desk) -> None:
    portaudio.pull(HEADSET)
    desk.run(STARTING_TICKS - 1)
    assert desk.told == []
    desk.run(1)
    desk.until(lambda: in_use(portaudio) == [BUILT_IN, BUILT_IN])
    desk.hears(*REPLACED)


def test_a_driver_that_says_so_is_believed_at_once(portaudio: PortAudio, desk: Desk) -> None:
    desk.run(5)
    portaudio.pull(HEADSET)
    for stream in portaudio.streams:
        stream.end()
    desk.run(1)
    assert f"The microphone '{HEADSET}' has stopped" in desk.told
    assert f"The speaker '{HEADSET}' has stopped" in desk.told
    desk.until(lambda: in_use(portaudio) == [BUILT_IN, BUILT_IN])


def test_it_is_used_again_when_it_is_back_and_told(portaudio: PortAudio, desk: Desk) -> None:
    portaudio.pull(HEADSET)
    desk.until(lambda: in_use(portaudio) == [BUILT_IN, BUILT_IN])
    desk.hears(*REPLACED)
    desk.told.clear()
    plug_in(portaudio, (HEADSET, 1, 2))
    desk.until(lambda: in_use(portaudio) == [HEADSET, HEADSET])
    desk.hears(f"mic: {HEADSET}", f"speaker: {HEADSET}")


def test_without_any_device_there_is_silence_until_one_comes(
    portaudio: PortAudio, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(soundsystem, "RETRY_SECONDS", 0.01)
    portaudio.plugged = []
    desk.until(lambda: "speaker: " in desk.told and "mic: " in desk.told)
    assert np.array_equal(desk.sound.read(), SILENCE)
    portaudio.plugged = [(HEADSET, 1, 2)]
    desk.until(lambda: in_use(portaudio) == [HEADSET, HEADSET])


async def test_what_was_chosen_earlier_and_is_not_there_is_waited_for_with_the_default(
    portaudio: PortAudio,
) -> None:
    portaudio.pull(HEADSET)
    desk = Desk(portaudio, "none", "none")
    try:
        with pytest.raises(DeviceError, match=f"There is no microphone '{HEADSET}'"):
            await desk.sound.use_mic(HEADSET)
        await desk.sound.use_mic(HEADSET, patient=True)
        await desk.sound.use_speaker(HEADSET, patient=True)
        desk.hears(
            f"The microphone '{HEADSET}' cannot be used",
            f"The speaker '{HEADSET}' cannot be used",
            f"mic: {BUILT_IN}",
            f"speaker: {BUILT_IN}",
        )
        desk.told.clear()
        plug_in(portaudio, (HEADSET, 1, 2))
        desk.until(lambda: in_use(portaudio) == [HEADSET, HEADSET])
        desk.hears(f"mic: {HEADSET}", f"speaker: {HEADSET}")
        desk.told.clear()
        portaudio.pull(HEADSET)
        desk.until(lambda: in_use(portaudio) == [BUILT_IN, BUILT_IN])
        desk.hears(*REPLACED)
    finally:
        desk.sound.close()


async def test_what_is_chosen_in_place_of_a_lost_device_is_told(portaudio: PortAudio, desk: Desk) -> None:
    portaudio.plugged = []
    desk.until(lambda: "mic: " in desk.told)
    await desk.sound.use_mic("none")
    desk.told.clear()
    desk.run(1)
    assert desk.told == ["mic: no microphone"]


def test_a_device_nobody_wants_changes_nothing_and_is_told_of_once(portaudio: PortAudio, desk: Desk) -> None:
    plug_in(portaudio)
    desk.run(5)
    streams, looks = list(portaudio.streams), portaudio.looks
    plug_in(portaudio, ("Webcam", 1, 0), ("Jabra", 1, 2))
    desk.run(50)
    assert (portaudio.streams, portaudio.looks) == (streams, looks)
    assert desk.told == ["mic added: Webcam", "mic added: Jabra", "speaker added: Jabra"]
    portaudio.pull("Jabra")
    plug_in(portaudio)
    desk.run(1)
    plug_in(portaudio, ("Jabra", 1, 2))
    desk.run(1)
    assert len(desk.told) == 3, "it may only have been busy"


def test_who_wants_the_default_follows_it(portaudio: PortAudio) -> None:
    portaudio.pull(HEADSET)
    desk = Desk(portaudio, "default", "none")
    try:
        plug_in(portaudio)
        desk.run(5)
        portaudio.plugged = [(HEADSET, 1, 0), (BUILT_IN, 1, 2)]
        plug_in(portaudio)
        desk.until(lambda: in_use(portaudio) == [HEADSET])
        desk.hears(f"mic: {HEADSET}")
    finally:
        desk.sound.close()


async def test_a_device_plugged_in_during_a_call_can_be_chosen(portaudio: PortAudio, desk: Desk) -> None:
    plug_in(portaudio, ("Jabra", 1, 2))
    await desk.sound.use_mic("Jabra")
    assert in_use(portaudio) == ["Jabra", HEADSET]
    desk.run(5)
    assert desk.told == []


async def test_the_sound_goes_on_while_another_device_takes_long_to_open(
    portaudio: PortAudio, desk: Desk
) -> None:
    desk.until(lambda: float(desk.sound.read().max()) > 0.2)
    portaudio.quick.clear()
    changes = [
        asyncio.create_task(desk.sound.use_mic(BUILT_IN)),
        asyncio.create_task(desk.sound.use_mic(HEADSET)),
    ]
    for _ in range(20):
        await asyncio.sleep(0)
        portaudio.run_drivers()
        assert float(desk.sound.read().max()) > 0.2
    portaudio.quick.set()
    await asyncio.gather(*changes)
    assert in_use(portaudio) == [HEADSET, HEADSET]
    assert desk.told == []


async def test_a_device_that_opens_after_the_end_is_let_go(portaudio: PortAudio) -> None:
    desk = Desk(portaudio, HEADSET, "none")
    portaudio.quick.clear()
    change = asyncio.create_task(desk.sound.use_speaker(BUILT_IN))
    await asyncio.sleep(0)
    portaudio.quick.set()
    desk.sound.close()
    await change
    assert portaudio.streams == []


def test_a_driver_that_underruns_gets_longer_blocks(portaudio: PortAudio) -> None:
    speaker = CardSpeaker(HEADSET)
    try:
        for _ in range(3):
            portaudio.streams[0].underflows = 1
            portaudio.run_drivers()
            speaker.write(SILENCE)
        give_up = time.monotonic() + PATIENCE
        while speaker.stats()["opened"] < 2:
            assert time.monotonic() < give_up
            portaudio.run_drivers()
            speaker.write(SILENCE)
        portaudio.run_drivers()
        speaker.write(SILENCE)
        row = speaker.stats()
        assert (row["xruns"], row["opened"], row["block_ms"]) == (3, 2, 20)
        assert speaker.fault is None
    finally:
        speaker.close()


def test_a_closed_device_is_silent_and_lets_go(portaudio: PortAudio) -> None:
    mic = CardMic(HEADSET)
    mic.close()
    mic.close()
    assert mic.read() is None
    assert portaudio.streams == []


def test_a_muted_mic_is_silent_from_the_next_block_on(desk: Desk) -> None:
    desk.until(lambda: float(desk.sound.read().max()) == pytest.approx(0.25, abs=1e-3))
    desk.sound.muted = True
    assert np.array_equal(desk.sound.read(), SILENCE)
    desk.sound.muted = False
    desk.until(lambda: float(desk.sound.read().max()) == pytest.approx(0.25, abs=1e-3))


def test_its_numbers_are_told(desk: Desk) -> None:
    desk.run(5)
    rows = desk.sound.stats()
    assert rows.keys() == {"device.mic", "device.speaker"}
    assert (rows["device.mic"]["driver_ms"], rows["device.speaker"]["driver_ms"]) == (10, 20)
    assert all(row["opened"] == 1 and row["block_ms"] == 10 for row in rows.values())
