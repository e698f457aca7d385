"""The data channel `control` of one peer connection: small messages beside sound and picture. None is lost while it opens.

Both sides make it beforehand (`negotiated`). Announced in-band (RFC 8832), Chromium calls it open before it can send, and
loses what its page says first in one connection of twenty.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable

from aiortc import RTCPeerConnection

log = logging.getLogger(__name__)

LABEL, ID = "control", 99
MAX_PENDING_MESSAGES = 64
MAX_MESSAGE_BYTES = 64 * 1024
MAX_BUFFERED_BYTES = 1 << 20


class ControlChannel:
    """Made with the peer connection, open when that is connected; what is sent before waits.

    Attributes:
        on_message: called with each message.
    """

    def __init__(self, pc: RTCPeerConnection) -> None:
        self.on_message: Callable[[bytes], None] = lambda data: None
        self._unsent: deque[bytes] = deque(maxlen=MAX_PENDING_MESSAGES)
        self._channel = pc.createDataChannel(LABEL, negotiated=True, id=ID)
        self._channel.on("open", self._opened)
        self._channel.on("message", self._received)

    def send(self, data: bytes) -> None:
        """Send, or keep it (the last 64) until the channel opens."""
        if self._channel.readyState == "connecting":
            self._unsent.append(data)
        elif self._channel.readyState != "open" or self._channel.bufferedAmount > MAX_BUFFERED_BYTES:
            log.warning("control message of %d bytes dropped: the channel is closed or full", len(data))
        else:
            self._channel.send(data)

    def _opened(self) -> None:
        unsent, self._unsent = list(self._unsent), deque(maxlen=MAX_PENDING_MESSAGES)
        for data in unsent:
            self.send(data)

    def _received(self, message: str | bytes) -> None:
        data = message.encode() if isinstance(message, str) else message
        if len(data) > MAX_MESSAGE_BYTES:
            log.warning("control message of %d bytes dropped: more than %d", len(data), MAX_MESSAGE_BYTES)
            return
        try:
            self.on_message(data)
        except Exception:
            log.exception("control message not handled")
