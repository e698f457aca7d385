"""A moving picture that tells by itself when it was made. Pure."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT = 1280, 720
CELL = 32
BITS = 32
ROW = HEIGHT - 2 * CELL
BAR = 80
COLOURS = ((60, 60, 60), (40, 120, 200), (60, 160, 90), (150, 90, 160), (170, 150, 60), (80, 90, 190))


def draw(time: float) -> NDArray[np.uint8]:
    """The pattern at ``time`` (seconds): 720 x 1280 x 3, BGR; `read_time` reads that from a transmitted copy."""
    picture = _background().copy()
    left = int(time * 240) % (WIDTH - BAR)
    picture[: HEIGHT // 2, left : left + BAR] = (235, 235, 235)
    stamp = round(time * 1000) % (1 << BITS)
    for bit in range(BITS):
        shade = 235 if stamp >> bit & 1 else 16
        picture[ROW : ROW + CELL, (bit + 4) * CELL : (bit + 5) * CELL] = shade
    return picture


def read_time(picture: NDArray[np.uint8]) -> float:
    """Seconds (modulo 2**32 ms, to the ms) burnt into a copy of the pattern of any size, BGR or BGRA."""
    scale = picture.shape[1] / WIDTH
    row = int((ROW + CELL / 2) * scale)
    stamp = 0
    for bit in range(BITS):
        column = int((bit + 4.5) * CELL * scale)
        stamp |= int(picture[row, column, :3].mean() > 128) << bit
    return stamp / 1000


@functools.cache
def _background() -> NDArray[np.uint8]:
    picture = np.empty((HEIGHT, WIDTH, 3), np.uint8)
    for index, colour in enumerate(COLOURS):
        picture[:, index * WIDTH // len(COLOURS) : (index + 1) * WIDTH // len(COLOURS)] = colour
    picture[ROW - CELL : ROW + 2 * CELL] = 128
    return picture
