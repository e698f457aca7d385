"""How a real call sounds, as everybody's endpoint measures it, the server counts it and its record keeps it."""

from __future__ import annotations

import asyncio
import re
import sqlite3

import aiohttp
import pytest

from coachdesk import commands, events
from coachdesk.demo.scene import Scene
from tests.e2e.steps import listen

pytestmark = [pytest.mark.media, pytest.mark.browser, pytest.mark.timeout(180)]

PAIRS = {("customer", "agent"), ("agent", "customer"), ("customer", "supervisor"), ("agent", "supervisor")}


async def reported(url: str) -> set[tuple[str, str]]:
    """Source and listener of every score in the server's metrics, once all that are expected are there."""
    async with aiohttp.ClientSession() as session, asyncio.timeout(60):
        while True:
            async with session.get(f"{url}/metrics") as answer:
                text = await answer.text()
            found = re.findall(r'coachdesk_mos_count\{listener="(\w+)",source="(\w+)"\}', text)
            pairs = {(source, listener) for listener, source in found}
            if pairs >= PAIRS:
                return pairs
            await asyncio.sleep(0.5)


async def test_every_sound_is_measured_reported_and_on_record(scene: Scene) -> None:
    call = await scene.answer()
    agent, supervisor = scene.staff["agent"], await listen(scene)
    await agent.wait(events.Quality, lambda event: {"customer", "agent_at_customer"} <= set(event.readings))
    await supervisor.wait(
        events.Quality, lambda event: {"customer", "agent", "at_customer"} <= set(event.readings)
    )
    assert await reported(scene.stage.url) == PAIRS
    told = await agent.do(commands.Diagnostics())
    assert isinstance(told, events.Diagnostics)
    assert "agent_at_customer: readings " in told.text
    await agent.do(commands.HangUp())
    with sqlite3.connect(scene.stage.db.removeprefix("sqlite:///")) as records:
        rows = records.execute(
            "SELECT source, listener, readings, mos_mean, mos_worst FROM call_quality WHERE call = ?", (call,)
        )
        scores = {(source, listener): rest for source, listener, *rest in rows}
        minutes = records.execute(
            "SELECT DISTINCT source, listener FROM call_minutes WHERE call = ? AND readings > 0", (call,)
        )
        assert set(minutes) == PAIRS
    assert set(scores) == PAIRS
    assert all(readings >= 1 and 1 <= worst <= mean <= 4.5 for readings, mean, worst in scores.values())
