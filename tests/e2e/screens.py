"""What agent and supervisor see of the turning camera's picture on a whole call, and how far marks are from their things."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import AsyncIterator

import numpy as np

from bench import panning
from coachdesk import commands, events
from coachdesk.annotation import Point, Tool
from coachdesk.demo.scene import Scene
from coachdesk.media.picture.framering import FrameReader
from coachdesk.remote import RemoteEndpoint
from tests.e2e.steps import listen

NEAR, WRONG = 5.0, 15.0
"""Pixels of 1280 x 720."""
SAMPLES = 16


async def sees(endpoint: RemoteEndpoint, mark: str, state: str = "drawn") -> events.Mark:
    return await endpoint.wait(events.Mark, lambda event: (event.mark, event.state) == (mark, state))


class Screen:
    """What one endpoint shows: pictures with their ids, and where marks are in each.

    Attributes:
        memory: the name of the shared memory in which its pictures are.
    """

    def __init__(self, endpoint: RemoteEndpoint, memory: str) -> None:
        self.endpoint = endpoint
        self.memory = memory
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

    async def distances(self, marks: dict[str, int], samples: int, *, since: float = 0.0) -> list[float]:
        """How far marks are from what they were drawn on, pixels of 1280 x 720, so many or more, by what was told ``since``.

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
                    for when, event in list(self.endpoint.log)
                    if when >= since and isinstance(event, events.Poses)
                }
                for frame in numbers.keys() & known.keys():
                    number = numbers.pop(frame)
                    things = (
                        (moved(marks[mark], number), place)
                        for mark, place in known[frame].places.items()
                        if mark in marks
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


@contextlib.asynccontextmanager
async def agent_and_supervisor(turning: Scene) -> AsyncIterator[list[Screen]]:
    """Answers the call, has the supervisor listen, and gives the screens of both."""
    await turning.answer()
    both = turning.staff["agent"], turning.staff["supervisor"]
    await asyncio.gather(*(each.do(commands.Frames(on=True)) for each in both))
    await listen(turning)
    screens = [Screen(each, (await each.wait(events.Frames)).name) for each in both]
    try:
        await asyncio.gather(*(each.do(commands.Poses(on=True)) for each in both))
        yield screens
    finally:
        for screen in screens:
            screen.close()
