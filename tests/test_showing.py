"""What the agent shares, shown to the customer by command: with the server's leave, taken back by whatever changes it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from coachdesk import agent, commands, events
from coachdesk.client import SignalingError
from coachdesk.commands import CommandError
from signaling import protocol
from signaling.policy import Mode
from signaling.protocol import EndReason
from tests.fakes.observing import Observing
from tests.fakes.signaling import settle
from tests.fakes.views import CUSTOMER, MIA, TOM, call_view, party
from tests.test_agent_session import Desk, FakeHub

SHOW, HIDE = commands.ShowCustomer(on=True), commands.ShowCustomer(on=False)


@pytest_asyncio.fixture
async def desk() -> AsyncIterator[Desk]:
    """An agent in a call, who shares a picture."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(agent, "AgentHub", FakeHub)
        desk = Desk()
        await desk.told(1)
        await desk.session.do(commands.Share(source="test"))
        yield desk
        await desk.session.close()


def recorded(desk: Desk) -> list[bool]:
    """What the server was asked for, or told, of what the customer is shown."""
    return [fields["on"] for kind, fields in desk.client.asked if kind is protocol.ShowScreen]


def told(desk: Desk) -> list[bool]:
    return [event.customer for event in desk.events if isinstance(event, events.Sharing)]


async def refused(desk: Desk, command: commands.ShowCustomer = SHOW) -> str:
    with pytest.raises(CommandError) as error:
        await desk.session.do(command)
    assert error.value.message
    return error.value.code


async def test_it_is_off_until_the_agent_says_so_and_again_once_they_do(desk: Desk) -> None:
    assert told(desk) == [False]
    shown = await desk.session.do(SHOW)
    assert isinstance(shown, events.Sharing)
    assert (shown.customer, set(shown.seen_by)) == (True, {CUSTOMER, MIA, TOM})
    hidden = await desk.session.do(HIDE)
    assert isinstance(hidden, events.Sharing)
    assert (hidden.customer, set(hidden.seen_by)) == (False, {MIA, TOM})
    await settle()
    assert (recorded(desk), told(desk)) == ([True, False], [False, True, False])


async def test_to_say_it_twice_changes_nothing(desk: Desk) -> None:
    for command in (HIDE, SHOW, SHOW, HIDE, HIDE):
        await desk.session.do(command)
    await settle()
    assert recorded(desk) == [True, False]


async def test_nothing_is_shown_where_nothing_is_shared_or_it_is_blanked(desk: Desk) -> None:
    await desk.session.do(commands.BlankShare(on=True))
    assert await refused(desk) == "not_sharing"
    await desk.session.do(commands.StopShare())
    assert await refused(desk) == "not_sharing"
    desk.session.message(protocol.Ended("call-1", EndReason.HUNG_UP))
    assert await refused(desk) == "no_such_call"
    assert recorded(desk) == []


@pytest.mark.parametrize("held", [False, True])
async def test_nothing_is_shown_on_hold_or_taken_over(desk: Desk, held: bool) -> None:
    view = call_view(party(MIA, Mode.LISTEN if held else Mode.TAKEOVER), revision=2, held=held)
    desk.session.message(protocol.CallState(view))
    assert await refused(desk) == "not_allowed"
    assert recorded(desk) == []


async def test_an_observer_may_not(monkeypatch: pytest.MonkeyPatch) -> None:
    mia = Observing(monkeypatch)
    mia.told(Mode.TAKEOVER)
    with pytest.raises(CommandError, match="role"):
        await mia.session.do(SHOW)
    await mia.end()


@pytest.mark.parametrize("code", ["not_allowed", "offline", "timeout"])
async def test_without_the_servers_leave_nothing_is_shown(desk: Desk, code: str) -> None:
    desk.client.at_once.discard(protocol.ShowScreen)
    asking = asyncio.create_task(desk.session.do(SHOW))
    await settle()
    assert not desk.hub.screens.agent.to_customer
    desk.client.fail(code, desk.client.waiting[-1])
    with pytest.raises(SignalingError):
        await asking
    assert not desk.hub.screens.agent.to_customer
    await settle()
    assert recorded(desk) == ([True] if code == "not_allowed" else [True, False]), "it may have been granted"


@pytest.mark.parametrize(
    "change",
    [
        commands.BlankShare(on=True),
        commands.StopShare(),
        commands.Share(source="test"),
        "hold",
        "takeover",
        "away",
    ],
)
async def test_whatever_changes_takes_it_back_and_it_does_not_come_again_by_itself(
    desk: Desk, change: commands.AnyCommand | str
) -> None:
    await desk.session.do(SHOW)
    if change == "away":
        desk.session.online(False)
    elif isinstance(change, str):
        mode = Mode.TAKEOVER if change == "takeover" else Mode.LISTEN
        desk.session.message(
            protocol.CallState(call_view(party(MIA, mode), revision=2, held=change == "hold"))
        )
    else:
        await desk.session.do(change)
    assert not desk.hub.screens.agent.to_customer
    assert told(desk)[-1] is False
    desk.session.online(True)
    desk.session.message(protocol.CallState(call_view(party(MIA), revision=3)))
    if isinstance(change, commands.BlankShare) or change == "away":
        await desk.session.do(commands.BlankShare(on=False))
    await settle()
    assert not desk.hub.screens.agent.to_customer
    assert told(desk)[-1] is False


@pytest.mark.parametrize(
    "change", [commands.BlankShare(on=True), commands.StopShare(), commands.Share(source="test"), HIDE]
)
async def test_what_is_asked_for_meanwhile_goes_before_a_grant_that_is_late(
    desk: Desk, change: commands.AnyCommand
) -> None:
    desk.client.at_once.discard(protocol.ShowScreen)
    asking = asyncio.create_task(desk.session.do(SHOW))
    await settle()
    desk.client.at_once.add(protocol.ShowScreen)
    await desk.session.do(change)
    desk.client.grant(desk.client.waiting[-1])
    with pytest.raises(CommandError) as error:
        await asking
    assert error.value.code == "superseded"
    assert not desk.hub.screens.agent.to_customer
    await settle()
    assert recorded(desk) == [True, False]
