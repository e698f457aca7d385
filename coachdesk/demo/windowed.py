"""The demo on a real screen: windows of agent and supervisor, the customer's page in the default browser or on a phone."""

from __future__ import annotations

import asyncio
import sys
import tempfile
import webbrowser
from contextlib import AsyncExitStack
from pathlib import Path

from coachdesk import commands, events, lan
from coachdesk.demo.stage import Stage
from coachdesk.hearing import TONES, tone, write_wav
from coachdesk.media.devices import list_mics, list_speakers
from coachdesk.media.picture.camera import list_cameras
from coachdesk.remote import RemoteEndpoint
from signaling.policy import Role

VOICE_SECONDS = 8


async def run_windowed(*, on_lan: bool) -> int:
    """Runs until both windows are closed."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="coachdesk-demo-")))
        stage = await stack.enter_async_context(_lan_stage(folder) if on_lan else Stage(folder))
        devices = await asyncio.to_thread(_devices, folder)
        print("opening the windows of Alex (agent) and Mia (supervisor)", flush=True)
        agent = await stage.endpoint("Alex", Role.AGENT, *devices["agent"], window=True)
        supervisor = await stage.endpoint("Mia", Role.SUPERVISOR, *devices["supervisor"], window=True)
        invited = await agent.do(commands.Invite(label="Demo call"))
        assert isinstance(invited, events.Invited)
        await _invite(invited.url, on_lan=on_lan)
        print("Close both windows, or press Ctrl-C here, to end the demo.", flush=True)
        await _until_closed(agent, supervisor)
    return 0


def _lan_stage(folder: Path) -> Stage:
    """A stage that serves the local network over TLS, by a certificate the staff's endpoints trust."""
    address = lan.lan_address()
    pem = str(lan.certificate(address).path)
    options = ("--host", address, "--cert", pem, "--key", pem)
    return Stage(folder, server_options=options, env={"SSL_CERT_FILE": pem})


async def _invite(url: str, *, on_lan: bool) -> None:
    """Brings the customer to the join page: a phone by QR code, else this machine's browser."""
    if on_lan:
        print(
            "Be the customer: scan this with a phone on the same network. The certificate is this machine's own,"
        )
        print("so the phone will ask whether you trust it. Then answer the call in Alex's window.\n")
        lan.print_qr(url, sys.stdout)
    elif await asyncio.to_thread(webbrowser.open, url):
        print(
            "You are the customer in your browser: agree there, then answer the call in Alex's window.",
            flush=True,
        )
    else:
        print(
            f"Open this in a browser to be the customer, then answer the call in Alex's window:\n{url}",
            flush=True,
        )


def _devices(folder: Path) -> dict[str, list[str]]:
    """Options for each window: this machine's devices, or built-in media in their place.

    Both windows are on one machine: only the agent's gets the camera, and the supervisor's mic is the same one.
    """
    options: dict[str, list[str]] = {}
    mic, speaker, cameras = bool(list_mics()), bool(list_speakers()), list_cameras()
    camera = cameras[0].device if cameras else "test"
    for name in ("agent", "supervisor"):
        voice = folder / f"{name}-says.wav"
        if not mic:
            write_wav(voice, tone(TONES[name], VOICE_SECONDS, keyed=True))
        options[name] = [
            *("--mic", "default" if mic else str(voice)),
            *("--speaker", "default" if speaker else "none"),
            *("--camera", camera if name == "agent" else "none"),
        ]
    missing = [
        what for what, there in (("microphone", mic), ("speaker", speaker), ("camera", camera)) if not there
    ]
    if missing:
        print(f"no {' and no '.join(missing)} found: built-in media in their place", flush=True)
    return options


async def _until_closed(*windows: RemoteEndpoint) -> None:
    await asyncio.gather(*(window.process.wait() for window in windows))
