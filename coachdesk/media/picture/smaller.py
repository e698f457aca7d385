"""How large pictures of motion are sent: smaller, where a line does not bear them as they are at full frame rate. Pure."""

from __future__ import annotations

SCALES = (1.0, 0.75, 0.5, 0.375, 0.25)
LEAST_SIDE = 160
"""Pixels; no picture gets smaller than that by it."""
GROW = 1.3
"""So many times the bits that a size needs are there before it is taken again: each change costs a keyframe."""


class Smaller:
    """``pixel_rate``: bit/s that a pixel of the picture is to have; None: pictures are sent as they are."""

    def __init__(self, pixel_rate: float | None) -> None:
        self._pixel_rate = pixel_rate
        self._scale = 1.0

    def size(self, width: int, height: int, bitrate: int) -> tuple[int, int]:
        """Width and height, even, to which a picture is to be scaled on a line that bears ``bitrate`` bit/s."""
        rate = self._pixel_rate
        if rate is None:
            return width, height
        fitting = [scale for scale in SCALES if self._needs(scale, width, height, rate) <= bitrate]
        best = fitting[0] if fitting else SCALES[-1]
        if best < self._scale or bitrate >= GROW * self._needs(best, width, height, rate):
            self._scale = best
        scale = max(self._scale, min(1.0, LEAST_SIDE / min(width, height)))
        return int(width * scale) & ~1, int(height * scale) & ~1

    def _needs(self, scale: float, width: int, height: int, rate: float) -> float:
        """Bit/s."""
        return scale * scale * width * height * rate
