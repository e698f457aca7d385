"""Real parts for whole-call tests: a sound server, and a stage with headless staff and Chromium as the customer."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from bench import panning
from coachdesk.demo.scene import Scene
from coachdesk.demo.stage import Stage
from coachdesk.soundserver import SoundServer

SINK = "customer"
LOUDSPEAKER = "loudspeaker"
"""The default speaker of the staff's sound devices, whose default microphone picks up all that it plays."""


@pytest.fixture(scope="session")
def sound() -> Iterator[SoundServer]:
    with SoundServer(speakers=[SINK, LOUDSPEAKER]) as server:
        yield server


@pytest.fixture(scope="session")
def panning_video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A camera that turns to and fro, of known motion (``bench/panning.py``)."""
    video = tmp_path_factory.mktemp("panning") / "panning.mjpeg"
    panning.write(video)
    return video


@pytest.fixture
async def turning(tmp_path: Path, sound: SoundServer, panning_video: Path) -> AsyncIterator[Scene]:
    """Like ``scene``, with that camera."""
    async with (
        Stage(tmp_path) as stage,
        Scene(stage, sink=SINK, env=sound.environment(), windows=False, camera=panning_video) as scene,
    ):
        yield scene
        assert scene.customer.problems == []


@pytest.fixture
async def scene(tmp_path: Path, sound: SoundServer) -> AsyncIterator[Scene]:
    """Agent, supervisor and trainee signed in; the customer's browser on the join page."""
    devices = sound.environment(speaker=LOUDSPEAKER, mic=sound.monitor(LOUDSPEAKER))
    async with (
        Stage(tmp_path, env=devices) as stage,
        Scene(stage, sink=SINK, env=sound.environment(), windows=False) as scene,
    ):
        yield scene
        assert scene.customer.problems == []
