"""Each part killed while a customer waits in line: the place is kept, and the call begins all the same."""

from __future__ import annotations

import time

import pytest

from coachdesk import commands, events
from coachdesk.demo.scene import Scene
from tests.e2e.steps import hears

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


async def waits(scene: Scene, since: float) -> str:
    """Waits until somebody stands in the agent's line; returns their party id."""
    lobby = await scene.staff["agent"].wait(events.Lobby, lambda event: bool(event.waiting), since=since)
    return lobby.waiting[0].party


async def begin(scene: Scene, party: str) -> None:
    agent = scene.staff["agent"]
    await agent.do(commands.Admit(party=party))
    await hears(agent, "customer")


async def test_a_customer_keeps_their_place_when_the_server_is_killed(scene: Scene) -> None:
    await scene.customer.agree()
    party = await waits(scene, 0.0)
    await scene.stage.kill_server()
    restarted = time.monotonic()
    await scene.stage.start_server()
    await scene.staff["agent"].wait(events.Online, lambda event: event.on, since=restarted)
    assert await waits(scene, restarted) == party
    await scene.customer.page.locator("#room-status", has_text="In line").wait_for()
    await begin(scene, party)
    scene.customer.problems.clear()  # the browser logs each refused attempt to reconnect


async def test_a_customer_keeps_their_place_when_the_agents_computer_crashes(scene: Scene) -> None:
    await scene.customer.agree()
    party = await waits(scene, 0.0)
    scene.staff["agent"].kill()
    await scene.customer.page.get_by_text("not at their desk").first.wait_for()
    since = time.monotonic()
    await scene.enter("agent")
    assert await waits(scene, since) == party
    await begin(scene, party)


async def test_a_customer_keeps_their_place_when_the_page_is_reloaded(scene: Scene) -> None:
    await scene.customer.agree()
    party = await waits(scene, 0.0)
    await scene.customer.page.reload()
    await scene.customer.page.locator("#room-status", has_text="In line").wait_for()
    await begin(scene, party)
