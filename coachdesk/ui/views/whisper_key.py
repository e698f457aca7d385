"""The push-to-talk key: down whispers, up stops, and so does everything that would hide the key's release."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractSpinBox, QApplication, QComboBox, QLineEdit, QWidget

KEYS = {
    "Space": Qt.Key.Key_Space,
    "F8": Qt.Key.Key_F8,
    "F9": Qt.Key.Key_F9,
    "Ctrl": Qt.Key.Key_Control,
    "Alt": Qt.Key.Key_Alt,
}
TYPED_INTO = (QLineEdit, QComboBox, QAbstractSpinBox)


class WhisperKey(QObject):
    """Watches the keys of the window that ``page`` is in, as long as the page is on screen.

    A key is let go, too, when the window loses the focus or the application does, when the page is hidden, and when
    another window opens above: then its release would never be seen here. Letting go twice does no harm.
    """

    def __init__(
        self, page: QWidget, press: Callable[[], None], release: Callable[[], None], key: str = "Space"
    ) -> None:
        super().__init__(page)
        self._page = page
        self._press = press
        self._release = release
        self.key = key
        self._down = False
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.installEventFilter(self)
        app.applicationStateChanged.connect(self._application)
        app.focusWindowChanged.connect(self._let_go)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind in (QEvent.Type.WindowDeactivate, QEvent.Type.Hide) and watched in (
            self._page,
            self._page.window(),
        ):
            self._let_go()
        if not isinstance(event, QKeyEvent) or event.key() != KEYS[self.key]:
            return False
        if kind is QEvent.Type.KeyRelease and self._down:
            if not event.isAutoRepeat():
                self._let_go()
            return True
        if kind not in (QEvent.Type.KeyPress, QEvent.Type.ShortcutOverride) or not self._listens():
            return False
        if kind is QEvent.Type.ShortcutOverride:
            event.accept()  # the key comes as a press then, not as somebody's shortcut
            return True
        if not self._down and not event.isAutoRepeat():
            self._down = True
            self._press()
        return True

    def _listens(self) -> bool:
        if not self._page.isVisible() or QApplication.activeModalWidget() or QApplication.activePopupWidget():
            return False
        return not isinstance(QApplication.focusWidget(), TYPED_INTO)

    def _application(self, state: Qt.ApplicationState) -> None:
        if state is not Qt.ApplicationState.ApplicationActive:
            self._let_go()

    def _let_go(self, *_: object) -> None:
        self._down = False
        self._release()
