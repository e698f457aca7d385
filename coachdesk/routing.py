"""Who hears whom on a call: (parties, modes) -> routes. Pure, and the only place where that is decided.

A *source* is one sound a party can make; a route carries one source to one party's ears. What is not routed is not
heard: the agent's endpoint wires exactly these routes.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from signaling.policy import COACHES, OBSERVERS, Mode, Role


class Lane(StrEnum):
    """Which of a party's tracks a sound is on. An observer has three, the agent and the customer one."""

    VOICE = "voice"
    WHISPER = "whisper"
    LANE = "lane"


LANE_OF: dict[Mode, Lane] = {
    Mode.WHISPER: Lane.WHISPER,
    Mode.BARGE: Lane.VOICE,
    Mode.TAKEOVER: Lane.VOICE,
    Mode.LANE: Lane.LANE,
}
"""The track a coach's frame goes to when it is captured; in ``listen`` it goes nowhere."""


@dataclass(frozen=True, slots=True)
class Member:
    """A party of the call, as far as hearing is concerned."""

    party: str
    role: Role
    mode: Mode = Mode.LISTEN


@dataclass(frozen=True, slots=True)
class Route:
    """``source`` party's ``lane`` is heard by ``sink``."""

    source: str
    lane: Lane
    sink: str


def routes(members: list[Member], *, held: bool = False) -> frozenset[Route]:
    """Every route of a call. ``held``: the customer neither hears nor is heard.

    >>> call = [Member("a", Role.AGENT), Member("c", Role.CUSTOMER), Member("s", Role.SUPERVISOR, Mode.WHISPER)]
    >>> sorted((r.source, r.sink) for r in routes(call) if r.lane is Lane.WHISPER)
    [('s', 'a')]
    """
    taken_over = any(member.mode is Mode.TAKEOVER and member.role in COACHES for member in members)
    return frozenset(
        Route(source.party, lane, sink.party)
        for source in members
        if (lane := _lane(source, taken_over=taken_over)) is not None
        for sink in members
        if sink.party != source.party and _hears(sink, source, lane, held=held)
    )


def _lane(source: Member, *, taken_over: bool) -> Lane | None:
    """The track this member is heard on at present, if any."""
    if source.role is Role.CUSTOMER:
        return Lane.VOICE
    if source.role is Role.AGENT:
        return None if taken_over else Lane.VOICE
    if source.role in COACHES:
        return LANE_OF.get(source.mode)
    return None


def _hears(sink: Member, source: Member, lane: Lane, *, held: bool) -> bool:
    if held and Role.CUSTOMER in (sink.role, source.role):
        return False
    if lane is Lane.VOICE:
        return True
    if lane is Lane.WHISPER:
        return sink.role is Role.AGENT or sink.role in OBSERVERS
    return sink.role is Role.TRAINEE


def who_hears(members: list[Member], party: str, *, held: bool = False) -> list[Member]:
    """The members that hear ``party`` now: what "who hears you now" shows."""
    sinks = {route.sink for route in routes(members, held=held) if route.source == party}
    return [member for member in members if member.party in sinks]


_SCREEN_VIEWERS: dict[Role, frozenset[Role]] = {
    Role.AGENT: OBSERVERS,
    Role.SUPERVISOR: OBSERVERS | {Role.AGENT},
    Role.CUSTOMER: OBSERVERS | {Role.AGENT},
}
"""Which roles see the screen of which; whoever is not in it shares none."""


def screen_viewers(
    members: list[Member], sharer: str, *, held: bool = False, shown: bool = False
) -> list[Member]:
    """Who sees the screen that ``sharer`` shares: the agent's, the observers of the call and, where it is ``shown`` to them
    too, the customer while they hear the agent; a supervisor's, the agent and the other observers; the customer's, those who
    see their camera, which is nobody during a hold. Nobody else may share.

    >>> call = [Member("a", Role.AGENT), Member("c", Role.CUSTOMER), Member("t", Role.TRAINEE)]
    >>> [member.party for member in screen_viewers(call, "a")]
    ['t']
    >>> [member.party for member in screen_viewers(call, "c")]
    ['a', 't']
    >>> [member.party for member in screen_viewers(call, "a", shown=True)]
    ['c', 't']
    >>> [member.party for member in screen_viewers([*call, Member("s", Role.SUPERVISOR)], "s")]
    ['a', 't']
    """
    role = next((member.role for member in members if member.party == sharer), None)
    if role is None or (held and role is Role.CUSTOMER):
        return []
    viewers = _SCREEN_VIEWERS.get(role, frozenset())
    if role is Role.AGENT and shown and customer_hears(members, sharer, held=held):
        viewers |= {Role.CUSTOMER}
    return [member for member in members if member.role in viewers and member.party != sharer]


def customer_hears(members: list[Member], party: str, *, held: bool = False) -> bool:
    """Whether the customer hears ``party`` now; only then may the agent's screen be shown to them."""
    return any(member.role is Role.CUSTOMER for member in who_hears(members, party, held=held))
