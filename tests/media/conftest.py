"""What tests with real connections get."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack

import pytest
import pytest_asyncio

from coachdesk.demo.screen import VirtualScreen
from tests.fakes.windows import Window
from tests.media.screens import Open, Tell, showing


@pytest.fixture(autouse=True)
def _patient(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that closes while the whole machine stands still is not taken for one that hangs."""
    if request.node.get_closest_marker("media") is not None:
        monkeypatch.setattr("coachdesk.media.connection.peer.CLOSE_SECONDS", 40.0)


@pytest_asyncio.fixture
async def screen(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """A virtual screen, on which whatever is started opens its windows."""
    async with VirtualScreen("800x600x24") as virtual:
        for name, value in virtual.env.items():
            monkeypatch.setenv(name, value)
        yield


@pytest.fixture
def show(screen: None) -> Iterator[Open]:
    """Shows the windows of a program, until the end of the test."""
    with ExitStack() as programs:

        def start(*windows: Window, program: str = "viewer") -> Tell:
            return programs.enter_context(showing(*windows, program=program))

        yield start


@pytest.fixture
async def desktop(request: pytest.FixtureRequest, screen: None) -> AsyncIterator[str]:
    """A screen with a window manager, and with a compositor too where that is asked for."""
    programs = ["openbox", "xcompmgr"] if request.param == "xcompmgr" else ["openbox"]
    for program in programs:
        if shutil.which(program) is None:
            pytest.skip(f"there is no {program}")
    options = {"openbox": ["--sm-disable"], "xcompmgr": []}
    running = [
        await asyncio.create_subprocess_exec(program, *options[program], stderr=asyncio.subprocess.DEVNULL)
        for program in programs
    ]
    yield request.param
    for process in running:
        process.terminate()
        await process.wait()
