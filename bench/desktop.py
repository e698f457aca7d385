"""What the test window of ``bench/screen.py`` shows: a page of small text on which things happen, and a clock to be read
by machines. Pure.

A picture has a number, which it shows, and is made from it alone. The number tells the scene, and the step within it. The
clock is a row of squares, one for each bit, over the same in reverse: what is in between two numbers is told from both.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from coachdesk.screen.masks import Rect, within

WIDTH, HEIGHT = 1920, 1080
BITS, SQUARE = 16, 24
CLEAR = 80
"""Shades of 256 between a square and its reverse, where a number is to be believed."""
STEPS = 2048
"""Of each scene, then it begins again."""
TEXT_SIZE, LINE = 13, 20
PAGE_LINES = 300
MARGIN, TOP = 40, 80
PROSE = """
order invoice customer router cable light restart contract address ticket refund Thursday 4711 0.25 EUR technician the of to
which and is was open since yesterday evening please hold line while (see) IlL1 O0 rn m; offline serial number
"""
TYPED = (
    "I can see your router has been offline since yesterday evening; could you tell me which lights are on? "
)

Picture = NDArray[np.uint8]


class Scene(NamedTuple):
    """``rate``: steps a second, 0 where nothing happens; ``area``: all that may change beside the clock."""

    name: str
    rate: float
    area: Rect


SCREEN = Rect(0, 0, WIDTH, HEIGHT)
CLOCK = Rect(0, 0, BITS * SQUARE, 2 * SQUARE)
PAGE = Rect(MARGIN, TOP, 1200, HEIGHT - TOP)
"""Whose sharpness is measured."""
FIELD = Rect(1300, 200, 580, LINE)
DRAGGED, ROOM = (600, 400), Rect(300, 150, 1500, 850)
"""Size of the window that is dragged, and where that is."""
VIDEO = Rect(1270, 300, 640, 360)
SCENES = (
    Scene("idle", 0, FIELD),
    Scene("single", 0.4, FIELD),
    Scene("typing", 8, FIELD),
    Scene("scrolling", 30, PAGE),
    Scene("dragging", 30, ROOM),
    Scene("video", 25, VIDEO),
)
"""``single``: one change in a while, on a screen that stands still."""


def number(scene: int, step: int) -> int:
    return scene * STEPS + step % STEPS


def cut(area: Rect) -> tuple[slice, slice]:
    """Rows and columns of the screen that ``area`` takes."""
    return within(area, SCREEN)


def picture(number: int) -> Picture:
    """Height x width x 4, BGRA."""
    scene, step = SCENES[number // STEPS % len(SCENES)], number % STEPS
    screen = _still().copy()
    match scene.name:
        case "single" | "typing":
            _type(screen, step)
        case "scrolling":
            screen[cut(PAGE)] = _page()[LINE * (step % PAGE_LINES) :][: PAGE.height]
        case "dragging":
            _drag(screen, step)
        case "video":
            screen[cut(VIDEO)] = _film(step)
    screen[cut(CLOCK)] = _clock(number)
    return screen


def text(number: int) -> list[str]:
    """The lines on the page of that picture, which nothing lies over."""
    scene, step = SCENES[number // STEPS % len(SCENES)], number % STEPS
    first = step % PAGE_LINES if scene.name == "scrolling" else 0
    return _lines()[first : first + PAGE.height // LINE]


def shade(picture: Picture) -> Picture:
    """Height x width, 0 to 255, of BGRA."""
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGRA2GRAY), np.uint8)


def number_in(grey: Picture) -> int | None:
    """What the clock says, in a picture of any size; None where that is not clear."""
    size = SQUARE * grey.shape[1] / WIDTH
    reach = max(1, int(size / 4))
    levels = [
        [
            float(
                grey[int(y * size) - reach : int(y * size) + reach][
                    :, int(x * size) - reach : int(x * size) + reach
                ].mean()
            )
            for x in np.arange(BITS) + 0.5
        ]
        for y in (0.5, 1.5)
    ]
    return number_of(levels)


def number_of(levels: list[list[float]]) -> int | None:
    """From the shades of the squares, and of those in reverse."""
    squares, reverse = np.array(levels)
    differences = squares - reverse
    if np.abs(differences).min() < CLEAR:
        return None
    return int(sum(1 << bit for bit in np.nonzero(differences > 0)[0].tolist()))


def _clock(number: int) -> Picture:
    bits = np.array([number >> bit & 1 for bit in range(BITS)], np.uint8) * 255
    rows = np.kron(np.stack([bits, 255 - bits]), np.ones((SQUARE, SQUARE), np.uint8))
    return np.repeat(rows[:, :, None], 4, axis=2)


@cache
def _still() -> Picture:
    screen = np.full((HEIGHT, WIDTH, 4), (120, 90, 60, 255), np.uint8)
    screen[cut(PAGE)] = _page()[: PAGE.height]
    screen[cut(FIELD)] = 255
    return screen


@cache
def _lines() -> list[str]:
    rng = np.random.default_rng(7)
    return [" ".join(rng.choice(PROSE.split(), 22)) for _ in range(PAGE_LINES + HEIGHT // LINE)]


@cache
def _page() -> Picture:
    """Longer than the screen by so much that it can be scrolled through to its end."""
    page = np.full((len(_lines()) * LINE, PAGE.width, 4), 255, np.uint8)
    for line, text in enumerate(_lines()):
        _write(page, text, (10, (line + 1) * LINE - 6))
    page[:, -20:] = (230, 230, 230, 255)
    return page


@cache
def _font() -> cv2.FontFace:
    return cv2.FontFace("sans")


def _write(picture: Picture, text: str, place: tuple[int, int]) -> None:
    cv2.putText(picture, text, place, (30, 30, 30, 255), _font(), TEXT_SIZE, 400)


def _type(screen: Picture, step: int) -> None:
    field = np.full((FIELD.height, FIELD.width, 4), 255, np.uint8)
    _write(field, (TYPED * 2)[: 1 + step % 80] + "|", (6, LINE - 6))
    screen[cut(FIELD)] = field


def _drag(screen: Picture, step: int) -> None:
    """Round and round, once in six seconds."""
    width, height = DRAGGED
    turn = 2 * np.pi * step / 180
    x = ROOM.x + round((ROOM.width - width) * (0.5 + 0.5 * np.cos(turn)))
    y = ROOM.y + round((ROOM.height - height) * (0.5 + 0.5 * np.sin(turn)))
    screen[y : y + height, x : x + width] = _page()[1000 : 1000 + height, :width]
    screen[y : y + 30, x : x + width] = (160, 60, 30, 255)


@cache
def _landscape() -> Picture:
    rng = np.random.default_rng(3)
    rough = np.stack(
        [cv2.GaussianBlur(rng.random((900, 1600), np.float32), (0, 0), size) for size in (2, 4, 8)]
    )
    rough = (rough - rough.mean((1, 2), keepdims=True)) / rough.std((1, 2), keepdims=True)
    colours = np.clip(128 + 40 * np.moveaxis(rough, 0, 2), 0, 255).astype(np.uint8)
    return np.asarray(cv2.cvtColor(colours, cv2.COLOR_BGR2BGRA), np.uint8)


def _film(step: int) -> Picture:
    """A camera that pans over hills."""
    x, y = (
        round(480 * (1 + np.sin(step / 40))),
        round(270 * (1 + np.cos(step / 55))),
    )
    return _landscape()[y : y + VIDEO.height, x : x + VIDEO.width]
