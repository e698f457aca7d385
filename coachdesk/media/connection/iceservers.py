"""Which STUN and TURN servers aiortc is given: it uses one of each. Pure but for aiortc's own type."""

from __future__ import annotations

import logging

from aiortc import RTCIceServer
from aiortc.rtcicetransport import parse_stun_turn_uri

from signaling.protocol import IceServer

log = logging.getLogger(__name__)


def aiortc_servers(servers: list[IceServer]) -> list[RTCIceServer]:
    """One STUN server, and one TURN server (over UDP if there is such a one, then TCP, then TLS). Bad URLs
    are left out.

    ``stuns:`` is not spoken by aiortc. The list may be empty, which for aiortc is not the same as none given.
    """
    offered = [(_rank(url), url, server) for server in servers for url in server.urls]
    stun = [entry for entry in offered if entry[0] == 0]
    turn = sorted((entry for entry in offered if entry[0] > 0), key=lambda entry: entry[0])
    return [
        RTCIceServer(urls=url, username=server.username or None, credential=server.credential or None)
        for _, url, server in (*stun[:1], *turn[:1])
    ]


def _rank(url: str) -> int:
    """0: STUN; 1, 2, 3: TURN, the quickest first; -1: of no use."""
    try:
        parsed = parse_stun_turn_uri(url)
    except ValueError:
        log.warning("ICE server URL %r is malformed and left out", url)
        return -1
    kind = (parsed["scheme"], parsed.get("transport"))
    return {
        ("stun", None): 0,
        ("turn", "udp"): 1,
        ("turn", "tcp"): 2,
        ("turns", "tcp"): 3,
    }.get(kind, -1)
