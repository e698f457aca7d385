"""The one module that touches private parts of aiortc and aioice, and that checks they are still what we
rely on.

aiortc does ICE, DTLS, SRTP, SCTP, SDP and RTCP (reports, answering NACKs from its history, RTX). Its
tracks, encoders, decoders and jitter buffers are bypassed: `RtpOut` is a sender's loop of our own, `RtpIn`
a receiver's tap.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
import logging
import random
import time
from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple

import aioice.ice
import aiortc
import pylibsrtp
from aiortc import RTCPeerConnection, RTCRtpReceiver, RTCRtpSender, clock
from aiortc.codecs import CODECS
from aiortc.rate import RemoteBitrateEstimator
from aiortc.rtcdtlstransport import RTCDtlsTransport
from aiortc.rtcicetransport import RTCIceGatherer
from aiortc.rtcrtpparameters import RTCRtpCodecParameters, RTCRtpReceiveParameters
from aiortc.rtp import RTP_HISTORY_SIZE, HeaderExtensionsMap, RtpPacket

from coachdesk.media.packet import Packet, seq_delta

log = logging.getLogger(__name__)

KNOWN_GOOD = "aiortc 1.16 with aioice 0.13"
QUEUE_PACKETS = 512
"""What one outgoing stream may have waiting: a large keyframe, or seconds of sound. It is empty unless
TURN blocks.
"""
START_BITRATE = 2_000_000
"""Bits per second a sender of video is told it may use until congestion shows."""
CONSENT_INTERVAL, CONSENT_FAILURES = 0.8, 3
"""Checks of a peer's consent (RFC 7675): with 0.5 s of waiting each, a dead peer shows within 4.4 s."""


class CompatError(Exception):
    """The installed aiortc or aioice is not built as this module expects."""


# --- what we rely on ----------------------------------------------------------------------------------------


class Uses(NamedTuple):
    """``function`` of ``owner`` must exist, take ``parameters`` (if given) and refer to ``names``."""

    owner: Any
    function: str
    parameters: tuple[str, ...] | None = None
    names: tuple[str, ...] = ()


def _mangled(owner: type, *names: str) -> tuple[str, ...]:
    return tuple(f"_{owner.__name__}__{name}" for name in names)


REQUIREMENTS = (
    Uses(
        RTCRtpSender,
        "__init__",
        names=_mangled(
            RTCRtpSender,
            *("encoder", "mid", "rtp_exited", "rtp_started", "rtp_history", "rtp_header_extensions_map"),
            *("ntp_timestamp", "rtp_timestamp", "octet_count", "packet_count", "rtt"),
        ),
    ),
    Uses(RTCRtpSender, "send", ("self", "parameters"), ("_run_rtp",)),
    Uses(RTCRtpSender, "_run_rtp", ("self", "codec")),
    Uses(RTCRtpSender, "_send_keyframe", ("self",)),
    Uses(
        RTCRtpSender,
        "_handle_rtcp_packet",
        ("self", "packet"),
        ("_send_keyframe", "_retransmit", "target_bitrate", *_mangled(RTCRtpSender, "encoder")),
    ),
    Uses(
        RTCRtpReceiver,
        "__init__",
        names=_mangled(
            RTCRtpReceiver,
            *("codecs", "rtx_ssrc", "jitter_buffer", "nack_generator", "remote_bitrate_estimator"),
            *("started", "rtcp_task", "remote_streams", "transport", "decoder_thread"),
        ),
    ),
    Uses(RTCRtpReceiver, "receive", ("self", "parameters"), ("_register_rtp_receiver", "_run_rtcp")),
    Uses(
        RTCRtpReceiver,
        "_handle_rtp_packet",
        ("self", "packet", "arrival_time_ms"),
        ("add", *_mangled(RTCRtpReceiver, "jitter_buffer", "nack_generator", "remote_bitrate_estimator")),
    ),
    Uses(RTCRtpReceiver, "_run_rtcp", ("self",)),
    Uses(RTCRtpReceiver, "_send_rtcp_pli", ("self", "media_ssrc")),
    Uses(RTCRtpReceiver, "_send_rtcp_nack", ("self", "media_ssrc", "lost")),
    Uses(RTCDtlsTransport, "_register_rtp_receiver", ("self", "receiver", "parameters")),
    Uses(RTCDtlsTransport, "_send_rtp", ("self", "data")),
    Uses(RemoteBitrateEstimator, "__init__", names=("rate_control",)),
    Uses(RemoteBitrateEstimator, "add", ("self", "arrival_time_ms", "abs_send_time", "payload_size", "ssrc")),
    Uses(RTCIceGatherer, "__init__", names=("_connection",)),
    Uses(aioice.ice.Connection, "get_component_candidates", ("self", "component", "addresses", "timeout")),
    Uses(aioice.ice.Connection, "close", ("self",), ("_closing",)),
    Uses(aioice.ice.Connection, "gather_candidates", ("self",), ("get_component_candidates",)),
    Uses(aioice.ice.Connection, "query_consent", ("self",), ("CONSENT_INTERVAL", "CONSENT_FAILURES")),
)


def check() -> None:
    """Verify everything this module relies on. Raises CompatError naming what is missing or changed."""
    faults = [fault for use in REQUIREMENTS for fault in _faults(use)]
    if faults:
        raise CompatError(
            f"aiortc {aiortc.__version__} with aioice {aioice.__version__} cannot be used: "
            f"{'; '.join(faults)}. Install {KNOWN_GOOD}."
        )


def _faults(use: Uses) -> list[str]:
    where = f"{use.owner.__name__}.{use.function}"
    function = inspect.unwrap(getattr(use.owner, use.function, None) or _absent)
    if function is _absent:
        return [f"{where} is gone"]
    faults = []
    if use.parameters is not None and tuple(inspect.signature(function).parameters) != use.parameters:
        faults.append(f"{where} no longer takes ({', '.join(use.parameters)})")
    known = _names_within(function.__code__)
    faults += [f"{where} no longer uses {name}" for name in use.names if name not in known]
    return faults


def _absent() -> None: ...


def _names_within(code: Any) -> set[str]:
    nested = (constant for constant in code.co_consts if inspect.iscode(constant))
    return set(code.co_names).union(*(_names_within(inner) for inner in nested))


# --- process-wide settings ----------------------------------------------------------------------------------


@functools.cache
def tune() -> None:
    """Check, then set what aiortc and aioice keep in module constants. Once per process; raises CompatError."""
    check()
    aioice.ice.CONSENT_INTERVAL = CONSENT_INTERVAL  # type: ignore[assignment]
    aioice.ice.CONSENT_FAILURES = CONSENT_FAILURES
    for codec in CODECS["audio"]:
        if codec.name == "opus":
            codec.parameters = {"minptime": 10, "useinbandfec": 1, "stereo": 0, "usedtx": 0}
    for codec in CODECS["video"]:
        if codec.name == "VP8":
            # Chromium begins at 300 kbit/s unless told; the other browsers ignore this.
            codec.parameters = {"x-google-start-bitrate": 1000}


def preferred_codecs(kind: str) -> list[Any]:
    """The capabilities to negotiate: Opus, or VP8 with RTX."""
    wanted = {"audio": ("opus",), "video": ("vp8", "rtx")}[kind]
    return [codec for codec in RTCRtpSender.getCapabilities(kind).codecs if codec.name.lower() in wanted]


def bound_gathering(pc: RTCPeerConnection, seconds: float) -> None:
    """Let gathering of ICE candidates wait at most ``seconds`` for STUN and TURN servers.

    On a machine without any network, gather the loopback address, which aioice leaves out.
    """
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


def consent_expired(pc: RTCPeerConnection) -> bool:
    """Whether the far end stopped answering, so that ICE has closed itself (RFC 7675)."""
    return any(connection._closing for connection in _ice_connections(pc))


async def abort(pc: RTCPeerConnection) -> None:
    """Close the sockets of a connection whose own ``close`` did not return."""
    for connection in _ice_connections(pc):
        await connection.close()


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
    """One outgoing RTP stream: numbers, a bounded queue, the loop that sends. RTCP, NACK and RTX stay
    aiortc's.

    ``open`` from the end of negotiation until close; what is sent before or after is forgotten. When the
    queue is full the oldest packet leaves it unsent; it can still be retransmitted, and is counted in
    ``dropped``.
    """

    def __init__(self, sender: RTCRtpSender) -> None:
        self.on_keyframe_request: Callable[[], None] = _nothing
        self.bitrate_limit: int | None = None
        self.opened = asyncio.Event()
        self.dropped = self.packets = self.octets = 0
        self._sender: Any = sender
        self._next_seq = random.getrandbits(15)  # no early wrap: SRTP counts them
        self._timestamp_origin = random.getrandbits(32)
        self._last_seq: int | None = None
        self._queue: deque[RtpPacket] = deque()
        self._wake = asyncio.Event()
        self._payload_type = 0
        sender._run_rtp = self._run  # type: ignore[method-assign]
        sender._send_keyframe = self._keyframe_requested  # type: ignore[method-assign]
        self._set("encoder", _EncoderStandIn(self))

    @property
    def open(self) -> bool:
        return self.opened.is_set()

    @property
    def next_seq(self) -> int:
        """The number the next packet gets unless told otherwise."""
        return self._next_seq

    @property
    def rtt(self) -> float | None:
        """Round-trip time in seconds by the far end's receiver reports."""
        rtt: float | None = self._get("rtt")
        return rtt

    def send(self, payload: bytes, timestamp: int, *, marker: bool = False, seq: int | None = None) -> None:
        """Queue one packet. ``timestamp``: RTP clock units from any origin of the caller's, 32 bits,
        wrapping.
        """
        if not self.open:
            return
        if seq is None:
            seq = self._next_seq
        if seq_delta(seq, self._next_seq) >= 0:
            self._next_seq = (seq + 1) & 0xFFFF
        packet = self._packet(payload, timestamp, marker, seq)
        self._get("rtp_history")[seq % RTP_HISTORY_SIZE] = packet
        if len(self._queue) >= QUEUE_PACKETS:
            self._queue.popleft()
            self.dropped += 1
        self._queue.append(packet)
        self._wake.set()

    def _packet(self, payload: bytes, timestamp: int, marker: bool, seq: int) -> RtpPacket:
        packet = RtpPacket(
            payload_type=self._payload_type,
            marker=int(marker),
            sequence_number=seq,
            timestamp=(timestamp + self._timestamp_origin) & 0xFFFFFFFF,
            ssrc=self._sender._ssrc,
            payload=payload,
        )
        packet.extensions.mid = self._get("mid")
        return packet

    async def _run(self, codec: RTCRtpCodecParameters) -> None:
        assert codec.payloadType is not None  # negotiated
        self._payload_type = codec.payloadType
        self._get("rtp_started").set()
        self.opened.set()
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                while self._queue:
                    await self._transmit(self._queue.popleft())
        except ConnectionError:
            log.debug("stream %08x: connection closed", self._sender._ssrc)
        finally:
            self.opened.clear()
            self._queue.clear()
            self._get("rtp_exited").set()

    async def _transmit(self, packet: RtpPacket) -> None:
        packet.extensions.abs_send_time = (clock.current_ntp_time() >> 14) & 0x00FFFFFF
        extensions: HeaderExtensionsMap = self._get("rtp_header_extensions_map")
        try:
            await self._sender.transport._send_rtp(packet.serialize(extensions))
        except pylibsrtp.Error:
            self.dropped += 1  # too old for the window of SRTP
            return
        self._count(packet)

    def _count(self, packet: RtpPacket) -> None:
        """Keep the numbers that aiortc's sender reports are made of."""
        self.packets += 1
        self.octets += len(packet.payload)
        self._set("packet_count", self.packets)
        self._set("octet_count", self.octets)
        if self._last_seq is None or seq_delta(packet.sequence_number, self._last_seq) > 0:
            self._last_seq = packet.sequence_number
            self._set("ntp_timestamp", clock.current_ntp_time())
            self._set("rtp_timestamp", packet.timestamp)

    def _keyframe_requested(self) -> None:
        self.on_keyframe_request()

    def _get(self, name: str) -> Any:
        return getattr(self._sender, f"_RTCRtpSender__{name}")

    def _set(self, name: str, value: Any) -> None:
        setattr(self._sender, f"_RTCRtpSender__{name}", value)


# --- receiving ----------------------------------------------------------------------------------------------


class _ReceiveLimit:
    """The bandwidth estimate sent to whoever sends video (REMB): generous from the start, cut when
    congestion shows.

    aiortc's own estimate begins with what has arrived after 3 s and grows by 8 % a second: half a minute
    to 720p.
    """

    def __init__(self) -> None:
        self._estimator = RemoteBitrateEstimator()
        self._estimator.rate_control.set_estimate(START_BITRATE, clock.current_ms())

    def add(self, **arrival: int) -> tuple[int, list[int]] | None:
        return self._estimator.add(**arrival)


class RtpIn:
    """One incoming RTP stream: every packet goes to ``on_packet`` as it arrives, with RTX unwrapped.

    It stands where aiortc has its jitter buffer, and starts no decoder thread. ``on_packet`` may raise:
    that is logged, since an exception there would end the whole connection.
    """

    def __init__(self, receiver: RTCRtpReceiver, on_packet: Callable[[Packet], None]) -> None:
        self.ssrc: int | None = None
        self.packets = self.octets = 0
        self._receiver: Any = receiver
        self._on_packet = on_packet
        receiver.receive = self._receive  # type: ignore[method-assign]
        self._set("jitter_buffer", self)
        self._set("nack_generator", None)
        if receiver._RTCRtpReceiver__remote_bitrate_estimator is not None:  # type: ignore[attr-defined]
            self._set("remote_bitrate_estimator", _ReceiveLimit())

    def add(self, rtp: RtpPacket) -> tuple[bool, None]:
        """Called by aiortc in place of its jitter buffer's: (send PLI?, complete frame)."""
        self.ssrc = rtp.ssrc
        self.packets += 1
        self.octets += len(rtp.payload)
        packet = Packet(
            rtp.sequence_number, rtp.timestamp, bool(rtp.marker), rtp.payload, rtp.ssrc, time.monotonic()
        )
        try:
            self._on_packet(packet)
        except Exception:
            log.exception("packet of stream %08x not handled", rtp.ssrc)
        return False, None

    async def request_keyframe(self) -> None:
        """Send a picture loss indication (RFC 4585)."""
        if self.ssrc is not None:
            await self._receiver._send_rtcp_pli(self.ssrc)

    async def request_packets(self, seqs: list[int]) -> None:
        """Ask for lost packets (generic NACK, RFC 4585)."""
        if self.ssrc is not None:
            await self._receiver._send_rtcp_nack(self.ssrc, seqs)

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
        receiver._RTCRtpReceiver__codecs.update((codec.payloadType, codec) for codec in parameters.codecs)
        for encoding in parameters.encodings:
            if encoding.rtx:
                receiver._RTCRtpReceiver__rtx_ssrc[encoding.rtx.ssrc] = encoding.ssrc
        receiver._RTCRtpReceiver__transport._register_rtp_receiver(receiver, parameters)
        self._set("rtcp_task", asyncio.ensure_future(receiver._run_rtcp()))
        self._set("started", True)

    def _set(self, name: str, value: Any) -> None:
        setattr(self._receiver, f"_RTCRtpReceiver__{name}", value)
