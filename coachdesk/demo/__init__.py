"""The main job on one machine: server, agent, supervisor, trainee and customer, with windows or without."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path


def run_demo(*, headless: bool, report: Path | None, lan: bool) -> int:
    """Runs the demo and returns its exit code: on the screen if there is one and ``headless`` is not asked for."""
    if headless or report is not None or not _has_display():
        from coachdesk.demo.headless import run_headless

        return asyncio.run(run_headless(report))
    from coachdesk.demo.windowed import run_windowed

    try:
        return asyncio.run(run_windowed(on_lan=lan))
    except KeyboardInterrupt:
        return 0


def _has_display() -> bool:
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
