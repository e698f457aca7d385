"""The doctor on servers, sound and sick, and on a real coturn."""

from __future__ import annotations

import asyncio
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from coachdesk import lan
from coachdesk.doctor import Finding, Verdict, network
from signaling import protocol
from signaling.policy import Role
from signaling.protocol import Code, IceServer, ServerMessage
from signaling.turn import credentials
from tests.ports import free_port
from tests.test_doctor import expect

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def serving(tls: ssl.SSLContext | None = None, **handlers: Handler) -> AsyncIterator[str]:
    """A server with a handler per path, and its address."""
    app = web.Application()
    app.add_routes([web.get(f"/{path}", handler) for path, handler in handlers.items()])
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
    try:
        yield f"http{'s' if tls else ''}://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def found(check: Callable[..., Finding], *arguments: object) -> Finding:
    return await asyncio.to_thread(check, *arguments)


def health(status: int = 200, **headers: str) -> Handler:
    async def handle(request: web.Request) -> web.Response:
        return web.Response(status=status, headers=headers)

    return handle


def greets_with(message: ServerMessage) -> Handler:
    """A WebSocket that answers a well-formed hello with ``message``."""

    async def handle(request: web.Request) -> web.WebSocketResponse:
        ws = web.WebSocketResponse()
        await ws.prepare(request)
        assert isinstance(protocol.parse_client(await ws.receive_str()), protocol.Hello)
        await ws.send_str(protocol.dump(message))
        await ws.close()
        return ws

    return handle


def welcome(*ice: IceServer) -> protocol.Welcome:
    return protocol.Welcome(protocol.VERSION, "p1", Role.AGENT, "Ann", "north", "r", list(ice))


NOT_SIGNED_IN = protocol.Goodbye(Code.NOT_SIGNED_IN, "This token has expired.")


async def test_healthy_server() -> None:
    async with serving(health=health()) as url:
        expect(await found(network.check_server, url), Verdict.OK, url)
        expect(await found(network.check_server, f"{url}/"), Verdict.OK)


async def test_something_else_at_the_address() -> None:
    async with serving(health=health(502)) as url:
        expect(await found(network.check_server, url), Verdict.FAIL, "502")


async def test_nothing_at_the_address(closed_port: int) -> None:
    expect(
        await found(network.check_server, f"http://127.0.0.1:{closed_port}"), Verdict.FAIL, "CoachDesk server"
    )


@pytest.mark.parametrize("address", ["calls.example.com", "http://", "not an address"])
async def test_no_address_at_all(address: str) -> None:
    expect(await found(network.check_server, address), Verdict.FAIL, "https://calls.example.com")


async def test_server_that_never_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "PATIENCE", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        expect(await found(network.check_server, url), Verdict.FAIL, "within 0.2 s")


async def test_certificate_that_is_not_trusted(tmp_path: Path) -> None:
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(lan.certificate("127.0.0.1", tmp_path).path)
    async with serving(tls, health=health()) as url:
        expect(await found(network.check_server, url), Verdict.FAIL, "self-signed", "certificate")


@pytest.mark.parametrize(
    ("date", "verdict"),
    [(None, Verdict.OK), ("Thu, 01 Jan 2015 00:00:00 GMT", Verdict.FAIL), ("yesterday", Verdict.WARN)],
)
async def test_clock(date: str | None, verdict: Verdict) -> None:
    async with serving(health=health(**({"Date": date} if date else {}))) as url:
        expect(await found(network.check_clock, url), verdict)


@pytest.mark.parametrize(
    ("answer", "token", "verdict", "words"),
    [
        (welcome(), "good", Verdict.OK, "signed in as Ann (agent, north)"),
        (NOT_SIGNED_IN, "old", Verdict.FAIL, "This token has expired."),
        (NOT_SIGNED_IN, "", Verdict.OK, "the WebSocket answers"),
    ],
)
async def test_signaling(answer: ServerMessage, token: str, verdict: Verdict, words: str) -> None:
    async with serving(ws=greets_with(answer)) as url:
        expect(await found(network.check_signaling, url, token), verdict, words)


async def test_proxy_that_lets_no_websocket_through() -> None:
    async with serving(ws=health()) as url:
        expect(await found(network.check_signaling, url, ""), Verdict.FAIL)


async def test_turn_needs_a_token() -> None:
    expect(network.check_turn("http://127.0.0.1:1", ""), Verdict.WARN, "COACHDESK_TOKEN")


async def test_server_without_turn() -> None:
    async with serving(ws=greets_with(welcome(IceServer(["stun:127.0.0.1:3478"])))) as url:
        expect(await found(network.check_turn, url, "good"), Verdict.WARN, "names none", "docs/deployment.md")


# --- coturn --------------------------------------------------------------------------------------------------

SECRET = "a secret of the tests"


@pytest.fixture
def closed_port() -> int:
    return free_port()


@pytest.fixture
def coturn(tmp_path: Path, closed_port: int) -> Iterator[str]:
    program = shutil.which("turnserver")
    if program is None:
        pytest.skip("coturn is not installed")
    options = f"""
        -n --listening-ip=127.0.0.1 --relay-ip=127.0.0.1 --listening-port={closed_port} --realm=test
        --use-auth-secret --static-auth-secret={SECRET.replace(" ", "-")} --no-tls --no-dtls --no-cli
        --log-file=stdout --simple-log --pidfile={tmp_path / "pid"} --userdb={tmp_path / "db"}
    """
    with subprocess.Popen([program, *options.split()], stdout=subprocess.DEVNULL, cwd=tmp_path) as process:
        try:
            wait_until_it_listens(process, closed_port)
            yield f"turn:127.0.0.1:{closed_port}"
        finally:
            process.kill()


def wait_until_it_listens(process: subprocess.Popen[bytes], port: int) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        with socket.socket() as trying:
            if trying.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    pytest.fail("coturn did not start")


def ice(url: str, secret: str = SECRET) -> IceServer:
    return IceServer([url], *credentials(secret.replace(" ", "-"), "p1", time.time()))


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_turn_server_that_relays(coturn: str, transport: str) -> None:
    async with serving(ws=greets_with(welcome(ice(f"{coturn}?transport={transport}")))) as url:
        expect(await found(network.check_turn, url, "good"), Verdict.OK, "relays at 127.0.0.1")


async def test_turn_server_with_another_secret(coturn: str) -> None:
    finding = await network.relay_of(coturn, ice(coturn, "another"))
    expect(finding, Verdict.FAIL, "refuses", "static-auth-secret")


async def test_turn_server_that_is_not_there(closed_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "PATIENCE", 0.5)
    url = f"turn:127.0.0.1:{closed_port}"
    expect(await network.relay_of(url, ice(url)), Verdict.FAIL, "does not answer", "firewall")


async def test_turn_address_that_is_none() -> None:
    expect(await network.relay_of("turn:", ice("turn:")), Verdict.FAIL, "Correct the address")
