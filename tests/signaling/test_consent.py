"""Consents on record follow what is captured, from the knock to the end."""

from __future__ import annotations

import pytest

from signaling.protocol import Admit, Code, Decline, HangUp, Lobby, UpdateConsent
from signaling.step import Consent

from .desk import Client, Desk
from .wire import Site, read_consents


def rows(desk: Desk) -> list[tuple[str, bool, bool]]:
    return [(c.event, c.camera, c.microphone) for c in desk.changes if isinstance(c, Consent)]


GIVEN, ENDED = ("given", True, True), ("ended", False, False)


def test_each_change_is_a_row_with_its_time_and_call(desk: Desk) -> None:
    agent = desk.agent()
    customer, call = desk.call(agent)
    desk.now += 5
    customer.do(UpdateConsent, camera=False, microphone=True)
    desk.now += 5
    customer.do(UpdateConsent, camera=True, microphone=True)
    customer.do(UpdateConsent, camera=True, microphone=True)
    agent.do(HangUp, call=call)
    assert rows(desk) == [GIVEN, ("changed", False, True), ("changed", True, True), ENDED]
    consents = [c for c in desk.changes if isinstance(c, Consent)]
    assert [c.at for c in consents] == [1000.0, 1005.0, 1010.0, 1010.0]
    assert [c.call for c in consents] == ["", call, call, call]
    assert {(c.party, c.name, c.announcement) for c in consents} == {(customer.party, "Bob", "")}


def test_the_agent_sees_in_the_lobby_what_is_captured(desk: Desk) -> None:
    agent = desk.agent()
    customer = desk.customer(agent)
    customer.do(UpdateConsent, camera=False, microphone=True)
    assert [(w.camera, w.microphone) for w in agent.last(Lobby).waiting] == [(False, True)]


def test_there_is_no_consent_before_the_knock_or_after_the_end(desk: Desk) -> None:
    agent = desk.agent()
    guest = desk.follow(desk.invite(agent).path)
    assert guest.refused(UpdateConsent, camera=True, microphone=True) == Code.NOT_ALLOWED
    customer, call = desk.call(agent)
    agent.do(HangUp, call=call)
    assert customer.refused(UpdateConsent, camera=True, microphone=True) == Code.NOT_ALLOWED
    assert agent.refused(UpdateConsent, camera=True, microphone=True) == Code.NOT_ALLOWED
    assert rows(desk) == [GIVEN, ENDED]


def declined(desk: Desk, agent: Client, customer: Client) -> None:
    agent.do(Decline, party=customer.party)


def left_the_line(_desk: Desk, _agent: Client, customer: Client) -> None:
    customer.leave(on_purpose=True)


def lost(desk: Desk, _agent: Client, customer: Client) -> None:
    customer.leave()
    desk.pass_time(desk.limits.customer_grace)


def agent_disabled(desk: Desk, _agent: Client, _customer: Client) -> None:
    desk.follow_records(disabled=("amy",))


@pytest.mark.parametrize("end", [declined, left_the_line, lost, agent_disabled])
def test_it_ends_with_the_wait(desk: Desk, end: object) -> None:
    agent = desk.agent()
    end(desk, agent, desk.customer(agent))  # type: ignore[operator]
    assert rows(desk) == [GIVEN, ENDED]


@pytest.mark.parametrize("end", [lost, agent_disabled])
def test_it_ends_with_the_call(desk: Desk, end: object) -> None:
    agent = desk.agent()
    customer = desk.customer(agent)
    agent.do(Admit, party=customer.party)
    end(desk, agent, customer)  # type: ignore[operator]
    assert rows(desk) == [GIVEN, ENDED]


def test_a_short_loss_of_the_connection_ends_nothing(desk: Desk) -> None:
    customer, _ = desk.call(desk.agent())
    customer.leave()
    customer = desk.back(customer)
    customer.do(UpdateConsent, camera=False, microphone=True)
    assert rows(desk) == [GIVEN, ("changed", False, True)]


def test_it_ends_when_a_restart_finds_no_call_any_more(desk: Desk) -> None:
    customer, call = desk.call(desk.agent())
    del desk.journal[f"call:{call}"]
    desk.restart()
    assert rows(desk) == [GIVEN, ENDED]
    assert customer.party not in desk.hub.state.parties


async def test_it_is_on_disk_when_it_is_answered(office: Site) -> None:
    customer, call = await office.call(await office.staff("amy"))
    await customer.do(UpdateConsent, camera=False, microphone=True)
    consents = [(row.event, row.camera, row.microphone, row.call) for row in await read_consents(office.db)]
    assert consents == [("given", True, True, ""), ("changed", False, True, call)]
