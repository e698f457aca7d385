"""In place of the signaling client: requests are kept, their answers and the server's messages come when told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from coachdesk.client import Offline, SignalingError
from coachdesk.media.picture.video import Picture
from signaling import protocol
from signaling.policy import Role
from signaling.protocol import Awareness


class FakeClient:
    """``asked`` has every request, ``waiting`` those without an answer yet, oldest first.

    Attributes:
        online: whether requests get anywhere.
        at_once: kinds of requests that need no ``grant``.
    """

    def __init__(self, party: str, role: Role, awareness: Awareness = "all") -> None:
        self.welcome = protocol.Welcome(1, party, role, party, "north", "secret", [], awareness)
        self.asked: list[tuple[type[protocol.Request], dict[str, Any]]] = []
        self.waiting: list[asyncio.Future[protocol.ServerMessage]] = []
        self.granted: dict[asyncio.Future[protocol.ServerMessage], Callable[[], None]] = {}
        self.online = True
        self.at_once: set[type[protocol.Request]] = {protocol.ShareScreen, protocol.ShowScreen}

    async def request(
        self, kind: type[protocol.Request], *, granted: Callable[[], None] | None = None, **fields: Any
    ) -> protocol.ServerMessage:
        if not self.online:
            raise Offline
        self.asked.append((kind, fields))
        if kind in self.at_once:
            return protocol.Ok(1)
        answer: asyncio.Future[protocol.ServerMessage] = asyncio.get_running_loop().create_future()
        self.waiting.append(answer)
        self.granted[answer] = granted or (lambda: None)
        return await answer

    def grant(self, answer: asyncio.Future[protocol.ServerMessage] | None = None) -> None:
        answer = answer or self.waiting[0]
        self.waiting.remove(answer)
        if not answer.done():
            self.granted[answer]()
            answer.set_result(protocol.Ok(1))

    def fail(
        self, code: str = "not_allowed", answer: asyncio.Future[protocol.ServerMessage] | None = None
    ) -> None:
        answer = answer or self.waiting[0]
        self.waiting.remove(answer)
        if not answer.done():
            answer.set_exception(SignalingError(code, "no"))

    def lose(self) -> None:
        """The connection is gone, and with it whatever waits."""
        self.online = False
        while self.waiting:
            self.fail("offline")


class FakePictures:
    """In place of ``Pictures``."""

    looked_at = False
    newest_frame: int | None = None
    aspect = 16 / 9

    def __init__(self) -> None:
        self.running = False
        self.offset = 0
        self.watcher: object = None
        self.frozen: int | None = None
        self.shown: list[int] = []

    def freeze(self, frame: int | None) -> None:
        self.frozen = frame

    def show(self, still: Picture) -> None:
        self.shown.append(still.timestamp)

    def start(self, *_: object) -> None:
        self.running = True

    def stop(self) -> None:
        self.running = False

    def put(self, packet: object) -> None: ...


async def settle() -> None:
    """Lets everything that can go on go on."""
    for _ in range(10):
        await asyncio.sleep(0)
