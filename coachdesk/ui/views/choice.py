"""A drop-down list whose arrow follows the theme."""

from __future__ import annotations

from PySide6.QtCore import QRect
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QComboBox

from coachdesk.ui import icons


class Choice(QComboBox):
    """Named for those who cannot see what stands beside it."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setToolTip(f"{name} (arrow keys)")

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        with QPainter(self) as painter:
            arrow = QRect(self.width() - 28, (self.height() - 18) // 2, 18, 18)
            icons.paint(painter, arrow, "down", "text" if self.isEnabled() else "muted")
