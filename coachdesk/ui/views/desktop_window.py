"""A window over all others of a monitor, which clicks go through and no capture shows: for what belongs on the desktop."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QGuiApplication, QRegion, QScreen
from PySide6.QtWidgets import QWidget

from coachdesk.screenevents import Place
from coachdesk.screenrules import OVERLAY_TITLE

FLAGS = (
    Qt.WindowType.Tool
    | Qt.WindowType.FramelessWindowHint
    | Qt.WindowType.WindowStaysOnTopHint
    | Qt.WindowType.WindowDoesNotAcceptFocus
    | Qt.WindowType.WindowTransparentForInput
    | Qt.WindowType.X11BypassWindowManagerHint
)
"""A window manager would put a frame around, which takes the clicks."""
LEFT_OUT = sys.platform != "darwin"
"""Whether the windows can be left out of what is captured; else private marks would be seen by all who see the screen."""
EXCLUDED_FROM_CAPTURE = 0x11
"""``WDA_EXCLUDEFROMCAPTURE`` of winuser.h."""


class DesktopWindow(QWidget):
    """As large as its monitor, and cut to what of it is to be seen, so that it needs no compositor."""

    def __init__(self, screen: QScreen) -> None:
        super().__init__(None, FLAGS)
        self._monitor = screen
        self.setWindowTitle(OVERLAY_TITLE)
        self.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground)
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self.setAttribute(Qt.WidgetAttribute.WA_QuitOnClose, False)
        self.setScreen(screen)
        self.setGeometry(screen.geometry())

    def cut(self, shape: QRegion) -> None:
        """Shows what is painted there, and nothing else."""
        if shape.isEmpty():  # as a mask it would be none
            self.hide()
            return
        self.setMask(shape)
        if not self.isVisible():
            self._appear()
        self.update()

    def content(self, place: Place) -> QRectF:
        """Where what is shared is in this window, wherever the window manager has put that."""
        ratio, corner = self._monitor.devicePixelRatio(), QPointF(self._monitor.geometry().topLeft())
        at = QPointF(place.x, place.y) - (corner if place.screen is None else QPointF())
        at = at / ratio + corner - QPointF(self.geometry().topLeft())
        return QRectF(at, QSizeF(place.width, place.height) / ratio)

    def _appear(self) -> None:
        self.setGeometry(self._monitor.geometry())
        if sys.platform == "win32":
            ctypes.windll.user32.SetWindowDisplayAffinity(int(self.winId()), EXCLUDED_FROM_CAPTURE)
        self.show()


Shown = TypeVar("Shown", bound=DesktopWindow)


class Monitors(Generic[Shown]):
    """A window for each monitor there is."""

    def __init__(self, make: Callable[[QScreen], Shown]) -> None:
        self._make = make
        self._windows: dict[QScreen, Shown] = {}

    def at(self, place: Place | None) -> Iterator[tuple[Shown, Place | None]]:
        """Every monitor's window, with ``place`` if that may be there."""
        screens = QGuiApplication.screens()
        self._close_but(screens)
        for number, screen in enumerate(screens):
            if screen not in self._windows:
                self._windows[screen] = self._make(screen)
            here = place is not None and place.shown and place.screen in (None, number)
            yield self._windows[screen], place if here else None

    def raise_all(self) -> None:
        """Over windows that have come over them."""
        for window in self._windows.values():
            if window.isVisible():
                window.raise_()

    def close(self) -> None:
        self._close_but([])

    def _close_but(self, screens: list[QScreen]) -> None:
        for screen in [each for each in self._windows if each not in screens]:
            window = self._windows.pop(screen)
            window.close()
            window.deleteLater()
