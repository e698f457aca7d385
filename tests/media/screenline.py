"""A shared screen on one line in simulated time: encoder, pace, network, receiver and what it reports, without a clock."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from bench.netpath import Conditions, NetPath
from coachdesk.media.connection.nack import PATIENT_MAX_MISSING, PATIENT_RETRY_AFTER, NackTracker
from coachdesk.media.connection.outqueue import OutQueue
from coachdesk.media.connection.pacer import PACKET_BYTES
from coachdesk.media.connection.rate import Path
from coachdesk.media.packet import Packet
from coachdesk.media.picture.encoding import SCREEN, Cadence, Keyframes
from coachdesk.media.picture.videobuffer import EncodedFrame, VideoBuffer
from coachdesk.media.picture.vp8 import starts_keyframe
from coachdesk.media.screenshare.screenlimit import ScreenLimit
from coachdesk.media.screenshare.screenrate import LineRate
from coachdesk.media.screenshare.screenview import PATIENCE

SOUND_BYTES, SOUND_SECONDS = 140, 0.02
"""Of a packet of sound with its headers, and from one to the next."""
LOOK_SECONDS = 1 / 60
ASK_SECONDS, REPORT_SECONDS = 0.3, 1.0


class Encoder(Protocol):
    """Payloads of the picture that the source shows at ``moment``; ``bitrate``: what the line bears."""

    bitrate: int

    def encode(self, moment: float, *, keyframe: bool) -> list[bytes]: ...


@dataclass
class Seen:
    """A picture at the viewer: when it was whole, and which moment of the source it shows."""

    time: float
    moment: float
    frame: EncodedFrame


@dataclass
class Sent:
    """A picture at the sharer."""

    time: float
    size: int
    keyframe: bool
    bitrate: int


@dataclass
class Line:
    """``changed``: since when the source shows what it shows at a time.

    Attributes:
        sound: how long each packet of sound took, None for those lost.
    """

    encoder: Encoder
    changed: Callable[[float], float]
    conditions: Conditions
    seed: str = "1"
    now: float = 0.0
    seen: list[Seen] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    sound: list[float | None] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._there, self._back = NetPath(f"{self.seed} there"), NetPath(f"{self.seed} back")
        self.set(self.conditions)
        self._order = itertools.count()
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self.cadence, self.keyframes = Cadence(SCREEN), Keyframes(SCREEN)
        self.rate, self.path = LineRate(), Path()
        self.limit: int | None = None
        self.queue: OutQueue[Packet] = OutQueue(video=True)
        self._pacing = False
        self._seq = 0
        self._moments: dict[int, float] = {}
        self._estimate, self._nack = (
            ScreenLimit(),
            NackTracker(PATIENT_RETRY_AFTER, PATIENT_MAX_MISSING),
        )
        self.buffer = VideoBuffer(PATIENCE)
        self._asked = float("-inf")
        self._arrived = self._highest = self._reported = 0
        self.path.reported(0.0, 2 * self.conditions.delay_ms / 1000, 0.0, 0.0)  # sound has been there before
        for begin in (self._look, self._speak, self._report, self._ask_for_missing):
            self._at(0.0, begin)

    def set(self, conditions: Conditions) -> None:
        self._there.set(conditions, self.now)
        self._back.set(conditions, self.now)

    def go(self, until: float) -> None:
        while self._events[0][0] <= until:
            self.now, _, event = heapq.heappop(self._events)
            event()
        self.now = until

    def _at(self, time: float, event: Callable[[], None]) -> None:
        heapq.heappush(self._events, (time, next(self._order), event))

    def _after(self, seconds: float, event: Callable[[], None]) -> None:
        self._at(self.now + seconds, event)

    # --- the sharer ------------------------------------------------------------------------------------------

    def _look(self) -> None:
        self._after(LOOK_SECONDS, self._look)
        self.encoder.bitrate = self.rate.bitrate
        self.cadence.follow(self.rate.bitrate, self.now)
        self.keyframes.follow(self.rate.bitrate, self.now)
        if not self.cadence.ready(self.queue.waiting, self.now):
            return
        moment = self.now
        stamp = self.cadence.due(self.changed(moment), moment, keyframe=self.keyframes.due)
        if stamp is not None:
            self._encode(moment, round(stamp * 90000))

    def _encode(self, moment: float, timestamp: int) -> None:
        payloads = self.encoder.encode(moment, keyframe=self.keyframes.taken())
        size = sum(map(len, payloads))
        self.cadence.spent(size, self.rate.bitrate, self.now)
        keyframe = bool(payloads) and starts_keyframe(payloads[0])
        if keyframe:
            self.keyframes.sent(size, self.rate.bitrate, self.now)
        self.sent.append(Sent(self.now, size, keyframe, self.rate.bitrate))
        self._judge()
        self._moments[timestamp] = moment
        for index, payload in enumerate(payloads):
            packet = Packet(self._seq & 0xFFFF, timestamp, index == len(payloads) - 1, payload, 7, 0.0)
            self._seq += 1
            self.queue.put(packet.seq, packet)
        self._pace()

    def _judge(self) -> None:
        self.rate.update(self.queue.loss, self.path.congested, self.limit, self.now)
        self.queue.even_pace = self.rate.bitrate

    def _pace(self) -> None:
        if self.queue and not self._pacing:
            self._pacing = True
            self._after(self.queue.wait(self.limit, self.now), self._transmit)

    def _transmit(self) -> None:
        self._pacing = False
        taken = self.queue.take(self.now)
        assert taken is not None
        self._send(taken.packet, -1.0 if taken.again else self.now)
        self._pace()

    def _send(self, packet: Packet, stamp: float) -> None:
        fate = self._there.send(len(packet.payload) + PACKET_BYTES, self.now)
        if fate.drop is None:
            self._at(fate.release, lambda: self._receive(packet, stamp))

    def _speak(self) -> None:
        self._after(SOUND_SECONDS, self._speak)
        fate = self._there.send(SOUND_BYTES, self.now)
        self.sound.append(None if fate.drop else fate.release - self.now)

    def _asked_again(self, seqs: list[int]) -> None:
        self.path.missed(seqs, self.now)
        for seq in seqs:
            self.queue.ask(seq, self.path.rtt, self.now)
        self._judge()
        self._pace()

    # --- the viewer ------------------------------------------------------------------------------------------

    def _receive(self, packet: Packet, stamp: float) -> None:
        self._arrived += 1
        self._highest = max(self._highest, packet.seq + 1)
        if stamp >= 0:
            told = self._estimate.add(
                round(self.now * 1000) + 1000, int(stamp * (1 << 18)) & 0xFFFFFF, len(packet.payload), 7
            )
            if told is not None:
                self._back_to_sharer(lambda: self._told(told[0]))
        self._nack.add(packet.seq, self.now)
        for frame in self.buffer.put(packet._replace(arrival=self.now), self.now):
            self.seen.append(Seen(self.now, self._moments[frame.timestamp], frame))
        if self.buffer.needs_keyframe and self.now - self._asked >= ASK_SECONDS:
            self._asked = self.now
            self._back_to_sharer(lambda: self.keyframes.ask(self.now))

    def _told(self, limit: int) -> None:
        self.limit = limit
        self._judge()

    def _back_to_sharer(self, event: Callable[[], None]) -> None:
        fate = self._back.send(100, self.now)
        if fate.drop is None:
            self._at(fate.release, event)

    def _ask_for_missing(self) -> None:
        self._nack.rtt = self.path.rtt
        missing = self._nack.due(self.now)
        if missing:
            self._back_to_sharer(lambda: self._asked_again(missing))
        self._after(0.01, self._ask_for_missing)

    def _report(self) -> None:
        """A sender report by the line, and the answer to it."""
        self._after(REPORT_SECONDS, self._report)
        begun = self.now
        fate = self._there.send(100, begun)
        if fate.drop is None:
            self._at(fate.release, lambda: self._answer(begun))

    def _answer(self, begun: float) -> None:
        expected = self._highest - self._reported
        lost = max(0.0, 1 - self._arrived / expected) if expected > 0 else 0.0
        self._reported, self._arrived = self._highest, 0
        self._back_to_sharer(lambda: self.path.reported(lost, self.now - begun, 0.0, self.now))
