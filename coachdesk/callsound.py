"""What an agent is told of the sound on their call besides hearing it: who has spoken how long, and of leaks."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from coachdesk import events
from coachdesk.media.pcm import Block
from coachdesk.media.speech import SpeechDetector
from coachdesk.media.talktime import Talk, TalkTime
from coachdesk.media.whisper.leakguard import LeakGuard

TALK_TICKS = 500
"""Ticks between two readings of who has spoken how long: 5 s."""
LEAK_TICKS = 50
"""Ticks between two ``leak`` events that tell of nothing but the level: half a second."""
LEAKS = (
    "Your microphone picks up the coach's whisper, so the customer would hear it; whispering is off. "
    "Put on a headset, then allow it again."
)


class CallSound:
    """Fed every 10 ms of a call; what ``guard`` finds is told by ``emit``, as ``leak`` events."""

    def __init__(self, guard: LeakGuard, emit: Callable[[events.AnyEvent], None]) -> None:
        self._guard, self._emit = guard, emit
        self._leak = events.Leak(closed=False)
        self._talk = TalkTime()
        self._own_speech = SpeechDetector()
        self._ticks = 0

    def begin(self) -> None:
        """Another call: nobody has spoken on it yet."""
        self._talk = TalkTime()

    def tick(self, mic: Block, speaking: Iterable[str]) -> Talk | None:
        """10 ms of the agent's microphone, and who else speaks, whispers aside; the reading when it is due."""
        self._ticks += 1
        own = ["agent"] if self._own_speech.push(mic) else []
        self._talk.push([*speaking, *own])
        if self._guard.closed is not self._leak.closed or self._ticks % LEAK_TICKS == 0:
            self.tell_leak()
        return self._talk.read() if self._ticks % TALK_TICKS == 0 else None

    def tell_leak(self) -> None:
        """Tells of the leak guard what has changed; levels to the decibel."""
        leak, closed = self._guard.leak, self._guard.closed
        told = events.Leak(
            closed=closed,
            level_db=float(round(leak.db)),
            at_customer_dbfs=float(round(leak.dbfs)),
            message=LEAKS if closed else "",
        )
        if told != self._leak:
            self._leak = told
            self._emit(told)
