"""One party's media connection over time: peer connections come and go, make before break, the leg stays."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import time
from collections.abc import Awaitable, Callable

from coachdesk.media.connection.peer import Layout, Peer, State
from coachdesk.media.packet import Packet
from coachdesk.stillwire import AnyMessage, Whole
from signaling.protocol import Answer, Candidate, IceServer, Offer, Restart, SignalBody

SETUP_SECONDS = 15.0
"""A peer connection that is not up by then is given up and built anew."""
RESTART_SECONDS = 1.0
"""However often the other side asks, new peer connections are no closer together than this."""
FIRST_RETRY, LAST_RETRY = 0.5, 8.0
"""Seconds between two attempts; doubled each time."""
CLOSE_SECONDS = 8.0
"""A peer connection bounds its own end at less than this."""

log = logging.getLogger(__name__)


class Unsent(Exception):
    """What ``signal`` raises when the other side cannot be reached at present."""


class Leg:
    """The media connection to one party.

    Attributes:
        peer: the peer connection in use, once there is one.
        on_packet, on_keyframe_request, on_message: as in ``Peer``, only from the connection in use.
        on_ink, on_live_ink: a message on the channels of ink, with the connection it came on: far ends may use the next one
            a little sooner than it is in use here.
        on_ink_open, on_stills_open: the channels of ink, that of stills, are there, on this connection.
        on_stills: a message on the channel of stills, or a still that is all here; with the connection, as ``on_ink``.
        on_connected: a (new) peer connection has come into use; its ``outs`` replace the old ones.
        on_state: what the leg as a whole is.
    """

    def __init__(
        self,
        layout: Layout,
        *,
        offers: bool,
        ice: Callable[[], list[IceServer]],
        signal: Callable[[SignalBody], Awaitable[None]],
    ) -> None:
        self._layout = layout
        self._offers = offers
        self._ice = ice
        self._signal = signal
        self._next: Peer | None = None
        self._session = ""
        self._began = float("-inf")
        self._task: asyncio.Task[None] | None = None
        self._closing: set[asyncio.Task[None]] = set()
        self._up = asyncio.Event()
        self._closed = False
        self.peer: Peer | None = None
        self.state: State = "closed"
        self.on_packet: Callable[[str, Packet], None] = lambda stream, packet: None
        self.on_keyframe_request: Callable[[str], None] = lambda stream: None
        self.on_message: Callable[[bytes], None] = lambda data: None
        self.on_ink: Callable[[Peer, bytes], None] = lambda peer, data: None
        self.on_live_ink: Callable[[Peer, bytes], None] = lambda peer, data: None
        self.on_ink_open: Callable[[Peer], None] = lambda peer: None
        self.on_stills_open: Callable[[Peer], None] = lambda peer: None
        self.on_stills: Callable[[Peer, AnyMessage | Whole], None] = lambda peer, message: None
        self.on_connected: Callable[[Peer], None] = lambda peer: None
        self.on_state: Callable[[State], None] = lambda state: None

    def negotiate(self) -> None:
        """Offering side: builds a new peer connection beside the one in use, and again until one is up."""
        if self._closed:
            return
        if self._task is not None:
            self._task.cancel()
        self._task = asyncio.create_task(self._until_up())

    def want_restart(self) -> None:
        """Answering side: asks the other for a new peer connection, until one is up."""
        if not self._closed and (self._task is None or self._task.done()):
            self._task = asyncio.create_task(self._ask_until_up())

    async def signalled(self, body: SignalBody) -> None:
        """What the other side said. A body of another session than the newest is stale and ignored."""
        if self._closed:
            return
        if isinstance(body, Restart):
            if self._offers and self._restart_due(body):
                self.negotiate()
        elif isinstance(body, Offer):
            if not self._offers:
                await self._answer(body)
        elif body.session != self._session or self._newest is None:
            log.debug("stale signal: %s", type(body).__name__)
        elif isinstance(body, Answer):
            await self._newest.accept(body.sdp)
        elif isinstance(body, Candidate):
            await self._newest.add_candidate(body.candidate, body.mid)

    def _restart_due(self, body: Restart) -> bool:
        """Whether a new connection is called for: not while one has just been offered, nor for one replaced already."""
        stale = bool(body.session) and body.session != self._session
        return not stale and time.monotonic() - self._began >= RESTART_SECONDS

    async def close(self) -> None:
        """Ends the leg; bounded in time."""
        self._closed = True
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await task
        self._retire(self._next)
        self._retire(self.peer)
        self._next = self.peer = None
        await self._retired()
        self._set(state="closed")

    @property
    def _newest(self) -> Peer | None:
        return self._next if self._next is not None else self.peer

    async def _until_up(self) -> None:
        pause = FIRST_RETRY
        while True:
            try:
                self._set(state="connecting")
                peer = self._begin(secrets.token_urlsafe(9))
                await self._signal(Offer(self._session, await peer.offer()))
                async with asyncio.timeout(SETUP_SECONDS):
                    await self._up.wait()
                return
            except TimeoutError:
                log.info("media connection not up in time; trying again")
            except Unsent as error:
                log.info("no way to the other side yet: %s", error)
            except Exception as error:
                log.warning("media connection could not be offered; trying again: %s", error)
            await asyncio.sleep(pause)
            pause = min(LAST_RETRY, pause * 2)

    async def _ask_until_up(self) -> None:
        pause = FIRST_RETRY
        while not self._up.is_set():
            with contextlib.suppress(Exception):
                await self._signal(Restart())
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause + 2.0):
                    await self._up.wait()
            pause = min(LAST_RETRY, pause * 2)

    async def _answer(self, offer: Offer) -> None:
        peer = self._begin(offer.session)
        if self.state == "connected":
            self._set(state="lost")  # the other side noticed first, or has begun anew
        self._set(state="connecting")
        await self._signal(Answer(offer.session, await peer.answer(offer.sdp)))

    def _begin(self, session: str) -> Peer:
        """A new peer connection, not in use yet; an unfinished earlier one is dropped."""
        self._retire(self._next)
        self._up.clear()
        self._session = session
        self._began = time.monotonic()
        peer = Peer(self._layout, offers=self._offers, ice=self._ice())
        peer.on_state = lambda state: self._peer_state(peer, state)
        peer.on_packet = lambda stream, packet: self._from(peer, stream, packet)
        peer.on_keyframe_request = lambda stream: self.on_keyframe_request(stream)
        peer.control.on_message = lambda data: self.on_message(data)
        peer.ink.on_open = lambda: self.on_ink_open(peer)
        peer.ink.on_reliable = lambda data: self.on_ink(peer, data)
        peer.ink.on_live = lambda data: self.on_live_ink(peer, data)
        peer.stills.on_open = lambda: self.on_stills_open(peer)
        peer.stills.on_message = lambda message: self.on_stills(peer, message)
        self._next = peer
        return peer

    def _from(self, peer: Peer, stream: str, packet: Packet) -> None:
        if peer is self.peer:
            self.on_packet(stream, packet)

    def _peer_state(self, peer: Peer, state: State) -> None:
        if self._closed:
            return
        if peer is self._next and state == "connected":
            self._retire(self.peer)
            self.peer, self._next = peer, None
            self._up.set()
            self.on_connected(peer)
            self._set(state="connected")
        elif peer is self.peer and self._next is None:
            if state in ("lost", "closed"):
                self._up.clear()
                self._set(state="lost")
                self.negotiate() if self._offers else self.want_restart()
            else:
                self._set(state=state)

    def _retire(self, peer: Peer | None) -> None:
        if peer is not None:
            task = asyncio.create_task(peer.close())
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)

    async def _retired(self) -> None:
        """Waits for the ends of all connections; one that does not end is let go of."""
        if self._closing:
            _, hanging = await asyncio.wait(self._closing, timeout=CLOSE_SECONDS)
            for task in hanging:
                log.warning("a media connection did not end within %.0f s", CLOSE_SECONDS)
                task.cancel()

    def _set(self, *, state: State) -> None:
        if state != self.state:
            self.state = state
            self.on_state(state)
