"""The server is killed without warning, and started anew on the same records."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from signaling.policy import Mode
from signaling.protocol import Applied, Calls, CallState, Code, CustomerState, Hold, Listen, Lobby, SetMode
from signaling.store import open_store

from .wire import PATIENCE, Site, Staff, Wire, read_audit

PROGRAM = """
import asyncio, sys
from signaling.server import ServerOptions, serve
asyncio.run(serve(ServerOptions(port=0, db=sys.argv[1]), lambda url: print(url, flush=True)))
"""


@asynccontextmanager
async def process(db: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """A server in a process of its own, and its address."""
    server = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, db, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert server.stdout is not None
        yield server, (await asyncio.wait_for(server.stdout.readline(), 60)).decode().strip()
    finally:
        if server.returncode is None:
            server.kill()
        await server.wait()


async def on_disk(db: str, actions: list[str]) -> None:
    """Waits until the audit log on disk has these actions; what was done before them is there too."""
    async with asyncio.timeout(PATIENCE):
        while not set(actions) <= {row.action for row in await read_audit(db)}:
            pass


async def state_of(wire: Wire, *, connected: int) -> CallState:
    """The first call state with so many parties connected."""
    while True:
        state = await wire.until(CallState)
        if sum(p.connected for p in state.call.parties) >= connected:
            return state


@pytest.fixture
async def folder(tmp_path: Path, staff: Staff) -> str:
    copy = tmp_path / "coachdesk.db"
    copy.write_bytes(staff.path.read_bytes())
    return f"sqlite:///{copy}"


async def test_a_call_survives_kill_nine_and_no_mode_does(folder: str, staff: Staff) -> None:
    async with aiohttp.ClientSession() as session:
        async with process(folder) as (server, url):
            office = Site(url, folder, staff.tokens, session)
            agent, supervisor = await office.staff("amy"), await office.staff("sue")
            customer, call = await office.call(agent)
            waiting = await office.follow(await office.invite(agent, label="next"))
            await waiting.next()
            await waiting.ask_raw({"type": "knock", "name": "Eve"})
            spare = await office.invite(agent, label="spare")
            await supervisor.do(Listen, call=call)
            await supervisor.do(SetMode, call=call, mode=Mode.TAKEOVER)
            before = (await supervisor.until(CallState)).call.revision
            await agent.do(Applied, call=call, revision=before)
            await on_disk(folder, ["takeover"])
            server.kill()
            await server.wait()
        async with process(folder) as (server, url):
            office = Site(url, folder, staff.tokens, session)
            customer = await office.back(customer)
            assert (await customer.until(CustomerState)).phase == "agent_away"
            supervisor = await office.back(supervisor)
            agent = await office.back(agent)
            assert (await customer.until(CustomerState)).phase == "live"
            view = (await state_of(agent, connected=3)).call
            assert view.call == call
            assert view.revision > before
            assert all(p.mode is Mode.LISTEN and not p.in_force for p in view.parties)
            assert await supervisor.refused(Hold, call=call, on=True) == Code.NOT_ALLOWED
            await agent.do(Applied, call=call, revision=view.revision)
            await supervisor.do(SetMode, call=call, mode=Mode.WHISPER)
            waiting = await office.back(waiting)
            assert (await waiting.until(CustomerState)).phase == "waiting"
            lobby = await agent.until(Lobby)
            assert [w.name for w in lobby.waiting] == ["Eve"]
            assert [shown.label for shown in lobby.links] == ["spare"]
            assert (await (await office.follow(spare)).next()).label == "spare"
            await on_disk(folder, ["whisper", "fall_back"])


async def test_an_agent_who_comes_back_by_token_after_the_crash_has_the_call(
    folder: str, staff: Staff
) -> None:
    async with aiohttp.ClientSession() as session:
        async with process(folder) as (server, url):
            office = Site(url, folder, staff.tokens, session)
            agent = await office.staff("amy")
            _, call = await office.call(agent)
            await on_disk(folder, ["admit"])
            server.kill()
            await server.wait()
        async with process(folder) as (_, url):
            again = await Site(url, folder, staff.tokens, session).staff("amy")
            assert again.party == agent.party
            assert (await again.until(CallState)).call.call == call


@pytest.mark.parametrize("attempt", range(3))
async def test_what_was_answered_is_on_record_though_the_server_is_killed_at_once(
    folder: str, staff: Staff, attempt: int
) -> None:
    async with aiohttp.ClientSession() as session:
        async with process(folder) as (server, url):
            office = Site(url, folder, staff.tokens, session)
            agent = await office.staff("amy")
            _, call = await office.call(agent)
            for number in range(10 + attempt):
                await agent.do(Hold, call=call, on=number % 2 == 0)
            server.kill()  # within microseconds of the answer
            await server.wait()
        rows = await read_audit(folder)
        assert sum(row.action == "hold" for row in rows) == 10 + attempt
        async with process(folder) as (_, url):
            again = await Site(url, folder, staff.tokens, session).staff("amy")
            held = attempt % 2 == 1  # the last of an odd number of turns is to hold
            assert ((await again.until(CallState)).call.phase == "held") is held


async def test_what_others_were_told_is_on_record_as_well(folder: str, staff: Staff) -> None:
    async with aiohttp.ClientSession() as session, process(folder) as (server, url):
        office = Site(url, folder, staff.tokens, session)
        agent, supervisor = await office.staff("amy"), await office.staff("sue")
        await office.call(agent)
        await supervisor.until(Calls)
        while not (calls := (await supervisor.until(Calls)).calls):
            pass
        server.kill()
        await server.wait()
        store = await open_store(folder)
        assert f"call:{calls[0].call}" in dict(await store.live())
        await store.close()


async def test_a_clean_stop_writes_everything(folder: str, staff: Staff) -> None:
    async with aiohttp.ClientSession() as session, process(folder) as (server, url):
        office = Site(url, folder, staff.tokens, session)
        agent = await office.staff("amy")
        _, call = await office.call(agent)
        for on in (True, False) * 20:
            await agent.do(Hold, call=call, on=on)
        server.send_signal(2)
        assert await agent.goodbye() == Code.SHUTTING_DOWN
        await asyncio.wait_for(server.wait(), PATIENCE)
    rows = await read_audit(folder)
    assert sum(row.action == "hold" for row in rows) == 40
    store = await open_store(folder)
    assert len(await store.live()) == 3
    await store.close()
