"""The main job on one machine: server, agent, supervisor, trainee and customer, with windows or without."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from coachdesk.browser import NoChromiumError
from coachdesk.demo.screen import ScreenError
from coachdesk.demo.stage import StageError
from coachdesk.lan import NoNetworkError
from coachdesk.remote import RemoteError
from coachdesk.soundserver import SoundServerError

NOT_THERE = (NoChromiumError, NoNetworkError, ScreenError, SoundServerError)
"""What ``run_demo`` raises when this machine lacks something; the message says what to do."""
STOPPED = (RemoteError, StageError, TimeoutError)
"""What it raises when one of its processes does not start, ends or does not answer; their logs say why."""


def run_demo(*, headless: bool, report: Path | None, lan: bool) -> int:
    """Runs the demo and returns its exit code: on the screen if there is one and ``headless`` is not asked for."""
    if headless or report is not None or not has_display():
        from coachdesk.demo.headless import run_headless

        return asyncio.run(run_headless(report))
    from coachdesk.demo.windowed import run_windowed

    try:
        return asyncio.run(run_windowed(on_lan=lan))
    except KeyboardInterrupt:
        return 0


def has_display() -> bool:
    """Whether windows can be opened."""
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
