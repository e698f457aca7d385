"""A scripted signaling server with one agent's desk: serves the real page, says what a test tells it to say."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from aiohttp import WSMsgType, web

from signaling import protocol
from signaling.protocol import (
    Code,
    CustomerState,
    Goodbye,
    Hello,
    Invitation,
    Ok,
    Ping,
    Refused,
    Request,
    ServerMessage,
    Signal,
    SignalBody,
    Signalled,
)

FILES = Path(protocol.__file__).parent / "web"
CALL, AGENT = "call-1", "agent-1"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "media-src 'self' blob: mediastream:; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'"
)
M = TypeVar("M")


async def until(condition: Callable[[], object], what: str, within: float = 30) -> None:
    """Waits for ``condition``; fails with ``what`` did not come true."""
    try:
        async with asyncio.timeout(within):
            while not condition():  # noqa: ASYNC110 - conditions lie outside this loop
                await asyncio.sleep(0.03)
    except TimeoutError:
        raise AssertionError(f"not within {within} s: {what}") from None


class Desk:
    """What the customer's page connects to.

    Attributes:
        received: every message the page sent but pings, in order.
        told: what a resumed customer is told after the invitation, if anything.
        rejects: the code every hello is turned away with.
        refuses: the code the next request of a type is refused with.
        deaf: pings stay unanswered.
        closed: sockets are refused.
    """

    def __init__(self) -> None:
        self.received: list[object] = []
        self.invitation = Invitation(
            "customer-1", "resume-1", "Maria Lopez", "Home support", "Router down", []
        )
        self.told: CustomerState | None = None
        self.rejects: Code | None = None
        self.refuses: dict[type, Code] = {}
        self.deaf = False
        self.closed = False
        self.on_signal: Callable[[SignalBody], Awaitable[None]] | None = None
        self._sockets: list[web.WebSocketResponse] = []
        self._runner: web.AppRunner | None = None
        self._port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    async def start(self) -> None:
        app = web.Application()
        app.router.add_get("/join", self._index)
        app.router.add_get("/web/{name}", self._file)
        app.router.add_get("/ws", self._socket)
        self._runner = web.AppRunner(app, shutdown_timeout=1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        self._port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        await self.drop()
        if self._runner:
            await self._runner.cleanup()

    async def drop(self) -> None:
        """Every socket breaks, without a goodbye."""
        for socket in self._sockets:
            if socket._req is not None and socket._req.transport is not None:
                socket._req.transport.abort()
        await until(lambda: not self._sockets, "the sockets broke")

    async def say(self, message: ServerMessage) -> None:
        for socket in list(self._sockets):
            await socket.send_str(protocol.dump(message))

    async def tell(self, phase: str, call: str = CALL) -> None:
        """The customer's state, now and after every resume."""
        agent = AGENT if call else ""
        self.told = CustomerState(call, phase, agent, "Maria Lopez")  # type: ignore[arg-type]
        await self.say(self.told)

    async def signal(self, body: SignalBody) -> None:
        await self.say(Signalled(CALL, AGENT, body))

    async def got(self, kind: type[M], nth: int = 1) -> M:
        """The ``nth`` message of a type the page sends (or has sent)."""
        await until(lambda: len(self.all(kind)) >= nth, f"{nth} {kind.__name__} came")
        return self.all(kind)[nth - 1]

    def all(self, kind: type[M]) -> list[M]:
        return [message for message in self.received if isinstance(message, kind)]

    async def _index(self, _request: web.Request) -> web.FileResponse:
        return web.FileResponse(FILES / "index.html", headers={"Content-Security-Policy": POLICY})

    async def _file(self, request: web.Request) -> web.FileResponse:
        return web.FileResponse(
            FILES / Path(request.match_info["name"]).name, headers={"Cache-Control": "no-store"}
        )

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        if self.closed:
            return web.Response(status=503)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self._sockets.append(socket)
        try:
            async for frame in socket:
                if frame.type is WSMsgType.TEXT:
                    await self._handle(socket, protocol.parse_client(frame.data))
        finally:
            self._sockets.remove(socket)
        return socket

    async def _handle(self, socket: web.WebSocketResponse, message: object) -> None:
        if isinstance(message, Ping):
            if not self.deaf:
                await socket.send_str(protocol.dump(Ok(message.id)))
            return
        self.received.append(message)
        if isinstance(message, Hello):
            await self._greet(socket, message)
        elif isinstance(message, Request):
            await self._answer(socket, message)

    async def _greet(self, socket: web.WebSocketResponse, hello: Hello) -> None:
        rejects = self.rejects
        if hello.resume and not self.told:
            rejects = (
                Code.NOT_SIGNED_IN
            )  # as the server does: who has not knocked has no place to come back to
        if rejects:
            await socket.send_str(protocol.dump(Goodbye(rejects, "no")))
            await socket.close()
            return
        await socket.send_str(protocol.dump(self.invitation))
        if self.told:
            await socket.send_str(protocol.dump(self.told))

    async def _answer(self, socket: web.WebSocketResponse, request: Request) -> None:
        code = self.refuses.pop(type(request), None)
        answer = Refused(request.id, code, "no") if code else Ok(request.id)
        await socket.send_str(protocol.dump(answer))
        if isinstance(request, protocol.Knock) and not code:
            await self.tell("waiting", call="")
        if isinstance(request, Signal) and self.on_signal:
            await self.on_signal(request.body)
