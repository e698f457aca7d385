"""What a call is to a client: its members for routing, and what of it may be shown to whom. Pure."""

from __future__ import annotations

import msgspec

from coachdesk.routing import Member, who_hears
from signaling.policy import COACHES, OBSERVERS, Mode, Role
from signaling.protocol import Awareness, CallPhase, CallView, PartyView

_TALKING_TO_AGENT = frozenset({Mode.WHISPER, Mode.BARGE, Mode.TAKEOVER})


def members(view: CallView) -> list[Member]:
    """The parties of a call as ``coachdesk.routing`` wants them. A party without a connection only listens."""
    return [
        Member(party.party, party.role, party.mode if party.connected else Mode.LISTEN)
        for party in view.parties
    ]


def held(view: CallView) -> bool:
    return view.phase is CallPhase.HELD


def party(view: CallView, party_id: str) -> PartyView | None:
    return next((each for each in view.parties if each.party == party_id), None)


def observers(view: CallView) -> list[PartyView]:
    return [each for each in view.parties if each.role in OBSERVERS]


def coaches(view: CallView) -> list[PartyView]:
    """The observers that may speak, in the order they joined: the order of their audio slots."""
    return [each for each in view.parties if each.role in COACHES]


def leads(view: CallView, party_id: str) -> bool:
    """Whether ``party_id`` is who talks with the customer: a coach who has taken over, else the agent."""
    there = (each for each in coaches(view) if each.in_force and each.connected)
    over = [each.party for each in there if each.mode is Mode.TAKEOVER]
    return party_id in (over or [view.agent])


def heard_by(view: CallView, party_id: str) -> list[str]:
    """Names of those who hear ``party_id`` now; nobody unless its mode is in force."""
    own = party(view, party_id)
    if own is None or not own.in_force:
        return []
    names = {each.party: each.name or each.role.value for each in view.parties}
    return [names[member.party] for member in who_hears(members(view), party_id, held=held(view))]


def fail_closed(view: CallView) -> CallView:
    """The same call with every observer listening only, and no screen of theirs shown: what holds when the server's word is
    in doubt.
    """
    quiet = [
        msgspec.structs.replace(each, mode=Mode.LISTEN, in_force=False, shares="blank" if each.shares else "")
        if each.role in OBSERVERS
        else each
        for each in view.parties
    ]
    return msgspec.structs.replace(view, parties=quiet)


def as_shown_to_agent(view: CallView, awareness: Awareness) -> CallView:
    """The call without the observers that the team's policy hides from its agent."""
    if awareness == "all":
        return view
    shown = [
        each
        for each in view.parties
        if each.role in (Role.AGENT, Role.CUSTOMER)
        or (awareness == "talking" and each.mode in _TALKING_TO_AGENT)
    ]
    return msgspec.structs.replace(view, parties=shown)
