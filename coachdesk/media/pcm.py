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

SILENCE: Block = np.zeros(BLOCK_SAMPLES, np.float32)
SILENCE.setflags(write=False)
