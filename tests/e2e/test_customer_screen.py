"""The customer shares a tab of a real browser on a whole call: agent and observers see it, and whose it is."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from coachdesk import commands, events
from coachdesk.demo.scene import Scene
from coachdesk.demo.stage import Stage
from coachdesk.remote import RemoteError
from coachdesk.soundserver import SoundServer
from tests.e2e.conftest import SINK
from tests.e2e.steps import listen
from tests.e2e.test_share import sees

pytestmark = [pytest.mark.media, pytest.mark.browser, pytest.mark.timeout(300)]

TITLE, RED, GREEN = "Order 4711", (200, 30, 40), (30, 160, 60)


@pytest.fixture
async def shopping(tmp_path: Path, sound: SoundServer) -> AsyncIterator[Scene]:
    """A scene whose customer has a second tab, a red page."""
    async with (
        Stage(tmp_path) as stage,
        Scene(stage, sink=SINK, env=sound.environment(), windows=False, tab=TITLE) as scene,
    ):
        tab = await scene.customer.page.context.new_page()
        await tab.set_content(f"<title>{TITLE}</title><body style='background: rgb{RED}'>")
        await scene.customer.page.bring_to_front()
        yield scene
        assert scene.customer.problems == []


async def test_the_customers_screen_is_seen_by_agent_and_observers(shopping: Scene, tmp_path: Path) -> None:
    scene, agent, page = shopping, shopping.staff["agent"], shopping.customer.page
    with pytest.raises(RemoteError, match="no_such_call"):
        await agent.do(commands.AskScreen(on=True))
    await scene.answer()
    mia, tom = await listen(scene), await listen(scene, "trainee")
    for each in (agent, mia, tom):
        await each.do(commands.Frames(on=True))
    with pytest.raises(RemoteError, match="not_allowed"):
        await mia.do(commands.AskScreen(on=True))
    await agent.wait(events.ScreenRequest, lambda event: event.state == "none")
    await agent.do(commands.AskScreen(on=True))
    await page.click("#share-yes")
    for each in (agent, mia, tom):
        await each.wait(events.Screen, lambda event: (event.party, event.state) == ("customer", "on"))
        await sees(each, RED, "customer")
    own = tmp_path / "own.png"
    own.write_bytes(cv2.imencode(".png", np.full((360, 640, 3), GREEN[::-1], np.uint8))[1].tobytes())
    await agent.do(commands.Share(source=str(own)))
    await mia.wait(events.Screen, lambda event: (event.party, event.also) == ("agent", "customer"))
    await sees(mia, GREEN, "agent")
    since = time.monotonic()
    await agent.do(commands.StopShare())
    await sees(mia, RED, "customer", since)
    await page.keyboard.press("s")
    for each in (agent, mia, tom):
        await each.wait(events.Screen, lambda event: event.state == "off", since=since)
