"""Whether somebody speaks, from levels alone: enough to show a name, not to cut a recording. Pure."""

from __future__ import annotations

ON_DBFS = -45.0
"""Speech at a headset has -35 to -15 dBFS; breath and room stay below -50."""
OFF_DBFS = -50.0
ATTACK_BLOCKS = 3
"""30 ms above the threshold, so that a click is no speech."""
HANGOVER_BLOCKS = 40
"""400 ms below it, so that a pause between words is no end."""


class SpeechDetector:
    """Fed the level of every 10 ms block."""

    def __init__(self) -> None:
        self._speaking = False
        self._run = 0

    def push(self, dbfs: float) -> bool:
        """Whether there is speech after a block of this level."""
        against = dbfs < OFF_DBFS if self._speaking else dbfs >= ON_DBFS
        self._run = self._run + 1 if against else 0
        if self._run >= (HANGOVER_BLOCKS if self._speaking else ATTACK_BLOCKS):
            self._speaking = not self._speaking
            self._run = 0
        return self._speaking
