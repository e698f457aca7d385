"""``python -m tests.fakes.windows PROGRAM JSON``: windows of one program, a list of ``Window``, to be captured.

It says when they are shown. Lines of input, ``Change`` in JSON, change them; their end closes them all.
"""

from __future__ import annotations

import itertools
import sys
import threading

import msgspec
from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QWidget

STRIPE, LINE = 4, 18
WORDS = "Order 4711: two valves of 12 mm, one seal ring (silicone), delivered on Tuesday to bay 3. " * 4
CLICKED = (30, 160, 60)
"""Colour of a window that was clicked, red, green, blue."""


class Window(msgspec.Struct):
    """``place``: x, y, width, height. ``rgb``: its colour. ``words``: full of lines of small text. ``of``: it is a dialog of
    the window of that number. ``free``: as a menu, it is no window manager's.
    """

    title: str
    place: tuple[int, int, int, int]
    rgb: tuple[int, int, int]
    striped: bool = False
    words: bool = False
    framed: bool = False
    of: int | None = None
    free: bool = False


class Change(msgspec.Struct):
    """``roam``: from now on it is moved two hundred times a second."""

    window: int
    title: str = ""
    roam: bool = False
    close: bool = False
    place: tuple[int, int, int, int] | None = None


class Shown(QWidget):
    def __init__(self, window: Window, owner: QWidget | None) -> None:
        super().__init__(owner, Qt.WindowType.Dialog if owner else Qt.WindowType.Window)
        self._striped, self._words = window.striped, window.words
        self.setWindowTitle(window.title)
        self.setWindowFlag(Qt.WindowType.FramelessWindowHint, not window.framed)
        self.setWindowFlag(Qt.WindowType.X11BypassWindowManagerHint, window.free)
        self.setGeometry(*window.place)
        self.setStyleSheet("background: rgb({}, {}, {})".format(*window.rgb))
        self.show()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._striped:
            with QPainter(self) as painter:
                for left in range(0, self.width(), 2 * STRIPE):
                    painter.fillRect(left, 0, STRIPE, self.height(), Qt.GlobalColor.white)
        if self._words:
            with QPainter(self) as painter:
                for line in range(self.height() // LINE):
                    painter.drawText(4, (line + 1) * LINE, f"{line}. " + WORDS)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.setStyleSheet("background: rgb({}, {}, {})".format(*CLICKED))

    def roam(self) -> None:
        steps = itertools.cycle([*range(0, 400, 7), *range(400, 0, -7)])
        timer = QTimer(self)
        timer.timeout.connect(lambda: self.move(next(steps), 40))
        timer.start(5)


class Input(QObject):
    line = Signal(bytes)
    ended = Signal()

    def read(self) -> None:
        for line in sys.stdin.buffer:
            self.line.emit(line)
        self.ended.emit()


def command(*windows: Window, program: str = "viewer") -> list[str]:
    """Shows them, from the bottom to the top."""
    return [sys.executable, "-m", "tests.fakes.windows", program, msgspec.json.encode(windows).decode()]


ORDER, NOTES = (
    Window("Order 4711", (100, 80, 400, 300), (200, 40, 40)),
    Window("Private notes", (300, 180, 240, 160), (30, 90, 200)),
)
"""The second lies partly over the first."""


def main() -> None:
    app = QApplication(sys.argv)
    app.setApplicationName(sys.argv[1])
    app.setQuitOnLastWindowClosed(False)
    shown: list[Shown] = []
    for each in msgspec.json.decode(sys.argv[2], type=list[Window]):
        shown.append(Shown(each, shown[each.of] if each.of is not None else None))

    def change(line: bytes) -> None:
        change = msgspec.json.decode(line, type=Change)
        if change.title:
            shown[change.window].setWindowTitle(change.title)
        if change.roam:
            shown[change.window].roam()
        if change.place:
            shown[change.window].setGeometry(*change.place)
        if change.close:
            shown[change.window].close()

    told = Input()
    told.line.connect(change)
    told.ended.connect(app.quit)
    threading.Thread(target=told.read, daemon=True).start()
    QTimer.singleShot(300, lambda: print("shown", flush=True))
    app.exec()


if __name__ == "__main__":
    main()
