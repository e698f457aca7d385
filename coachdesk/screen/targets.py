"""What can be captured by name: a screen, a part of one, or a window; each gives its picture when asked."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QGuiApplication, QImage, QPixmap, QScreen

from coachdesk.screen.x11 import Rect, Windows

NO_DESKTOP = "No screen can be captured here. Share from a desktop session; on Linux from one of X11 (Wayland forbids it)."
WINDOW_GONE = "The shared window was closed."
SCREEN_GONE = "The shared screen was disconnected."
HIDDEN_GREY = 40
"""Shade of what is over a window, or of what of it is not on the screen."""

Picture = NDArray[np.uint8]
Grab = Callable[[], Picture | None]
"""The picture now, height x width x 4, BGRA; None while there is none to show. Raises Gone."""


class Gone(Exception):
    """What was captured is not there (any more); the message says so to a user."""


def windows_of_others() -> Windows | None:
    """None where the windows of other programs cannot be told, or not be captured one by one."""
    return Windows() if QGuiApplication.platformName() == "xcb" else None


def target(source: str) -> tuple[str, Grab]:
    """Label and grabber of ``screen:N``, ``region:N:X,Y,WIDTH,HEIGHT`` or ``window:ID``. Raises Gone."""
    if QGuiApplication.platformName() not in ("xcb", "windows", "cocoa"):
        raise Gone(NO_DESKTOP)
    if found := re.fullmatch(r"screen:(\d{1,3})", source):
        screen = _screen(int(found[1]))
        return screen.name(), lambda: _of_screen(screen)
    if found := re.fullmatch(r"region:(\d{1,3}):(\d{1,5}),(\d{1,5}),(\d{1,5}),(\d{1,5})", source):
        number, *place = map(int, found.groups())
        return _region(_screen(number), Rect(*place))
    if found := re.fullmatch(r"window:(\d{1,20})", source):
        return _window(int(found[1]))
    raise Gone(f"{source!r} names nothing that can be captured. Choose again.")


def _screen(number: int) -> QScreen:
    screens = QGuiApplication.screens()
    if number >= len(screens):
        raise Gone(f"There is no screen {number} here. Choose again.")
    return screens[number]


def _of_screen(screen: QScreen) -> Picture:
    if screen not in QGuiApplication.screens():
        raise Gone(SCREEN_GONE)
    picture = pixels(screen.grabWindow(0))
    if picture is None:
        allow = (
            " Allow screen recording in the system's privacy settings." if sys.platform == "darwin" else ""
        )
        raise Gone(f"The screen cannot be captured.{allow}")
    return picture


def _region(screen: QScreen, place: Rect) -> tuple[str, Grab]:
    def grab() -> Picture:
        whole = _of_screen(screen)
        return whole[place.y : place.y + place.height, place.x : place.x + place.width]

    if min(grab().shape[:2]) < 2:
        raise Gone("That part of the screen is empty. Choose again.")
    return f"Part of {screen.name()}", grab


def _window(window: int) -> tuple[str, Grab]:
    windows = windows_of_others()
    if windows is None:
        raise Gone("Single windows cannot be captured on this system. Share a screen or a part of it.")
    if windows.place(window) is None:
        raise Gone(WINDOW_GONE)
    return windows.title(window) or "Window", lambda: _of_window(windows, window)


def _of_window(windows: Windows, window: int) -> Picture | None:
    """None while it is minimized. What lies over it before or after the capture is not shown."""
    place, covers = windows.place(window), windows.covers(window)
    if place is None:
        raise Gone(WINDOW_GONE)
    if not windows.is_shown(window):
        return None
    picture = pixels(QGuiApplication.primaryScreen().grabWindow(window))
    if picture is None or windows.place(window) != place or picture.shape[:2] != (place.height, place.width):
        return None
    return _uncovered(picture, place, [*covers, *windows.covers(window)], windows.screen())


def _uncovered(picture: Picture, place: Rect, covers: list[Rect], screen: Rect) -> Picture:
    """``picture``, of what is at ``place``, with nothing in it that is another's."""
    own = np.full_like(picture, HIDDEN_GREY)
    seen = _within(screen, place)
    own[seen] = picture[seen]
    for cover in covers:
        own[_within(cover, place)] = HIDDEN_GREY
    return own


def _within(rect: Rect, place: Rect) -> tuple[slice, slice]:
    """Rows and columns of ``place`` that ``rect`` takes."""
    left, top = max(0, rect.x - place.x), max(0, rect.y - place.y)
    right, bottom = rect.x + rect.width - place.x, rect.y + rect.height - place.y
    return slice(top, max(top, bottom)), slice(left, max(left, right))


def pixels(pixmap: QPixmap) -> Picture | None:
    """Height x width x 4, BGRA, a copy; None of an empty pixmap."""
    if pixmap.isNull():
        return None
    image = pixmap.toImage().convertToFormat(QImage.Format.Format_RGB32)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : image.width() * 4].reshape(image.height(), image.width(), 4).copy()
