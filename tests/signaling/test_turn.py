"""TURN credentials against a real coturn on the loopback interface."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aioice.stun import TransactionFailed
from aioice.turn import create_turn_endpoint

from signaling.protocol import Invitation, Welcome
from signaling.state import Limits
from signaling.turn import LIFETIME, IceSettings, credentials
from tests.ports import free_port

from .wire import Site, Staff, site

SECRET = "north-star"


class Collector(asyncio.DatagramProtocol):
    """Keeps the datagrams that come in."""

    def __init__(self) -> None:
        self.datagrams: asyncio.Queue[bytes] = asyncio.Queue()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.datagrams.put_nowait(data)


@pytest.fixture
async def coturn(tmp_path: Path) -> AsyncIterator[tuple[str, int]]:
    program = shutil.which("turnserver")
    if program is None:
        pytest.skip("coturn is not installed (./run installs it)")
    port = free_port()
    # A configuration file of its own, or coturn reads the machine's.
    (tmp_path / "turn.conf").write_text("")
    options = f"""
        -c {tmp_path}/turn.conf -n --no-cli --no-tls --no-dtls --use-auth-secret --static-auth-secret={SECRET}
        --realm=coachdesk --allow-loopback-peers --listening-ip=127.0.0.1 --relay-ip=127.0.0.1
        --listening-port={port} --log-file=stdout --pidfile={tmp_path}/pid --userdb={tmp_path}/db
    """
    quiet = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(program, *options.split(), stdout=quiet, stderr=quiet)
    try:
        await _listening(port)
        yield "127.0.0.1", port
    finally:
        process.kill()
        await process.wait()


async def _listening(port: int) -> None:
    """Waits until coturn accepts TCP connections, which it does on the same port."""
    async with asyncio.timeout(60):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                return


async def allocate(
    server: tuple[str, int], username: str, credential: str
) -> tuple[asyncio.DatagramTransport, Collector]:
    return await create_turn_endpoint(Collector, server, username, credential)


def test_the_password_is_the_hmac_of_expiry_and_party() -> None:
    # From an independent computation: printf 1600:p | openssl dgst -sha1 -hmac s -binary | base64
    printed = subprocess.run(
        ["sh", "-c", "printf 1600:p | openssl dgst -sha1 -hmac s -binary | base64"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert credentials("s", "p", 1000.0, 600) == ("1600:p", printed.stdout.strip())


async def test_coturn_relays_for_our_credentials(coturn: tuple[str, int]) -> None:
    transport, here = await allocate(coturn, *credentials(SECRET, "p", time.time()))
    loop = asyncio.get_running_loop()
    peer_transport, peer = await loop.create_datagram_endpoint(Collector, local_addr=("127.0.0.1", 0))
    relayed = transport.get_extra_info("sockname")
    address = peer_transport.get_extra_info("sockname")
    # A permission for the peer is made by sending; datagrams before it are lost.
    transport.sendto(b"out", address)
    assert await asyncio.wait_for(peer.datagrams.get(), 40) == b"out"
    peer_transport.sendto(b"back", relayed)
    assert await asyncio.wait_for(here.datagrams.get(), 40) == b"back"
    peer_transport.close()
    transport.close()


@pytest.mark.parametrize(
    ("secret", "age"), [("south-star", 0), (SECRET, LIFETIME + 60)], ids=["wrong secret", "expired"]
)
async def test_coturn_refuses_others(coturn: tuple[str, int], secret: str, age: float) -> None:
    with pytest.raises(TransactionFailed, match="401"):
        await allocate(coturn, *credentials(secret, "p", time.time() - age))


async def test_coturn_refuses_a_user_name_with_a_later_expiry(coturn: tuple[str, int]) -> None:
    username, credential = credentials(SECRET, "p", time.time() - LIFETIME - 60)
    later = f"{int(time.time()) + 3600}:{username.split(':')[1]}"
    with pytest.raises(TransactionFailed, match="401"):
        await allocate(coturn, later, credential)


async def test_what_the_server_hands_out_opens_a_relay(
    coturn: tuple[str, int], staff: Staff, tmp_path: Path
) -> None:
    url = f"turn:127.0.0.1:{coturn[1]}"
    async with site(staff, tmp_path, turn_urls=(url,), turn_secret=SECRET, stun_urls=("stun:s",)) as office:
        await _relays(office, coturn, url)


async def _relays(office: Site, coturn: tuple[str, int], url: str) -> None:
    agent = await office.hello(token=office.tokens["amy"])
    welcome = await agent.until(Welcome)
    guest = await office.follow(await office.invite(agent))
    invitation = await guest.until(Invitation)
    for ice, party in ((welcome.ice, agent.party), (invitation.ice, guest.party)):
        stun, turn = ice
        assert (stun.urls, stun.username) == (["stun:s"], "")
        assert (turn.urls, turn.username.split(":")[1]) == ([url], party)
        transport, _ = await allocate(coturn, turn.username, turn.credential)
        transport.close()


def test_credentials_are_renewed_before_they_expire() -> None:
    assert Limits().ice_refresh * 2 <= LIFETIME


def test_without_servers_nothing_is_handed_out() -> None:
    assert IceSettings().servers("p", 0.0) == []
