"""A supervisor shares a screen with agent and trainees: who sees it, what the server has on record, when it ends."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from coachdesk import commands, events
from signaling import protocol
from tests.fakes.observing import GateMedia, Observing
from tests.fakes.signaling import settle
from tests.fakes.views import AGENT, BEN, MIA, TOM, call_view, party
from tests.media.peers import until


@pytest_asyncio.fixture
async def mia() -> AsyncIterator[Observing]:
    """A supervisor beside a trainee on a call."""
    with pytest.MonkeyPatch.context() as patch:
        mia = Observing(patch)
        join(mia)
        yield mia
        await mia.end()


def join(mia: Observing, call: str = "call-1") -> None:
    mia.session.message(protocol.CallState(call_view(party(MIA), party(TOM), call=call)))


def asked(mia: Observing) -> list[tuple[str, str, str]]:
    return [
        (fields["call"], fields["source"], fields["state"])
        for kind, fields in mia.client.asked
        if kind is protocol.ShareScreen
    ]


def own(mia: Observing) -> list[tuple[str, list[str]]]:
    return [(each.state, each.seen_by) for each in mia.events if isinstance(each, events.Sharing)]


async def test_a_supervisors_share_is_asked_for_and_seen_by_agent_and_trainees(
    mia: Observing, page: str
) -> None:
    await mia.session.do(commands.Share(source=page))
    assert own(mia) == [("on", [AGENT, TOM])]
    await mia.session.do(commands.StopShare())
    await until(lambda: asked(mia) == [("call-1", "file", "on"), ("call-1", "file", "off")])


async def test_while_the_agent_shares_the_agent_alone_sees_the_supervisors(mia: Observing, page: str) -> None:
    await mia.session.do(commands.Share(source=page))
    GateMedia.made[-1].on_screen("on", "agent", "supervisor")
    assert own(mia)[-1] == ("on", [AGENT])
    GateMedia.made[-1].on_screen("off", "agent", "")
    assert own(mia)[-1] == ("on", [AGENT, TOM])


async def test_what_the_server_refuses_a_supervisor_is_not_shared(mia: Observing, page: str) -> None:
    mia.client.at_once.clear()
    await mia.do(commands.Share(source=page))
    await until(lambda: mia.client.waiting)
    mia.client.fail("busy")
    await until(lambda: mia.outcomes == ["busy"])
    assert (GateMedia.made[-1].screen.state, own(mia)) == ("off", [])


async def test_without_the_server_a_supervisors_share_is_blank_until_they_show_it_again(
    mia: Observing, page: str
) -> None:
    await mia.session.do(commands.Share(source=page))
    mia.session.online(False)
    assert GateMedia.made[-1].screen.state == "blank"
    mia.session.online(True)
    await until(lambda: asked(mia)[-1] == ("call-1", "file", "blank"))
    assert GateMedia.made[-1].screen.state == "blank"
    await mia.session.do(commands.BlankShare(on=False))
    assert asked(mia)[-1] == ("call-1", "file", "on")


async def test_a_supervisors_share_ends_with_the_call_they_observe(mia: Observing, page: str) -> None:
    await mia.session.do(commands.Share(source=page))
    before = GateMedia.made[-1]
    join(mia, "call-2")
    await until(lambda: before.closed)
    assert (before.screen.state, own(mia)[-1][0]) == ("off", "off")
    assert GateMedia.made[-1].screen.state == "off"
    await settle()
    assert asked(mia) == [("call-1", "file", "on")]  # the server has ended it


async def test_the_name_of_who_shares_is_told_to_observers(mia: Observing) -> None:
    view = call_view(party(MIA), party(BEN, shares="on"))
    mia.session.message(protocol.CallState(view))
    GateMedia.made[-1].on_screen("on", "supervisor", "")
    screens = [each for each in mia.events if isinstance(each, events.Screen)]
    assert screens == [events.Screen(party="supervisor", state="on", name=BEN)]
