"""One source of sound, encoded once and sent to many."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from coachdesk.media.connection.rate import GOOD_LOSS, Path, settings
from coachdesk.media.mixer import dbfs
from coachdesk.media.opus import Encoder
from coachdesk.media.pcm import BLOCK_SAMPLES, BLOCK_SECONDS, SILENCE, Block

SILENT_DBFS = -70.0
HANGOVER_TICKS, REMINDER_TICKS = 20, 40
"""Ticks of silence before it counts as a pause, and from one packet that says so to the next."""
SURELY_HEARD_TICKS = 10
"""After a packet that says so, until a block may be left out: no timestamp comes twice."""
APART_TICKS = 300
"""From one block left out to the next. Receivers measure how late packets are by the fastest of the last seconds (2 in
Chromium), and what is left out is late to them: more at once would have them wait for longer again."""
ADAPT_TICKS = 50
"""How often the encoder follows the reports of those who listen, in ticks of 10 ms."""
_NOWHERE = Path()
_NOWHERE.loss = GOOD_LOSS  # frames of 20 ms: half the work


class Out(Protocol):
    """One listener: see ``rtpout.RtpOut``."""

    @property
    def path(self) -> Path: ...
    def send(self, payload: bytes, timestamp: int, *, marker: bool = False) -> None: ...
    def forget(self) -> None: ...


@dataclass(frozen=True)
class Kept:
    """A listener, or nobody, whose frames are noted as well."""

    keep: Callable[[bytes, int], None]
    out: Out | None = None

    @property
    def path(self) -> Path:
        return self.out.path if self.out is not None else _NOWHERE

    def send(self, payload: bytes, timestamp: int, *, marker: bool = False) -> None:
        self.keep(payload, timestamp)
        if self.out is not None:
            self.out.send(payload, timestamp, marker=marker)

    def forget(self) -> None:
        if self.out is not None:
            self.out.forget()


class AudioOut:
    """Takes a 10 ms block per tick, sends Opus frames of 10 or 20 ms, as the paths of the listeners bear (``rate``).

    A frame belongs to the outs that were given with its first block: what was spoken to one set of listeners never
    ends up with another, nor does a spurt carry copies of an earlier one. The RTP timestamp follows the clock, so that
    silence between two spurts keeps its length, and what a stalled machine left out too.

    In silence next to nothing is sent (DTX), by level alone: the encoder's own DTX takes a steady tone for silence.
    """

    def __init__(self) -> None:
        self._settings = settings([])
        self._encoder = Encoder(bitrate=self._settings.bitrate, expected_loss=self._settings.expected_loss)
        self._adapted = -ADAPT_TICKS
        self._blocks: list[Block] = []
        self._outs: tuple[Out, ...] = ()
        self._tick = self._frame_tick = 0  # of the newest block, and of the first in the frame
        self._talking = False
        self._quiet = 0  # ticks of silence so far
        self._toc = 0
        self._left_out = 0  # ticks, of silence
        self._leave_out = False
        self._shortened = -APART_TICKS

    def shorten_pause(self) -> None:
        """Leaves a block out of the next pause: what follows is played that much sooner, where it would wait in a buffer."""
        if self._tick - self._shortened >= APART_TICKS:
            self._leave_out = True

    def push(self, block: Block, outs: Iterable[Out], now: float) -> None:
        """One block for ``outs``, due at ``now`` (seconds). Blocks for nobody cost nothing and are not encoded."""
        targets, tick = tuple(outs), round(now / BLOCK_SECONDS)
        if self._blocks and (targets != self._outs or tick != self._tick + 1):
            self._finish()
        self._tick = tick
        if targets:
            if not self._blocks:
                self._begin_frame(targets)
            self._blocks.append(block)
            if len(self._blocks) == self._settings.blocks:
                self._send()
        else:
            self._talking = False

    def _begin_frame(self, targets: tuple[Out, ...]) -> None:
        self._frame_tick = self._tick
        if not self._talking:
            self._encoder.reset()  # nothing of an earlier spurt is left in the encoder's look-ahead
        for out in targets:
            if not self._talking or out not in self._outs:
                out.forget()
        if targets != self._outs or self._tick - self._adapted >= ADAPT_TICKS:
            self._adapt(targets)
        self._outs = targets

    def _adapt(self, targets: tuple[Out, ...]) -> None:
        """Encodes as suits the present listeners from now on."""
        self._adapted = self._tick
        wanted = settings(out.path for out in targets)
        if wanted.bitrate != self._settings.bitrate:
            self._encoder.set_bitrate(wanted.bitrate)
        if wanted.expected_loss != self._settings.expected_loss:
            self._encoder.set_expected_loss(wanted.expected_loss)
        self._settings = wanted

    def _finish(self) -> None:
        """Sends a half-filled frame, padded with silence, to those it was spoken to."""
        while len(self._blocks) < self._settings.blocks:
            self._blocks.append(SILENCE)
        self._send()

    def _send(self) -> None:
        sound, count = np.concatenate(self._blocks), len(self._blocks)
        self._blocks = []
        self._quiet = self._quiet + count if dbfs(sound) < SILENT_DBFS else 0
        start = (self._frame_tick - self._left_out) * BLOCK_SAMPLES & 0xFFFFFFFF
        if self._quiet > HANGOVER_TICKS:
            self._pause(start, count)
        else:
            payload = self._encoder.encode(sound)
            self._toc = payload[0] & ~0x03  # one frame; the length of frames is in it
            self._put(payload, start)
            self._talking = True

    def _pause(self, start: int, count: int) -> None:
        """Says now and then that there is silence: an Opus packet without content (RFC 6716, 3.1)."""
        said = (self._quiet - HANGOVER_TICKS - 1) % REMINDER_TICKS  # so many ticks ago
        if said < count:
            self._put(bytes([self._toc]), start)
        elif self._leave_out and said >= SURELY_HEARD_TICKS:
            self._left_out += 1
            self._leave_out = False
            self._shortened = self._tick
        self._talking = False

    def _put(self, payload: bytes, start: int) -> None:
        for out in self._outs:
            out.send(payload, start, marker=not self._talking)
