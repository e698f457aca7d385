"""The layers of docs/architecture.md hold, and the checker that says so can tell when they do not."""

from __future__ import annotations

import asyncio
import importlib.metadata
import json
import os
import re
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from signaling.policy import Role
from signaling.server import add_user, token_for
from tests.layers import PURE, QT, Module, faults, read_modules

ROOT = Path(__file__).parents[1]
MODULES = read_modules(ROOT, "signaling", "coachdesk")


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_module_keeps_to_its_layer(module: Module) -> None:
    assert faults(module) == []


def test_every_pure_module_exists() -> None:
    assert {module.name for module in MODULES} >= PURE


@pytest.mark.parametrize(
    ("name", "source", "fault"),
    [
        ("signaling.hub", "from coachdesk import routing", "signaling imports coachdesk.routing"),
        ("signaling.server", "def f():\n    import coachdesk.routing", "signaling imports"),
        ("signaling.hub", "import asyncio", "pure module imports asyncio"),
        ("signaling.policy", "from signaling.store import Store", "pure module imports signaling.store"),
        ("coachdesk.routing", "def f():\n    from aiohttp import web", "pure module imports aiohttp"),
        ("coachdesk.media.mixer", "from . import devices", "pure module imports coachdesk.media.devices"),
        ("coachdesk.media.mixer", "from ..client import Client", "pure module imports coachdesk.client"),
        ("coachdesk.media.playout", "import av", "pure module imports av"),
        (
            "coachdesk.media.picture.video",
            "from PySide6.QtGui import QImage",
            "only coachdesk.ui or coachdesk.screen may",
        ),
        (
            "coachdesk.endpoint",
            "if TYPE_CHECKING:\n    import qasync",
            "only coachdesk.ui or coachdesk.screen may",
        ),
        (
            "coachdesk.doctor",
            "import importlib\nimportlib.import_module('PySide6')",
            "only coachdesk.ui or coachdesk.screen may",
        ),
        ("coachdesk.media.picture.camera", "from coachdesk.screen import grab", "a program of its own"),
        ("coachdesk.ui.app", "def f():\n    import coachdesk.screen.x11", "a program of its own"),
        ("coachdesk.screen.grab", "from coachdesk.ui import app", "only coachdesk.cli may"),
        ("coachdesk.media.picture.video", "from coachdesk.ui import app", "only coachdesk.cli may"),
        ("coachdesk.demo", "def f():\n    from coachdesk import ui", "only coachdesk.cli may"),
        ("coachdesk.cli", "from coachdesk.ui.app import run", "only coachdesk.cli may, inside a function"),
        (
            "coachdesk.media.connection.peer",
            "from aiortc._thing import x",
            "only coachdesk.media.connection.compat",
        ),
        ("coachdesk.media.connection.peer", "import aioice\nx = aioice.ice._thing", "private _thing"),
        (
            "coachdesk.media.connection.peer",
            "def f(r):\n    return r._RTCRtpReceiver__track",
            "_RTCRtpReceiver__track",
        ),
        ("coachdesk.media.connection.peer", "def f(r):\n    return getattr(r, '_track')", "private _track"),
        ("coachdesk.media.connection.peer", "def f(r):\n    r._ssrc = 1", "private _ssrc"),
        (
            "coachdesk.media.connection.peer",
            "import aiortc\nclass P(aiortc.X):\n    y = lambda s: s._z",
            "private _z",
        ),
    ],
)
def test_checker_sees_a_fault(name: str, source: str, fault: str) -> None:
    found = faults(Module(name, source))
    assert len(found) == 1
    assert fault in found[0]


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("coachdesk.cli", "def desktop():\n    from coachdesk.ui.app import run"),
        ("coachdesk.ui.app", "import PySide6\nimport qasync\nfrom coachdesk.ui import bridge"),
        ("coachdesk.routing", "from signaling.policy import Mode, Role\nimport dataclasses, msgspec"),
        ("coachdesk.media.playout", "from .packet import Packet\nimport numpy as np"),
        ("coachdesk.media.connection.compat", "def f(r):\n    return r._RTCRtpReceiver__track"),
        ("coachdesk.media.connection.rtpin", "def f(r):\n    return r._RTCRtpReceiver__track"),
        ("coachdesk.media.connection.rtpout", "def f(r):\n    return r._RTCRtpSender__mid"),
        ("coachdesk.media.devices", "import sounddevice as sd\nsd._terminate()"),
        (
            "coachdesk.media.connection.peer",
            "class P:\n    def f(self, o):\n        self._a = 1\n        return o._a",
        ),
        ("coachdesk.agent", "class A(Session):\n    def f(self):\n        return self._call"),
        ("coachdesk.media.connection.peer", "x.__class__"),
    ],
)
def test_checker_lets_pass_what_is_allowed(name: str, source: str) -> None:
    assert faults(Module(name, source)) == []


def test_every_import_is_declared_as_a_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    optional = [line for lines in project["optional-dependencies"].values() for line in lines]
    declared = {_normal(re.split(r"[^\w.-]", line)[0]) for line in (*project["dependencies"], *optional)}
    declared |= {"av", "aioice", "pylibsrtp"}  # come with aiortc, in the releases it needs
    packages = importlib.metadata.packages_distributions()
    undeclared = {
        f"{module.name}:{each.line}: {each.root}"
        for module in MODULES
        for each in module.imports
        if each.root not in sys.stdlib_module_names | {"coachdesk", "signaling"}
        if not declared & {_normal(name) for name in packages.get(each.root, [])}
    }
    assert undeclared == set()


def _normal(distribution: str) -> str:
    return re.sub(r"[-_.]+", "-", distribution).lower()


# --- without Qt ---------------------------------------------------------------------------------------------


@pytest.fixture
def no_qt(tmp_path: Path) -> dict[str, str]:
    """An environment for child processes in which importing Qt, or anything on top of it, fails."""
    for name in QT:
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text(f"raise ImportError('{name} is not installed')\n")
    return {**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}", "PYTHONUNBUFFERED": "1"}


def python(environment: dict[str, str], *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_qt_is_really_out_of_reach(no_qt: dict[str, str]) -> None:
    with pytest.raises(AssertionError, match="PySide6 is not installed"):
        python(no_qt, "-c", "import PySide6.QtCore")


def test_everything_but_the_windows_imports_without_qt(no_qt: dict[str, str]) -> None:
    names = [
        module.name for module in MODULES if not module.name.startswith(("coachdesk.ui", "coachdesk.screen."))
    ]
    python(no_qt, "-c", "".join(f"import {name}\n" for name in names if not name.endswith("__main__")))


@pytest.mark.timeout(240)
def test_server_and_endpoint_run_without_qt(no_qt: dict[str, str], tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'desk.db'}"
    asyncio.run(add_user(database, "ann", Role.AGENT, "north"))
    token = asyncio.run(token_for(database, "ann"))
    with running(no_qt, "server", "--port", "0", "--db", database) as server:
        url = line_of(server).removeprefix("listening on ").strip()
        media = ("--mic", "none", "--speaker", "none", "--camera", "none")
        with running(no_qt, "endpoint", "--server", url, "--token", token, *media) as endpoint:
            events = [json.loads(line_of(endpoint))]
            while events[-1]["event"] != "ready":
                events.append(json.loads(line_of(endpoint)))
            assert endpoint.stdin is not None
            endpoint.stdin.write('{"cmd": "quit"}\n')
            endpoint.stdin.flush()
            assert endpoint.wait(60) == 0


@contextmanager
def running(environment: dict[str, str], *arguments: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "coachdesk", *arguments]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=environment, stdin=pipe, stdout=pipe, text=True) as process:
        guard = threading.Timer(200, process.kill)
        guard.start()
        try:
            yield process
        finally:
            guard.cancel()
            process.kill()


def line_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, "it ended without a word"
    return line
