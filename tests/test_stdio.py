"""``coachdesk endpoint`` as a process: lines in, lines out, and how it ends."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from coachdesk.stdio import MAX_LINE
from signaling.administration import set_disabled

from .ports import free_port
from .signaling.wire import Site, Staff, make_staff, site

PATIENCE = 40.0


class Child:
    """A running endpoint, with its output as JSON."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    def write(self, line: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + b"\n")

    async def read(self) -> dict[str, Any]:
        """The next event; an empty one at the end."""
        assert self.process.stdout is not None
        line = await asyncio.wait_for(self.process.stdout.readline(), PATIENCE)
        return dict(json.loads(line)) if line else {}

    async def until(self, *names: str) -> dict[str, Any]:
        """The next event of one of these names."""
        while (event := await self.read()).get("event") not in names:
            assert event, f"ended before {names}"
        return event

    async def ask(self, line: bytes) -> dict[str, Any]:
        """The next answer after a line."""
        self.write(line)
        return await self.until("ok", "error", "invited", "muted", "stats", "devices")

    async def end(self) -> tuple[int, list[dict[str, Any]], str]:
        """Exit code, the remaining events, what was written to standard error."""
        rest = []
        while event := await self.read():
            rest.append(event)
        assert self.process.stderr is not None
        errors = await asyncio.wait_for(self.process.stderr.read(), PATIENCE)
        return await asyncio.wait_for(self.process.wait(), PATIENCE), rest, errors.decode()


@asynccontextmanager
async def endpoint(server: str, token: str, *options: str) -> AsyncIterator[Child]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "coachdesk", "endpoint", "--server", server, *options),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "COACHDESK_TOKEN": token},
    )
    try:
        yield Child(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@pytest.fixture(scope="module")
def staff(tmp_path_factory: pytest.TempPathFactory) -> Staff:
    return asyncio.run(make_staff(tmp_path_factory.mktemp("staff") / "staff.db"))


@pytest.fixture
async def office(staff: Staff, tmp_path: Path) -> AsyncIterator[Site]:
    async with site(staff, tmp_path) as running:
        yield running


NOT_COMMANDS = {
    b"{": "truncated",
    b"[]": "object",
    b'"quit"': "object",
    b"\xff\xfe": "malformed",
    b'{"cmd":"fly"}': "fly",
    b'{"event":"quit"}': "cmd",
    b'{"cmd":"mute"}': "on",
    b'{"cmd":"mute","on":"yes"}': "bool",
    b'{"cmd":"leave","call":"c"}': "call",
    b'{"cmd":"mode","mode":"shout"}': "shout",
    b'{"cmd":"reply","reply":"got_it","to":"all"}': "to",
    b'{"cmd":"quit","id":"\xff"}': "UTF-8",
    b'{"x":' + b"[" * 50_000: "nested",
    b'{"cmd":"quit","id":99999999999999999999}': "<=",
    b'{"cmd":"quit","id":1.5}': "float",
    b'{"cmd":"quit","pad":"' + b"x" * MAX_LINE + b'"}': "bytes",
    b'{"cmd":"invite","label":"' + b"x" * (5 * MAX_LINE) + b'"}': "bytes",
}


async def test_lines_that_are_no_commands_get_an_error_each_and_it_goes_on(office: Site) -> None:
    async with endpoint(office.url, office.tokens["amy"]) as child:
        ready = await child.until("ready")
        assert (ready["name"], ready["role"], ready["team"]) == ("amy", "agent", "north")
        for line, hint in NOT_COMMANDS.items():
            answer = await child.ask(line)
            assert (answer["event"], answer["code"]) == ("error", "bad_command"), line[:80]
            assert hint in answer["message"], line[:80]
        child.write(b"")
        child.write(b"   ")
        assert (await child.ask(b'{"cmd":"mute","on":true}')) == {"event": "muted", "on": True}


async def test_the_id_comes_back_as_it_was_given(office: Site) -> None:
    async with endpoint(office.url, office.tokens["amy"]) as child:
        await child.until("ready")
        for given in ("7", '"seven"', '""', "0", "-1", '"ü"', str(2**53)):
            answer = await child.ask(f'{{"cmd":"mute","on":false,"id":{given}}}'.encode())
            assert answer["id"] == json.loads(given)
        assert "id" not in await child.ask(b'{"cmd":"mute","on":false}')
        refused = await child.ask(b'{"id":8,"cmd":"fly"}')
        assert (refused["id"], refused["code"]) == (8, "bad_command")
        invited = await child.ask(b'{"cmd":"invite","label":"Router","id":"i"}')
        assert (invited["event"], invited["id"]) == ("invited", "i")
        assert invited["url"].startswith(f"{office.url}/join#")
        gone = await child.ask(b'{"cmd":"admit","party":"nobody","id":9}')
        assert (gone["id"], gone["code"]) == (9, "no_such_party")


@pytest.mark.parametrize(
    ("name", "commands"),
    [
        ("amy", ['"cmd":"listen","call":"c"', '"cmd":"mode","mode":"whisper"', '"cmd":"leave"']),
        (
            "tim",
            ['"cmd":"invite"', '"cmd":"hold","on":true', '"cmd":"ask_help"', '"cmd":"admit","party":"p"'],
        ),
    ],
)
async def test_a_command_of_another_role_is_refused(office: Site, name: str, commands: list[str]) -> None:
    async with endpoint(office.url, office.tokens[name]) as child:
        await child.until("ready")
        for number, command in enumerate(commands):
            answer = await child.ask(f'{{{command},"id":{number}}}'.encode())
            assert (answer["event"], answer["code"], answer["id"]) == ("error", "not_allowed", number)


async def test_quit_is_answered_then_bye_is_the_last_word(office: Site) -> None:
    async with endpoint(office.url, office.tokens["sue"]) as child:
        await child.until("ready")
        assert await child.ask(b'{"cmd":"quit","id":"q"}') == {"event": "ok", "id": "q"}
        code, rest, errors = await child.end()
    assert (code, rest[-1], errors) == (0, {"event": "bye"}, "")


async def test_the_end_of_input_ends_it(office: Site) -> None:
    async with endpoint(office.url, office.tokens["sue"]) as child:
        await child.until("ready")
        assert child.process.stdin is not None
        child.process.stdin.close()
        code, rest, errors = await child.end()
    assert (code, rest[-1], errors) == (0, {"event": "bye"}, "")


async def test_a_wrong_token_is_an_error_and_exit_code_one(office: Site) -> None:
    async with endpoint(office.url, "no.such.token") as child:
        error = await child.until("error")
        assert error["code"] == "not_signed_in"
        assert "sign in again" in error["message"]
        code, rest, _ = await child.end()
    assert (code, rest) == (1, [{"event": "bye"}])


async def test_an_address_that_is_none_is_an_error_and_exit_code_one() -> None:
    async with endpoint("localhost:8080", "t") as child:
        assert (await child.until("error"))["code"] == "bad_address"
        assert (await child.end())[0] == 1


async def test_without_a_server_it_says_so_keeps_trying_and_can_be_ended() -> None:
    async with endpoint("http://127.0.0.1:9", "t") as child:
        away = await child.until("online")
        assert away["on"] is False
        assert "127.0.0.1:9" in away["message"]
        assert (await child.ask(b'{"cmd":"mute","on":true,"id":1}')) == {
            "event": "muted",
            "on": True,
            "id": 1,
        }
        child.write(b'{"cmd":"invite","id":2}')
        assert await child.ask(b'{"cmd":"quit","id":3}') == {"event": "ok", "id": 3}
        code, rest, errors = await child.end()
    assert (code, rest[-1], errors) == (0, {"event": "bye"}, "")


async def test_it_signs_in_when_the_server_comes_up_late(staff: Staff, tmp_path: Path) -> None:
    port = free_port()
    async with endpoint(f"http://127.0.0.1:{port}", staff.tokens["sue"]) as child:
        assert (await child.until("online"))["on"] is False
        async with site(staff, tmp_path, port=port):
            assert (await child.until("ready"))["name"] == "sue"


async def test_a_device_that_is_not_there_is_told_in_words(office: Site, tmp_path: Path) -> None:
    missing = str(tmp_path / "missing.wav")
    async with endpoint(office.url, office.tokens["amy"], "--mic", missing) as child:
        code, _, errors = await child.end()
    assert code == 1
    assert errors.startswith("coachdesk: ")
    assert "missing.wav" in errors
    assert "Traceback" not in errors


async def test_a_user_who_is_disabled_is_told_and_it_ends(
    office: Site,
) -> None:
    async with endpoint(office.url, office.tokens["sue"]) as child:
        await child.until("ready")
        await set_disabled(office.db, "sue", True)
        error = await child.until("error")
        assert (error["code"], "disabled" in error["message"]) == ("not_signed_in", True)
        assert (await child.end())[0] == 1


async def test_the_token_is_not_on_the_command_line(office: Site) -> None:
    async with endpoint(office.url, office.tokens["amy"]) as child:
        await child.until("ready")
        family = [psutil.Process(child.process.pid)]
        family += family[0].children(recursive=True)
        assert [p for p in family if office.tokens["amy"] in " ".join(command_line(p))] == []


def command_line(process: psutil.Process) -> list[str]:
    """Empty when it has ended by now."""
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:
        return []
