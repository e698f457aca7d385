"""Real devices of a private sound server: in real time, as a call uses them."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import numpy as np
import pytest

from coachdesk.hearing import level, levels_over_time, tone
from coachdesk.media.devices import list_mics, list_speakers, open_mic, open_speaker
from coachdesk.media.pcm import RATE, SILENCE, Samples
from coachdesk.media.soundcards.soundcard import CardMic, CardSpeaker
from coachdesk.media.ticker import Ticker
from coachdesk.soundserver import SoundServer
from tests.media.peers import WAIT, until

pytestmark = [
    pytest.mark.media,
    pytest.mark.skipif(
        shutil.which("pulseaudio") is None or shutil.which("pacat") is None, reason="needs pulseaudio"
    ),
]


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
        await asyncio.wait_for(process.wait(), WAIT)


RAW = ("--raw", "--format=float32le", f"--rate={RATE}", "--channels=1", "--latency-msec=20")


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
            heard = await asyncio.wait_for(recorder.stdout.readexactly(5 * RATE * 4), WAIT)
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


def test_devices_are_listed_and_opened_by_name(sound: SoundServer) -> None:
    for listed, opened in ((list_mics(), open_mic), (list_speakers(), open_speaker)):
        assert "pulse" in [each.device for each in listed]
        assert sum(each.default for each in listed) == 1
        device = opened("pulse")
        assert device.label == "pulse"
        device.close()
        device.close()


@contextlib.asynccontextmanager
async def in_use(mic: CardMic, speaker: CardSpeaker) -> AsyncIterator[tuple[CardMic, CardSpeaker]]:
    """Both run as in a call."""

    def tick(now: float) -> None:
        speaker.write(SILENCE)
        mic.read()

    ticker = Ticker(tick)
    ticking = asyncio.create_task(ticker.run())
    try:
        yield mic, speaker
    finally:
        ticker.stop()
        await ticking
        await asyncio.wait_for(asyncio.to_thread(mic.close), WAIT)
        await asyncio.wait_for(asyncio.to_thread(speaker.close), WAIT)


class Headset:
    """A speaker that can be pulled out: it has a sound server of its own, reached by a link."""

    def __init__(self, folder: Path) -> None:
        self._link = folder / "headset"
        file = folder / "asound.conf"
        file.write_text(
            f'pcm.headset {{ type pulse server "unix:{self._link}" device "cups"\n'
            "hint { show on description headset } }\n"
        )
        self.configuration = f"/usr/share/alsa/alsa.conf:{file}"

    def __enter__(self) -> Headset:
        self.plug_in()
        return self

    def __exit__(self, *_: object) -> None:
        self.pull_out()

    def plug_in(self) -> None:
        self._server = SoundServer(speakers=["cups"]).__enter__()
        self._link.symlink_to(Path(self._server.environment()["PULSE_RUNTIME_PATH"]) / "native")

    def pull_out(self) -> None:
        self._server.stop()
        self._link.unlink(missing_ok=True)


async def test_a_device_that_vanishes_is_a_fault_and_no_exception(
    sound: SoundServer,
) -> None:
    async with in_use(CardMic("default"), CardSpeaker("default")) as (mic, speaker):
        await until(lambda: mic.stats()["waiting_ms"] > 0)
        assert (mic.fault, speaker.fault) == (None, None)
        sound.stop()
        await until(lambda: mic.fault is not None and speaker.fault is not None)
        assert "Plug it in again" in str(mic.fault)
        await until(lambda: (mic.label, speaker.label) == ("", ""))


async def test_a_headset_pulled_out_and_plugged_in_again_in_a_call(
    sound: SoundServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with Headset(tmp_path) as headset:
        monkeypatch.setenv("ALSA_CONFIG_PATH", headset.configuration)
        async with in_use(CardMic("default"), CardSpeaker("headset")) as (mic, speaker):
            await until(lambda: speaker.stats()["waiting_ms"] > 0)
            headset.pull_out()
            await until(lambda: speaker.label == "default")
            assert speaker.fault is not None
            assert mic.fault is None
            headset.plug_in()
            await until(lambda: speaker.label == "headset")
            assert (speaker.fault, mic.fault) == (None, None)
            assert "headset" in [each.device for each in list_speakers()]


async def test_a_mic_nobody_reads_gives_its_newest_sound(sound: SoundServer) -> None:
    mic = CardMic("default")
    try:
        await until(lambda: mic.read() is not None)
        await until(lambda: mic.stats()["waiting_ms"] > 300)
        fresh = 0
        while mic.read() is not None:
            fresh += 1
        assert fresh <= 4
        assert mic.stats()["dropped_ms"] > 100
    finally:
        mic.close()
