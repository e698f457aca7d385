"""Over a real socket: who may what, and what becomes of those who cheat."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest

from signaling import connection
from signaling.policy import AUDITED, Mode
from signaling.protocol import (
    MAX_MESSAGE_BYTES,
    VERSION,
    CallState,
    Code,
    CreateLink,
    CustomerState,
    Ended,
    Goodbye,
    HangUp,
    Hello,
    Invitation,
    Knock,
    LinkCreated,
    Lobby,
    Offer,
    Ok,
    Ping,
    Refused,
    RevokeLink,
    SetMode,
    Signal,
    Signalled,
    Welcome,
    action_of,
    dump,
    parse_client,
)
from signaling.switchboard import Clock

from .wire import PATIENCE, Site, Staff, Wire, everyone_is_fine, on_call, settled_audit, site

SCORE = {"readings": 5, "mos": 4.2, "mos_worst": 4.0, "delay_ms": 80, "loss": 0.01, "concealed": 0.0}
BODY = {"type": "offer", "session": "s", "sdp": "v=0"}


def requests(people: dict[str, Wire], call: str) -> dict[str, dict[str, Any]]:
    """Every request about a call or its parties, by a name."""
    about = {"call": call}
    found: dict[str, dict[str, Any]] = {
        kind: {"type": kind, **about}
        for kind in ("listen", "ask_help", "cancel_help", "claim_help", "leave", "hang_up")
    }
    found |= {str(mode): {"type": "set_mode", "mode": str(mode), **about} for mode in Mode}
    found["hold"] = {"type": "hold", "on": True, **about}
    found["applied"] = {"type": "applied", "revision": 0, **about}
    found["report_quality"] = {"type": "report_quality", "heard": {"customer": SCORE}, **about}
    found["reply"] = {"type": "reply", "reply": "got_it", **about}
    found["create_link"] = {"type": "create_link"}
    found["knock"] = {"type": "knock"}
    found["admit"] = {"type": "admit", "party": people["customer"].party}
    found["decline"] = {"type": "decline", "party": people["customer"].party}
    for name in ("amy", "customer", "sue"):
        found[f"signal {name}"] = {"type": "signal", "to": people[name].party, "body": BODY, **about}
    return found


REFUSED = {
    "amy": {*Mode, "leave", "claim_help", "knock", "admit", "decline", "signal amy"},
    "bea": {*Mode, "leave", "ask_help", "cancel_help", "claim_help", "hang_up", "hold", "applied", "reply"}
    | {"knock", "admit", "decline", "signal amy", "signal customer", "signal sue", "report_quality"},
    "sue": {"ask_help", "cancel_help", "hang_up", "hold", "applied", "reply", "create_link", "knock"}
    | {"admit", "decline", "signal customer", "signal sue"},
    "tim": {"ask_help", "cancel_help", "claim_help", "hang_up", "hold", "applied", "reply", "create_link"}
    | {"knock", "admit", "decline", "signal customer", "signal sue", "whisper", "barge", "takeover", "lane"},
    "sam": {*Mode, "leave", "ask_help", "cancel_help", "claim_help", "hang_up", "hold", "applied", "reply"}
    | {"create_link", "knock", "admit", "decline", "signal amy", "signal customer", "signal sue"}
    | {"report_quality"},
    "customer": {*Mode, "leave", "ask_help", "cancel_help", "claim_help", "hold", "applied", "reply"}
    | {"create_link", "knock", "admit", "decline", "signal customer", "signal sue", "report_quality"},
}


@pytest.mark.parametrize("name", sorted(REFUSED))
async def test_each_role_is_refused_what_it_may_not_and_the_audit_has_it(office: Site, name: str) -> None:
    people, call = await on_call(office)
    asker = people[name]
    audited = []
    for label in sorted(REFUSED[name]):
        request = requests(people, call)[label]
        answer = await asker.ask_raw(request)
        assert isinstance(answer, Refused), (label, answer)
        assert answer.code in (Code.NOT_ALLOWED, Code.NO_SUCH_PARTY, Code.BUSY), label
        message = parse_client(msgspec.json.encode({**request, "id": 1}))
        if action_of(message) in AUDITED:
            audited.append(str(action_of(message)))
    await everyone_is_fine(people)
    actor = "customer" if name == "customer" else name
    entries = [row for row in await settled_audit(office, actor, len(audited)) if not row.allowed]
    assert [row.action for row in entries] == audited
    assert all(row.code for row in entries)


@pytest.mark.parametrize("field", ["from", "sender", "party", "role", "user"])
async def test_a_forged_identity_is_no_message(office: Site, field: str) -> None:
    people, call = await on_call(office)
    forged = {"type": "signal", "call": call, "to": people["amy"].party, "body": BODY}
    answer = await people["tim"].ask_raw({**forged, field: people["customer"].party})
    assert isinstance(answer, Refused)
    assert answer.code == Code.BAD_MESSAGE
    await people["tim"].do(Signal, call=call, to=people["amy"].party, body=Offer("s", "v=0"))
    got = await people["amy"].until(Signalled)
    assert got.sender == people["tim"].party
    await everyone_is_fine(people)


@pytest.mark.parametrize("name", ["amy", "sue", "tim", "ada", "customer"])
async def test_a_wrong_call_id_is_no_call(office: Site, name: str) -> None:
    people, call = await on_call(office)
    for wrong in ("nothing", call[:-1], people["amy"].party):
        assert await people[name].refused(SetMode, call=wrong, mode=Mode.LISTEN) == Code.NO_SUCH_CALL
        assert await people[name].refused(HangUp, call=wrong) == Code.NO_SUCH_CALL
    await everyone_is_fine(people)


async def test_a_second_call_is_out_of_the_firsts_reach(office: Site) -> None:
    people, call = await on_call(office)
    other_customer, other = await office.call(people["bea"])
    for name in ("amy", "customer", "tim", "sue"):
        assert await people[name].refused(HangUp, call=other) == Code.NOT_ALLOWED
    assert await other_customer.refused(HangUp, call=call) == Code.NOT_ALLOWED
    await everyone_is_fine({**people, "other": other_customer})


# --- links ---


async def rejected(office: Site, link: LinkCreated) -> Code:
    return await (await office.follow(link)).goodbye()


async def test_used_revoked_and_unknown_links_say_which(office: Site) -> None:
    agent = await office.staff("amy")
    used, revoked = await office.invite(agent), await office.invite(agent)
    guest = await office.follow(used)
    await guest.until(Invitation)
    await guest.do(Knock)
    assert await rejected(office, used) == Code.LINK_USED
    await agent.do(RevokeLink, link=revoked.link)
    assert await rejected(office, revoked) == Code.LINK_REVOKED
    assert await (await office.hello(link="x" * 32)).goodbye() == Code.NO_SUCH_LINK
    assert await agent.alive()


async def test_an_expired_link_says_so(office: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    agent = await office.staff("amy")
    link = await office.invite(agent, expires_in=10)
    monkeypatch.setattr(Clock, "__call__", lambda _: link.expires_at)
    assert await rejected(office, link) == Code.LINK_EXPIRED
    assert await agent.alive()


# --- hello ---


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('{"type":"hello","version":2,"token":"x"}', Code.VERSION),
        ('{"type":"hello","version":1}', Code.BAD_MESSAGE),
        ('{"type":"hello","version":1,"token":"x","link":"y"}', Code.BAD_MESSAGE),
        ('{"type":"hello","version":1,"token":"x.y.z"}', Code.NOT_SIGNED_IN),
        ('{"type":"hello","version":1,"resume":"x"}', Code.NOT_SIGNED_IN),
        ('{"type":"ping","id":1}', Code.BAD_MESSAGE),
        ("not json", Code.BAD_MESSAGE),
        ("{", Code.BAD_MESSAGE),
    ],
)
async def test_a_bad_hello_is_sent_away_with_a_code(office: Site, text: str, code: Code) -> None:
    wire = await office.connect()
    await wire.ws.send_str(text)
    assert await wire.goodbye() == code


async def test_who_says_nothing_is_sent_away(office: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "HELLO_TIMEOUT", 0.05)
    assert await (await office.connect()).goodbye() == Code.NOT_SIGNED_IN


async def test_a_foreign_page_may_not_connect(office: Site) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as error:
        await office.connect(Origin="https://evil.example")
    assert error.value.status == 403
    own = await office.connect(Origin=office.url)
    await own.ws.close()


# --- bounds ---


async def test_a_message_too_large_is_refused_and_the_connection_goes_on(office: Site) -> None:
    agent, other = await office.staff("amy"), await office.staff("bea")
    await agent.ws.send_str('{"type":"ping","id":1,"x":"' + "x" * MAX_MESSAGE_BYTES + '"}')
    assert (await agent.until(Refused)).code == Code.TOO_LARGE
    assert await agent.alive()
    assert await other.alive()


async def test_a_message_far_too_large_ends_its_connection_only(office: Site) -> None:
    agent, other = await office.staff("amy"), await office.staff("bea")
    await agent.ws.send_str("x" * (5 * MAX_MESSAGE_BYTES))
    with pytest.raises(EOFError):
        await agent.until(Goodbye)
    assert await other.alive()
    assert await (await office.staff("amy")).alive()


async def test_a_binary_frame_is_refused(office: Site) -> None:
    agent = await office.staff("amy")
    await agent.ws.send_bytes(b"\x00\x01")
    assert (await agent.until(Refused)).code == Code.BAD_MESSAGE
    assert await agent.alive()


async def test_a_flood_is_refused_then_ended_then_audited(
    office: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent, other = await office.staff("amy"), await office.staff("bea")
    moment = time.time()
    monkeypatch.setattr(Clock, "__call__", lambda _: moment)  # all at once, however busy the machine is
    for number in range(1, 400):
        await agent.ws.send_str(f'{{"type":"ping","id":{number}}}')
    assert await agent.goodbye() == Code.TOO_MANY_MESSAGES
    kinds = {type(message) for message in agent.seen}
    assert {Ok, Refused, Goodbye} <= kinds
    refused = [m for m in agent.seen if isinstance(m, Refused)]
    assert all(m.code == Code.TOO_MANY_MESSAGES and m.re for m in refused)
    assert await other.alive()
    rows = await settled_audit(office, "amy", 1)
    assert [(row.action, row.code) for row in rows] == [("flood", "too_many_messages")]


async def test_a_client_that_sends_rubbish_for_long_is_sent_away(office: Site) -> None:
    agent = await office.staff("amy")
    for _ in range(80):
        await agent.ws.send_str("[]")
    assert await agent.goodbye() == Code.BAD_MESSAGE


async def test_one_address_has_so_many_guest_connections(
    office: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "MAX_PER_ADDRESS", 3)
    staff = [await office.staff(name) for name in ("amy", "sue", "tim", "ada")]
    guests = [await office.connect() for _ in range(3)]
    assert await (await office.connect()).goodbye() == Code.TOO_MANY_CONNECTIONS
    await guests[0].ws.close()
    assert await staff[0].alive()
    async with asyncio.timeout(PATIENCE):
        while True:
            again = await office.hello(token=office.tokens["bea"])
            if isinstance(await again.next(), Welcome):
                break


async def test_a_client_that_does_not_read_is_cut_and_the_others_are_not(
    office: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    people, call = await on_call(office)
    monkeypatch.setattr("signaling.outlet.MAX_QUEUED", 4)
    deaf = people["sue"]
    deaf.ws._response.connection.transport.pause_reading()  # the kernel's buffers fill, then the server's queue
    big = Offer("s", "v" * 40_000)
    async with asyncio.timeout(60):
        while True:
            answer = await people["amy"].ask(Signal, call=call, to=deaf.party, body=big)
            if isinstance(answer, Refused):
                if answer.code == Code.NO_SUCH_PARTY:
                    break
                assert answer.code == Code.TOO_MANY_MESSAGES
                await asyncio.sleep(0.1)
            await asyncio.sleep(0.02)
    del people["sue"]
    await everyone_is_fine(people)


async def test_an_account_has_so_many_connections(office: Site) -> None:
    five = [await office.staff("sue") for _ in range(5)]
    assert await (await office.hello(token=office.tokens["sue"])).goodbye() == Code.TOO_MANY_CONNECTIONS
    assert await five[0].alive()


# --- coming back ---


async def test_a_customer_reloads_and_is_back_on_the_call(office: Site) -> None:
    agent = await office.staff("amy")
    customer, call = await office.call(agent)
    await customer.ws.close()
    customer = await office.back(customer)
    assert (await customer.until(CustomerState)).call == call


async def test_an_agents_new_process_takes_the_call_over(office: Site) -> None:
    agent = await office.staff("amy")
    _, call = await office.call(agent)
    again = await office.staff("amy")
    assert again.party == agent.party
    assert (await again.until(CallState)).call.call == call
    assert await agent.goodbye() == Code.REPLACED


async def test_a_supervisor_who_drops_is_silent_in_the_next_state(office: Site) -> None:
    people, call = await on_call(office)
    await people["sue"].do(SetMode, call=call, mode=Mode.TAKEOVER)
    people["sue"].ws._response.connection.transport.abort()
    sue = people["sue"].party
    while True:
        state = (await people["amy"].until(CallState)).call
        (seen,) = [p for p in state.parties if p.party == sue]
        if not seen.connected:
            break
    assert seen.mode is Mode.LISTEN
    back = await office.back(people["sue"])
    assert (await back.until(CallState)).call.call == call


async def test_a_shutdown_says_goodbye_to_everybody(staff: Staff, tmp_path: Path) -> None:
    async with aiohttp.ClientSession() as session:
        async with site(staff, tmp_path) as office:
            people = [Wire(await session.ws_connect(f"{office.url}/ws")) for _ in range(2)]
            for wire, name in zip(people, ("amy", "sue"), strict=True):
                await wire.ws.send_str(dump(Hello(VERSION, token=staff.tokens[name])))
                await wire.until(Welcome)
        assert [await wire.goodbye() for wire in people] == [Code.SHUTTING_DOWN] * 2


async def test_the_end_reaches_everybody(office: Site) -> None:
    people, call = await on_call(office)
    await people["customer"].do(HangUp, call=call)
    for name in ("amy", "sue", "tim", "customer"):
        assert (await people[name].until(Ended)).call == call
    assert isinstance(await people["amy"].do(CreateLink), LinkCreated)
    assert isinstance(await people["amy"].until(Lobby), Lobby)
    assert isinstance(await people["sue"].do(Ping), Ok)
