"""The data channel of stills on one peer connection: pictures in pieces, never more on the way than the line takes at once.

Sound and marks go by the same line and come first. The pace is set by delay, as LEDBAT's is (RFC 6817): more is sent at once
while pieces are answered about as soon as the quickest one was, and half as much when they begin to queue.
"""

from __future__ import annotations

import logging
import time
from collections import Counter, deque
from collections.abc import Callable

from aiortc import RTCDataChannel, RTCPeerConnection

from coachdesk.inkwire import Message
from coachdesk.stillwire import (
    ID,
    LABEL,
    PIECE_BYTES,
    AnyMessage,
    Got,
    Still,
    StillError,
    Whole,
    dump,
    parse,
)

MOST_AT_ONCE = 16
QUEUED_SECONDS = 0.08
"""Longer than the quickest answer by so much: pieces queue somewhere."""
LATEST = 4
"""Answers: a queue delays them all, a machine that stands still for a moment only some."""

log = logging.getLogger(__name__)


class Pace:
    """How many pieces may be on the way at once. ``answered`` with each one's seconds there and back."""

    def __init__(self) -> None:
        self.at_once = 2
        self._quickest = float("inf")
        self._latest: deque[float] = deque(maxlen=LATEST)
        self._spare = 0

    def answered(self, seconds: float) -> None:
        self._quickest = min(self._quickest, seconds)
        self._latest.append(seconds)
        soon = self._quickest + QUEUED_SECONDS
        if self._spare > 0:
            self._spare -= 1  # was on the way already when it was halved
        elif seconds <= soon:
            self.at_once = min(MOST_AT_ONCE, self.at_once + 1)
        elif min(self._latest) > soon:
            self._spare = self.at_once
            self.at_once = max(1, self.at_once // 2)


class _Sending:
    def __init__(self, still: Whole) -> None:
        self.still = still
        self.sent = 0
        self.on_the_way: deque[tuple[int, float]] = deque()
        """Up to which byte, and when it was sent."""


class StillPipe:
    """Made with the peer connection, open when that is connected.

    Attributes:
        on_open: called when it opens.
        on_message: called with each message, and with each still once it is whole; not with what is of the pipe itself.
        refused: what came and is none of the messages, by reason.
    """

    def __init__(self, pc: RTCPeerConnection, clock: Callable[[], float] = time.monotonic) -> None:
        self.on_open: Callable[[], None] = lambda: None
        self.on_message: Callable[[AnyMessage | Whole], None] = lambda message: None
        self.refused: Counter[str] = Counter()
        self._clock = clock
        self._pace = Pace()
        self._sending: _Sending | None = None
        self._next: Whole | None = None
        self._coming: Still | None = None
        self._pieces = bytearray()
        self._channel: RTCDataChannel = pc.createDataChannel(LABEL, negotiated=True, id=ID)
        self._channel.on("open", lambda: self.on_open())
        self._channel.on("message", self._received)

    def send(self, message: Message) -> bool:
        """False if it is not sent, because the channel is not open."""
        if self._channel.readyState != "open":
            return False
        self._channel.send(dump(message))
        return True

    def send_still(self, still: Whole) -> None:
        """After the one that is on its way; of those that wait, the newest."""
        self._next = still
        self._go_on()

    def _go_on(self) -> None:
        if self._channel.readyState != "open":
            return
        if self._sending is None and self._next is not None:
            self._sending, self._next = _Sending(self._next), None
            still = self._sending.still
            self.send(Still(frame=still.frame, size=len(still.data), live=still.live))
        sending = self._sending
        if sending is None:
            return
        while sending.sent < len(sending.still.data) and len(sending.on_the_way) < self._pace.at_once:
            piece = sending.still.data[sending.sent : sending.sent + PIECE_BYTES]
            self._channel.send(piece)
            sending.sent += len(piece)
            sending.on_the_way.append((sending.sent, self._clock()))

    def _received(self, data: str | bytes) -> None:
        """An exception would end the whole connection."""
        try:
            if isinstance(data, bytes):
                self._take_piece(data)
            else:
                self._take(parse(data.encode()))
        except StillError as error:
            self.refused["malformed"] += 1
            log.debug("message of stills refused: %s", error)
        except Exception:
            log.exception("message of stills not handled")

    def _take(self, message: AnyMessage) -> None:
        match message:
            case Still():
                self._coming, self._pieces = message, bytearray()
            case Got():
                self._answered(message)
            case _:
                self.on_message(message)

    def _take_piece(self, piece: bytes) -> None:
        coming = self._coming
        if coming is None or len(self._pieces) + len(piece) > coming.size:
            self._coming = None
            raise StillError("a piece of nothing")
        self._pieces += piece
        self.send(Got(frame=coming.frame, received=len(self._pieces)))
        if len(self._pieces) == coming.size:
            self._coming = None
            self.on_message(Whole(coming.frame, coming.live, bytes(self._pieces)))

    def _answered(self, got: Got) -> None:
        sending = self._sending
        if sending is None or got.frame != sending.still.frame:
            return
        while sending.on_the_way and sending.on_the_way[0][0] <= got.received:
            self._pace.answered(self._clock() - sending.on_the_way.popleft()[1])
        if sending.sent == len(sending.still.data) and not sending.on_the_way:
            self._sending = None
        self._go_on()
