"""One client's WebSocket, from the first message to the last: bounds, parsing, identity."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter

from aiohttp import WSCloseCode, WSMsgType, web

from signaling.auth import AuthError, read_token
from signaling.outlet import NOT_RECORDED, Outlet
from signaling.pace import TokenBucket
from signaling.policy import Role
from signaling.protocol import (
    MAX_MESSAGE_BYTES,
    VERSION,
    ClientMessage,
    Code,
    Goodbye,
    Hello,
    Ping,
    ProtocolError,
    Refused,
    Signal,
    parse_client,
)
from signaling.state import User
from signaling.step import Step
from signaling.store import StoreError
from signaling.switchboard import Switchboard

log = logging.getLogger("signaling")

HELLO_TIMEOUT = 10.0
HEARTBEAT = 10.0
MESSAGES_PER_SECOND, MESSAGE_BURST = 50.0, 150.0
REFUSALS_PER_SECOND, REFUSAL_BURST = 2.0, 50.0
"""Frames beyond the rate or the protocol that are answered with ``refused``; beyond that the connection ends."""
MAX_CONNECTIONS = 10_000
MAX_PER_ADDRESS = 64
"""Connections of one address that have not signed in as staff."""
_ENDS = frozenset({WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR})


class _Rejected(Exception):
    """A first message that opens no session."""

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(message)
        self.code = code


class Addresses:
    """Counts the connections of each address that are not staff's."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def enter(self, address: str) -> bool:
        self._counts[address] += 1
        return self._counts[address] <= MAX_PER_ADDRESS

    def leave(self, address: str) -> None:
        self._counts[address] -= 1
        if not self._counts[address]:
            del self._counts[address]


class Connection:
    """Reads one client's messages until it leaves or is sent away."""

    def __init__(self, board: Switchboard, addresses: Addresses, address: str) -> None:
        self._board, self._addresses, self._address = board, addresses, address
        now = board.now()
        self._rate = TokenBucket(MESSAGES_PER_SECOND, MESSAGE_BURST, now)
        self._patience = TokenBucket(REFUSALS_PER_SECOND, REFUSAL_BURST, now)
        self._guest = True

    async def run(self, request: web.Request) -> web.WebSocketResponse:
        # The hard limit is above ours, so that a message somewhat too large gets an answer.
        ws = web.WebSocketResponse(heartbeat=HEARTBEAT, max_msg_size=4 * MAX_MESSAGE_BYTES, compress=False)
        await ws.prepare(request)
        outlet = Outlet(ws, request.transport, self._board.store.writer)
        number = self._board.plug(outlet)
        room = self._addresses.enter(self._address) and self._board.connections <= MAX_CONNECTIONS
        left = False
        try:
            if not room:
                self._send_away(
                    outlet, Code.TOO_MANY_CONNECTIONS, "too many connections; close some and try again"
                )
            elif await self._greet(ws, outlet, number):
                left = await self._converse(ws, outlet, number)
        finally:
            if self._guest:
                self._addresses.leave(self._address)
            self._board.unplug(number, left=left)
            await outlet.finish()
        return ws

    def _send_away(self, outlet: Outlet, code: Code, message: str, *, after: int = 0) -> None:
        self._board.say(outlet, Goodbye(code, message), after=after)

    # --- hello ---

    async def _greet(self, ws: web.WebSocketResponse, outlet: Outlet, number: int) -> bool:
        """Whether the first message opened a session."""
        try:
            async with asyncio.timeout(HELLO_TIMEOUT):
                hello = await self._hello(ws)
            if hello is None:
                return False
            step = await self._open(hello, number)
        except TimeoutError:
            self._send_away(outlet, Code.NOT_SIGNED_IN, f"no hello within {HELLO_TIMEOUT:.0f} seconds")
            return False
        except _Rejected as rejected:
            self._send_away(outlet, rejected.code, str(rejected))
            return False
        self._board.apply(step)
        return number in self._board.hub.state.party_of_connection

    async def _hello(self, ws: web.WebSocketResponse) -> Hello | None:
        """The first message; None when the client has left."""
        frame = await ws.receive()
        if frame.type in _ENDS:
            return None
        if frame.type is not WSMsgType.TEXT or len(frame.data) > MAX_MESSAGE_BYTES:
            raise _Rejected(Code.BAD_MESSAGE, "the first message must be hello")
        try:
            message = parse_client(frame.data)
        except ProtocolError as error:
            raise _Rejected(Code.BAD_MESSAGE, f"the first message must be hello: {error}") from error
        if not isinstance(message, Hello):
            raise _Rejected(Code.BAD_MESSAGE, "the first message must be hello")
        if message.version != VERSION:
            raise _Rejected(
                Code.VERSION, f"this server speaks version {VERSION}, not {message.version}; update or reload"
            )
        if sum(map(bool, (message.token, message.link, message.resume))) != 1:
            raise _Rejected(Code.BAD_MESSAGE, "hello needs exactly one of token, link and resume")
        return message

    async def _open(self, hello: Hello, number: int) -> Step:
        """What the hub makes of a hello; whom it names is read from the records each time."""
        board = self._board
        if board.store.writer.stalled:
            raise _Rejected(Code.INTERNAL, NOT_RECORDED)
        if hello.link:
            return board.hub.follow_link(number, hello.link, board.now())
        if hello.resume:
            user_id = board.hub.user_of(hello.resume)
            user = await self._user(user_id) if user_id else None
            step = board.hub.resume(number, hello.resume, user, board.now())
        else:
            step = board.hub.sign_in(number, await self._bearer(hello.token), board.now())
        self._leave_guests(number)
        return step

    async def _bearer(self, token: str) -> User:
        """The user whom a token names."""
        try:
            bearer = read_token(self._board.store.signing_secret, token, self._board.now())
        except AuthError as error:
            raise _Rejected(Code.NOT_SIGNED_IN, str(error)) from error
        user = await self._user(bearer.user)
        if user is None:
            raise _Rejected(Code.NOT_SIGNED_IN, "this account is disabled or gone; ask your administrator")
        if user.generation != bearer.generation:
            raise _Rejected(Code.NOT_SIGNED_IN, "the password was changed since; sign in again")
        return user

    async def _user(self, user_id: str) -> User | None:
        try:
            return await self._board.store.user(user_id)
        except StoreError as error:
            log.error("a client cannot be let in: %s", error)
            raise _Rejected(
                Code.INTERNAL, "the records cannot be read at present; try again in a moment"
            ) from error

    def _leave_guests(self, number: int) -> None:
        """Staff do not count towards their address' bound."""
        state = self._board.hub.state
        party = state.parties.get(state.party_of_connection.get(number, ""))
        if party is not None and party.role is not Role.CUSTOMER:
            self._guest = False
            self._addresses.leave(self._address)

    # --- the session ---

    async def _converse(self, ws: web.WebSocketResponse, outlet: Outlet, number: int) -> bool:
        """Until the connection ends; whether the client closed it on purpose.

        The frame tells, not ``ws.close_code``: that is 1000 as well when the server closes.
        """
        while (frame := await ws.receive()).type not in _ENDS:
            await self._board.store.writer.room()
            if not self._take(frame.type, frame.data, outlet, number):
                return False
        return frame.type is WSMsgType.CLOSE and frame.data == WSCloseCode.OK

    def _take(self, kind: WSMsgType, text: str, outlet: Outlet, number: int) -> bool:
        """One frame; whether the session goes on."""
        now = self._board.now()
        message = self._parse(kind, text)
        if isinstance(message, Refused) or not self._rate.take(now):
            if isinstance(message, Refused):
                refused = message
            else:
                re = 0 if isinstance(message, Hello) else message.id
                refused = Refused(
                    re, Code.TOO_MANY_MESSAGES, "too many messages; send fewer than 50 a second"
                )
            self._board.say(outlet, refused)
            return self._patience.take(now) or self._lose_patience(outlet, number, refused.code)
        self._board.metrics.received.labels(type(message).__name__).inc()
        if self._board.store.writer.stalled and not isinstance(message, Hello | Ping | Signal):
            self._board.say(outlet, Refused(message.id, Code.INTERNAL, NOT_RECORDED))
            return True
        try:
            self._board.apply(self._board.hub.handle(number, message, now))
        except Exception:
            log.exception("a %s could not be handled", type(message).__name__)
            self._board.say(
                outlet, Refused(getattr(message, "id", 0), Code.INTERNAL, "a fault in the server")
            )
        return True

    def _parse(self, kind: WSMsgType, text: str) -> ClientMessage | Refused:
        if kind is not WSMsgType.TEXT:
            return Refused(0, Code.BAD_MESSAGE, "messages are JSON in text frames")
        if len(text) > MAX_MESSAGE_BYTES or len(text.encode()) > MAX_MESSAGE_BYTES:
            return Refused(0, Code.TOO_LARGE, f"a message may have {MAX_MESSAGE_BYTES} bytes")
        try:
            return parse_client(text)
        except ProtocolError as error:
            return Refused(error.re, Code.BAD_MESSAGE, str(error)[:200])

    def _lose_patience(self, outlet: Outlet, number: int, code: Code) -> bool:
        state = self._board.hub.state
        party = state.parties.get(state.party_of_connection.get(number, ""))
        place = 0
        if party is not None:
            actor = "customer" if party.role is Role.CUSTOMER else party.name
            place = self._board.audit(actor, party.role, "flood", code=code, party=party.party)
        self._send_away(outlet, code, "too many messages that are wrong or too fast", after=place)
        return False
