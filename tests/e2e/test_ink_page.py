"""An agent's mark on the customer's own screen while the camera turns: real server, endpoint, tracker, Chromium."""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bench import ink, panning
from coachdesk.demo.scene import Scene
from coachdesk.demo.stage import Stage
from coachdesk.soundserver import SoundServer
from tests.e2e.conftest import SINK
from tests.web.inkcall import PATIENT

pytestmark = [pytest.mark.media, pytest.mark.browser, pytest.mark.timeout(240, func_only=True)]

CAMERA_WIDTH = 640
"""Of the camera's picture: few pixels, for the browser has no hardware to encode them."""
SHOWN = 16
NEAR, WRONG = 5.0, 15.0
"""Pixels of 1280 x 720. Between two pictures of this camera a thing moves by 25."""


@pytest.fixture
async def turning(tmp_path: Path, sound: SoundServer, panning_video: Path) -> AsyncIterator[Scene]:
    """Like ``scene``, with a customer whose camera turns to and fro as ``panning`` says."""
    video = tmp_path / "panning.mjpeg"
    await asyncio.to_thread(panning.scale, panning_video, video, CAMERA_WIDTH)
    async with (
        Stage(tmp_path / "stage") as stage,
        Scene(stage, sink=SINK, env=sound.environment(), windows=False, camera=video) as scene,
    ):
        yield scene
        assert scene.customer.problems == []


async def test_a_mark_is_on_its_thing_or_hidden_while_the_customers_camera_turns(turning: Scene) -> None:
    """On a busy machine the page sees few of the pictures that the agent's poses are of, and hides the mark in between."""
    page = turning.customer.page
    await page.evaluate(PATIENT)
    await page.set_viewport_size(ink.WINDOW)
    await turning.answer()
    await page.evaluate(ink.ALONE)
    await ink.draw(turning.staff["agent"])
    shown: list[float] = []
    async for distance, _ in ink.distances(page):
        if distance is not None:
            shown.append(distance)
        if len(shown) == SHOWN:
            break
    assert statistics.median(shown) < NEAR, shown
    assert sorted(shown)[-2] < WRONG, shown
