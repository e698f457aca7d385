"""The main window: a bar with who is signed in and whether the server is there, notices, and the role's desk."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtGui import QCloseEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QApplication, QFrame, QMainWindow, QStackedWidget, QSystemTrayIcon, QWidget

from coachdesk.ui import icons
from coachdesk.ui.presenters.quality import QualityPresenter
from coachdesk.ui.presenters.session import SessionPresenter
from coachdesk.ui.presenters.wall import HelpCall
from coachdesk.ui.theme import theme
from coachdesk.ui.views.button import Action, ActionButton, make_button
from coachdesk.ui.views.dialogs import KeyList, confirm
from coachdesk.ui.views.label import Chip, ElidedLabel, Icon
from coachdesk.ui.views.panels import NoticeStack
from coachdesk.ui.views.style import column, row, text

KEYS = Action("Keys", "F1", "keys", "Show every key")
SETTINGS = Action("Settings", "Ctrl+,", "settings", "Devices, theme and keys")
DIAGNOSTICS = Action(
    "Copy diagnostics",
    "Ctrl+D",
    "diagnostics",
    "Copy what support needs to know of this computer and the call",
)
SIGN_OUT = Action("Sign out", "Ctrl+Shift+Q", "sign-out", "Sign out")
SMALLEST = (900, 600)


class MainWindow(QMainWindow):
    """Shows one page at a time: sign-in, connecting, or a desk."""

    def __init__(self, quit_app: Callable[[], None]) -> None:
        super().__init__()
        self.setWindowTitle("CoachDesk")
        self.setMinimumSize(*SMALLEST)
        self.resize(1280, 800)
        self._quit = quit_app
        self._session: SessionPresenter | None = None
        self._may_close = False
        self._notices = QWidget()
        self._pages = QStackedWidget()
        self._top = QWidget()
        self._layout = column(gap=0)
        root = QWidget()
        root.setObjectName("page")
        root.setLayout(self._layout)
        self._layout.addWidget(self._top)
        self._layout.addWidget(self._notices)
        self._layout.addWidget(self._pages, 1)
        self.setCentralWidget(root)
        self._tray: QSystemTrayIcon | None = None
        QShortcut(QKeySequence("Ctrl+Q"), self).activated.connect(self.close)
        theme.changed.connect(self._dress)
        self._dress()

    def show_page(self, page: QWidget) -> None:
        """``page`` alone, without bar and notices."""
        self._session = None
        self._replace_top(QWidget(), QWidget())
        self._replace_page(page)

    def show_desk(
        self,
        session: SessionPresenter,
        quality: QualityPresenter,
        desk: QWidget,
        settings: Callable[[], None],
        sign_out: Callable[[], None],
    ) -> None:
        """``desk`` under the bar and the notices of ``session``."""
        self._session = session
        bar = TopBar(session, [
            make_button(KEYS, self.show_keys, "quiet", show_text=False),
            make_button(DIAGNOSTICS, quality.copy_diagnostics, "quiet", show_text=False),
            make_button(SETTINGS, settings, "quiet", show_text=False),
            make_button(SIGN_OUT, lambda: self._leave("Sign out", sign_out), "quiet", show_text=False),
        ])  # fmt: skip
        self._replace_top(bar, NoticeStack(session.notices))
        self._replace_page(desk)

    def show_keys(self) -> None:
        buttons = [b for b in self.findChildren(ActionButton) if b.isVisible() and b.action.key]
        KeyList(self, list({b.action.key: b.action for b in buttons}.values())).open()

    def announce(self, help_call: HelpCall) -> None:
        """Tell of a call for help also when the window is not in front."""
        QApplication.alert(self)
        QApplication.beep()
        if QSystemTrayIcon.isSystemTrayAvailable():
            if self._tray is None:
                self._tray = QSystemTrayIcon(self.windowIcon(), self)
                self._tray.activated.connect(lambda _: self.raise_())
            self._tray.show()
            self._tray.showMessage(f"{help_call.agent} asks for help", help_call.reason)

    def closeEvent(self, event: QCloseEvent) -> None:
        if self._may_close:
            event.accept()
            return
        event.ignore()
        self._leave("Quit", self._close)

    def _close(self) -> None:
        self._may_close = True
        self.close()
        self._quit()

    def _leave(self, what: str, then: Callable[[], None]) -> None:
        if self._session is not None and self._session.in_call:
            do = Action(f"{what} anyway", "Ctrl+Return", "sign-out", f"{what}; you leave the call")
            confirm(
                self,
                f"{what} during a call?",
                "You are on a call. You will be disconnected from it.",
                do,
                then,
            )
        else:
            then()

    def _replace_top(self, bar: QWidget, notices: QWidget) -> None:
        for old, new in ((self._top, bar), (self._notices, notices)):
            self._layout.replaceWidget(old, new)
            old.hide()
            old.deleteLater()
        self._top, self._notices = bar, notices

    def _replace_page(self, page: QWidget) -> None:
        old = self._pages.currentWidget()
        self._pages.addWidget(page)
        self._pages.setCurrentWidget(page)
        if old is not None and old is not page:
            self._pages.removeWidget(old)
            old.deleteLater()

    def _dress(self) -> None:
        self.setWindowIcon(icons.icon("app", "accent"))


class TopBar(QFrame):
    """Who is signed in, with what role, whether the server is reached; then the window's own buttons."""

    def __init__(self, session: SessionPresenter, buttons: list[ActionButton]) -> None:
        super().__init__()
        self.setProperty("bar", True)
        self._session = session
        self._name = ElidedLabel("", "muted")
        self._link = Chip()
        layout = row(self, gap=10)
        layout.setContentsMargins(16, 7, 12, 7)
        layout.addWidget(Icon("app", 22, "accent_text"))
        layout.addWidget(text("CoachDesk", "heading"))
        layout.addWidget(self._name, 1)
        layout.addWidget(self._link)
        for button in buttons:
            layout.addWidget(button)
        session.subscribe(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        me = self._session.ready
        if me is not None:
            role = f"{me.role.value} in {me.team}" if me.team else me.role.value
            self._name.set(f"·  {me.name}, {role}")
        online = ("online", "Connected", "success")
        self._link.set(*(online if self._session.online else ("offline", "Reconnecting…", "warning")))


class Waiting(QWidget):
    """Between signing in and the desk."""

    def __init__(self, cancel: Callable[[], None]) -> None:
        super().__init__()
        self.setObjectName("page")
        self.title = text("Connecting…", "title")
        self.detail = text("", "muted")
        layout = column(self, gap=10, margin=24)
        layout.addStretch(1)
        for widget in (Icon("pending", 48, "muted"), self.title, self.detail):
            holder = row()
            holder.addStretch(1)
            holder.addWidget(widget)
            holder.addStretch(1)
            layout.addLayout(holder)
        back = Action("Back", "Escape", "close", "Stop connecting and go back to sign-in")
        holder = row()
        holder.addStretch(1)
        holder.addWidget(make_button(back, cancel))
        holder.addStretch(1)
        layout.addSpacing(8)
        layout.addLayout(holder)
        layout.addStretch(1)
