"""An agent's mark on the customer's own screen while the camera turns: real server, endpoint, tracker, Chromium."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from bench import ink, panning
from coachdesk.demo.scene import Scene
from coachdesk.demo.stage import Stage
from coachdesk.soundserver import SoundServer
from tests.e2e.conftest import SINK

pytestmark = [pytest.mark.media, pytest.mark.browser, pytest.mark.timeout(180)]

SAMPLES = 12
NEAR = 5.0
"""Pixels of 1280 x 720."""


@pytest.fixture
async def turning(tmp_path: Path, sound: SoundServer) -> AsyncIterator[Scene]:
    """Like ``scene``, with a customer whose camera turns to and fro as ``panning`` says."""
    video = tmp_path / "panning.mjpeg"
    await asyncio.to_thread(panning.write, video)
    async with (
        Stage(tmp_path / "stage") as stage,
        Scene(stage, sink=SINK, env=sound.environment(), windows=False, camera=video) as scene,
    ):
        yield scene
        assert scene.customer.problems == []


async def test_a_mark_sticks_on_the_customers_screen_while_the_camera_turns(turning: Scene) -> None:
    page = turning.customer.page
    await page.set_viewport_size(ink.WINDOW)
    await turning.answer()
    await page.evaluate(ink.ALONE)
    swim = await ink.swim(page, turning.staff["agent"], SAMPLES, None)
    assert swim["n"] > SAMPLES / 2, "it is seen most of the time"
    assert np.isfinite(swim["p50"])
    assert swim["p50"] < NEAR
