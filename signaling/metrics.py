"""What ``/metrics`` shows, in Prometheus' text form. Labels come from fixed sets: no names, ids or addresses."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from signaling.hub import Hub
from signaling.policy import Role
from signaling.step import Heard
from signaling.store import Store

_ENDS = ["source", "listener"]
_MOS = (1.5, 2.0, 2.5, 2.8, 3.1, 3.4, 3.7, 4.0, 4.2, 4.3, 4.4)
"""Bounds of the buckets; 3.1 and 4.0 are those of poor and fair in the application."""
_DELAY = (0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.6, 1.0, 2.0)
_SHARE = (0.0, 0.001, 0.003, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)


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
        self._mos = Histogram(
            "coachdesk_mos", "Opinion score of a sound, by report", _ENDS, buckets=_MOS, registry=registry
        )
        self._delay = Histogram(
            "coachdesk_one_way_delay_seconds", "From mouth to ear", _ENDS, buckets=_DELAY, registry=registry
        )
        self._lost = Histogram(
            "coachdesk_packets_lost_ratio", "Share of packets", _ENDS, buckets=_SHARE, registry=registry
        )
        self._concealed = Histogram(
            "coachdesk_sound_concealed_ratio", "Share of sound", _ENDS, buckets=_SHARE, registry=registry
        )
        self._connections = Gauge("coachdesk_connections", "Parties connected", ["role"], registry=registry)
        self._calls = Gauge("coachdesk_calls", "Live calls", registry=registry)
        self._waiting = Gauge("coachdesk_waiting", "Customers in the lobbies", registry=registry)
        self._backlog = Gauge("coachdesk_unwritten_records", "Records not on disk yet", registry=registry)

    def heard(self, heard: Heard) -> None:
        """Takes up one report of how good a sound is."""
        ends, score = (heard.source, heard.listener), heard.score
        self._mos.labels(*ends).observe(score.mos)
        self._delay.labels(*ends).observe(score.delay_ms / 1000)
        self._lost.labels(*ends).observe(score.loss)
        self._concealed.labels(*ends).observe(score.concealed)

    def render(self, hub: Hub, store: Store) -> bytes:
        parties = hub.state.parties
        roles = [parties[party].role for party in hub.state.connection_of]
        for role in Role:
            self._connections.labels(role.value).set(roles.count(role))
        self._calls.set(len(hub.state.calls))
        self._waiting.set(sum(party.waiting_since is not None for party in parties.values()))
        self._backlog.set(store.writer.backlog)
        return generate_latest(self.registry)
