"""A mark on a supervisor's screen, on real connections: for agent, trainee and on the desktop on the same thing."""

from __future__ import annotations

import pytest

from coachdesk.annotation import Begin, End, Point, Tool
from coachdesk.inkwire import Poses
from coachdesk.media.picture.video import Picture
from coachdesk.media.screenshare.screenview import ScreenView
from tests.fakes.views import MIA, TOM
from tests.media.peers import until
from tests.media.test_coach_screen_seen import Agent, apply
from tests.media.test_content import HEIGHT, WIDTH
from tests.media.test_screencast import running
from tests.media.test_screenmarks_call import BEGIN, NEAR, THING, Page, down, square_in

pytestmark = pytest.mark.media

MARK = "mark-0001"


class Told:
    """How far down the mark has gone in each picture of one who sees it, as they are told; None: hidden."""

    def __init__(self, view: ScreenView) -> None:
        self._view = view
        self.frames: dict[int, float | None] = {}

    def take(self, poses: Poses) -> None:
        assert poses.surface == "coach"
        self.frames[poses.frame] = down(poses)

    @property
    def newest(self) -> Picture:
        newest = self._view.newest
        assert newest is not None
        return newest

    def of_newest(self, moved: int | None) -> bool:
        told = self.frames.get(self.newest.timestamp, 0.5)
        return told == (None if moved is None else pytest.approx(moved, abs=0.01))


async def test_the_agents_mark_is_on_the_same_thing_for_all_who_see_it() -> None:
    async with running() as call:
        agent, mia, tom, screen = Agent(call), call.observers[MIA], call.observers[TOM], Page()
        agents, toms = Told(agent.view), Told(tom.view)
        desktop: list[float | None] = [0.5]
        call.hub.ink.on_poses, tom.media.ink.on_poses = agents.take, toms.take
        mia.media.ink.on_poses = lambda poses: desktop.append(down(poses))
        apply(call, "on")
        await mia.media.screen.start(screen)
        mia.media.ink.share((WIDTH, HEIGHT))

        def ready() -> bool:
            call.hub.ink.tick()
            frames = (call.hub.ink, mia.media.ink, tom.media.ink)
            return bool(agent.view.newest and tom.view.newest) and all(
                each.shared("coach").frame > 0 for each in frames
            )

        await until(ready)
        begin = Begin(
            mark=MARK, tool=Tool.RECTANGLE, colour="#2f7cf6", width=0.006, surface="coach",
            frame=call.hub.ink.shared("coach").frame, picture=agents.newest.timestamp,
        )  # fmt: skip
        x, y = THING[0] / WIDTH, (THING[1] - BEGIN) / HEIGHT
        path = [Point(x - 0.05, y - 0.05), Point(x + 0.05, y + 0.05)]
        for edit in (begin, End(mark=MARK, path=path)):
            call.hub.ink.submit(edit)
        await until(lambda: any(mark.ended for mark in mia.media.ink.marks()))
        for by in (BEGIN, BEGIN + 137, BEGIN + 900, BEGIN - 61):
            screen.scroll(by)
            moved = None if by > THING[1] else BEGIN - by

            def agree(moved: int | None = moved) -> bool:
                call.hub.ink.tick()
                mia.media.marks.tick()
                here = None if moved is None else pytest.approx(moved, abs=0.01)
                return agents.of_newest(moved) and toms.of_newest(moved) and desktop[-1] == here

            await until(agree)
            if moved is not None:
                for seen in (agents, toms):
                    at = square_in(seen.newest)
                    assert at == pytest.approx((THING[0], THING[1] - BEGIN + moved), abs=NEAR)
        agent.view.close()
