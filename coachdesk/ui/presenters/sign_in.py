"""Signing in: name and password to a token, which the system's keyring may remember."""

from __future__ import annotations

import ssl
from urllib.parse import urlsplit

import aiohttp
import keyring
import keyring.backends.fail
import keyring.backends.null
import keyring.errors
import msgspec

from coachdesk.ui.link import Fault

SERVICE = "CoachDesk"
NO_KEYRINGS = (keyring.backends.fail.Keyring, keyring.backends.null.Keyring)
TIMEOUT = aiohttp.ClientTimeout(total=15)
MAX_ANSWER_BYTES = 16 * 1024


def server_address(text: str) -> str:
    """What the user typed as an http(s) URL without trailing slash. Raises Fault if it cannot be one."""
    text = text.strip()
    if text and "://" not in text:
        text = ("http://" if text.split(":")[0] in ("localhost", "127.0.0.1") else "https://") + text
    try:
        parts = urlsplit(text)
        valid = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        valid = False
    if not valid:
        raise Fault("bad_server", "That is not a server address. It looks like https://calls.example.com.")
    return text.rstrip("/")


async def sign_in(server: str, name: str, password: str) -> str:
    """The token for ``name`` at ``server``. Raises Fault with a message for the person who tries."""
    if not name.strip() or not password:
        raise Fault("incomplete", "Enter your name and your password.")
    try:
        async with (
            aiohttp.ClientSession(timeout=TIMEOUT) as http,
            http.post(f"{server}/api/sign-in", json={"name": name.strip(), "password": password}) as answer,
        ):
            return _token(answer.status, await answer.content.read(MAX_ANSWER_BYTES))
    except (aiohttp.ClientConnectorCertificateError, aiohttp.ClientSSLError, ssl.SSLError) as error:
        raise Fault("certificate", "The server's certificate is not trusted on this computer. "
                    "Check the address, or ask your administrator to install the certificate.") from error  # fmt: skip
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        raise Fault(
            "unreachable", f"{server} does not answer. Check the address and your network."
        ) from error


def _token(status: int, body: bytes) -> str:
    if status == 401:
        raise Fault("wrong_password", "The name or the password is wrong.")
    if status == 429:
        raise Fault("too_many_tries", "Too many tries. Wait a minute, then try again.")
    if status != 200:
        raise Fault("not_a_server", f"No CoachDesk server answers there (HTTP {status}). Check the address.")
    try:
        return msgspec.json.decode(body, type=dict[str, str])["token"]
    except (msgspec.DecodeError, KeyError, UnicodeDecodeError) as error:
        raise Fault("not_a_server", "No CoachDesk server answers there. Check the address.") from error


class Keyring:
    """The token in the system's keyring: never in a file of ours. Absent where the system has no keyring."""

    @property
    def available(self) -> bool:
        return not isinstance(keyring.get_keyring(), NO_KEYRINGS)

    def load(self, server: str, name: str) -> str | None:
        try:
            return keyring.get_password(SERVICE, f"{name}@{server}") if self.available else None
        except keyring.errors.KeyringError:
            return None

    def save(self, server: str, name: str, token: str) -> bool:
        """Whether the keyring took it."""
        try:
            keyring.set_password(SERVICE, f"{name}@{server}", token)
        except keyring.errors.KeyringError:
            return False
        return True

    def forget(self, server: str, name: str) -> None:
        try:
            keyring.delete_password(SERVICE, f"{name}@{server}")
        except keyring.errors.KeyringError:
            return
