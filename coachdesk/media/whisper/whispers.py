"""What the agent alone hears: whispers, unless the customer could hear them too, and the last one again on demand."""

from __future__ import annotations

from collections.abc import Callable

from coachdesk.media.mixer import Block, Private
from coachdesk.media.pcm import SILENCE
from coachdesk.media.whisper.leakguard import LeakGuard
from coachdesk.media.whisper.replay import Replay

REPLAY = "replay"
"""The source name of a whisper that is heard again."""


class Whispers:
    """Between the coaches' ears and the headset, block by block.

    Attributes:
        on_replay: called when the last whisper begins (True) or ceases (False) to be heard again.
        on_closed: called when the guard closes the whisper.
    """

    def __init__(self, guard: LeakGuard) -> None:
        self._guard = guard
        self._replay = Replay()
        self.on_replay: Callable[[bool], None] = lambda on: None
        self.on_closed: Callable[[], None] = lambda: None

    @property
    def closed(self) -> bool:
        """The microphone picks up what is whispered; none of it is played."""
        return self._guard.closed

    def replay(self) -> bool:
        """Plays the last whispers again; False when there are none, or none may be heard."""
        started = not self._guard.closed and self._replay.start()
        if started:
            self.on_replay(True)
        return started

    def next(self, private: dict[str, Private], mic: Block) -> dict[str, Private]:
        """What may be played of ``private``, and the whisper that is heard again among it; ``mic``: in these 10 ms."""
        return self._guarded(self._replayed(private), mic)

    def clear(self) -> None:
        self._replay.clear()

    def _replayed(self, private: dict[str, Private]) -> dict[str, Private]:
        playing = self._replay.playing
        again = self._replay.next(private.values() if not self._guard.closed else [])
        if playing and not self._replay.playing:
            self.on_replay(False)
        return private | {REPLAY: again} if again is not None else private

    def _guarded(self, private: dict[str, Private], mic: Block) -> dict[str, Private]:
        """Nothing, once the customer could hear it through the mic."""
        if self._guard.observe(sum((each.block for each in private.values()), SILENCE), mic):
            self.on_closed()
        return {} if self._guard.closed else private
