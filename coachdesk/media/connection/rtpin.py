"""One incoming RTP stream, by a tap in place of the jitter buffer of aiortc's receiver, whose private parts it touches."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any

from aiortc import RTCRtpReceiver
from aiortc.rtcrtpparameters import RTCRtpReceiveParameters
from aiortc.rtp import RtcpSrPacket, RtpPacket

from coachdesk.media.capturetime import CaptureTime
from coachdesk.media.connection.codecs import payload_type
from coachdesk.media.connection.receivelimit import Limit, ReceiveLimit
from coachdesk.media.connection.red import RedInlet
from coachdesk.media.packet import Packet

log = logging.getLogger(__name__)


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
        self._types = {name: payload_type(parameters.codecs, name) for name in ("opus", "red")}
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
