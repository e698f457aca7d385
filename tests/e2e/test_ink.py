"""Ink on a whole call: agent, supervisor and trainee endpoints, and what the customer's browser is told, to the letter."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import Any

import pytest

from coachdesk import commands, events
from coachdesk.annotation import Audience, Point, Tool
from coachdesk.demo.scene import Scene
from coachdesk.remote import RemoteEndpoint
from signaling.policy import Mode
from tests.e2e.inktold import listen_in, told, until_told
from tests.e2e.screens import NEAR, SAMPLES, WRONG, Screen, agent_and_supervisor, sees
from tests.e2e.steps import listen, party_of

pytestmark = [pytest.mark.media, pytest.mark.browser, pytest.mark.timeout(300, func_only=True)]

ARROW = [Point(0.3, 0.7), Point(0.5, 0.45)]
WIDE = """async () => {
  const { LineWatch } = await import("./web/linewatch.js");
  LineWatch.prototype.look = function () { this.suspended = false; return false; };
}"""
"""Else the page of a busy machine, where all connect at once, takes the line for one that bears no video."""


async def draw(endpoint: RemoteEndpoint, **options: Any) -> str:
    drawn = await endpoint.do(commands.Draw(tool=Tool.ARROW, points=ARROW, **options))
    assert isinstance(drawn, events.Drawn)
    return drawn.mark


async def placed(endpoint: RemoteEndpoint, mark: str) -> events.Poses:
    """The mark has a pose, whatever it is."""
    since = time.monotonic()
    await endpoint.do(commands.Poses(on=True))
    return await endpoint.wait(
        events.Poses, lambda event: any(mark in anchor.marks for anchor in event.anchors), since=since
    )


async def test_everybody_sees_their_ink_and_no_others_and_knows_who_does(scene: Scene) -> None:
    await listen_in(scene)
    await scene.answer()
    agent, supervisor, trainee = (scene.staff[name] for name in ("agent", "supervisor", "trainee"))
    await asyncio.gather(*(endpoint.do(commands.Frames(on=True)) for endpoint in (agent, supervisor)))
    await asyncio.gather(listen(scene), listen(scene, "trainee"))
    await asyncio.gather(*(each.wait(events.Stage) for each in (supervisor, trainee)))
    await asyncio.gather(*(each.wait(events.Frames) for each in (agent, supervisor)))

    public = await draw(agent)
    seen = await sees(supervisor, public)
    assert (seen.author, seen.name, seen.audience) == ("agent", "agent", Audience.PUBLIC)
    assert len((await sees(agent, public)).seen_by) == 3
    await sees(trainee, public)
    await until_told(scene, public, '"end"')
    assert (await placed(agent, public)).epoch == (await placed(supervisor, public)).epoch
    await until_told(scene, '"poses"', public)

    private = await draw(supervisor, text="secret-words")
    assert (await sees(agent, private)).audience is Audience.COACHING
    assert (await sees(supervisor, private)).seen_by == ["agent"]
    lesson = await draw(trainee)
    await sees(supervisor, lesson)
    await placed(agent, private)
    after = await draw(agent)
    await until_told(scene, after, '"end"')
    said = "".join(await told(scene))
    assert private not in said
    assert "secret" not in said
    assert lesson not in said
    marks = {event.mark for _, event in agent.log if isinstance(event, events.Mark)}
    assert (private in marks, lesson in marks) == (True, False)

    await agent.do(commands.Show(mark=private))
    await until_told(scene, private, "secret-words")
    await supervisor.do(commands.SetMode(mode=Mode.BARGE))
    aloud = await draw(supervisor)
    await until_told(scene, aloud)
    await agent.do(commands.Clear())
    await sees(supervisor, public, "removed")


async def test_marks_are_where_their_things_are_at_the_agent_and_at_the_supervisor(turning: Scene) -> None:
    async with agent_and_supervisor(turning) as screens:
        marks = dict([await screen.draw() for screen in screens])
        for mark in marks:
            await asyncio.gather(*(sees(screen.endpoint, mark) for screen in screens))
        for screen in screens:
            distances = sorted(await screen.distances(marks, SAMPLES))
            assert distances[len(distances) * 9 // 10] < NEAR, distances
            assert distances[-1] < WRONG, distances


async def test_marks_survive_the_crash_and_the_restart_of_the_agents_program(turning: Scene) -> None:
    """The same marks are on the same things at agent and supervisor, whose undo still works, and the page keeps its own."""
    page = turning.customer.page
    await asyncio.gather(listen_in(turning), page.evaluate(WIDE))
    async with agent_and_supervisor(turning) as (before, coach):
        marks = dict([await before.draw(), await coach.draw()])
        public, private = marks
        await asyncio.gather(until_told(turning, public, '"end"'), sees(before.endpoint, private))

        before.endpoint.kill()
        killed = time.monotonic()
        await page.evaluate("window.inkTold = []")
        agent = await turning.enter("agent")
        await asyncio.gather(*(agent.do(command(on=True)) for command in (commands.Frames, commands.Poses)))
        assert {(await sees(agent, mark)).author for mark in (public, private)} == {
            "agent",
            await party_of(coach.endpoint),
        }
        with contextlib.closing(Screen(agent, (await agent.wait(events.Frames)).name)) as screen:
            for each in (screen, coach):
                for mark in marks:
                    await each.endpoint.wait(
                        events.Poses, lambda event, mark=mark: mark in event.places, since=killed, seconds=60
                    )
                distances = sorted(await each.distances(marks, SAMPLES, since=killed))
                assert distances[len(distances) * 9 // 10] < NEAR, distances
                assert distances[-1] < WRONG, distances
        await until_told(turning, public, '"tracked"')

        gone = [
            event
            for when, event in coach.endpoint.log
            if when > killed and isinstance(event, events.MarksGone)
        ]
        assert gone == []
        await coach.endpoint.do(commands.Undo())
        await sees(agent, private, "removed")
        await agent.do(commands.Undo())
        await until_told(turning, public, '"remove"')
        said = "".join(await told(turning))
        assert private not in said
        assert '"begin"' not in said
