"""What stands still for everybody: what the agent's endpoint tells the hub, its marks and its own picture."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from types import SimpleNamespace
from typing import Any

import pytest

from coachdesk import events
from coachdesk.freezing import Freezing
from coachdesk.media.ink.stillhub import StillHub
from coachdesk.media.picture.video import Picture
from coachdesk.standstill import Standstill
from coachdesk.stillwire import Whole
from tests.fakes.inkhubcall import Call, view_of
from tests.test_freezing import jpeg


class Follower:
    """What the marks were told, in order."""

    def __init__(self) -> None:
        self.told: list[tuple[str, object]] = []

    def freeze(self, on: bool) -> None:
        self.told.append(("freeze", on))

    def hold(self, still: Picture) -> None:
        self.told.append(("hold", still.timestamp))

    def study(self, still: Picture) -> None:
        self.told.append(("study", still.timestamp))


class Agent:
    """``pictures``: the newest of the video is 2^32 - 1, after which ids start again."""

    def __init__(self) -> None:
        self.events: list[events.AnyEvent] = []
        self.pictures: Any = SimpleNamespace(frozen=None, newest_frame=0xFFFFFFFF, show=lambda picture: None)
        self.pictures.freeze = lambda frame: setattr(self.pictures, "frozen", frame)
        self.hub = StillHub(Call().hub)
        self.hub.apply(view_of())
        self.follower: Any = Follower()
        self.works: list[Coroutine[Any, Any, Any]] = []
        self.standstill = Standstill(
            Freezing(self.pictures, self.events.append),
            self.pictures,
            lambda work, what: self.works.append(work),
        )
        self.standstill.begin(self.hub, self.follower)

    async def still(self, still: Whole) -> None:
        self.hub.on_still(still)
        await asyncio.gather(*self.works)
        self.works.clear()

    @property
    def told(self) -> list[tuple[bool, int | None, str]]:
        return [(each.on, each.frame, each.reason) for each in self.events if isinstance(each, events.Frozen)]


@pytest.fixture
def agent() -> Agent:
    return Agent()


def test_it_stands_still_by_an_id_that_is_no_pictures_and_is_live_again(agent: Agent) -> None:
    agent.standstill.set(True)
    assert (agent.hub.frozen, agent.pictures.frozen) == (0, 0)
    agent.standstill.set(True)
    agent.standstill.set(False)
    agent.standstill.set(False)
    assert (agent.hub.frozen, agent.pictures.frozen) == (None, None)
    assert agent.follower.told == [("freeze", True), ("freeze", False)]
    assert agent.told == [(True, 0, ""), (False, None, "")]


def test_before_the_first_picture_it_has_an_id_all_the_same(agent: Agent) -> None:
    agent.pictures.newest_frame = None
    agent.standstill.set(True)
    assert agent.hub.frozen is not None
    assert agent.hub.frozen == agent.pictures.frozen


def test_who_has_taken_over_may_have_it_and_a_camera_that_is_off_ends_it(agent: Agent) -> None:
    agent.hub.on_freeze(True)
    agent.hub.on_thaw()
    assert agent.told == [(True, 0, ""), (False, None, "camera_off")]


async def test_marks_are_looked_for_in_what_stands_still_and_in_single_pictures(agent: Agent) -> None:
    await agent.still(Whole(4711, True, jpeg()))
    agent.standstill.set(True)
    await agent.still(Whole(0, False, jpeg()))
    await agent.still(Whole(1, False, jpeg()))
    await agent.still(Whole(0, False, b"no picture"))
    assert agent.follower.told == [("study", 4711), ("freeze", True), ("hold", 0)]


def test_without_a_call_nothing_stands_still(agent: Agent) -> None:
    agent.standstill.set(True)
    agent.standstill.end()
    assert agent.pictures.frozen is None
    agent.standstill.set(True)
    assert agent.pictures.frozen is None
    assert agent.follower.told == [("freeze", True)]


async def test_a_still_that_comes_after_the_call_is_of_no_mark(agent: Agent) -> None:
    agent.hub.on_still(Whole(4711, True, jpeg()))
    agent.standstill.end()
    await asyncio.gather(*agent.works)
    assert agent.follower.told == []
