"""The one form of sound inside CoachDesk: 10 ms blocks of mono float32 at 48 kHz, full scale 1.0. Pure."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

RATE = 48_000
BLOCK_SAMPLES = 480
BLOCK_SECONDS = BLOCK_SAMPLES / RATE

Samples: TypeAlias = NDArray[np.float32]
"""Any number of samples, shape (n,)."""
Block: TypeAlias = NDArray[np.float32]
"""10 ms of sound, shape (480,)."""
Stereo: TypeAlias = NDArray[np.float32]
"""10 ms for two ears, shape (480, 2): left, right."""

SILENCE: Block = np.zeros(BLOCK_SAMPLES, np.float32)
SILENCE.setflags(write=False)


def mono(block: Block | Stereo) -> Block:
    """What one ear hears of ``block``: the mean of both sides, so that nothing grows too loud."""
    return block if block.ndim == 1 else block.mean(axis=1)


def on_channels(block: Block | Stereo, channels: int) -> NDArray[np.float32]:
    """``block`` as shape (480, channels): mono sound on both sides, stereo mixed down where there is one channel."""
    if block.ndim == 1 or channels == 1:
        return np.repeat(mono(block)[:, np.newaxis], channels, axis=1)
    return block
