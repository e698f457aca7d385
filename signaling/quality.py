"""How good the sounds of calls are, as the endpoints that hear them report it. Pure."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from signaling.policy import Role

Mos = Annotated[float, Meta(ge=1, le=4.5)]
"""Mean opinion score on the scale of the E-model, ITU-T G.107."""
MAX_DELAY_MS = 60_000.0
MAX_READINGS = 100
"""Of one sound in one report; endpoints take one in two seconds and report every ten."""


class Sound(StrEnum):
    """Whose sound a report is about; ``agent_at_customer`` is what the customer's browser tells the agent's endpoint."""

    CUSTOMER = "customer"
    AGENT = "agent"
    COACH = "coach"
    AGENT_AT_CUSTOMER = "agent_at_customer"


class Score(Struct, frozen=True, forbid_unknown_fields=True):
    """How one sound was, since the report before: means of so many ``readings``, and the worst score of them.

    ``delay_ms``: one way, from mouth to ear. ``loss``, ``concealed``: shares, of the packets and of the sound.
    """

    readings: Annotated[int, Meta(ge=1, le=MAX_READINGS)]
    mos: Mos
    mos_worst: Mos
    delay_ms: Annotated[float, Meta(ge=0, le=MAX_DELAY_MS)]
    loss: Annotated[float, Meta(ge=0, le=1)]
    concealed: Annotated[float, Meta(ge=0, le=1)]


class Tally(Struct, kw_only=True):
    """The scores of a call so far, of the sound of one role at one role."""

    source: str
    listener: str
    readings: int = 0
    mos_mean: float = 0.0
    mos_worst: float = 4.5

    def add(self, score: Score) -> None:
        self.readings += score.readings
        self.mos_mean += (score.mos - self.mos_mean) * score.readings / self.readings
        self.mos_worst = min(self.mos_worst, score.mos_worst)


def ends(sound: Sound, reporter: Role) -> tuple[str, str] | None:
    """Source and listener of a sound that an endpoint of this role reports; None for one it does not hear."""
    if sound is Sound.AGENT_AT_CUSTOMER:
        return ("agent", "customer") if reporter is Role.AGENT else None
    if sound is Sound.AGENT and reporter is Role.AGENT:
        return None
    return sound.value, reporter.value


def count(tallies: list[Tally], source: str, listener: str, score: Score) -> None:
    """Adds a score to the tally it belongs to, a new one if need be: one for each pair of roles at most."""
    for tally in tallies:
        if (tally.source, tally.listener) == (source, listener):
            break
    else:
        tally = Tally(source=source, listener=listener)
        tallies.append(tally)
    tally.add(score)
