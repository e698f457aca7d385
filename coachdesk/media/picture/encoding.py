"""How a camera and how a screen are encoded, and when a picture of them is due. Pure."""

from __future__ import annotations

from dataclasses import dataclass

STILL_SECONDS = 0.2
"""A picture as old as this, for which a keyframe is asked, is encoded once more: no newer one may be coming."""
LONGEST_DEBT = 6.0
"""Seconds; one picture never keeps the next waiting for longer."""
BUDGET_SECONDS, LEAST_BUDGET = 0.1, 24_000
"""What a picture of a screen that stands still may take: so many seconds of what the line bears, and no fewer bytes than
this."""
CHANGE_SECONDS, LEAST_CHANGE = 0.03, 4_000
"""As these, of one that has changed: the sooner it is there, the less the next one differs from it."""
ROOM_BYTES = 3_000
"""More than that still waiting to be sent, a line is not given another picture."""
SHARP_BYTES, MOST_SHARPENINGS = 1500, 40
"""A picture that stands still and takes more is not as sharp yet as it gets; and how often it is tried at most."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """Bit rates in bit/s.

    Attributes:
        best_quantizer, worst_quantizer: 0 to 63; how sharp a picture gets, and how unsharp it may be before it takes more
            bits than there are.
        screen_content: for text and flat areas.
        refinements: seconds after a change at which a picture that stands still is encoded anew; they have the far end
            notice what was lost last. Before that it is encoded until it is sharp, at intervals of the first of them.
        frame_rate: at most so many pictures a second, and fewer where they take more bits than there are; None: every
            picture of the source.
        pixel_rate: bit/s for each pixel, below which pictures are made smaller: see ``smaller``; None: they never are.
        keyframe_seconds: keyframes asked for so soon after one has gone out are those who wait for that one.
    """

    start_bitrate: int
    max_bitrate: int
    worst_quantizer: int
    best_quantizer: int = 4
    screen_content: bool = False
    refinements: tuple[float, ...] = ()
    frame_rate: float | None = None
    keyframe_seconds: float = 0.0
    pixel_rate: float | None = None


CAMERA = Encoding(start_bitrate=1_000_000, max_bitrate=1_500_000, worst_quantizer=56)
SCREEN = Encoding(
    start_bitrate=1_000_000,
    max_bitrate=8_000_000,
    worst_quantizer=54,
    best_quantizer=15,
    screen_content=True,
    refinements=(0.2, 1.0, 2.5),
    frame_rate=40.0,
    keyframe_seconds=1.0,
)
MOTION = Encoding(
    start_bitrate=1_000_000,
    max_bitrate=8_000_000,
    worst_quantizer=56,
    refinements=(0.2, 1.0, 2.5),
    keyframe_seconds=1.0,
    pixel_rate=1.0,
)
"""A screen on which something moves: every picture of it, as a camera's, and fewer pixels where there are not the bits."""


def budget(bitrate: int, *, still: bool) -> int:
    """Bytes that a picture of a screen is to take, of a line that bears ``bitrate`` bit/s; ``still``: as the one before."""
    seconds, least = (BUDGET_SECONDS, LEAST_BUDGET) if still else (CHANGE_SECONDS, LEAST_CHANGE)
    return max(least, round(bitrate * seconds / 8))


class Keyframes:
    """Whether the next picture is to be a keyframe. Asked on any thread."""

    def __init__(self, encoding: Encoding) -> None:
        self._encoding = encoding
        self._needed = True
        self._asked = False
        self._arrived = float("-inf")
        self._bitrate: int | None = None

    @property
    def due(self) -> bool:
        return self._needed or self._asked

    def need(self) -> None:
        """Somebody is there who has no picture at all, or may not have those before."""
        self._needed = True

    def ask(self, now: float) -> None:
        """Somebody has lost what came before, or waits for a keyframe that is on its way: then there is none besides."""
        if now >= self._arrived:
            self._asked = True

    def taken(self) -> bool:
        """Whether the picture that is encoded now is one."""
        due, self._needed, self._asked = self.due, False, False
        return due

    def follow(self, bitrate: int, now: float) -> None:
        """The lines bear ``bitrate`` from now on: what is on its way arrives sooner or later."""
        if self._bitrate is not None and self._arrived > now:
            self._arrived = now + min(LONGEST_DEBT, (self._arrived - now) * self._bitrate / bitrate)
        self._bitrate = bitrate

    def sent(self, size: int, bitrate: int, now: float) -> None:
        """One of ``size`` bytes goes out on lines that bear ``bitrate``, bit/s."""
        if self._encoding.keyframe_seconds:
            self._arrived = now + size * 8 / bitrate + self._encoding.keyframe_seconds


class Cadence:
    """When the newest picture of a source is to be encoded, and which time it gets: each gets a later one.

    Attributes:
        still: the picture that was due last had been encoded before.
    """

    def __init__(self, encoding: Encoding) -> None:
        self.still = False
        self._encoding = encoding
        self._seen = float("-inf")
        self._stamp = float("-inf")
        self._free = float("-inf")
        self._bitrate: int | None = None  # at which what is owed is paid
        self._begun = 0.0
        self._changed = 0.0
        self._refined = 0
        self._sharpened = 0

    def restart(self) -> None:
        """Another source: its picture is due at once, whenever it was taken."""
        self.again()
        self._free = float("-inf")

    def again(self) -> None:
        """The newest picture is to be sent otherwise than before: it is due as a new one is."""
        self._seen = float("-inf")

    def is_new(self, captured: float) -> bool:
        """The picture taken at ``captured`` has never been due."""
        return captured > self._seen

    def rests(self, captured: float) -> bool:
        """The picture taken at ``captured`` is not due any more, unless a keyframe is wanted."""
        return not self.is_new(captured) and self._refined == len(self._encoding.refinements)

    def due(self, captured: float, now: float, *, keyframe: bool) -> float | None:
        """The time to give the picture taken at ``captured``, seconds; None: it is not due. ``keyframe``: one is wanted."""
        if now < self._free:
            return None
        refinements = self._encoding.refinements
        still = not self.is_new(captured)
        if not still:
            self._seen, self._changed, self._refined, self._sharpened = captured, now, 0, 0
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
        self.still, self._begun = still, now
        return self._stamp

    def ready(self, waiting: int, now: float) -> bool:
        """Whether the lines have room for another picture, ``waiting`` bytes of those before not being sent yet."""
        return self._encoding.frame_rate is None or waiting <= ROOM_BYTES or now - self._begun >= LONGEST_DEBT

    def follow(self, bitrate: int, now: float) -> None:
        """The lines bear ``bitrate`` from now on: what is owed is paid sooner or later."""
        if self._bitrate is not None and self._free > now:
            self._free = now + min(LONGEST_DEBT, (self._free - now) * self._bitrate / bitrate)
        self._bitrate = bitrate

    def spent(self, size: int, bitrate: int, now: float) -> None:
        """The picture has become ``size`` bytes; where rate gives way to sharpness, the next waits until they are paid.

        The frame rate counts from when the picture was due: the time it took to encode is not added to it.
        """
        if self._encoding.frame_rate is not None:
            debt = min(LONGEST_DEBT, size * 8 / bitrate)
            self._free = max(self._begun + 1 / self._encoding.frame_rate, now + debt)
        if size > SHARP_BYTES and self._sharpened < MOST_SHARPENINGS:
            self._changed, self._refined = now, 0
            self._sharpened += 1
