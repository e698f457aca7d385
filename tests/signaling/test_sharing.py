"""Shared screens on the server: who may, what is on record, and that every share that began has an end there."""

from __future__ import annotations

import pytest

from signaling.policy import Mode, Role
from signaling.protocol import (
    CallState,
    Code,
    HangUp,
    Hold,
    Leave,
    Listen,
    ProtocolError,
    SetMode,
    ShareScreen,
    ShowScreen,
    parse_client,
)
from tests.signaling.desk import Client, Desk


def shared(desk: Desk) -> list[tuple[str, str, bool]]:
    return [
        (entry.actor, entry.target, entry.allowed) for entry in desk.audit if entry.action == "share_screen"
    ]


def tell(agent: Client, call: str, state: str = "on", kind: str = "window") -> None:
    agent.do(ShareScreen, call=call, source=kind, state=state)


def test_begin_pause_and_end_are_on_record_with_what_kind(desk: Desk) -> None:
    agent = desk.agent()
    _, call = desk.call(agent)
    for kind, state in (("window", "on"), ("window", "blank"), ("region", "on"), ("region", "off")):
        tell(agent, call, state, kind)
    assert shared(desk) == [
        ("amy", "window on", True),
        ("amy", "window blank", True),
        ("amy", "region on", True),
        ("amy", "region off", True),
    ]
    assert {entry.call for entry in desk.audit if entry.action == "share_screen"} == {call}


def test_trainees_admins_and_other_agents_may_not_and_supervisors_once_they_observe(desk: Desk) -> None:
    agent, supervisor, trainee, admin = (
        desk.agent(),
        desk.supervisor(),
        desk.trainee(),
        desk.staff("ada", Role.ADMIN),
    )
    customer, call = desk.call(agent)
    for party in (trainee, admin):
        party.do(Listen, call=call)
    admin.do(SetMode, call=call, mode=Mode.TAKEOVER)
    for party in (supervisor, trainee, admin, desk.agent("bea")):
        assert party.refused(ShareScreen, call=call, source="screen", state="on") is Code.NOT_ALLOWED
    assert [allowed for _, _, allowed in shared(desk)] == [False] * 4
    tell(customer, call, kind="tab")
    supervisor.do(Listen, call=call)
    tell(supervisor, call)
    assert shared(desk)[4:] == [("customer", "tab on", True), ("sue", "window on", True)]
    assert agent.refused(ShareScreen, call="another", source="screen", state="on") is Code.NO_SUCH_CALL


def test_nobody_else_is_told(desk: Desk) -> None:
    agent, supervisor = desk.agent(), desk.supervisor()
    customer, call = desk.call(agent)
    supervisor.do(Listen, call=call)
    before = len(supervisor.inbox), len(customer.inbox)
    tell(agent, call)
    assert (len(supervisor.inbox), len(customer.inbox)) == before


def test_a_share_ends_with_its_call(desk: Desk) -> None:
    agent = desk.agent()
    _, call = desk.call(agent)
    tell(agent, call)
    agent.do(HangUp, call=call)
    _, another = desk.call(agent)
    agent.do(HangUp, call=another)
    assert [target for _, target, _ in shared(desk)] == ["window on", "window off"]


def test_a_customers_share_ends_with_the_call_and_with_their_place(desk: Desk) -> None:
    agent = desk.agent()
    for over in ("call", "place"):
        customer, call = desk.call(agent)
        tell(customer, call, kind="tab")
        if over == "call":
            agent.do(HangUp, call=call)
        else:
            customer.do(HangUp, call=call)
    assert [target for _, target, _ in shared(desk)] == ["tab on", "tab off"] * 2


def test_a_share_that_was_ended_is_not_ended_twice(desk: Desk) -> None:
    agent = desk.agent()
    _, call = desk.call(agent)
    tell(agent, call)
    tell(agent, call, "off")
    agent.do(HangUp, call=call)
    assert [target for _, target, _ in shared(desk)] == ["window on", "window off"]


def test_it_ends_when_the_agent_signs_in_anew(desk: Desk) -> None:
    """The endpoint that shared is gone: another one has come in its place."""
    agent = desk.agent()
    _, call = desk.call(agent)
    tell(agent, call)
    desk.agent()
    assert [target for _, target, _ in shared(desk)] == ["window on", "window off"]


def test_a_restart_of_the_server_does_not_forget_it(desk: Desk) -> None:
    agent = desk.agent()
    _, call = desk.call(agent)
    tell(agent, call, kind="screen")
    desk.restart()
    desk.pass_time(desk.limits.agent_grace + 1)
    assert [target for _, target, _ in shared(desk)] == ["screen on", "screen off"]


@pytest.mark.parametrize(
    "fields", ['"source": "camera", "state": "on"', '"source": "window", "state": "on", "title": "Payroll"']
)
def test_neither_other_kinds_nor_titles_are_taken(fields: str) -> None:
    with pytest.raises(ProtocolError):
        parse_client(f'{{"type": "share_screen", "id": 1, "call": "c", {fields}}}')


def shows(desk: Desk) -> list[tuple[str, bool]]:
    return [(entry.target, entry.allowed) for entry in desk.audit if entry.action == "show_screen"]


def show(agent: Client, call: str, on: bool = True) -> None:
    agent.do(ShowScreen, call=call, on=on)


def test_what_the_customer_is_shown_is_on_record(desk: Desk) -> None:
    agent = desk.agent()
    customer, call = desk.call(agent)
    tell(agent, call)
    before = len(customer.inbox)
    show(agent, call)
    show(agent, call, on=False)
    assert shows(desk) == [("on", True), ("off", True)]
    assert len(customer.inbox) == before


def test_nobody_but_the_calls_agent_shows_it_to_the_customer(desk: Desk) -> None:
    agent, supervisor, trainee, admin = (
        desk.agent(),
        desk.supervisor(),
        desk.trainee(),
        desk.staff("ada", Role.ADMIN),
    )
    customer, call = desk.call(agent)
    for party in (supervisor, trainee, admin):
        party.do(Listen, call=call)
    tell(agent, call)
    tell(customer, call, kind="tab")
    for party in (supervisor, trainee, admin, customer, desk.agent("bea")):
        for on in (True, False):
            assert party.refused(ShowScreen, call=call, on=on) is Code.NOT_ALLOWED
    assert shows(desk) == [("on", False), ("off", False)] * 5


@pytest.mark.parametrize("state", ["", "blank", "off"])
def test_what_is_not_shared_or_blanked_is_not_shown(desk: Desk, state: str) -> None:
    agent = desk.agent()
    _, call = desk.call(agent)
    if state:
        tell(agent, call)
        tell(agent, call, state)
    assert agent.refused(ShowScreen, call=call, on=True) is Code.NOT_ALLOWED
    show(agent, call, on=False)
    assert shows(desk) == [("on", False), ("off", True)], "to take it back is never refused"


def test_nothing_is_shown_to_a_customer_who_does_not_hear_the_agent(desk: Desk) -> None:
    agent, supervisor = desk.agent(), desk.supervisor()
    _, call = desk.call(agent)
    supervisor.do(Listen, call=call)
    tell(agent, call)
    agent.do(Hold, call=call, on=True)
    assert agent.refused(ShowScreen, call=call, on=True) is Code.NOT_ALLOWED
    agent.do(Hold, call=call, on=False)
    supervisor.do(SetMode, call=call, mode=Mode.TAKEOVER)
    assert agent.refused(ShowScreen, call=call, on=True) is Code.ALREADY_TAKEN_OVER
    supervisor.do(SetMode, call=call, mode=Mode.LISTEN)
    show(agent, call)
    assert [allowed for _, allowed in shows(desk)] == [False, False, True]


@pytest.mark.parametrize("over", ["blank", "off", "other", "hold", "takeover", "call", "place"])
def test_whatever_ends_it_has_it_on_record_once(desk: Desk, over: str) -> None:
    agent, supervisor = desk.agent(), desk.supervisor()
    _, call = desk.call(agent)
    supervisor.do(Listen, call=call)
    tell(agent, call)
    show(agent, call)
    if over in ("blank", "off"):
        tell(agent, call, over)
    elif over == "other":
        tell(agent, call, kind="screen")
    elif over == "hold":
        agent.do(Hold, call=call, on=True)
    elif over == "takeover":
        supervisor.do(SetMode, call=call, mode=Mode.TAKEOVER)
    elif over == "place":
        desk.agent()
    if over != "place":
        agent.do(HangUp, call=call)
    assert shows(desk) == [("on", True), ("off", True)]


def test_a_mode_in_which_the_customer_hears_the_agent_on_leaves_it(desk: Desk) -> None:
    agent, supervisor = desk.agent(), desk.supervisor()
    _, call = desk.call(agent)
    supervisor.do(Listen, call=call)
    tell(agent, call)
    show(agent, call)
    for mode in (Mode.WHISPER, Mode.BARGE, Mode.LANE, Mode.LISTEN):
        supervisor.do(SetMode, call=call, mode=mode)
    assert shows(desk) == [("on", True)]


# --- a supervisor's --------------------------------------------------------------------------------------------


def shown(client: Client) -> dict[str, str]:
    """Whose screens are in the state of the call that ``client`` was told last."""
    view = client.last(CallState).call
    return {party.name: party.shares for party in view.parties if party.shares}


@pytest.fixture
def watched(desk: Desk) -> tuple[Client, Client, Client, str]:
    """A call's agent, supervisor and trainee, and its id."""
    agent, supervisor, trainee = desk.agent(), desk.supervisor(), desk.trainee()
    _, call = desk.call(agent)
    supervisor.do(Listen, call=call)
    trainee.do(Listen, call=call)
    return agent, supervisor, trainee, call


def test_a_supervisors_share_is_in_the_state_of_the_call_and_not_the_customers(desk: Desk) -> None:
    agent, supervisor = desk.agent(), desk.supervisor()
    customer, call = desk.call(agent)
    supervisor.do(Listen, call=call)
    before = len(customer.inbox)
    for state, expected in (("on", {"sue": "on"}), ("blank", {"sue": "blank"}), ("off", {})):
        tell(supervisor, call, state)
        assert shown(agent) == shown(supervisor) == expected
    assert all("shares" not in str(message) for message in customer.inbox[before:])


@pytest.mark.parametrize("mode", list(Mode))
def test_a_supervisor_may_in_every_mode(watched: tuple[Client, Client, Client, str], mode: Mode) -> None:
    agent, supervisor, _, call = watched
    supervisor.do(SetMode, call=call, mode=mode)
    tell(supervisor, call)
    assert shown(agent) == {"sue": "on"}


def test_one_supervisor_shares_at_a_time(desk: Desk, watched: tuple[Client, Client, Client, str]) -> None:
    agent, supervisor, _, call = watched
    other = desk.supervisor("sam")
    other.do(Listen, call=call)
    tell(supervisor, call)
    assert other.refused(ShareScreen, call=call, source="screen", state="on") is Code.BUSY
    tell(supervisor, call, "blank")
    assert other.refused(ShareScreen, call=call, source="screen", state="on") is Code.BUSY
    tell(supervisor, call, "off")
    tell(other, call)
    assert shown(agent) == {"sam": "on"}
    assert [allowed for actor, _, allowed in shared(desk) if actor == "sam"] == [False, False, True]


@pytest.mark.parametrize("how", ["leaves", "hops", "given up"])
def test_it_ends_when_the_supervisor_is_not_on_the_call_any_more(
    desk: Desk, watched: tuple[Client, Client, Client, str], how: str
) -> None:
    agent, supervisor, _, call = watched
    tell(supervisor, call)
    if how == "leaves":
        supervisor.do(Leave, call=call)
    elif how == "hops":
        _, another = desk.call(desk.agent("bea"))
        supervisor.do(Listen, call=another)
        assert shown(supervisor) == {}
    else:
        supervisor.leave()
        assert shown(agent) == {"sue": "blank"}
        desk.pass_time(desk.limits.observer_grace + 1)
    assert shown(agent) == {}
    assert [target for _, target, _ in shared(desk)] == ["window on", "window off"]


def test_without_a_connection_it_is_blank_until_they_are_back(
    desk: Desk,
    watched: tuple[Client, Client, Client, str],
) -> None:
    agent, supervisor, trainee, call = watched
    tell(supervisor, call)
    supervisor.leave()
    assert shown(agent) == shown(trainee) == {"sue": "blank"}
    supervisor = desk.back(supervisor)
    tell(supervisor, call, "blank")
    assert shown(agent) == {"sue": "blank"}
    tell(supervisor, call)
    assert shown(agent) == {"sue": "on"}
