"""A signaling server that plays a script, and a client at it that tells what it was told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from aiohttp import WSMsgType, web

from coachdesk.client import Client, SignalingError
from signaling.policy import Role
from signaling.protocol import Code, Goodbye, Hello, Ok, ServerMessage, Welcome, dump, parse_client

PATIENCE = 40.0


class Line:
    """One connection as the scripted server sees it."""

    def __init__(self, ws: web.WebSocketResponse) -> None:
        self.ws = ws

    async def hear(self) -> object:
        """The next message of the client; None when it is gone."""
        frame = await asyncio.wait_for(self.ws.receive(), PATIENCE)
        return parse_client(frame.data) if frame.type is WSMsgType.TEXT else None

    async def say(self, *messages: ServerMessage) -> None:
        for message in messages:
            await self.ws.send_str(dump(message))

    async def welcome(self, resume: str = "secret-1") -> Hello:
        hello = await self.hear()
        assert isinstance(hello, Hello)
        await self.say(welcome(resume))
        return hello

    async def drop(self) -> None:
        """The network breaks."""
        transport = self.ws._req.transport if self.ws._req is not None else None
        assert transport is not None
        transport.abort()


def welcome(resume: str = "secret-1") -> Welcome:
    return Welcome(1, "p-1", Role.AGENT, "amy", "north", resume, [])


Act = Callable[[Line], Awaitable[None]]


class Server:
    """Plays one act per connection, in order; the last one again and again.

    Attributes:
        failed: what went wrong in the acts.
    """

    def __init__(self, *acts: Act) -> None:
        self._acts = list(acts)
        self.url = ""
        self.failed: list[BaseException] = []

    async def socket(self, request: web.Request) -> web.StreamResponse:
        ws = web.WebSocketResponse()
        await ws.prepare(request)
        act = self._acts.pop(0) if len(self._acts) > 1 else self._acts[0]
        try:
            await act(Line(ws))
        except ConnectionError:
            pass
        except BaseException as error:
            self.failed.append(error)
            raise
        return ws


class Desk:
    """A client that runs, and what it told."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.messages: asyncio.Queue[ServerMessage] = asyncio.Queue()
        self.changes: asyncio.Queue[tuple[bool, str]] = asyncio.Queue()
        client.on_message = self.messages.put_nowait
        client.on_online = lambda on, reason: self.changes.put_nowait((on, reason))
        self.running = asyncio.create_task(client.run())

    async def online(self, on: bool) -> str:
        """The next change, which must be this one; its reason."""
        now, reason = await asyncio.wait_for(self.changes.get(), PATIENCE)
        assert now is on, reason
        return reason

    async def refused(self) -> SignalingError:
        """What ended the client for good."""
        with pytest.raises(SignalingError) as error:
            await asyncio.wait_for(self.running, PATIENCE)
        return error.value

    async def message(self) -> ServerMessage:
        return await asyncio.wait_for(self.messages.get(), PATIENCE)


@asynccontextmanager
async def serving(*acts: Act, port: int = 0) -> AsyncIterator[Server]:
    server = Server(*acts)
    app = web.Application()
    app.router.add_get("/ws", server.socket)
    runner = web.AppRunner(app, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port, reuse_address=True)
    await site.start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield server
    finally:
        await runner.cleanup()
    failed = [error for error in server.failed if not isinstance(error, asyncio.CancelledError)]
    assert not failed, failed


@asynccontextmanager
async def desk_at(url: str) -> AsyncIterator[Desk]:
    desk = Desk(Client(url, "token-1"))
    try:
        yield desk
    finally:
        desk.running.cancel()
        await asyncio.gather(desk.running, return_exceptions=True)


@asynccontextmanager
async def desk_with(*acts: Act) -> AsyncIterator[Desk]:
    async with serving(*acts) as server, desk_at(server.url) as desk:
        yield desk


async def stay(line: Line) -> None:
    """Welcomes, and says ok to everything."""
    await line.welcome()
    while (message := await line.hear()) is not None:
        await line.say(Ok(getattr(message, "id", 0)))


def turn_away(code: Code) -> Act:
    async def act(line: Line) -> None:
        await line.hear()
        await line.say(Goodbye(code, f"because of {code}"))

    return act


async def quiet(line: Line) -> None:
    """Welcomes, and answers nothing."""
    await line.welcome()
    while await line.hear() is not None:
        pass
