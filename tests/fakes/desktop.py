"""``python -m tests.fakes.desktop``: a red window, partly under a blue one, for programs that capture screens.

It says when both are shown, and closes the red one when a line comes in; the end of its input ends it.
"""

from __future__ import annotations

import sys
import threading

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QApplication, QWidget

TITLE = "Order 4711"
SHARED, COVER = (100, 80, 400, 300), (300, 180, 240, 160)
"""X, y, width, height."""
RED, BLUE = (40, 40, 200), (200, 90, 30)
"""Blue, green, red."""


class Input(QObject):
    line = Signal()
    ended = Signal()

    def read(self) -> None:
        for _ in sys.stdin:
            self.line.emit()
        self.ended.emit()


def _window(title: str, place: tuple[int, int, int, int], bgr: tuple[int, int, int]) -> QWidget:
    window = QWidget()
    window.setWindowTitle(title)
    window.setWindowFlag(Qt.WindowType.FramelessWindowHint)
    window.setGeometry(*place)
    window.setStyleSheet("background: rgb({}, {}, {})".format(*reversed(bgr)))
    window.show()
    return window


def main() -> None:
    app = QApplication(sys.argv)
    app.setQuitOnLastWindowClosed(False)
    shared = _window(TITLE, SHARED, RED)
    cover = _window("Private notes", COVER, BLUE)
    cover.raise_()
    told = Input()
    told.line.connect(shared.close)
    told.ended.connect(app.quit)
    threading.Thread(target=told.read, daemon=True).start()
    QTimer.singleShot(300, lambda: print("shown", flush=True))
    app.exec()


if __name__ == "__main__":
    main()
