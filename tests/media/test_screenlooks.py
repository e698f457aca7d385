"""A screen that stands still is looked at seldom, and at once when it is told that it has changed."""

from __future__ import annotations

import asyncio
import shutil
from contextlib import ExitStack

import pytest

from coachdesk.screen.changes import Changes
from coachdesk.screen.looks import (
    BUSY_SECONDS,
    IDLE_SECONDS,
    TOLD_BUSY_SECONDS,
    TOLD_SECONDS,
    UNTOLD_CHANGES,
    Looks,
)
from tests.fakes.windows import NOTES, ORDER, Change
from tests.media.screens import showing

BUSY, IDLE, TOLD = (BUSY_SECONDS,) * 2, (IDLE_SECONDS,) * 2, (TOLD_BUSY_SECONDS, TOLD_SECONDS)


def test_where_nothing_is_told_looks_are_seldom_after_a_while_and_often_at_the_first_change() -> None:
    looks = Looks(told=False)
    assert looks.pause(0.0, changed=True, told=False) == BUSY
    assert looks.pause(0.9, changed=False, told=False) == BUSY
    assert looks.pause(1.1, changed=False, told=False) == IDLE
    assert looks.pause(9.0, changed=True, told=False) == BUSY


def test_where_changes_are_told_the_next_look_may_wait_for_that() -> None:
    looks = Looks(told=True)
    for now in range(9):
        assert looks.pause(float(now), changed=now % 2 == 0, told=True) == TOLD


def test_what_tells_is_not_relied_on_once_changes_were_found_untold() -> None:
    looks = Looks(told=True)
    for now in range(UNTOLD_CHANGES - 1):
        assert looks.pause(float(now), changed=True, told=False) == TOLD
    # Told after all: a look may have come before it was.
    assert looks.pause(5.0, changed=True, told=True) == TOLD
    for now in range(10, 10 + UNTOLD_CHANGES):
        paused = looks.pause(float(now), changed=True, told=False)
    assert paused == BUSY
    assert looks.pause(20.0, changed=False, told=True) == IDLE


@pytest.mark.media
@pytest.mark.skipif(shutil.which("Xvfb") is None, reason="needs a virtual screen (Xvfb)")
async def test_the_x_server_tells_of_each_change_and_of_nothing_else(screen: None) -> None:
    changes = Changes([12345])  # a window that is gone does no harm
    try:
        while changes.wait(0.5):
            pass  # the screen itself, being painted at its start
        with ExitStack() as shown:
            tell = await asyncio.to_thread(shown.enter_context, showing(ORDER, NOTES))
            assert await asyncio.to_thread(changes.wait, 20.0)
            while changes.wait(0.5):
                pass
            tell(Change(0, close=True))
            assert await asyncio.to_thread(changes.wait, 20.0)
    finally:
        changes.close()


async def test_without_an_x_server_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    if shutil.which("Xvfb") is None:
        pytest.skip("needs libX11")
    monkeypatch.setenv("DISPLAY", ":65000")
    with pytest.raises(OSError, match="cannot be reached"):
        Changes()
