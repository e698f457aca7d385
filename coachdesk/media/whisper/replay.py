"""The last whispers once more, for the ears they were meant for. Pure.

What is kept are ``Private`` blocks, which the customer's uplink does not accept.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection

from coachdesk.media.mixer import DUCK_ABOVE_DBFS, Private, dbfs
from coachdesk.media.pcm import SILENCE

KEPT_BLOCKS = 1000
"""10 s of whispers."""
PAUSE_BLOCKS = 50
"""Longer pauses between words are kept as half a second."""


class Replay:
    """Keeps what was whispered last, and plays it again when asked. Emptied by ``clear`` alone.

    Attributes:
        playing: whether it plays.
    """

    def __init__(self) -> None:
        self._kept: deque[Private] = deque(maxlen=KEPT_BLOCKS)
        self._left: deque[Private] = deque()
        self._pause: deque[Private] = deque(maxlen=PAUSE_BLOCKS)

    @property
    def playing(self) -> bool:
        return bool(self._left)

    def start(self) -> bool:
        """Plays from the beginning of what is kept; False when that is nothing."""
        self._left = deque(self._kept)
        return self.playing

    def next(self, whispers: Collection[Private]) -> Private | None:
        """Takes the 10 ms whispered now; the next 10 ms to hear again, if any. A new whisper ends the old one's replay."""
        if whispers:
            self._keep(Private(sum((each.block for each in whispers), SILENCE)))
        return self._left.popleft() if self._left else None

    def clear(self) -> None:
        self._kept.clear()
        self._left.clear()
        self._pause.clear()

    def _keep(self, whisper: Private) -> None:
        if dbfs(whisper.block) <= DUCK_ABOVE_DBFS:
            self._pause.append(whisper)
            return
        self._left.clear()
        if self._kept:
            self._kept.extend(self._pause)
        self._pause.clear()
        self._kept.append(whisper)
