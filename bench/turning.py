"""A whole call whose customer's camera turns as ``panning.py`` has it: real server, endpoints, and Chromium."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bench import panning
from coachdesk.demo.scene import Scene
from coachdesk.demo.stage import Stage
from coachdesk.soundserver import SoundServer

SINK = "customer"


@asynccontextmanager
async def turning_call() -> AsyncIterator[Scene]:
    """Agent, supervisor and trainee signed in, without windows; the customer on the join page."""
    with (
        tempfile.TemporaryDirectory(prefix="coachdesk-bench-") as folder,
        SoundServer(speakers=[SINK]) as sound,
    ):
        video = Path(folder) / "panning.mjpeg"
        await asyncio.to_thread(panning.write, video)
        async with (
            Stage(Path(folder)) as stage,
            Scene(stage, sink=SINK, env=sound.environment(), windows=False, camera=video) as scene,
        ):
            yield scene
