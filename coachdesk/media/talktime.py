"""How long each party of a call has spoken, how long several at once, and how long nobody. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from coachdesk.media.pcm import BLOCK_SECONDS


class TalkTime:
    """Fed every 10 ms with who speaks.

    Attributes:
        seconds: by party, how long they have spoken.
        together: how long two or more spoke at once.
        silence: how long nobody spoke, in all.
        quiet_for: how long nobody has spoken by now; 0 while somebody does.
    """

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.together = self.silence = self.quiet_for = 0.0

    def push(self, speaking: Iterable[str]) -> None:
        """10 ms in which these parties spoke."""
        parties = set(speaking)
        for party in parties:
            self.seconds[party] = self.seconds.get(party, 0.0) + BLOCK_SECONDS
        if len(parties) > 1:
            self.together += BLOCK_SECONDS
        if parties:
            self.quiet_for = 0.0
        else:
            self.silence += BLOCK_SECONDS
            self.quiet_for += BLOCK_SECONDS
