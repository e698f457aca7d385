"""The agent asks for the customer's screen, by command, and is told what becomes of it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from coachdesk import agent, commands, events
from coachdesk.commands import CommandError
from coachdesk.media.screenshare.screenhub import OWN
from coachdesk.screenwire import Shown
from signaling import protocol
from signaling.policy import Mode
from signaling.protocol import EndReason
from tests.fakes.observing import Observing
from tests.fakes.signaling import settle
from tests.fakes.views import MIA, call_view, party
from tests.test_agent_session import Desk, FakeHub


@pytest_asyncio.fixture
async def desk() -> AsyncIterator[Desk]:
    """On a call whose customer's browser can share a screen."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(agent, "AgentHub", FakeHub)
        desk = Desk()
        await desk.told(1)
        desk.hub.screens.customer.said(Shown("off"))
        yield desk
        await desk.session.close()


async def refused(desk: Desk, *, on: bool = True) -> str:
    with pytest.raises(CommandError) as error:
        await desk.session.do(commands.AskScreen(on=on))
    assert error.value.message
    return error.value.code


def told(desk: Desk) -> list[str]:
    kinds = (events.Screen, events.ScreenRequest)
    return [event.state for event in desk.events if isinstance(event, kinds)]


async def test_the_size_at_which_the_agent_sees_a_screen_is_passed_on_in_every_call(desk: Desk) -> None:
    assert await desk.session.do(commands.ScreenShown(size=(640, 360))) == events.Ok()
    assert desk.hub.screens.agent.seen_at(OWN) == (640, 360)
    desk.session.message(protocol.Ended("call-1", EndReason.HUNG_UP))
    await desk.session.do(commands.ScreenShown(size=(0, 0)))
    await desk.told(2)
    assert desk.hub.screens.agent.seen_at(OWN) == (0, 0)


async def test_how_large_a_supervisors_screen_is_is_told(desk: Desk) -> None:
    screens = desk.hub.screens
    screens.shared_at(MIA, (1280, 720))
    assert not [event for event in desk.events if isinstance(event, events.ScreenSize)]
    for revision, shares in enumerate(("on", "blank", "on", ""), 2):
        view = call_view(party(MIA, shares=shares), revision=revision)  # type: ignore[arg-type]
        desk.session.message(protocol.CallState(view))
    screens.customer.said(Shown("on"))
    assert [event.size for event in desk.events if isinstance(event, events.ScreenSize)] == [(1280, 720)]


async def test_asked_declined_asked_and_shared(desk: Desk) -> None:
    screen = desk.hub.screens.customer
    assert await desk.session.do(commands.AskScreen(on=True)) == events.Ok()
    screen.said(Shown("off", declined=True))
    await desk.session.do(commands.AskScreen(on=True))
    screen.said(Shown("on"))
    assert await refused(desk) == "shared_already"
    screen.said(Shown("paused"))
    desk.session.message(protocol.CallState(call_view(party(MIA), revision=2, held=True)))
    screen.said(Shown("on"))
    desk.session.message(protocol.CallState(call_view(party(MIA), revision=3)))
    screen.said(Shown("off"))
    asking, shown = ["none", "asked", "declined", "asked"], ["on", "none", "blank", "on", "off"]
    assert told(desk) == asking + shown


async def test_what_cannot_be_asked_is_refused(desk: Desk) -> None:
    desk.hub.screens.customer.lost()
    assert await refused(desk) == "unable"
    desk.session.message(protocol.Ended("call-1", EndReason.HUNG_UP))
    await settle()
    assert await refused(desk) == "no_such_call"


async def test_it_ends_with_the_call(desk: Desk) -> None:
    desk.hub.screens.customer.said(Shown("on"))
    desk.session.message(protocol.Ended("call-1", EndReason.HUNG_UP))
    await settle()
    assert told(desk) == ["none", "on", "off", "unable"]


async def test_an_observer_may_not_ask() -> None:
    with pytest.MonkeyPatch.context() as patch:
        mia = Observing(patch)
        mia.told(Mode.TAKEOVER)
        with pytest.raises(CommandError, match="role"):
            await mia.session.do(commands.AskScreen(on=True))
        await mia.end()


def screens(desk: Desk) -> list[tuple[str, str, str, str]]:
    found = [event for event in desk.events if isinstance(event, events.Screen)]
    return [(event.party, event.state, event.name, event.also) for event in found]


async def test_a_supervisors_screen_goes_first_and_is_told_by_name(desk: Desk) -> None:
    desk.hub.screens.customer.said(Shown("on"))
    desk.session.message(protocol.CallState(call_view(party(MIA, shares="on"), revision=2)))
    desk.session.message(protocol.CallState(call_view(party(MIA), revision=3)))
    assert screens(desk) == [
        ("customer", "on", "", ""),
        ("customer", "off", "", ""),
        ("supervisor", "on", MIA, "customer"),
        ("supervisor", "off", MIA, ""),
        ("customer", "on", "", ""),
    ]


@pytest.mark.parametrize(("mode", "name"), [(Mode.LISTEN, ""), (Mode.WHISPER, MIA)])
async def test_a_supervisors_name_is_told_as_far_as_the_policy_has_it(mode: Mode, name: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(agent, "AgentHub", FakeHub)
        desk = Desk("talking")
        desk.session.message(protocol.CallState(call_view(party(MIA, mode, shares="on"))))
        assert screens(desk) == [("supervisor", "on", name, "")]
        await desk.session.close()
