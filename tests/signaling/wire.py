"""Real clients of a real server: sign in, send, and wait for what must come, never for time to pass."""

from __future__ import annotations

import asyncio
import itertools
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import aiohttp
import msgspec
import pytest
from sqlalchemy import Table

from signaling import connection
from signaling.policy import Role
from signaling.protocol import (
    VERSION,
    Admit,
    CallState,
    Code,
    CreateLink,
    Goodbye,
    Hello,
    Invitation,
    Knock,
    LinkCreated,
    Listen,
    Lobby,
    Ping,
    Refused,
    ServerMessage,
    Welcome,
    dump,
    parse_server,
)
from signaling.schema import audit, consents
from signaling.server import ServerOptions, add_user, serve, token_for
from signaling.store import Store, database_url, make_engine

M = TypeVar("M")
PATIENCE = 40.0
"""Seconds after which a message that must come counts as missing."""

STAFF = {
    "amy": Role.AGENT,
    "bea": Role.AGENT,
    "sue": Role.SUPERVISOR,
    "tim": Role.TRAINEE,
    "ada": Role.ADMIN,
}
PASSWORD = "correct horse"


class Wire:
    """One WebSocket client.

    Attributes:
        seen: every message, in order.
    """

    def __init__(self, ws: aiohttp.ClientWebSocketResponse) -> None:
        self.ws = ws
        self.seen: list[ServerMessage] = []
        self.party = self.resume = ""
        self._ids = itertools.count(1)

    async def next(self) -> ServerMessage:
        frame = await asyncio.wait_for(self.ws.receive(), PATIENCE)
        if frame.type is not aiohttp.WSMsgType.TEXT:
            raise EOFError(f"the connection ended: {frame.type.name} {frame.data}")
        message = parse_server(frame.data)
        self.seen.append(message)
        if isinstance(message, Welcome | Invitation):
            self.party, self.resume = message.party, message.resume
        return message

    async def until(self, kind: type[M], **fields: Any) -> M:
        """The next message of a kind with these fields."""
        while True:
            message = await self.next()
            if isinstance(message, kind) and all(getattr(message, k) == v for k, v in fields.items()):
                return message

    async def ask(self, kind: type, **fields: Any) -> ServerMessage:
        """The answer to a request; what comes before it is skipped."""
        number = next(self._ids)
        await self.ws.send_str(dump(kind(id=number, **fields)))
        return await self.answer(number)

    async def ask_raw(self, message: dict[str, Any]) -> ServerMessage:
        """The same, of a message no client of ours could make."""
        number = next(self._ids)
        await self.ws.send_str(msgspec.json.encode({**message, "id": number}).decode())
        return await self.answer(number)

    async def answer(self, number: int) -> ServerMessage:
        while True:
            message = await self.next()
            if getattr(message, "re", None) == number or isinstance(message, Goodbye):
                return message

    async def do(self, kind: type, **fields: Any) -> ServerMessage:
        answer = await self.ask(kind, **fields)
        assert not isinstance(answer, Refused | Goodbye), answer
        return answer

    async def refused(self, kind: type, **fields: Any) -> Code:
        answer = await self.ask(kind, **fields)
        assert isinstance(answer, Refused), answer
        return answer.code

    async def goodbye(self) -> Code:
        """Reads to the end; the code of the goodbye."""
        code = (await self.until(Goodbye)).code
        frame = await asyncio.wait_for(self.ws.receive(), PATIENCE)
        assert frame.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.CLOSING)
        return code

    async def alive(self) -> bool:
        """Whether the connection still answers."""
        return not isinstance(await self.ask(Ping), Refused | Goodbye)


class Site:
    """A server that runs, with an account of each role, and the clients of a test."""

    def __init__(self, url: str, db: str, tokens: dict[str, str], session: aiohttp.ClientSession) -> None:
        self.url, self.db, self.tokens, self.session = url, db, tokens, session

    async def connect(self, **headers: str) -> Wire:
        return Wire(await self.session.ws_connect(f"{self.url}/ws", headers=headers, max_msg_size=0))

    async def hello(self, **credentials: str) -> Wire:
        """A connection that has said hello; the answer is still to come."""
        wire = await self.connect()
        await wire.ws.send_str(dump(Hello(VERSION, **credentials)))
        return wire

    async def staff(self, name: str) -> Wire:
        wire = await self.hello(token=self.tokens[name])
        await wire.until(Welcome)
        return wire

    async def back(self, wire: Wire) -> Wire:
        new = await self.hello(resume=wire.resume)
        assert isinstance(await new.next(), Welcome | Invitation)
        return new

    async def invite(self, agent: Wire, **fields: Any) -> LinkCreated:
        answer = await agent.do(CreateLink, **fields)
        assert isinstance(answer, LinkCreated)
        return answer

    async def follow(self, link: LinkCreated) -> Wire:
        return await self.hello(link=link.path.removeprefix("/join#"))

    async def call(self, agent: Wire) -> tuple[Wire, str]:
        """A live call: its customer and its id."""
        customer = await self.follow(await self.invite(agent))
        await customer.until(Invitation)
        await customer.do(Knock, name="Bob", camera=True, microphone=True)
        while customer.party not in [w.party for w in (await agent.until(Lobby)).waiting]:
            pass
        await agent.do(Admit, party=customer.party)
        return customer, (await agent.until(CallState)).call.call

    async def audit(self) -> list[Any]:
        """What is in the audit log on disk."""
        return await read_audit(self.db)


async def on_call(office: Site) -> tuple[dict[str, Wire], str]:
    """One of each role: amy's call with a customer, sue and tim on it, ada and bea beside it."""
    people = {name: await office.staff(name) for name in ("amy", "bea", "sue", "tim", "ada", "sam")}
    people["customer"], call = await office.call(people["amy"])
    for name in ("sue", "tim"):
        await people[name].do(Listen, call=call)
    return people, call


async def everyone_is_fine(people: dict[str, Wire]) -> None:
    for name, wire in people.items():
        assert await wire.alive(), name


async def settled_audit(office: Site, actor: str, refusals: int) -> list[Any]:
    """The actor's audit entries, once there are as many refusals on disk as there must be."""
    async with asyncio.timeout(PATIENCE):
        while True:
            rows = [row for row in await office.audit() if row.actor == actor]
            if sum(not row.allowed for row in rows) >= refusals:
                return rows
            await asyncio.sleep(0.02)


async def drained(store: Store) -> None:
    """Waits until all that was handed over is on disk."""
    async with asyncio.timeout(PATIENCE):
        while True:
            if not store.writer.backlog:
                return
            await asyncio.sleep(0.005)


async def read_audit(db: str) -> list[Any]:
    return await _read(db, audit)


async def read_consents(db: str) -> list[Any]:
    return await _read(db, consents)


async def _read(db: str, table: Table) -> list[Any]:
    engine = make_engine(database_url(db))
    try:
        async with engine.connect() as opened:
            return list((await opened.execute(table.select().order_by(table.c.id))).all())
    finally:
        await engine.dispose()


async def make_staff(path: Path) -> Staff:
    """Makes the accounts; amy has a password too."""
    db = f"sqlite:///{path}"
    for name, role in STAFF.items():
        await add_user(db, name, role, "north", PASSWORD if name == "amy" else None)
    await add_user(db, "sam", Role.SUPERVISOR, "south")
    return Staff(path, {name: await token_for(db, name) for name in [*STAFF, "sam"]})


@asynccontextmanager
async def running(options: ServerOptions) -> AsyncIterator[str]:
    """A server in this process; stopped as it would be by a signal."""
    ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(connection, "HEARTBEAT", 600.0)  # a Wire answers only while a test reads from it
        task = asyncio.create_task(serve(options, ready.set_result))
        await asyncio.wait({task, ready}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            ready.cancel()
            await task
        try:
            yield ready.result()
        finally:
            task.cancel()
            await asyncio.wait({task}, timeout=PATIENCE)
            assert task.cancelled()


class Staff(NamedTuple):
    """A database with the accounts of ``STAFF``, and sam of team south, to be copied for each test."""

    path: Path
    tokens: dict[str, str]


@asynccontextmanager
async def site(staff: Staff, folder: Path, **options: Any) -> AsyncIterator[Site]:
    """A server on a fresh copy of the accounts' database."""
    copy = shutil.copy(staff.path, folder / "coachdesk.db")
    db = f"sqlite:///{copy}"
    async with (
        aiohttp.ClientSession() as session,
        running(ServerOptions(**{"port": 0, "db": db, **options})) as url,
    ):
        yield Site(url, db, staff.tokens, session)
