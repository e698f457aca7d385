"""The command line. Everything heavy is imported by the command that needs it."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    name="coachdesk",
    help="Live coaching and visual assistance for customer calls.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)
user = typer.Typer(help="Accounts.", no_args_is_help=True)
app.add_typer(user, name="user")

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
    """The roles an account can have."""

    AGENT = "agent"
    SUPERVISOR = "supervisor"
    TRAINEE = "trainee"
    ADMIN = "admin"


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
        asyncio.run(serve(options, lambda url: print(f"listening on {url}", flush=True)))
    except KeyboardInterrupt:
        return
    except (ServerError, StoreError) as error:
        raise _fail(error) from error


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
    from signaling.policy import Role
    from signaling.server import ServerError, StoreError, add_user

    secret = typer.prompt("Password", hide_input=True, confirmation_prompt=True) if password else None
    try:
        asyncio.run(add_user(db or None, name, Role(role.value), team, secret))
    except (ServerError, StoreError) as error:
        raise _fail(error) from error


@app.command()
def token(name: Annotated[str, typer.Argument(help="User name.")], db: DB = "") -> None:
    """Print a sign-in token and nothing else."""
    from signaling.server import ServerError, StoreError, token_for

    try:
        print(asyncio.run(token_for(db or None, name)))
    except (ServerError, StoreError) as error:
        raise _fail(error) from error


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
) -> None:
    """Run a headless endpoint: JSON commands on standard input, JSON events on standard output."""
    from coachdesk.endpoint import Endpoint
    from coachdesk.media.devices import DeviceError
    from coachdesk.stdio import run_stdio

    try:
        code = run_stdio(
            lambda: Endpoint(server, token, mic=mic, speaker=speaker, camera=camera, video_out=video_out)
        )
    except DeviceError as error:
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
    from coachdesk.demo import run_demo

    raise typer.Exit(run_demo(headless=headless, report=report, lan=lan))


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
