"""How long each party of a call has spoken, how long several at once, and how long nobody. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import msgspec

from coachdesk.media.pcm import BLOCK_SECONDS

Seconds = Annotated[float, msgspec.Meta(ge=0, le=1e6)]
MOST_PARTIES = 32


class Talk(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is told of it; fields as in ``TalkTime``."""

    seconds: Annotated[dict[str, Seconds], msgspec.Meta(max_length=MOST_PARTIES)]
    together: Seconds
    silence: Seconds
    quiet_for: Seconds


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

    def read(self) -> Talk:
        """How it stands, to a tenth of a second."""
        seconds = {party: round(each, 1) for party, each in self.seconds.items()}
        return Talk(seconds, round(self.together, 1), round(self.silence, 1), round(self.quiet_for, 1))
