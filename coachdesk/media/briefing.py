"""What the hub and an observer say on the control channel, and which coach sits in which audio slot. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal

import msgspec

from coachdesk.events import Reading, Sharer, ShareState
from coachdesk.media.history import Past
from coachdesk.media.picture.thinning import Quality
from coachdesk.media.talktime import Talk
from coachdesk.screenwire import Size
from signaling.protocol import MAX_COACHES

AT_CUSTOMER = "at_customer"
"""The source of sound whose reading is of what the customer hears, wherever it is told."""

Mos = Annotated[float, msgspec.Meta(ge=1, le=5)]
Milliseconds = Annotated[float, msgspec.Meta(ge=0, le=120_000)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]


class FarReading(Reading, frozen=True, forbid_unknown_fields=True):
    """A reading as another endpoint tells it, within the ranges of one."""

    mos: Mos
    delay_ms: Milliseconds
    playout_ms: Milliseconds
    jitter_ms: Milliseconds
    loss: Share
    concealed: Share


class Briefing(msgspec.Struct, omit_defaults=True):
    """One message of the hub: how things are with the call, or else what was heard before, who has talked,
    or how it sounds at the customer.

    Attributes:
        slots: which coach is heard on which stream, such as ``coach0``; None in a message about something else.
        whisper_closed: nobody may whisper.
        picture: how much of the customer's picture this line gets.
        screen: whether a screen is shown, or blanked; screen_of: whose. also: who shares another, not shown for now.
        screen_size: how large the whole of that screen is, in pixels, however many of them are sent; None: not known.
        wanted: how large the screen that this observer shares is seen by others; None: not known.
        at_customer: how the customer's browser says what it is sent sounds there, each time that it says so.
        ways_ms: one way through the network from each source to this observer, who cannot measure it.
    """

    slots: dict[str, str] | None = None
    whisper_closed: bool = False
    picture: Quality = "full"
    screen: ShareState = "off"
    screen_of: Sharer = "agent"
    also: Literal["", "supervisor", "customer"] = ""
    screen_size: Size | None = None
    wanted: Size | None = None
    ways_ms: dict[str, float] = {}
    past: Past | None = None
    talk: Talk | None = None
    at_customer: FarReading | None = None


class Wish(msgspec.Struct, omit_defaults=True):
    """What an observer may say there.

    Attributes:
        catch_up: they would like to hear what was heard before they came.
        shows: how large they show the whole of another's screen, in pixels of their monitor; None: not known.
        shares: how large the whole of the screen is that they share, in pixels.
    """

    catch_up: bool = False
    shows: Size | msgspec.UnsetType | None = msgspec.UNSET
    shares: Size | msgspec.UnsetType = msgspec.UNSET


class Seats:
    """Gives each coach an audio slot for as long as they are on the call."""

    def __init__(self) -> None:
        self._slots: dict[str, int] = {}

    def seat(self, coaches: Iterable[str]) -> None:
        """Frees the slots of all others, then seats who has none; without a free slot a coach goes without."""
        present = list(coaches)
        self._slots = {coach: slot for coach, slot in self._slots.items() if coach in present}
        for coach in present:
            free = [slot for slot in range(MAX_COACHES) if slot not in self._slots.values()]
            if coach not in self._slots and free:
                self._slots[coach] = free[0]

    def stream(self, coach: str) -> str | None:
        """On which stream observers hear this coach."""
        slot = self._slots.get(coach)
        return None if slot is None else f"coach{slot}"

    @property
    def coaches(self) -> dict[str, str]:
        """Who sits there, by stream."""
        return {f"coach{slot}": coach for coach, slot in self._slots.items()}
