"""One sound as it is heard here: its playout buffer, its level, and whether somebody speaks in it."""

from __future__ import annotations

from collections.abc import Callable

from coachdesk.events import Reading
from coachdesk.media.mixer import dbfs
from coachdesk.media.packet import Packet
from coachdesk.media.pcm import Block
from coachdesk.media.playout import Playout
from coachdesk.media.quality import Gauge
from coachdesk.media.speech import SpeechDetector

SILENT_SECONDS = 1.0
"""A sound that was away for so long counts as new when it comes back."""


class Ear:
    """A playout buffer with a meter.

    Attributes:
        on_first_sound: called with the time of the first real sound after a silence of a second.
        on_speaking: called when speech begins (True) or ends (False).
        dbfs: level of the last block.
        speaking: whether somebody speaks.
    """

    def __init__(self) -> None:
        self._playout = Playout()
        self._detector = SpeechDetector()
        self._gauge = Gauge()
        self._last_sound = float("-inf")
        self.speaking = False
        self.dbfs = -120.0
        self.on_first_sound: Callable[[float], None] = lambda time: None
        self.on_speaking: Callable[[bool], None] = lambda on: None

    def put(self, packet: Packet) -> None:
        self._playout.put(packet)

    def pull(self, now: float) -> Block:
        """The next 10 ms, silence if there is nothing."""
        block = self._playout.pull(now)
        self.dbfs = dbfs(block)
        if self._playout.active:
            if now - self._last_sound > SILENT_SECONDS:
                self.on_first_sound(now)
            self._last_sound = now
        speaking = self._detector.push(block)
        if speaking != self.speaking:
            self.speaking = speaking
            self.on_speaking(speaking)
        return block

    def flush(self) -> None:
        """Forgets everything buffered."""
        self._playout.flush()

    def read(self, way_ms: float) -> Reading | None:
        """How good it was since the last call, None when there was nothing; ``way_ms``: one way through the network."""
        return self._gauge.read(self.stats(), way_ms)

    def stats(self) -> dict[str, float]:
        return self._playout.stats.as_dict()
