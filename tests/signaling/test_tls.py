"""The server over TLS, with a certificate made for the occasion."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
from pathlib import Path

import aiohttp
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from signaling.protocol import VERSION, Hello, Welcome, dump
from signaling.server import ServerError

from .wire import Staff, Wire, site


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[str, str]:
    """PEM files of a self-signed certificate for 127.0.0.1, and of its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    cert_file, key_file = tmp_path / "cert.pem", tmp_path / "key.pem"
    cert_file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return str(cert_file), str(key_file)


async def test_pages_and_socket_work_over_tls(
    staff: Staff, tmp_path: Path, certificate: tuple[str, str]
) -> None:
    cert, key = certificate
    trust = ssl.create_default_context(cafile=cert)
    async with (
        site(staff, tmp_path, cert=cert, key=key) as office,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=trust)) as session,
    ):
        assert office.url.startswith("https://127.0.0.1:")
        async with session.get(f"{office.url}/join") as response:
            assert response.status == 200
            assert f"wss://{office.url.split('//')[1]}" in response.headers["Content-Security-Policy"]
            assert " ws://" not in response.headers["Content-Security-Policy"]
        wire = Wire(await session.ws_connect(f"{office.url}/ws", origin=office.url))
        await wire.ws.send_str(dump(Hello(VERSION, token=staff.tokens["amy"])))
        assert (await wire.until(Welcome)).name == "amy"
        await wire.ws.close()


async def test_a_key_of_another_certificate_is_told(
    staff: Staff, tmp_path: Path, certificate: tuple[str, str]
) -> None:
    cert, _ = certificate
    other = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (tmp_path / "other.pem").write_bytes(other)
    with pytest.raises(ServerError, match="cannot be used"):
        async with site(staff, tmp_path, cert=cert, key=str(tmp_path / "other.pem")):
            pass
