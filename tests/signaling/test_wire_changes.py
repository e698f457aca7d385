"""Over a real socket: leaving the line, what administrators change, and what of it is on record."""

from __future__ import annotations

import asyncio
from pathlib import Path

import aiohttp
import msgspec
import pytest

from signaling.administration import audit_lines, set_disabled, set_team
from signaling.policy import Mode
from signaling.protocol import (
    Code,
    CustomerState,
    Invitation,
    Knock,
    Listen,
    Lobby,
    SetMode,
    TeamPolicy,
)
from signaling.server import ServerOptions
from signaling.state import Team
from signaling.store import Store, StoreError

from .wire import PATIENCE, Site, Staff, Wire, everyone_is_fine, on_call, running, settled_audit, site

# --- leaving the line ---


async def waiting(office: Site, agent: Wire) -> Wire:
    """A customer in the agent's lobby."""
    customer = await office.follow(await office.invite(agent))
    await customer.until(Invitation)
    await customer.do(Knock, name="Bob")
    await in_lobby(agent, customer.party)
    return customer


async def in_lobby(agent: Wire, *parties: str) -> None:
    """Waits until exactly these wait, as the agent is told."""
    while {shown.party for shown in (await agent.until(Lobby)).waiting} != set(parties):
        pass


async def test_a_clean_close_leaves_the_line(office: Site) -> None:
    agent = await office.staff("amy")
    customer = await waiting(office, agent)
    await customer.ws.close(code=1000)
    await in_lobby(agent)
    again = await office.hello(resume=customer.resume)
    assert await again.goodbye() == Code.NOT_SIGNED_IN


@pytest.mark.parametrize("end", ["reload", "given up", "broken off", "cut"])
async def test_any_other_end_keeps_the_place_in_the_line(office: Site, end: str) -> None:
    agent = await office.staff("amy")
    customer = await waiting(office, agent)
    transport = customer.ws._response.connection.transport
    if end == "broken off":
        transport.write_eof()  # the stream ends in good order, the WebSocket does not
    elif end == "cut":
        transport.abort()
    else:
        await customer.ws.close(code=1001 if end == "reload" else 4000)
    await in_lobby(agent)
    again = await office.back(customer)
    assert (await again.until(CustomerState)).phase == "waiting"
    await in_lobby(agent, customer.party)


async def test_a_server_that_stops_does_not_empty_the_line(staff: Staff, tmp_path: Path) -> None:
    async with site(staff, tmp_path) as office:
        customer = await waiting(office, await office.staff("amy"))
        db = office.db

        async def polite_client() -> None:
            assert await customer.goodbye() == Code.SHUTTING_DOWN
            await customer.ws.close(code=1000)

        leaving = asyncio.create_task(polite_client())
    await leaving
    async with aiohttp.ClientSession() as session, running(ServerOptions(port=0, db=db)) as url:
        again = await Site(url, db, staff.tokens, session).back(customer)
        assert (await again.until(CustomerState)).phase == "agent_away"


# --- what administrators change ---


@pytest.fixture
def _prompt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("signaling.switchboard.FOLLOW", 0.02)


@pytest.mark.usefixtures("_prompt")
async def test_a_running_server_takes_up_a_new_policy(office: Site) -> None:
    agent = await office.staff("amy")
    await set_team(office.db, "north", "talking", "We listen in.")
    assert await agent.until(TeamPolicy) == TeamPolicy("talking")
    guest = await office.follow(await office.invite(agent))
    assert (await guest.until(Invitation)).announcement == "We listen in."


@pytest.mark.usefixtures("_prompt")
async def test_a_disabled_users_connections_are_cut_and_the_others_are_not(office: Site) -> None:
    people, call = await on_call(office)
    second = await office.staff("sue")
    await set_disabled(office.db, "sue", True)
    assert await people["sue"].goodbye() == await second.goodbye() == Code.NOT_SIGNED_IN
    assert await (await office.hello(token=office.tokens["sue"])).goodbye() == Code.NOT_SIGNED_IN
    del people["sue"]
    await everyone_is_fine(people)
    await set_disabled(office.db, "sue", False)
    again = await office.staff("sue")
    assert await again.refused(SetMode, call=call, mode=Mode.WHISPER) == Code.NOT_ALLOWED


@pytest.mark.usefixtures("_prompt")
@pytest.mark.allow_log("the records cannot be read for a while")
async def test_records_that_cannot_be_read_for_a_while_are_read_after_it(
    office: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = asyncio.Event()

    async def fails(_store: Store) -> dict[str, Team]:
        failed.set()
        raise StoreError("the disk is away")

    agent = await office.staff("amy")
    with monkeypatch.context() as away:
        away.setattr(Store, "teams", fails)
        await asyncio.wait_for(failed.wait(), PATIENCE)
        assert await agent.alive()
    await set_team(office.db, "north", "none")
    assert await agent.until(TeamPolicy) == TeamPolicy("none")


# --- the audit trail of hearing ---


async def test_who_heard_or_spoke_to_whom_is_on_record_allowed_or_refused(office: Site) -> None:
    people, call = await on_call(office)
    modes = [Mode.WHISPER, Mode.BARGE, Mode.TAKEOVER, Mode.LANE, Mode.LISTEN]
    for mode in modes:
        await people["sue"].do(SetMode, call=call, mode=mode)
        await people["tim"].ask(SetMode, call=call, mode=mode)
    await people["sam"].refused(Listen, call=call)
    rows = await settled_audit(office, "sam", 1)
    assert [(row.action, row.allowed, row.code, row.call) for row in rows] == [
        ("listen", False, "not_allowed", call)
    ]
    spoke = [row for row in await office.audit() if row.call == call and row.actor in ("sue", "tim")]
    for name, role, allowed in (("sue", "supervisor", True), ("tim", "trainee", False)):
        own = [row for row in spoke if row.actor == name]
        assert [row.action for row in own] == ["listen", *modes]
        assert {(row.role, row.party) for row in own} == {(role, people[name].party)}
        assert [row.allowed for row in own] == [True, *[allowed] * 4, True]
        assert [bool(row.code) for row in own] == [not row.allowed for row in own]
        assert [row.at for row in own] == sorted(row.at for row in own)
    lines = [msgspec.json.decode(line) async for line in audit_lines(office.db, call, last=2)]
    assert [(line["actor"], line["action"]) for line in lines] == [("tim", "listen"), ("sam", "listen")]
    assert [line["at"][-1] for line in lines] == ["Z", "Z"]
