"""Sign-in: server, name, password."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QLineEdit, QWidget

from coachdesk.ui.views.button import Action, make_button
from coachdesk.ui.views.choice import Check
from coachdesk.ui.views.label import Icon
from coachdesk.ui.views.style import card, column, row, text

SIGN_IN = Action("Sign in", "Ctrl+Return", "sign-in", "Sign in; Return does it too")


@dataclass(frozen=True, slots=True)
class Credentials:
    server: str
    name: str
    password: str
    remember: bool

    def __repr__(self) -> str:
        return f"Credentials({self.server!r}, {self.name!r})"


class SignInPage(QWidget):
    """One card in the middle. ``submit`` gets Credentials; ``busy`` and ``fail`` show how it goes."""

    def __init__(self, submit: Callable[[Credentials], None], *, can_remember: bool) -> None:
        super().__init__()
        self.setObjectName("page")
        self._submit = submit
        self.server = _field("Server address", "https://calls.example.com")
        self.name = _field("User name", "")
        self.password = _field("Password", "")
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        self.remember = Check("Keep me signed in on this computer")
        self.remember.setToolTip("Keeps the sign-in in the system's keyring, never in a file (Space)")
        self.remember.setVisible(can_remember)
        self.button = make_button(SIGN_IN, self._go, "primary")
        self.error = QFrame()
        self.error.setProperty("notice", "error")
        self._error_text = text("", wrap=True)
        line = row(self.error, gap=10)
        line.setContentsMargins(12, 9, 12, 9)
        line.addWidget(Icon("alert", 20, "danger_text"))
        line.addWidget(self._error_text, 1)
        self.error.hide()
        for field in (self.server, self.name, self.password):
            field.returnPressed.connect(self._go)
        layout = column(self, margin=24)
        layout.addStretch(1)
        layout.addWidget(self._card(), 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(1)

    def _card(self) -> QFrame:
        frame = card()
        frame.setFixedWidth(420)
        layout = column(frame, gap=6, margin=36)
        head = row(gap=12)
        head.addWidget(Icon("app", 34, "accent_text"))
        head.addWidget(text("CoachDesk", "display"), 1)
        layout.addLayout(head)
        layout.addWidget(text("Sign in to take calls, or to coach those who do.", "muted", wrap=True))
        layout.addSpacing(14)
        for name, field in (("Server", self.server), ("Name", self.name), ("Password", self.password)):
            caption = text(name, "section")
            caption.setBuddy(field)
            layout.addWidget(caption)
            layout.addWidget(field)
            layout.addSpacing(6)
        layout.addWidget(self.remember)
        layout.addSpacing(6)
        layout.addWidget(self.error)
        layout.addSpacing(6)
        self.button.setMinimumHeight(40)
        layout.addWidget(self.button)
        return frame

    def begin(self, server: str, name: str, *, remember: bool) -> None:
        """Show the form with what is known, the focus where typing starts."""
        self.server.setText(server)
        self.name.setText(name)
        self.remember.setChecked(remember)
        self.password.clear()
        self.busy(False)
        missing = next((f for f in (self.server, self.name, self.password) if not f.text()), self.password)
        missing.setFocus()

    def busy(self, on: bool) -> None:
        for widget in (self.server, self.name, self.password, self.remember, self.button):
            widget.setEnabled(not on)
        self.button.describe("Signing in…" if on else "Sign in", SIGN_IN.tip)
        if on:
            self.error.hide()

    def fail(self, message: str) -> None:
        self.busy(False)
        self._error_text.setText(message)
        self.error.setAccessibleName(message)
        self.error.show()
        self.password.selectAll()
        self.password.setFocus()

    def _go(self) -> None:
        if self.button.isEnabled():
            self._submit(
                Credentials(
                    self.server.text(), self.name.text(), self.password.text(), self.remember.isChecked()
                )
            )


def _field(name: str, example: str) -> QLineEdit:
    field = QLineEdit()
    field.setAccessibleName(name)
    field.setPlaceholderText(example)
    return field
