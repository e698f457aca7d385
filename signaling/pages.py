"""What the server answers over plain HTTP: pages, sign-in, health, metrics; and the headers on all of it."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
from aiohttp import web
from aiohttp.abc import AbstractAccessLogger

from signaling.auth import MAX_PASSWORD, Attempts, Bearer, issue_token, verify_password
from signaling.outlet import NOT_RECORDED, RECORDS_TIMEOUT
from signaling.protocol import Code
from signaling.store import StoreError
from signaling.switchboard import Switchboard
from signaling.writer import BACKLOG

log = logging.getLogger("signaling")

WEB = Path(__file__).parent / "web"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_HOST = re.compile(r"[A-Za-z0-9.\-]+(:\d+)?|\[[0-9a-fA-F:.]+\](:\d+)?")
_LANDING = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>CoachDesk</title>
<meta name="viewport" content="width=device-width">
<h1>CoachDesk</h1>
<p>This server brings calls together. To join a call, open the whole link you were sent.</p>
</html>
"""


class SignIn(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    password: str


def origin_allowed(request: web.Request, public_url: str) -> bool:
    """Whether a WebSocket comes from our own page, or from no browser at all (no Origin header; RFC 6454)."""
    origin = request.headers.get("Origin")
    if origin is None:
        return True
    return urlsplit(origin).netloc in {request.host, urlsplit(public_url).netloc} - {""}


def client_address(request: web.Request, public_url: str) -> str:
    """The client's address; behind a reverse proxy on this machine (``public_url`` is set), as the proxy tells it."""
    address = request.remote or ""
    if public_url and address in ("127.0.0.1", "::1"):
        return request.headers.get("X-Forwarded-For", address).rsplit(",", 1)[-1].strip()
    return address


def _content_security_policy(request: web.Request) -> str:
    # Older Safari does not let 'self' cover WebSockets.
    socket = f"{'wss' if request.secure else 'ws'}://{request.host}" if _HOST.fullmatch(request.host) else ""
    secure = f"wss://{request.host}" if socket else ""
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
        f"media-src 'self' blob:; font-src 'self'; manifest-src 'self'; connect-src 'self' {socket} {secure}; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """On every answer: nothing is framed, sniffed, referred or kept."""
    response.headers.update(
        {
            "Content-Security-Policy": _content_security_policy(request),
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Permissions-Policy": "camera=(self), microphone=(self), geolocation=()",
            "Cache-Control": "no-cache" if request.path.startswith("/web/") else "no-store",
        }
    )
    response.headers.pop("Server", None)


class AccessLog(AbstractAccessLogger):
    """One line per request, with the route and not the address as typed: that may hold anything."""

    def log(self, request: web.BaseRequest, response: web.StreamResponse, time: float) -> None:
        info = getattr(request, "match_info", None)
        resource = info.route.resource if info is not None else None
        route = resource.canonical if resource is not None else "(no route)"
        self.logger.info("%s %s %d %.0f ms", request.method, route, response.status, time * 1000)


class Pages:
    """The HTTP handlers of one server."""

    def __init__(self, board: Switchboard, public_url: str) -> None:
        self._board = board
        self._public_url = public_url
        self._attempts = Attempts()
        self._hashing = asyncio.Semaphore(2)

    def routes(self) -> list[web.AbstractRouteDef]:
        return [
            web.get("/", self.landing),
            web.get("/join", self.join),
            web.post("/api/sign-in", self.sign_in),
            web.get("/health", self.health),
            web.get("/metrics", self.metrics),
            web.static("/web/", WEB),
        ]

    async def landing(self, _request: web.Request) -> web.Response:
        return web.Response(text=_LANDING, content_type="text/html")

    async def join(self, _request: web.Request) -> web.StreamResponse:
        return web.FileResponse(WEB / "index.html")

    async def health(self, _request: web.Request) -> web.Response:
        writer = self._board.store.writer
        stuck = writer.stalled or writer.backlog >= BACKLOG
        body = {
            "status": "records cannot be written" if stuck else "ok",
            "calls": len(self._board.hub.state.calls),
        }
        return web.json_response(body, status=503 if stuck else 200)

    async def metrics(self, _request: web.Request) -> web.Response:
        body = self._board.metrics.render(self._board.hub, self._board.store)
        return web.Response(body=body, headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"})

    async def sign_in(self, request: web.Request) -> web.Response:
        """``{"name", "password"}`` in, ``{"token"}`` out."""
        try:
            asked = msgspec.json.decode(await request.read(), type=SignIn)
        except msgspec.DecodeError:
            return refusal(400, Code.BAD_MESSAGE, 'send {"name": ..., "password": ...}')
        if not asked.name or len(asked.name) > 80 or len(asked.password) > MAX_PASSWORD:
            return refusal(400, Code.BAD_MESSAGE, "the name or the password is empty or too long")
        now, address = self._board.now(), client_address(request, self._public_url)
        if not all(
            [self._attempts.allow(f"at {address}", now), self._attempts.allow(f"as {asked.name}", now)]
        ):
            self._outcome("", "", Code.TOO_MANY_ATTEMPTS)
            return refusal(429, Code.TOO_MANY_ATTEMPTS, "too many attempts to sign in; wait a minute")
        try:
            return await self._check(asked, now)
        except StoreError as error:
            log.error("nobody can sign in: %s", error)
            return refusal(503, Code.INTERNAL, "the records cannot be used at present; try again in a moment")

    async def _check(self, asked: SignIn, now: float) -> web.Response:
        found = await self._board.store.user_named(asked.name)
        async with self._hashing:
            kept = found[1] if found else None
            good = await asyncio.to_thread(verify_password, asked.password, kept)
        if found is None or not good:
            # The name is recorded only when it is a user's: people type passwords into the wrong field.
            self._outcome(found[0].name if found else "", found[0].role if found else "", Code.NOT_SIGNED_IN)
            return refusal(401, Code.NOT_SIGNED_IN, "the name or the password is wrong")
        user = found[0]
        await self._on_record(self._outcome(user.name, user.role, ""))
        bearer = Bearer(user.id, user.generation)
        return web.json_response({"token": issue_token(self._board.store.signing_secret, bearer, now)})

    def _outcome(self, actor: str, role: str, code: str) -> int:
        """Counts and audits an attempt; the entry's place in the line of records."""
        self._board.metrics.sign_ins.labels(code or "ok").inc()
        return self._board.audit(actor or "unknown", role, "sign_in", code=code)

    async def _on_record(self, place: int) -> None:
        """Nobody is let in before the log says so. Raises StoreError when it cannot be written."""
        try:
            async with asyncio.timeout(RECORDS_TIMEOUT):
                await self._board.store.writer.committed(place)
        except TimeoutError as error:
            raise StoreError(NOT_RECORDED) from error


def refusal(status: int, code: Code, message: str) -> web.Response:
    return web.json_response({"code": code, "message": message}, status=status)
