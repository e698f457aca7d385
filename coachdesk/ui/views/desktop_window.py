"""A window over all others of a monitor, which clicks go through and no capture shows: for what belongs on the desktop."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from PySide6.QtCore import QObject, QPointF, QRectF, QSizeF, Qt, QTimer
from PySide6.QtGui import QGuiApplication, QRegion, QScreen
from PySide6.QtWidgets import QApplication, QWidget

from coachdesk.screenevents import Place
from coachdesk.screenrules import OVERLAY_TITLE
from coachdesk.ui.x11_order import put_on_top

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
RAISE_EVERY_MS = 500
"""Between two looks at whether other windows have come over them."""


class DesktopWindow(QWidget):
    """As large as its monitor, and cut to what of it is to be seen, so that it needs no compositor.

    Attributes:
        layer: over those of lower ones it lies, whichever appears first.
    """

    layer = 0

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


def raise_all() -> None:
    """Over windows that have come over them: all there are, by their layers, so that they do not rise over each other."""
    found = [each for each in QApplication.topLevelWidgets() if isinstance(each, DesktopWindow)]
    windows = sorted((each for each in found if each.isVisible()), key=lambda window: window.layer)
    if windows and QGuiApplication.platformName() == "xcb":
        put_on_top([int(window.winId()) for window in reversed(windows)])
    else:
        for window in windows:
            window.raise_()


Shown = TypeVar("Shown", bound=DesktopWindow)


class Monitors(Generic[Shown]):
    """A window for each monitor there is, over all other programs' for as long as there is a place to show."""

    def __init__(self, make: Callable[[QScreen], Shown], parent: QObject) -> None:
        self._make = make
        self._windows: dict[QScreen, Shown] = {}
        self._timer = QTimer(parent, interval=RAISE_EVERY_MS)
        self._timer.timeout.connect(raise_all)

    def at(self, place: Place | None) -> Iterator[tuple[Shown, Place | None]]:
        """Every monitor's window, with ``place`` if that may be there."""
        screens = QGuiApplication.screens()
        self._close_but(screens)
        if not self._timer.isActive():
            self._timer.start()
        for number, screen in enumerate(screens):
            if screen not in self._windows:
                self._windows[screen] = self._make(screen)
            here = place is not None and place.shown and place.screen in (None, number)
            yield self._windows[screen], place if here else None

    def close(self) -> None:
        self._timer.stop()
        self._close_but([])

    def _close_but(self, screens: list[QScreen]) -> None:
        for screen in [each for each in self._windows if each not in screens]:
            window = self._windows.pop(screen)
            window.close()
            window.deleteLater()
