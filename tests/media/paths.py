"""A sender, a network and a listener in simulated time, for tests of the playout buffer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from coachdesk.media.opus import Encoder
from coachdesk.media.packet import Packet
from coachdesk.media.pcm import BLOCK_SAMPLES, RATE, Samples
from coachdesk.media.playout import Playout


def tone(seconds: float, frequency: float = 440.0, amplitude: float = 0.2) -> Samples:
    time = np.arange(int(seconds * RATE)) / RATE
    return (amplitude * np.sin(2 * np.pi * frequency * time)).astype(np.float32)


def voice(seconds: float, seed: int = 1) -> Samples:
    """Something like speech: a gliding pulse train through a formant, with syllables. Opus codes it as a voice."""
    generator = np.random.default_rng(seed)
    time = np.arange(int(seconds * RATE)) / RATE
    pitch = 120 + 20 * np.sin(2 * np.pi * 0.7 * time)
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    buzz = sum(np.sin(k * phase) / k for k in range(1, 25))
    syllables = 0.55 + 0.45 * np.sin(2 * np.pi * 3.1 * time)
    return (0.08 * syllables * buzz + 0.002 * generator.standard_normal(len(time))).astype(np.float32)


def packets(
    sound: Samples, *, frame: int = 960, seq: int = 0, timestamp: int = 0, ssrc: int = 1, start: float = 100.0
) -> list[Packet]:
    """``sound`` as Opus packets; ``arrival`` is when each was complete, as if the network took no time."""
    encoder = Encoder(expected_loss=20)
    return [
        Packet(
            seq=(seq + index) & 0xFFFF,
            timestamp=(timestamp + at) & 0xFFFFFFFF,
            marker=index == 0,
            payload=encoder.encode(sound[at : at + frame]),
            ssrc=ssrc,
            arrival=start + (at + frame) / RATE,
        )
        for index, at in enumerate(range(0, len(sound) - frame + 1, frame))
    ]


def delayed(stream: Iterable[Packet], delay: Callable[[int], float | None]) -> list[Packet]:
    """The packets as a network delivers them: ``delay`` in seconds by position, None for a lost one."""
    out = []
    for index, packet in enumerate(stream):
        late = delay(index)
        if late is not None:
            out.append(packet._replace(arrival=packet.arrival + late))
    return sorted(out, key=lambda packet: packet.arrival)


@dataclass
class Heard:
    """What a listener got.

    Attributes:
        sound: all samples pulled; the first belongs to ``start``.
        delays: the playout's own delay at each pull with real sound, in ms.
    """

    start: float
    sound: Samples
    active: list[bool] = field(default_factory=list)
    delays: list[float] = field(default_factory=list)

    def between(self, first: float, last: float) -> Samples:
        return self.sound[int((first - self.start) * RATE) : int((last - self.start) * RATE)]


def ticks(start: float, seconds: float) -> Iterator[float]:
    return (start + index * BLOCK_SAMPLES / RATE for index in range(int(seconds * RATE / BLOCK_SAMPLES)))


def listen(
    playout: Playout, arriving: list[Packet], seconds: float, *, start: float = 100.0, phase: float = 0.0037
) -> Heard:
    """Pulls every 10 ms, putting what has arrived before each pull."""
    queue = sorted(arriving, key=lambda packet: packet.arrival)
    blocks, heard = [], Heard(start + phase, np.zeros(0, np.float32))
    for now in ticks(start + phase, seconds):
        while queue and queue[0].arrival <= now:
            playout.put(queue.pop(0))
        block = playout.pull(now)
        assert block.shape == (BLOCK_SAMPLES,)
        assert block.dtype == np.float32
        blocks.append(block)
        heard.active.append(playout.active)
        if playout.active:
            heard.delays.append(playout.stats.delay_ms)
    heard.sound = np.concatenate(blocks)
    return heard


def drifting(stream: Iterable[Packet], ppm: float, start: float = 100.0) -> list[Packet]:
    """As from a sender whose clock is so many millionths too fast."""
    return [packet._replace(arrival=start + (packet.arrival - start) / (1 + ppm * 1e-6)) for packet in stream]


def repeated(stream: Iterable[Packet], lost: set[int], distance: int) -> list[Packet]:
    """The packets without the lost ones, and copies of those with the packet ``distance`` later, if that comes."""
    whole = list(stream)
    out = [packet for index, packet in enumerate(whole) if index not in lost]
    for index in lost:
        later = index + distance
        if later < len(whole) and later not in lost:
            out.append(whole[index]._replace(arrival=whole[later].arrival, recovered=True))
    return sorted(out, key=lambda packet: packet.arrival)


def looped(stream: list[Packet], seconds: float) -> list[Packet]:
    """The payloads again and again, as one long stream of 20 ms packets from the first one on; encoding takes long."""
    first, frame = stream[0], 960
    return [
        first._replace(
            seq=(first.seq + index) & 0xFFFF,
            timestamp=(first.timestamp + index * frame) & 0xFFFFFFFF,
            payload=stream[index % len(stream)].payload,
            arrival=first.arrival + index * frame / RATE,
        )
        for index in range(int(seconds * RATE / frame))
    ]
