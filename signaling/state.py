"""What the hub knows: parties, calls, links, and which connection is whose. Pure.

Plain records with no rules in them; ``lobby`` and ``calls`` hold the rules, ``hub`` the order of things.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec
from msgspec import Struct

from signaling.policy import OBSERVERS, Mode, Role
from signaling.protocol import (
    MAX_COACHES,
    MAX_OBSERVERS,
    Awareness,
    CallPhase,
    CallView,
    CustomerState,
    HelpView,
    IceServer,
    LinkView,
    PartyView,
    Shown,
    WaitingView,
)
from signaling.quality import Tally


class User(Struct, frozen=True):
    """A member of staff, as the store holds them. ``generation``: how often their password was changed."""

    id: str
    name: str
    role: Role
    team: str
    generation: int = 0


class Team(Struct, frozen=True):
    """A team's policy: what its agents see of observers, what its customers are told, and by which titles windows, and
    which parts, are left out of the screens that its people share.
    """

    name: str
    awareness: Awareness = "all"
    announcement: str = ""
    hidden_windows: tuple[str, ...] = ()
    hidden_regions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds and grace periods of the hub; periods in seconds."""

    lobby: int = 20
    links_per_agent: int = 100
    connections_per_user: int = 5
    observers: int = MAX_OBSERVERS
    coaches: int = MAX_COACHES
    customer_grace: float = 60.0
    agent_grace: float = 30.0
    observer_grace: float = 30.0
    quality_interval: float = 5.0
    """A party's reports of quality come no faster."""
    photo_interval: float = 3.0
    """Photos of one call are asked for no faster."""
    photo_lifetime: float = 300.0
    """How long after it was asked for a photo may come."""
    photo_opening: float = 60.0
    """How long the leave to fetch a photo is good."""
    link_memory: float = 86400.0
    """How long an expired link is remembered, so that its customer learns why it does not work."""
    ice_refresh: float = 6 * 3600.0
    """Age at which ICE servers are sent anew, for their credentials expire; half the life of ``turn.LIFETIME``."""

    def grace(self, role: Role) -> float:
        """How long a party without a connection keeps its place."""
        if role is Role.CUSTOMER:
            return self.customer_grace
        return self.agent_grace if role is Role.AGENT else self.observer_grace


class Party(Struct, kw_only=True):
    """Somebody present, or lost and expected back. ``host`` is the inviting agent's user id (customers only).

    ``changed_at`` is the call's revision at which this party's ``mode`` last changed. ``waiting_since`` is None outside
    the lobby. ``announcement`` is what a customer was last told, and so what a knock consents to.
    """

    party: str
    role: Role
    name: str
    team: str
    resume: str
    """SHA-256 of the resume secret."""
    user: str = ""
    generation: int = 0
    """Of the user's password, as they signed in by it."""
    call: str = ""
    mode: Mode = Mode.LISTEN
    changed_at: int = 0
    link: str = ""
    host: str = ""
    host_name: str = ""
    label: str = ""
    announcement: str = ""
    waiting_since: float | None = None
    camera: bool = False
    microphone: bool = False
    reported_at: float = 0.0
    """When this party's endpoint last told how the call sounds there."""
    shares: str = ""
    """What they share of their screen: a ``ShareKind``, or nothing."""
    blanked: bool = False
    """A plain picture is shown in its place."""
    shows: bool = False
    """The customer is shown it too."""

    @property
    def durable(self) -> bool:
        """Whether the place of this party survives a restart of the server."""
        return bool(self.call) or self.waiting_since is not None


class Call(Struct, kw_only=True):
    """A live call. ``revision`` grows with every change of who hears whom; the agent's endpoint has wired ``applied``."""

    call: str
    label: str
    team: str
    agent: str
    customer: str
    started_at: float
    observers: list[str] = msgspec.field(default_factory=list)
    held: bool = False
    revision: int = 1
    applied: int = 0
    help: HelpView | None = None
    quality: list[Tally] = msgspec.field(default_factory=list)
    photos: int = 0
    """How many were asked for, and ``photo_at``: when last."""
    photo_at: float = 0.0

    @property
    def members(self) -> list[str]:
        return [self.agent, self.customer, *self.observers]


class Photo(Struct, kw_only=True):
    """A photo that was asked for, and what has come of it; kept in memory alone, and no longer than the call.

    Attributes:
        ticket: the secret by which the customer's page may send it, once.
        size: bytes that it will have; 0 until the first of them came.
        kind: ``image/jpeg`` or ``image/png``; ``width`` and ``height`` in pixels. Known once it is all here.
        openings: SHA-256 of each secret by which a party may fetch it once: who, and until when.
    """

    photo: str
    call: str
    asked_at: float
    ticket: str
    size: int = 0
    data: bytearray = msgspec.field(default_factory=bytearray)
    kind: str = ""
    width: int = 0
    height: int = 0
    openings: dict[str, tuple[str, float]] = msgspec.field(default_factory=dict)

    @property
    def ready(self) -> bool:
        return bool(self.kind)


class Link(Struct, kw_only=True):
    """A join link; ``secret`` is the SHA-256 of what stands in its address."""

    link: str
    secret: str
    owner: str
    owner_name: str
    team: str
    label: str
    uses_left: int
    expires_at: float
    revoked: bool = False

    def open(self, now: float) -> bool:
        return not self.revoked and self.uses_left > 0 and now < self.expires_at


def fingerprint(secret: str) -> str:
    """What is kept of a random secret. Unsalted: the secrets have at least 128 bits of their own."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _no_ice(_party: str, _now: float) -> list[IceServer]:
    return []


def _random() -> str:
    return secrets.token_urlsafe(24)


@dataclass(slots=True)
class State:
    """Everything live, with its indexes.

    Attributes:
        secret: makes ids and secrets (192 random bits, URL-safe).
        ice: the ICE servers for a party at a time.
        public_url: where clients reach the server, such as ``https://calls.example.org``, if that is known.
        lost: when each party that has no connection lost it.
        told: the last ``customer_state`` each customer was sent.
        iced: when each party was last given ICE servers.
        open_links: the links that counted as open when last looked at.
    """

    limits: Limits = field(default_factory=Limits)
    secret: Callable[[], str] = _random
    ice: Callable[[str, float], list[IceServer]] = _no_ice
    public_url: str = ""
    parties: dict[str, Party] = field(default_factory=dict)
    calls: dict[str, Call] = field(default_factory=dict)
    links: dict[str, Link] = field(default_factory=dict)
    photos: dict[str, Photo] = field(default_factory=dict)
    teams: dict[str, Team] = field(default_factory=dict)
    link_of_secret: dict[str, str] = field(default_factory=dict)
    party_of_resume: dict[str, str] = field(default_factory=dict)
    party_of_connection: dict[int, str] = field(default_factory=dict)
    connection_of: dict[str, int] = field(default_factory=dict)
    agent_of_user: dict[str, str] = field(default_factory=dict)
    lost: dict[str, float] = field(default_factory=dict)
    told: dict[str, CustomerState] = field(default_factory=dict)
    iced: dict[str, float] = field(default_factory=dict)
    open_links: set[str] = field(default_factory=set)

    def new_id(self) -> str:
        return self.secret()[:16]

    def team(self, name: str) -> Team:
        return self.teams.get(name) or Team(name)

    def connected(self, party: str) -> bool:
        return party in self.connection_of

    def add_party(self, party: Party) -> None:
        self.parties[party.party] = party
        if party.resume:
            self.party_of_resume[party.resume] = party.party
        if party.role is Role.AGENT:
            self.agent_of_user[party.user] = party.party

    def forget_resume(self, party: Party) -> None:
        """The party does not come back by its secret any more."""
        self.party_of_resume.pop(party.resume, None)
        party.resume = ""

    def drop_party(self, party: Party) -> None:
        self.parties.pop(party.party, None)
        self.party_of_resume.pop(party.resume, None)
        self.lost.pop(party.party, None)
        self.told.pop(party.party, None)
        self.iced.pop(party.party, None)
        if self.agent_of_user.get(party.user) == party.party:
            del self.agent_of_user[party.user]

    def bind(self, connection: int, party: str) -> None:
        self.party_of_connection[connection] = party
        self.connection_of[party] = connection
        self.lost.pop(party, None)

    def unbind(self, party: str) -> None:
        connection = self.connection_of.pop(party, None)
        if connection is not None:
            self.party_of_connection.pop(connection, None)

    def add_link(self, link: Link) -> None:
        self.links[link.link] = link
        self.link_of_secret[link.secret] = link.link
        self.open_links.add(link.link)

    def drop_link(self, link: Link) -> None:
        self.links.pop(link.link, None)
        self.link_of_secret.pop(link.secret, None)

    def host_of(self, customer: Party) -> str:
        """The party id of the agent whose link the customer came by; empty when that agent is not present."""
        return self.agent_of_user.get(customer.host, "")

    def waiting_for(self, user: str) -> list[Party]:
        """Who waits in the lobby of an agent, connected or expected back."""
        return [p for p in self.parties.values() if p.host == user and p.waiting_since is not None]

    def watchers(self) -> list[Party]:
        """The connected parties that see the list of calls."""
        parties = (self.parties[party] for party in self.connection_of)
        return [party for party in parties if party.role in OBSERVERS]

    def observers_of(self, call: Call) -> list[Party]:
        return [self.parties[party] for party in call.observers]


# --- views ---------------------------------------------------------------------------------------------------


def party_view(state: State, call: Call, party: Party) -> PartyView:
    return PartyView(
        party=party.party,
        name=party.name,
        role=party.role,
        mode=party.mode,
        in_force=party.changed_at <= call.applied,
        connected=state.connected(party.party),
        shares=_shares(state, party),
    )


def _shares(state: State, party: Party) -> Shown:
    """A supervisor's share; whoever shares without a connection can neither blank it nor be stopped."""
    if party.role is not Role.SUPERVISOR or not party.shares:
        return ""
    return "on" if not party.blanked and state.connected(party.party) else "blank"


def call_view(state: State, call: Call) -> CallView:
    return CallView(
        call=call.call,
        label=call.label,
        team=call.team,
        agent=call.agent,
        customer=call.customer,
        phase=CallPhase.HELD if call.held else CallPhase.LIVE,
        started_at=call.started_at,
        revision=call.revision,
        parties=[party_view(state, call, state.parties[party]) for party in call.members],
        help=call.help,
    )


def customer_view(state: State, customer: Party) -> CustomerState:
    """All that a customer is told; observers have no part in it."""
    call = state.calls.get(customer.call)
    agent = call.agent if call else state.host_of(customer)
    away = not state.connected(agent)
    return CustomerState(
        call=customer.call,
        phase="agent_away" if away else "waiting" if call is None else "held" if call.held else "live",
        agent=agent if call else "",
        agent_name=customer.host_name,
    )


def link_views(state: State, user: str, now: float) -> list[LinkView]:
    return [
        LinkView(link.link, link.label, link.uses_left, link.expires_at)
        for link in state.links.values()
        if link.owner == user and link.open(now)
    ]


def waiting_views(state: State, user: str) -> list[WaitingView]:
    return [
        WaitingView(p.party, p.name, p.label, p.waiting_since or 0.0, p.camera, p.microphone)
        for p in state.waiting_for(user)
        if state.connected(p.party)
    ]
