"""What we rely on of aiortc's and aioice's private parts, checked at start-up: a release that changed them is refused by
name instead of failing in a call.
"""

from __future__ import annotations

import inspect
from typing import Any, NamedTuple

import aioice.ice
import aiortc
from aiortc import RTCPeerConnection, RTCRtpReceiver, RTCRtpSender
from aiortc.rate import RemoteBitrateEstimator
from aiortc.rtcdtlstransport import RTCDtlsTransport
from aiortc.rtcicetransport import RTCIceGatherer
from aiortc.rtcsctptransport import RTCSctpTransport

KNOWN_GOOD = "aiortc 1.16 with aioice 0.13"


class CompatError(Exception):
    """The installed aiortc or aioice is not built as ``compat``, ``rtpin`` and ``rtpout`` expect."""


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
            *("octet_count", "packet_count", "lsr", "lsr_time"),
        ),
    ),
    Uses(RTCRtpSender, "send", ("self", "parameters"), ("_run_rtp",)),
    Uses(RTCRtpSender, "_run_rtp", ("self", "codec")),
    Uses(RTCRtpSender, "_send_keyframe", ("self",)),
    Uses(RTCRtpSender, "_run_rtcp", ("self",), ("_send_rtcp", *_mangled(RTCRtpSender, "lsr", "lsr_time"))),
    Uses(RTCRtpSender, "_send_rtcp", ("self", "packets")),
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
            *("codecs", "rtx_ssrc", "jitter_buffer", "kind", "nack_generator", "remote_bitrate_estimator"),
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
    Uses(RTCRtpReceiver, "_handle_rtcp_packet", ("self", "packet")),
    Uses(RTCRtpReceiver, "_send_rtcp_pli", ("self", "media_ssrc")),
    Uses(RTCRtpReceiver, "_send_rtcp_nack", ("self", "media_ssrc", "lost")),
    Uses(RTCDtlsTransport, "_register_rtp_receiver", ("self", "receiver", "parameters")),
    Uses(RTCDtlsTransport, "_send_rtp", ("self", "data")),
    Uses(RTCDtlsTransport, "_handle_rtcp_data", ("self", "data"), ("_handle_rtcp_packet",)),
    Uses(RTCSctpTransport, "_handle_data", ("self", "data")),
    Uses(RTCDtlsTransport, "_recv_next", ("self",), ("_data_receiver", "_handle_data")),
    Uses(RemoteBitrateEstimator, "__init__", names=("rate_control",)),
    Uses(RemoteBitrateEstimator, "add", ("self", "arrival_time_ms", "abs_send_time", "payload_size", "ssrc")),
    Uses(RTCPeerConnection, "setLocalDescription", names=_mangled(RTCPeerConnection, "connect")),
    Uses(RTCPeerConnection, "setRemoteDescription", names=_mangled(RTCPeerConnection, "connect")),
    Uses(RTCIceGatherer, "__init__", names=("_connection",)),
    Uses(aioice.ice.Connection, "get_component_candidates", ("self", "component", "addresses", "timeout")),
    Uses(aioice.ice.Connection, "close", ("self",), ("_closing",)),
    Uses(aioice.ice.Connection, "gather_candidates", ("self",), ("get_component_candidates",)),
    Uses(aioice.ice.Connection, "connect", ("self",), ("query_consent",)),
    Uses(
        aioice.ice.Connection,
        "query_consent",
        ("self",),
        ("_nominated", "build_request", "_query_consent_task", "remote_password", "close"),
    ),
    Uses(aioice.ice.Connection, "data_received", ("self", "data", "component")),
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
