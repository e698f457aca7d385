"""How the agent sounds at the customer: the browser counts, and tells on the control channel. Pure."""

from __future__ import annotations

import logging
from typing import Annotated

import msgspec

from coachdesk.events import Reading
from coachdesk.media.quality import Gauge

log = logging.getLogger(__name__)

Count = Annotated[float, msgspec.Meta(ge=0, le=1e12)]
Milliseconds = Annotated[float, msgspec.Meta(ge=0, le=60_000)]


class Heard(msgspec.Struct, forbid_unknown_fields=True):
    """What a browser's playout buffer did (W3C webrtc-stats, ``inbound-rtp``): counts since the start, the rest at present.

    ``received``, ``lost``: packets. ``played``, ``concealed``: 10 ms of sound. As in ``PlayoutStats``.
    """

    received: Count
    lost: Count
    played: Count
    concealed: Count
    jitter_ms: Milliseconds
    delay_ms: Milliseconds


class FarEar:
    """The newest of what one browser has told; nothing it says is trusted further than to show it."""

    def __init__(self) -> None:
        self._gauge = Gauge()
        self._heard: Heard | None = None

    def put(self, message: bytes) -> None:
        """A message of the customer's page. What is no ``Heard`` is ignored."""
        try:
            self._heard = msgspec.json.decode(message, type=Heard)
        except msgspec.DecodeError as error:
            log.debug("message of the customer's page ignored: %s", error)

    def read(self, way_ms: float) -> Reading | None:
        """Since the last call; None when nothing new was told. ``way_ms``: one way through the network."""
        heard, self._heard = self._heard, None
        return self._gauge.read(msgspec.structs.asdict(heard), way_ms) if heard is not None else None
