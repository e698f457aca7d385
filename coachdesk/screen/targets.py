"""What can be captured by name: a screen, a part of one, or a window; each gives its picture when asked."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable

import numpy as np
from PySide6.QtGui import QGuiApplication, QImage, QPixmap, QScreen

from coachdesk.screen.hiding import Hiding, corner, windows_of_others
from coachdesk.screen.masks import HIDDEN_GREY, Picture, Rect, within
from coachdesk.screen.x11 import Windows
from coachdesk.screenevents import Place
from signaling.fields import REGION

NO_DESKTOP = "No screen can be captured here. Share from a desktop session; on Linux from one of X11 (Wayland forbids it)."
WINDOW_GONE = "The shared window was closed."
SCREEN_GONE = "The shared screen was disconnected."
NOT_THIS = (
    "That window is never shared: CoachDesk's own are not, nor are those that a rule hides. Choose another."
)

Grab = Callable[[], Picture | None]
"""The picture now, height x width x 4, BGRA; None while there is none to show. Raises Gone."""
Where = Callable[[Picture], Place]
"""Where on the desktop a picture is of."""


class Gone(Exception):
    """What was captured is not there (any more); the message says so to a user."""


def need_desktop() -> None:
    """Raises Gone where the system lets no program capture its screens."""
    if QGuiApplication.platformName() not in ("xcb", "windows", "cocoa"):
        raise Gone(NO_DESKTOP)


def target(source: str, hiding: Hiding) -> tuple[str, Grab, Where]:
    """Label, grabber and place of ``screen:N``, ``region:N:X,Y,WIDTH,HEIGHT`` or ``window:ID``. Raises Gone."""
    need_desktop()
    if found := re.fullmatch(r"screen:(\d{1,3})", source):
        number = int(found[1])
        screen = _screen(number)
        return screen.name(), lambda: of_screen(screen, hiding), _at(Rect(0, 0, 0, 0), number, hiding)
    if found := re.fullmatch(REGION, source):
        number, *part = map(int, found.groups())
        return _region(number, Rect(*part), hiding)
    if found := re.fullmatch(r"window:(\d{1,20})", source):
        return _window(int(found[1]), hiding)
    raise Gone(f"{source!r} names nothing that can be captured. Choose again.")


def _screen(number: int) -> QScreen:
    screens = QGuiApplication.screens()
    if number >= len(screens):
        raise Gone(f"There is no screen {number} here. Choose again.")
    return screens[number]


def of_screen(screen: QScreen, hiding: Hiding) -> Picture | None:
    """None while it cannot be told what is to be hidden. Raises Gone."""
    return hiding.of_screen(lambda: _whole(screen))


def _whole(screen: QScreen) -> tuple[Picture, Rect]:
    if screen not in QGuiApplication.screens():
        raise Gone(SCREEN_GONE)
    picture = pixels(screen.grabWindow(0))
    if picture is None:
        allow = (
            " Allow screen recording in the system's privacy settings." if sys.platform == "darwin" else ""
        )
        raise Gone(f"The screen cannot be captured.{allow}")
    height, width = picture.shape[:2]
    return picture, Rect(corner(screen).x(), corner(screen).y(), width, height)


def _at(part: Rect, number: int, hiding: Hiding) -> Where:
    return lambda picture: Place(
        part.x, part.y, picture.shape[1], picture.shape[0], number, composited=hiding.composited
    )


def _region(number: int, place: Rect, hiding: Hiding) -> tuple[str, Grab, Where]:
    screen = _screen(number)
    rows, columns = slice(place.y, place.y + place.height), slice(place.x, place.x + place.width)

    def grab() -> Picture | None:
        whole = of_screen(screen, hiding)
        return None if whole is None else whole[rows, columns]

    if min(_whole(screen)[0][rows, columns].shape[:2]) < 2:
        raise Gone("That part of the screen is empty. Choose again.")
    return f"Part of {screen.name()}", grab, _at(place, number, hiding)


def _window(window: int, hiding: Hiding) -> tuple[str, Grab, Where]:
    windows = windows_of_others()
    if windows is None:
        raise Gone("Single windows cannot be captured on this system. Share a screen or a part of it.")
    if windows.place(window) is None:
        raise Gone(WINDOW_GONE)
    if hiding.hides(window):
        raise Gone(NOT_THIS)

    def where(picture: Picture) -> Place:
        height, width = picture.shape[:2]
        x, y = (windows.place(window) or Rect(0, 0, 0, 0))[:2]
        return Place(x, y, width, height, shown=windows.is_shown(window), composited=hiding.composited)

    return windows.title(window) or "Window", lambda: of_window(windows, window, hiding), where


def of_window(windows: Windows, window: int, hiding: Hiding) -> Picture | None:
    """None while it is minimized; plain from when it is hidden on, whatever it was when it was chosen. Raises Gone."""
    return hiding.of_window(window, lambda marks: _taken(windows, window, marks))


def _taken(windows: Windows, window: int, marks: set[int]) -> tuple[Picture, Rect] | None:
    """None while it is minimized. What lies over it before or after the capture is not shown. Raises Gone."""
    place, covers = windows.place(window), windows.covers(window, marks)
    if place is None:
        raise Gone(WINDOW_GONE)
    if not windows.is_shown(window):
        return None
    picture = pixels(QGuiApplication.primaryScreen().grabWindow(window))
    if picture is None or windows.place(window) != place or picture.shape[:2] != (place.height, place.width):
        return None
    return _uncovered(picture, place, [*covers, *windows.covers(window, marks)], windows.screen()), place


def _uncovered(picture: Picture, place: Rect, covers: list[Rect], screen: Rect) -> Picture:
    """``picture``, of what is at ``place``, with nothing in it that is another's."""
    own = np.full_like(picture, HIDDEN_GREY)
    seen = within(screen, place)
    own[seen] = picture[seen]
    for cover in covers:
        own[within(cover, place)] = HIDDEN_GREY
    return own


def pixels(pixmap: QPixmap) -> Picture | None:
    """Height x width x 4, BGRA, a copy; None of an empty pixmap."""
    if pixmap.isNull():
        return None
    image = pixmap.toImage().convertToFormat(QImage.Format.Format_RGB32)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : image.width() * 4].reshape(image.height(), image.width(), 4).copy()
