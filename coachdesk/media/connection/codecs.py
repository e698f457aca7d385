"""What is offered of codecs: Opus with FEC, NACK and redundancy, and VP8; aiortc keeps this in module constants."""

from __future__ import annotations

from typing import Any

from aiortc import RTCRtpSender
from aiortc.codecs import CODECS
from aiortc.rtcrtpparameters import RTCRtcpFeedback, RTCRtpCodecParameters

RED_PAYLOAD_TYPE = 110


def use_our_codecs() -> None:
    """To be called once per process."""
    for codec in CODECS["audio"]:
        if codec.name == "opus":
            codec.parameters = {"minptime": 10, "useinbandfec": 1, "stereo": 0, "usedtx": 0}
            codec.rtcpFeedback = [RTCRtcpFeedback(type="nack")]  # Chromium goes by the offer alone
            CODECS["audio"].append(_redundant(codec))
    for codec in CODECS["video"]:
        if codec.name == "VP8":
            # Chromium begins at 300 kbit/s unless told; the other browsers ignore this.
            codec.parameters = {"x-google-start-bitrate": 1000}


def _redundant(codec: RTCRtpCodecParameters) -> RTCRtpCodecParameters:
    """RFC 2198 redundancy for ``codec``."""
    return RTCRtpCodecParameters(
        mimeType="audio/red",
        clockRate=codec.clockRate,
        channels=codec.channels,
        payloadType=RED_PAYLOAD_TYPE,
        parameters={f"{codec.payloadType}/{codec.payloadType}": None},
    )


def preferred_codecs(kind: str) -> list[Any]:
    """The capabilities to negotiate, best first: Opus with RED, or VP8 with RTX."""
    wanted = {"audio": ("opus", "red"), "video": ("vp8", "rtx")}[kind]
    return [codec for codec in RTCRtpSender.getCapabilities(kind).codecs if codec.name.lower() in wanted]


def payload_type(codecs: list[RTCRtpCodecParameters], name: str) -> int | None:
    """Of those that were negotiated; None: ``name``, in small letters, was not."""
    return next((codec.payloadType for codec in codecs if codec.name.lower() == name), None)
