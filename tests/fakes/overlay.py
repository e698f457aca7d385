"""``python -m tests.fakes.overlay``: what CoachDesk shows over all windows: marks on a shared screen, the frame around that.

Lines of input are events of an endpoint, or ``shot FILE``: a picture of the whole screen as it is is written there, and
``ok`` is said. The end of input ends it.
"""

from __future__ import annotations

import sys
import threading

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QGuiApplication, QImage, QPainter
from PySide6.QtWidgets import QApplication

from coachdesk import events
from coachdesk.screenrules import OWN_PROGRAM
from coachdesk.ui.presenters.ink import InkPresenter
from coachdesk.ui.presenters.ink_screen import ScreenInkPresenter
from coachdesk.ui.presenters.notices import Notices
from coachdesk.ui.presenters.sharing import SharingPresenter
from coachdesk.ui.views.desktop_ink import DesktopInk
from coachdesk.ui.views.share_frame import ShareFrame
from tests.ui.samples import FakeLink


class Input(QObject):
    line = Signal(str)
    ended = Signal()

    def read(self) -> None:
        for line in sys.stdin:
            self.line.emit(line.strip())
        self.ended.emit()


def desktop() -> QImage:
    """All monitors, in the X server's pixels."""
    shots = [
        (screen.geometry().topLeft(), screen.grabWindow(0).toImage()) for screen in QGuiApplication.screens()
    ]
    right = max(at.x() + shot.width() for at, shot in shots)
    bottom = max(at.y() + shot.height() for at, shot in shots)
    whole = QImage(right, bottom, QImage.Format.Format_RGB32)
    with QPainter(whole) as painter:
        for at, shot in shots:
            shot.setDevicePixelRatio(1)
            painter.drawImage(at, shot)
    return whole


def main() -> None:
    app = QApplication(sys.argv[:1])
    app.setApplicationName(OWN_PROGRAM)
    app.setQuitOnLastWindowClosed(False)
    link, notices = FakeLink(), Notices()
    presenter = ScreenInkPresenter(link, notices, InkPresenter(link, notices))
    sharing = SharingPresenter(link, notices)
    shown = DesktopInk(presenter), ShareFrame(sharing)

    def take(line: str) -> None:
        if line.startswith("shot "):
            desktop().save(line.removeprefix("shot "))
            print("ok", flush=True)
        else:
            event = events.parse(line)
            presenter.handle(event)
            sharing.handle(event)

    told = Input()
    told.line.connect(take)
    told.ended.connect(app.quit)
    threading.Thread(target=told.read, daemon=True).start()
    app.exec()
    del shown


if __name__ == "__main__":
    main()
