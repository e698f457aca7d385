"""What the agent's endpoint and the customer's page say to each other of their screens, on `control`. Pure."""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import Struct


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


def read(data: bytes) -> Shown | None:
    """A message of the page; None if it is about something else, or is none."""
    try:
        return msgspec.json.decode(data, type=Shown)
    except msgspec.DecodeError:
        return None
