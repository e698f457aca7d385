"""The walk through the modes: a supervisor listens, whispers, barges, takes over, hands back; everybody is recorded."""

from __future__ import annotations

import asyncio
import itertools
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from coachdesk import commands, events
from coachdesk.demo.recording import Recording, floor, heard_level, one_way_ms
from coachdesk.hearing import TONES, Cell, Matrix
from coachdesk.remote import RemoteEndpoint
from coachdesk.routing import Member, routes
from coachdesk.steadiness import Lateness
from signaling.policy import Mode, Role

SETTLE_SECONDS = 1.5
"""After a mode is in force, until it is measured: playout buffers and ramps have come to rest."""
MEASURED_SECONDS = 2.5
ATTEMPTS = 3
"""At a step, on a machine that stands still at times, or is so busy that connections are taken for dead."""

STEPS: tuple[tuple[str, Mode], ...] = (
    ("listen", Mode.LISTEN),
    ("whisper", Mode.WHISPER),
    ("barge", Mode.BARGE),
    ("take over", Mode.TAKEOVER),
    ("hand back", Mode.LISTEN),
    ("talk to the trainee", Mode.LANE),
    ("listen again", Mode.LISTEN),
)
PARTIES: dict[str, Role] = {
    "agent": Role.AGENT,
    "customer": Role.CUSTOMER,
    "supervisor": Role.SUPERVISOR,
    "trainee": Role.TRAINEE,
}


class Ear(Protocol):
    """What the walk asks of the customer's browser: see ``coachdesk.demo.customer.Customer``."""

    async def calm(self) -> None: ...
    async def voice_started(self) -> float: ...


class Clock(Protocol):
    """Tells whether the machine kept time since it was last asked: see ``coachdesk.steadiness.Witness``."""

    def lateness(self) -> Lateness: ...


@dataclass(frozen=True, slots=True)
class Step:
    """One mode, when it was asked for and measured. ``voice_started``: sample 0 of the customer's voice, as of then."""

    title: str
    mode: Mode
    clicked: float
    begin: float
    end: float
    voice_started: float
    in_force_ms: float


@dataclass(slots=True)
class Walk:
    """What happened. ``first_sound_ms``: from the command (the click) to the first sound of it at an ear.
    ``late``: steps measured while the machine did not keep time, each as often as that happened.

    Of barge and take over it is not known: their new ear is the customer's, whose browser tells of no first sound.
    """

    steps: list[Step] = field(default_factory=list)
    late: list[Step] = field(default_factory=list)
    first_sound_ms: dict[str, float] = field(default_factory=dict)


async def walk(
    agent: RemoteEndpoint,
    supervisor: RemoteEndpoint,
    trainee: RemoteEndpoint,
    call: str,
    tell: Callable[[str], None],
    customer: Ear,
    machine: Clock,
) -> Walk:
    """Goes through ``STEPS`` on a call that the agent and the customer are on."""
    result = Walk()
    await trainee.do(commands.Listen(call=call))
    clicked = time.monotonic()
    await supervisor.do(commands.Listen(call=call))
    sound = await supervisor.wait(events.FirstSound, lambda event: event.source == "customer", since=clicked)
    result.first_sound_ms["listen: customer at supervisor"] = (sound.time - clicked) * 1000
    await trainee.wait(events.FirstSound, lambda event: event.source == "customer")
    staff = (agent, supervisor, trainee)
    for title, mode in STEPS:
        clicked = time.monotonic()
        for _ in range(ATTEMPTS):
            machine.lateness()
            step = await _measured(title, mode, supervisor, tell, customer)
            if any([await _was_lost(each, step.clicked) for each in staff]):
                tell(f"{title}: a line was lost meanwhile, and is back")
            elif (late := machine.lateness()).kept_time:
                break
            else:
                tell(f"{title}: the machine stood still meanwhile: {late}")
                result.late.append(step)
        result.steps.append(step)
        if mode is Mode.WHISPER:
            result.first_sound_ms["whisper: supervisor at agent"] = await _first_word_ms(agent, clicked)
        if mode is Mode.LANE:
            result.first_sound_ms["talk to the trainee: supervisor at trainee"] = await _first_word_ms(
                trainee, clicked
            )
    return result


async def _measured(
    title: str, mode: Mode, supervisor: RemoteEndpoint, tell: Callable[[str], None], customer: Ear
) -> Step:
    """Changes to ``mode`` and lets everybody talk and hear for a while."""
    clicked = time.monotonic()
    told = await supervisor.do(commands.SetMode(mode=mode))
    in_force = time.monotonic()
    assert isinstance(told, events.ModeChanged)
    tell(f"{title}: the supervisor is heard by {', '.join(told.heard_by) or 'nobody'}")
    await asyncio.sleep(SETTLE_SECONDS)
    await customer.calm()
    begin = time.monotonic()
    await asyncio.sleep(MEASURED_SECONDS)
    end, voice = begin + MEASURED_SECONDS, await customer.voice_started()
    return Step(title, mode, clicked, begin, end, voice, (in_force - clicked) * 1000)


async def _was_lost(endpoint: RemoteEndpoint, since: float) -> bool:
    """Whether a connection of ``endpoint`` was lost, which ends every mode; it is back on return."""
    lost = False
    for when, event in [each for each in endpoint.log if each[0] >= since]:
        if isinstance(event, events.Media) and event.state == "lost":
            await endpoint.wait(events.Media, _connected(event.party), since=when)
            lost = True
        elif isinstance(event, events.Online) and not event.on:
            await endpoint.wait(events.Online, lambda online: online.on, since=when)
            lost = True
    return lost


def _connected(party: str) -> Callable[[events.Media], bool]:
    return lambda media: media.party == party and media.state == "connected"


async def _first_word_ms(ear: RemoteEndpoint, clicked: float) -> float:
    """From the click to the first sound of the supervisor, the only one there besides agent and customer."""
    sound = await ear.wait(
        events.FirstSound, lambda event: event.source not in ("agent", "customer"), since=clicked
    )
    return (sound.time - clicked) * 1000


def expected(mode: Mode) -> set[tuple[str, str]]:
    """(source, sink) pairs that should be heard while the supervisor is in ``mode``."""
    members = [
        Member(name, role, mode if name == "supervisor" else Mode.LISTEN) for name, role in PARTIES.items()
    ]
    return {(route.source, route.sink) for route in routes(members)}


def hearing(walk: Walk, heard: Mapping[str, Recording]) -> list[Matrix]:
    """The hearing matrix of every step: source x sink, measured and judged."""
    return [_matrix(step, walk.steps[0], heard) for step in walk.steps]


def leaks(walk: Walk, heard: Mapping[str, Recording]) -> list[str]:
    """Who heard whom they must not while the machine stood still: torn sound excuses much, but not that."""
    return [
        f"{step.title}: {cell.source} was heard by {cell.sink}, {cell.dbfs:.0f} dBFS, while the machine stood still"
        for step in walk.late
        for cell in _matrix(step, walk.steps[0], heard).cells
        if cell.leaks
    ]


def _matrix(step: Step, quiet: Step, heard: Mapping[str, Recording]) -> Matrix:
    matrix, should = Matrix(step.title), expected(step.mode)
    for source, sink in itertools.permutations(PARTIES, 2):
        matrix.add(_cell(source, sink, step, quiet, heard[sink], (source, sink) in should))
    return matrix


def _cell(source: str, sink: str, step: Step, quiet: Step, heard: Recording, should: bool) -> Cell:
    """``quiet``: the step in which the supervisor and the trainee are heard by nobody."""
    tone = TONES[source]
    silent = floor(heard, tone, step.begin, step.end)
    if source in ("supervisor", "trainee"):
        silent = max(silent, heard_level(heard, tone, quiet.begin, quiet.end))
    return Cell(source, sink, heard_level(heard, tone, step.begin, step.end), should, silent)


def latencies(walk: Walk, said: Mapping[str, Recording], heard: Mapping[str, Recording]) -> dict[str, float]:
    """Median one-way latency in ms, mouth to ear, of each audible path that allows telling, keyed ``source to sink``."""
    found: dict[str, list[float]] = {}
    for step in walk.steps:
        spoken = {**said, "customer": replace(said["customer"], started=step.voice_started)}
        for source, sink in sorted(expected(step.mode)):
            lag = one_way_ms(spoken[source], heard[sink], TONES[source], step.begin, step.end)
            if lag is not None:
                found.setdefault(f"{source} to {sink}", []).append(lag)
    return {path: statistics.median(lags) for path, lags in found.items()}


def unmeasured(walk: Walk, latency_ms: Mapping[str, float]) -> list[str]:
    """The paths that were audible, but whose latency could not be told from the recordings, ``source to sink``."""
    audible = {f"{source} to {sink}" for step in walk.steps for source, sink in expected(step.mode)}
    return sorted(audible - set(latency_ms))
