"""What CoachDesk shows on a real (virtual) desktop: a program that shows it, pictures of the screen, and a user's hand."""

from __future__ import annotations

import contextlib
import ctypes
import subprocess
import sys
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


def window_of(title: str) -> str:
    return next(each.source for each in list_sources().screens if each.title == title)


def click(x: int, y: int) -> None:
    """With the left button, as a user would."""
    x11, test = ctypes.CDLL("libX11.so.6"), ctypes.CDLL("libXtst.so.6")
    x11.XOpenDisplay.restype = ctypes.c_void_p
    display = ctypes.c_void_p(x11.XOpenDisplay(None))
    now = ctypes.c_ulong(0)
    test.XTestFakeMotionEvent(display, -1, x, y, now)
    for pressed in (1, 0):
        test.XTestFakeButtonEvent(display, 1, pressed, now)
    x11.XSync(display, 0)
    x11.XCloseDisplay(display)
