"""What the server tells about calls, lobbies and ICE servers: the parts of its messages. Pure."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from msgspec import Struct

from signaling.policy import Mode, Role

Awareness = Literal["none", "talking", "all"]
"""What an agent is shown of their observers: nothing, only who talks to them, or everyone who listens."""


Shown = Literal["", "on", "blank"]
"""Of a screen: not shared, shown, or shared but blanked."""


class CallPhase(StrEnum):
    LIVE = "live"
    HELD = "held"
    ENDED = "ended"


class IceServer(Struct, frozen=True, omit_defaults=True):
    """One STUN or TURN server in the browser's own form (RTCIceServer)."""

    urls: list[str]
    username: str = ""
    credential: str = ""


class PartyView(Struct, frozen=True, omit_defaults=True):
    """One party of a call as members see it.

    Attributes:
        in_force: the agent's endpoint has wired this mode.
        shares: a supervisor's screen is to be shown to those who may see it, or blanked; else "".
    """

    party: str
    name: str
    role: Role
    mode: Mode
    in_force: bool
    connected: bool
    shares: Shown = ""


class HelpView(Struct, frozen=True):
    reason: str
    since: float
    claimed_by: str = ""


class CallView(Struct, frozen=True):
    """A call as its agent and observers see it. Times are Unix seconds. ``parties`` holds agent, customer, observers.

    ``revision`` grows with every change of who hears whom; the agent's endpoint answers it with ``applied``.
    """

    call: str
    label: str
    team: str
    agent: str
    customer: str
    phase: CallPhase
    started_at: float
    revision: int
    parties: list[PartyView]
    help: HelpView | None = None


class LinkView(Struct, frozen=True):
    link: str
    label: str
    uses_left: int
    expires_at: float


class WaitingView(Struct, frozen=True):
    party: str
    name: str
    label: str
    since: float
    camera: bool
    microphone: bool
