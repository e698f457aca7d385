"""As many pixels of a shared screen come as are seen of it, on real connections, though it stands still."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pytest

from coachdesk import events
from coachdesk.media.screenshare.screencast import STREAM
from coachdesk.screenwire import Size
from tests.fakes.views import MIA, TOM
from tests.media.peers import until
from tests.media.test_coach_screen_seen import Agent, apply
from tests.media.test_screencast import PUBLIC, Call, Observer, Screen, running

pytestmark = pytest.mark.media

FULL, HALF, QUARTER = (1280, 720), (640, 360), (320, 180)


class Large(Screen):
    """Stands still."""

    def __init__(self) -> None:
        super().__init__(PUBLIC)
        self._shot = np.full((*FULL[::-1], 4), PUBLIC, np.uint8), time.monotonic()


def size(seen: Observer | Agent) -> Size | None:
    """Of the newest picture that was decoded."""
    return None if seen.view.newest is None else seen.view.newest.size


def sizes(*seen: Observer | Agent) -> Callable[[Size], bool]:
    return lambda wanted: all(size(each) == wanted for each in seen)


def told(seen: Observer | Agent) -> list[Size | None]:
    return [event.size for event in seen.events if isinstance(event, events.ScreenSize)]


async def test_the_largest_window_decides_and_a_larger_one_is_served_at_once() -> None:
    async with running() as call:
        mia, tom = call.observers[MIA], call.observers[TOM]
        both = sizes(mia, tom)
        await call.hub.screens.agent.start(Large())
        await until(lambda: both(FULL))
        mia.media.show_screen_at(HALF)
        tom.media.show_screen_at((0, 0))
        await until(lambda: both(HALF))
        assert mia.sees(PUBLIC)
        mia.media.show_screen_at(QUARTER)
        await until(lambda: both(QUARTER))
        tom.media.show_screen_at((1200, 675))
        await until(lambda: both(FULL))
        assert told(mia) == told(tom) == [FULL], "how large it is, whatever comes of it"


async def test_so_does_the_customers_while_they_are_shown_it() -> None:
    async with running() as call:
        mia, tom = call.observers[MIA], call.observers[TOM]
        both, agents = sizes(mia, tom), call.hub.screens.agent
        for each in (mia, tom):
            each.media.show_screen_at(HALF)
        await agents.start(Large())
        say(call, b'{"kind":"screen_shown","width":1280,"height":720}')
        await until(lambda: both(HALF))
        agents.show_customer(True)
        await until(lambda: both(FULL))
        say(call, b'{"kind":"screen_shown","width":0,"height":0}')
        await until(lambda: both(HALF))
        await until(lambda: call.customer_packets.count(STREAM) > 0)


def say(call: Call, message: bytes) -> None:
    assert call.customer.peer is not None
    call.customer.peer.control.send(message)


async def test_a_supervisor_sends_what_the_largest_of_those_shows_who_see_their_screen() -> None:
    async with running() as call:
        agent, mia, tom = Agent(call), call.observers[MIA], call.observers[TOM]
        both, screens = sizes(agent, tom), call.hub.screens
        apply(call, "on")
        await mia.media.screen.start(Large())
        await until(lambda: both(FULL))
        await until(lambda: told(tom) == [FULL] and screens.coach_size == FULL)
        mia.media.show_screen_at(FULL)  # they do not see it
        screens.show_at("", HALF)
        tom.media.show_screen_at((0, 0))
        await until(lambda: both(HALF))
        tom.media.show_screen_at(FULL)
        await until(lambda: both(FULL))
        agent.view.close()
