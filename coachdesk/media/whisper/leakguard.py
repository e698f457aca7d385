"""Closes the whisper where the agent's microphone picks it up, so that the customer never hears it. Pure.

What counts is the mic as the customer would get it, after echo cancellation. The rule:

- it closes when a leak is certain (``LeakMeter``), at least ``CLOSE_DB`` relative to the whisper, and at least
  ``AUDIBLE_DBFS`` at the customer;
- it never opens by itself: with the whisper closed nothing can be measured. The agent says that the cause is gone
  (a headset), coaches have to ask for the whisper anew, and it is measured from nothing;
- it holds from call to call.
"""

from __future__ import annotations

from coachdesk.media.pcm import Block
from coachdesk.media.whisper.leakmeter import Leak, LeakMeter

CLOSE_DB = -43.0
"""A leak of -40 dB is one for certain: the level is measured to within 3 dB."""
AUDIBLE_DBFS = -75.0
"""Softer than this at the customer, it is below the noise of any line."""


class LeakGuard:
    """Attributes:
    closed: no private sound may be played at present.
    leak: the last reading; it has a level only while a leak is certain.
    """

    def __init__(self) -> None:
        self._meter = LeakMeter()
        self.closed = False
        self.leak = Leak()

    def observe(self, private: Block, mic: Block) -> bool:
        """10 ms of what was played in private and of what the customer gets of the mic; whether it closed just now."""
        if self.closed or not self._meter.push(private, mic):
            return False
        found = self._meter.leak
        self.leak = found if found.sure else Leak(sigmas=found.sigmas)
        self.closed = self.leak.db >= CLOSE_DB and self.leak.dbfs >= AUDIBLE_DBFS
        return self.closed

    def reopen(self) -> None:
        """The agent says that the cause is gone."""
        self._meter.reset()
        self.closed = False
        self.leak = Leak()
