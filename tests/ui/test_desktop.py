"""The whole desktop app: signing in at a server, the real endpoint behind the window, control from outside."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import keyring
import keyring.backend
import keyring.errors
import pytest
from aiohttp import web
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QDialog
from pytestqt.qtbot import QtBot

from coachdesk import commands, events
from coachdesk.ui import app as desktop_app
from coachdesk.ui import preferences as prefs
from coachdesk.ui.app import Desktop
from coachdesk.ui.control import Control
from coachdesk.ui.link import Fault
from coachdesk.ui.presenters.sign_in import Keyring, server_address, sign_in
from coachdesk.ui.views.agent_desk import AgentDesk
from coachdesk.ui.views.observer_desk import ObserverDesk
from coachdesk.ui.views.sign_in import Credentials, SignInPage
from signaling.policy import Role
from signaling.server import add_user, token_for
from tests.ports import free_port
from tests.ui.conftest import Run, until

ROOT = Path(__file__).parents[2]
NO_DEVICES = {"mic": "none", "speaker": "none", "camera": "none"}
Open = Callable[..., Desktop]


@pytest.fixture
def open_desktop(
    dressed: QtBot, qapp: Any, run: Run, loop: asyncio.AbstractEventLoop, tmp_path: Path
) -> Iterator[Open]:
    opened: list[Desktop] = []

    def begin(server: str = "", token: str | None = None) -> Desktop:
        desktop = Desktop(qapp, loop, tmp_path / "desktop.json", NO_DEVICES, server)
        opened.append(desktop)
        desktop.window.show()
        desktop.begin(token)
        return desktop

    yield begin
    for desktop in opened:
        # The window last, as in use: a pytest-qt that owned it would delete it while the endpoint still has things to show.
        run(desktop.close())
        desktop.window._may_close = True
        assert desktop.window.close()
        desktop.window.deleteLater()
    qapp.processEvents()


@asynccontextmanager
async def answering(status: int, body: bytes) -> AsyncIterator[str]:
    """A server that answers every sign-in alike."""

    async def answer(request: web.Request) -> web.Response:
        assert await request.json() == {"name": "mia", "password": "secret"}
        return web.Response(status=status, body=body)

    app = web.Application()
    app.router.add_post("/api/sign-in", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        await runner.cleanup()


# --- signing in ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("https://calls.example.com/", "https://calls.example.com"),
        ("calls.example.com", "https://calls.example.com"),
        ("localhost:8080", "http://localhost:8080"),
        (" http://10.0.0.1:80 ", "http://10.0.0.1:80"),
    ],
)
def test_an_address_is_understood(typed: str, address: str) -> None:
    assert server_address(typed) == address


@pytest.mark.parametrize("typed", ["", "ftp://x", "https://", "http://x:99999", "https://[", "://"])
def test_what_is_no_address_is_refused(typed: str) -> None:
    with pytest.raises(Fault) as refused:
        server_address(typed)
    assert refused.value.code == "bad_server"


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (401, b"{}", "wrong_password"),
        (429, b"{}", "too_many_tries"),
        (404, b"nothing here", "not_a_server"),
        (200, b"<html>", "not_a_server"),
        (200, b'{"other":"x"}', "not_a_server"),
    ],
)
async def test_sign_in_says_what_is_wrong(status: int, body: bytes, code: str) -> None:
    async with answering(status, body) as url:
        with pytest.raises(Fault) as refused:
            await sign_in(url, "mia", "secret")
    assert refused.value.code == code


async def test_sign_in_brings_a_token() -> None:
    async with answering(200, b'{"token":"the-token"}') as url:
        assert await sign_in(url, " mia ", "secret") == "the-token"


async def test_sign_in_says_when_nobody_answers() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(Fault) as refused:
        await sign_in(url, "mia", "secret")
    assert refused.value.code == "unreachable"


def test_password_is_not_in_the_log_form_of_credentials() -> None:
    assert "secret" not in repr(Credentials("https://x", "mia", "secret", True))


class Memory(keyring.backend.KeyringBackend):
    """A keyring that forgets with the process."""

    priority = 1  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if (service, username) not in self.kept:
            raise keyring.errors.PasswordDeleteError
        del self.kept[service, username]


@pytest.fixture
def memory() -> Iterator[Memory]:
    before, memory = keyring.get_keyring(), Memory()
    keyring.set_keyring(memory)
    yield memory
    keyring.set_keyring(before)


def test_the_keyring_remembers_and_forgets(memory: Memory) -> None:
    ring = Keyring()
    assert ring.available
    assert ring.save("https://x", "mia", "t")
    assert ring.load("https://x", "mia") == "t"
    ring.forget("https://x", "mia")
    ring.forget("https://x", "mia")
    assert ring.load("https://x", "mia") is None


def test_without_a_keyring_remembering_is_not_offered(open_desktop: Open) -> None:
    desktop = open_desktop("https://x")
    page = desktop.window.findChild(SignInPage)
    assert page is not None
    assert not page.remember.isVisible()
    assert not Keyring().available


def test_preferences_survive_a_restart_and_a_broken_file(tmp_path: Path) -> None:
    file = tmp_path / "sub" / "desktop.json"
    assert prefs.load(file) == prefs.Preferences()
    prefs.save(prefs.Preferences(server="https://x", duck=-20), file)
    assert prefs.load(file).duck == -20


@pytest.mark.allow_log("the file is broken here")
def test_a_broken_file_of_preferences_is_ignored(tmp_path: Path) -> None:
    file = tmp_path / "desktop.json"
    file.write_text("{nonsense")
    assert prefs.load(file) == prefs.Preferences()


def test_a_failed_sign_in_stays_on_the_form(open_desktop: Open, run: Run) -> None:
    desktop = open_desktop()

    async def try_it() -> None:
        async with answering(401, b"{}") as url:
            page = desktop.window.findChild(SignInPage)
            assert page is not None
            page.server.setText(url)
            page.name.setText("mia")
            page.password.setText("secret")
            page.button.click()
            await until(page.error.isVisible)
            assert page._error_text.text() == "The name or the password is wrong."
            assert page.button.isEnabled()

    run(try_it())


# --- with the real server and the real endpoint -------------------------------------------------------------


@pytest.fixture
def server(run: Run, tmp_path: Path) -> Iterator[tuple[str, Callable[[str, Role], str]]]:
    db = f"sqlite:///{tmp_path / 'coachdesk.db'}"

    def sign_up(name: str, role: Role) -> str:
        run(add_user(db, name, role, "Blue", "correct horse"))
        return str(run(token_for(db, name)))

    command = [sys.executable, "-m", "coachdesk", "server", "--port", "0", "--db", db]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        yield process.stdout.readline().split()[-1], sign_up
        process.terminate()


@pytest.mark.media
def test_an_agent_signs_in_by_password_and_makes_a_link(open_desktop: Open, server: Any, run: Run) -> None:
    url, sign_up = server
    sign_up("alex", Role.AGENT)
    desktop = open_desktop(url)
    page = desktop.window.findChild(SignInPage)
    assert page is not None
    page.name.setText("alex")
    page.password.setText("correct horse")
    page.button.click()
    run(until(lambda: desktop.window.findChild(AgentDesk)))
    assert desktop._desk is not None
    agent = desktop._desk.agent
    assert agent is not None
    agent.invite("Router down", 3600, 1)
    run(until(lambda: agent.links and agent.addresses))
    assert agent.links[0].label == "Router down"
    assert agent.addresses[agent.links[0].link].startswith(url)
    run(until(lambda: any(d.isVisible() for d in desktop.window.findChildren(QDialog))))


@pytest.mark.media
@pytest.mark.allow_log("the endpoint ends by itself when it is refused")
def test_a_bad_token_leads_back_to_the_form(open_desktop: Open, server: Any, run: Run) -> None:
    desktop = open_desktop(server[0], "no-such-token")

    def refused() -> bool:
        page = desktop.window.findChild(SignInPage)
        return page is not None and page.error.isVisible()

    run(until(refused))
    page = desktop.window.findChild(SignInPage)
    assert page is not None
    assert "signed out" in page._error_text.text()


@pytest.mark.media
@pytest.mark.allow_log("the endpoint is killed here")
def test_a_killed_endpoint_comes_back_by_itself(open_desktop: Open, server: Any, run: Run) -> None:
    url, sign_up = server
    desktop = open_desktop(url, sign_up("mia", Role.SUPERVISOR))
    run(until(lambda: desktop.window.findChild(ObserverDesk)))
    assert desktop._desk is not None
    session = desktop._desk.session
    assert desktop._bridge is not None
    assert desktop._bridge._process is not None
    desktop._bridge._process.kill()
    run(until(lambda: any(n.subject == "engine" for n in session.notices.shown)))
    assert not session.online
    run(until(lambda: session.online))
    assert not any(n.subject == "engine" for n in session.notices.shown)


# --- control from outside -----------------------------------------------------------------------------------


def test_a_screenshot_is_taken_on_command(
    open_desktop: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desktop = open_desktop()
    told: list[events.AnyEvent] = []
    forwarded: list[bytes] = []
    control = Control(desktop.screenshot, forwarded.append)
    monkeypatch.setattr(control, "tell", told.append)
    file = tmp_path / "window.png"
    control._obey(json.dumps({"cmd": "screenshot", "file": str(file), "id": 7}).encode())
    assert told == [events.Ok(id=7)]
    assert QImage(str(file)).width() == desktop.window.width()
    control._obey(json.dumps({"cmd": "screenshot", "file": "/no/such/folder/x.png"}).encode())
    assert isinstance(told[-1], events.Error)
    line = commands.dump(commands.Meters(on=True))
    control._obey(line)
    assert forwarded == [line]


def test_the_app_quits_when_its_input_ends(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from coachdesk.ui.app import run_desktop; "
        "sys.exit(run_desktop(None, control=True, preferences=Path(sys.argv[1])))"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "desktop.json")]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, cwd=ROOT, timeout=110, env=os.environ)
    assert done.returncode == 0


def test_the_endpoint_is_started_as_a_module_of_this_python() -> None:
    assert desktop_app.endpoint_command("http://x", **NO_DEVICES)[:4] == [
        sys.executable,
        "-m",
        "coachdesk",
        "endpoint",
    ]
