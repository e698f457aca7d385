"""Which parts of a screen have changed since the picture before. Pure."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

TILE = 64
"""Pixels, width and height."""

Picture = NDArray[np.uint8]


def changed_tiles(before: Picture, after: Picture) -> NDArray[np.bool_]:
    """Rows x columns of tiles, True where any pixel differs; height x width x channels in, of one shape.

    Those at the right and lower edge may be smaller. Rows of tiles that are equal cost one comparison.
    """
    height, width = after.shape[:2]
    before, after = _by_pixel(before), _by_pixel(after)
    rows, columns = -(-height // TILE), -(-width // TILE)
    found = np.zeros((rows, columns), np.bool_)
    edges = np.arange(0, width, TILE)
    for row in range(rows):
        band = slice(row * TILE, (row + 1) * TILE)
        if not np.array_equal(before[band], after[band]):
            differing = (before[band] != after[band]).any(axis=(0, 2))
            found[row] = np.logical_or.reduceat(differing, edges)
    return found


def _by_pixel(picture: Picture) -> NDArray[Any]:
    """Four channels as one number: compared many times as fast."""
    return picture.view(np.uint32) if picture.shape[2] == 4 else picture


class Damage:
    """Keeps the newest picture of a source, height x width x channels, and tells whether another differs.

    Attributes:
        picture: the newest, never written to again; None before the first.
    """

    def __init__(self) -> None:
        self.picture: Picture | None = None

    def update(self, picture: Picture) -> int:
        """How many tiles of ``picture``, which is copied if there are any, are not as before."""
        before = self.picture
        if before is None or before.shape != picture.shape:
            self.picture = picture.copy()
            rows, columns = (-(-side // TILE) for side in picture.shape[:2])
            return int(rows * columns)
        changed = int(changed_tiles(before, picture).sum())
        if changed:
            self.picture = picture.copy()
        return changed
