"""What the agent's endpoint and the customer's page say to each other of their screens, on `control`; sizes. Pure."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

MOST_SIDE = 16384
Side = Annotated[int, Meta(ge=0, le=MOST_SIDE)]
"""Pixels; 0: none of it is to be seen."""
Size = tuple[Side, Side]
"""Width and height."""


class AskScreen(Struct, frozen=True, tag_field="kind", tag="ask_screen"):
    """Hub to page: the agent would like to see the customer's screen, or no longer. It is the customer's to share it."""

    on: bool


class AgentScreen(Struct, frozen=True, tag_field="kind", tag="agent_screen"):
    """Hub to page, at first on every connection and at every change: the agent shows their screen to the customer, or no
    longer. What comes as video while it is not said so is not to be shown.
    """

    on: bool


class Shown(Struct, frozen=True, tag_field="kind", tag="screen", forbid_unknown_fields=True):
    """Page to hub, at first on every connection and at every change: how it is with the customer's screen.

    Attributes:
        state: ``paused`` while the customer does not show what they share.
        able: this browser can share a screen.
        declined: the customer will not, though asked.
    """

    state: Literal["off", "on", "paused"]
    able: bool = True
    declined: bool = False


class Seen(Struct, frozen=True, tag_field="kind", tag="screen_shown", forbid_unknown_fields=True):
    """Page to hub, while it shows the agent's screen: how large the whole of that is there, in pixels of the monitor."""

    width: Side
    height: Side


def read(data: bytes) -> Shown | Seen | None:
    """A message of the page; None if it is about something else, or is none."""
    try:
        return msgspec.json.decode(data, type=Shown | Seen)
    except msgspec.DecodeError:
        return None
