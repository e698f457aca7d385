"""Clips of things with marks on them, made from pictures: a hand-held camera whose every movement is known.

Planes with pictures on them stand in a room; a pinhole camera (f = 1000 pixels at 1280 x 720) moves before them. What
it sees is blurred by its movement, noisy, coded as VP8 and decoded again.
"""

from __future__ import annotations

import fractions
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT, FOCAL, RATE = 1280, 720, 1000.0, 30
BITRATE = 1_500_000
CAMERA = np.array([[FOCAL, 0, WIDTH / 2 - 0.5], [0, FOCAL, HEIGHT / 2 - 0.5], [0, 0, 1.0]])
PICTURES = Path(__file__).parent / "pictures"
RICH = ("astronaut", "truck", "groceries", "koala", "card", "billboard", "signs", "coffee")
REPEATED = ("brick", "gravel")

Picture = NDArray[np.uint8]
Floats = NDArray[np.float64]
Track = Callable[[float], float]


def still(_: float) -> float:
    return 0.0


def wave(size: float, hertz: float, phase: float = 0.0) -> Track:
    """Back and forth, after half a second of rest."""
    return lambda t: (
        size * math.sin(2 * math.pi * hertz * (t - 0.5) + phase) * min(max((t - 0.5) / 0.4, 0), 1)
    )


def keys(*points: tuple[float, float]) -> Track:
    """Smoothly from one (second, value) to the next."""
    times, values = zip(*points, strict=True)

    def value(t: float) -> float:
        index = int(np.clip(np.searchsorted(times, t) - 1, 0, len(times) - 2))
        share = float(np.clip((t - times[index]) / (times[index + 1] - times[index]), 0, 1))
        return float(values[index] + (values[index + 1] - values[index]) * share * share * (3 - 2 * share))

    return value


@dataclass(frozen=True)
class Plane:
    """A picture ``width`` units wide, its middle at (``x``, ``y``, ``z``), turned about the vertical by degrees."""

    picture: Picture
    width: float
    z: float
    x: float = 0.0
    y: float = 0.0
    turned: float = 0.0

    def onto(self, rotation: Floats, position: Floats) -> Floats:
        """Its pixels to the camera's, for a camera at ``position``."""
        height, width = self.picture.shape[:2]
        unit = self.width / width
        a = math.radians(self.turned)
        right, down = np.array([math.cos(a), 0, math.sin(a)]), np.array([0, 1.0, 0])
        corner = np.array([self.x, self.y, self.z]) - right * self.width / 2 - down * height * unit / 2
        columns = np.stack([right * unit, down * unit, corner - position], 1)
        return np.asarray(CAMERA @ rotation @ columns)


@dataclass
class Clip:
    """What is filmed, and how. Angles in degrees, lengths in units (the mark is one unit away), times in seconds.

    Attributes:
        planes: the farthest first; the mark is on the last.
        mark: 4 x 2, pixels of the first picture.
        pan, nod, roll, x, y, nearer: where the camera is, and looks to, at a time; besides a hand's tremor.
        shutter: how long it is open.
        gain: of the light at a time. noise: grey levels.
        hand: seconds within which a hand lies over the mark.
        elsewhere: the second from which another place is seen, for good.
        frozen: seconds (from, to) in which the picture stands still.
        skipped: pictures between the first, which is drawn on, and the next.
    """

    planes: list[Plane]
    mark: Floats
    tremor: float = 1.0
    pan: Track = still
    nod: Track = still
    roll: Track = still
    x: Track = still
    y: Track = still
    nearer: Track = still
    shutter: float = 1 / 120
    gain: Track = field(default=lambda _: 1.0)
    noise: float = 2.0
    hand: tuple[float, float] | None = None
    elsewhere: float | None = None
    frozen: list[tuple[float, float]] = field(default_factory=list)
    skipped: int = 0
    seconds: float = 5.0


@dataclass(frozen=True)
class Shot:
    """A decoded picture, height x width x 3, and where the mark's corners are in it; None where it is not at all."""

    picture: Picture
    truth: Floats | None


@cache
def load(name: str) -> Picture:
    found = cv2.imread(str(PICTURES / f"{name}.jpg"))
    if found is None:
        raise SystemExit(f"the picture {name}.jpg is missing in {PICTURES}")
    return np.asarray(found, np.uint8)


def wall(rng: np.random.Generator, names: list[str], z: float, width: float, columns: int = 6) -> Plane:
    """A wall covered with pictures."""
    tile = 260
    rows = max(3, columns * 9 // 16)
    sheet = np.full((rows * tile, columns * tile, 3), rng.uniform(110, 210, 3), np.uint8)
    for number in range(rows * columns):
        name = (
            names[int(rng.integers(len(names)))] if number != rows // 2 * columns + columns // 2 else names[0]
        )
        size = int(rng.uniform(0.8, 1.0) * tile)
        row, column = divmod(number, columns)
        sheet[row * tile : row * tile + size, column * tile : column * tile + size] = cv2.resize(
            load(name), (size, size)
        )
    return Plane(cv2.resize(sheet, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC), width, z)


def shoot(clip: Clip, seed: int) -> Iterator[Shot]:
    """The pictures of a clip as a receiver sees them."""
    rng = np.random.default_rng(seed)
    tremor = _tremor(rng, clip.tremor)
    surface = cv2.perspectiveTransform(
        clip.mark[None], np.linalg.inv(clip.planes[-1].onto(*_pose(clip, tremor, 0.0)))
    )
    coder, decoder = _coder(), av.CodecContext.create("libvpx", "r")
    other = [wall(rng, list(REPEATED), 1.0, 4.0)]
    last: tuple[Picture, Floats | None] | None = None
    for number in range(round(clip.seconds * RATE)):
        t = number / RATE
        if 0 < number <= clip.skipped:
            continue
        if last is None or not any(start <= t < end for start, end in clip.frozen):
            gone = clip.elsewhere is not None and t >= clip.elsewhere
            picture = _expose(clip, other if gone else clip.planes, tremor, t)
            truth = cv2.perspectiveTransform(surface, clip.planes[-1].onto(*_pose(clip, tremor, t)))[0]
            if clip.hand is not None and clip.hand[0] <= t < clip.hand[1]:
                _cover(picture, truth.mean(0), t)
            noise = rng.normal(0, clip.noise, (HEIGHT // 2, WIDTH // 2)).astype(np.float32)
            grain = cv2.resize(noise, (WIDTH, HEIGHT))[..., None]
            last = (
                np.clip(picture * np.float32(clip.gain(t)) + grain, 0, 255).astype(np.uint8),
                None if gone else truth,
            )
        yield from (Shot(decoded, last[1]) for decoded in _coded(coder, decoder, last[0], number))


def _tremor(rng: np.random.Generator, size: float) -> Callable[[float], Floats]:
    """Degrees of nod, pan and roll, and units of x, y and z: slow swaying and fast trembling, as hands do."""
    frequency = np.geomspace(0.2, 10, 20)
    phase = rng.uniform(0, 2 * np.pi, (6, 20))
    strength = rng.normal(0, 1, (6, 20)) * frequency**-1.1
    strength *= (size * np.array([0.5, 0.6, 0.4, 0.008, 0.008, 0.008]) / np.sqrt((strength**2).sum(1) / 2))[
        :, None
    ]
    zero = (strength * np.sin(phase)).sum(1)
    return lambda t: (strength * np.sin(2 * np.pi * frequency * t + phase)).sum(1) - zero


def _pose(clip: Clip, tremor: Callable[[float], Floats], t: float) -> tuple[Floats, Floats]:
    shake = tremor(t)
    nod, pan, roll = np.radians([clip.nod(t) + shake[0], clip.pan(t) + shake[1], clip.roll(t) + shake[2]])
    turns = (np.array([nod, 0, 0]), np.array([0, -pan, 0]), np.array([0, 0, roll]))
    about_x, about_y, about_z = (np.asarray(cv2.Rodrigues(turn)[0], np.float64) for turn in turns)
    return about_z @ about_x @ about_y, np.array([clip.x(t), clip.y(t), clip.nearer(t)]) + shake[3:]


def _expose(
    clip: Clip, planes: list[Plane], tremor: Callable[[float], Floats], t: float
) -> NDArray[np.float32]:
    """The mean of what is seen while the shutter is open; the first picture is sharp."""
    start, end = (planes[-1].onto(*_pose(clip, tremor, t + side * clip.shutter / 2)) for side in (-1, 1))
    middle = np.array([[[WIDTH / 2, HEIGHT / 2]]])
    there = cv2.perspectiveTransform(middle, end @ np.linalg.inv(start))
    steps = 1 if t == 0 else int(np.clip(math.ceil(float(np.abs(there - middle).max()) / 3), 1, 10))
    times = [t + clip.shutter * ((step + 0.5) / steps - 0.5) for step in range(steps)]
    return np.mean([_render(planes, *_pose(clip, tremor, time)) for time in times], 0, dtype=np.float32)


def _render(planes: list[Plane], rotation: Floats, position: Floats) -> Picture:
    seen = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    for number, plane in enumerate(planes):
        border = cv2.BORDER_REFLECT_101 if number == 0 else cv2.BORDER_TRANSPARENT
        onto = plane.onto(rotation, position)
        seen = cv2.warpPerspective(plane.picture, onto, (WIDTH, HEIGHT), seen, cv2.INTER_LINEAR, border)
    return np.asarray(seen, np.uint8)


def _cover(picture: NDArray[np.float32], where: Floats, t: float) -> None:
    """A hand with four fingers over the mark, waving."""
    x, y = np.clip(where, -500, 2000) + np.array([60 * math.sin(6 * t), 50 * math.sin(4.5 * t)])
    skin = (95.0, 130.0, 190.0)
    for finger in (-75, -25, 25, 75):
        cv2.line(
            picture, (int(x + finger), int(y)), (int(x + 1.6 * finger), int(y - 150)), skin, 42, cv2.LINE_AA
        )
    cv2.ellipse(picture, (int(x), int(y + 40)), (115, 105), 0, 0, 360, skin, -1, cv2.LINE_AA)
    cv2.line(picture, (int(x), int(y + 80)), (int(x + 60), int(y + 600)), skin, 130, cv2.LINE_AA)


def _coder() -> Any:
    coder: Any = av.CodecContext.create("libvpx", "w")
    coder.width, coder.height, coder.pix_fmt, coder.bit_rate = WIDTH, HEIGHT, "yuv420p", BITRATE
    coder.time_base, coder.gop_size, coder.thread_count = fractions.Fraction(1, RATE), 3000, 1
    coder.options = {
        "deadline": "realtime",
        "cpu-used": "6",
        "lag-in-frames": "0",
        "minrate": str(BITRATE),
        "maxrate": str(BITRATE),
    }
    return coder


def _coded(coder: Any, decoder: Any, picture: Picture, number: int) -> Iterator[Picture]:
    frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
    frame.pts, frame.time_base = number, fractions.Fraction(1, RATE)
    for packet in coder.encode(frame):
        for decoded in decoder.decode(packet):
            yield decoded.to_ndarray(format="bgr24")
