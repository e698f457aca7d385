"""Shared screens on the server: who may, what is on record, and that every share that began has an end there."""

from __future__ import annotations

import pytest

from signaling.policy import Mode, Role
from signaling.protocol import Code, HangUp, Listen, ProtocolError, SetMode, ShareScreen, parse_client
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


def test_nobody_but_the_calls_agent_and_customer_may(desk: Desk) -> None:
    agent, supervisor, trainee, admin = (
        desk.agent(),
        desk.supervisor(),
        desk.trainee(),
        desk.staff("ada", Role.ADMIN),
    )
    customer, call = desk.call(agent)
    for party in (supervisor, trainee, admin):
        party.do(Listen, call=call)
    supervisor.do(SetMode, call=call, mode=Mode.TAKEOVER)
    for party in (supervisor, trainee, admin, desk.agent("bea")):
        assert party.refused(ShareScreen, call=call, source="screen", state="on") is Code.NOT_ALLOWED
    assert [allowed for _, _, allowed in shared(desk)] == [False] * 4
    tell(customer, call, kind="tab")
    assert [(target, allowed) for _, target, allowed in shared(desk)][4:] == [("tab on", True)]
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
