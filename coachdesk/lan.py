"""What it takes to serve the local network: this machine's address on it, a certificate, a QR code to scan.

Browsers give camera and microphone to a page over TLS only. No public authority certifies a private address,
so the certificate is self-signed, and the phone asks its user once to go on nevertheless.
"""

from __future__ import annotations

import ipaddress
import os
import socket
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple, TextIO

import platformdirs
import segno
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

VALID_FOR = timedelta(days=397)
"""iOS and macOS refuse server certificates that are valid for more than 398 days."""

RENEW_BEFORE = timedelta(days=2)
_PROBES = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))


class NoNetworkError(Exception):
    """This machine has no address that a phone could reach; the message says what to do."""


class Certificate(NamedTuple):
    """A certificate and its key, both in the one PEM file at ``path``, which only its owner can read."""

    path: Path
    names: frozenset[str]
    expires: datetime


def lan_address() -> str:
    """The address by which others reach this machine, IPv4 if there is one. Raises NoNetworkError.

    It is the one the system would send from; connecting a UDP socket asks for it without sending anything.
    """
    for family, somewhere in _PROBES:
        with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((somewhere, 9))
            address = ipaddress.ip_address(probe.getsockname()[0])
            if not (address.is_loopback or address.is_unspecified or address.is_link_local):
                return str(address)
    raise NoNetworkError(
        "this machine has no address on a local network. Connect it to the same Wi-Fi as the phone; then try again."
    )


def certificate(address: str, folder: Path | None = None, *, now: datetime | None = None) -> Certificate:
    """The certificate for ``address`` and this machine's names: the one kept while it fits, else a new one.

    ``folder`` is the user's data folder unless given. Raises OSError when nothing can be written there.
    """
    now = now or datetime.now(UTC)
    folder = folder or platformdirs.user_data_path("coachdesk", appauthor=False)
    path = folder / "lan.pem"
    kept = _read(path)
    if kept is not None and kept.names >= _names(address) and kept.expires - now > RENEW_BEFORE:
        return kept
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    _write(path, _self_signed(address, now))
    made = _read(path)
    if made is None:
        raise OSError(f"the certificate just written to {path} cannot be read back")
    return made


def print_qr(url: str, out: TextIO) -> None:
    """Draws the QR code of ``url`` in half-height blocks, which fits a terminal of 80 columns."""
    segno.make_qr(url).terminal(out=out, compact=True, border=2)
    out.write(f"{url}\n")
    out.flush()


def _names(address: str) -> frozenset[str]:
    host = socket.gethostname().partition(".")[0].lower()
    names = {address, "127.0.0.1", "localhost"}
    if host.isascii() and host:
        names |= {host, f"{host}.local"}  # .local: multicast DNS, RFC 6762
    return frozenset(names)


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _self_signed(address: str, now: datetime) -> bytes:
    """PEM of a fresh P-256 key and a certificate for it (RFC 5280), signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"CoachDesk on {address}")])
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    alternative = x509.SubjectAlternativeName(map(_general_name, sorted(_names(address))))
    builder = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))  # a phone's clock may be behind
        .not_valid_after(now + VALID_FOR)
        .add_extension(alternative, critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(identifier, critical=False)
        .add_extension(x509.AuthorityKeyIdentifier(identifier.digest, None, None), critical=False)
    )
    signed = builder.sign(key, hashes.SHA256())
    key_pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return key_pem + signed.public_bytes(serialization.Encoding.PEM)


def _write(path: Path, pem: bytes) -> None:
    """Whole or not at all, and never readable by others, not even for a moment."""
    partial = path.with_name(f"{path.name}.{os.getpid()}")
    partial.unlink(missing_ok=True)
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(pem)
    partial.replace(path)


def _read(path: Path) -> Certificate | None:
    """What is kept at ``path``; None when that is nothing usable, or readable by others."""
    try:
        if os.name == "posix" and path.stat().st_mode & 0o077:
            return None
        pem = path.read_bytes()
        loaded = x509.load_pem_x509_certificate(pem)
        serialization.load_pem_private_key(pem, None)
        alternative = loaded.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (OSError, ValueError, x509.ExtensionNotFound):
        return None
    names = frozenset(str(name.value) for name in alternative)
    return Certificate(path, names, loaded.not_valid_after_utc)
