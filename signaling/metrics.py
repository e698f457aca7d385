"""What ``/metrics`` shows, in Prometheus' text form. Labels come from fixed sets: no names, ids or addresses."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest

from signaling.hub import Hub
from signaling.policy import Role
from signaling.store import Store


class Metrics:
    """The counters of one server."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self.received = Counter(
            "coachdesk_messages_received", "Messages from clients", ["type"], registry=registry
        )
        self.sent = Counter("coachdesk_messages_sent", "Messages to clients", registry=registry)
        self.refused = Counter("coachdesk_refused", "Requests refused", ["code"], registry=registry)
        self.goodbyes = Counter(
            "coachdesk_goodbyes", "Connections ended by the server", ["code"], registry=registry
        )
        self.sign_ins = Counter("coachdesk_sign_ins", "Password sign-ins", ["outcome"], registry=registry)
        self.slow = Counter(
            "coachdesk_slow_clients", "Connections cut for reading too slowly", registry=registry
        )
        self._connections = Gauge("coachdesk_connections", "Parties connected", ["role"], registry=registry)
        self._calls = Gauge("coachdesk_calls", "Live calls", registry=registry)
        self._waiting = Gauge("coachdesk_waiting", "Customers in the lobbies", registry=registry)
        self._backlog = Gauge("coachdesk_unwritten_records", "Records not on disk yet", registry=registry)

    def render(self, hub: Hub, store: Store) -> bytes:
        parties = hub.state.parties
        roles = [parties[party].role for party in hub.state.connection_of]
        for role in Role:
            self._connections.labels(role.value).set(roles.count(role))
        self._calls.set(len(hub.state.calls))
        self._waiting.set(sum(party.waiting_since is not None for party in parties.values()))
        self._backlog.set(store.writer.backlog)
        return generate_latest(self.registry)
