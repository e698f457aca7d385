"""One source of sound, encoded once and sent to many."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from coachdesk.media.compat import RtpOut
from coachdesk.media.opus import Encoder
from coachdesk.media.pcm import BLOCK_SAMPLES, SILENCE, Block

FRAME_BLOCKS = 2
"""10 ms blocks in an Opus frame: 20 ms, what every WebRTC peer expects."""


class AudioOut:
    """Takes a 10 ms block per tick, sends a 20 ms Opus frame every second tick.

    A frame belongs to the outs that were given with its first block: what was spoken to one set of listeners never
    ends up with another. The RTP timestamp counts ticks, so that silence between two spurts keeps its length.
    """

    def __init__(self) -> None:
        self._encoder = Encoder()
        self._blocks: list[Block] = []
        self._outs: tuple[RtpOut, ...] = ()
        self._ticks = 0
        self._talking = False

    def push(self, block: Block, outs: Iterable[RtpOut]) -> None:
        """One block for ``outs``. Blocks for nobody cost nothing and are not encoded."""
        targets = tuple(outs)
        if self._blocks and targets != self._outs:
            self._finish()
        if targets:
            if not self._talking and not self._blocks:
                self._encoder.reset()  # nothing of an earlier spurt is left in the encoder's look-ahead
            self._outs = targets
            self._blocks.append(block)
            if len(self._blocks) == FRAME_BLOCKS:
                self._send()
        else:
            self._talking = False
        self._ticks += 1

    def _finish(self) -> None:
        """Sends a half-filled frame, padded with silence, to those it was spoken to."""
        while len(self._blocks) < FRAME_BLOCKS:
            self._blocks.append(SILENCE)
        self._send()

    def _send(self) -> None:
        payload = self._encoder.encode(np.concatenate(self._blocks))
        start = (self._ticks + 1 - len(self._blocks)) * BLOCK_SAMPLES
        self._blocks = []
        for out in self._outs:
            out.send(payload, start, marker=not self._talking)
        self._talking = True
