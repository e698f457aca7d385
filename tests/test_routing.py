"""Who hears whom: an independently written matrix, every sequence of three changes, and long walks by two."""

import itertools

import hypothesis.strategies as st
import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from coachdesk.routing import Lane, Member, Route, routes, who_hears
from signaling.policy import Mode, Role

AGENT, CUSTOMER = Member("agent", Role.AGENT), Member("customer", Role.CUSTOMER)
TRAINEE = Member("trainee", Role.TRAINEE)


def call(mode: Mode = Mode.LISTEN, other: Mode = Mode.LISTEN) -> list[Member]:
    return [
        AGENT,
        CUSTOMER,
        Member("mia", Role.SUPERVISOR, mode),
        Member("ben", Role.SUPERVISOR, other),
        TRAINEE,
    ]


def heard(members: list[Member], *, held: bool = False) -> dict[str, set[str]]:
    """Who hears each party, by party."""
    table: dict[str, set[str]] = {member.party: set() for member in members}
    for route in routes(members, held=held):
        table[route.source].add(route.sink)
    return table


EVERYONE = {"agent", "customer", "mia", "ben", "trainee"}
EXPECTED = {
    # mode of mia: (who hears mia, who hears the agent); ben listens, everyone hears the customer
    Mode.LISTEN: (set(), EVERYONE - {"agent"}),
    Mode.WHISPER: ({"agent", "ben", "trainee"}, EVERYONE - {"agent"}),
    Mode.BARGE: (EVERYONE - {"mia"}, EVERYONE - {"agent"}),
    Mode.TAKEOVER: (EVERYONE - {"mia"}, set()),
    Mode.LANE: ({"trainee"}, EVERYONE - {"agent"}),
}


@pytest.mark.parametrize("mode", list(Mode))
def test_the_hearing_matrix_of_each_mode(mode: Mode) -> None:
    mia, agent = EXPECTED[mode]
    table = heard(call(mode))
    assert table == {
        "mia": mia,
        "agent": agent,
        "customer": EVERYONE - {"customer"},
        "ben": set(),
        "trainee": set(),
    }


@pytest.mark.parametrize("mode", list(Mode))
def test_on_hold_the_customer_neither_hears_nor_is_heard(mode: Mode) -> None:
    table = heard(call(mode), held=True)
    assert table["customer"] == set()
    assert all("customer" not in sinks for sinks in table.values())
    assert table["mia"] == EXPECTED[mode][0] - {"customer"}


@pytest.mark.parametrize("sequence", list(itertools.product(Mode, repeat=3)), ids="-".join)
def test_a_sequence_of_three_changes_leaves_nothing_behind(sequence: tuple[Mode, Mode, Mode]) -> None:
    for mode in sequence:
        table = heard(call(mode))
        assert (table["mia"], table["agent"]) == EXPECTED[mode]


@pytest.mark.parametrize("mode", list(Mode))
def test_a_trainee_is_heard_by_nobody_whatever_the_mode_says(mode: Mode) -> None:
    members = [AGENT, CUSTOMER, Member("trainee", Role.TRAINEE, mode)]
    assert heard(members)["trainee"] == set()
    assert heard(members)["agent"] == {"customer", "trainee"}


@pytest.mark.parametrize("mode", list(Mode))
def test_a_customer_has_no_mode(mode: Mode) -> None:
    assert heard([AGENT, Member("customer", Role.CUSTOMER, mode)])["agent"] == {"customer"}


def test_an_admin_coaches_like_a_supervisor() -> None:
    members = [AGENT, CUSTOMER, Member("root", Role.ADMIN, Mode.WHISPER)]
    assert heard(members)["root"] == {"agent"}


def test_who_hears_names_the_members() -> None:
    members = call(Mode.WHISPER)
    assert [member.party for member in who_hears(members, "mia")] == ["agent", "ben", "trainee"]


class TwoSupervisors(RuleBasedStateMachine):
    """Two coaches change modes at will; the promises hold after every step."""

    def __init__(self) -> None:
        super().__init__()
        self.modes = {"mia": Mode.LISTEN, "ben": Mode.LISTEN}
        self.held = False

    @rule(who=st.sampled_from(["mia", "ben"]), mode=st.sampled_from(list(Mode)))
    def change(self, who: str, mode: Mode) -> None:
        self.modes[who] = mode

    @rule(held=st.booleans())
    def hold(self, held: bool) -> None:
        self.held = held

    @property
    def wired(self) -> frozenset[Route]:
        return routes(call(self.modes["mia"], self.modes["ben"]), held=self.held)

    @invariant()
    def no_whisper_and_no_lane_reaches_the_customer(self) -> None:
        assert not [
            route for route in self.wired if route.sink == "customer" and route.lane is not Lane.VOICE
        ]

    @invariant()
    def only_coaches_that_barge_or_took_over_reach_the_customer(self) -> None:
        public = {who for who, mode in self.modes.items() if mode in (Mode.BARGE, Mode.TAKEOVER)}
        taken_over = Mode.TAKEOVER in self.modes.values()
        expected = set() if self.held else public | (set() if taken_over else {"agent"})
        assert {route.source for route in self.wired if route.sink == "customer"} == expected

    @invariant()
    def nobody_hears_themselves(self) -> None:
        assert not [route for route in self.wired if route.source == route.sink]

    @invariant()
    def each_party_is_heard_on_one_lane_only(self) -> None:
        for party in ("mia", "ben"):
            assert len({route.lane for route in self.wired if route.source == party}) <= 1


TwoSupervisors.TestCase.settings = settings(max_examples=100, stateful_step_count=20, deadline=None)
TestTwoSupervisors = TwoSupervisors.TestCase
