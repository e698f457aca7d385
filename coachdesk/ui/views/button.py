"""The one button of this app: icon, words, and the key that does the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QKeyEvent, QKeySequence, QPainter, QPaintEvent, QShortcut
from PySide6.QtWidgets import QPushButton, QSizePolicy, QStyle, QStyleOptionButton, QStylePainter, QWidget

from coachdesk.ui import icons
from coachdesk.ui.theme import theme
from coachdesk.ui.views.style import restyle

Look = Literal["plain", "primary", "quiet", "danger", "tall", "row"]
INK = {"primary": "on_accent", "danger": "danger_text"}
STATE_INK = {"private": "on_state", "everyone": "on_state", "trainees": "on_state", "pending": "on_pending",
             "on": "on_accent", "armed": "danger_text", "danger": "danger_text"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Action:
    """Something the user can do: what it is called, its key (Qt's portable form), its icon, what it does."""

    text: str
    key: str
    icon: str
    tip: str


def key_name(key: str) -> str:
    return QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText) or key


class ActionButton(QPushButton):
    """Paints its own content, so that icon and ink follow theme and state. Return clicks it, like Space elsewhere."""

    def __init__(
        self, action: Action, look: Look = "plain", *, show_key: bool = False, show_text: bool = True
    ) -> None:
        super().__init__()
        self.action = action
        self._look = look
        self._icon = action.icon
        self._show_key = show_key
        self._show_text = show_text
        self.setProperty("look", look)
        self.setProperty("state", "off")
        if look == "row":
            self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.describe(action.text, action.tip)

    def describe(self, content: str, tip: str, icon: str = "") -> None:
        """Change words and icon, as a toggle does; the key stays and stays in the tooltip."""
        if (content, tip, icon or self._icon) == (self.text(), self.accessibleDescription(), self._icon):
            return
        self.setText(content)
        self.setAccessibleName(content)
        self.setAccessibleDescription(tip)
        self.setToolTip(f"{tip} ({key_name(self.action.key)})" if self.action.key else tip)
        self._icon = icon or self._icon
        self.updateGeometry()
        self.update()

    def shorten(self, *, key: bool, words: bool) -> None:
        """Show the key and the words, or leave them to the tooltip."""
        if (key, words) != (self._show_key, self._show_text):
            self._show_key, self._show_text = key, words
            self.updateGeometry()
            self.update()

    def set_key(self, key: str) -> None:
        """Name another key; whoever watches it is somebody else."""
        if key != self.action.key:
            self.action = replace(self.action, key=key)
            self.setToolTip(f"{self.accessibleDescription()} ({key_name(key)})")
            self.update()

    def set_state(self, state: str) -> None:
        """``off``, ``on``, or a hearing kind, ``pending``, ``armed``: the style sheet colours it."""
        restyle(self, "state", state)

    def sizeHint(self) -> QSize:
        self.ensurePolished()
        metrics = QFontMetrics(self.font())
        words = metrics.horizontalAdvance(self.text()) if self._show_text else 0
        if self._look == "tall":
            return QSize(max(words, 40) + 22, 62)
        key = metrics.horizontalAdvance(key_name(self.action.key)) + 18 if self._show_key else 0
        padding = 30 if self._show_text else 16
        return QSize(18 + (7 if words else 0) + words + key + padding, 34)

    def minimumSizeHint(self) -> QSize:
        if self._look == "tall":
            return QSize(64, 62)
        if self._look == "row":
            return QSize(80, 36)
        return self.sizeHint()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.isAutoRepeat():
            self.click()
            return
        super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        option = QStyleOptionButton()
        self.initStyleOption(option)
        option.text = ""
        painter = QStylePainter(self)
        painter.drawControl(QStyle.ControlElement.CE_PushButton, option)
        painter.setPen(theme.colour(self._ink()))
        if self._look == "tall":
            self._paint_tall(painter)
        else:
            self._paint_wide(painter)
        painter.end()

    def _ink(self) -> str:
        if not self.isEnabled():
            return "muted"
        return STATE_INK.get(str(self.property("state"))) or INK.get(self._look, "text")

    def _paint_wide(self, painter: QPainter) -> None:
        metrics = painter.fontMetrics()
        key = key_name(self.action.key) if self._show_key else ""
        key_width = metrics.horizontalAdvance(key) + 18 if key else 0
        words = metrics.horizontalAdvance(self.text()) + 7 if self._show_text else 0
        left = 12 if self._look == "row" else max((self.width() - 18 - words - key_width) // 2, 8)
        icons.paint(painter, QRect(left, (self.height() - 18) // 2, 18, 18), self._icon, self._ink())
        if self._show_text:
            space = self.width() - left - 25 - key_width - 6
            shown = metrics.elidedText(self.text(), Qt.TextElideMode.ElideRight, space)
            painter.drawText(
                QRect(left + 25, 0, space + 2, self.height()), Qt.AlignmentFlag.AlignVCenter, shown
            )
        if key:
            width = key_width - 8
            at = self.width() - width - 10 if self._look == "row" else left + 18 + words + 8
            self._paint_key(painter, QRect(at, (self.height() - 20) // 2, width, 20), key)

    def _paint_tall(self, painter: QPainter) -> None:
        icons.paint(painter, QRect((self.width() - 20) // 2, 8, 20, 20), self._icon, self._ink())
        metrics = painter.fontMetrics()
        shown = metrics.elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width() - 8)
        painter.drawText(QRect(0, 29, self.width(), 15), Qt.AlignmentFlag.AlignCenter, shown)
        font = painter.font()
        font.setPixelSize(11)
        font.setWeight(font.Weight.Normal)
        painter.setFont(font)
        painter.drawText(
            QRect(0, 44, self.width(), 14), Qt.AlignmentFlag.AlignCenter, key_name(self.action.key)
        )

    def _paint_key(self, painter: QPainter, rect: QRect, key: str) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = painter.font()
        font.setPixelSize(11)
        painter.setFont(font)
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, key)
        painter.setOpacity(0.45)
        painter.drawRoundedRect(QRectF(rect).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)


def make_button(
    action: Action,
    slot: Callable[[], None],
    look: Look = "plain",
    *,
    scope: QWidget | None = None,
    show_key: bool = False,
    show_text: bool = True,
) -> ActionButton:
    """A button whose key works wherever it is visible and enabled, or only while the focus is within ``scope``."""
    button = ActionButton(action, look, show_key=show_key, show_text=show_text)
    wire(button, slot, scope)
    return button


def wire(button: ActionButton, slot: Callable[[], None], scope: QWidget | None = None) -> None:
    """Let ``button``, and its key as in ``make_button``, do what ``slot`` does."""
    button.clicked.connect(lambda: slot())
    if button.action.key:
        shortcut = QShortcut(QKeySequence(button.action.key), scope or button)
        shortcut.setAutoRepeat(False)
        if scope is not None:
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        shortcut.activated.connect(button.click)
