"""Real sound devices: on a private sound server where there is one, and how their absence is told."""

from __future__ import annotations

import asyncio
import builtins
import contextlib
import shutil
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import numpy as np
import pytest

from coachdesk.hearing import level, levels_over_time, tone
from coachdesk.media import soundcard
from coachdesk.media.devices import DeviceError, list_mics, list_speakers, open_mic, open_speaker
from coachdesk.media.pcm import BLOCK_SAMPLES, RATE, SILENCE, Samples
from coachdesk.media.soundcard import CardMic, CardSpeaker
from coachdesk.media.soundring import CAPACITY, SoundRing
from coachdesk.media.ticker import Ticker
from coachdesk.soundserver import SoundServer

needs_pulse = pytest.mark.skipif(
    shutil.which("pulseaudio") is None or shutil.which("pacat") is None, reason="needs pulseaudio"
)


# --- the ring ------------------------------------------------------------------------------------------------


def block(number: int) -> bytes:
    return np.full(BLOCK_SAMPLES, number, np.float32).tobytes()


def taken(ring: SoundRing) -> float | None:
    data = ring.take()
    return None if data is None else float(np.frombuffer(data, np.float32)[0])


def test_a_ring_gives_blocks_back_in_order() -> None:
    ring = SoundRing(1, prime=1, keep=2, limit=4)
    for number in (1, 2, 3):
        ring.put(block(number))
    assert [taken(ring) for _ in range(4)] == [1, 2, 3, None]
    assert (ring.dropped, ring.underruns) == (0, 1)


def test_a_ring_serves_only_when_primed_and_again_after_an_underrun() -> None:
    ring = SoundRing(1, prime=2, keep=2, limit=6)
    ring.put(block(1))
    assert taken(ring) is None
    ring.put(block(2))
    assert [taken(ring), taken(ring), taken(ring)] == [1, 2, None]
    ring.put(block(3))
    assert taken(ring) is None
    assert ring.underruns == 1


@pytest.mark.parametrize("waiting", [7, CAPACITY, 3 * CAPACITY])
def test_what_is_too_old_is_dropped_and_counted(waiting: int) -> None:
    ring = SoundRing(1, prime=2, keep=2, limit=6)
    for number in range(waiting):
        ring.put(block(number))
    assert [taken(ring), taken(ring), taken(ring)] == [waiting - 2, waiting - 1, None]
    assert ring.dropped == waiting - 2


# --- without devices -------------------------------------------------------------------------------------------


def test_without_portaudio_there_are_no_devices_and_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    importing = builtins.__import__

    def missing(name: str, *rest: Any) -> Any:
        if name == "sounddevice":
            raise OSError("PortAudio library not found")
        return importing(name, *rest)

    monkeypatch.setattr(builtins, "__import__", missing)
    assert list_mics() == []
    assert list_speakers() == []
    with pytest.raises(DeviceError, match="apt install libportaudio2"):
        open_mic("default")


def test_an_unknown_device_is_refused_with_the_known_ones() -> None:
    with pytest.raises(DeviceError, match=r"There is no speaker 'Jabra'\. This machine has:"):
        open_speaker("Jabra")


class Cards:
    """Stands in for the ``sounddevice`` module: two cards of the same name, one without a microphone."""

    class PortAudioError(Exception):
        pass

    class Default:
        device = (2, 0)

    default = Default()

    def _terminate(self) -> None: ...

    def _initialize(self) -> None: ...

    def query_devices(self) -> list[dict[str, Any]]:
        rows = [("USB Headset", 0, 2), ("USB Headset", 1, 2), ("Webcam", 1, 0), ("USB Headset", 1, 2)]
        return [
            {"name": name, "max_input_channels": ins, "max_output_channels": outs, "hostapi": 0}
            for name, ins, outs in rows
        ]


def test_devices_of_the_same_name_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soundcard, "_portaudio", Cards)
    assert [mic.device for mic in list_mics()] == ["USB Headset", "Webcam", "USB Headset (2)"]
    assert [mic.device for mic in list_mics() if mic.default] == ["Webcam"]
    assert [each.device for each in list_speakers()] == ["USB Headset", "USB Headset (2)", "USB Headset (3)"]
    assert [each.device for each in list_speakers() if each.default] == ["USB Headset"]


# --- on a private sound server -----------------------------------------------------------------------------------


@pytest.fixture
def sound(monkeypatch: pytest.MonkeyPatch) -> Iterator[SoundServer]:
    with SoundServer(speakers=["ear"], mics=["mouth"]) as server:
        for name, value in server.environment(speaker="ear", mic="mouth").items():
            monkeypatch.setenv(name, value)
        yield server


@contextlib.asynccontextmanager
async def program(*command: str) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        *command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await asyncio.wait_for(process.wait(), 5)


async def until(condition: Callable[[], bool], seconds: float = 10.0) -> bool:
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up:
        if condition():
            return True
        await asyncio.sleep(0.01)
    return False


RAW = ("--raw", "--format=float32le", f"--rate={RATE}", "--channels=1", "--latency-msec=20")


@needs_pulse
async def test_a_tone_goes_from_microphone_to_speaker(sound: SoundServer) -> None:
    said = tone(1049, 5.0, -20.0)
    mic, speaker = open_mic("default"), open_speaker("default")
    ticker = Ticker(lambda now: speaker.write(found if (found := mic.read()) is not None else SILENCE))
    ticking = asyncio.create_task(ticker.run())
    try:
        async with (
            program("parec", f"--device={sound.monitor('ear')}", *RAW) as recorder,
            program("pacat", f"--device={sound.feed('mouth')}", *RAW) as player,
        ):
            assert player.stdin is not None
            assert recorder.stdout is not None
            player.stdin.write(said.tobytes())
            player.stdin.write_eof()
            heard = await asyncio.wait_for(recorder.stdout.readexactly(5 * RATE * 4), 20)
    finally:
        ticker.stop()
        await ticking
        mic.close()
        speaker.close()
    check_heard(np.frombuffer(heard, np.float32))
    assert mic.fault is None
    assert speaker.fault is None


def check_heard(samples: Samples) -> None:
    """Most of the pieces hold the tone at its level; whatever the machine's load, none holds anything else."""
    assert np.median(levels_over_time(samples, 1049, hop=0.2)) == pytest.approx(-20, abs=1.5)
    assert level(samples, 1789) < -50


@needs_pulse
def test_devices_are_listed_and_opened_by_name(sound: SoundServer) -> None:
    for listed, opened in ((list_mics(), open_mic), (list_speakers(), open_speaker)):
        assert "pulse" in [each.device for each in listed]
        assert sum(each.default for each in listed) == 1
        device = opened("pulse")
        assert device.label == "pulse"
        device.close()
        device.close()


@needs_pulse
async def test_a_device_that_vanishes_is_a_fault_and_no_exception(
    sound: SoundServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(soundcard, "STALLED_SECONDS", 0.5)
    mic, speaker = CardMic("default"), CardSpeaker("default")
    assert await until(lambda: mic.read() is not None)
    assert mic.fault is None
    sound.stop()
    assert await until(lambda: mic.fault is not None and speaker.fault is not None)
    assert "Plug it in again" in str(mic.fault)
    speaker.write(SILENCE)
    mic.read()
    await asyncio.wait_for(asyncio.to_thread(mic.close), 10)
    await asyncio.wait_for(asyncio.to_thread(speaker.close), 10)


@needs_pulse
async def test_a_mic_nobody_reads_gives_its_newest_sound(sound: SoundServer) -> None:
    mic = CardMic("default")
    try:
        assert await until(lambda: mic.read() is not None)
        await asyncio.sleep(0.5)
        fresh = 0
        while mic.read() is not None:
            fresh += 1
        assert fresh <= 4
        assert mic.dropped > 10
    finally:
        mic.close()
