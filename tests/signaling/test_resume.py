"""Losing a connection, coming back, and the server's own restart."""

import pytest

from signaling.policy import Mode, Role
from signaling.protocol import (
    Calls,
    CallState,
    Code,
    CreateLink,
    CustomerState,
    Ended,
    EndReason,
    Goodbye,
    HangUp,
    Knock,
    Lobby,
    SetMode,
    Welcome,
)
from signaling.state import Limits, User

from .desk import Desk, whispering

# --- losing and coming back ---


def test_a_lost_supervisor_is_silent_at_once_and_the_call_is_the_agents_again(desk: Desk) -> None:
    agent, _, supervisor, call = whispering(desk)
    supervisor.do(SetMode, call=call, mode=Mode.TAKEOVER)
    desk.apply_all(agent, call)
    before = desk.view(call).revision
    supervisor.leave()
    told = agent.last(CallState).call
    (seen,) = [p for p in told.parties if p.party == supervisor.party]
    assert (seen.mode, seen.connected, seen.in_force) == (Mode.LISTEN, False, False)
    assert told.revision == before + 1
    back = desk.back(supervisor)
    assert desk.mode(call, back.party)[0] is Mode.LISTEN
    assert back.last(CallState).call.call == call


def test_an_observer_is_removed_after_their_grace(desk: Desk) -> None:
    agent, _, supervisor, call = whispering(desk)
    supervisor.leave()
    desk.pass_time(desk.limits.observer_grace - 0.1)
    assert supervisor.party in [p.party for p in desk.view(call).parties]
    desk.pass_time(0.1)
    assert supervisor.party not in [p.party for p in agent.last(CallState).call.parties]
    assert desk.back(supervisor).last(Goodbye).code == Code.NOT_SIGNED_IN


def test_when_the_agent_is_lost_everybody_listens_until_their_endpoint_is_back(desk: Desk) -> None:
    agent, customer, supervisor, call = whispering(desk)
    agent.leave()
    assert customer.last(CustomerState).phase == "agent_away"
    assert desk.mode(call, supervisor.party) == (Mode.LISTEN, False)
    assert supervisor.refused(SetMode, call=call, mode=Mode.WHISPER) == Code.AGENT_AWAY
    agent = desk.back(agent)
    assert customer.last(CustomerState).phase == "live"
    assert not any(p.in_force for p in agent.last(CallState).call.parties)
    desk.apply_all(agent, call)
    assert all(p.in_force for p in desk.view(call).parties)


def test_an_agent_lost_for_good_ends_the_call(desk: Desk) -> None:
    agent, customer, supervisor, call = whispering(desk)
    agent.leave()
    desk.pass_time(30)
    assert customer.last(Ended) == Ended(call, EndReason.AGENT_LOST)
    assert supervisor.last(Ended) == Ended(call, EndReason.AGENT_LOST)
    assert supervisor.last(Calls).calls == []
    assert desk.back(agent).last(Goodbye).code == Code.NOT_SIGNED_IN


def test_a_customer_lost_for_good_ends_the_call(desk: Desk) -> None:
    agent, customer, _, call = whispering(desk)
    customer.leave()
    desk.pass_time(59.9)
    assert not agent.got(Ended)
    desk.pass_time(0.1)
    assert agent.last(Ended) == Ended(call, EndReason.CUSTOMER_LEFT)


def test_an_agents_new_process_gets_party_and_call_back(desk: Desk) -> None:
    agent, _, _supervisor, call = whispering(desk)
    agent.leave()
    again = desk.agent()
    assert again.party == agent.party
    assert again.last(CallState).call.call == call
    assert again.resume != agent.resume
    assert desk.back(agent).last(Goodbye).code == Code.NOT_SIGNED_IN


def test_a_second_sign_in_replaces_the_first_and_fails_closed(desk: Desk) -> None:
    agent, _, supervisor, call = whispering(desk)
    again = desk.agent()
    assert agent.last(Goodbye).code == Code.REPLACED
    assert again.party == agent.party
    assert desk.mode(call, supervisor.party) == (Mode.LISTEN, False)
    assert agent.closed
    assert not desk.view(call).parties[0].in_force
    assert desk.view(call).parties[0].connected


def test_a_resume_replaces_a_connection_that_is_still_open(desk: Desk) -> None:
    _, customer, _, call = whispering(desk)
    back = desk.back(customer)
    assert customer.last(Goodbye).code == Code.REPLACED
    assert back.party == customer.party
    assert back.last(CustomerState).call == call


def test_a_disabled_user_does_not_come_back(desk: Desk) -> None:
    _, _, supervisor, _ = whispering(desk)
    supervisor.leave()
    new = desk._client()
    desk.apply(desk.hub.resume(new.connection, supervisor.resume, None, desk.now))
    assert new.last(Goodbye).code == Code.NOT_SIGNED_IN


def test_a_user_moved_to_another_team_does_not_resume_the_old_place(desk: Desk) -> None:
    _, _, supervisor, _ = whispering(desk)
    moved = User("id-sue", "sue", Role.SUPERVISOR, "south")
    assert desk.back(supervisor, moved).last(Goodbye).code == Code.NOT_SIGNED_IN


def test_an_agent_made_a_supervisor_signs_in_as_one_and_their_call_ends(desk: Desk) -> None:
    _, customer, _, _ = whispering(desk)
    promoted = desk.staff("amy", Role.SUPERVISOR)
    assert promoted.last(Welcome).role is Role.SUPERVISOR
    assert customer.last(Ended).reason is EndReason.AGENT_LOST


def test_a_supervisor_has_so_many_connections() -> None:
    desk = Desk(Limits(connections_per_user=2))
    desk.supervisor()
    desk.supervisor()
    third = desk.supervisor()
    assert third.last(Goodbye).code == Code.TOO_MANY_CONNECTIONS


def test_who_said_no_hello_is_turned_away(desk: Desk) -> None:
    stranger = desk._client()
    assert isinstance(stranger.ask(CreateLink), Goodbye)


# --- a restart of the server ---


def test_a_restart_keeps_the_call_and_no_mode(desk: Desk) -> None:
    agent, customer, supervisor, call = whispering(desk)
    before = desk.view(call).revision
    desk.restart()
    assert desk.view(call).revision > before
    assert desk.mode(call, supervisor.party) == (Mode.LISTEN, False)
    assert not any(p.connected or p.in_force for p in desk.view(call).parties)
    agent, customer, supervisor = desk.back(agent), desk.back(customer), desk.back(supervisor)
    assert customer.last(CustomerState).phase == "live"
    supervisor.do(SetMode, call=call, mode=Mode.BARGE)
    desk.apply_all(agent, call)
    assert desk.mode(call, supervisor.party) == (Mode.BARGE, True)
    agent.do(HangUp, call=call)
    assert desk.journal == {}


def test_a_restart_keeps_lobby_and_links(desk: Desk) -> None:
    agent = desk.agent()
    customer = desk.customer(agent)
    path = desk.invite(agent).path
    desk.restart()
    agent = desk.agent()
    customer = desk.back(customer)
    assert customer.last(CustomerState).phase == "waiting"
    assert [w.name for w in agent.last(Lobby).waiting] == ["Bob"]
    desk.follow(path).do(Knock)


def test_after_a_restart_who_does_not_come_back_is_given_up(desk: Desk) -> None:
    _agent, customer, _, _call = whispering(desk)
    desk.restart()
    customer = desk.back(customer)
    desk.pass_time(31)
    assert customer.last(Ended).reason is EndReason.AGENT_LOST
    assert desk.journal == {}


@pytest.mark.parametrize("lost", ["call:", "party:"])
def test_a_journal_with_a_hole_ends_the_call_and_nothing_else(desk: Desk, lost: str) -> None:
    _agent, customer, _, _call = whispering(desk)
    other_customer, other = desk.call(desk.agent("bea"))
    key = next(key for key in desk.journal if key.startswith(lost))
    desk.journal[key] = b"{damaged"
    desk.restart()
    assert list(desk.hub.state.calls) == [other]
    assert desk.back(other_customer).last(CustomerState).call == other
    assert desk.back(customer).last(Goodbye).code == Code.NOT_SIGNED_IN


def test_the_audit_tells_that_a_whisper_ended_with_the_server(desk: Desk) -> None:
    whispering(desk)
    desk.restart()
    assert [(e.actor, e.action, e.target) for e in desk.audit][-1] == ("sue", "fall_back", "whisper")


def test_a_guest_who_has_not_knocked_can_move_to_another_connection(desk: Desk) -> None:
    guest = desk.follow(desk.invite(desk.agent()).path)
    moved = desk.back(guest)
    assert guest.last(Goodbye).code == Code.REPLACED
    moved.do(Knock, name="Bob")
