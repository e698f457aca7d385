"""Channels of ink without a network: what is sent on them is kept, what comes in the test says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec


class FakeInk:
    """Attributes:
    sent, sent_live: every message sent, in order.
    room: how many more messages ``send`` takes.
    """

    def __init__(self) -> None:
        self.on_open: Callable[[], None] = lambda: None
        self.on_reliable: Callable[[bytes], None] = lambda data: None
        self.on_live: Callable[[bytes], None] = lambda data: None
        self.sent: list[dict[str, Any]] = []
        self.sent_live: list[dict[str, Any]] = []
        self.room = 1 << 30
        self.dropped = 0

    def send(self, data: bytes) -> bool:
        if self.room <= 0:
            return False
        self.room -= 1
        self.sent.append(msgspec.json.decode(data))
        return True

    def send_live(self, data: bytes) -> bool:
        self.sent_live.append(msgspec.json.decode(data))
        return True
