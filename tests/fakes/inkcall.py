"""A hub of ink and observers' ends of it in one process, with connections that break between them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from coachdesk.inkwire import parse_from_hub
from coachdesk.media.ink.inkhub import InkHub
from coachdesk.media.ink.inkparty import InkParty


class Wire:
    """One connection: what either side sends is with the other at once, until it is cut."""

    def __init__(self) -> None:
        self.cut = False
        self.at_hub, self.at_party = _End(self), _End(self)

    def connect(self, hub: InkHub, party: InkParty, name: str) -> None:
        self.at_hub.deliver = lambda data: party.received(self._peer(self.at_party), data)
        self.at_hub.deliver_live = party.received_live
        self.at_party.deliver = lambda data: hub.received(name, self._peer(self.at_hub), data)
        self.at_party.deliver_live = lambda data: hub.received_live(name, data)
        party.opened(self._peer(self.at_party))

    @staticmethod
    def _peer(end: _End) -> Any:
        return end


class _End:
    """In place of a peer connection and its channels."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self.deliver: Callable[[bytes], None] = lambda data: None
        self.deliver_live: Callable[[bytes], None] = lambda data: None
        self.said: list[bytes] = []

    @property
    def ink(self) -> _End:
        return self

    def send(self, data: bytes) -> bool:
        """What is sent on a cut wire is lost, as it is when a connection dies before anybody knows."""
        self.said.append(data)
        if not self._wire.cut:
            self.deliver(data)
        return True

    def send_live(self, data: bytes) -> bool:
        if not self._wire.cut:
            self.deliver_live(data)
        return True

    def kinds(self) -> list[str]:
        """Of what the hub said, in order."""
        return [str(type(parse_from_hub(data)).__struct_config__.tag) for data in self.said]
