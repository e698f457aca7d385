"""The signaling client against a server that does as the test says: refuses, drops, stays silent, talks nonsense."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import web

from coachdesk import client as client_module
from coachdesk.client import Client, Offline, SignalingError, _pause
from signaling.protocol import (
    Calls,
    Code,
    FreshIce,
    Goodbye,
    Hello,
    IceServer,
    Ok,
    Ping,
    Refused,
    TeamPolicy,
)

from .ports import free_port
from .scripted import Act, Line, desk_at, desk_with, quiet, serving, stay, turn_away


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "LONGEST_PAUSE", 0.02)


# --- requests ---


async def test_a_request_gets_its_own_answer() -> None:
    async def backwards(line: Line) -> None:
        await line.welcome()
        first, second = await line.hear(), await line.hear()
        assert isinstance(first, Ping)
        assert isinstance(second, Ping)
        await line.say(Refused(second.id, Code.BUSY, "no"), Ok(first.id), Ok(999))
        await line.hear()

    async with desk_with(backwards) as desk:
        await desk.online(True)
        first, second = await asyncio.gather(
            desk.client.request(Ping), desk.client.request(Ping), return_exceptions=True
        )
    assert isinstance(first, Ok)
    assert isinstance(second, SignalingError)
    assert (second.code, second.message) == ("busy", "no")


async def answering(line: Line) -> None:
    await line.welcome()
    asked = await line.hear()
    assert isinstance(asked, Ping)
    await line.say(Ok(asked.id))
    await line.hear()


async def test_an_unanswered_request_times_out_and_the_connection_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with desk_with(quiet) as desk:
        await desk.online(True)
        monkeypatch.setattr(client_module, "REQUEST_TIMEOUT", 0.05)
        with pytest.raises(SignalingError) as error:
            await desk.client.request(Ping)
        assert error.value.code == "timeout"
        assert desk.changes.empty()
        assert not desk.client._answers


async def test_a_cancelled_request_is_cancelled_even_in_the_moment_of_its_answer() -> None:
    """As Ctrl-C does; ``asyncio.wait_for`` would return the answer instead, on Python 3.11, and go on."""
    async with desk_with(answering) as desk:
        await desk.online(True)
        waiting = asyncio.create_task(desk.client.request(Ping, granted=lambda: waiting.cancel() and None))
        with pytest.raises(asyncio.CancelledError):
            await waiting


async def test_a_request_without_a_connection_fails_at_once() -> None:
    with pytest.raises(Offline):
        await Client("http://127.0.0.1:9", "t").request(Ping)


async def test_what_waits_on_a_dropped_connection_fails_as_offline() -> None:
    async def drops(line: Line) -> None:
        await line.welcome()
        await line.hear()
        await line.drop()

    async with desk_with(drops, stay) as desk:
        await desk.online(True)
        with pytest.raises(Offline):
            await desk.client.request(Ping)
        await desk.online(False)
        await desk.online(True)
        assert isinstance(await desk.client.request(Ping), Ok)


# --- messages ---


@pytest.mark.allow_log("the server talks nonsense on purpose")
@pytest.mark.parametrize(
    "nonsense", ["{", "[]", '{"type":"of the future"}', '{"type":"calls"}', '{"type":"ok"}', "\x00"]
)
async def test_an_unreadable_message_is_survived(nonsense: str) -> None:
    async def babbles(line: Line) -> None:
        await line.welcome()
        await line.ws.send_str(nonsense)
        await line.ws.send_bytes(b"\x00\x01")
        await line.say(Calls([]))
        await line.hear()

    async with desk_with(babbles) as desk:
        await desk.online(True)
        assert await desk.message() == Calls([])
        assert desk.changes.empty()


async def test_new_ice_servers_and_policy_replace_those_of_the_welcome() -> None:
    ice = [IceServer(["stun:s"])]

    async def renews(line: Line) -> None:
        await line.welcome()
        await line.say(FreshIce(ice), TeamPolicy("none"), Calls([]))
        await line.hear()

    async with desk_with(renews) as desk:
        assert await desk.message() == Calls([])
        assert desk.client.welcome is not None
        assert desk.client.welcome.ice == ice
        assert desk.client.welcome.awareness == "none"


# --- coming back ---


async def test_a_dropped_client_comes_back_by_its_resume_secret() -> None:
    hellos: asyncio.Queue[Hello] = asyncio.Queue()

    async def drops(line: Line) -> None:
        hellos.put_nowait(await line.welcome("secret-1"))
        await line.drop()

    async def again(line: Line) -> None:
        hellos.put_nowait(await line.welcome("secret-2"))
        await line.hear()

    async with desk_with(drops, again) as desk:
        await desk.online(True)
        assert await desk.online(False)
        await desk.online(True)
        first, second = hellos.get_nowait(), hellos.get_nowait()
    assert (first.token, first.resume) == ("token-1", "")
    assert (second.token, second.resume) == ("", "secret-1")


async def test_when_the_place_is_gone_the_token_signs_in_anew() -> None:
    hellos: list[object] = []

    async def drops(line: Line) -> None:
        hellos.append(await line.welcome())
        await line.drop()

    async def gone(line: Line) -> None:
        hellos.append(await line.hear())
        await line.say(Goodbye(Code.NOT_SIGNED_IN, "your place is gone"))

    async def again(line: Line) -> None:
        hellos.append(await line.welcome())
        await line.hear()

    async with desk_with(drops, gone, again) as desk:
        await desk.online(True)
        await desk.online(False)
        await desk.online(True)
    kinds = ["token" if hello.token else "resume" for hello in hellos if isinstance(hello, Hello)]
    assert kinds == ["token", "resume", "token"]


@pytest.mark.parametrize("code", [Code.SHUTTING_DOWN, Code.INTERNAL, Code.TOO_MANY_CONNECTIONS])
async def test_a_server_that_is_not_ready_yet_does_not_cost_the_place(code: Code) -> None:
    hellos: list[Hello] = []

    async def drops(line: Line) -> None:
        await line.welcome()
        await line.drop()

    async def again(line: Line) -> None:
        hellos.append(await line.welcome())
        await line.hear()

    async with desk_with(drops, turn_away(code), turn_away(code), again) as desk:
        await desk.online(True)
        await desk.online(False)
        await desk.online(True)
    assert [hello.resume for hello in hellos] == ["secret-1"]


async def test_a_goodbye_for_a_restart_is_told_and_the_client_comes_back() -> None:
    async def restarts(line: Line) -> None:
        await line.welcome()
        await line.say(Goodbye(Code.SHUTTING_DOWN, "back shortly"))

    async with desk_with(restarts, stay) as desk:
        await desk.online(True)
        assert await desk.online(False) == "back shortly"
        await desk.online(True)


async def silent(line: Line) -> None:
    await line.hear()
    await line.hear()


async def hangs_up(line: Line) -> None:
    await line.hear()
    await line.ws.close()


@pytest.mark.parametrize("act", [silent, hangs_up, Line.drop])
async def test_a_server_that_does_not_greet_is_tried_again(act: Act, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "REQUEST_TIMEOUT", 0.2)
    async with desk_with(act, act, stay) as desk:
        assert await desk.online(False)
        await desk.online(True)
        assert desk.changes.empty()


async def test_a_server_that_is_not_there_is_told_once_and_tried_until_it_is() -> None:
    port = free_port()
    async with desk_at(f"http://127.0.0.1:{port}") as desk:
        assert "Cannot connect" in await desk.online(False)
        async with serving(stay, port=port):
            await desk.online(True)


async def test_a_page_that_is_no_coachdesk_is_tried_again_and_told() -> None:
    app = web.Application()
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with desk_at(f"http://127.0.0.1:{runner.addresses[0][1]}") as desk:
        assert "404" in await desk.online(False)
    await runner.cleanup()


def test_the_pause_grows_and_stays_bounded_however_often_it_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "LONGEST_PAUSE", 5.0)
    monkeypatch.setattr("random.uniform", lambda low, high: 1.0)
    pauses = [_pause(failures) for failures in range(7)]
    assert pauses == sorted(pauses)
    assert pauses[0] == 0.2
    assert pauses[-1] == _pause(100_000) == 5.0


# --- the end ---


@pytest.mark.parametrize(
    "code", [Code.NOT_SIGNED_IN, Code.VERSION, Code.TOO_MANY_CONNECTIONS, Code.BAD_MESSAGE]
)
async def test_a_refused_token_ends_it_with_the_servers_words(code: Code) -> None:
    async with desk_with(turn_away(code)) as desk:
        error = await desk.refused()
        assert (error.code, error.message) == (code, f"because of {code}")
        assert desk.changes.empty()


async def test_a_token_refused_on_the_way_back_ends_it_too() -> None:
    async def drops(line: Line) -> None:
        await line.welcome()
        await line.drop()

    async with desk_with(drops, turn_away(Code.NOT_SIGNED_IN)) as desk:
        assert (await desk.refused()).code == Code.NOT_SIGNED_IN


@pytest.mark.parametrize("code", [Code.REPLACED, Code.NOT_SIGNED_IN])
async def test_who_is_replaced_or_shut_out_does_not_come_back(code: Code) -> None:
    async def ends(line: Line) -> None:
        await line.welcome()
        await line.say(Goodbye(code, "elsewhere"))

    async with desk_with(ends, stay) as desk:
        assert (await desk.refused()).code == code


async def test_a_request_that_waits_when_it_ends_for_good_does_not_wait_on() -> None:
    async def ends(line: Line) -> None:
        await line.welcome()
        await line.hear()
        await line.say(Goodbye(Code.REPLACED, "elsewhere"))

    async with desk_with(ends) as desk:
        await desk.online(True)
        with pytest.raises(Offline):
            await desk.client.request(Ping)
        assert (await desk.refused()).code == Code.REPLACED
        with pytest.raises(Offline):
            await desk.client.request(Ping)


async def test_a_server_of_another_protocol_ends_it() -> None:
    async def other(line: Line) -> None:
        await line.hear()
        await line.say(Calls([]))

    async with desk_with(other) as desk:
        assert (await desk.refused()).code == Code.VERSION


@pytest.mark.parametrize("url", ["", "calls.example.com", "localhost:8080", "https://"])
async def test_an_address_that_is_none_says_what_one_looks_like(url: str) -> None:
    async with desk_at(url) as desk:
        error = await desk.refused()
        assert error.code == "bad_address"
        assert "https://" in error.message
