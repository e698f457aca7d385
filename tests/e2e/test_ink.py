"""Ink on a whole call: agent, supervisor and trainee endpoints, and what the customer's browser is told, to the letter."""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from typing import Any

import numpy as np
import pytest

from bench import panning
from coachdesk import commands, events
from coachdesk.annotation import Audience, Point, Tool
from coachdesk.demo.scene import Scene
from coachdesk.media.framering import FrameReader
from coachdesk.remote import RemoteEndpoint
from signaling.policy import Mode
from tests.e2e.steps import listen

pytestmark = [pytest.mark.media, pytest.mark.browser, pytest.mark.timeout(300, func_only=True)]

LISTEN_IN = """() => {
  window.inkTold = [];
  const make = RTCPeerConnection.prototype.createDataChannel;
  RTCPeerConnection.prototype.createDataChannel = function (label, options) {
    const channel = make.call(this, label, options);
    if (label.startsWith("ink")) channel.addEventListener("message", ({ data }) => window.inkTold.push(data));
    return channel;
  };
}"""
NEAR, WRONG = 5.0, 15.0
"""Pixels of 1280 x 720."""
SAMPLES = 16
ARROW = [Point(0.3, 0.7), Point(0.5, 0.45)]


async def told(scene: Scene) -> list[str]:
    """Every message of ink that the customer's browser got."""
    messages: list[str] = await scene.customer.page.evaluate("window.inkTold")
    return messages


async def until_told(scene: Scene, *words: str) -> None:
    """Waits for one message that has all of ``words``."""
    script = "words => window.inkTold.some(message => words.every(word => message.includes(word)))"
    await scene.customer.page.wait_for_function(script, arg=list(words))


async def draw(endpoint: RemoteEndpoint, **options: Any) -> str:
    drawn = await endpoint.do(commands.Draw(tool=Tool.ARROW, points=ARROW, **options))
    assert isinstance(drawn, events.Drawn)
    return drawn.mark


async def sees(endpoint: RemoteEndpoint, mark: str, state: str = "drawn") -> events.Mark:
    return await endpoint.wait(events.Mark, lambda event: (event.mark, event.state) == (mark, state))


async def placed(endpoint: RemoteEndpoint, mark: str) -> events.Poses:
    """The mark has a pose, whatever it is."""
    since = time.monotonic()
    await endpoint.do(commands.Poses(on=True))
    return await endpoint.wait(
        events.Poses, lambda event: any(mark in anchor.marks for anchor in event.anchors), since=since
    )


async def test_everybody_sees_their_ink_and_no_others_and_knows_who_does(scene: Scene) -> None:
    await scene.customer.page.evaluate(LISTEN_IN)
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


class Screen:
    """What one endpoint shows: pictures with their ids, and where marks are in each."""

    def __init__(self, endpoint: RemoteEndpoint, memory: str) -> None:
        self.endpoint = endpoint
        self._reader = FrameReader(memory)

    async def picture(self) -> tuple[int, int]:
        """The next picture: its id, and which one of the camera's it is."""
        async with asyncio.timeout(20):
            while (shared := self._reader.read()) is None:  # noqa: ASYNC110
                await asyncio.sleep(0.005)
        return shared.frame, panning.number_in(shared.bgra[:, :, :3])

    async def draw(self) -> tuple[str, int]:
        """A circle around the middle of the picture; its id, and which of the camera's pictures it is drawn on.

        On a machine so busy that the picture is forgotten before the mark is there, once more.
        """
        corners = [Point(0.45, 0.42), Point(0.55, 0.58)]
        for _ in range(5):
            frame, number = await self.picture()
            circle = commands.Draw(tool=Tool.CIRCLE, points=corners, frame=frame, fade=600)
            drawn = await self.endpoint.do(circle)
            assert isinstance(drawn, events.Drawn)
            with contextlib.suppress(TimeoutError):
                mark = drawn.mark
                await self.endpoint.wait(
                    events.Poses, lambda event, mark=mark: mark in event.places, seconds=8
                )
                return mark, number
            await self.endpoint.do(commands.Undo())
        raise AssertionError("no mark held")

    async def distances(self, marks: dict[str, int], samples: int) -> list[float]:
        """How far marks are from what they were drawn on, pixels of 1280 x 720, so many or more.

        Only where these things are in the picture: for those beyond it, a mark is an arrow at the edge.
        """
        found: list[float] = []
        numbers: dict[int, int] = {}
        async with asyncio.timeout(120):
            while len(found) < samples:
                frame, number = await self.picture()
                numbers[frame] = number
                known = {
                    event.frame: event
                    for _, event in list(self.endpoint.log)
                    if isinstance(event, events.Poses)
                }
                for frame in numbers.keys() & known.keys():
                    number = numbers.pop(frame)
                    things = (
                        (moved(marks[mark], number), place) for mark, place in known[frame].places.items()
                    )
                    found += [
                        math.dist((x * panning.WIDTH, y * panning.HEIGHT), thing)
                        for thing, (x, y) in things
                        if 0 <= thing[0] <= panning.WIDTH and 0 <= thing[1] <= panning.HEIGHT
                    ]
        return found

    def close(self) -> None:
        self._reader.close()


def moved(drawn_on: int, number: int) -> tuple[float, float]:
    """Where in picture ``number`` the thing is that is in the middle of picture ``drawn_on``."""
    first = np.linalg.inv(panning.seen_from((drawn_on + 0.5 * panning.EXPOSURE * panning.FPS) / panning.FPS))
    now = panning.seen_from((number + 0.5 * panning.EXPOSURE * panning.FPS) / panning.FPS)
    x, y, w = now @ first @ (panning.WIDTH / 2, panning.HEIGHT / 2, 1.0)
    return float(x / w), float(y / w)


async def test_marks_are_where_their_things_are_at_the_agent_and_at_the_supervisor(turning: Scene) -> None:
    await turning.answer()
    agent, supervisor = turning.staff["agent"], turning.staff["supervisor"]
    await asyncio.gather(*(each.do(commands.Frames(on=True)) for each in (agent, supervisor)))
    await listen(turning)
    screens = [Screen(each, (await each.wait(events.Frames)).name) for each in (agent, supervisor)]
    try:
        await asyncio.gather(*(each.do(commands.Poses(on=True)) for each in (agent, supervisor)))
        marks = dict([await screen.draw() for screen in screens])
        for mark in marks:
            await asyncio.gather(*(sees(each, mark) for each in (agent, supervisor)))
        for screen in screens:
            distances = sorted(await screen.distances(marks, SAMPLES))
            assert distances[len(distances) * 9 // 10] < NEAR, distances
            assert distances[-1] < WRONG, distances
    finally:
        for screen in screens:
            screen.close()


async def test_after_the_agents_program_crashed_ink_begins_anew_for_all(scene: Scene) -> None:
    await scene.customer.page.evaluate(LISTEN_IN)
    await scene.answer()
    supervisor = await listen(scene)
    await supervisor.wait(events.Stage)
    before = await draw(scene.staff["agent"])
    await sees(supervisor, before)
    await until_told(scene, before)

    scene.staff["agent"].kill()
    killed = time.monotonic()
    agent = await scene.enter("agent")
    await agent.wait(events.FirstSound, lambda event: event.source == "customer")
    await supervisor.wait(events.MarksGone, since=killed, seconds=30)
    after = await draw(agent)
    await sees(supervisor, after)
    await until_told(scene, after, '"end"')
    private = await draw(supervisor)
    await sees(agent, private)
    assert private not in "".join(await told(scene))
