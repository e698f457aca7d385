"""The control channel without a network: what is sent on it is kept, what comes in the test says."""

from __future__ import annotations

from collections.abc import Callable


class FakeControl:
    """Attributes:
    sent: every message sent, in order.
    """

    def __init__(self) -> None:
        self.on_message: Callable[[bytes], None] = lambda data: None
        self.sent: list[bytes] = []

    def send(self, data: bytes) -> None:
        self.sent.append(data)
