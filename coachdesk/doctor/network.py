"""Checks of sockets, the server and its TURN servers."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import Coroutine
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp

from coachdesk.doctor.finding import Finding, fail, ok, warn
from coachdesk.lan import NoNetworkError, lan_address
from signaling import protocol
from signaling.protocol import IceServer

PATIENCE = 5.0
"""Seconds for each answer from the network."""
CLOCK_TOLERANCE = 60.0
"""Seconds; sign-in tokens and TURN credentials expire by the server's clock."""
NO_TURN = "Calls between networks that block direct paths need one: see docs/deployment.md."
REFUSED_TURN = "The server's --turn-secret must be coturn's static-auth-secret, and both clocks must agree."


def check_udp() -> Finding:
    """Media is UDP on ports the system picks: bind two, and send a datagram from one to the other."""
    try:
        with _udp() as here, _udp() as there:
            here.sendto(b"coachdesk", ("127.0.0.1", there.getsockname()[1]))
            there.settimeout(PATIENCE)
            there.recv(64)
    except OSError as error:
        return fail(f"does not work: {error}", "Let CoachDesk send and receive UDP in the firewall.")
    return ok("ports can be bound, datagrams arrive")


def _udp() -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind(("127.0.0.1", 0))
    return made


def check_lan() -> Finding:
    try:
        return ok(f"this machine is {lan_address()}")
    except NoNetworkError:
        return warn("no address", "Calls within this machine work. For others, connect to a network.")


def check_server(server: str) -> Finding:
    """``GET /health``."""
    return _run(_health(server), server)


async def _health(server: str) -> Finding:
    async with _session() as http, http.get(f"{server.rstrip('/')}/health") as answer:
        if answer.status != 200:
            advice = "Is this the address of a CoachDesk server, or of something in front of it?"
            return fail(f"{server} answers {answer.status} {answer.reason}", advice)
    return ok(f"{server} is healthy")


def check_clock(server: str) -> Finding:
    """How far this clock is from the server's, by the Date header of its answer."""
    return _run(_clock(server), server)


async def _clock(server: str) -> Finding:
    async with _session() as http, http.get(f"{server.rstrip('/')}/health") as answer:
        try:
            date = parsedate_to_datetime(answer.headers.get("Date", ""))
        except ValueError:
            return warn("the server tells no time", "Compare both clocks by hand.")
    apart = abs(date.timestamp() - time.time())
    if apart > CLOCK_TOLERANCE:
        return fail(f"{apart:.0f} s from the server's", "Set both clocks, by NTP: sign-in depends on them.")
    return ok("agrees with the server's")


def check_signaling(server: str, token: str) -> Finding:
    """Opens the WebSocket and says hello, with ``token`` if there is one."""
    return _run(_signaling(server, token), server)


async def _signaling(server: str, token: str) -> Finding:
    answer = await _greet(server, token)
    if isinstance(answer, protocol.Welcome):
        return ok(f"signed in as {answer.name} ({answer.role}, {answer.team})")
    if isinstance(answer, protocol.Goodbye | protocol.Refused) and token:
        return fail(f"the server refuses: {answer.message}", "Make a new token: coachdesk token NAME")
    return ok("the WebSocket answers")


async def _greet(server: str, token: str) -> protocol.ServerMessage:
    async with _session() as http, http.ws_connect(f"{server.rstrip('/')}/ws") as socket:
        await socket.send_str(protocol.dump(protocol.Hello(version=protocol.VERSION, token=token)))
        return protocol.parse_server(await socket.receive_str(timeout=PATIENCE))


def check_turn(server: str, token: str) -> Finding:
    """Asks each TURN server that ``server`` names for a relay."""
    if not token:
        return warn("not checked", "Put a sign-in token in COACHDESK_TOKEN to have the server name its own.")
    return _run(_turn(server, token), server)


async def _turn(server: str, token: str) -> Finding:
    answer = await _greet(server, token)
    if not isinstance(answer, protocol.Welcome):
        return fail("the server does not sign us in", "See Signaling.")
    offered = [(url, ice) for ice in answer.ice for url in ice.urls if url.startswith("turn")]
    if not offered:
        return warn("the server names none", NO_TURN)
    findings = [await relay_of(url, ice) for url, ice in offered]
    return next((each for each in findings if each.advice), ok(", ".join(each.what for each in findings)))


async def relay_of(url: str, ice: IceServer) -> Finding:
    """Allocates a relay (RFC 8656) and gives it back."""
    from aioice.stun import TransactionError
    from aioice.turn import create_turn_endpoint
    from aiortc.rtcicetransport import parse_stun_turn_uri

    try:
        parsed = parse_stun_turn_uri(url)
        address = (parsed["host"], parsed["port"])
        async with asyncio.timeout(PATIENCE):
            transport, relay = await create_turn_endpoint(
                _Relay,
                server_addr=address,
                username=ice.username,
                password=ice.credential,
                ssl=parsed["scheme"] == "turns",
                transport=parsed["transport"],
            )
    except TimeoutError:
        return fail(
            f"{url} does not answer",
            "Is coturn running? Open its port, and its relay ports, in the firewall.",
        )
    except (OSError, ValueError) as error:
        return fail(f"{url}: {error}", "Correct the address, or open the port in the firewall.")
    except TransactionError as error:
        return fail(f"{url} refuses: {error}", REFUSED_TURN)
    transport.close()
    await relay.gone()
    return ok(f"{url} relays at {transport.get_extra_info('sockname')[0]}")


class _Relay(asyncio.DatagramProtocol):
    """The near end of an allocated relay; nothing goes through it."""

    def __init__(self) -> None:
        self._gone = asyncio.Event()

    def connection_lost(self, exc: Exception | None) -> None:
        self._gone.set()

    async def gone(self) -> None:
        """Waits until the server has been told, but not for long: the relay expires by itself."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                await self._gone.wait()


def _session() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=PATIENCE))


def _run(check: Coroutine[Any, Any, Finding], server: str) -> Finding:
    try:
        return asyncio.run(check)
    except aiohttp.InvalidURL:
        return fail(f"{server!r} is no address", "Give one like https://calls.example.com")
    except aiohttp.ClientConnectorCertificateError as error:
        return fail(
            str(error.certificate_error), "Give the server a certificate for the name in its address."
        )
    except TimeoutError:
        return fail(
            f"{server} does not answer within {PATIENCE:g} s", "Is it up, and let through by the firewall?"
        )
    except (aiohttp.ClientError, OSError, TypeError, protocol.ProtocolError) as error:
        return fail(f"{server}: {error}", "Is the address right, and a CoachDesk server there?")
