"""What waits to go out on one stream, in which order and at which pace. Pure."""

from __future__ import annotations

from collections import deque
from typing import Generic, NamedTuple, Protocol, TypeVar

from coachdesk.media.connection.pacer import Pacer
from coachdesk.media.connection.resend import Resend
from coachdesk.media.picture.vp8 import PAYLOAD_MAX

QUEUE_PACKETS = 512
"""What one outgoing stream may have waiting: a large keyframe, or seconds of sound. It is empty unless TURN blocks."""
UNKNOWN_RTT = 0.1
QUEUE_SECONDS = 0.2
"""By which an answer may be later than a round trip on a line that a screen fills; a camera leaves room."""


class Waiting(Protocol):
    """A packet."""

    payload: bytes


Out = TypeVar("Out", bound=Waiting)


class Taken(NamedTuple, Generic[Out]):
    """A packet with its number, and whether it has been sent before."""

    seq: int
    packet: Out
    again: bool


class OutQueue(Generic[Out]):
    """Sound goes out at once. Video is paced, what is asked for again too: what comes at once after a queue on the way has
    overflowed would be lost once more.

    When it is full the oldest packet leaves it unsent; it can still be asked for.

    Attributes:
        even_pace: at about which rate a screen's pictures go out, bit/s; None: at the pace of a camera's.
        dropped: packets that were not sent.
    """

    def __init__(self, *, video: bool) -> None:
        self.even_pace: int | None = None
        self.dropped = 0
        self._packets: deque[tuple[int, Out]] = deque()
        self._bytes = 0
        self._resend: Resend[Out] = Resend()
        self._pacer = Pacer() if video else None

    def __len__(self) -> int:
        return len(self._packets) + len(self._resend)

    @property
    def waiting(self) -> int:
        """Bytes that are not sent yet."""
        return self._bytes + len(self._resend) * PAYLOAD_MAX

    @property
    def loss(self) -> float:
        """Share of packets of video lost lately, 0 to 1."""
        return self._resend.loss

    def put(self, seq: int, packet: Out) -> None:
        """``seq``: its number, 16 bits."""
        if self._pacer is not None:
            self._resend.keep(seq, packet)
        if len(self._packets) >= QUEUE_PACKETS:
            self._next()
            self.dropped += 1
        self._packets.append((seq, packet))
        self._bytes += len(packet.payload)

    def ask(self, seq: int, rtt: float | None, now: float) -> None:
        """The far end misses a packet of video; ``rtt``: the round trip in seconds, if known."""
        answer = UNKNOWN_RTT if rtt is None else rtt
        self._resend.ask(seq, answer if self.even_pace is None else answer + QUEUE_SECONDS, now)

    def wait(self, limit: int | None, now: float) -> float:
        """Seconds until the next one may go; ``limit``: what the far end estimates the way bears, bit/s."""
        if self._pacer is None or not self:
            return 0.0
        size = PAYLOAD_MAX if self._resend else len(self._packets[0][1].payload)
        even = self.even_pace is not None
        return self._pacer.take(size, self.waiting, self.even_pace if even else limit, now, even=even)

    def take(self, now: float) -> Taken[Out] | None:
        """What goes out now; None: what waited has been withdrawn."""
        if not self:
            return None
        again = bool(self._resend)
        seq, packet = self._resend.take(now) if again else self._next()
        if self._pacer is not None:
            self._resend.sent(seq, now)
        return Taken(seq, packet, again)

    def _next(self) -> tuple[int, Out]:
        seq, packet = self._packets.popleft()
        self._bytes -= len(packet.payload)
        return seq, packet

    def withdraw(self) -> int | None:
        """What waits is not sent. The number of the first of it, if there is any."""
        first = self._packets[0][0] if self._packets else None
        self._packets.clear()
        self._bytes = 0
        self.forget()
        return first

    def forget(self) -> None:
        """Nothing that has gone out is sent again."""
        self._resend.clear()
