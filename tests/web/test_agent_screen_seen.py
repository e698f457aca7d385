"""How large the customer's page shows the agent's screen, as it says itself: no more pixels need come."""

from __future__ import annotations

import asyncio
import json

import pytest

from coachdesk.screenwire import Size
from tests.web.agent import Agent
from tests.web.conftest import Visit
from tests.web.desk import Desk, until
from tests.web.test_agent_screen import in_call, shown
from tests.web.test_call import Dial

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.allow_log("aiortc's own receiver complains of every picture lost on a busy machine"),
]

PAINTED = """(() => {
  const { width, height } = document.getElementById("agent-screen-video").getBoundingClientRect();
  return [width * devicePixelRatio, height * devicePixelRatio];
})()"""
"""In pixels of the monitor."""


def sizes(agent: Agent) -> list[Size]:
    """All that were said to one."""
    told = map(json.loads, agent.told)
    return [(each["width"], each["height"]) for each in told if each.get("kind") == "screen_shown"]


async def test_how_large_all_of_it_is_seen_is_said_on_every_connection(
    desk: Desk, visit: Visit, dial: Dial
) -> None:
    customer = await visit()
    agent, hub = await in_call(desk, customer, dial)
    await shown(customer, agent, hub)

    async def says(*, hidden: bool = False) -> Size:
        """What is said, once it is what is seen."""
        async with asyncio.timeout(30):
            while True:
                box = await customer.ask(PAINTED)
                width, height = (0, 0) if hidden else box
                said = sizes(agent)[-1:]
                if said and abs(said[0][0] - width) <= 1 and abs(said[0][1] - height) <= 1:
                    return said[0]
                await asyncio.sleep(0.05)

    await customer.page.set_viewport_size({"width": 1280, "height": 800})
    large = await says()
    await customer.page.set_viewport_size({"width": 390, "height": 844})
    await customer.until(
        f"innerWidth === 390 && {PAINTED}[0] <= 391 * devicePixelRatio", "the window is small"
    )
    small = await says()
    assert small[0] < large[0]
    await customer.page.keyboard.press("x")
    await customer.until(f"{PAINTED}[0] > innerWidth * devicePixelRatio", "it is looked at closely")
    assert (await says())[0] > small[0]
    await customer.ask(
        "Object.defineProperty(document, 'hidden', { get: () => window.away, configurable: true })"
    )
    await customer.ask("(window.away = true) && document.dispatchEvent(new Event('visibilitychange'))")
    assert await says(hidden=True) == (0, 0)
    await customer.ask("(window.away = false, document.dispatchEvent(new Event('visibilitychange')))")
    seen = await says()
    again = await dial()
    await until(lambda: sizes(again), "it is said there too")
    assert sizes(again)[0] == seen
