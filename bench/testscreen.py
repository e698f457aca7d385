"""``python -m bench.testscreen``: shows ``desktop.py`` on all of a screen, above other windows, until its input ends.

A line of input is the index of a scene, which begins with its step 0. Each picture is told as a line, its number and the
``time.monotonic()`` at which the X server was given it.
"""

from __future__ import annotations

import sys
import threading
import time

from PySide6.QtCore import QObject, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QRegion
from PySide6.QtWidgets import QApplication, QWidget

from bench import desktop


class Input(QObject):
    line = Signal(int)
    ended = Signal()

    def read(self) -> None:
        for line in sys.stdin:
            self.line.emit(int(line))
        self.ended.emit()


class Screen(QWidget):
    """Steps by a timer; of a step that is late the next is early again."""

    def __init__(self) -> None:
        super().__init__()
        self.setWindowFlags(Qt.WindowType.FramelessWindowHint | Qt.WindowType.BypassWindowManagerHint)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setGeometry(0, 0, desktop.WIDTH, desktop.HEIGHT)
        self._scene = self._step = 0
        self._due = 0.0
        self._picture = desktop.picture(0)
        self._timer = QTimer(self, singleShot=True, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._on)

    def begin(self, scene: int) -> None:
        self._scene, self._step = scene, 0
        self._due = time.monotonic()
        self._show(QRect(0, 0, desktop.WIDTH, desktop.HEIGHT))
        self._wait()

    def paintEvent(self, event: QPaintEvent) -> None:
        image = QImage(
            self._picture.data, desktop.WIDTH, desktop.HEIGHT, 4 * desktop.WIDTH, QImage.Format.Format_RGB32
        )
        painter = QPainter(self)
        painter.drawImage(event.rect(), image, event.rect())  # clipped to what has changed
        painter.end()

    def _on(self) -> None:
        self._step += 1
        self._show(QRect(*desktop.SCENES[self._scene].area))
        self._wait()

    def _show(self, area: QRect) -> None:
        number = desktop.number(self._scene, self._step)
        self._picture = desktop.picture(number)
        self.repaint(QRegion(area).united(QRect(*desktop.CLOCK)))
        print(number, time.monotonic(), flush=True)

    def _wait(self) -> None:
        rate = desktop.SCENES[self._scene].rate
        self._timer.stop()
        if rate:
            self._due += 1 / rate
            self._timer.start(max(0, round((self._due - time.monotonic()) * 1000)))


def main() -> None:
    app = QApplication(sys.argv)
    screen = Screen()
    screen.show()
    screen.raise_()
    told = Input()
    told.line.connect(screen.begin)
    told.ended.connect(app.quit)
    threading.Thread(target=told.read, daemon=True).start()
    app.exec()


if __name__ == "__main__":
    main()
