"""Serving the local network: address, certificate, QR code."""

from __future__ import annotations

import io
import os
import socket
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from yarl import URL

from coachdesk import lan

ADDRESS = "127.0.0.9"


async def test_certificate_serves_its_address_to_a_client_that_trusts_it(tmp_path: Path) -> None:
    assert await answer_over_tls(tmp_path, ADDRESS) == "here"


async def test_certificate_is_refused_for_another_address(tmp_path: Path) -> None:
    with pytest.raises(aiohttp.ClientConnectorCertificateError, match=r"127\.0\.0\.8"):
        await answer_over_tls(tmp_path, "127.0.0.8")


async def test_certificate_is_refused_by_a_client_that_does_not_trust_it(tmp_path: Path) -> None:
    with pytest.raises(aiohttp.ClientConnectorCertificateError, match="self-signed"):
        await answer_over_tls(tmp_path, ADDRESS, trusted=False)


async def here(request: web.Request) -> web.Response:
    return web.Response(text="here")


async def answer_over_tls(folder: Path, host: str, *, trusted: bool = True) -> str:
    path = lan.certificate(ADDRESS, folder).path
    serving = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    serving.load_cert_chain(path)
    asking = ssl.create_default_context(cafile=path if trusted else None)
    asking.verify_flags |= ssl.VERIFY_X509_STRICT  # the default from Python 3.13 on
    app = web.Application()
    app.router.add_get("/", here)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, host, 0, ssl_context=serving)
    await site.start()
    url = URL.build(scheme="https", host=host, port=runner.addresses[0][1])
    try:
        async with aiohttp.ClientSession() as session, session.get(url, ssl=asking) as answer:
            return await answer.text()
    finally:
        await runner.cleanup()


def test_certificate_is_for_the_machine_s_names_too(tmp_path: Path) -> None:
    host = socket.gethostname().partition(".")[0].lower()
    names = {ADDRESS, "127.0.0.1", "localhost", host, f"{host}.local"}
    assert lan.certificate(ADDRESS, tmp_path).names == names


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX")
def test_key_is_for_its_owner_only(tmp_path: Path) -> None:
    made = lan.certificate(ADDRESS, tmp_path / "new")
    assert made.path.stat().st_mode & 0o777 == 0o600
    assert list(made.path.parent.iterdir()) == [made.path]


def test_certificate_is_kept_while_it_fits(tmp_path: Path) -> None:
    first = lan.certificate(ADDRESS, tmp_path).path.read_bytes()
    assert lan.certificate(ADDRESS, tmp_path).path.read_bytes() == first


def test_another_address_makes_another_certificate(tmp_path: Path) -> None:
    first = lan.certificate(ADDRESS, tmp_path).path.read_bytes()
    second = lan.certificate("192.0.2.7", tmp_path)
    assert second.path.read_bytes() != first
    assert "192.0.2.7" in second.names


@pytest.mark.parametrize("left", [timedelta(days=1), -timedelta(days=1)])
def test_certificate_near_its_end_is_made_again(tmp_path: Path, left: timedelta) -> None:
    old = lan.certificate(ADDRESS, tmp_path, now=datetime.now(UTC) - lan.VALID_FOR + left)
    assert lan.certificate(ADDRESS, tmp_path).expires > old.expires


@pytest.mark.parametrize("content", [b"", b"not a certificate", None])
def test_damaged_or_exposed_file_is_replaced(tmp_path: Path, content: bytes | None) -> None:
    path = lan.certificate(ADDRESS, tmp_path).path
    first = path.read_bytes()
    path.write_bytes(first if content is None else content)
    path.chmod(0o644 if content is None else 0o600)
    again = lan.certificate(ADDRESS, tmp_path).path.read_bytes()
    assert again not in (first, content)


def test_lan_address_is_one_this_machine_can_bind() -> None:
    try:
        address = lan.lan_address()
    except lan.NoNetworkError:
        pytest.skip("no network here")
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as bound:
        bound.bind((address, 0))


def test_no_network_is_said_plainly(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_: object) -> None:
        raise OSError("Network is unreachable")

    monkeypatch.setattr(lan.socket, "socket", unreachable)
    with pytest.raises(lan.NoNetworkError, match="Connect it to the same Wi-Fi"):
        lan.lan_address()


def test_qr_code_fits_a_terminal_and_ends_with_the_url() -> None:
    out = io.StringIO()
    url = "https://192.168.100.100:45678/join#" + "k" * 43
    lan.print_qr(url, out)
    *drawing, last = out.getvalue().splitlines()
    assert last == url
    assert 15 < len(drawing) < 40
