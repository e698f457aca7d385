"""One step of the hub: what a message leads to, gathered while rules run and handed out whole. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import msgspec

from signaling.policy import Role
from signaling.protocol import Calls, CallState, Code, Lobby, ServerMessage
from signaling.quality import Score
from signaling.state import (
    Call,
    Link,
    Party,
    State,
    call_view,
    customer_view,
    link_views,
    waiting_views,
)


class Refusal(Exception):
    """A request is refused; nothing has changed. ``code`` is stable, the text is for a person."""

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who did (or was refused) what, when. ``actor`` is a user name, ``customer`` or ``server``."""

    at: float
    actor: str
    role: str
    action: str
    allowed: bool
    call: str = ""
    target: str = ""
    code: str = ""
    party: str = ""


@dataclass(frozen=True, slots=True)
class PutLive:
    """Journal a live party or call, so that it survives a restart of the server."""

    key: str
    value: bytes


@dataclass(frozen=True, slots=True)
class DropLive:
    key: str


@dataclass(frozen=True, slots=True)
class PutLink:
    link: Link


@dataclass(frozen=True, slots=True)
class CallBegan:
    call: str
    label: str
    team: str
    agent: str
    customer: str
    at: float


@dataclass(frozen=True, slots=True)
class CallEnded:
    call: str
    reason: str
    at: float


@dataclass(frozen=True, slots=True)
class CallQuality:
    """How good the sound of one role was at one role, over a call that has ended."""

    call: str
    source: str
    listener: str
    readings: int
    mos_mean: float
    mos_worst: float


@dataclass(frozen=True, slots=True)
class CallMinute:
    """The same in one minute of a call, counted from 0, with the means of what makes a score."""

    call: str
    source: str
    listener: str
    minute: int
    readings: int
    mos_mean: float
    mos_worst: float
    delay_ms: float
    loss: float
    concealed: float


@dataclass(frozen=True, slots=True)
class Heard:
    """A report of how good a sound is, for the metrics. ``source``, ``listener``: roles."""

    source: str
    listener: str
    score: Score


@dataclass(frozen=True, slots=True)
class Consent:
    """What a customer lets be captured from ``at`` on, after reading ``announcement``.

    ``given`` by the knock, ``changed`` when they switch something on or off, ``ended`` when lobby or call are behind them.
    """

    party: str
    link: str
    name: str
    camera: bool
    microphone: bool
    announcement: str
    at: float
    call: str = ""
    event: Literal["given", "changed", "ended"] = "given"


Change = PutLive | DropLive | PutLink | CallBegan | CallEnded | CallQuality | CallMinute | Consent


@dataclass(slots=True)
class Step:
    """The outcome of one input to the hub.

    Rules ``send`` at once what concerns one connection, and ``touch`` what they changed; ``publish`` then tells everyone
    who must know, once. A connection that is sent a ``goodbye`` is to be closed.

    Attributes:
        out: messages to send, in order, each with its connection.
        audit: entries for the audit log, in order.
        changes: records to write, in order.
        heard: how good sounds are, as just reported.
    """

    now: float
    out: list[tuple[int, ServerMessage]] = field(default_factory=list)
    audit: list[AuditEntry] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    heard: list[Heard] = field(default_factory=list)
    _calls: dict[str, str] = field(default_factory=dict)
    _parties: set[str] = field(default_factory=set)
    _lobbies: set[str] = field(default_factory=set)
    _customers: set[str] = field(default_factory=set)

    def send(self, state: State, party: str, message: ServerMessage) -> None:
        """To a party, if it is connected."""
        connection = state.connection_of.get(party)
        if connection is not None:
            self.out.append((connection, message))

    def touch_call(self, call: Call) -> None:
        self._calls[call.call] = call.team
        self._customers.add(call.customer)

    def touch_party(self, party: Party) -> None:
        """The party's own record changed, or ceased to be."""
        self._parties.add(party.party)
        if party.role is Role.CUSTOMER:
            self._customers.add(party.party)

    def touch_lobby(self, user: str) -> None:
        """Links or waiting customers of an agent changed, or the agent came or went."""
        self._lobbies.add(user)

    def record(self, party: Party, action: str, *, call: str = "", target: str = "", code: str = "") -> None:
        """An audit entry; refused if there is a ``code``."""
        actor = "customer" if party.role is Role.CUSTOMER else party.name
        self.audit.append(
            AuditEntry(self.now, actor, party.role, action, not code, call, target, code, party.party)
        )

    def consent(self, customer: Party, event: Literal["given", "changed", "ended"]) -> None:
        """Puts on record what the customer lets be captured now."""
        self.changes.append(
            Consent(
                party=customer.party,
                link=customer.link,
                name=customer.name,
                camera=customer.camera,
                microphone=customer.microphone,
                announcement=customer.announcement,
                at=self.now,
                call=customer.call,
                event=event,
            )
        )

    def end_consent(self, customer: Party) -> None:
        """Lobby or call are over for a customer: nothing of them is captured any more."""
        customer.camera = customer.microphone = False
        self.consent(customer, "ended")

    def publish(self, state: State) -> None:
        """Tells everyone concerned by what was touched, and journals it."""
        for user in sorted(self._lobbies):
            self._publish_lobby(state, user)
        for call_id in self._calls:
            self._publish_call(state, call_id)
        self._publish_lists(state)
        for party in sorted(self._customers):
            self._publish_customer(state, party)
        self._journal(state)

    def _publish_lobby(self, state: State, user: str) -> None:
        self._customers.update(p.party for p in state.waiting_for(user))
        agent = state.agent_of_user.get(user, "")
        if state.connected(agent):
            self.send(state, agent, Lobby(link_views(state, user, self.now), waiting_views(state, user)))

    def _publish_call(self, state: State, call_id: str) -> None:
        call = state.calls.get(call_id)
        if call is not None:
            message = CallState(call_view(state, call))
            for party in [call.agent, *call.observers]:
                self.send(state, party, message)

    def _publish_lists(self, state: State) -> None:
        teams = set(self._calls.values())
        if teams:
            lists: dict[str, Calls] = {}
            for party in state.watchers():
                if party.role is Role.ADMIN or party.team in teams:
                    self.send(state, party.party, calls_for(state, party, lists))

    def _publish_customer(self, state: State, party_id: str) -> None:
        customer = state.parties.get(party_id)
        if customer is None or not customer.durable or not state.connected(party_id):
            return
        view = customer_view(state, customer)
        if state.told.get(party_id) != view:
            state.told[party_id] = view
            self.send(state, party_id, view)

    def _journal(self, state: State) -> None:
        for party_id in sorted(self._parties):
            party = state.parties.get(party_id)
            keep = party is not None and party.durable
            self._journal_one(f"party:{party_id}", party if keep else None)
        for call_id in self._calls:
            self._journal_one(f"call:{call_id}", state.calls.get(call_id))

    def _journal_one(self, key: str, record: Party | Call | None) -> None:
        self.changes.append(DropLive(key) if record is None else PutLive(key, msgspec.json.encode(record)))


def calls_for(state: State, watcher: Party, lists: dict[str, Calls] | None = None) -> Calls:
    """Every call in a watcher's reach, oldest first; ``lists`` keeps those already made in this step."""
    lists = {} if lists is None else lists
    reach = "" if watcher.role is Role.ADMIN else f"team:{watcher.team}"
    if reach not in lists:
        reached = (c for c in state.calls.values() if not reach or c.team == watcher.team)
        lists[reach] = Calls([call_view(state, call) for call in reached])
    return lists[reach]
