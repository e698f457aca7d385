"""Over all windows, for as long as something is shared: that it is."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QMouseEvent
from PySide6.QtWidgets import QFrame

from coachdesk.ui.views.label import Icon
from coachdesk.ui.views.style import restyle, row, text

FLAGS = (
    Qt.WindowType.Tool
    | Qt.WindowType.FramelessWindowHint
    | Qt.WindowType.WindowStaysOnTopHint
    | Qt.WindowType.WindowDoesNotAcceptFocus
)


class ShareBadge(QFrame):
    """At the upper edge of the screen, there too while CoachDesk is minimized; a click on it is ``clicked``."""

    def __init__(self, clicked: Callable[[], None]) -> None:
        super().__init__(None, FLAGS)
        self._clicked = clicked
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self.setAttribute(Qt.WidgetAttribute.WA_QuitOnClose, False)
        self.setProperty("notice", "warning")
        self.words = text("", "heading")
        layout = row(self, gap=8)
        layout.setContentsMargins(12, 5, 12, 5)
        layout.addWidget(Icon("screen", 18, "warning_text"))
        layout.addWidget(self.words)

    def tell(self, words: str, *, everyone: bool) -> None:
        """Shows ``words``, or nothing where there are none. ``everyone``: the customer sees what is shared."""
        restyle(self, "notice", "error" if everyone else "warning")
        self.words.setText(words)
        self.setAccessibleName(words)
        self.setVisible(bool(words))
        self.adjustSize()
        screen = QGuiApplication.primaryScreen().availableGeometry()
        self.move(screen.center().x() - self.width() // 2, screen.top())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._clicked()
