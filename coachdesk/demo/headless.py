"""The demo without a screen: windows on a virtual one, Chromium as the customer, everything measured."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from coachdesk import commands, events
from coachdesk.demo.customer import Customer
from coachdesk.demo.recorder import SinkRecorder
from coachdesk.demo.recording import Recording
from coachdesk.demo.report import write_report
from coachdesk.demo.screen import VirtualScreen
from coachdesk.demo.stage import Stage
from coachdesk.demo.walk import PARTIES, hearing, latencies, walk
from coachdesk.hearing import TONES, read_wav, tone, write_wav
from coachdesk.remote import RemoteEndpoint
from coachdesk.soundserver import SoundServer

VOICE_SECONDS = 8
SINK = "customer"
STAFF = ("agent", "supervisor", "trainee")


@dataclass(frozen=True, slots=True)
class Cast:
    """Everybody on stage, and when each one's devices began."""

    staff: dict[str, RemoteEndpoint]
    customer: Customer
    recorder: SinkRecorder


class Progress:
    """Prints what happens as it happens, with the seconds since the start."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def __call__(self, text: str) -> None:
        print(f"[{time.monotonic() - self._began:5.1f} s] {text}", flush=True)


async def run_headless(report: Path | None) -> int:
    """Runs the whole demo; 0 if everybody heard exactly whom they should."""
    tell = Progress()
    async with AsyncExitStack() as stack:
        folder = report
        if folder is None:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="coachdesk-demo-")))
        folder.mkdir(parents=True, exist_ok=True)
        good = await _play(folder, stack, tell)
    if report is not None:
        tell(f"report.json, screenshots and recordings are in {report}")
    tell("everybody heard exactly whom they should" if good else "something is WRONG; see above")
    return 0 if good else 1


async def _play(folder: Path, stack: AsyncExitStack, tell: Callable[[str], None]) -> bool:
    for name in PARTIES:
        write_wav(folder / f"{name}-says.wav", tone(TONES[name], VOICE_SECONDS, keyed=True))
    tell("starting a virtual screen, a private sound server and the signaling server")
    screen = await stack.enter_async_context(VirtualScreen())
    sound = await stack.enter_async_context(SoundServer(sinks=[SINK]))
    stage = await stack.enter_async_context(Stage(folder, env={**screen.env, **sound.env}))
    recorder = SinkRecorder(SINK, sound.env)
    await recorder.start()
    cast = await _assemble(stage, stack, recorder, {**screen.env, **sound.env}, tell)
    call = await _answer(cast, tell)
    result = await walk(cast.staff["agent"], cast.staff["supervisor"], cast.staff["trainee"], call, tell)
    said, heard = await _recordings(folder, cast)
    tell("measuring who heard whom")
    matrices = hearing(result, heard)
    for matrix in matrices:
        print(f"\n{matrix.table()}")
    delays = latencies(result, said, heard)
    print("\nfrom mouth to ear: " + ", ".join(f"{path} {ms:.0f} ms" for path, ms in delays.items()))
    print(
        "from click to first sound: "
        + ", ".join(f"{what} {ms:.0f} ms" for what, ms in result.first_sound_ms.items())
    )
    return write_report(folder, result, matrices, delays, cast.customer.problems)


async def _assemble(
    stage: Stage,
    stack: AsyncExitStack,
    recorder: SinkRecorder,
    env: dict[str, str],
    tell: Callable[[str], None],
) -> Cast:
    """Opens the staff's windows, and the customer's browser on the agent's join link."""
    tell("opening the windows of agent, supervisor and trainee")
    staff: dict[str, RemoteEndpoint] = {}
    for name in STAFF:
        says, hears = stage.folder / f"{name}-says.wav", stage.folder / f"{name}-hears.wav"
        staff[name] = await stage.endpoint(
            name, PARTIES[name], "--mic", str(says), "--speaker", str(hears), "--camera", "none", window=True
        )
    invited = await staff["agent"].do(commands.Invite(label="Router is down"))
    assert isinstance(invited, events.Invited)
    tell("the agent made a join link; Chromium opens it as the customer")
    customer = await Customer.open(
        invited.url, voice=stage.folder / "customer-says.wav", env={**env, "PULSE_SINK": SINK}, headless=False
    )
    await stack.enter_async_context(customer)
    return Cast(staff, customer, recorder)


async def _answer(cast: Cast, tell: Callable[[str], None]) -> str:
    """The customer consents and waits, the agent answers; returns the call's id."""
    await cast.customer.agree()
    agent = cast.staff["agent"]
    waiting = await agent.wait(events.Waiting)
    tell("the customer agreed and waits; the agent answers")
    await agent.do(commands.Admit(party=waiting.party))
    call = await agent.wait(events.Call)
    await agent.wait(events.Media, lambda event: event.state == "connected")
    await agent.wait(events.FirstSound, lambda event: event.source == "customer")
    tell("agent and customer hear each other")
    return call.call.call


async def _recordings(folder: Path, cast: Cast) -> tuple[dict[str, Recording], dict[str, Recording]]:
    """Takes the pictures, ends the call, and reads what everybody said and heard."""
    for name, endpoint in cast.staff.items():
        await endpoint.do(commands.Screenshot(file=str(folder / f"{name}.png")))
    await cast.customer.page.screenshot(path=str(folder / "customer.png"))
    customer_started = await cast.customer.voice_started()
    await cast.recorder.stop(folder / "customer-hears.wav")
    starts = {name: (await endpoint.wait(events.Sound)) for name, endpoint in cast.staff.items()}
    await asyncio.gather(*(endpoint.quit() for endpoint in cast.staff.values()))
    said = {name: _said(folder, name, start.mic_time) for name, start in starts.items()}
    heard = {name: _heard(folder, name, start.speaker_time) for name, start in starts.items()}
    said["customer"] = _said(folder, "customer", customer_started)
    heard["customer"] = _heard(folder, "customer", cast.recorder.started)
    return said, heard


def _said(folder: Path, name: str, started: float) -> Recording:
    return Recording(read_wav(folder / f"{name}-says.wav"), started, looped=True)


def _heard(folder: Path, name: str, started: float) -> Recording:
    return Recording(read_wav(folder / f"{name}-hears.wav"), started)
