"""Calls as the server would tell of them."""

from __future__ import annotations

from signaling.policy import Mode, Role
from signaling.protocol import CallPhase, CallView, PartyView, Shown

AGENT, CUSTOMER, MIA, BEN, TOM = "agent-1", "customer-1", "mia", "ben", "tom"
ROLES = {
    AGENT: Role.AGENT,
    CUSTOMER: Role.CUSTOMER,
    MIA: Role.SUPERVISOR,
    BEN: Role.SUPERVISOR,
    TOM: Role.TRAINEE,
}


def party(
    name: str,
    mode: Mode = Mode.LISTEN,
    *,
    in_force: bool = True,
    connected: bool = True,
    shares: Shown = "",
) -> PartyView:
    return PartyView(name, name, ROLES.get(name, Role.SUPERVISOR), mode, in_force, connected, shares)


def call_view(
    *observers: PartyView, call: str = "call-1", revision: int = 1, held: bool = False, agent: str = AGENT
) -> CallView:
    """A call of the agent, the customer and ``observers``."""
    return CallView(
        call=call,
        label="Router down",
        team="north",
        agent=agent,
        customer=CUSTOMER,
        phase=CallPhase.HELD if held else CallPhase.LIVE,
        started_at=0.0,
        revision=revision,
        parties=[party(AGENT), party(CUSTOMER), *observers],
    )
