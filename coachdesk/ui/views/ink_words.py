"""The field in which the words of a text mark are typed, where they will stand: in the live picture, or on a photo."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from coachdesk.annotation import Tool
from coachdesk.ui.inkshape import Matrix, mapped
from coachdesk.ui.presenters.ink_pen import InkPen

MOST_LETTERS = 200
WIDE, HIGH = 220, 36


class WordsField(QLineEdit):
    """Return, or a touch elsewhere, ends it: ``said`` is called with what was typed, which may be nothing."""

    def __init__(self, parent: QWidget, said: Callable[[str], None]) -> None:
        super().__init__(parent)
        self._room = parent
        self._said = said
        self.setMaxLength(MOST_LETTERS)
        self.setAccessibleName("Words to write on the picture")
        self.setPlaceholderText("Type, then Return")
        self.setToolTip("Return writes it, Esc gives it up")
        self.returnPressed.connect(self.done)
        self.hide()

    def open_at(self, x: float, y: float) -> None:
        """``x``, ``y``: where the words begin, pixels of the parent."""
        left = min(max(0, round(x)), max(0, self._room.width() - WIDE))
        self.setGeometry(left, round(y) - HIGH // 2, WIDE, HIGH)
        if not self.isVisible():
            self.clear()
            self.show()
            self.setFocus()

    def done(self) -> None:
        """What is typed is written; nothing, if nothing is."""
        if self.isVisible():
            self.hide()
            self._said(self.text())

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() is not Qt.FocusReason.ActiveWindowFocusReason:
            self.done()


class WordsEditor(WordsField):
    """Seen while a text is in the hand; Escape gives it up."""

    def __init__(self, parent: QWidget, pen: InkPen) -> None:
        super().__init__(parent, pen.say)
        self._pen = pen

    def refresh(self, view: Matrix) -> None:
        """``view``: from the picture, 0 to 1, to the parent's pixels."""
        hand = self._pen.hand
        wanted = hand is not None and hand.kind is Tool.TEXT and bool(hand.points)
        if not wanted or hand is None:
            self.hide()
            return
        [(x, y)] = mapped(view, [hand.points[-1][:2]]) or [(0.0, 0.0)]
        self.open_at(x, y)

    def event(self, event: QEvent) -> bool:
        """Escape is not kept from others: where it silences a microphone, it does that as well."""
        override = event.type() is QEvent.Type.ShortcutOverride
        if override and isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
            self.hide()
            self._pen.give_up()
        return super().event(event)
