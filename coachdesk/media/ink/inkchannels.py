"""The two data channels of ink on one peer connection, which both sides make beforehand; see docs/ink.md."""

from __future__ import annotations

import logging
from collections.abc import Callable

from aiortc import RTCDataChannel, RTCPeerConnection

from coachdesk.inkwire import LIVE, LIVE_ID, RELIABLE, RELIABLE_ID

MAX_WAITING_BYTES = 128 * 1024
"""What may wait on the reliable channel; more is for the caller to send later."""
MAX_LIVE_WAITING_BYTES = 16 * 1024
"""What is live and waits for longer would come too late."""

log = logging.getLogger(__name__)


class InkChannels:
    """Made with the peer connection, open when that is connected.

    Attributes:
        on_open: called when the reliable channel opens.
        on_reliable, on_live: called with each message.
        dropped: live messages that were not sent because too much waits.
    """

    def __init__(self, pc: RTCPeerConnection) -> None:
        self.on_open: Callable[[], None] = lambda: None
        self.on_reliable: Callable[[bytes], None] = lambda data: None
        self.on_live: Callable[[bytes], None] = lambda data: None
        self.dropped = 0
        self._reliable = pc.createDataChannel(RELIABLE, negotiated=True, id=RELIABLE_ID)
        self._live = pc.createDataChannel(LIVE, negotiated=True, id=LIVE_ID, ordered=False, maxRetransmits=0)
        self._reliable.on("open", lambda: self.on_open())
        self._reliable.on("message", lambda data: self._received(self.on_reliable, data))
        self._live.on("message", lambda data: self._received(self.on_live, data))

    def send(self, data: bytes) -> bool:
        """Reliably; False if it is not sent, because the channel is not open or too much waits already."""
        return _send(self._reliable, data, MAX_WAITING_BYTES)

    def send_live(self, data: bytes) -> bool:
        """Now or never."""
        sent = _send(self._live, data, MAX_LIVE_WAITING_BYTES)
        self.dropped += not sent
        return sent

    def _received(self, handle: Callable[[bytes], None], data: str | bytes) -> None:
        """An exception would end the whole connection."""
        try:
            handle(data.encode() if isinstance(data, str) else data)
        except Exception:
            log.exception("message of ink not handled")


def _send(channel: RTCDataChannel, data: bytes, most: int) -> bool:
    if channel.readyState != "open" or channel.bufferedAmount > most:
        return False
    channel.send(data.decode())
    return True
