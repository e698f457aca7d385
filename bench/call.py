"""One call on this machine, measured: latency of each path, mode change, join, cost of an observer, memory.

    python bench/call.py [--json FILE]

Real server, endpoints, packets, and Chromium as the customer, all on loopback. Latency is from mouth to ear: from the
microphone's sample to the speaker's, device buffers of files (10 ms) included, those of Chromium and of a private sound
server as well. A forwarded observer is compared with what decoding and re-encoding the same picture would cost, taken
in the same run.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

# Started as a script, this file's folder comes first, and bench/signaling.py would hide the package of that name.
sys.path.insert(0, str(Path(__file__).parents[1]))

import av
import msgspec
import numpy as np
import psutil

from coachdesk import commands, events
from coachdesk.demo.recording import Recording, one_way_ms
from coachdesk.demo.scene import Scene
from coachdesk.demo.stage import Stage
from coachdesk.hearing import TONES
from coachdesk.media.opus import Decoder, Encoder
from coachdesk.media.packet import VIDEO_RATE
from coachdesk.media.picture import vp8
from coachdesk.media.picture.video import Vp8Encoder
from coachdesk.remote import RemoteEndpoint
from coachdesk.soundserver import SoundServer
from signaling.policy import Mode, Role

SINK = "customer"
WINDOW, WINDOWS = 2.5, 8
"""Seconds of sound from which one latency is read, and how many of them."""
PRESSES = 20
OBSERVERS = 4
FPS = 15
"""Pictures a second, forwarded and transcoded alike."""
CPU_SECONDS = 6.0
SIZE = (1280, 720)
FRAMES = 90


async def measure() -> dict[str, object]:
    with (
        tempfile.TemporaryDirectory(prefix="coachdesk-bench-") as folder,
        SoundServer(speakers=[SINK]) as sound,
    ):
        async with (
            Stage(Path(folder)) as stage,
            Scene(stage, sink=SINK, env=sound.environment(), windows=False, fps=FPS) as scene,
        ):
            agent, supervisor = scene.staff["agent"], scene.staff["supervisor"]
            joined = await _join(scene)
            alone = await _cpu(agent)
            await _listen(supervisor, scene.call)
            presses = await _presses(agent, supervisor)
            windows = {mode: await _speak(scene, mode) for mode in (Mode.LISTEN, Mode.WHISPER, Mode.BARGE)}
            await _listen(scene.staff["trainee"], scene.call)
            windows[Mode.LANE] = await _speak(scene, Mode.LANE)
            await supervisor.do(commands.SetMode(mode=Mode.LISTEN))
            for number in range(2, OBSERVERS):
                observer = await stage.endpoint(f"trainee{number}", Role.TRAINEE)
                await _listen(observer, scene.call)
            crowded = await _cpu(agent)
            memory = psutil.Process(agent.process.pid).memory_info().rss / 2**20
            said, heard = await scene.finish()
        return {
            "one_way_ms": _latencies(windows, said, heard),
            "key_to_first_sample_ms": _spread(presses),
            "link_opened_to_first_audio_ms": joined,
            "hub": _hub(alone, crowded),
            "agent_endpoint_memory_mb": memory,
        }


async def _listen(observer: RemoteEndpoint, call: str) -> None:
    await observer.do(commands.Listen(call=call))
    await observer.wait(events.FirstSound, lambda event: event.source == "customer")


async def _join(scene: Scene) -> float:
    """From the join link opened anew to the customer's first sound at the agent, the answer given at once."""
    page, agent = scene.customer.page, scene.staff["agent"]
    opened = time.monotonic()
    await page.reload()
    await scene.answer()
    sound = await agent.wait(events.FirstSound, lambda event: event.source == "customer")
    return (sound.time - opened) * 1000


async def _presses(agent: RemoteEndpoint, supervisor: RemoteEndpoint) -> list[float]:
    """From the whisper key to the first sample of it in the agent's headset, in ms."""
    found = []
    for _ in range(PRESSES):
        await asyncio.sleep(1.3)  # so that the next whisper counts as a first sound
        pressed = time.monotonic()
        await supervisor.do(commands.SetMode(mode=Mode.WHISPER))
        sound = await agent.wait(events.FirstSound, lambda event: event.source != "customer", since=pressed)
        found.append((sound.time - pressed) * 1000)
        await supervisor.do(commands.SetMode(mode=Mode.LISTEN))
    return found


async def _speak(scene: Scene, mode: Mode) -> list[tuple[float, float]]:
    """A stretch in which the supervisor is in ``mode``: of each window its begin, and then when the voice started."""
    await scene.staff["supervisor"].do(commands.SetMode(mode=mode))
    await asyncio.sleep(1.0)
    windows = []
    for _ in range(WINDOWS):
        begin = time.monotonic()
        await asyncio.sleep(WINDOW)
        windows.append((begin, await scene.customer.voice_started()))
    return windows


PATHS = (
    ("customer to agent", Mode.LISTEN),
    ("customer to supervisor", Mode.LISTEN),
    ("agent to customer", Mode.LISTEN),
    ("agent to supervisor", Mode.LISTEN),
    ("supervisor to agent", Mode.WHISPER),
    ("supervisor to trainee", Mode.LANE),
    ("supervisor to customer", Mode.BARGE),
)


def _latencies(
    windows: dict[Mode, list[tuple[float, float]]], said: dict[str, Recording], heard: dict[str, Recording]
) -> dict[str, dict[str, float]]:
    table = {}
    for path, mode in PATHS:
        source, sink = path.split(" to ")
        lags = []
        for begin, voice_started in windows[mode]:
            voice = said[source] if source != "customer" else replace(said[source], started=voice_started)
            lag = one_way_ms(voice, heard[sink], TONES[source], begin, begin + WINDOW)
            lags += [] if lag is None else [lag]
        table[path] = _spread(lags)
    return table


def _spread(values: list[float]) -> dict[str, float]:
    return {
        "p50": float(np.percentile(values, 50)),
        "p95": float(np.percentile(values, 95)),
        "n": len(values),
    }


async def _cpu(endpoint: RemoteEndpoint) -> float:
    """Share of a core the process uses, in percent."""
    process = psutil.Process(endpoint.process.pid)
    before = sum(process.cpu_times()[:2])
    await asyncio.sleep(CPU_SECONDS)
    return (sum(process.cpu_times()[:2]) - before) / CPU_SECONDS * 100


def _hub(alone: float, crowded: float) -> dict[str, float]:
    forwarding = (crowded - alone) / OBSERVERS
    transcoding = _transcoding()
    return {
        "cpu_percent_without_observers": alone,
        "cpu_percent_per_forwarded_observer": forwarding,
        "cpu_percent_per_transcoded_observer": transcoding,
        "forwarded_to_transcoded": forwarding / transcoding,
    }


def _transcoding() -> float:
    """CPU percent of decoding and re-encoding one 720p VP8 picture stream and one Opus stream."""
    generator = np.random.default_rng(1)
    base = generator.integers(0, 255, (SIZE[1] // 16, SIZE[0] // 16, 3), np.uint8)
    picture = np.kron(base, np.ones((16, 16, 1), np.uint8))
    source, again = Vp8Encoder(), Vp8Encoder()
    decoder = av.CodecContext.create("libvpx", "r")
    spent = 0.0
    for number in range(FRAMES):
        frame = av.VideoFrame.from_ndarray(np.roll(picture, 4 * number, axis=1), format="bgr24")
        frame.pts = number * VIDEO_RATE // FPS
        data = b"".join(vp8.parse(payload).data for payload in source.encode(frame, keyframe=number == 0))
        began = time.process_time()
        for decoded in decoder.decode(av.Packet(data)):
            decoded.pts = frame.pts
            again.encode(decoded, keyframe=number == 0)
        spent += time.process_time() - began
    return (spent / FRAMES * FPS + _opus_transcoding()) * 100


def _opus_transcoding() -> float:
    """Seconds of CPU per second of sound."""
    sound = (0.1 * np.sin(np.arange(960) * 0.1)).astype(np.float32)
    encoder, decoder, again = Encoder(), Decoder(), Encoder()
    packets = [encoder.encode(sound) for _ in range(50)]
    began = time.process_time()
    for packet in packets:
        again.encode(decoder.decode(packet))
    return time.process_time() - began


def _table(results: dict[str, object]) -> str:
    lines = ["one way, mouth to ear (ms)             p50    p95"]
    latencies = results["one_way_ms"]
    assert isinstance(latencies, dict)
    lines += [f"  {path:<34} {row['p50']:6.1f} {row['p95']:6.1f}" for path, row in latencies.items()]
    key = results["key_to_first_sample_ms"]
    assert isinstance(key, dict)
    lines.append(f"whisper key to the agent's ear (ms)  {key['p50']:6.1f} {key['p95']:6.1f}")
    lines.append(f"join link opened to first audio      {results['link_opened_to_first_audio_ms']:6.0f} ms")
    hub = results["hub"]
    assert isinstance(hub, dict)
    lines.append(
        f"hub CPU per forwarded observer       {hub['cpu_percent_per_forwarded_observer']:6.1f} % of a core"
    )
    lines.append(f"  decoding and re-encoding instead   {hub['cpu_percent_per_transcoded_observer']:6.1f} %")
    lines.append(f"  ratio                              {hub['forwarded_to_transcoded']:6.3f}")
    lines.append(f"memory of the agent's endpoint       {results['agent_endpoint_memory_mb']:6.0f} MB")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, help="also write the numbers here")
    options = parser.parse_args()
    results = asyncio.run(measure())
    print(_table(results))
    if options.json:
        options.json.write_bytes(msgspec.json.format(msgspec.json.encode(results), indent=2))


if __name__ == "__main__":
    main()
