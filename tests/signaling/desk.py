"""A hub with clients on it, without a network: each keeps what it was sent."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Any, TypeVar

from signaling.hub import Hub
from signaling.policy import Mode, Role
from signaling.protocol import (
    Admit,
    Applied,
    CallState,
    CallView,
    ClientMessage,
    Code,
    CreateLink,
    Goodbye,
    Invitation,
    Knock,
    LinkCreated,
    Listen,
    Refused,
    ServerMessage,
    SetMode,
    Welcome,
    dump,
    parse_client,
    parse_server,
)
from signaling.state import Limits, State, Team, User
from signaling.step import AuditEntry, Change, DropLive, PutLink, PutLive, Step

M = TypeVar("M")


@dataclass
class Client:
    """One connection. ``inbox``: everything since it was last read with ``read``."""

    desk: Desk
    connection: int
    inbox: list[ServerMessage] = field(default_factory=list)
    traffic: list[str] = field(default_factory=list)
    party: str = ""
    resume: str = ""
    closed: bool = False
    _ids: Any = field(default_factory=lambda: itertools.count(1))

    def ask(self, kind: type, **fields: Any) -> ServerMessage:
        """Sends a request and returns its answer."""
        number = next(self._ids)
        self.inbox.clear()
        self.desk.send(self, parse_client(dump(kind(id=number, **fields))))
        answers = [m for m in self.inbox if getattr(m, "re", None) == number]
        if not answers and self.closed:
            return self.inbox[-1]
        assert len(answers) == 1, self.inbox
        return answers[0]

    def do(self, kind: type, **fields: Any) -> ServerMessage:
        answer = self.ask(kind, **fields)
        assert not isinstance(answer, Refused | Goodbye), answer
        return answer

    def refused(self, kind: type, **fields: Any) -> Code:
        answer = self.ask(kind, **fields)
        assert isinstance(answer, Refused), answer
        return answer.code

    def last(self, kind: type[M]) -> M:
        """The last message of a kind in the inbox."""
        return [m for m in self.inbox if isinstance(m, kind)][-1]

    def got(self, kind: type) -> bool:
        return any(isinstance(m, kind) for m in self.inbox)

    def leave(self, *, on_purpose: bool = False) -> None:
        """The socket breaks, or is closed with the code 1000."""
        self.closed = True
        self.desk.apply(self.desk.hub.disconnect(self.connection, self.desk.now, left=on_purpose))


class Desk:
    """The hub, its clock, its records."""

    def __init__(self, limits: Limits | None = None, **teams: Team) -> None:
        self.now = 1000.0
        self._secrets = itertools.count(1)
        self._connections = itertools.count(1)
        self.clients: dict[int, Client] = {}
        self.audit: list[AuditEntry] = []
        self.changes: list[Change] = []
        self.journal: dict[str, bytes] = {}
        self.limits = limits or Limits()
        self.teams = teams
        self.accounts: dict[str, User] = {}
        self.hub = self._hub()

    def _hub(self) -> Hub:
        return Hub(State(self.limits, secret=self._secret, teams=dict(self.teams)))

    def _secret(self) -> str:
        # The id is the secret's beginning: it must differ there.
        return f"{next(self._secrets):016d}-secret-secret-secret"

    def apply(self, step: Step) -> Step:
        self.audit += step.audit
        self.changes += step.changes
        for change in step.changes:
            if isinstance(change, PutLive):
                self.journal[change.key] = change.value
            elif isinstance(change, DropLive):
                self.journal.pop(change.key, None)
        for connection, message in step.out:
            client = self.clients[connection]
            assert not client.closed, message
            text = dump(message)
            assert parse_server(text) == message
            client.traffic.append(text)
            client.inbox.append(message)
            if isinstance(message, Welcome | Invitation):
                client.party, client.resume = message.party, message.resume
        for connection, message in step.out:
            if isinstance(message, Goodbye):
                self.clients[connection].leave()
        return step

    def send(self, client: Client, message: ClientMessage) -> None:
        self.apply(self.hub.handle(client.connection, message, self.now))

    def _client(self) -> Client:
        client = Client(self, next(self._connections))
        self.clients[client.connection] = client
        return client

    def staff(self, name: str, role: Role, team: str = "north") -> Client:
        user = User(f"id-{name}", name, role, team)
        self.accounts[user.id] = user
        return self.sign_in(user)

    def sign_in(self, user: User) -> Client:
        client = self._client()
        self.apply(self.hub.sign_in(client.connection, user, self.now))
        return client

    def agent(self, name: str = "amy", team: str = "north") -> Client:
        return self.staff(name, Role.AGENT, team)

    def supervisor(self, name: str = "sue", team: str = "north") -> Client:
        return self.staff(name, Role.SUPERVISOR, team)

    def trainee(self, name: str = "tim", team: str = "north") -> Client:
        return self.staff(name, Role.TRAINEE, team)

    def back(self, client: Client, user: User | None = None) -> Client:
        """The same party on a new connection."""
        new = self._client()
        party = self.hub.state.parties.get(client.party)
        if party is not None and party.user and user is None:
            user = User(party.user, party.name, party.role, party.team)
        self.apply(self.hub.resume(new.connection, client.resume, user, self.now))
        return new

    def follow(self, path: str) -> Client:
        client = self._client()
        self.apply(self.hub.follow_link(client.connection, path.removeprefix("/join#"), self.now))
        return client

    def invite(self, agent: Client, **fields: Any) -> LinkCreated:
        answer = agent.do(CreateLink, **fields)
        assert isinstance(answer, LinkCreated)
        return answer

    def customer(self, agent: Client, name: str = "Bob") -> Client:
        """A customer in the agent's lobby."""
        client = self.follow(self.invite(agent, label="Router").path)
        client.do(Knock, name=name, camera=True, microphone=True)
        return client

    def call(self, agent: Client) -> tuple[Client, str]:
        """A live call: its customer and its id."""
        customer = self.customer(agent)
        agent.do(Admit, party=customer.party)
        return customer, agent.last(CallState).call.call

    def view(self, call: str) -> CallView:
        from signaling.state import call_view

        return call_view(self.hub.state, self.hub.state.calls[call])

    def mode(self, call: str, party: str) -> tuple[Mode, bool]:
        found = next(p for p in self.view(call).parties if p.party == party)
        return found.mode, found.in_force

    def apply_all(self, agent: Client, call: str) -> None:
        """The agent's endpoint wires what is asked of it."""
        agent.do(Applied, call=call, revision=self.view(call).revision)

    def follow_records(
        self, *teams: Team, disabled: tuple[str, ...] = (), changed: tuple[User, ...] = ()
    ) -> None:
        """An administrator has changed the records to this; ``changed``: accounts as they are now."""
        users = {**self.accounts, **{user.id: user for user in changed}}
        for name in disabled:
            users.pop(f"id-{name}", None)
        self.apply(self.hub.follow_records({team.name: team for team in teams}, users, self.now))

    def pass_time(self, seconds: float) -> None:
        self.now += seconds
        self.apply(self.hub.tick(self.now))

    def restart(self) -> None:
        """The process is killed and started anew; all that is left is the records."""
        links = {c.link.link: c.link for c in self.changes if isinstance(c, PutLink)}
        for client in self.clients.values():
            client.closed = True
        self.hub = self._hub()
        for link in links.values():
            self.hub.state.add_link(link)
        self.apply(self.hub.restore(self.journal.items(), self.now))


def whispering(desk: Desk) -> tuple[Client, Client, Client, str]:
    """An agent, a customer, and a supervisor whose whisper is in force."""
    agent, supervisor = desk.agent(), desk.supervisor()
    customer, call = desk.call(agent)
    supervisor.do(Listen, call=call)
    supervisor.do(SetMode, call=call, mode=Mode.WHISPER)
    desk.apply_all(agent, call)
    assert desk.mode(call, supervisor.party) == (Mode.WHISPER, True)
    return agent, customer, supervisor, call
