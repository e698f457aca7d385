"""What the hub does, told as stories of people on a call."""

import pytest

from signaling.policy import Mode, Role
from signaling.protocol import (
    Admit,
    Answer,
    Applied,
    AskHelp,
    Calls,
    CallState,
    CancelHelp,
    ClaimHelp,
    Code,
    CreateLink,
    CustomerState,
    Decline,
    Ended,
    EndReason,
    FreshIce,
    Goodbye,
    HangUp,
    Hold,
    IceServer,
    Invitation,
    Knock,
    Leave,
    Listen,
    Lobby,
    Offer,
    Replied,
    Reply,
    RevokeLink,
    SetMode,
    Signal,
    Signalled,
    Welcome,
)
from signaling.state import Limits, Team, User
from signaling.step import CallBegan, CallEnded, Consent

from .desk import Client, Desk


@pytest.fixture
def desk() -> Desk:
    return Desk()


def whispering(desk: Desk) -> tuple[Client, Client, Client, str]:
    """An agent, a customer, and a supervisor whose whisper is in force."""
    agent, supervisor = desk.agent(), desk.supervisor()
    customer, call = desk.call(agent)
    supervisor.do(Listen, call=call)
    supervisor.do(SetMode, call=call, mode=Mode.WHISPER)
    desk.apply_all(agent, call)
    assert desk.mode(call, supervisor.party) == (Mode.WHISPER, True)
    return agent, customer, supervisor, call


# --- links and lobby ---


def test_a_link_is_used_up_by_the_knock_and_not_by_looking(desk: Desk) -> None:
    agent = desk.agent()
    path = desk.invite(agent).path
    desk.follow(path).leave()
    first, second = desk.follow(path), desk.follow(path)
    first.do(Knock, name="Bob")
    assert second.refused(Knock, name="Eve") == Code.LINK_USED
    assert desk.follow(path).last(Goodbye).code == Code.LINK_USED


def test_a_link_of_three_uses_serves_three(desk: Desk) -> None:
    agent = desk.agent()
    path = desk.invite(agent, uses=3).path
    for name in "abc":
        desk.follow(path).do(Knock, name=name)
    assert desk.follow(path).last(Goodbye).code == Code.LINK_USED
    assert [w.name for w in agent.last(Lobby).waiting] == ["a", "b", "c"]


def test_a_link_expires_and_the_agent_sees_it_go(desk: Desk) -> None:
    agent = desk.agent()
    link = desk.invite(agent, expires_in=60)
    late = desk.follow(link.path)
    assert [shown.link for shown in agent.last(Lobby).links] == [link.link]
    desk.pass_time(60)
    assert agent.last(Lobby).links == []
    assert late.refused(Knock) == Code.LINK_EXPIRED
    assert desk.follow(link.path).last(Goodbye).code == Code.LINK_EXPIRED


def test_a_revoked_link_lets_nobody_in(desk: Desk) -> None:
    agent = desk.agent()
    link = desk.invite(agent)
    guest = desk.follow(link.path)
    agent.do(RevokeLink, link=link.link)
    assert guest.refused(Knock) == Code.LINK_REVOKED
    assert desk.follow(link.path).last(Goodbye).code == Code.LINK_REVOKED


def test_a_guessed_link_is_no_link(desk: Desk) -> None:
    assert desk.follow("/join#guess").last(Goodbye).code == Code.NO_SUCH_LINK


def test_only_the_maker_and_the_teams_coaches_revoke_a_link(desk: Desk) -> None:
    link = desk.invite(desk.agent())
    assert desk.agent("bea").refused(RevokeLink, link=link.link) == Code.NOT_ALLOWED
    assert desk.supervisor("sam", "south").refused(RevokeLink, link=link.link) == Code.NOT_ALLOWED
    desk.supervisor().do(RevokeLink, link=link.link)


def test_an_agent_has_a_bounded_number_of_links() -> None:
    agent = Desk(Limits(links_per_agent=2)).agent()
    agent.do(CreateLink)
    agent.do(CreateLink)
    assert agent.refused(CreateLink) == Code.TOO_MANY_LINKS


def test_a_lobby_is_bounded_and_a_full_one_does_not_use_up_the_link() -> None:
    desk = Desk(Limits(lobby=1))
    agent = desk.agent()
    desk.customer(agent)
    link = desk.invite(agent)
    assert desk.follow(link.path).refused(Knock) == Code.LOBBY_FULL
    assert [shown.uses_left for shown in agent.last(Lobby).links] == [1]


def test_a_knock_is_a_consent_on_record(desk: Desk) -> None:
    desk.teams["north"] = desk.hub.state.teams["north"] = Team("north", announcement="We listen in.")
    agent = desk.agent()
    guest = desk.follow(desk.invite(agent).path)
    assert guest.last(Invitation).announcement == "We listen in."
    guest.do(Knock, name="Bob", microphone=True)
    (consent,) = [c for c in desk.changes if isinstance(c, Consent)]
    assert (consent.name, consent.camera, consent.microphone) == ("Bob", False, True)
    assert consent.announcement == "We listen in."


def test_a_declined_customer_is_told_and_gone(desk: Desk) -> None:
    agent = desk.agent()
    customer = desk.customer(agent)
    agent.do(Decline, party=customer.party)
    assert customer.last(Ended) == Ended("", EndReason.DECLINED)
    assert agent.last(Lobby).waiting == []
    assert agent.refused(Admit, party=customer.party) == Code.NO_SUCH_PARTY


def test_an_agent_answers_only_their_own_lobby(desk: Desk) -> None:
    customer = desk.customer(desk.agent())
    assert desk.agent("bea").refused(Admit, party=customer.party) == Code.NOT_ALLOWED
    assert desk.agent("bea").refused(Decline, party=customer.party) == Code.NOT_ALLOWED


def test_while_the_agent_talks_the_next_customer_waits_on(desk: Desk) -> None:
    agent = desk.agent()
    _, call = desk.call(agent)
    second = desk.customer(agent, "Eve")
    assert agent.refused(Admit, party=second.party) == Code.BUSY
    agent.do(HangUp, call=call)
    agent.do(Admit, party=second.party)
    assert second.last(CustomerState).phase == "live"


def test_a_waiting_customer_learns_that_the_agent_is_away_and_back(desk: Desk) -> None:
    agent = desk.agent()
    customer = desk.customer(agent)
    assert customer.last(CustomerState).phase == "waiting"
    agent.leave()
    assert customer.last(CustomerState).phase == "agent_away"
    desk.back(agent)
    assert customer.last(CustomerState).phase == "waiting"


def test_a_lost_waiting_customer_is_hidden_then_back_then_gone(desk: Desk) -> None:
    agent = desk.agent()
    customer = desk.customer(agent)
    customer.leave()
    assert agent.last(Lobby).waiting == []
    customer = desk.back(customer)
    assert [w.party for w in agent.last(Lobby).waiting] == [customer.party]
    assert customer.last(CustomerState).phase == "waiting"
    customer.leave()
    desk.pass_time(61)
    assert desk.back(customer).last(Goodbye).code == Code.NOT_SIGNED_IN


# --- modes ---


def test_a_mode_is_in_force_only_when_the_agents_endpoint_says_so(desk: Desk) -> None:
    agent, supervisor = desk.agent(), desk.supervisor()
    _, call = desk.call(agent)
    supervisor.do(Listen, call=call)
    desk.apply_all(agent, call)
    supervisor.do(SetMode, call=call, mode=Mode.WHISPER)
    assert desk.mode(call, supervisor.party) == (Mode.WHISPER, False)
    agent.do(Applied, call=call, revision=desk.view(call).revision - 1)
    assert desk.mode(call, supervisor.party) == (Mode.WHISPER, False)
    desk.apply_all(agent, call)
    assert desk.mode(call, supervisor.party) == (Mode.WHISPER, True)
    assert supervisor.last(CallState).call == desk.view(call)


def test_another_observers_change_leaves_a_mode_in_force(desk: Desk) -> None:
    agent, _, supervisor, call = whispering(desk)
    trainee = desk.trainee()
    trainee.do(Listen, call=call)
    assert desk.mode(call, supervisor.party) == (Mode.WHISPER, True)
    assert desk.mode(call, trainee.party) == (Mode.LISTEN, False)


def test_the_endpoint_cannot_apply_the_future(desk: Desk) -> None:
    agent = desk.agent()
    _, call = desk.call(agent)
    assert agent.refused(Applied, call=call, revision=2) == Code.BAD_MESSAGE


def test_only_the_agents_endpoint_applies(desk: Desk) -> None:
    agent, customer, supervisor, call = whispering(desk)
    for other in (customer, supervisor, desk.agent("bea")):
        assert other.refused(Applied, call=call, revision=1) == Code.NOT_ALLOWED


def test_one_supervisor_takes_over_at_a_time(desk: Desk) -> None:
    agent, first, second = desk.agent(), desk.supervisor(), desk.supervisor("sam")
    _, call = desk.call(agent)
    first.do(Listen, call=call)
    second.do(Listen, call=call)
    first.do(SetMode, call=call, mode=Mode.TAKEOVER)
    assert second.refused(SetMode, call=call, mode=Mode.TAKEOVER) == Code.ALREADY_TAKEN_OVER
    first.do(SetMode, call=call, mode=Mode.LISTEN)
    second.do(SetMode, call=call, mode=Mode.TAKEOVER)


def test_nobody_else_learns_from_a_refusal_that_a_call_is_taken_over(desk: Desk) -> None:
    agent, supervisor, trainee = desk.agent(), desk.supervisor(), desk.trainee()
    customer, call = desk.call(agent)
    trainee.do(Listen, call=call)
    before = customer.ask(SetMode, call=call, mode=Mode.TAKEOVER)
    supervisor.do(Listen, call=call)
    supervisor.do(SetMode, call=call, mode=Mode.TAKEOVER)
    after = customer.ask(SetMode, call=call, mode=Mode.TAKEOVER)
    assert (before.code, before.message) == (after.code, after.message)
    assert trainee.refused(SetMode, call=call, mode=Mode.TAKEOVER) == Code.NOT_ALLOWED


def test_a_supervisor_hangs_up_only_what_they_have_taken_over(desk: Desk) -> None:
    _, customer, supervisor, call = whispering(desk)
    assert supervisor.refused(HangUp, call=call) == Code.NOT_ALLOWED
    supervisor.do(SetMode, call=call, mode=Mode.TAKEOVER)
    supervisor.do(HangUp, call=call)
    assert customer.last(Ended).reason == EndReason.HUNG_UP


def test_a_mode_needs_membership(desk: Desk) -> None:
    agent, supervisor = desk.agent(), desk.supervisor()
    _, call = desk.call(agent)
    for mode in Mode:
        assert supervisor.refused(SetMode, call=call, mode=mode) == Code.NOT_ALLOWED


def test_a_hop_leaves_the_former_call_in_silence(desk: Desk) -> None:
    _, _, supervisor, call = whispering(desk)
    _, other = desk.call(desk.agent("bea"))
    supervisor.do(Listen, call=other)
    assert supervisor.party not in [p.party for p in desk.view(call).parties]
    assert desk.mode(other, supervisor.party) == (Mode.LISTEN, False)


def test_leaving_a_taken_over_call_gives_it_back(desk: Desk) -> None:
    agent, _, supervisor, call = whispering(desk)
    supervisor.do(SetMode, call=call, mode=Mode.TAKEOVER)
    before = desk.view(call).revision
    supervisor.do(Leave, call=call)
    assert desk.view(call).revision > before
    assert all(p.mode is Mode.LISTEN for p in desk.view(call).parties)


def test_a_call_has_room_for_so_many() -> None:
    desk = Desk(Limits(observers=3, coaches=2))
    _, call = desk.call(desk.agent())
    for name in ("sue", "sam"):
        desk.supervisor(name).do(Listen, call=call)
    assert desk.supervisor("sid").refused(Listen, call=call) == Code.CALL_FULL
    desk.trainee().do(Listen, call=call)
    assert desk.trainee("tom").refused(Listen, call=call) == Code.CALL_FULL


def test_observers_reach_their_own_team_and_admins_all(desk: Desk) -> None:
    _, call = desk.call(desk.agent())
    stranger = desk.supervisor("sam", "south")
    assert stranger.refused(Listen, call=call) == Code.NOT_ALLOWED
    assert stranger.refused(ClaimHelp, call=call) == Code.NOT_ALLOWED
    admin = desk.staff("ada", Role.ADMIN, "hq")
    assert [c.call for c in admin.last(Calls).calls] == [call]
    admin.do(Listen, call=call)


def test_the_list_of_calls_shows_the_own_team_only(desk: Desk) -> None:
    south = desk.supervisor("sam", "south")
    north = desk.supervisor()
    _, call = desk.call(desk.agent())
    assert [c.call for c in north.last(Calls).calls] == [call]
    assert south.last(Calls).calls == []


# --- what the customer may not notice ---


def test_a_customers_traffic_is_the_same_with_and_without_observers() -> None:
    def session(*, observed: bool) -> list[str]:
        desk = Desk()
        agent = desk.agent()
        customer, call = desk.call(agent)
        # Ids and secrets are counted; observers come after all those the customer sees were made.
        if observed:
            observe(desk, agent, call)
        agent.do(Signal, call=call, to=customer.party, body=Offer("s", "v=0"))
        agent.do(Hold, call=call, on=True)
        agent.do(Hold, call=call, on=False)
        if observed:
            observe(desk, agent, call)
        customer.ask(Listen, call=call)
        customer.ask(SetMode, call=call, mode=Mode.TAKEOVER)
        customer.ask(Signal, call=call, to="0000000000000009", body=Offer("s", "v=0"))
        customer.leave()
        back = desk.back(customer)
        agent.do(HangUp, call=call)
        return customer.traffic + back.traffic

    def observe(desk: Desk, agent: Client, call: str) -> None:
        supervisor, trainee = desk.supervisor(), desk.trainee()
        for observer in (supervisor, trainee):
            observer.do(Listen, call=call)
        for mode in (Mode.WHISPER, Mode.BARGE, Mode.LANE, Mode.TAKEOVER):
            supervisor.do(SetMode, call=call, mode=mode)
            desk.apply_all(agent, call)
        agent.do(AskHelp, call=call, reason="help")
        supervisor.do(ClaimHelp, call=call)
        agent.do(Reply, call=call, reply="got_it")
        trainee.leave()
        desk.pass_time(11)
        supervisor.leave()
        desk.pass_time(11)

    with_observers, without = session(observed=True), session(observed=False)
    assert with_observers == without
    assert len(without) > 8


def test_a_customer_gets_no_message_kind_that_could_show_observers() -> None:
    desk = Desk()
    _, customer, _, _ = whispering(desk)
    assert not any('"parties"' in text or "sue" in text or "supervisor" in text for text in customer.traffic)


# --- signals ---


def test_a_signal_carries_the_servers_stamp(desk: Desk) -> None:
    agent, customer, supervisor, call = whispering(desk)
    customer.do(Signal, call=call, to=agent.party, body=Answer("s", "v=0"))
    assert agent.last(Signalled) == Signalled(call, customer.party, Answer("s", "v=0"))


def test_signals_go_along_the_star_only(desk: Desk) -> None:
    agent, customer, supervisor, call = whispering(desk)
    body = Offer("s", "v=0")
    assert supervisor.refused(Signal, call=call, to=customer.party, body=body) == Code.NOT_ALLOWED
    assert customer.refused(Signal, call=call, to=supervisor.party, body=body) == Code.NOT_ALLOWED
    assert customer.refused(Signal, call=call, to="nobody", body=body) == Code.NOT_ALLOWED
    assert agent.refused(Signal, call=call, to="nobody", body=body) == Code.NO_SUCH_PARTY
    assert agent.refused(Signal, call=call, to=agent.party, body=body) == Code.NOT_ALLOWED
    assert not customer.got(Signalled)
    assert desk.supervisor("sam").refused(Signal, call=call, to=agent.party, body=body) == Code.NOT_ALLOWED


def test_a_signal_to_a_lost_agent_says_so(desk: Desk) -> None:
    agent, customer, _, call = whispering(desk)
    agent.leave()
    assert customer.refused(Signal, call=call, to=agent.party, body=Offer("s", "v=0")) == Code.AGENT_AWAY


# --- help ---


def test_help_is_asked_claimed_once_and_cancelled(desk: Desk) -> None:
    agent, first, second = desk.agent(), desk.supervisor(), desk.supervisor("sam")
    _, call = desk.call(agent)
    assert first.refused(ClaimHelp, call=call) == Code.NOT_ALLOWED
    agent.do(AskHelp, call=call, reason="refund")
    asked = second.last(Calls).calls[0].help
    assert asked is not None
    assert (asked.reason, asked.claimed_by) == ("refund", "")
    first.do(ClaimHelp, call=call)
    assert second.refused(ClaimHelp, call=call) == Code.BUSY
    assert second.refused(CancelHelp, call=call) == Code.NOT_ALLOWED
    agent.do(CancelHelp, call=call)
    assert desk.view(call).help is None


def test_a_silent_reply_reaches_the_observers_alone(desk: Desk) -> None:
    agent, customer, supervisor, call = whispering(desk)
    agent.do(Reply, call=call, reply="say_again")
    assert supervisor.last(Replied).reply == "say_again"
    assert not customer.got(Replied)


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
    desk.pass_time(9.9)
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
    agent, _, supervisor, call = whispering(desk)
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
    agent, customer, _, call = whispering(desk)
    desk.restart()
    customer = desk.back(customer)
    desk.pass_time(31)
    assert customer.last(Ended).reason is EndReason.AGENT_LOST
    assert desk.journal == {}


@pytest.mark.parametrize("lost", ["call:", "party:"])
def test_a_journal_with_a_hole_ends_the_call_and_nothing_else(desk: Desk, lost: str) -> None:
    agent, customer, _, call = whispering(desk)
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


# --- records ---


def test_the_audit_tells_who_did_what_allowed_or_refused(desk: Desk) -> None:
    agent, customer, supervisor, call = whispering(desk)
    trainee = desk.trainee()
    trainee.do(Listen, call=call)
    trainee.ask(SetMode, call=call, mode=Mode.BARGE)
    supervisor.leave()
    told = [(e.actor, e.action, e.allowed, e.call, e.code) for e in desk.audit]
    assert told == [
        ("amy", "create_link", True, "", ""),
        ("customer", "knock", True, "", ""),
        ("amy", "admit", True, call, ""),
        ("sue", "listen", True, call, ""),
        ("sue", "whisper", True, call, ""),
        ("tim", "listen", True, call, ""),
        ("tim", "barge", False, call, "not_allowed"),
        ("sue", "fall_back", True, call, ""),
    ]


def test_a_calls_record_has_beginning_and_end(desk: Desk) -> None:
    agent, customer, _, call = whispering(desk)
    desk.now += 60
    customer.do(HangUp, call=call)
    (began,) = [c for c in desk.changes if isinstance(c, CallBegan)]
    (ended,) = [c for c in desk.changes if isinstance(c, CallEnded)]
    assert (began.call, began.agent, began.customer) == (call, "amy", "Bob")
    assert (ended.call, ended.reason, ended.at - began.at) == (call, "customer_left", 60)


def test_no_record_holds_a_secret(desk: Desk) -> None:
    whispering(desk)
    assert "secret-secret" not in repr(desk.audit) + repr(desk.changes) + repr(desk.journal)


def test_turn_credentials_are_renewed_while_connected() -> None:
    desk = Desk(Limits(ice_refresh=100))
    desk.hub.state.ice = lambda party, now: [IceServer(["turn:t"], f"{now}:{party}", "x")]
    agent = desk.agent()
    desk.pass_time(99)
    assert not agent.got(FreshIce)
    desk.pass_time(1)
    assert agent.last(FreshIce).ice[0].username == f"1100.0:{agent.party}"
    desk.pass_time(1)
    assert sum(isinstance(m, FreshIce) for m in agent.inbox) == 1


def test_a_guest_who_has_not_knocked_can_move_to_another_connection(desk: Desk) -> None:
    guest = desk.follow(desk.invite(desk.agent()).path)
    moved = desk.back(guest)
    assert guest.last(Goodbye).code == Code.REPLACED
    moved.do(Knock, name="Bob")
