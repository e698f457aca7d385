"""How a camera and how a screen are encoded, and when a picture of them is due. Pure."""

from __future__ import annotations

from dataclasses import dataclass

STILL_SECONDS = 0.2
"""A picture as old as this, for which a keyframe is asked, is encoded once more: no newer one may be coming."""
LONGEST_DEBT = 2.0
"""Seconds; one picture never keeps the next waiting for longer."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """Bit rates in bit/s.

    Attributes:
        worst_quantizer: 0 to 63; how unsharp a picture may get before it takes more bits than there are.
        screen_content: for text and flat areas.
        refinements: seconds after a change at which a picture that stands still is encoded anew, sharper each time; they
            also have the far end notice what was lost last.
        frame_rate: at most so many pictures a second, and fewer where they take more bits than there are; None: every
            picture of the source.
    """

    start_bitrate: int
    max_bitrate: int
    worst_quantizer: int
    screen_content: bool = False
    refinements: tuple[float, ...] = ()
    frame_rate: float | None = None


CAMERA = Encoding(start_bitrate=1_000_000, max_bitrate=1_500_000, worst_quantizer=56)
SCREEN = Encoding(
    start_bitrate=1_500_000,
    max_bitrate=2_000_000,
    worst_quantizer=42,
    screen_content=True,
    refinements=(0.3, 1.0, 2.5),
    frame_rate=15.0,
)


class Cadence:
    """When the newest picture of a source is to be encoded, and which time it gets: each gets a later one."""

    def __init__(self, encoding: Encoding) -> None:
        self._encoding = encoding
        self._seen = float("-inf")
        self._stamp = float("-inf")
        self._free = float("-inf")
        self._begun = 0.0
        self._changed = 0.0
        self._refined = 0

    def restart(self) -> None:
        """Another source: its picture is due at once, whenever it was taken."""
        self._seen = self._free = float("-inf")

    def due(self, captured: float, now: float, *, keyframe: bool) -> float | None:
        """The time to give the picture taken at ``captured``, seconds; None: it is not due. ``keyframe``: one is wanted."""
        if now < self._free:
            return None
        refinements = self._encoding.refinements
        if captured > self._seen:
            self._seen, self._changed, self._refined = captured, now, 0
            self._stamp = captured if captured > self._stamp else max(now, self._stamp + 0.001)
        elif keyframe and now - self._stamp >= STILL_SECONDS:
            self._stamp = now
        elif (
            self._refined < len(refinements)
            and now > self._stamp
            and now - self._changed >= refinements[self._refined]
        ):
            self._refined += 1
            self._stamp = now
        else:
            return None
        self._begun = now
        return self._stamp

    def spent(self, size: int, bitrate: int, now: float) -> None:
        """The picture has become ``size`` bytes; where rate gives way to sharpness, the next waits until they are paid.

        The frame rate counts from when the picture was due: the time it took to encode is not added to it.
        """
        if self._encoding.frame_rate is not None:
            debt = min(LONGEST_DEBT, size * 8 / bitrate)
            self._free = max(self._begun + 1 / self._encoding.frame_rate, now + debt)
