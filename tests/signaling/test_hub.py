"""What the hub does, told as stories of people on a call."""

from signaling.policy import Mode, Role
from signaling.protocol import (
    Answer,
    Applied,
    AskHelp,
    Calls,
    CallState,
    CancelHelp,
    ClaimHelp,
    Code,
    Ended,
    EndReason,
    FreshIce,
    HangUp,
    Hold,
    IceServer,
    Leave,
    Listen,
    Offer,
    Replied,
    Reply,
    SetMode,
    Signal,
    Signalled,
)
from signaling.state import Limits
from signaling.step import CallBegan, CallEnded

from .desk import Client, Desk, whispering

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
    _agent, _, supervisor, call = whispering(desk)
    trainee = desk.trainee()
    trainee.do(Listen, call=call)
    assert desk.mode(call, supervisor.party) == (Mode.WHISPER, True)
    assert desk.mode(call, trainee.party) == (Mode.LISTEN, False)


def test_the_endpoint_cannot_apply_the_future(desk: Desk) -> None:
    agent = desk.agent()
    _, call = desk.call(agent)
    assert agent.refused(Applied, call=call, revision=2) == Code.BAD_MESSAGE


def test_only_the_agents_endpoint_applies(desk: Desk) -> None:
    _agent, customer, supervisor, call = whispering(desk)
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
    _agent, _, supervisor, call = whispering(desk)
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

    observed, alone = session(observed=True), session(observed=False)
    assert observed == alone
    assert len(alone) > 8


def test_a_customer_gets_no_message_kind_that_could_show_observers() -> None:
    desk = Desk()
    _, customer, _, _ = whispering(desk)
    assert not any('"parties"' in text or "sue" in text or "supervisor" in text for text in customer.traffic)


# --- signals ---


def test_a_signal_carries_the_servers_stamp(desk: Desk) -> None:
    agent, customer, _supervisor, call = whispering(desk)
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


# --- records ---


def test_the_audit_tells_who_did_what_allowed_or_refused(desk: Desk) -> None:
    _agent, _customer, supervisor, call = whispering(desk)
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
    _agent, customer, _, call = whispering(desk)
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


def test_the_audit_tells_when_listening_ended_by_a_hop(desk: Desk) -> None:
    supervisor = desk.supervisor()
    (_, first), (_, second) = desk.call(desk.agent()), desk.call(desk.agent("bea"))
    for call in (first, second, second):
        supervisor.do(Listen, call=call)
    told = [(e.action, e.call) for e in desk.audit if e.party == supervisor.party]
    assert told[:3] == [("listen", first), ("leave", first), ("listen", second)]
    assert ("leave", second) not in told


def test_the_audit_tells_when_listening_ended_by_loss(desk: Desk) -> None:
    supervisor = desk.supervisor()
    _, call = desk.call(desk.agent())
    supervisor.do(Listen, call=call)
    supervisor.leave()
    assert desk.audit[-1].action == "listen"
    desk.pass_time(desk.limits.grace(Role.SUPERVISOR))
    ended = desk.audit[-1]
    assert (ended.actor, ended.action, ended.allowed, ended.call) == ("sue", "lost", True, call)
    assert ended.party == supervisor.party


def test_the_audit_tells_when_listening_ended_by_removal(desk: Desk) -> None:
    supervisor = desk.supervisor()
    _, call = desk.call(desk.agent())
    supervisor.do(Listen, call=call)
    desk.follow_records(disabled=("sue",))
    assert [(e.action, e.call) for e in desk.audit][-2:] == [("shut_out", call), ("lost", call)]
