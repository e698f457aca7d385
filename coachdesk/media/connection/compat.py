"""The one module that touches private parts of aiortc and aioice (``contract`` checks that they are what we rely on).

aiortc does ICE, DTLS, SRTP, SCTP, SDP and RTCP (reports, answering NACKs from its history, RTX). Its tracks, encoders,
decoders and jitter buffers are bypassed: `RtpOut` is a sender's loop of our own, `RtpIn` a receiver's tap.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import random
import time
from collections.abc import Callable
from typing import Any

import pylibsrtp
from aiortc import InvalidStateError, RTCPeerConnection, RTCRtpReceiver, RTCRtpSender, clock
from aiortc.rtcrtpparameters import RTCRtpCodecParameters, RTCRtpReceiveParameters, RTCRtpSendParameters
from aiortc.rtp import (
    RTCP_RTPFB_NACK,
    RTP_HISTORY_SIZE,
    RtcpReceiverInfo,
    RtcpRrPacket,
    RtcpRtpfbPacket,
    RtcpSrPacket,
    RtpPacket,
)

from coachdesk.media.capturetime import CaptureTime, Sampled
from coachdesk.media.connection.codecs import use_our_codecs
from coachdesk.media.connection.consent import Consent
from coachdesk.media.connection.contract import check
from coachdesk.media.connection.outqueue import OutQueue
from coachdesk.media.connection.rate import Path
from coachdesk.media.connection.receivelimit import Limit, ReceiveLimit
from coachdesk.media.connection.red import MAX_PAYLOAD, RedInlet, SentFrames, wrap
from coachdesk.media.connection.reports import Losses, RoundTrips, SentReports
from coachdesk.media.packet import CLOCK_RATES, Packet, seq_delta

log = logging.getLogger(__name__)


# --- process-wide settings ----------------------------------------------------------------------------------


@functools.cache
def tune() -> None:
    """Check, then set what aiortc keeps in module constants. Once per process; raises CompatError."""
    check()
    use_our_codecs()


def bound_gathering(pc: RTCPeerConnection, seconds: float) -> None:
    """Let gathering of ICE candidates wait at most ``seconds`` for STUN and TURN servers; on a machine without any network,
    gather the loopback address, which aioice leaves out."""
    for connection in _ice_connections(pc):
        connection.get_component_candidates = functools.partial(
            _gather, connection.get_component_candidates, seconds
        )


async def _gather(gather: Any, seconds: float, component: int, addresses: list[str]) -> list[Any]:
    if not addresses:
        addresses = ["127.0.0.1"]
    candidates: list[Any] = await gather(component=component, addresses=addresses, timeout=seconds)
    return candidates


def _ice_connections(pc: RTCPeerConnection) -> list[Any]:
    transports = {transceiver.receiver.transport.transport for transceiver in pc.getTransceivers()}
    return [transport.iceGatherer._connection for transport in transports]


def close_while_connecting(pc: RTCPeerConnection) -> None:
    """Let the connection be closed during its handshake: aiortc would go on with its next stream, and fail unheard."""
    name = "_RTCPeerConnection__connect"
    connect = getattr(pc, name)

    async def connect_unless_closed() -> None:
        with contextlib.suppress(InvalidStateError):
            await connect()

    setattr(pc, name, connect_unless_closed)


def be_patient(pc: RTCPeerConnection) -> None:
    """Let the connection live while anything comes from the far end."""
    for connection in _ice_connections(pc):
        consent = Consent(connection, functools.partial(getattr, connection, "_nominated"))
        connection.query_consent = functools.partial(_close_when_lost, connection, consent)


async def _close_when_lost(connection: Any, consent: Consent) -> None:
    await consent.lost()
    connection._query_consent_task = None  # this one; it would be cancelled
    await connection.close()


def consent_expired(pc: RTCPeerConnection) -> bool:
    """Whether the far end stopped answering, so that ICE has closed itself (RFC 7675)."""
    return any(connection._closing for connection in _ice_connections(pc))


async def abort(pc: RTCPeerConnection) -> None:
    """Close the sockets of a connection whose own ``close`` did not return."""
    for connection in _ice_connections(pc):
        await connection.close()


def bound_data(pc: RTCPeerConnection, allow: Callable[[], bool]) -> None:
    """Let a packet of the data channels in if ``allow()``; the far end takes the others for lost, and slows down (SCTP)."""
    sctp: Any = pc.sctp
    handle = sctp._handle_data

    async def handle_allowed(data: bytes) -> None:
        if allow():
            await handle(data)

    sctp._handle_data = handle_allowed


# --- sending ------------------------------------------------------------------------------------------------


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
        self._red_type = _payload_type(parameters.codecs, "red")
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


# --- receiving ----------------------------------------------------------------------------------------------


def _payload_type(codecs: list[RTCRtpCodecParameters], name: str) -> int | None:
    return next((codec.payloadType for codec in codecs if codec.name.lower() == name), None)


class RtpIn:
    """One incoming RTP stream: every packet goes to ``on_packet`` as it arrives, with RTX and RED unwrapped.

    It stands where aiortc has its jitter buffer, and starts no decoder thread. ``on_packet`` may raise:
    that is logged, since an exception there would end the whole connection. ``limit``: that of several.
    """

    def __init__(
        self, receiver: RTCRtpReceiver, on_packet: Callable[[Packet], None], limit: Limit | None = None
    ) -> None:
        self.ssrc: int | None = None
        self.packets = self.octets = self.redundant = 0
        self._receiver: Any = receiver
        self._on_packet = on_packet
        self._inlet = RedInlet() if receiver._RTCRtpReceiver__kind == "audio" else None  # type: ignore[attr-defined]
        self._types: dict[str, int | None] = {}
        self.captured = CaptureTime()
        self._told, receiver._handle_rtcp_packet = receiver._handle_rtcp_packet, self._tell  # type: ignore[method-assign]
        receiver.receive = self._receive  # type: ignore[method-assign]
        self._set("jitter_buffer", self)
        self._set("nack_generator", None)
        if receiver._RTCRtpReceiver__remote_bitrate_estimator is not None:  # type: ignore[attr-defined]
            self._set("remote_bitrate_estimator", limit or ReceiveLimit())

    def add(self, rtp: RtpPacket) -> tuple[bool, None]:
        """Called by aiortc in place of its jitter buffer's: (send PLI?, complete frame)."""
        self.ssrc = rtp.ssrc
        self.packets += 1
        self.octets += len(rtp.payload)
        now = time.monotonic()
        packet = Packet(rtp.sequence_number, rtp.timestamp, bool(rtp.marker), rtp.payload, rtp.ssrc, now)
        self.captured.arrived(packet.ssrc, packet.timestamp, packet.arrival)
        try:
            for each in self._unwrapped(packet, rtp.payload_type):
                self._on_packet(each)
        except Exception:
            log.exception("packet of stream %08x not handled", rtp.ssrc)
        return False, None

    def _unwrapped(self, packet: Packet, payload_type: int) -> list[Packet]:
        """The packet, and those before it that were lost and of which it has copies."""
        if self._inlet is None:
            return [packet]
        opus = self._types.get("opus")
        if opus is None or payload_type != self._types.get("red"):
            return self._inlet.plain(packet)
        self.redundant += 1
        try:
            return self._inlet.red(packet, opus)
        except ValueError as error:
            log.debug("packet of stream %08x dropped: %s", packet.ssrc, error)
            return []

    async def _tell(self, packet: Any) -> None:
        """What the far end reports of what it sends, on its way to aiortc."""
        if isinstance(packet, RtcpSrPacket) and packet.ssrc == self.ssrc:
            info = packet.sender_info
            self.captured.reported(packet.ssrc, info.ntp_timestamp, info.rtp_timestamp, time.monotonic())
        await self._told(packet)

    async def request_keyframe(self) -> None:
        """Send a picture loss indication (RFC 4585)."""
        if self.ssrc is not None:
            await self._receiver._send_rtcp_pli(self.ssrc)

    async def request_packets(self, seqs: list[int]) -> None:
        """Ask for lost packets (generic NACK, RFC 4585)."""
        if self.ssrc is not None:
            await self._receiver._send_rtcp_nack(self.ssrc, sorted(seqs))  # aiortc packs no others

    @property
    def lost(self) -> int:
        stream = self._statistics()
        return 0 if stream is None else int(stream.packets_lost)

    @property
    def jitter(self) -> int:
        """Interarrival jitter in units of the RTP clock (RFC 3550)."""
        stream = self._statistics()
        return 0 if stream is None else int(stream.jitter)

    def _statistics(self) -> Any:
        return self._receiver._RTCRtpReceiver__remote_streams.get(self.ssrc)

    async def _receive(self, parameters: RTCRtpReceiveParameters) -> None:
        """aiortc's ``receive`` without the decoder thread."""
        receiver = self._receiver
        if receiver._RTCRtpReceiver__started:
            return
        self.ssrc = next((encoding.ssrc for encoding in parameters.encodings), None)
        self._types = {name: _payload_type(parameters.codecs, name) for name in ("opus", "red")}
        receiver._RTCRtpReceiver__codecs.update((codec.payloadType, codec) for codec in parameters.codecs)
        for one, rtx in [(encoding, encoding.rtx) for encoding in parameters.encodings if encoding.rtx]:
            receiver._RTCRtpReceiver__rtx_ssrc[rtx.ssrc] = one.ssrc
            # where there are two streams of a kind, aiortc drops what is sent again unless it is told where it belongs
            parameters.encodings.append(type(one)(rtx.ssrc, one.payloadType))
        receiver._RTCRtpReceiver__transport._register_rtp_receiver(receiver, parameters)
        self._set("rtcp_task", asyncio.ensure_future(receiver._run_rtcp()))
        self._set("started", True)

    def _set(self, name: str, value: Any) -> None:
        setattr(self._receiver, f"_RTCRtpReceiver__{name}", value)
