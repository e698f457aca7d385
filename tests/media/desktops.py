"""What CoachDesk shows on a real (virtual) desktop: a program that shows it, pictures of the screen, and a user's hand."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from coachdesk import events
from coachdesk.annotation import Tool
from coachdesk.media.screenshare.screencapture import ScreenCapture, list_sources
from coachdesk.screenevents import Place
from tests.media.peers import until
from tests.media.screens import seen
from tests.ui.ink_samples import mark

YELLOW = "#ffe000"
RGB = (255, 224, 0)
FRAME = 3
REGION = Place(100, 50, 400, 300, screen=0)
CORNERS = [(0.25, 0.2), (0.75, 0.8)]
WIDTH = 0.02
"""Of the line, a share of the picture's height."""
HALF = 400
"""Width of each of two monitors."""
Picture = NDArray[np.uint8]

both = pytest.mark.parametrize("desktop", ["openbox", "xcompmgr"], indirect=True)


class Overlay:
    """The program that shows marks on the desktop."""

    def __init__(self, process: subprocess.Popen[bytes], file: Path) -> None:
        self._process, self._file = process, file

    def tell(self, *told: events.AnyEvent) -> None:
        for event in told:
            self._say(events.dump(event))

    def draw(self, place: Place = REGION, **changes: Any) -> None:
        drawn = {"author": "", "frame": FRAME, "colour": YELLOW, "width": WIDTH, "surface": "screen"}
        drawn |= {"tool": Tool.RECTANGLE, "path": CORNERS, **changes}
        self.tell(events.SharePlace(frame=FRAME, place=place), mark(**drawn))

    def screen(self) -> Picture:
        """All that is on the screen now: height x width x 3, red, green, blue."""
        self._say(f"shot {self._file}\n".encode())
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == b"ok\n"
        return np.asarray(cv2.imread(str(self._file)), np.uint8)[:, :, ::-1]

    def keys(self) -> list[str]:
        """What is said of keys, and the names of the commands that were sent to the endpoint."""
        self._say(b"keys\n")
        assert self._process.stdout is not None
        found: list[str] = json.loads(self._process.stdout.readline())
        return found

    def die(self) -> None:
        """As in a crash."""
        self._process.kill()
        self._process.wait()

    def _say(self, line: bytes) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line)
        self._process.stdin.flush()


@contextlib.contextmanager
def overlay(folder: Path) -> Iterator[Overlay]:
    with subprocess.Popen(
        [sys.executable, "-m", "tests.fakes.overlay"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        try:
            yield Overlay(process, folder / "screen.png")
        finally:
            process.stdin.close()


def of(picture: Picture, rgb: tuple[int, int, int]) -> NDArray[np.bool_]:
    """Where ``picture`` (RGB) has nearly that colour."""
    return np.asarray(np.abs(picture.astype(int) - rgb).max(axis=2) < 40)


def box(found: NDArray[np.bool_]) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of what is True."""
    rows, columns = np.flatnonzero(found.any(axis=1)), np.flatnonzero(found.any(axis=0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def captured(capture: ScreenCapture) -> Picture:
    """RGB."""
    return seen(capture)[:, :, 2::-1]


async def painted(
    shown: Overlay, holds: Callable[[Picture], bool] = lambda picture: bool(of(picture, RGB).any())
) -> Picture:
    """The screen, once that holds of it."""
    found: list[Picture] = []

    def look() -> bool:
        found[:] = [shown.screen()]
        return holds(found[0])

    await until(look)
    return found[0]


async def two_monitors() -> None:
    """The screen is two, side by side, the left one the first."""
    if shutil.which("xrandr") is None:
        pytest.skip("needs xrandr")
    for name, left, output in (("left", 0, "screen"), ("right", HALF, "none")):
        where = f"{HALF}/100x600/150+{left}+0"
        process = await asyncio.create_subprocess_exec("xrandr", "--setmonitor", name, where, output)
        assert await process.wait() == 0


def window_of(title: str) -> str:
    return next(each.source for each in list_sources().screens if each.title == title)


def point(x: int, y: int) -> None:
    """Moves the pointer, as a user would."""
    with hand() as (_, test, display):
        test.XTestFakeMotionEvent(display, -1, x, y, ctypes.c_ulong(0))


def click(x: int, y: int) -> None:
    """With the left button."""
    point(x, y)
    with hand() as (_, test, display):
        for pressed in (1, 0):
            test.XTestFakeButtonEvent(display, 1, pressed, ctypes.c_ulong(0))


def press(*names: str, seconds: float = 0.0) -> None:
    """Keys by their names in X, the last one for so long while the others are held."""
    with hand() as (x11, test, display):
        x11.XStringToKeysym.restype = ctypes.c_ulong
        codes = [
            x11.XKeysymToKeycode(display, ctypes.c_ulong(x11.XStringToKeysym(name.encode())))
            for name in names
        ]
        for code in codes[:-1]:
            test.XTestFakeKeyEvent(display, code, 1, ctypes.c_ulong(0))
        test.XTestFakeKeyEvent(display, codes[-1], 1, ctypes.c_ulong(0))
        x11.XSync(display, 0)
        time.sleep(seconds)
        for code in reversed(codes):
            test.XTestFakeKeyEvent(display, code, 0, ctypes.c_ulong(0))


@contextlib.contextmanager
def hand() -> Iterator[tuple[Any, Any, ctypes.c_void_p]]:
    """libX11, libXtst, and a connection to the X server."""
    x11, test = ctypes.CDLL("libX11.so.6"), ctypes.CDLL("libXtst.so.6")
    x11.XOpenDisplay.restype = ctypes.c_void_p
    display = ctypes.c_void_p(x11.XOpenDisplay(None))
    yield x11, test, display
    x11.XSync(display, 0)
    x11.XCloseDisplay(display)
