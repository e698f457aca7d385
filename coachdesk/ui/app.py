"""The desktop app: signs in, starts the endpoint's process, opens the desk of the role, and tidies up at the end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import msgspec
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication

import qasync  # isort: skip  (it takes the Qt binding that is imported already)

from coachdesk import commands, events
from coachdesk.ui import preferences as prefs
from coachdesk.ui.bridge import Bridge, BridgeState, endpoint_command
from coachdesk.ui.control import Control
from coachdesk.ui.link import Fault
from coachdesk.ui.presenters.desk import Desk
from coachdesk.ui.presenters.notices import Notices
from coachdesk.ui.presenters.settings import SettingsPresenter
from coachdesk.ui.presenters.sign_in import Keyring, server_address, sign_in
from coachdesk.ui.theme import theme
from coachdesk.ui.theme.tokens import ThemeChoice
from coachdesk.ui.views.desk import make_view
from coachdesk.ui.views.main_window import MainWindow, Waiting
from coachdesk.ui.views.settings_dialog import SettingsDialog
from coachdesk.ui.views.sign_in import Credentials, SignInPage
from coachdesk.ui.wording import remedy

log = logging.getLogger(__name__)


class BridgeLink:
    """A presenter's Link over a Bridge: failures that nobody asked to hear become notices."""

    def __init__(self, bridge: Bridge, notices: Notices) -> None:
        self._bridge = bridge
        self._notices = notices

    def send(
        self,
        command: commands.Command,
        failed: Callable[[Fault], None] | None = None,
        done: Callable[[], None] | None = None,
    ) -> None:
        future = self._bridge.request(command)
        future.add_done_callback(lambda answer: self._answered(answer, failed, done))

    def _answered(
        self,
        answer: asyncio.Future[events.AnyEvent],
        failed: Callable[[Fault], None] | None,
        done: Callable[[], None] | None,
    ) -> None:
        error = None if answer.cancelled() else answer.exception()
        if isinstance(error, Fault):
            (failed or self._notices.report)(error)
        elif done is not None:
            done()


class Desktop(QObject):
    """Owns the window, the sign-in and the endpoint's process.

    ``devices``: options for the endpoint's command line (mic, speaker, camera); the others are the user's choice.
    """

    def __init__(
        self,
        app: QApplication,
        loop: asyncio.AbstractEventLoop,
        file: Path,
        devices: dict[str, str],
        server: str = "",
    ) -> None:
        super().__init__()
        self._app = app
        self._loop = loop
        self._file = file
        self._devices = devices
        self._preferences = prefs.load(file)
        if server:
            self._preferences.server = server
        self._keyring = Keyring()
        self._tasks: set[asyncio.Task[None]] = set()
        self._bridge: Bridge | None = None
        self._desk: Desk | None = None
        self._waiting: Waiting | None = None
        self._sign_in: SignInPage | None = None
        self.control: Control | None = None
        self.done = loop.create_future()
        theme.apply(app, self._preferences.theme)
        app.styleHints().colorSchemeChanged.connect(self._follow_system)
        self.window = MainWindow(self._quit)

    # --- signing in ---

    def begin(self, token: str | None) -> None:
        """Straight to the desk with a token, given or remembered; else to the sign-in form."""
        chosen = self._preferences
        if token is None and chosen.remember and chosen.server and chosen.name:
            token = self._keyring.load(chosen.server, chosen.name)
        if token and chosen.server:
            self._connect(chosen.server, token)
        else:
            self.ask()

    def ask(self, fault: Fault | None = None) -> None:
        """The sign-in form, with what went wrong."""
        page = SignInPage(lambda given: self._spawn(self._try(given)), can_remember=self._keyring.available)
        self._sign_in = page
        self.window.show_page(page)
        page.begin(self._preferences.server, self._preferences.name, remember=self._preferences.remember)
        if fault is not None:
            page.fail(". ".join(remedy(fault.code, fault.message)))

    async def _try(self, given: Credentials) -> None:
        page = self._sign_in
        if page is None:
            return
        page.busy(True)
        try:
            server = server_address(given.server)
            token = await sign_in(server, given.name, given.password)
        except Fault as fault:
            page.fail(fault.message)
            return
        chosen = self._preferences
        chosen.server, chosen.name = server, given.name.strip()
        chosen.remember = given.remember and self._keyring.save(server, chosen.name, token)
        prefs.save(chosen, self._file)
        self._connect(server, token)

    def _connect(self, server: str, token: str) -> None:
        self._waiting = Waiting(lambda: self._spawn(self._sign_out()))
        self._waiting.detail.setText(server)
        self.window.show_page(self._waiting)
        bridge = Bridge(endpoint_command(server, **self._devices), token, self._loop, self)
        notices = Notices()
        link = BridgeLink(bridge, notices)
        settings = SettingsPresenter(
            link, self._preferences, self._save, self._dress, fixed=frozenset(self._devices)
        )
        self._desk = Desk(link, notices, settings, on_help=self.window.announce)
        self._bridge = bridge
        bridge.told.connect(self._hear)
        bridge.state_changed.connect(self._endpoint)
        bridge.start()

    # --- the endpoint ---

    def _hear(self, event: events.AnyEvent) -> None:
        if self.control is not None:
            self.control.tell(event)
        desk = self._desk
        if desk is None:
            return
        desk.handle(event)
        if desk.session.rejected is not None:
            self._spawn(self._sign_out(desk.session.rejected))
        elif isinstance(event, events.Ready) and self._waiting is not None:
            self._open(desk)
        elif isinstance(event, events.Online) and not event.on and self._waiting is not None:
            self._waiting.title.setText("The server can't be reached. Trying again…")

    def _open(self, desk: Desk) -> None:
        self._waiting = None
        self.window.show_desk(
            desk.session,
            desk.quality,
            make_view(desk),
            self.open_settings,
            lambda: self._spawn(self._sign_out()),
        )
        if not self._preferences.seen_settings and not self._devices:
            desk.settings.seen()
            self.open_settings(first=True)

    def open_settings(self, *, first: bool = False) -> None:
        desk = self._desk
        if desk is not None and desk.role is not None:
            SettingsDialog(self.window, desk.settings, desk.role, first=first).open()

    def _endpoint(self, state: BridgeState, delay: float, last_words: str) -> None:
        if state is not BridgeState.CRASHED or self._desk is None:
            return
        reason = last_words.splitlines()[-1][:200] if last_words else ""
        self._desk.endpoint_crashed(delay, reason)
        if self._waiting is not None:
            self._waiting.title.setText("The call engine does not start. Trying again…")
            self._waiting.detail.setText(reason)

    # --- leaving ---

    async def _sign_out(self, fault: Fault | None = None) -> None:
        bridge, self._bridge, self._desk, self._waiting = self._bridge, None, None, None
        if bridge is None:
            return
        if fault is None or fault.code == "not_signed_in":
            self._keyring.forget(self._preferences.server, self._preferences.name)
            self._preferences.remember = False
        self.ask(fault)
        await bridge.stop()
        bridge.deleteLater()

    def _quit(self) -> None:
        if not self.done.done():
            self.done.set_result(None)

    async def close(self) -> None:
        """End the endpoint's process and every task."""
        prefs.save(self._preferences, self._file)
        if self._bridge is not None:
            await self._bridge.stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def screenshot(self, file: str) -> bool:
        """Save the window as a PNG; whether that worked."""
        return self.window.grab().save(file, "PNG")

    def attach(self, control: Control) -> None:
        self.control = control
        control.ended.connect(self._quit)
        control.start()

    def forward(self, line: bytes) -> None:
        """Pass on a command of whoever controls the window: their wish counts as the user's."""
        if self._desk is not None:
            with contextlib.suppress(msgspec.DecodeError):
                self._desk.note(commands.parse(line))
        if self._bridge is not None:
            self._bridge.forward(line)

    def _save(self, preferences: prefs.Preferences) -> None:
        prefs.save(preferences, self._file)

    def _dress(self, choice: ThemeChoice) -> None:
        theme.apply(self._app, choice)

    def _follow_system(self) -> None:
        if self._preferences.theme == "system":
            theme.apply(self._app, "system")

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def run_desktop(
    server_url: str | None,
    token: str | None = None,
    *,
    mic: str = "",
    speaker: str = "",
    camera: str = "",
    control: bool = False,
    preferences: Path | None = None,
) -> int:
    """Run the desktop app until its window is closed; returns the exit code.

    ``mic``, ``speaker``, ``camera``: as in the options of ``coachdesk endpoint``; empty: the user's choice.
    ``control``: obey standard input (see ``coachdesk.ui.control``) and quit when it ends.
    ``preferences``: the file of the user's choices, if not the usual one.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Qt's loop would not let Python see Ctrl+C
    app = QApplication(sys.argv[:1])
    app.setApplicationName("CoachDesk")
    app.setDesktopFileName("coachdesk")
    app.setQuitOnLastWindowClosed(False)
    devices = {"mic": mic, "speaker": speaker, "camera": camera}
    loop = qasync.QEventLoop(app)
    asyncio.set_event_loop(loop)
    with loop:
        loop.run_until_complete(
            _run(app, loop, server_url, token, {k: v for k, v in devices.items() if v}, control, preferences)
        )
    return 0


async def _run(
    app: QApplication,
    loop: asyncio.AbstractEventLoop,
    server: str | None,
    token: str | None,
    devices: dict[str, str],
    control: bool,
    preferences: Path | None,
) -> None:
    desktop = Desktop(app, loop, preferences or prefs.path(), devices, server or "")
    if control:
        desktop.attach(Control(desktop.screenshot, desktop.forward))
    desktop.window.show()
    desktop.begin(token)
    try:
        await desktop.done
    finally:
        await desktop.close()
