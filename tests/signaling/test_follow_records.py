"""What an administrator changes while people are connected."""

import pytest

from signaling.policy import Mode, Role
from signaling.protocol import (
    Admit,
    CallState,
    Code,
    CreateLink,
    CustomerState,
    Ended,
    EndReason,
    Goodbye,
    HangUp,
    Invitation,
    Knock,
    Listen,
    Lobby,
    TeamPolicy,
    Welcome,
)
from signaling.state import Team, User
from signaling.step import Consent

from .desk import Client, Desk, whispering

# --- a team's policy ---


def test_a_new_policy_reaches_staff_before_the_call_they_are_to_show_by_it(desk: Desk) -> None:
    agent, _, supervisor, _ = whispering(desk)
    other = desk.agent("bea", "south")
    for client in (agent, supervisor, other):
        client.inbox.clear()
    desk.follow_records(Team("north", "none"))
    assert agent.inbox[0] == TeamPolicy("none")
    assert isinstance(agent.inbox[1], CallState)
    assert supervisor.last(TeamPolicy).awareness == "none"
    assert other.inbox == []
    assert desk.agent("ann").last(Welcome).awareness == "none"


def test_windows_that_a_team_hides_reach_its_staff(desk: Desk) -> None:
    agent, customer, _, _ = whispering(desk)
    agent.inbox.clear()
    customer.inbox.clear()
    region = "region:0:1,2,30,40"
    desk.follow_records(Team("north", hidden_windows=("Payroll",), hidden_regions=(region,)))
    assert agent.inbox[0] == TeamPolicy("all", ("Payroll",), (region,))
    assert isinstance(agent.inbox[1], CallState)
    assert customer.inbox == []
    welcome = desk.agent("ann").last(Welcome)
    assert (welcome.hidden_windows, welcome.hidden_regions) == (("Payroll",), (region,))


def test_what_has_not_changed_is_not_told(desk: Desk) -> None:
    agent, customer, _, _ = whispering(desk)
    agent.inbox.clear()
    customer.inbox.clear()
    desk.follow_records(Team("north", "all", "Hello."), Team("south", "none"))
    desk.follow_records(Team("north", "all", "Hello."), Team("south", "none"))
    assert agent.inbox == customer.inbox == []


def test_the_customer_learns_nothing_of_a_new_policy(desk: Desk) -> None:
    _, customer, _, _ = whispering(desk)
    customer.inbox.clear()
    desk.follow_records(Team("north", "talking"))
    assert customer.inbox == []


def test_a_consent_is_to_what_was_announced_and_not_to_what_is_by_now(desk: Desk) -> None:
    desk.follow_records(Team("north", announcement="One coach may listen."))
    agent = desk.agent()
    early = desk.follow(desk.invite(agent).path)
    desk.follow_records(Team("north", announcement="Everything is recorded."))
    late = desk.follow(desk.invite(agent).path)
    assert late.last(Invitation).announcement == "Everything is recorded."
    early.do(Knock, name="Early")
    late.do(Knock, name="Late")
    consents = {c.name: c.announcement for c in desk.changes if isinstance(c, Consent)}
    assert consents == {"Early": "One coach may listen.", "Late": "Everything is recorded."}


# --- a disabled user ---


def test_a_disabled_supervisor_is_cut_off_and_nobody_else(desk: Desk) -> None:
    agent, customer, supervisor, call = whispering(desk)
    desk.follow_records(disabled=("sue",))
    assert supervisor.last(Goodbye).code == Code.NOT_SIGNED_IN
    assert supervisor.closed
    assert [p.party for p in agent.last(CallState).call.parties] == [agent.party, customer.party]
    assert desk.back(supervisor).last(Goodbye).code == Code.NOT_SIGNED_IN
    assert ("sue", "shut_out", call) in [(e.actor, e.action, e.call) for e in desk.audit]
    assert not agent.closed


def test_a_disabled_agents_call_is_over_and_their_links_are_void(desk: Desk) -> None:
    agent, customer, supervisor, call = whispering(desk)
    path = desk.invite(agent).path
    desk.follow_records(disabled=("amy",))
    assert agent.last(Goodbye).code == Code.NOT_SIGNED_IN
    assert customer.last(Ended) == Ended(call, EndReason.AGENT_LOST)
    assert supervisor.last(Ended) == Ended(call, EndReason.AGENT_LOST)
    assert desk.follow(path).last(Goodbye).code == Code.LINK_REVOKED
    assert desk.journal == {}


def test_a_disabled_user_who_is_lost_does_not_keep_the_place(desk: Desk) -> None:
    _, _, supervisor, call = whispering(desk)
    supervisor.leave()
    desk.follow_records(disabled=("sue",))
    assert supervisor.party not in [p.party for p in desk.view(call).parties]


def test_shutting_out_happens_once(desk: Desk) -> None:
    whispering(desk)
    desk.follow_records(disabled=("sue", "amy"))
    seen = len(desk.audit), len(desk.changes)
    desk.follow_records(disabled=("sue", "amy"))
    assert (len(desk.audit), len(desk.changes)) == seen


def test_who_waits_for_a_disabled_agent_is_turned_away(desk: Desk) -> None:
    agent = desk.agent()
    waiting, lost = desk.customer(agent), desk.customer(agent, "Eve")
    other = desk.customer(desk.agent("bea"))
    lost.leave()
    desk.follow_records(disabled=("amy",))
    assert waiting.last(Ended) == Ended("", EndReason.AGENT_GONE)
    assert desk.back(lost).last(Goodbye).code == Code.NOT_SIGNED_IN
    assert not other.got(Ended)
    assert set(desk.journal) == {f"party:{other.party}"}


# --- another role, team or password ---


def changed(name: str, role: Role, team: str = "north", generation: int = 0) -> User:
    return User(f"id-{name}", name, role, team, generation)


@pytest.mark.parametrize("user", [changed("sue", Role.TRAINEE), changed("sue", Role.SUPERVISOR, "south")])
def test_another_role_or_team_takes_effect_at_once(desk: Desk, user: User) -> None:
    agent, customer, supervisor, call = whispering(desk)
    desk.follow_records(changed=(user,))
    assert supervisor.last(Goodbye).code == Code.NOT_SIGNED_IN
    assert [p.party for p in desk.view(call).parties] == [agent.party, customer.party]
    assert desk.back(supervisor, user).last(Goodbye).code == Code.NOT_SIGNED_IN
    assert ("shut_out", "changed") in [(e.action, e.target) for e in desk.audit if e.actor == "sue"]
    assert desk.sign_in(user).last(Welcome).team == user.team


def test_an_agents_call_outlives_a_change_and_the_session_does_not(desk: Desk) -> None:
    agent, customer, _, call = whispering(desk)
    user = changed("amy", Role.AGENT, "south")
    path = desk.invite(agent).path
    desk.follow_records(changed=(user,))
    assert desk.follow(path).last(Goodbye).code == Code.LINK_REVOKED
    agent = desk.back(agent, user)
    assert agent.last(CallState).call.call == call
    agent.do(HangUp, call=call)
    assert customer.last(Ended).reason is EndReason.HUNG_UP
    desk.follow_records(changed=(user,))
    assert agent.last(Goodbye).code == Code.NOT_SIGNED_IN


def test_who_waits_for_an_agent_who_is_none_any_more_is_turned_away(desk: Desk) -> None:
    customer = desk.customer(desk.agent())
    desk.follow_records(changed=(changed("amy", Role.SUPERVISOR),))
    assert customer.last(Ended) == Ended("", EndReason.AGENT_GONE)


def test_a_new_password_ends_the_session_and_keeps_the_agents_place(desk: Desk) -> None:
    agent, customer, _, call = whispering(desk)
    user = changed("amy", Role.AGENT, generation=1)
    desk.follow_records(changed=(user,))
    assert agent.last(Goodbye).code == Code.NOT_SIGNED_IN
    assert customer.last(CustomerState).phase == "agent_away"
    assert desk.back(agent, user).last(Goodbye).code == Code.NOT_SIGNED_IN
    again = desk.sign_in(user)
    assert again.last(CallState).call.call == call
    seen = len(desk.audit)
    desk.follow_records(changed=(user,))
    assert not again.closed
    assert len(desk.audit) == seen


def test_a_new_password_is_remembered_over_a_restart(desk: Desk) -> None:
    agent, _, _, _ = whispering(desk)
    desk.follow_records(changed=(changed("amy", Role.AGENT, generation=1),))
    desk.restart()
    assert desk.back(agent, changed("amy", Role.AGENT, generation=1)).last(Goodbye).code == Code.NOT_SIGNED_IN


@pytest.mark.parametrize("enabled_again", [True, False])
def test_others_go_on_working(desk: Desk, enabled_again: bool) -> None:
    agent = desk.agent()
    desk.supervisor()
    desk.follow_records(disabled=("sue",))
    desk.follow_records(disabled=() if enabled_again else ("sue",))
    customer = desk.customer(agent)
    agent.do(Admit, party=customer.party)
    call = agent.last(CallState).call.call
    other: Client = desk.supervisor("sam")
    other.do(Listen, call=call)
    agent.do(CreateLink)
    assert agent.got(Lobby)
    assert desk.mode(call, other.party)[0] is Mode.LISTEN
