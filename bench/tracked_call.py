"""What following marks costs the sound of a call: the same call with marks and without, by turns.

    python bench/tracked_call.py [--rounds N] [--json FILE]

Real server, endpoints and tracker; Chromium as the customer, whose camera turns at 30 degrees a second (``panning.py``). The
agent's endpoint decodes and shows the pictures all the time; in every other stretch it follows marks in them. What is
told of the sound's lateness: the delay its playout buffer asks for, what came too late for that, and what was made up.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from pathlib import Path

# Started as a script, this file's folder comes first, and bench/signaling.py would hide the package of that name.
sys.path.insert(0, str(Path(__file__).parents[1]))

import msgspec
import numpy as np
import psutil

from bench.turning import turning_call
from coachdesk import commands, events
from coachdesk.annotation import Point, Tool
from coachdesk.demo.recording import one_way_ms
from coachdesk.hearing import TONES
from coachdesk.remote import RemoteEndpoint

PLACES = ((0.3, 0.3), (0.7, 0.3), (0.3, 0.7), (0.7, 0.7))
"""Middles of the marks."""
WINDOW, WINDOWS = 2.5, 4
"""Seconds of sound from which one delay is read, and how many of them make a stretch."""
SETTLING = 2.0
Row = dict[str, float]


async def measure(rounds: int) -> dict[str, Row]:
    async with turning_call() as scene:
        await scene.answer()
        agent, supervisor = scene.staff["agent"], scene.staff["supervisor"]
        await agent.do(commands.Frames(on=True))
        await agent.do(commands.Poses(on=True))
        await supervisor.do(commands.Listen(call=scene.call))
        await agent.wait(events.Frames)
        stretches: dict[bool, list[Row]] = {False: [], True: []}
        windows: dict[bool, list[float]] = {False: [], True: []}
        for number in range(2 * rounds):
            marked = number % 2 == 1
            await (_draw(agent) if marked else agent.do(commands.Clear()))
            await asyncio.sleep(SETTLING)
            begins, row = await _stretch(agent)
            windows[marked] += begins
            stretches[marked].append(row)
        said, heard = await scene.finish()
    delays = {
        marked: [
            one_way_ms(said["agent"], heard["supervisor"], TONES["agent"], begin, begin + WINDOW)
            for begin in begins
        ]
        for marked, begins in windows.items()
    }
    return {
        "marks": _row(stretches[True], delays[True]),
        "no marks": _row(stretches[False], delays[False]),
    }


async def _draw(agent: RemoteEndpoint) -> None:
    for x, y in PLACES:
        corners = [Point(x - 0.05, y - 0.08), Point(x + 0.05, y + 0.08)]
        await agent.do(commands.Draw(tool=Tool.CIRCLE, points=corners, fade=600))


async def _stretch(agent: RemoteEndpoint) -> tuple[list[float], Row]:
    """When its windows began (monotonic), and what the agent's endpoint counted meanwhile."""
    process, began = psutil.Process(agent.process.pid), time.monotonic()
    cpu, before = sum(process.cpu_times()[:2]), await _playout(agent)
    asked, begins = [], []
    for _ in range(WINDOWS):
        begins.append(time.monotonic())
        await asyncio.sleep(WINDOW)
        asked.append((await _playout(agent))["target_ms"])
    after, seconds = await _playout(agent), time.monotonic() - began
    used = sum(process.cpu_times()[:2]) - cpu
    posed = sum(1 for told, event in agent.log if isinstance(event, events.Poses) and told >= began)
    return begins, {
        "made_up_percent": 100
        * (after["concealed"] - before["concealed"])
        / max(1.0, after["played"] - before["played"]),
        "late": after["late"] - before["late"],
        "asked_ms": float(np.mean(asked)),
        "cpu_percent": 100 * used / seconds,
        "followed_fps": posed / seconds,
    }


async def _playout(agent: RemoteEndpoint) -> Row:
    """Of the customer's sound, at the agent."""
    told = await agent.do(commands.Stats())
    assert isinstance(told, events.Stats)
    return told.streams["heard.customer"]


def _row(stretches: list[Row], delays: list[float | None]) -> Row:
    known = [delay for delay in delays if delay is not None]
    means = {key: float(np.mean([each[key] for each in stretches])) for key in stretches[0]}
    return {
        **means,
        "agent_to_supervisor_p50_ms": float(np.percentile(known, 50)),
        "agent_to_supervisor_p95_ms": float(np.percentile(known, 95)),
    }


def _table(results: dict[str, Row]) -> str:
    marked, unmarked = results["marks"], results["no marks"]
    lines = [f"{'':<30}{'marks':>10}{'none':>10}"]
    lines += [f"{key.replace('_', ' '):<30}{marked[key]:>10.2f}{unmarked[key]:>10.2f}" for key in marked]
    ratio = marked["agent_to_supervisor_p95_ms"] / unmarked["agent_to_supervisor_p95_ms"]
    return "\n".join([*lines, f"{'delay p95, with marks : without':<40}{ratio:>10.2f}"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=4, help="stretches of each kind")
    parser.add_argument("--json", type=Path, help="also write the numbers here")
    options = parser.parse_args()
    results = asyncio.run(measure(options.rounds))
    print(_table(results))
    if options.json:
        options.json.write_bytes(msgspec.json.format(msgspec.json.encode(results), indent=2))


if __name__ == "__main__":
    main()
