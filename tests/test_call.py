"""What a client makes of a call: members for routing, who hears whom by name, what an agent may know."""

import msgspec
import pytest

from coachdesk import call as calls
from coachdesk.routing import routes
from signaling.policy import Mode, Role
from signaling.protocol import CallPhase, CallView, PartyView


def view(mode: Mode = Mode.LISTEN, *, in_force: bool = True, connected: bool = True) -> CallView:
    return CallView(
        call="c",
        label="Router down",
        team="north",
        agent="a",
        customer="k",
        phase=CallPhase.LIVE,
        started_at=0.0,
        revision=1,
        parties=[
            PartyView("a", "Alex", Role.AGENT, Mode.LISTEN, True, True),
            PartyView("k", "Kim", Role.CUSTOMER, Mode.LISTEN, True, True),
            PartyView("s", "Mia", Role.SUPERVISOR, mode, in_force, connected),
            PartyView("t", "Tom", Role.TRAINEE, Mode.LISTEN, True, True),
        ],
    )


def test_heard_by_names_those_who_hear_a_mode_in_force() -> None:
    assert calls.heard_by(view(Mode.WHISPER), "s") == ["Alex", "Tom"]
    assert calls.heard_by(view(Mode.BARGE), "s") == ["Alex", "Kim", "Tom"]


def test_a_mode_that_is_not_in_force_is_heard_by_nobody() -> None:
    assert calls.heard_by(view(Mode.BARGE, in_force=False), "s") == []


def test_a_party_without_connection_only_listens() -> None:
    wired = routes(calls.members(view(Mode.BARGE, connected=False)))
    assert not [route for route in wired if route.source == "s"]


def test_failing_closed_silences_every_observer_and_gives_the_call_back_to_the_agent() -> None:
    wired = routes(calls.members(calls.fail_closed(view(Mode.TAKEOVER))))
    assert not [route for route in wired if route.source == "s"]
    assert [route for route in wired if (route.source, route.sink) == ("a", "k")]


@pytest.mark.parametrize(
    ("mode", "in_force", "connected", "leads"),
    [
        (Mode.LISTEN, True, True, "a"),
        (Mode.BARGE, True, True, "a"),
        (Mode.TAKEOVER, True, True, "s"),
        (Mode.TAKEOVER, False, True, "a"),
        (Mode.TAKEOVER, True, False, "a"),
    ],
)
def test_who_talks_with_the_customer_leads_alone(
    mode: Mode, in_force: bool, connected: bool, leads: str
) -> None:
    shown = view(mode, in_force=in_force, connected=connected)
    assert [party for party in "akst" if calls.leads(shown, party)] == [leads]


@pytest.mark.parametrize(
    ("awareness", "mode", "shown"),
    [
        ("all", Mode.LISTEN, ["a", "k", "s", "t"]),
        ("talking", Mode.LISTEN, ["a", "k"]),
        ("talking", Mode.WHISPER, ["a", "k", "s"]),
        ("talking", Mode.LANE, ["a", "k"]),
        ("none", Mode.WHISPER, ["a", "k"]),
    ],
)
def test_the_agent_sees_observers_as_far_as_the_policy_says(
    awareness: str, mode: Mode, shown: list[str]
) -> None:
    seen = calls.as_shown_to_agent(view(mode), awareness)  # type: ignore[arg-type]
    assert [party.party for party in seen.parties] == shown


def test_an_unknown_party_is_none() -> None:
    assert calls.party(view(), "nobody") is None


def test_hold_is_told_by_the_phase() -> None:
    assert calls.held(msgspec.structs.replace(view(), phase=CallPhase.HELD))
    assert not calls.held(view())
