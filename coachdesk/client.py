"""The signaling client: one WebSocket to the server, kept up, with requests and their answers."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import random
import ssl
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Never
from urllib.parse import quote

import aiohttp
import msgspec

from signaling import protocol
from signaling.photos import MAX_PHOTO_BYTES
from signaling.protocol import Code, ServerMessage

REQUEST_TIMEOUT = 8.0
"""Seconds until an unanswered request counts as lost."""
HEARTBEAT = 4.0
"""Seconds between WebSocket pings; half of it without a pong drops the connection."""
LONGEST_PAUSE = 5.0
"""Seconds between attempts to reconnect, at most."""

_PASSING = frozenset({Code.SHUTTING_DOWN, Code.INTERNAL, Code.TOO_MANY_MESSAGES})
"""What a server may answer to a hello that will do a little later."""

PHOTO_TIMEOUT = 60.0
"""Seconds in which a photo has to come."""

CONNECT = aiohttp.ClientTimeout(total=None, sock_connect=5.0, connect=5.0)

log = logging.getLogger(__name__)


class SignalingError(Exception):
    """A request that came to nothing; ``code`` is stable, the message says what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Offline(SignalingError):
    """There is no connection to the server at present."""

    def __init__(self) -> None:
        super().__init__(
            "offline",
            "The server cannot be reached at present. It is tried again by itself; try once more then.",
        )


class Client:
    """Keeps one signed-in connection to the signaling server.

    Attributes:
        on_message: called on the loop with every message that answers no request.
        on_online: called with True after each (re)connect and its ``welcome``; with False and a reason when it is lost, or
            cannot be had at first.
        welcome: the server's last ``welcome``.
    """

    def __init__(self, server: str, token: str, *, trust: ssl.SSLContext | None = None) -> None:
        self._server = server.rstrip("/")
        self._url = self._server + "/ws"
        self._token = token
        self._trust = trust
        self._resume = ""
        self._ids = itertools.count(1)
        self._answers: dict[int, asyncio.Future[ServerMessage]] = {}
        self._granted: dict[int, Callable[[], None]] = {}
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._http: aiohttp.ClientSession | None = None
        self._told_offline = False
        self.welcome: protocol.Welcome | None = None
        self.on_message: Callable[[ServerMessage], None] = lambda message: None
        self.on_online: Callable[[bool, str], None] = lambda on, reason: None

    async def run(self) -> None:
        """Connects and reconnects until cancelled. Raises SignalingError when the server will never take this client."""
        async with aiohttp.ClientSession(timeout=CONNECT) as http:
            self._http = http
            try:
                await self._keep_up(http)
            except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError) as error:
                raise SignalingError(
                    "bad_address", "The server's address must look like https://calls.example.com"
                ) from error
            finally:
                self._http = None
                self._unplug()

    async def _keep_up(self, http: aiohttp.ClientSession) -> Never:
        failures = 0
        while True:
            try:
                reason = await self._converse(http)
                failures = 0
            except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError):
                raise
            except (aiohttp.ClientError, OSError) as error:
                reason = str(error) or "The server did not answer in time."
                failures += 1
            self._unplug()
            self._tell_offline(reason)
            await asyncio.sleep(_pause(failures))

    async def request(
        self, kind: type[protocol.Request], *, granted: Callable[[], None] | None = None, **fields: Any
    ) -> ServerMessage:
        """Sends one request and waits for its answer. Raises SignalingError with the server's code when refused.

        ``granted`` is called when an answer that is no refusal is read, before whatever the server says next is.
        """
        socket = self._socket
        if socket is None or self.welcome is None:
            raise Offline
        number = next(self._ids)
        answer: asyncio.Future[ServerMessage] = asyncio.get_running_loop().create_future()
        self._answers[number] = answer
        if granted is not None:
            self._granted[number] = granted
        try:
            message: Any = kind(id=number, **fields)
            await socket.send_str(protocol.dump(message))
            async with asyncio.timeout(REQUEST_TIMEOUT):
                result = await answer
        except TimeoutError:
            raise SignalingError("timeout", "The server did not answer in time. Try again.") from None
        except (ConnectionError, aiohttp.ClientError):
            raise Offline from None
        finally:
            self._answers.pop(number, None)
            self._granted.pop(number, None)
        if isinstance(result, protocol.Refused):
            raise SignalingError(result.code, result.message)
        return result

    async def photo(self, photo: str, ticket: str) -> bytes:
        """Fetches the photo that ``ticket`` opens. Raises SignalingError."""
        if self._http is None:
            raise Offline
        url, leave = (
            f"{self._server}/api/photos/{quote(photo, safe='')}",
            {"Authorization": f"Bearer {ticket}"},
        )
        data = bytearray()
        try:
            async with (
                asyncio.timeout(PHOTO_TIMEOUT),
                self._http.get(
                    url, headers=leave, ssl=self._trust if self._trust is not None else True
                ) as answer,
            ):
                if answer.status != HTTPStatus.OK:
                    raise SignalingError(
                        Code.NO_SUCH_PHOTO, "The photo is not there any more. Ask for another."
                    )
                async for piece in answer.content.iter_chunked(1 << 16):
                    data += piece
                    if len(data) > MAX_PHOTO_BYTES:
                        raise SignalingError(Code.TOO_LARGE, "The photo is larger than a photo may be.")
        except (TimeoutError, aiohttp.ClientError, OSError):
            raise Offline from None
        return bytes(data)

    async def _converse(self, http: aiohttp.ClientSession) -> str:
        """One connection from hello to its end; returns why it ended."""
        async with http.ws_connect(
            self._url,
            heartbeat=HEARTBEAT,
            max_msg_size=1 << 20,
            ssl=self._trust if self._trust is not None else True,
            timeout=aiohttp.ClientWSTimeout(ws_close=2.0),
        ) as socket:
            goodbye = await self._greet(socket)
            if goodbye is not None:
                return goodbye
            async for frame in socket:
                if frame.type is aiohttp.WSMsgType.TEXT:
                    message = self._parse(frame.data)
                    if isinstance(message, protocol.Goodbye):
                        return self._farewell(message)
                    if message is not None:
                        self._dispatch(message)
            return "The connection to the server was lost."

    async def _greet(self, socket: aiohttp.ClientWebSocketResponse) -> str | None:
        """Says hello, by ``resume`` if there is one, else by token. Returns a reason if the server would not have it."""
        hello = protocol.Hello(
            version=protocol.VERSION,
            token="" if self._resume else self._token,
            resume=self._resume,
        )
        await socket.send_str(protocol.dump(hello))
        async with asyncio.timeout(REQUEST_TIMEOUT):
            frame = await socket.receive()
        if frame.type is not aiohttp.WSMsgType.TEXT:
            raise ConnectionError("The server closed the connection without a word.")
        message = self._parse(frame.data)
        if isinstance(message, protocol.Welcome):
            self._resume = message.resume
            self.welcome = message
            self._socket = socket
            self._told_offline = False
            self.on_online(True, "")
            return None
        if isinstance(message, protocol.Goodbye | protocol.Refused):
            if message.code in _PASSING or (self.welcome and message.code == Code.TOO_MANY_CONNECTIONS):
                raise ConnectionError(message.message)
            if self._resume and message.code == Code.NOT_SIGNED_IN:
                self._resume = ""
                return message.message
            raise SignalingError(message.code, message.message)
        raise SignalingError(
            Code.VERSION, "The server speaks another protocol. Update CoachDesk or the server."
        )

    def _farewell(self, message: protocol.Goodbye) -> str:
        if message.code in (Code.REPLACED, Code.NOT_SIGNED_IN):
            raise SignalingError(message.code, message.message)
        return message.message

    def _parse(self, text: str) -> ServerMessage | None:
        try:
            return protocol.parse_server(text)
        except protocol.ProtocolError as error:
            log.warning("unreadable message from the server: %s", error)
            return None

    def _dispatch(self, message: ServerMessage) -> None:
        if isinstance(message, protocol.Ok | protocol.Refused | protocol.LinkCreated | protocol.PhotoTicket):
            answer, granted = self._answers.pop(message.re, None), self._granted.pop(message.re, None)
            if answer is not None and not answer.done():
                if granted is not None and not isinstance(message, protocol.Refused):
                    granted()
                answer.set_result(message)
            return
        if isinstance(message, protocol.FreshIce):
            assert self.welcome is not None
            self.welcome = msgspec.structs.replace(self.welcome, ice=message.ice)
            return
        if isinstance(message, protocol.TeamPolicy):
            assert self.welcome is not None
            self.welcome = msgspec.structs.replace(
                self.welcome,
                awareness=message.awareness,
                hidden_windows=message.hidden_windows,
                hidden_regions=message.hidden_regions,
            )
            return
        self.on_message(message)

    def _unplug(self) -> None:
        """What waits on the last connection fails."""
        self._socket = None
        for answer in self._answers.values():
            with contextlib.suppress(asyncio.InvalidStateError):
                answer.set_exception(Offline())
        self._answers.clear()

    def _tell_offline(self, reason: str) -> None:
        if not self._told_offline:
            self._told_offline = True
            self.on_online(False, reason)


def _pause(failures: int) -> float:
    """Seconds until the next attempt: doubling, bounded, spread so that not all come back to a new server at once."""
    return min(LONGEST_PAUSE, 0.2 * 2.0 ** min(failures, 10)) * random.uniform(0.8, 1.2)  # noqa: S311
