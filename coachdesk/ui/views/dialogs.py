"""Small windows over the main one. None of them blocks: they are opened, and say by a callback what was chosen."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import partial

import segno
from PySide6.QtCore import QRect, Qt, QTimer
from PySide6.QtGui import QColor, QGuiApplication, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QDialog, QGridLayout, QLabel, QLineEdit, QScrollArea, QWidget

from coachdesk.ui.views.button import Action, ActionButton, key_name, make_button
from coachdesk.ui.views.choice import Choice
from coachdesk.ui.views.label import Icon
from coachdesk.ui.views.style import column, row, text

EXPIRIES = (("15 minutes", 900), ("1 hour", 3600), ("8 hours", 28800), ("1 day", 86400), ("7 days", 604800))
USES = (("One customer", 1), ("Up to 10 customers", 10))


class Window(QDialog):
    """A titled dialog with its buttons below; Esc closes it."""

    def __init__(self, parent: QWidget, title: str, icon: str) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setModal(True)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.body = column(self, gap=14, margin=22)
        head = row(gap=10)
        head.addWidget(Icon(icon, 24, "accent_text"))
        head.addWidget(text(title, "title"), 1)
        self.body.addLayout(head)
        self._buttons = row(gap=8)
        self._buttons.addStretch(1)

    def add_button(self, button: ActionButton) -> ActionButton:
        button.setAutoDefault(False)
        self._buttons.addWidget(button)
        return button

    def finish(self) -> None:
        """Lay the buttons out, after everything else."""
        self.body.addLayout(self._buttons)

    def add_close(self, content: str = "Close") -> ActionButton:
        action = Action(content, "Esc", "close", "Close this window")
        return self.add_button(make_button(action, self.reject))


def confirm(parent: QWidget, title: str, question: str, do: Action, then: Callable[[], None]) -> Window:
    """Ask before something that interrupts others; the safe answer has the focus."""
    window = Window(parent, title, "warning")
    window.body.addWidget(text(question, wrap=True))
    stay = window.add_close("Cancel")

    def go() -> None:
        window.accept()
        then()

    window.add_button(make_button(do, go, "danger", show_key=True))
    window.finish()
    stay.setFocus()
    window.setMinimumWidth(380)
    window.open()
    return window


class QrCode(QLabel):
    """A QR code in black on white, whatever the theme: cameras want it so."""

    def __init__(self, content: str, size: int = 240) -> None:
        super().__init__()
        buffer = io.BytesIO()
        segno.make(content, error="m").save(buffer, kind="png", scale=8, border=4)
        self._image = QImage.fromData(buffer.getvalue())
        self.setFixedSize(size, size)
        self.setAccessibleName(f"QR code of {content}")

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), QColor("white"))
            painter.drawImage(QRect(0, 0, self.width(), self.height()), self._image)


class ShareLink(Window):
    """The address of a join link, to copy or to scan."""

    def __init__(self, parent: QWidget, label: str, url: str) -> None:
        super().__init__(parent, "Send this link to your customer", "link")
        self.body.addWidget(text(label or "Join link", "heading"))
        self.body.addWidget(QrCode(url), 0, Qt.AlignmentFlag.AlignHCenter)
        field = QLineEdit(url)
        field.setReadOnly(True)
        field.setCursorPosition(0)
        field.setAccessibleName("Address of the link")
        self.body.addWidget(field)
        self.body.addWidget(text("Or let them scan the code. No install is needed.", "small", wrap=True))
        self.add_close()
        self._copy = make_button(
            Action("Copy link", "Ctrl+C", "copy", "Copy the address"),
            lambda: self._copied(url),
            "primary",
            show_key=True,
        )
        self.add_button(self._copy)
        self.finish()
        self._copy.setFocus()
        self.setMinimumWidth(440)

    def _copied(self, url: str) -> None:
        QGuiApplication.clipboard().setText(url)
        self._copy.describe("Copied", "The address is in the clipboard", "done")
        QTimer.singleShot(
            2000, self._copy, lambda: self._copy.describe("Copy link", "Copy the address", "copy")
        )


class NewLink(Window):
    """What the customer is called, how long the link lives, for how many."""

    def __init__(self, parent: QWidget, create: Callable[[str, int, int], None]) -> None:
        super().__init__(parent, "New join link", "link")
        self._create = create
        self.label = QLineEdit()
        self.label.setMaxLength(80)
        self.label.setPlaceholderText("e.g. Router down, ticket 4711")
        self.expiry = _choice(EXPIRIES, 1, "How long the link works")
        self.uses = _choice(USES, 0, "How many customers may use the link")
        form = QGridLayout()
        form.setHorizontalSpacing(14)
        form.setVerticalSpacing(10)
        fields = (("What it is about", self.label), ("Works for", self.expiry), ("For", self.uses))
        for line, (name, field) in enumerate(fields):
            caption = text(name)
            caption.setBuddy(field)
            form.addWidget(caption, line, 0)
            form.addWidget(field, line, 1)
        self.label.setAccessibleName("What the call is about; you and your team see it")
        self.body.addLayout(form)
        self.add_close("Cancel")
        action = Action("Create link", "Ctrl+Return", "link", "Create the link and show its address")
        self.add_button(make_button(action, self._go, "primary", show_key=True))
        self.finish()
        self.label.returnPressed.connect(self._go)
        self.setMinimumWidth(460)
        self.label.setFocus()

    def _go(self) -> None:
        self._create(self.label.text(), int(self.expiry.currentData()), int(self.uses.currentData()))
        self.accept()


class AskHelp(Window):
    """A reason, picked by one key or typed."""

    def __init__(self, parent: QWidget, reasons: tuple[str, ...], ask: Callable[[str], None]) -> None:
        super().__init__(parent, "Ask your supervisors for help", "help")
        self._ask = ask
        for number, reason in enumerate(reasons, 1):
            action = Action(reason, str(number), "help", f"Ask for help: {reason}")
            button = make_button(action, partial(self._go, reason), "row", show_key=True)
            button.setAutoDefault(False)
            self.body.addWidget(button)
            if number == 1:
                button.setFocus()
        self.other = QLineEdit()
        self.other.setMaxLength(200)
        self.other.setPlaceholderText("Something else… (Enter sends it)")
        self.other.setAccessibleName("Another reason")
        self.other.returnPressed.connect(lambda: self._go(self.other.text()))
        self.body.addWidget(self.other)
        self.body.addWidget(text("Your customer does not notice.", "small"))
        self.add_close("Cancel")
        self.finish()
        self.setMinimumWidth(400)

    def _go(self, reason: str) -> None:
        self._ask(reason)
        self.accept()


class KeyList(Window):
    """Every key of the window in front, gathered from its buttons."""

    def __init__(self, parent: QWidget, actions: list[Action]) -> None:
        super().__init__(parent, "Keys", "keys")
        inner = QWidget()
        grid = QGridLayout(inner)
        grid.setHorizontalSpacing(18)
        grid.setVerticalSpacing(7)
        for line, action in enumerate(actions):
            key = text(key_name(action.key), "heading")
            grid.addWidget(key, line, 0)
            grid.addWidget(text(action.tip, wrap=True), line, 1)
        grid.setColumnStretch(1, 1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setWidget(inner)
        self.body.addWidget(area, 1)
        self.add_close()
        self.finish()
        self.resize(520, 480)


def _choice(options: tuple[tuple[str, int], ...], chosen: int, name: str) -> Choice:
    box = Choice(name)
    for content, value in options:
        box.addItem(content, value)
    box.setCurrentIndex(chosen)
    return box
