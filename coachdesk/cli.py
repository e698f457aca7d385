"""The command line. Everything heavy is imported by the command that needs it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
from collections.abc import Coroutine
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

if TYPE_CHECKING:
    from signaling.state import Team
    from signaling.store import Account

T = TypeVar("T")

app = typer.Typer(
    name="coachdesk",
    help="Live coaching and visual assistance for customer calls.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)
user = typer.Typer(help="Accounts.", no_args_is_help=True)
team = typer.Typer(
    help="What a team's agents see of observers, and what its customers are told.", no_args_is_help=True
)
app.add_typer(user, name="user")
app.add_typer(team, name="team")

DB = Annotated[
    str,
    typer.Option(
        "--db", envvar="COACHDESK_DB", help="Database URL, e.g. sqlite:///calls.db or postgresql://..."
    ),
]
ServerUrl = Annotated[
    str,
    typer.Option(
        "--server", envvar="COACHDESK_SERVER", help="The server's address, e.g. https://calls.example.com"
    ),
]


class StaffRole(StrEnum):
    """The roles an account can have: those of ``signaling.policy`` but the customer's, whom a link brings."""

    AGENT = "agent"
    SUPERVISOR = "supervisor"
    TRAINEE = "trainee"
    ADMIN = "admin"


class VoiceChoice(StrEnum):
    """What is done to the sound of a microphone."""

    AUTO = "auto"
    ON = "on"
    OFF = "off"


class Awareness(StrEnum):
    """What agents are shown of their observers: ``signaling.views.Awareness``."""

    NONE = "none"
    TALKING = "talking"
    ALL = "all"


@app.callback()
def _start(
    log_level: Annotated[
        str, typer.Option("--log-level", envvar="COACHDESK_LOG", help="debug, info, warning, error")
    ] = "warning",
) -> None:
    level = logging.getLevelNamesMapping().get(log_level.upper(), logging.WARNING)
    logging.basicConfig(stream=sys.stderr, level=level, format="%(levelname)s %(name)s %(message)s")


def _fail(message: object) -> typer.Exit:
    typer.echo(f"coachdesk: {message}", err=True)
    return typer.Exit(1)


def _administer(work: Coroutine[Any, Any, T]) -> T:
    """Runs work on the records; ends the process with a message when it cannot be done."""
    from signaling.administration import AdministrationError
    from signaling.store import StoreError

    try:
        return asyncio.run(work)
    except (AdministrationError, StoreError) as error:
        raise _fail(error) from error


@app.command()
def server(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on; 0 picks a free one.")] = 8080,
    db: DB = "",
    cert: Annotated[Path | None, typer.Option(help="TLS certificate chain (PEM).")] = None,
    key: Annotated[Path | None, typer.Option(help="TLS private key (PEM).")] = None,
    public_url: Annotated[
        str, typer.Option(help="The address customers use, if a proxy stands before this server.")
    ] = "",
    stun: Annotated[
        list[str] | None, typer.Option(help="STUN server, e.g. stun:stun.example.com:3478.")
    ] = None,
    turn: Annotated[
        list[str] | None, typer.Option(help="TURN server, e.g. turn:turn.example.com:3478.")
    ] = None,
    turn_secret: Annotated[
        str,
        typer.Option(
            envvar="COACHDESK_TURN_SECRET",
            help="coturn's static-auth-secret; better given by the environment variable.",
        ),
    ] = "",
) -> None:
    """Run the signaling server."""
    from signaling.server import ServerError, ServerOptions, StoreError, serve

    options = ServerOptions(
        host=host,
        port=port,
        db=db or None,
        cert=str(cert) if cert else None,
        key=str(key) if key else None,
        public_url=public_url,
        stun_urls=tuple(stun or ()),
        turn_urls=tuple(turn or ()),
        turn_secret=turn_secret,
    )
    try:
        asyncio.run(_until_stopped(serve(options, lambda url: print(f"listening on {url}", flush=True))))
    except KeyboardInterrupt:
        return
    except (ServerError, StoreError) as error:
        raise _fail(error) from error


async def _until_stopped(work: Coroutine[Any, Any, None]) -> None:
    """Runs ``work`` until SIGTERM, which ends it in good order, as Ctrl+C does."""
    task = asyncio.ensure_future(work)
    with contextlib.suppress(NotImplementedError):  # Windows has no such signal
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await task


@user.command("add")
def user_add(
    name: Annotated[str, typer.Argument(help="User name.")],
    role: Annotated[StaffRole, typer.Option(help="What the user may do.")],
    team: Annotated[str, typer.Option(help="The user's team.")],
    db: DB = "",
    password: Annotated[
        bool, typer.Option("--password", help="Ask for a password, to sign in with in the desktop app.")
    ] = False,
) -> None:
    """Add an account."""
    from signaling.administration import add_user
    from signaling.policy import Role

    _administer(add_user(db or None, name, Role(role.value), team, _new_password() if password else None))


@user.command("list")
def user_list(db: DB = "") -> None:
    """List the accounts: name, role, team, how they sign in."""
    from signaling.administration import users

    for account in _administer(users(db or None)):
        _show_account(account)


def _show_account(account: Account) -> None:
    signs_in = "disabled" if account.disabled else "password or token" if account.password else "token"
    print(account.name, account.role.value, account.team, signs_in, sep="\t")


@user.command("set")
def user_set(
    name: Annotated[str, typer.Argument(help="User name.")],
    role: Annotated[StaffRole | None, typer.Option(help="What the user may do from now on.")] = None,
    team: Annotated[str | None, typer.Option(help="The user's team from now on.")] = None,
    db: DB = "",
) -> None:
    """Give a user another role or team; they are asked to sign in again, an agent on a call when it is over."""
    from signaling.administration import set_user
    from signaling.policy import Role

    if role is None and team is None:
        raise _fail("nothing to change: give --role, --team or both")
    _show_account(_administer(set_user(db or None, name, Role(role.value) if role else None, team)))


@user.command("password")
def user_password(
    name: Annotated[str, typer.Argument(help="User name.")],
    none: Annotated[
        bool, typer.Option("--none", help="Take the password away: only tokens sign in.")
    ] = False,
    db: DB = "",
) -> None:
    """Change a user's password (asked for); void their tokens, end their connections within seconds."""
    from signaling.administration import set_password

    _administer(set_password(db or None, name, None if none else _new_password()))


def _new_password() -> str:
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))


@user.command("disable")
def user_disable(name: Annotated[str, typer.Argument(help="User name.")], db: DB = "") -> None:
    """Shut a user out: tokens and password are void at once, a live connection ends within seconds."""
    from signaling.administration import set_disabled

    _administer(set_disabled(db or None, name, True))


@user.command("enable")
def user_enable(name: Annotated[str, typer.Argument(help="User name.")], db: DB = "") -> None:
    """Let a disabled user in again."""
    from signaling.administration import set_disabled

    _administer(set_disabled(db or None, name, False))


@team.command("set")
def team_set(
    name: Annotated[str, typer.Argument(help="The team.")],
    awareness: Annotated[
        Awareness | None, typer.Option(help="Which observers its agents see: none, those who talk, or all.")
    ] = None,
    announcement: Annotated[
        str | None, typer.Option(help="What its customers are told before they consent; '' for nothing.")
    ] = None,
    hide: Annotated[
        list[str] | None,
        typer.Option(
            help="A window with this in its title, or like this pattern (*Vault*), is left out of the screens that its "
            "people share. Once for each, in place of all before; '' for none but password managers and payment."
        ),
    ] = None,
    hide_region: Annotated[
        list[str] | None,
        typer.Option(
            help="region:SCREEN:X,Y,WIDTH,HEIGHT, in that screen's pixels, is blurred on the screens that its people "
            "share. Once for each, in place of all before; '' for none."
        ),
    ] = None,
    db: DB = "",
) -> None:
    """Change a team's policy; a running server takes it up within seconds."""
    from signaling.administration import set_team

    if awareness is None and announcement is None and not hide and not hide_region:
        raise _fail(
            "nothing to change: give --awareness, --announcement, --hide, --hide-region or all of them"
        )
    changed = set_team(
        db or None,
        name,
        awareness.value if awareness else None,
        announcement,
        hide or None,
        hide_region or None,
    )
    _show(_administer(changed))


@team.command("show")
def team_show(db: DB = "") -> None:
    """Show the policies of all teams."""
    from signaling.administration import teams

    for each in _administer(teams(db or None)):
        _show(each)


def _show(policy: Team) -> None:
    hidden = ", ".join((*policy.hidden_windows, *policy.hidden_regions))
    print(policy.name, policy.awareness, policy.announcement, hidden, sep="\t")


@app.command()
def token(name: Annotated[str, typer.Argument(help="User name.")], db: DB = "") -> None:
    """Print a sign-in token and nothing else."""
    from signaling.administration import token_for

    print(_administer(token_for(db or None, name)))


@app.command()
def audit(
    call: Annotated[str, typer.Option(help="Only entries about this call.")] = "",
    last: Annotated[int | None, typer.Option(min=1, help="Only so many, the newest.")] = None,
    db: DB = "",
) -> None:
    """Print the audit log, one JSON object per line, oldest first."""
    from signaling.administration import audit_lines

    async def write() -> None:
        async for line in audit_lines(db or None, call, last):
            print(line)

    _administer(write())


@app.command()
def endpoint(
    server: ServerUrl,
    token: Annotated[
        str,
        typer.Option(
            envvar="COACHDESK_TOKEN", help="Sign-in token; better given by the environment variable."
        ),
    ],
    mic: Annotated[str, typer.Option(help="Device name, 'default', 'none', or a WAV or FLAC file.")] = "none",
    speaker: Annotated[
        str, typer.Option(help="Device name, 'default', 'none', or a WAV file to write.")
    ] = "none",
    camera: Annotated[
        str, typer.Option(help="Device name, 'test', 'none', an image or a video file.")
    ] = "none",
    video_out: Annotated[Path | None, typer.Option(help="File for the customer's picture.")] = None,
    voice: Annotated[
        VoiceChoice,
        typer.Option(
            help="Echo cancellation, noise suppression, automatic gain; auto: the first two, for real microphones."
        ),
    ] = VoiceChoice.AUTO,
) -> None:
    """Run a headless endpoint: JSON commands on standard input, JSON events on standard output."""
    from coachdesk.endpoint import Endpoint
    from coachdesk.media.connection.contract import CompatError
    from coachdesk.media.devices import DeviceError
    from coachdesk.media.voice import ALL, NOTHING
    from coachdesk.stdio import run_stdio

    try:
        code = run_stdio(
            lambda: Endpoint(
                server,
                token,
                mic=mic,
                speaker=speaker,
                camera=camera,
                video_out=video_out,
                voice={VoiceChoice.ON: ALL, VoiceChoice.OFF: NOTHING}.get(voice),
            )
        )
    except (CompatError, DeviceError) as error:
        raise _fail(error) from error
    except KeyboardInterrupt:
        code = 130
    raise typer.Exit(code)


@app.command()
def desktop(
    server: Annotated[
        str, typer.Option(envvar="COACHDESK_SERVER", help="The server's address; asked for if missing.")
    ] = "",
    mic: Annotated[str, typer.Option(help="As for the endpoint; the user's choice if missing.")] = "",
    speaker: Annotated[str, typer.Option(help="As for the endpoint; the user's choice if missing.")] = "",
    camera: Annotated[str, typer.Option(help="As for the endpoint; the user's choice if missing.")] = "",
    control: Annotated[
        bool, typer.Option("--control", help="Obey the endpoint's commands on standard input.")
    ] = False,
) -> None:
    """Open the desktop app."""
    try:
        from coachdesk.ui.app import run_desktop
    except ImportError as error:
        raise _fail(f"The desktop app needs PySide6, which could not be loaded: {error}") from error
    token = os.environ.get("COACHDESK_TOKEN")
    raise typer.Exit(
        run_desktop(server or None, token, mic=mic, speaker=speaker, camera=camera, control=control)
    )


@app.command()
def demo(
    headless: Annotated[
        bool,
        typer.Option("--headless", help="Virtual screen, private sound server, Chromium as the customer."),
    ] = False,
    report: Annotated[
        Path | None, typer.Option(help="Folder for report.json, screenshots and recordings.")
    ] = None,
    lan: Annotated[
        bool,
        typer.Option("--lan", help="Serve the local network over TLS, so that a phone can be the customer."),
    ] = False,
) -> None:
    """Run the whole thing on this machine: server, agent, supervisor, customer."""
    from coachdesk.demo import NOT_THERE, STOPPED, has_display, run_demo

    if lan and (headless or report is not None or not has_display()):
        raise typer.BadParameter(
            "the agent's window answers the phone: run it on a display, without --headless and --report.",
            param_hint="--lan",
        )
    try:
        code = run_demo(headless=headless, report=report, lan=lan)
    except NOT_THERE as error:
        raise _fail(error) from error
    except STOPPED as error:
        told = f"{error}. Run coachdesk doctor; the logs are kept in DIR by coachdesk demo --report DIR"
        raise _fail(told) from error
    raise typer.Exit(code)


@app.command()
def doctor(
    server: Annotated[str, typer.Option(envvar="COACHDESK_SERVER", help="Also check this server.")] = "",
) -> None:
    """Check devices, ports, TURN and versions, and say what to do about each fault."""
    from coachdesk.doctor import run_doctor

    raise typer.Exit(run_doctor(server or None))


def main() -> None:
    """Entry point of the ``coachdesk`` command."""
    app()
