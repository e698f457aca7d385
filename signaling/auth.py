"""Passwords, sign-in tokens, and the pace of sign-in attempts. No I/O, no records: the store holds those."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from typing import NamedTuple

import jwt
from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from signaling.pace import TokenBucket

SIGN_IN_LIFETIME = 12 * 3600
"""Seconds a token from ``/api/sign-in`` is good for."""
TOKEN_LIFETIME = 30 * 86400
"""Seconds a token from ``coachdesk token`` is good for."""
MIN_PASSWORD = 8
MAX_PASSWORD = 1024

_ALGORITHM = "HS256"
_hasher = PasswordHasher()


class AuthError(Exception):
    """A token or password is not good; the text says why, without the secret."""


def new_signing_secret() -> str:
    return secrets.token_urlsafe(48)


def hash_password(password: str) -> str:
    """The argon2id hash to keep. Takes some 50 ms of CPU. Raises AuthError on a length out of bounds."""
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        raise AuthError(f"a password needs {MIN_PASSWORD} to {MAX_PASSWORD} characters")
    return _hasher.hash(password)


_NOBODY = _hasher.hash(secrets.token_urlsafe(16))


def verify_password(password: str, kept: str | None) -> bool:
    """Whether the password is right; takes as long when there is no such user (``kept`` is None)."""
    try:
        good = _hasher.verify(kept or _NOBODY, password)
    except (Argon2Error, InvalidHashError):
        return False
    return good and kept is not None


class Bearer(NamedTuple):
    """Whom a token names: a user's id, and how often their password had been changed when it was issued."""

    user: str
    generation: int = 0


def issue_token(secret: str, bearer: Bearer, now: float, lifetime: int = SIGN_IN_LIFETIME) -> str:
    """A signed token (JWT, RFC 7519, HS256) that says who, and nothing of what they may: role and team are looked up."""
    claims = {"sub": bearer.user, "gen": bearer.generation, "iat": int(now), "exp": int(now) + lifetime}
    return jwt.encode(claims, secret, _ALGORITHM)


def read_token(secret: str, token: str, now: float) -> Bearer:
    """Whom a token names. Raises AuthError when it is forged, damaged or expired."""
    try:
        claims = jwt.decode(
            token,
            secret,
            algorithms=[_ALGORITHM],
            options={"require": ["sub", "exp"], "verify_exp": False, "verify_iat": False},
        )
        expires, generation = float(claims["exp"]), int(claims.get("gen", 0))
    except (jwt.InvalidTokenError, TypeError, ValueError) as error:
        raise AuthError("the sign-in token is not valid; sign in again") from error
    if now >= expires:
        raise AuthError("the sign-in token has expired; sign in again")
    return Bearer(str(claims["sub"]), generation)


class Attempts:
    """Paces sign-in attempts per key (address, user name). Remembers the ``size`` keys last seen."""

    def __init__(self, *, per_minute: float = 10, burst: float = 5, size: int = 10_000) -> None:
        self.per_minute, self.burst = per_minute, burst
        self._size = size
        self._buckets: OrderedDict[str, TokenBucket] = OrderedDict()

    def allow(self, key: str, now: float) -> bool:
        bucket = self._buckets.setdefault(key, TokenBucket(self.per_minute / 60, self.burst, now))
        self._buckets.move_to_end(key)
        if len(self._buckets) > self._size:
            self._buckets.popitem(last=False)
        return bucket.take(now)
