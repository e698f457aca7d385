"""Sounds that can be told apart in any mix: each has a sample of the block to itself."""

from __future__ import annotations

from collections import deque

import numpy as np

from coachdesk.events import Reading
from coachdesk.media.packet import Packet
from coachdesk.media.pcm import BLOCK_SAMPLES, SILENCE, Block, Samples
from tests.fakes.readings import reading

LEVEL = 0.5
LONGEST_QUEUE = 12


def block_of(token: int) -> Block:
    """10 ms in which sample ``token`` alone sounds."""
    block = SILENCE.copy()
    block[token % BLOCK_SAMPLES] = LEVEL
    return block


def tokens_in(sound: Samples) -> set[int]:
    """Which sounds are in a block, or in a frame of several."""
    return {int(index) % BLOCK_SAMPLES for index in np.flatnonzero(sound)}


class PlainEncoder:
    """In place of Opus: the samples themselves."""

    def __init__(self, *, bitrate: int, expected_loss: int) -> None:
        self.bitrate, self.expected_loss = bitrate, expected_loss

    def encode(self, sound: Samples) -> bytes:
        return sound.astype(np.float32).tobytes()

    def reset(self) -> None: ...

    def set_bitrate(self, bitrate: int) -> None:
        self.bitrate = bitrate

    def set_expected_loss(self, percent: int) -> None:
        self.expected_loss = percent


def decoded(payload: bytes) -> set[int]:
    """What ``PlainEncoder`` encoded; a packet without content says that there is silence."""
    if len(payload) == 1:
        return set()
    return tokens_in(np.frombuffer(payload, np.float32))


class QueueEar:
    """In place of ``Ear``: plays the packets in order, one per 10 ms; a packet's payload is its token."""

    def __init__(self) -> None:
        self.speaking = False
        self._queue: deque[int] = deque(maxlen=LONGEST_QUEUE)

    def put(self, packet: Packet) -> None:
        self._queue.append(int(packet.payload.split(b"#")[1]))

    def pull(self, now: float) -> Block:
        return block_of(self._queue.popleft()) if self._queue else SILENCE

    def flush(self) -> None:
        self._queue.clear()

    def read(self, way_ms: float) -> Reading | None:
        """The way it was told, for want of a sound."""
        return reading(way_ms)

    def stats(self) -> dict[str, float]:
        return {}
