"""The Qt loop for tests that need one, and the theme that every painted widget takes its colours from."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest
import qasync
from pytestqt.qtbot import QtBot

from coachdesk import events
from coachdesk.ui.theme import theme
from signaling.policy import Mode
from tests.ui.onpicture import OnPicture
from tests.ui.samples import AGENT, LOBBY, MIA, SAM, call, wall_calls, with_mode
from tests.ui.shown import Shown

PATIENCE = 60.0
Run = Callable[[Coroutine[Any, Any, Any]], Any]


@pytest.fixture
def dressed(qtbot: QtBot, qapp: Any) -> QtBot:
    """A qtbot in an application that looks as it does in use."""
    if not qapp.styleSheet():
        theme.apply(qapp, "light")
    return qtbot


@pytest.fixture
def loop(qapp: Any) -> Iterator[asyncio.AbstractEventLoop]:
    loop = qasync.QEventLoop(qapp)
    asyncio.set_event_loop(loop)
    yield loop
    loop.close()
    asyncio.set_event_loop(None)


@pytest.fixture
def run(loop: asyncio.AbstractEventLoop) -> Run:
    """Run a coroutine on the Qt loop, for a bounded time."""
    return lambda work: loop.run_until_complete(asyncio.wait_for(work, PATIENCE))


async def until(condition: Callable[[], object], patience: float = PATIENCE) -> None:
    """Wait for ``condition``, letting Qt and asyncio work."""
    give_up = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < give_up, "waited in vain"
        await asyncio.sleep(0.01)


@pytest.fixture
def supervisor(dressed: QtBot) -> Shown:
    return Shown(dressed, MIA, events.Calls(calls=wall_calls()), events.Call(call=call(MIA, SAM)),
                 events.ModeChanged(mode=Mode.LISTEN, in_force=True))  # fmt: skip


@pytest.fixture
def agent(dressed: QtBot) -> Shown:
    return Shown(dressed, AGENT, LOBBY, events.Call(call=call(with_mode(MIA, Mode.WHISPER))))


@pytest.fixture
def drawing(dressed: QtBot) -> OnPicture:
    """An agent's window with the picture of their customer, and a coach on the call."""
    return OnPicture(dressed, AGENT, MIA)
