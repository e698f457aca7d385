"""The command line as its users meet it: output, exit codes, real processes where they are what counts."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import get_args

import aiohttp
import psutil
import pytest
from typer.testing import CliRunner

from coachdesk.cli import Awareness, StaffRole, app
from coachdesk.media.connection.contract import CompatError
from signaling import views
from signaling.auth import read_token
from signaling.policy import Mode, Role
from signaling.protocol import VERSION, Code, Hello, Listen, SetMode, TeamPolicy, Welcome, dump
from signaling.store import open_store

from .signaling.wire import Site, Wire, everyone_is_fine, make_staff

PATIENCE = 60.0


Ended = subprocess.CompletedProcess[str]


def run(*arguments: str, env: dict[str, str] | None = None) -> Ended:
    """``coachdesk ARGUMENTS`` to its end, within this process: most of a short command's time is its start."""
    ended = CliRunner().invoke(app, list(arguments), env=env, prog_name="coachdesk")
    return Ended(arguments, ended.exit_code, ended.stdout, ended.stderr)


def process(*arguments: str, env: dict[str, str] | None = None, text: str = "") -> Ended:
    """The same as a process of its own, that reads ``text``."""
    return subprocess.run(
        [sys.executable, "-m", "coachdesk", *arguments],
        env={**os.environ, **(env or {})},
        input=text,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def done(*arguments: str, env: dict[str, str] | None = None, how: Callable[..., Ended] = run) -> str:
    """The output of a command that must succeed and have nothing to complain of."""
    ended = how(*arguments, env=env)
    assert (ended.returncode, ended.stderr) == (0, ""), ended
    return ended.stdout


def failed(*arguments: str, env: dict[str, str] | None = None, how: Callable[..., Ended] = run) -> str:
    """The one line of complaint of a command that must fail."""
    ended = how(*arguments, env=env)
    assert (ended.returncode, ended.stdout) == (1, ""), ended
    assert re.fullmatch(r"coachdesk: [^\n]+\n", ended.stderr), ended.stderr
    return ended.stderr


@pytest.fixture
def db(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/records.db"


@pytest.fixture
def amy(db: str) -> str:
    """A database in which amy is an agent of team north."""
    done("user", "add", "amy", "--role", "agent", "--team", "north", "--db", db)
    return db


# --- help ---


def command_lines() -> list[list[str]]:
    groups = [[group.name] for group in app.registered_groups]
    nested = [
        [group.name, command.name]
        for group in app.registered_groups
        for command in group.typer_instance.registered_commands
    ]
    plain = [[command.name or command.callback.__name__] for command in app.registered_commands]
    return [[], *groups, *nested, *plain]


@pytest.mark.parametrize("words", command_lines(), ids=" ".join)
def test_every_command_explains_itself(words: list[str]) -> None:
    told = done(*words, "--help", env={"COLUMNS": "200"})
    assert f"coachdesk {' '.join(words)}".strip() in told
    for line in re.findall(r"^. +--?\S+.*$", told, re.MULTILINE):
        assert re.search(r"[a-z]{3,}", re.sub(r"\S*--\S+|\b[A-Z]+\b", "", line)), f"no word of help: {line}"


def test_the_commands_are_those_that_are_documented() -> None:
    assert {" ".join(words) for words in command_lines()} == {
        *(
            "",
            "user",
            "user add",
            "user list",
            "user set",
            "user password",
            "user disable",
            "user enable",
            "team",
            "team set",
            "team show",
        ),
        *("server", "token", "audit", "endpoint", "desktop", "demo", "doctor"),
    }


def test_an_unknown_command_is_a_usage_error() -> None:
    ended = process("fly")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "No such command 'fly'" in ended.stderr


def test_choices_are_those_of_the_protocol() -> None:
    assert [each.value for each in StaffRole] == [role.value for role in Role if role is not Role.CUSTOMER]
    assert tuple(each.value for each in Awareness) == get_args(views.Awareness)


# --- accounts ---


def test_an_account_is_made_and_its_token_is_all_that_is_printed(amy: str) -> None:
    token = done("token", "amy", "--db", amy, how=process)
    assert re.fullmatch(r"[\w-]+\.[\w-]+\.[\w-]+\n", token)

    async def owner() -> str:
        store = await open_store(amy)
        user = await store.user(read_token(store.signing_secret, token.strip(), 0.0).user)
        await store.close()
        assert user is not None
        return user.name

    assert asyncio.run(owner()) == "amy"


def test_the_database_may_come_from_the_environment(amy: str) -> None:
    assert done("token", "amy", env={"COACHDESK_DB": amy})


def test_an_account_of_each_role(db: str) -> None:
    for role in ("agent", "supervisor", "trainee", "admin"):
        assert done("user", "add", f"a {role}", "--role", role, "--team", "t", "--db", db) == ""
    assert done("user", "list", "--db", db).splitlines() == [
        f"a {role}\t{role}\tt\ttoken" for role in ("admin", "agent", "supervisor", "trainee")
    ]


def test_a_second_account_of_a_name_is_refused(amy: str) -> None:
    told = failed("user", "add", "amy", "--role", "admin", "--team", "south", "--db", amy)
    assert "'amy' already" in told


@pytest.mark.parametrize("role", ["customer", "king"])
def test_a_role_that_is_none_is_a_usage_error(db: str, role: str) -> None:
    ended = run("user", "add", "amy", "--role", role, "--team", "t", "--db", db)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "supervisor" in ended.stderr


def test_a_password_is_asked_for_and_kept_unreadable(db: str) -> None:
    typed = "correct horse\ncorrect horse\n"
    ended = process(
        "user", "add", "amy", "--role", "agent", "--team", "t", "--password", "--db", db, text=typed
    )
    assert ended.returncode == 0
    assert "correct horse" not in ended.stdout + ended.stderr
    assert done("user", "list", "--db", db) == "amy\tagent\tt\tpassword or token\n"
    assert b"correct horse" not in Path(db.removeprefix("sqlite:///")).read_bytes()


def test_a_user_who_is_not_there(amy: str) -> None:
    assert "coachdesk user add bob" in failed("token", "bob", "--db", amy)
    assert "no user 'bob'" in failed("user", "disable", "bob", "--db", amy)
    assert "no user 'bob'" in failed("user", "set", "bob", "--team", "south", "--db", amy)
    assert "no user 'bob'" in failed("user", "password", "bob", "--none", "--db", amy)


def test_another_role_and_team(amy: str) -> None:
    told = done("user", "set", "amy", "--role", "supervisor", "--db", amy)
    assert told == "amy\tsupervisor\tnorth\ttoken\n"
    done("user", "set", "amy", "--team", "south", "--db", amy)
    assert done("user", "list", "--db", amy) == "amy\tsupervisor\tsouth\ttoken\n"
    assert done("team", "show", "--db", amy).splitlines() == ["north\tall\t\t", "south\tall\t\t"]
    assert "--role" in failed("user", "set", "amy", "--db", amy)
    assert "team" in failed("user", "set", "amy", "--team", " ", "--db", amy)


def test_another_password_and_none(amy: str) -> None:
    typed = "correct horse\ncorrect horse\n"
    ended = process("user", "password", "amy", "--db", amy, text=typed)
    assert ended.returncode == 0
    assert "correct horse" not in ended.stdout + ended.stderr
    assert done("user", "list", "--db", amy) == "amy\tagent\tnorth\tpassword or token\n"
    done("user", "password", "amy", "--none", "--db", amy)
    assert done("user", "list", "--db", amy) == "amy\tagent\tnorth\ttoken\n"


def test_a_password_that_is_too_short_is_refused(amy: str) -> None:
    ended = process("user", "password", "amy", "--db", amy, text="short\nshort\n")
    assert (ended.returncode, "8 to" in ended.stderr) == (1, True)


def test_what_is_done_to_accounts_is_in_the_audit_log(db: str) -> None:
    done("user", "add", "amy", "--role", "agent", "--team", "north", "--db", db)
    done("user", "set", "amy", "--role", "trainee", "--db", db)
    done("user", "password", "amy", "--none", "--db", db)
    done("user", "disable", "amy", "--db", db)
    done("user", "enable", "amy", "--db", db)
    entries = [json.loads(line) for line in done("audit", "--db", db).splitlines()]
    assert [(entry["action"], entry["target"]) for entry in entries] == [
        ("add_user", "amy agent north"),
        ("set_user", "amy trainee"),
        ("set_password", "amy"),
        ("disable_user", "amy"),
        ("enable_user", "amy"),
    ]
    assert {(entry["actor"], entry["allowed"]) for entry in entries} == {("command line", True)}


def test_a_disabled_user_gets_no_token_until_enabled(amy: str) -> None:
    done("user", "disable", "amy", "--db", amy)
    assert done("user", "list", "--db", amy) == "amy\tagent\tnorth\tdisabled\n"
    assert "disabled" in failed("token", "amy", "--db", amy)
    done("user", "enable", "amy", "--db", amy)
    assert done("token", "amy", "--db", amy)


@pytest.mark.parametrize("url", ["records.db", "mysql://h/n"])
def test_a_bad_database_url_says_what_a_good_one_is(url: str) -> None:
    assert "sqlite:///" in failed("token", "amy", "--db", url)


@pytest.mark.parametrize("command", ["server --port 0", "user list", "audit"])
def test_every_command_on_the_records_tells_of_a_bad_database(tmp_path: Path, command: str) -> None:
    (tmp_path / "notes.txt").write_text("no database\n" * 400)
    assert "cannot be opened" in failed(*command.split(), "--db", f"sqlite:///{tmp_path}/notes.txt")


# --- teams ---


def test_a_policy_is_changed_in_part_and_shown(amy: str) -> None:
    assert done("team", "show", "--db", amy) == "north\tall\t\t\n"
    told = done("team", "set", "north", "--announcement", "Calls may be heard.", "--db", amy)
    assert told == "north\tall\tCalls may be heard.\t\n"
    done("team", "set", "north", "--awareness", "talking", "--db", amy)
    done("team", "set", "north", "--hide", " Payroll ", "--hide", "*- Vault", "--db", amy)
    assert done("team", "show", "--db", amy) == "north\ttalking\tCalls may be heard.\tPayroll, *- Vault\n"
    assert (
        done("team", "set", "north", "--hide", "", "--db", amy) == "north\ttalking\tCalls may be heard.\t\n"
    )


def test_regions_of_screens_are_hidden_beside_windows(amy: str) -> None:
    first, second = "region:0:0,0,640,80", "region:1:5,6,70,80"
    done(
        "team",
        "set",
        "north",
        "--hide",
        "Payroll",
        "--hide-region",
        first,
        "--hide-region",
        second,
        "--db",
        amy,
    )
    shown = done("team", "set", "north", "--hide", "Wages", "--db", amy)
    assert shown == f"north\tall\t\tWages, {first}, {second}\n"
    assert done("team", "set", "north", "--hide-region", "", "--db", amy) == "north\tall\t\tWages\n"


def test_a_policy_that_cannot_be_is_refused(amy: str) -> None:
    assert "only: north" in failed("team", "set", "nroth", "--awareness", "none", "--db", amy)
    assert "--awareness" in failed("team", "set", "north", "--db", amy)
    assert "1000" in failed("team", "set", "north", "--announcement", "x" * 1001, "--db", amy)
    assert "2 to 100" in failed("team", "set", "north", "--hide", "x", "--db", amy)
    for region in ("0,0,640,80", "region:0:0,0,640", "region:0:0,0,64.5,80", "region:0:-1,0,640,80"):
        assert "region:SCREEN:X,Y" in failed("team", "set", "north", "--hide-region", region, "--db", amy)
    assert run("team", "set", "north", "--awareness", "some", "--db", amy).returncode == 2


# --- the server ---


@asynccontextmanager
async def server(
    *options: str, env: dict[str, str] | None = None
) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """A running ``coachdesk server`` and the line it printed."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "coachdesk", "server", "--port", "0", *options),
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, **(env or {})},
    )
    try:
        assert process.stdout is not None
        yield process, (await asyncio.wait_for(process.stdout.readline(), PATIENCE)).decode()
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@asynccontextmanager
async def office(folder: Path) -> AsyncIterator[Site]:
    """A server process with the usual staff."""
    staff = await make_staff(folder / "staff.db")
    db = f"sqlite:///{staff.path}"
    async with aiohttp.ClientSession() as session, server("--db", db) as (_, line):
        yield Site(line.removeprefix("listening on ").strip(), db, staff.tokens, session)


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
async def test_the_server_prints_one_line_serves_and_stops_in_good_order(
    tmp_path: Path, stop: signal.Signals
) -> None:
    staff = await make_staff(tmp_path / "staff.db")
    async with (
        aiohttp.ClientSession() as session,
        server("--db", f"sqlite:///{staff.path}", "--host", "127.0.0.1") as (process, line),
    ):
        assert re.fullmatch(r"listening on http://127\.0\.0\.1:[1-9]\d*\n", line)
        wire = Wire(await session.ws_connect(line.removeprefix("listening on ").strip() + "/ws"))
        await wire.ws.send_str(dump(Hello(VERSION, token=staff.tokens["amy"])))
        await wire.until(Welcome)
        process.send_signal(stop)
        assert await wire.goodbye() == Code.SHUTTING_DOWN
        assert await asyncio.wait_for(process.wait(), PATIENCE) == 0
        assert process.stdout is not None
        assert await process.stdout.read() == b""


def test_a_port_in_use_says_what_to_do(db: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        told = failed("server", "--port", port, "--db", db, how=process)
    assert f"port {port}" in told
    assert "--port" in told


def test_a_bad_certificate_says_which(db: str, tmp_path: Path) -> None:
    bad = tmp_path / "bad.pem"
    bad.write_text("no certificate\n")
    files = ["--cert", str(bad), "--key", str(bad)]
    assert "bad.pem" in failed("server", "--port", "0", "--db", db, *files, how=process)
    assert "--key" in failed("server", "--port", "0", "--db", db, *files[:2], how=process)


def test_turn_without_its_secret_is_refused(db: str) -> None:
    assert "static-auth-secret" in failed(
        "server", "--port", "0", "--db", db, "--turn", "turn:t:3478", how=process
    )


async def test_secrets_given_by_the_environment_are_on_no_command_line(db: str) -> None:
    env = {"COACHDESK_TURN_SECRET": "hush-turn", "COACHDESK_DB": db}
    async with server("--turn", "turn:127.0.0.1:3478", env=env) as (process, line):
        assert line.startswith("listening on ")
        shown = psutil.Process(process.pid).cmdline()
    assert "--turn" in shown
    assert [word for word in shown if "hush" in word or db in word] == []


async def test_a_running_server_takes_up_what_the_commands_change(tmp_path: Path) -> None:
    async with office(tmp_path) as site:
        agent, supervisor = await site.staff("amy"), await site.staff("sue")
        await asyncio.to_thread(done, "team", "set", "north", "--awareness", "none", "--db", site.db)
        assert await agent.until(TeamPolicy) == TeamPolicy("none")
        await asyncio.to_thread(done, "user", "disable", "sue", "--db", site.db)
        assert await supervisor.goodbye() == Code.NOT_SIGNED_IN
        await everyone_is_fine({"amy": agent})


# --- the audit log ---


async def test_the_audit_log_is_json_lines_oldest_first(tmp_path: Path) -> None:
    async with office(tmp_path) as site:
        agent, supervisor = await site.staff("amy"), await site.staff("sue")
        _, first = await site.call(agent)
        await supervisor.do(Listen, call=first)
        await supervisor.do(SetMode, call=first, mode=Mode.WHISPER)
        trainee = await site.staff("tim")
        assert await trainee.refused(SetMode, call=first, mode=Mode.BARGE) == Code.NOT_ALLOWED
        while "barge" not in (log := await asyncio.to_thread(done, "audit", "--db", site.db)):
            pass
        of_call = await asyncio.to_thread(done, "audit", "--call", first, "--last", "2", "--db", site.db)
    everything = [json.loads(line) for line in log.splitlines()]
    entries = [entry for entry in everything if entry["actor"] != "command line"]
    assert everything[-len(entries) :] == entries
    actions = [entry["action"] for entry in entries]
    assert actions == ["create_link", "knock", "admit", "listen", "whisper", "barge"]
    assert [json.loads(line)["action"] for line in of_call.splitlines()] == ["whisper", "barge"]
    whisper, barge = entries[-2:]
    assert (whisper["actor"], whisper["role"], whisper["allowed"], whisper["call"]) == (
        *("sue", Role.SUPERVISOR, True, first),
    )
    assert (barge["actor"], barge["allowed"], barge["code"]) == ("tim", False, "not_allowed")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", whisper["at"])
    assert set(whisper) == {"at", "actor", "role", "action", "allowed", "call", "target", "code", "party"}


def test_an_audit_log_without_entries_prints_nothing(db: str) -> None:
    assert done("audit", "--db", db) == ""
    assert done("audit", "--call", "none", "--last", "5", "--db", db) == ""
    assert run("audit", "--last", "0", "--db", db).returncode == 2


# --- the endpoint ---


def test_an_endpoint_needs_a_token_and_names_the_variable() -> None:
    ended = process("endpoint", "--server", "http://127.0.0.1:9")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "COACHDESK_TOKEN" in ended.stderr or "--token" in ended.stderr


def test_an_endpoint_that_cannot_run_here_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise CompatError("aiortc 9 cannot be used: install version 1.16")

    monkeypatch.setattr("coachdesk.endpoint.Endpoint", unknown)
    ended = CliRunner().invoke(app, ["endpoint", "--server", "http://127.0.0.1:9", "--token", "t"])
    assert ended.exit_code == 1
    assert ended.stderr == "coachdesk: aiortc 9 cannot be used: install version 1.16\n"
