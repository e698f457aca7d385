"""The customer shares a tab of a real browser on a whole call: agent and observers see it, whose it is, and draw on it."""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections.abc import AsyncIterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from coachdesk import commands, events
from coachdesk.annotation import Point, Tool
from coachdesk.demo.scene import Scene
from coachdesk.demo.stage import Stage
from coachdesk.remote import RemoteEndpoint, RemoteError
from coachdesk.soundserver import SoundServer
from tests.e2e.conftest import SINK
from tests.e2e.inktold import listen_in, told, until_told
from tests.e2e.steps import listen, until
from tests.e2e.test_share import sees

pytestmark = [pytest.mark.media, pytest.mark.browser, pytest.mark.timeout(300)]

TITLE, RED, GREEN = "Order 4711", (200, 30, 40), (30, 160, 60)
WORDS = [
    "order",
    "item",
    "price",
    "total",
    "address",
    "delivery",
    "invoice",
    "account",
    "street",
    "city",
    "confirm",
]
NEAR = 2.0
"""Pixels."""
COLOURS = {"agent": "#00c030", "supervisor": "#c000c0"}
DRAWN = """() => {
  const canvas = document.getElementById("own-screen-ink");
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const count = { agent: 0, supervisor: 0 };
  for (let at = 0; at < data.length; at += 4) {
    if (data[at + 3] < 200) continue;
    count.agent += data[at] < 40 && data[at + 1] > 150 && data[at + 2] < 90;
    count.supervisor += data[at] > 150 && data[at + 1] < 40 && data[at + 2] > 150;
  }
  return count;
}"""
"""How many pixels of each one's colour are drawn on what the customer sees of their own screen."""


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


def shop() -> str:
    """A long page of text, with a button on it."""
    dice = random.Random(4711)
    lines = [" ".join([str(dice.randrange(1000)), *dice.choices(WORDS, k=9)]) for _ in range(120)]
    lines[20] = "<b id='pay' style='background: #223; color: #fff; padding: 4px 40px'>Pay now</b>"
    body = "".join(
        f"<p style='margin: 0; height: 22px; white-space: nowrap; overflow: hidden'>{line}</p>"
        for line in lines
    )
    return f"<title>{TITLE}</title><body style='font: 15px sans-serif'>{body}"


async def follows(
    endpoint: RemoteEndpoint,
    mark: str,
    wanted: tuple[float, float],
    size: tuple[int, int],
    since: float = 0.0,
) -> None:
    """Returns when the mark is said to be there, pixels of the customer's tab."""

    def there(poses: events.Poses) -> bool:
        place = poses.places.get(mark) if poses.surface == "customer" else None
        return place is not None and math.dist((place[0] * size[0], place[1] * size[1]), wanted) <= NEAR

    await endpoint.wait(events.Poses, there, since=since)


async def test_marks_on_the_customers_screen_follow_what_it_shows_and_whispered_ones_stay_private(
    shopping: Scene,
) -> None:
    scene, agent, page = shopping, shopping.staff["agent"], shopping.customer.page
    await listen_in(scene)
    await scene.answer()
    mia = await listen(scene)
    tab = page.context.pages[1]
    await tab.set_content(shop())
    for each in (agent, mia):
        await each.do(commands.Frames(on=True))
        await each.do(commands.Poses(on=True))
    await agent.do(commands.AskScreen(on=True))
    await page.click("#share-yes")
    frames = [
        (await each.wait(events.Stage, lambda event: event.customers > 0)).customers for each in (agent, mia)
    ]
    assert len(set(frames)) == 1
    size: tuple[int, int] = tuple(await tab.evaluate("[innerWidth, innerHeight]"))

    async def button() -> tuple[float, float]:
        x, y, width, height = await tab.evaluate(
            "(({x, y, width, height}) => [x, y, width, height])(document.getElementById('pay').getBoundingClientRect())"
        )
        return x + width / 2, y + height / 2

    x, y = await button()
    await asyncio.gather(*(each.wait(events.Frames, lambda event: event.screen) for each in (agent, mia)))

    def around(by: float) -> list[Point]:
        return [Point((x - by) / size[0], (y - by) / size[1]), Point((x + by) / size[0], (y + by) / size[1])]

    marks: dict[str, str] = {}
    for author in (agent, mia):  # the supervisor whispers
        drawn = await author.do(
            commands.Draw(
                tool=Tool.RECTANGLE,
                points=around(30),
                surface="customer",
                fade=600,
                colour=COLOURS[author.name],
            )
        )
        assert isinstance(drawn, events.Drawn)
        marks[author.name] = drawn.mark
    for by in (0, 120, -75):
        await tab.evaluate(f"scrollBy(0, {by})")
        at = await button()
        for each in (agent, mia):
            for mark in marks.values():
                await follows(each, mark, at, size)
    await until(page, f"({DRAWN})().agent > 20")
    assert (await page.evaluate(DRAWN))["supervisor"] == 0
    await tab.evaluate("scrollTo(0, 1500)")
    for each in (agent, mia):
        await each.wait(
            events.Poses,
            lambda event: event.surface == "customer" and len(event.anchors) == 2 and not event.places,
        )
    await until_told(scene, '"poses"', '"customer"', marks["agent"])
    messages = await told(scene)
    assert any(marks["agent"] in each for each in messages)
    assert not any(marks["supervisor"] in each for each in messages)
    since = time.monotonic()
    await tab.evaluate("scrollTo(0, 0)")
    await follows(agent, marks["supervisor"], (x, y), size, since)
    photo = await agent.do(commands.Snapshot())
    assert isinstance(photo, events.Photo)
    assert len(photo.marks) == 2
