"""A channel of stills without a network: what is sent on it is kept."""

from __future__ import annotations

from coachdesk.inkwire import Message
from coachdesk.stillwire import Whole


class FakeStills:
    """Attributes:
    told: every message sent. got: every still.
    """

    def __init__(self) -> None:
        self.told: list[Message] = []
        self.got: list[Whole] = []

    def send(self, message: Message) -> bool:
        self.told.append(message)
        return True

    def send_still(self, still: Whole) -> None:
        self.got.append(still)
