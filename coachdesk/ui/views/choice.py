"""A drop-down list and a check box whose marks follow the theme."""

from __future__ import annotations

from PySide6.QtCore import QRect
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QStyle, QStyleOptionButton

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


class Check(QCheckBox):
    """A check box with a tick that can be seen on every ground."""

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self.isChecked():
            return
        option = QStyleOptionButton()
        self.initStyleOption(option)
        box = self.style().subElementRect(QStyle.SubElement.SE_CheckBoxIndicator, option, self)
        with QPainter(self) as painter:
            icons.paint(painter, box.adjusted(2, 2, -2, -2), "check", "text" if self.isEnabled() else "muted")
