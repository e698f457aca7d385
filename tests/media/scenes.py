"""A camera over a pattern, without a camera: pictures of which every point's place is known."""

from __future__ import annotations

import math
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from coachdesk.media.tracking.geometry import Floats, Homography, transform

WIDTH, HEIGHT = 1280, 720
MARK: Floats = np.array([[560.0, 300.0], [740.0, 310.0], [730.0, 430.0], [550.0, 420.0]])
"""A quadrilateral in the first picture."""

Picture = NDArray[np.uint8]


@lru_cache(maxsize=8)
def pattern(seed: int = 1) -> Picture:
    """Something printed: blotches of several sizes, boxes and lines; 2200 x 2200 grey."""
    rng = np.random.default_rng(seed)
    side = 2200
    sheet = np.full((side, side), 128, np.float32)
    for cell, contrast in ((8, 10), (25, 25), (90, 30)):
        noise = rng.normal(0, 1, (side // cell + 1, side // cell + 1)).astype(np.float32)
        sheet += contrast * cv2.resize(noise, (side, side), interpolation=cv2.INTER_CUBIC)
    for _ in range(420):
        x, y = (int(v) for v in rng.integers(0, side, 2))
        w, h = (int(v) for v in rng.integers(10, 90, 2))
        cv2.rectangle(
            sheet, (x, y), (x + w, y + h), float(rng.uniform(10, 245)), int(rng.integers(-1, 5)), cv2.LINE_AA
        )
    return np.clip(sheet, 0, 255).astype(np.uint8)


@lru_cache(maxsize=2)
def rings(greys: int) -> Picture:
    """The same rings again and again, 44 pixels apart, in so many greys: 2200 x 2200 grey."""
    rng = np.random.default_rng(5)
    side, pitch = 2200, 44
    sheet = np.full((side, side), 190, np.uint8)
    shades = rng.choice(np.linspace(40, 130, greys), (side // pitch, side // pitch))
    for (row, column), grey in np.ndenumerate(shades):
        middle = (column * pitch + pitch // 2, row * pitch + pitch // 2)
        cv2.circle(sheet, middle, 14, float(grey), 6, cv2.LINE_AA)
    return sheet


def looking(x: float = 0, y: float = 0, *, zoom: float = 1, turn: float = 0, tilt: float = 0) -> Homography:
    """From the first picture to one taken ``x``, ``y`` pixels farther right and down, nearer by ``zoom``, turned and
    tilted by so many degrees."""
    middle = np.array([[1, 0, WIDTH / 2], [0, 1, HEIGHT / 2], [0, 0, 1.0]])
    c, s = math.cos(math.radians(turn)), math.sin(math.radians(turn))
    turned = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1.0]])
    a = math.radians(tilt)
    tilted = np.array([[math.cos(a), 0, 0], [0, 1, 0], [math.sin(a) / 1000, 0, 1.0]])
    moved = np.array([[zoom, 0, -x], [0, zoom, -y], [0, 0, 1.0]])
    return middle @ tilted @ turned @ moved @ np.linalg.inv(middle)


def picture(
    view: Homography,
    seed: int = 1,
    *,
    noise: float = 2.0,
    gain: float = 1.0,
    size: float = 1.0,
    greys: int = 0,
) -> Picture:
    """What the camera sees; `looking` says from where. Grey, 1280 x 720 times ``size``. Of rings in so many ``greys``."""
    sheet = rings(greys) if greys else pattern(seed)
    onto = np.array(
        [[1, 0, (WIDTH - sheet.shape[1]) / 2], [0, 1, (HEIGHT - sheet.shape[0]) / 2], [0, 0, 1.0]]
    )
    scale = np.diag([size, size, 1.0])
    wide, high = round(WIDTH * size), round(HEIGHT * size)
    seen = cv2.warpPerspective(sheet, scale @ view @ onto, (wide, high), borderMode=cv2.BORDER_REFLECT_101)
    grain = np.roll(_grain(seen.shape), int(view[0, 2] * 100) % 997)
    return np.clip(seen * gain + noise * grain, 0, 255).astype(np.uint8)


def shaded(seen: Picture, x: int) -> Picture:
    """The same under light and shadow in large blotches, ``x`` pixels farther left."""
    light = 1 + 0.5 * _clouds()[:, x : x + WIDTH]
    return np.clip(seen * np.clip(light, 0.15, 1.9), 0, 255).astype(np.uint8)


@lru_cache(maxsize=1)
def _clouds() -> NDArray[np.float32]:
    """720 x 2560, zero mean, unit variance."""
    coarse = (
        np.random.default_rng(5).normal(0, 1, (HEIGHT // 100 + 1, 2 * WIDTH // 100 + 1)).astype(np.float32)
    )
    clouds = cv2.resize(coarse, (2 * WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    return np.asarray((clouds - clouds.mean()) / clouds.std(), np.float32)


@lru_cache(maxsize=4)
def _grain(shape: tuple[int, ...]) -> NDArray[np.float32]:
    return np.random.default_rng(7).normal(0, 1, shape).astype(np.float32)


def content(points: Floats) -> Floats:
    """Pixels of 1280 x 720 as 0..1 of the content."""
    return (points + 0.5) / [WIDTH, HEIGHT]


def off(h: Homography | None, view: Homography, mark: Floats = MARK) -> float:
    """Pixels at 720p between where ``h`` (0..1 to 0..1) puts the mark and where it is."""
    assert h is not None
    shown = transform(h, content(mark)) * [WIDTH, HEIGHT] - 0.5
    return float(np.linalg.norm(shown - transform(view, mark), axis=1).max())
