"""A line between one member of the staff and everybody else, whose parts break on demand: signaling alone, or media alone.

The WebSocket goes through a proxy. That exchanges the addresses in offers and answers, as a NAT would, so that media pass a
relay of ours too.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from types import TracebackType

import aiohttp
import msgspec
from aiohttp import web

from signaling import protocol
from signaling.protocol import Answer, Offer

Address = tuple[str, int]

CANDIDATE = re.compile(
    r"^a=candidate:(?P<head>\S+ 1 udp \d+) (?P<host>[\d.]+) (?P<port>\d+) typ host.*$", re.MULTILINE
)


class Line:
    """Where ``server`` can be reached by the line, as an async context manager.

    Attributes:
        url: the server's address by this line.
    """

    def __init__(self, server: str) -> None:
        self._server = server
        self._open = True
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._sockets: set[asyncio.Transport] = set()
        self._relays: dict[str, MediaRelay] = {}
        app = web.Application()
        app.router.add_get("/ws", self._carry)
        self._runner = web.AppRunner(app, shutdown_timeout=1.0)
        self.url = ""

    async def __aenter__(self) -> Line:
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = "http://{}:{}".format(*self._runner.addresses[0])
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.cut_signaling()
        self.cut_media()
        await self._runner.cleanup()

    def cut_signaling(self) -> None:
        """The WebSocket breaks without a word, and none can be had until ``mend_signaling``. Media go on."""
        self._open = False
        for socket in self._sockets:
            socket.abort()

    def mend_signaling(self) -> None:
        self._open = True

    def hold_requests(self) -> None:
        """What is asked of the server waits, until ``pass_requests``."""
        self._flowing.clear()

    def pass_requests(self) -> None:
        self._flowing.set()

    def cut_media(self) -> None:
        """No packet passes any more on the peer connections there are. New ones, and signaling, work."""
        for relay in self._relays.values():
            relay.close()
        self._relays.clear()

    async def _carry(self, request: web.Request) -> web.StreamResponse:
        socket = request.transport
        assert isinstance(socket, asyncio.Transport)
        if not self._open:
            socket.abort()
            return web.Response()
        near = web.WebSocketResponse()
        await near.prepare(request)
        self._sockets.add(socket)
        try:
            async with aiohttp.ClientSession() as http, http.ws_connect(f"{self._server}/ws") as far:
                ways = [asyncio.create_task(self._up(near, far)), asyncio.create_task(self._down(far, near))]
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
                assert http.connector is not None
                await http.connector.close()  # without a word to the server either
                for way in ways:
                    way.cancel()
                await asyncio.gather(*ways, return_exceptions=True)
        finally:
            self._sockets.discard(socket)
        return near

    async def _up(self, near: web.WebSocketResponse, far: aiohttp.ClientWebSocketResponse) -> None:
        async for frame in near:
            await self._flowing.wait()
            message = protocol.parse_client(frame.data)
            if isinstance(message, protocol.Signal) and isinstance(message.body, Answer):
                relay = self._relays[message.body.session]
                relay.near_peer, sdp = _exchanged(message.body.sdp, relay.far_side)
                message = msgspec.structs.replace(
                    message, body=msgspec.structs.replace(message.body, sdp=sdp)
                )
            await far.send_str(protocol.dump(message))

    async def _down(self, far: aiohttp.ClientWebSocketResponse, near: web.WebSocketResponse) -> None:
        async for frame in far:
            message = protocol.parse_server(frame.data)
            if isinstance(message, protocol.Signalled) and isinstance(message.body, Offer):
                relay = self._relays[message.body.session] = await MediaRelay.open(_host(message.body.sdp))
                relay.far_peer, sdp = _exchanged(message.body.sdp, relay.near_side)
                message = msgspec.structs.replace(
                    message, body=msgspec.structs.replace(message.body, sdp=sdp)
                )
            await near.send_str(protocol.dump(message))


class MediaRelay:
    """Passes the packets of one peer connection on, between its ``near_peer`` and its ``far_peer``.

    Attributes:
        near_side, far_side: where each of the two finds the other.
    """

    def __init__(self, near: asyncio.DatagramTransport, far: asyncio.DatagramTransport) -> None:
        self._near, self._far = near, far
        self.near_side: Address = near.get_extra_info("sockname")
        self.far_side: Address = far.get_extra_info("sockname")
        self.near_peer: Address | None = None
        self.far_peer: Address | None = None

    @classmethod
    async def open(cls, host: str) -> MediaRelay:
        loop = asyncio.get_running_loop()
        sides = [await loop.create_datagram_endpoint(_Side, local_addr=(host, 0)) for _ in range(2)]
        (near, near_side), (far, far_side) = sides
        relay = cls(near, far)
        near_side.on_packet = lambda data: relay.pass_on(data, relay._far, relay.far_peer)
        far_side.on_packet = lambda data: relay.pass_on(data, relay._near, relay.near_peer)
        return relay

    def pass_on(self, data: bytes, way: asyncio.DatagramTransport, to: Address | None) -> None:
        if to is not None and not way.is_closing():
            way.sendto(data, to)

    def close(self) -> None:
        self._near.close()
        self._far.close()


class _Side(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self.on_packet: Callable[[bytes], None] = lambda data: None

    def datagram_received(self, data: bytes, source: Address) -> None:
        self.on_packet(data)


def _host(sdp: str) -> str:
    """An address of this machine that peers use."""
    found = CANDIDATE.search(sdp)
    assert found is not None, "this machine has no IPv4 address but the loopback"
    return found["host"]


def _exchanged(sdp: str, place: Address) -> tuple[Address, str]:
    """The first candidate's address, and ``sdp`` with ``place`` as its only candidate."""
    first = CANDIDATE.search(sdp)
    assert first is not None
    only = f"a=candidate:{first['head']} {place[0]} {place[1]} typ host\r"
    seen = first.group()
    lines = [
        only if line == seen else line
        for line in sdp.split("\n")
        if line == seen or not line.startswith("a=candidate:")
    ]
    return (first["host"], int(first["port"])), "\n".join(lines)
