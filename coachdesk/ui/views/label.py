"""Text that elides, chips, and icons that follow the theme."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QLabel, QSizePolicy, QWidget

from coachdesk.ui import icons
from coachdesk.ui.views.style import TextType, restyle, row


class ElidedLabel(QLabel):
    """One line of text that gives way with an ellipsis and then tells the whole in its tooltip."""

    def __init__(self, content: str = "", kind: TextType = "body") -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("type", kind)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._whole = ""
        self.set(content)

    @property
    def whole(self) -> str:
        return self._whole

    def set(self, content: str) -> None:
        self._whole = content
        self.setAccessibleName(content)
        self._elide()

    def minimumSizeHint(self) -> QSize:
        return QSize(24, super().minimumSizeHint().height())

    def sizeHint(self) -> QSize:
        self.ensurePolished()
        metrics = QFontMetrics(self.font())
        return QSize(metrics.horizontalAdvance(self._whole) + 4, metrics.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._elide()

    def _elide(self) -> None:
        self.ensurePolished()
        shown = QFontMetrics(self.font()).elidedText(
            self._whole, Qt.TextElideMode.ElideRight, max(self.width(), 24)
        )
        self.setText(shown)
        self.setToolTip(self._whole if shown != self._whole else "")


class Icon(QWidget):
    """An icon beside words; it says nothing that they don't."""

    def __init__(self, name: str, size: int = 18, tint: str = "text") -> None:
        super().__init__()
        self._name = name
        self._tint = tint
        self.setFixedSize(size, size)

    def set(self, name: str, tint: str | None = None) -> None:
        self._name = name
        self._tint = tint or self._tint
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            icons.paint(painter, QRect(0, 0, self.width(), self.height()), self._name, self._tint)


class Chip(QFrame):
    """A short state in a pill: icon, words and a tone."""

    def __init__(self, icon: str = "info", content: str = "", tone: str = "neutral") -> None:
        super().__init__()
        layout = row(self, gap=5)
        layout.setContentsMargins(8, 2, 9, 2)
        self._icon = Icon(icon, 14)
        self._label = QLabel()
        self._label.setTextFormat(Qt.TextFormat.PlainText)
        layout.addWidget(self._icon)
        layout.addWidget(self._label)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.set(icon, content, tone)

    @property
    def text(self) -> str:
        return self._label.text()

    def set(self, icon: str, content: str, tone: str) -> None:
        self._label.setText(content)
        self.setAccessibleName(content)
        self._icon.set(icon, "text" if tone == "neutral" else f"{tone}_text")
        restyle(self, "chip", tone)
