"""One outgoing RTP stream, by a loop of our own in the place of that of aiortc's sender, whose private parts it touches."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable
from typing import Any

import pylibsrtp
from aiortc import RTCRtpSender, clock
from aiortc.rtcrtpparameters import RTCRtpCodecParameters, RTCRtpSendParameters
from aiortc.rtp import (
    RTCP_RTPFB_NACK,
    RTP_HISTORY_SIZE,
    RtcpReceiverInfo,
    RtcpRrPacket,
    RtcpRtpfbPacket,
    RtcpSrPacket,
    RtpPacket,
)

from coachdesk.media.capturetime import Sampled
from coachdesk.media.connection.codecs import payload_type
from coachdesk.media.connection.outqueue import OutQueue
from coachdesk.media.connection.rate import Path
from coachdesk.media.connection.red import MAX_PAYLOAD, SentFrames, wrap
from coachdesk.media.connection.reports import Losses, RoundTrips, SentReports
from coachdesk.media.packet import CLOCK_RATES, seq_delta

log = logging.getLogger(__name__)


def _nothing(*_: Any) -> None: ...


class _EncoderStandIn:
    """What aiortc takes for its encoder: it is told the bitrate the far end estimates (REMB)."""

    def __init__(self, out: RtpOut) -> None:
        self._out = out

    @property
    def target_bitrate(self) -> int | None:
        return self._out.bitrate_limit

    @target_bitrate.setter
    def target_bitrate(self, bitrate: int) -> None:
        self._out.bitrate_limit = bitrate


class RtpOut:
    """One outgoing RTP stream: numbers, a bounded queue, the loop that sends. RTCP, NACK and RTX stay aiortc's.

    ``open`` from the end of negotiation until close; what is sent before or after is forgotten. Sound carries copies of what
    went out just before on this very stream, as ``path`` asks for (RFC 2198); video is paced.

    Attributes:
        path: what the far end's reports say of the way there. queue: what waits.
        bitrate_limit: what the far end estimates the way bears (REMB), bit/s, for video.
        on_feedback: called when it has told that, or what it has got.
        timestamp_origin: what is added to the timestamps given, modulo 2**32.
    """

    def __init__(self, sender: RTCRtpSender, round_trips: RoundTrips | None = None) -> None:
        """``round_trips``: shared by all streams of the connection."""
        self.on_keyframe_request: Callable[[], None] = _nothing
        self.on_feedback: Callable[[], None] = _nothing
        self.bitrate_limit: int | None = None
        self.queue: OutQueue[RtpPacket] = OutQueue(video=sender.kind == "video")
        self.opened = asyncio.Event()
        self.packets = self.octets = 0
        self.path = Path(round_trips)
        self._reports = SentReports()
        self._sender: Any = sender
        self._frames = SentFrames()
        self._red_type: int | None = None
        self._next_seq = random.getrandbits(15)  # no early wrap: SRTP counts them
        self._losses = Losses(self._next_seq)
        self.timestamp_origin = random.getrandbits(32)
        self._sampled = Sampled(is_sound=sender.kind == "audio")
        self._wake = asyncio.Event()
        self._payload_type = 0
        self._report, sender._send_rtcp = sender._send_rtcp, self._reporting  # type: ignore[method-assign]
        self._start, sender.send = sender.send, self._starting  # type: ignore[method-assign]
        self._feedback, sender._handle_rtcp_packet = sender._handle_rtcp_packet, self._fed_back  # type: ignore[method-assign]
        sender._run_rtp = self._run  # type: ignore[method-assign]
        self._send_again, sender._retransmit = sender._retransmit, self._retransmitting  # type: ignore[method-assign,assignment]
        sender._send_keyframe = lambda: self.on_keyframe_request()  # type: ignore[method-assign]
        self._set("encoder", _EncoderStandIn(self))

    @property
    def open(self) -> bool:
        return self.opened.is_set()

    @property
    def next_seq(self) -> int:
        """The number the next packet gets unless told otherwise."""
        return self._next_seq

    def send(self, payload: bytes, timestamp: int, *, marker: bool = False, seq: int | None = None) -> None:
        """Queue one packet. ``timestamp``: RTP clock units from any origin of the caller's, 32 bits, wrapping."""
        if not self.open:
            return
        if seq is None:
            seq = self._next_seq
        if seq_delta(seq, self._next_seq) >= 0:
            self._next_seq = (seq + 1) & 0xFFFF
            self._sampled.sent(payload, timestamp + self.timestamp_origin, time.monotonic())
        packet = self._packet(*self._with_copies(payload, timestamp, seq), timestamp, marker, seq)
        self._get("rtp_history")[seq % RTP_HISTORY_SIZE] = packet
        self.queue.put(seq, packet)
        self._wake.set()

    def forget(self) -> None:
        """Nothing sent so far goes out again, neither as a copy nor when asked for."""
        self._frames.clear()
        self.queue.forget()
        self._get("rtp_history").clear()

    def withdraw(self) -> None:
        """What waits is not sent, and nothing sent so far goes out again. The numbers of what waited are used anew."""
        first = self.queue.withdraw()
        self._next_seq = self._next_seq if first is None else first
        self.forget()

    def _with_copies(self, payload: bytes, timestamp: int, seq: int) -> tuple[bytes, int]:
        """The payload to send, and its type."""
        if self._red_type is None:
            return payload, self._payload_type
        copies = self._frames.copies(seq, timestamp, MAX_PAYLOAD - 1 - len(payload), self.path.copies)
        self._frames.add(seq, timestamp, payload)
        if not copies:
            return payload, self._payload_type
        return wrap(payload, copies, self._payload_type), self._red_type

    def _packet(self, payload: bytes, payload_type: int, timestamp: int, marker: bool, seq: int) -> RtpPacket:
        packet = RtpPacket(
            payload_type=payload_type,
            marker=int(marker),
            sequence_number=seq,
            timestamp=(timestamp + self.timestamp_origin) & 0xFFFFFFFF,
            ssrc=self._sender._ssrc,
            payload=payload,
        )
        packet.extensions.mid = self._get("mid")
        return packet

    async def _starting(self, parameters: RTCRtpSendParameters) -> None:
        self._red_type = payload_type(parameters.codecs, "red")
        self.path.redundant = self._red_type is not None
        await self._start(parameters)

    async def _fed_back(self, packet: Any) -> None:
        """What the far end reports and asks for, on its way to aiortc."""
        now = time.monotonic()
        if isinstance(packet, RtcpRrPacket | RtcpSrPacket):
            for report in packet.reports:
                if report.ssrc == self._sender._ssrc:
                    jitter = report.jitter / CLOCK_RATES[self._sender.kind]
                    net = self._losses.share(report.packets_lost, report.highest_sequence, now)
                    self.path.reported(report.fraction_lost / 256, self._round_trip(report), jitter, now, net)
        elif isinstance(packet, RtcpRtpfbPacket) and packet.fmt == RTCP_RTPFB_NACK:
            self.path.missed(packet.lost, now)
            queue = self._sender.kind == "video" and self.queue.even_pace is None and self.path.congested
            if queue or self.path.asks_too_early:
                return  # what a queue has dropped would lengthen it once more; a keyframe is asked for in the end
        await self._feedback(packet)
        self.on_feedback()

    def _round_trip(self, report: RtcpReceiverInfo) -> float | None:
        """Seconds, by this report alone; aiortc's follows too slowly to show a queue, and is below 0 after a pause."""
        self._note_report()
        return self._reports.round_trip(report.lsr, report.dlsr, time.time()) if report.dlsr else None

    def _note_report(self) -> None:
        """aiortc remembers its last sender report alone; where the way takes long, reports are on earlier ones."""
        if (last := self._get("lsr")) is not None:
            self._reports.note(last, self._get("lsr_time"))

    async def _run(self, codec: RTCRtpCodecParameters) -> None:
        assert codec.payloadType is not None  # negotiated
        self._payload_type = codec.payloadType
        self._get("rtp_started").set()
        self.opened.set()
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                while self.queue:
                    if (wait := self.queue.wait(self.bitrate_limit, time.monotonic())) > 0:
                        await asyncio.sleep(wait)
                    await self._send_next()
        except ConnectionError:
            log.debug("stream %08x: connection closed", self._sender._ssrc)
        finally:
            self.opened.clear()
            self.queue.withdraw()
            self._get("rtp_exited").set()

    async def _send_next(self) -> None:
        if (taken := self.queue.take(time.monotonic())) is None:
            return
        try:
            if taken.again:
                self._get("rtp_history")[taken.seq % RTP_HISTORY_SIZE] = taken.packet  # it keeps fewer
                await self._send_again(taken.seq)
            else:
                await self._transmit(taken.packet)
        except pylibsrtp.Error:
            self.queue.dropped += 1  # too old for the window of SRTP

    async def _retransmitting(self, seq: int) -> None:
        if self._sender.kind == "video":
            self.queue.ask(seq, self.path.rtt, time.monotonic())
            self._wake.set()
        else:
            await self._send_again(seq)

    async def _transmit(self, packet: RtpPacket) -> None:
        packet.extensions.abs_send_time = (clock.current_ntp_time() >> 14) & 0x00FFFFFF
        await self._sender.transport._send_rtp(packet.serialize(self._get("rtp_header_extensions_map")))
        self._count(packet)

    def _count(self, packet: RtpPacket) -> None:
        """The numbers that aiortc's sender reports are made of."""
        self.packets += 1
        self.octets += len(packet.payload)
        self.path.sent()
        self._note_report()
        self._set("packet_count", self.packets)
        self._set("octet_count", self.octets)

    async def _reporting(self, packets: list[Any]) -> None:
        """A sender report is on the moment it goes out, and on what is captured then; aiortc's are on the last packet."""
        for info in (each.sender_info for each in packets if isinstance(each, RtcpSrPacket) and self.packets):
            info.ntp_timestamp = clock.current_ntp_time()
            info.rtp_timestamp = self._sampled.by(time.monotonic())
            self._set("lsr", info.ntp_timestamp >> 16 & 0xFFFFFFFF)
        await self._report(packets)

    def _get(self, name: str) -> Any:
        return getattr(self._sender, f"_RTCRtpSender__{name}")

    def _set(self, name: str, value: Any) -> None:
        setattr(self._sender, f"_RTCRtpSender__{name}", value)
