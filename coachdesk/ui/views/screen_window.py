"""A shared screen in a window of its own, or over the whole monitor."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from coachdesk.ui.views.screen_view import ScreenView
from coachdesk.ui.views.style import column, restyle

SEEN_MS = 2500
"""For how long the bar is there after the pointer was moved, where the whole monitor is the picture's."""
WINDOW_SIZE = 1280, 760
FLOATING_MARGIN = 8


class ScreenWindow(QWidget):
    """Owned by ``parent``, whose keys it leaves working: one can still whisper while looking. Escape is ``back``."""

    def __init__(self, parent: QWidget, view: ScreenView, bar: QWidget, back: Callable[[], None]) -> None:
        super().__init__(parent, Qt.WindowType.Tool)
        self.setObjectName("page")
        self.setAttribute(Qt.WidgetAttribute.WA_MacAlwaysShowToolWindow)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._view, self._bar, self._back = view, bar, back
        self._floating = False
        self._layout = column(self, gap=6)
        self._idle = QTimer(self, singleShot=True, interval=SEEN_MS)
        self._idle.timeout.connect(self._slide)
        view.pointed.connect(self._pointed)
        self.resize(*WINDOW_SIZE)

    def open_as(self, *, full: bool) -> None:
        """Over the whole monitor, where the bar floats and slides away, or as a window with the bar on top."""
        self._floating = full
        self._layout.removeWidget(self._bar)
        self._layout.removeWidget(self._view)
        edge = 0 if full else 8
        self._layout.setContentsMargins(edge, edge, edge, edge)
        self._bar.setParent(self)
        restyle(self._bar, "card", full)
        margin = FLOATING_MARGIN if full else 0
        self._bar.setContentsMargins(margin, margin, margin, margin)
        if not full:
            self._layout.addWidget(self._bar)
        self._layout.addWidget(self._view, 1)
        if full:
            self.showFullScreen()
        else:
            self.showNormal()
        for each in (self._view, self._bar):
            each.show()
        self.activateWindow()
        self._view.setFocus()
        self._pointed()

    def _pointed(self) -> None:
        if self._floating and self._bar.parent() is self:
            self._idle.start()
            self._float(0)

    def _slide(self) -> None:
        """Out of sight, but not hidden: then its keys would not work."""
        if self._floating and not self._bar.underMouse():
            self._float(-self._bar.height())

    def _float(self, top: int) -> None:
        self._bar.adjustSize()
        self._bar.move((self.width() - self._bar.width()) // 2, top)
        self._bar.raise_()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._pointed()

    def event(self, event: QEvent) -> bool:
        escape = isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape
        if escape and event.type() is QEvent.Type.ShortcutOverride:
            event.accept()  # it comes as a press then, not as the key of another window
            return True
        if escape and event.type() is QEvent.Type.KeyPress:
            self._back()
            return True
        return super().event(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        event.ignore()
        self._back()
