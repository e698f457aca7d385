"""The server: options in, a listening aiohttp application until cancelled."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from aiohttp import web

from signaling.administration import add_user, token_for
from signaling.connection import Addresses, Connection
from signaling.hub import Hub
from signaling.metrics import Metrics
from signaling.pages import AccessLog, Pages, add_headers, client_address, origin_allowed
from signaling.photo_pages import PhotoPages
from signaling.state import Limits, State
from signaling.store import StoreError, UnknownUser, open_store
from signaling.switchboard import Switchboard
from signaling.turn import IceSettings

log = logging.getLogger("signaling")

_MAX_BODY = 16 * 1024
_SHUTDOWN = 3.0


class ServerError(Exception):
    """The server cannot start; the text says what to do."""


@dataclass(frozen=True)
class ServerOptions:
    """How to serve.

    Attributes:
        port: 0 picks a free one.
        db: URL of the records; None for SQLite in the user's data folder.
        cert, key: PEM files, for TLS.
        turn_secret: coturn's ``static-auth-secret``.
        public_url: where clients reach the server, if through a reverse proxy; join links say it.
        limits: bounds and grace periods.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    db: str | None = None
    cert: str | None = None
    key: str | None = None
    turn_urls: tuple[str, ...] = ()
    turn_secret: str = ""
    stun_urls: tuple[str, ...] = ()
    public_url: str = ""
    limits: Limits = field(default_factory=Limits)


async def serve(options: ServerOptions, on_ready: Callable[[str], None]) -> None:
    """Serves until cancelled, then says goodbye to the clients and writes what is left to the records.

    ``on_ready`` gets the address, such as ``http://127.0.0.1:8080``. Raises ServerError or StoreError.
    """
    tls = _tls(options)
    ice = _ice(options)
    origin = _origin(options.public_url)
    store = await open_store(options.db)
    try:
        board = Switchboard(Hub(State(options.limits, ice=ice.servers, public_url=origin)), store, Metrics())
        await board.start()
        runner = web.AppRunner(
            make_app(board, options.public_url), access_log_class=AccessLog, shutdown_timeout=_SHUTDOWN
        )
        await runner.setup()
        try:
            on_ready(await _listen(runner, options, tls))
            await asyncio.get_running_loop().create_future()
        finally:
            await board.stop()
            await runner.cleanup()
    finally:
        await store.close()


def make_app(board: Switchboard, public_url: str) -> web.Application:
    """The application around a started switchboard."""
    addresses = Addresses()

    async def socket(request: web.Request) -> web.StreamResponse:
        if not origin_allowed(request, public_url):
            raise web.HTTPForbidden(text="this page may not open a connection here")
        return await Connection(board, addresses, client_address(request, public_url)).run(request)

    app = web.Application(client_max_size=_MAX_BODY)
    app.on_response_prepare.append(add_headers)
    pages, photos = Pages(board, public_url), PhotoPages(board, public_url)
    app.add_routes([*pages.routes(), *photos.routes(), web.get("/ws", socket)])
    return app


async def _listen(runner: web.AppRunner, options: ServerOptions, tls: ssl.SSLContext | None) -> str:
    try:
        await web.TCPSite(runner, options.host, options.port, ssl_context=tls).start()
    except OSError as error:
        raise ServerError(
            f"cannot listen on {options.host} port {options.port}: {error.strerror}; try another --host or --port"
        ) from error
    port = runner.addresses[0][1]
    host = f"[{options.host}]" if ":" in options.host else options.host
    return f"{'https' if tls else 'http'}://{host}:{port}"


def _tls(options: ServerOptions) -> ssl.SSLContext | None:
    if not options.cert and not options.key:
        return None
    if not options.cert or not options.key:
        raise ServerError("TLS needs both a certificate and its key: give --cert and --key")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(options.cert, options.key)
    except (OSError, ssl.SSLError) as error:
        raise ServerError(f"the certificate {options.cert} or its key cannot be used: {error}") from error
    return context


def _origin(public_url: str) -> str:
    """Scheme, host and port of an address; empty if it is."""
    parts = urlsplit(public_url)
    if not public_url:
        return ""
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ServerError(
            f"--public-url must be an address such as https://calls.example.com, not {public_url!r}"
        )
    return f"{parts.scheme}://{parts.netloc}"


def _ice(options: ServerOptions) -> IceSettings:
    if options.turn_urls and not options.turn_secret:
        raise ServerError("TURN needs a secret: give coturn's static-auth-secret")
    return IceSettings(tuple(options.stun_urls), tuple(options.turn_urls), options.turn_secret)


__all__ = ["ServerError", "ServerOptions", "StoreError", "UnknownUser", "add_user", "serve", "token_for"]
