"""How the agent sounds at the customer: the browser counts, and tells on the control channel. Pure."""

from __future__ import annotations

import logging
from typing import Annotated

import msgspec

from coachdesk.events import Reading
from coachdesk.media.capturetime import REPORTS_SECONDS
from coachdesk.media.jitter.lateness import SlidingMinimum
from coachdesk.media.quality import Gauge

SURPLUS_MS = 5.0
"""Half a block: a buffer that holds so much more than it aims at can do without one."""

log = logging.getLogger(__name__)

Count = Annotated[float, msgspec.Meta(ge=0, le=1e12)]
Milliseconds = Annotated[float, msgspec.Meta(ge=0, le=60_000)]


class Heard(msgspec.Struct, forbid_unknown_fields=True):
    """What a browser's playout buffer did (W3C webrtc-stats, ``inbound-rtp``): counts since the start, the rest at present.

    ``received``, ``lost``: packets. ``played``, ``concealed``: 10 ms of sound. As in ``PlayoutStats``. ``late_ms``: by how
    much the newest sender report was longer under way than the fastest one of the last minute. ``target_ms``: what the
    browser wants ``delay_ms`` to be. None: not known.
    """

    received: Count
    lost: Count
    played: Count
    concealed: Count
    jitter_ms: Milliseconds
    delay_ms: Milliseconds
    late_ms: Milliseconds | None = None
    target_ms: Milliseconds | None = None


class FarEar:
    """The newest of what one browser has told; it is trusted no further than to be shown, and to shorten pauses by."""

    def __init__(self) -> None:
        self._gauge = Gauge()
        self._heard: Heard | None = None
        self._ways = SlidingMinimum(REPORTS_SECONDS)

    def put(self, message: bytes) -> None:
        """A message of the customer's page. What is no ``Heard`` is ignored."""
        try:
            self._heard = msgspec.json.decode(message, type=Heard)
        except msgspec.DecodeError as error:
            log.debug("message of the customer's page ignored: %s", error)

    @property
    def holds_too_much(self) -> bool:
        """Whether the browser can do with a block less of silence, by what it told last."""
        heard = self._heard
        return (
            heard is not None
            and heard.target_ms is not None
            and heard.delay_ms >= heard.target_ms + SURPLUS_MS
        )

    def read(self, way_ms: float, now: float) -> Reading | None:
        """Since the last call; None when nothing new was told. ``way_ms``: half of the present round trip. ``now``: seconds.

        As in ``capturetime.py``, the fastest report's way is half of the shortest round trip, and the others' is that much
        longer; so a queue on the way back is no delay of what is heard.
        """
        self._ways.add(way_ms, now)
        heard, self._heard = self._heard, None
        if heard is None:
            return None
        stats = msgspec.structs.asdict(heard)
        late = stats.pop("late_ms")
        return self._gauge.read(stats, way_ms if late is None else (self._ways.value or 0.0) + late)
