"""Where private parts of aiortc's and aioice's connections are touched (``contract`` checks that they are what we rely on).

aiortc does ICE, DTLS, SRTP, SCTP, SDP and RTCP (reports, answering NACKs from its history, RTX). Its tracks, encoders,
decoders and jitter buffers are bypassed: `RtpOut` is a sender's loop of our own, `RtpIn` a receiver's tap.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable
from typing import Any

from aiortc import InvalidStateError, RTCPeerConnection

from coachdesk.media.connection.codecs import use_our_codecs
from coachdesk.media.connection.consent import Consent
from coachdesk.media.connection.contract import check


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
