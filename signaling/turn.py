"""Short-lived TURN credentials: coturn's REST scheme (draft-uberti-behave-turn-rest-00). Pure."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass

from signaling.protocol import IceServer

LIFETIME = 12 * 3600
"""Seconds a credential is good for. The hub sends new ones at half of it."""


def credentials(secret: str, party: str, now: float, lifetime: int = LIFETIME) -> tuple[str, str]:
    """User name ``{expiry}:{party}`` and password ``base64(HMAC-SHA1(secret, user name))``."""
    username = f"{int(now) + lifetime}:{party}"
    digest = hmac.new(secret.encode(), username.encode(), hashlib.sha1).digest()
    return username, base64.b64encode(digest).decode()


@dataclass(frozen=True, slots=True)
class IceSettings:
    """The STUN and TURN servers clients are told of; ``turn_secret`` is coturn's ``static-auth-secret``."""

    stun_urls: tuple[str, ...] = ()
    turn_urls: tuple[str, ...] = ()
    turn_secret: str = ""

    def servers(self, party: str, now: float) -> list[IceServer]:
        """The list for one party, with credentials made for it."""
        servers = [IceServer(list(self.stun_urls))] if self.stun_urls else []
        if self.turn_urls:
            username, credential = credentials(self.turn_secret, party, now)
            servers.append(IceServer(list(self.turn_urls), username, credential))
        return servers
