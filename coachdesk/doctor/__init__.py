"""``coachdesk doctor``: what is right and wrong with this machine and a server, and what to do about each fault."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from functools import partial

import typer

from coachdesk.doctor import machine, network, sound, windows
from coachdesk.doctor.finding import Finding, Verdict, fail

__all__ = ["Finding", "Verdict", "checks_for", "run_doctor"]

Check = Callable[[], Finding]

LONGEST_CHECK = 30.0
"""Seconds until a check that has not come back is given up; drivers can hang."""

_COLOUR = {Verdict.OK: "green", Verdict.WARN: "yellow", Verdict.FAIL: "red"}


def run_doctor(server: str | None, token: str | None = None) -> int:
    """Runs every check, prints a line for each as it is done, and returns the exit code: 1 if anything failed.

    ``token`` (else COACHDESK_TOKEN) signs in to ``server``, which then tells its TURN servers.
    """
    verdicts = []
    for name, check in checks_for(server, token or os.environ.get("COACHDESK_TOKEN", "")).items():
        finding = outcome(check)
        _print(name, finding)
        verdicts.append(finding.verdict)
    failed, warned = verdicts.count(Verdict.FAIL), verdicts.count(Verdict.WARN)
    typer.echo(f"\n{len(verdicts)} checks: {failed} failed, {warned} to note.")
    return 1 if failed else 0


def checks_for(server: str | None, token: str = "") -> Mapping[str, Check]:
    """Every check by the name it is shown under, in order."""
    checks: dict[str, Check] = {
        "Python": machine.check_python,
        "Packages": machine.check_packages,
        "Qt release": windows.check_qt_release,
        "aiortc": machine.check_aiortc,
        "Records": machine.check_records,
        "Shared memory": machine.check_shared_memory,
        "Opus": sound.check_opus,
        "PortAudio": sound.check_portaudio,
        "Voice": sound.check_voice_processing,
        "Microphone": sound.check_mics,
        "Loudspeaker": sound.check_speakers,
        "Camera": machine.check_cameras,
        "Display": windows.check_display,
        "Windows": windows.check_qt,
        "Headless demo": windows.check_headless,
        "UDP": network.check_udp,
        "Local network": network.check_lan,
    }
    if server:
        checks["Server"] = partial(network.check_server, server)
        checks["Clock"] = partial(network.check_clock, server)
        checks["Signaling"] = partial(network.check_signaling, server, token)
        checks["TURN"] = partial(network.check_turn, server, token)
    return checks


def outcome(check: Check, seconds: float = LONGEST_CHECK) -> Finding:
    """What ``check`` finds. One that hangs or breaks is a finding too."""
    findings: list[Finding] = []

    def examine() -> None:
        try:
            findings.append(check())
        except Exception as error:
            findings.append(
                fail(f"the check broke: {error!r}", "Please report this to whoever looks after it.")
            )

    thread = threading.Thread(target=examine, daemon=True)
    thread.start()
    thread.join(seconds)
    if findings:
        return findings[0]
    return fail(f"no answer within {seconds:g} s", "Unplug or restart what it concerns, and run this again.")


def _print(name: str, finding: Finding) -> None:
    verdict = typer.style(f"{finding.verdict:<5}", fg=_COLOUR[finding.verdict], bold=True)
    typer.echo(f"{verdict} {name:<14} {finding.what}")
    if finding.advice:
        typer.echo(f"{'':21}> {finding.advice}")
