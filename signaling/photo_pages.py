"""Photos over HTTP: the customer's page sends one in pieces and goes on where it was cut off; who may see it fetches it.

Tickets stand in the header ``Authorization: Bearer``, never in an address. PROTOCOL.md tells the rest.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable

from aiohttp import hdrs, web

from signaling import photos
from signaling.auth import Attempts
from signaling.outlet import NOT_RECORDED
from signaling.pages import client_address, origin_allowed, refusal
from signaling.protocol import Code
from signaling.step import Refusal
from signaling.switchboard import Switchboard

PIECE_TIMEOUT = 60.0
"""Seconds in which one piece has to arrive."""
PIECES_AT_ONCE = 256
"""Of all customers; each takes as much memory as a piece may have bytes."""
OFFSET, LENGTH = "Upload-Offset", "Upload-Length"

_NUMBER = re.compile(r"[0-9]{1,12}")
_STATUS = {
    Code.BAD_MESSAGE: 400,
    Code.NO_SUCH_PHOTO: 404,
    Code.WRONG_OFFSET: 409,
    Code.TOO_LARGE: 413,
}
_CACHED_NOWHERE = {"Content-Disposition": "attachment", "Cache-Control": "no-store"}


class PhotoPages:
    """The handlers of one server."""

    def __init__(self, board: Switchboard, public_url: str) -> None:
        self._board, self._public_url = board, public_url
        self._failures = Attempts(per_minute=60, burst=30)
        self._arriving = 0

    def routes(self) -> list[web.AbstractRouteDef]:
        place = "/api/photos/{photo}"
        return [
            web.head(place, self.offset),
            web.patch(place, self.piece),
            web.get(place, self.fetch, allow_head=False),
        ]

    async def offset(self, request: web.Request) -> web.StreamResponse:
        """How much of a photo is here: ``Upload-Offset``."""

        def answer(photo: str, ticket: str) -> web.Response:
            return _received(photos.received(self._board.hub.state, photo, ticket, self._board.now()))

        return self._answer(request, answer)

    async def piece(self, request: web.Request) -> web.StreamResponse:
        """The bytes from ``Upload-Offset`` on, of ``Upload-Length`` in all."""
        if not origin_allowed(request, self._public_url):
            return refusal(403, Code.NOT_ALLOWED, "photos come from this server's own page alone")
        if self._board.store.writer.stalled:
            return refusal(503, Code.INTERNAL, NOT_RECORDED)
        try:
            # Whoever has no ticket is turned away before anything is read.
            self._let_in(request)
            offset, size, piece = await self._read(request)
        except Refusal as refused:
            return self._refused(request, refused)

        def answer(photo: str, ticket: str) -> web.Response:
            state, now = self._board.hub.state, self._board.now()
            step = photos.receive(state, photo, ticket, offset, size, piece, now)
            self._board.apply(step)
            if photo not in state.photos:
                return refusal(415, Code.NOT_A_PHOTO, "this is no photo that is wanted (any more)")
            return _received(offset + len(piece))

        return self._answer(request, answer)

    async def fetch(self, request: web.Request) -> web.StreamResponse:
        """The photo, once."""

        def answer(name: str, ticket: str) -> web.Response:
            photo = photos.fetch(self._board.hub.state, name, ticket, self._board.now())
            return web.Response(body=bytes(photo.data), content_type=photo.kind, headers=_CACHED_NOWHERE)

        return self._answer(request, answer)

    def _let_in(self, request: web.Request) -> None:
        photos.received(self._board.hub.state, *_asked_for(request), self._board.now())

    async def _read(self, request: web.Request) -> tuple[int, int, bytes]:
        """Offset, whole size and bytes of a piece. Raises Refusal."""
        offset, size = _number(request, OFFSET), _number(request, LENGTH)
        length = request.content_length
        if length is None or not 0 < length <= photos.MAX_PIECE_BYTES:
            raise Refusal(
                Code.TOO_LARGE, f"a piece may have {photos.MAX_PIECE_BYTES} bytes, and says how many"
            )
        if self._arriving >= PIECES_AT_ONCE:
            raise Refusal(Code.BUSY, "too many photos arrive at once; try again in a moment")
        self._arriving += 1
        try:
            async with asyncio.timeout(PIECE_TIMEOUT):
                return offset, size, await request.content.readexactly(length)
        except (asyncio.IncompleteReadError, TimeoutError) as error:
            raise Refusal(Code.BAD_MESSAGE, "the piece did not arrive whole; send it again") from error
        finally:
            self._arriving -= 1

    def _answer(self, request: web.Request, answer: Callable[[str, str], web.Response]) -> web.Response:
        try:
            return answer(*_asked_for(request))
        except Refusal as refused:
            return self._refused(request, refused)

    def _refused(self, request: web.Request, refused: Refusal) -> web.Response:
        """Whoever tries tickets is slowed down."""
        address = client_address(request, self._public_url)
        guess = refused.code is Code.NO_SUCH_PHOTO
        if guess and not self._failures.allow(address, self._board.now()):
            return refusal(429, Code.TOO_MANY_ATTEMPTS, "too many attempts; wait a minute")
        return refusal(_STATUS.get(refused.code, 503), refused.code, str(refused))


def _asked_for(request: web.Request) -> tuple[str, str]:
    """The photo's id and the ticket."""
    scheme, _, ticket = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    return request.match_info["photo"], ticket if scheme == "Bearer" else ""


def _number(request: web.Request, header: str) -> int:
    text = request.headers.get(header, "")
    if not _NUMBER.fullmatch(text):
        raise Refusal(Code.BAD_MESSAGE, f"{header} must say a number of bytes")
    return int(text)


def _received(bytes_here: int) -> web.Response:
    return web.Response(status=204, headers={OFFSET: str(bytes_here)})
