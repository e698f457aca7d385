"""The picture frozen for all on a whole call: one still on every screen, drawn on, its marks in the live picture again."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, closing
from pathlib import Path

import cv2
import numpy as np
import pytest

from bench import panning
from coachdesk import commands, events
from coachdesk.annotation import Point, Tool
from coachdesk.demo.scene import Scene
from coachdesk.media.picture.framering import FrameReader, SharedPicture
from coachdesk.remote import RemoteEndpoint
from signaling.policy import Mode
from tests.e2e.screens import NEAR, SAMPLES, agent_and_supervisor, sees
from tests.e2e.steps import listen

pytestmark = [pytest.mark.media, pytest.mark.browser, pytest.mark.timeout(180, func_only=True)]

CORNERS = [Point(0.45, 0.42), Point(0.55, 0.58)]


async def frozen(endpoint: RemoteEndpoint) -> int:
    """The id of what stands still, once the still is here."""
    told = await endpoint.wait(events.Frozen, lambda event: event.sharp, seconds=60)
    assert told.frame is not None
    return told.frame


async def shown(reader: FrameReader, frame: int) -> SharedPicture:
    """The picture called ``frame``, as soon as it is what is to be shown."""
    async with asyncio.timeout(20):
        while True:
            picture = reader.read()
            if picture is not None and picture.frame == frame:
                return picture
            await asyncio.sleep(0.01)


async def on_the_phone(scene: Scene, folder: Path) -> np.ndarray:
    """What the customer's page shows of the picture, as large as it is there."""
    file = folder / "phone.png"
    await scene.customer.page.locator("#still").screenshot(path=file)
    picture = cv2.imread(str(file))
    assert picture is not None
    high, wide = picture.shape[:2]
    height = min(high, round(wide * 9 / 16))
    width = min(wide, round(high * 16 / 9))
    top, left = (high - height) // 2, (wide - width) // 2
    return picture[top : top + height, left : left + width]


async def test_everybody_sees_one_still_and_its_marks_go_back_to_the_live_picture(
    turning: Scene, tmp_path: Path
) -> None:
    agent, supervisor = turning.staff["agent"], turning.staff["supervisor"]
    async with agent_and_supervisor(turning) as screens, AsyncExitStack() as opened:
        readers = [opened.enter_context(closing(FrameReader(screen.memory))) for screen in screens]
        await screens[0].picture()
        await agent.do(commands.Freeze(on=True))
        still = await frozen(agent)
        assert await frozen(supervisor) == still
        seen = [await shown(reader, still) for reader in readers]
        number = panning.number_in(seen[0].bgra[:, :, :3])
        assert panning.number_in(seen[1].bgra[:, :, :3]) == number
        assert seen[0].bgra.shape == (panning.HEIGHT, panning.WIDTH, 4)
        assert panning.number_in(await on_the_phone(turning, tmp_path)) == number

        trainee = await listen(turning, "trainee")
        assert await frozen(trainee) == still
        circle = commands.Draw(tool=Tool.CIRCLE, points=CORNERS, frame=still, fade=600)
        drawn = await supervisor.do(circle)
        assert isinstance(drawn, events.Drawn)
        assert (await sees(agent, drawn.mark)).frame == still
        assert readers[0].read() is None

        await agent.do(commands.Freeze(on=False))
        await supervisor.wait(events.Frozen, lambda event: not event.on)
        await turning.customer.page.locator("#still").wait_for(state="hidden")
        for screen in screens:
            distances = sorted(await screen.distances({drawn.mark: number}, SAMPLES))
            assert distances[len(distances) * 9 // 10] < NEAR, distances


NARROW = """async () => {
  const { LineWatch } = await import("./web/linewatch.js");
  window.narrow = true;
  LineWatch.prototype.look = function () { this.suspended = window.narrow; return this.suspended; };
}"""


async def test_where_the_line_bears_no_video_marks_hold_on_single_pictures(turning: Scene) -> None:
    agent, supervisor = turning.staff["agent"], turning.staff["supervisor"]
    async with agent_and_supervisor(turning) as screens:
        await turning.customer.page.evaluate(NARROW)
        await asyncio.gather(
            *(each.wait(events.Stills, lambda event: event.on) for each in (agent, supervisor))
        )
        await turning.customer.page.locator("#banner", has_text="Single pictures are sent").wait_for()
        mark, number = await screens[1].draw()
        for screen in screens:
            distances = sorted(await screen.distances({mark: number}, 2))
            assert distances[-1] < NEAR, distances
        await turning.customer.page.evaluate("window.narrow = false")
        for each in (agent, supervisor):
            await each.wait(events.Stills, lambda event: not event.on)
        distances = sorted(await screens[0].distances({mark: number}, SAMPLES))
        assert distances[len(distances) * 9 // 10] < NEAR, distances

        await supervisor.do(commands.SetMode(mode=Mode.TAKEOVER))
        await supervisor.do(commands.Freeze(on=True))
        assert await frozen(agent) == await frozen(supervisor)
