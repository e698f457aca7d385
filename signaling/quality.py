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


MAX_MINUTES = 24 * 60
"""Of a call, of which the course is on record."""


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


class Minute(Struct, kw_only=True):
    """One minute of a call, counted from 0: means of so many ``readings``, and the worst score of them."""

    minute: int
    readings: int = 0
    mos_mean: float = 0.0
    mos_worst: float = 4.5
    delay_ms: float = 0.0
    loss: float = 0.0
    concealed: float = 0.0

    def add(self, score: Score) -> None:
        self.readings += score.readings
        share = score.readings / self.readings
        self.mos_mean += (score.mos - self.mos_mean) * share
        self.mos_worst = min(self.mos_worst, score.mos_worst)
        self.delay_ms += (score.delay_ms - self.delay_ms) * share
        self.loss += (score.loss - self.loss) * share
        self.concealed += (score.concealed - self.concealed) * share


class Tally(Struct, kw_only=True):
    """The scores of a call so far, of the sound of one role at one role; ``present``: the minute that is not over yet."""

    source: str
    listener: str
    readings: int = 0
    mos_mean: float = 0.0
    mos_worst: float = 4.5
    present: Minute | None = None

    def add(self, score: Score, minute: int) -> Minute | None:
        """Takes up a score of that minute of the call; the minute that is over by it, if one is."""
        self.readings += score.readings
        self.mos_mean += (score.mos - self.mos_mean) * score.readings / self.readings
        self.mos_worst = min(self.mos_worst, score.mos_worst)
        over = None
        if self.present is None or self.present.minute != minute:
            over, self.present = self.present, Minute(minute=minute)
        self.present.add(score)
        return over


def ends(sound: Sound, reporter: Role) -> tuple[str, str] | None:
    """Source and listener of a sound that an endpoint of this role reports; None for one it does not hear."""
    if sound is Sound.AGENT_AT_CUSTOMER:
        return ("agent", "customer") if reporter is Role.AGENT else None
    if sound is Sound.AGENT and reporter is Role.AGENT:
        return None
    return sound.value, reporter.value


def tally_of(tallies: list[Tally], source: str, listener: str) -> Tally:
    """The one that is for these, a new one if need be: one for each pair of roles at most."""
    for tally in tallies:
        if (tally.source, tally.listener) == (source, listener):
            return tally
    tallies.append(Tally(source=source, listener=listener))
    return tallies[-1]
