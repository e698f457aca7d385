"""The demo without a screen: windows on a virtual one, Chromium as the customer, everything measured."""

from __future__ import annotations

import contextlib
import tempfile
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

from coachdesk import commands
from coachdesk.demo.report import write_report
from coachdesk.demo.scene import DESKS, Scene
from coachdesk.demo.screen import VirtualScreen
from coachdesk.demo.stage import Stage
from coachdesk.demo.walk import hearing, latencies, leaks, unmeasured, walk
from coachdesk.soundserver import SoundServer
from coachdesk.steadiness import Witness

SINK = "customer"


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
    tell("starting a virtual screen, a private sound server and the signaling server")
    screen = await stack.enter_async_context(VirtualScreen())
    sound = stack.enter_context(SoundServer(speakers=[SINK]))
    env = screen.env | sound.environment()
    stage = await stack.enter_async_context(Stage(folder, env=env))
    scene = await stack.enter_async_context(Scene(stage, sink=SINK, env=env, windows=True, tell=tell))
    call = await scene.answer()
    staff = scene.staff
    machine = stack.enter_context(contextlib.closing(Witness()))
    parties = staff["agent"], staff["supervisor"], staff["trainee"]
    result = await walk(*parties, call, tell, scene.customer, machine)
    await _take_pictures(scene, folder)
    said, heard = await scene.finish()
    tell("measuring who heard whom")
    matrices = hearing(result, heard)
    for matrix in matrices:
        print(f"\n{matrix.table()}")
    delays = latencies(result, said, heard)
    print("\nfrom mouth to ear: " + _listed(delays))
    if untold := unmeasured(result, delays):
        print("not to be told from the recordings: " + ", ".join(untold))
    print("from click to first sound: " + _listed(result.first_sound_ms))
    problems = scene.customer.problems + leaks(result, heard)
    for problem in problems:
        print(problem)
    return write_report(folder, result, matrices, delays, problems)


async def _take_pictures(scene: Scene, folder: Path) -> None:
    for name in DESKS:
        await scene.staff[name].do(commands.Screenshot(file=str(folder / f"{name}.png")))
    await scene.customer.page.screenshot(path=str(folder / "customer.png"))


def _listed(milliseconds: dict[str, float]) -> str:
    return ", ".join(f"{what} {value:.0f} ms" for what, value in milliseconds.items())
