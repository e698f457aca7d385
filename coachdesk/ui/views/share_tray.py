"""In the system's tray, where there is one, for as long as something is shared: that it is, and how to end it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QSystemTrayIcon, QWidget

from coachdesk.ui import icons

TITLE = 60
"""Letters that a tray's tip has room for everywhere."""


class ShareTray:
    """A click on it is ``clicked``; its menu blanks and stops."""

    def __init__(
        self,
        parent: QWidget,
        clicked: Callable[[], None],
        blank: Callable[[], None],
        stop: Callable[[], None],
    ) -> None:
        self._parent, self._clicked = parent, clicked
        self._icon: QSystemTrayIcon | None = None
        self._menu = QMenu(parent)
        self.blank = QAction("Blank", self._menu)
        self.stop = QAction("Stop sharing", self._menu)
        for action, do in ((self.blank, blank), (self.stop, stop)):
            action.triggered.connect(lambda _, do=do: do())
            self._menu.addAction(action)

    @property
    def shown(self) -> bool:
        return self._icon is not None and self._icon.isVisible()

    def tell(self, words: str, *, blanked: bool) -> None:
        """Shows ``words``, or nothing where there are none."""
        self.blank.setText("Show again" if blanked else "Blank")
        if not words:
            if self._icon is not None:
                self._icon.hide()
            return
        if self._icon is None and QSystemTrayIcon.isSystemTrayAvailable():
            self._icon = QSystemTrayIcon(self._parent)
            self._icon.setContextMenu(self._menu)
            self._icon.activated.connect(self._activated)
        if self._icon is not None:
            self._icon.setIcon(icons.icon("blank" if blanked else "screen", "warning_text"))
            self._icon.setToolTip(f"CoachDesk. {words}"[:TITLE])
            self._icon.show()

    def _activated(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        """A right click opens the menu."""
        if reason is not QSystemTrayIcon.ActivationReason.Context:
            self._clicked()
