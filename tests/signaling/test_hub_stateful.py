"""Whatever people do, in whatever order, some things always hold."""

from __future__ import annotations

import re

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from signaling.policy import COACHES, OBSERVERS, Mode, Role
from signaling.protocol import (
    Admit,
    Applied,
    AskHelp,
    AskPhoto,
    Awareness,
    Calls,
    CallState,
    CancelHelp,
    ClaimHelp,
    CustomerState,
    Decline,
    Goodbye,
    HangUp,
    Hold,
    Knock,
    Leave,
    Listen,
    Lobby,
    ReportQuality,
    Request,
    SetMode,
    parse_server,
)
from signaling.quality import Score, Sound
from signaling.state import (
    Limits,
    Team,
    call_view,
    customer_view,
    link_views,
    waiting_views,
)
from signaling.step import calls_for

from .desk import Client, Desk

STAFF = [
    ("amy", Role.AGENT, "north"),
    ("bea", Role.AGENT, "south"),
    ("sue", Role.SUPERVISOR, "north"),
    ("sam", Role.SUPERVISOR, "north"),
    ("tim", Role.TRAINEE, "north"),
    ("ada", Role.ADMIN, "hq"),
]
WITH_CALL: list[type[Request]] = [Listen, Leave, AskHelp, CancelHelp, ClaimHelp, AskPhoto, HangUp]
MAY_REACH_CUSTOMER = {
    "invitation",
    "customer_state",
    "signalled",
    "ended",
    "ok",
    "refused",
    "goodbye",
    "photo_wanted",
}


class Floor(RuleBasedStateMachine):
    """A call centre with a few people who come, go and press every button."""

    def __init__(self) -> None:
        super().__init__()
        self.desk = Desk(Limits(observers=3, coaches=2, lobby=2))
        self.seats: dict[str, Client] = {}
        self.customers: list[Client] = []
        self.revisions: dict[str, int] = {}
        for name, role, team in STAFF:
            self.seats[name] = self.desk.staff(name, role, team)

    # --- who and what ---

    names = st.sampled_from([name for name, _, _ in STAFF])
    picks = st.integers(0, 20)

    def present(self) -> list[Client]:
        return [c for c in [*self.seats.values(), *self.customers] if not c.closed]

    def someone(self, pick: int) -> Client:
        return self.present()[pick % len(self.present())]

    def call(self, pick: int) -> str:
        calls = list(self.desk.hub.state.calls)
        return calls[pick % len(calls)]

    def live(self) -> bool:
        return bool(self.desk.hub.state.calls and self.present())

    # --- what they do ---

    @rule(name=st.sampled_from(["amy", "bea"]), knocks=st.booleans())
    def a_customer_comes(self, name: str, knocks: bool) -> None:
        agent = self.seats[name]
        if agent.closed or len(self.customers) > 6:
            return
        customer = self.desk.follow(self.desk.invite(agent).path)
        self.customers.append(customer)
        if knocks:
            customer.ask(Knock, name="Bob")

    @precondition(lambda self: self.customers and self.present())
    @rule(asker=picks, customer=picks, kind=st.sampled_from([Admit, Decline]))
    def the_door(self, asker: int, customer: int, kind: type[Request]) -> None:
        self.someone(asker).ask(kind, party=self.customers[customer % len(self.customers)].party)

    @rule(name=st.sampled_from(["amy", "bea"]))
    def an_agent_answers_the_first_who_waits(self, name: str) -> None:
        agent = self.seats[name]
        waiting = waiting_views(self.desk.hub.state, f"id-{name}")
        if waiting and not agent.closed:
            agent.ask(Admit, party=waiting[0].party)

    @precondition(lambda self: self.live())
    @rule(asker=picks, call=picks, kind=st.sampled_from(WITH_CALL))
    def something_about_a_call(self, asker: int, call: int, kind: type[Request]) -> None:
        self.someone(asker).ask(kind, call=self.call(call))

    @precondition(lambda self: self.live())
    @rule(name=st.sampled_from(["sue", "sam", "tim", "ada"]), call=picks)
    def an_observer_listens(self, name: str, call: int) -> None:
        if not self.seats[name].closed:
            self.seats[name].ask(Listen, call=self.call(call))

    @precondition(lambda self: self.live())
    @rule(asker=picks, call=picks, mode=st.sampled_from(Mode))
    def a_mode(self, asker: int, call: int, mode: Mode) -> None:
        self.someone(asker).ask(SetMode, call=self.call(call), mode=mode)

    @precondition(lambda self: self.live())
    @rule(asker=picks, call=picks, on=st.booleans())
    def hold(self, asker: int, call: int, on: bool) -> None:
        self.someone(asker).ask(Hold, call=self.call(call), on=on)

    @precondition(lambda self: self.live())
    @rule(asker=picks, call=picks, behind=st.integers(-1, 2))
    def applied(self, asker: int, call: int, behind: int) -> None:
        found = self.desk.hub.state.calls[self.call(call)]
        self.someone(asker).ask(Applied, call=found.call, revision=max(0, found.revision - behind))

    @precondition(lambda self: self.live())
    @rule(asker=picks, call=picks, heard=st.sets(st.sampled_from(Sound), min_size=1))
    def a_report_of_quality(self, asker: int, call: int, heard: set[Sound]) -> None:
        score = Score(5, 4.0, 3.5, 80.0, 0.0, 0.0)
        self.someone(asker).ask(ReportQuality, call=self.call(call), heard=dict.fromkeys(heard, score))

    # --- how they come and go ---

    @precondition(lambda self: self.present())
    @rule(who=picks, on_purpose=st.booleans())
    def a_socket_ends(self, who: int, on_purpose: bool) -> None:
        self.someone(who).leave(on_purpose=on_purpose)

    @rule(disabled=st.sets(names, max_size=2), awareness=st.sampled_from(["none", "talking", "all"]))
    def an_administrator_changes_something(self, disabled: set[str], awareness: Awareness) -> None:
        self.desk.follow_records(Team("north", awareness), disabled=tuple(disabled))

    @rule(name=names, by_token=st.booleans())
    def staff_come_back(self, name: str, by_token: bool) -> None:
        role, team = next((role, team) for known, role, team in STAFF if known == name)
        old = self.seats[name]
        if by_token:
            if old.closed or role is Role.AGENT:
                self.seats[name] = self.desk.staff(name, role, team)
        else:
            self.seats[name] = self.desk.back(old)

    @precondition(lambda self: self.customers)
    @rule(who=picks)
    def a_customer_comes_back(self, who: int) -> None:
        index = who % len(self.customers)
        self.customers[index] = self.desk.back(self.customers[index])
        self.customers = [c for c in self.customers if not c.got(Goodbye)]

    @rule(seconds=st.sampled_from([1, 5, 11, 31, 61]))
    def time_passes(self, seconds: float) -> None:
        self.desk.pass_time(seconds)

    @rule()
    def the_server_dies_and_starts_anew(self) -> None:
        self.desk.restart()

    # --- what always holds ---

    @invariant()
    def only_connected_coaches_on_a_call_are_heard(self) -> None:
        for party in self.desk.hub.state.parties.values():
            if party.mode is not Mode.LISTEN:
                assert party.role in COACHES
                assert party.call
                assert self.desk.hub.state.connected(party.party)

    @invariant()
    def without_the_agent_nothing_is_in_force_and_nobody_speaks(self) -> None:
        for call in self.desk.hub.state.calls.values():
            if not self.desk.hub.state.connected(call.agent):
                view = self.desk.view(call.call)
                assert not any(p.in_force for p in view.parties)
                assert all(p.mode is Mode.LISTEN for p in view.parties)

    @invariant()
    def one_takeover_and_bounded_rooms(self) -> None:
        state = self.desk.hub.state
        for call in state.calls.values():
            observers = state.observers_of(call)
            assert sum(p.mode is Mode.TAKEOVER for p in observers) <= 1
            assert len(observers) <= 3
            assert sum(p.role in COACHES for p in observers) <= 2
            assert all(p.role in OBSERVERS for p in observers)
            assert all(p.role is Role.ADMIN or p.team == call.team for p in observers)

    @invariant()
    def membership_is_the_same_from_both_ends(self) -> None:
        state = self.desk.hub.state
        for call in state.calls.values():
            assert len(set(call.members)) == len(call.members)
            assert all(state.parties[party].call == call.call for party in call.members)
        for party in state.parties.values():
            assert not party.call or party.party in state.calls[party.call].members
            assert state.connected(party.party) != (party.party in state.lost)

    @invariant()
    def a_tally_is_of_two_roles_and_there_is_one_of_each(self) -> None:
        for call in self.desk.hub.state.calls.values():
            pairs = [(tally.source, tally.listener) for tally in call.quality]
            assert len(set(pairs)) == len(pairs)
            assert all(source != listener for source, listener in pairs)
            assert all(1 <= tally.mos_worst <= tally.mos_mean <= 4.5 for tally in call.quality)

    @invariant()
    def revisions_never_fall(self) -> None:
        for call in self.desk.hub.state.calls.values():
            assert call.revision >= self.revisions.get(call.call, 0)
            assert call.applied <= call.revision
            self.revisions[call.call] = call.revision

    @invariant()
    def nobodys_view_is_stale(self) -> None:
        state = self.desk.hub.state
        for client in self.present():
            party = state.parties.get(state.party_of_connection.get(client.connection, ""))
            assert party is not None
            if party.role is Role.AGENT:
                views = link_views(state, party.user, self.desk.now), waiting_views(state, party.user)
                assert newest(client, Lobby) == Lobby(*views)
            if party.role in OBSERVERS:
                assert newest(client, Calls) == calls_for(state, party)
            if party.call and party.role is not Role.CUSTOMER:
                assert newest(client, CallState) == CallState(call_view(state, state.calls[party.call]))
            if party.role is Role.CUSTOMER and party.durable:
                assert newest(client, CustomerState) == customer_view(state, party)

    @invariant()
    def a_customer_hears_of_nobody_else(self) -> None:
        for client in self.customers:
            for text in client.traffic:
                kind = re.match(r'\{"type":"(\w+)"', text)
                assert kind is not None
                assert kind[1] in MAY_REACH_CUSTOMER
                assert not re.search(r'"(sue|sam|tim|ada)"', text)

    @invariant()
    def the_journal_is_what_must_survive(self) -> None:
        state = self.desk.hub.state
        durable = {f"party:{p.party}" for p in state.parties.values() if p.durable}
        assert set(self.desk.journal) == durable | {f"call:{call}" for call in state.calls}


def newest(client: Client, kind: type) -> object:
    """The last message of a kind that a connection was ever sent."""
    tag = f'{{"type":"{kind.__struct_config__.tag}"'
    return parse_server(next(text for text in reversed(client.traffic) if text.startswith(tag)))


Floor.TestCase.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
TestFloor = Floor.TestCase
