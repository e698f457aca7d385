"""Who speaks on a call at present, by voice activity: steady noise moves a meter, too, but is nobody."""

from __future__ import annotations

from coachdesk import events
from coachdesk.ui.sound_wording import coaches_level

NOTHING_DBFS = -120.0
FAINT_DBFS = -60.0
"""Who is told to speak and is softer than this has gone in the middle of a word, or been silenced."""


class Speakers:
    """Part of the presenter of a role, which hands on what the endpoint tells.

    Attributes:
        levels: dBFS by source, as told last.
    """

    def __init__(self) -> None:
        self.levels: dict[str, float] = {}
        self._speaking: set[tuple[str, str]] = set()

    def handle(self, event: events.AnyEvent) -> None:
        match event:
            case events.Levels(levels=levels):
                self.levels = levels
            case events.Speaking(party=party, lane=lane, on=True):
                self._speaking.add((party, lane))
            case events.Speaking(party=party, lane=lane):
                self._speaking.discard((party, lane))
            case events.Ended() | events.Left():
                self.clear()

    def clear(self) -> None:
        self.levels = {}
        self._speaking.clear()

    def level(self, channel: str) -> float:
        """dBFS of ``customer``, ``agent`` or ``coaches``."""
        return coaches_level(self.levels) if channel == "coaches" else self.levels.get(channel, NOTHING_DBFS)

    def speaks(self, channel: str) -> bool:
        """Whether somebody of that channel speaks."""
        parties = {party for party, _ in self._speaking}
        told = parties - {"customer", "agent"} if channel == "coaches" else parties & {channel}
        return bool(told) and self.level(channel) > FAINT_DBFS
