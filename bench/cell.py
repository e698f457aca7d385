"""One call over one network, measured in both directions."""

from __future__ import annotations

import asyncio
import tempfile
import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np

from bench import listening
from bench.netlab import NetLab, added_ms
from bench.networks import OUTAGE_SECONDS, Network
from bench.parties.wire import RemoteParty, Setup
from bench.tape import RATE, late_ms, timeline
from coachdesk.hearing import write_wav
from coachdesk.media.filesound import load

SPEECH = Path(__file__).parent / "speech" / "speech.flac"
IMPAIRED_AFTER, MEASURED_AFTER = 2.5, 11.0
"""Seconds of speech before the network gets worse than clean, and before measuring begins. Chromium hears of loss every
5 s, and does something about it only then.
"""
OUTAGE_AFTER = 2.0
"""Seconds of measuring before an outage: in the middle of the first sentence."""
EARLY, LATE = 0.2, 0.7
"""By so many seconds a mouth may be ahead of or behind the benchmark."""
HOSTS = ("a", "b")


class Direction(msgspec.Struct):
    """What one ear got.

    Attributes:
        path: kind of the speaking party, ``>``, kind of the hearing one.
        seconds, delays_ms: mouth-to-ear delay over time.
        pesq, stoi: of each sentence.
        gaps_ms: the length of each gap heard.
        measured_seconds: of sound.
        recovery_seconds: from the end of the outage until the delay was back; None where it never was, or no outage.
        interrupted: begin of the outage on the scale of ``seconds``, if any.
        cpu_percent: of a core, the hearing party's processes, all they do.
        late_ms: how late 10 ms of sound came to mouth or ear, 99th percentile (see ``tape.py``).
        numbers: the hearing party's own.
    """

    path: str
    seconds: list[float]
    delays_ms: list[float]
    pesq: list[float]
    stoi: list[float]
    gaps_ms: list[float]
    measured_seconds: float
    recovery_seconds: float | None
    interrupted: float | None
    cpu_percent: float
    late_ms: float
    numbers: dict[str, float]


class Call(msgspec.Struct):
    """Both directions, and what the router itself added to the delay."""

    network: str
    directions: list[Direction]
    router_added_ms: dict[str, float]


class _Span(NamedTuple):
    """What was measured, in monotonic seconds."""

    begin: float
    end: float
    interrupted: float | None
    cpu: list[float]


class Options(msgspec.Struct, frozen=True):
    """How to measure: for how many ``sentences``, with which ``seed``, and whether the parties go first on the machine."""

    sentences: int = 4
    seed: str = "1"
    realtime: bool = False


async def measure(kinds: tuple[str, str], name: str, network: Network, options: Options) -> Call:
    """A call between two kinds of party; the first one offers. Raises PartyError and NetLabError."""
    with (
        tempfile.TemporaryDirectory(prefix="coachdesk-bench-") as folder,
        NetLab(HOSTS, seed=f"{options.seed} {name}") as lab,
    ):
        write_wav(Path(folder) / "speech.wav", load(SPEECH))
        async with AsyncExitStack() as stack:
            parties = [
                await stack.enter_async_context(_party(lab, host, kinds, Path(folder), network, options))
                for host in HOSTS
            ]
            await connect(parties)
            span = await _talk(lab, parties, network, options.sentences)
            numbers = [(await party.ask("finish")).numbers for party in parties]
            router = added_ms(lab.passages())
        directions = [
            await asyncio.to_thread(_heard, kinds, parties, speaker, span, numbers[1 - speaker])
            for speaker in (0, 1)
        ]
    return Call(name, directions, router)


def _party(
    lab: NetLab, host: str, kinds: tuple[str, str], folder: Path, network: Network, options: Options
) -> RemoteParty:
    index = HOSTS.index(host)
    (folder / host).mkdir()
    setup = Setup(
        str(folder / "speech.wav"), str(folder / host), network.video, far=kinds[1 - index], offers=index == 0
    )
    return RemoteParty(lab, host, kinds[index], setup, realtime=options.realtime)


async def connect(parties: list[RemoteParty]) -> None:
    """The first of them offers. Raises PartyError."""
    offering, answering = parties
    offer = await offering.ask("offer")
    answer = await answering.ask("answer", offer.sdp)
    await offering.ask("accept", answer.sdp)
    await asyncio.gather(*(party.ask("connect") for party in parties))


async def _talk(lab: NetLab, parties: list[RemoteParty], network: Network, sentences: int) -> _Span:
    """The call is set up clean, and impaired while they speak."""
    await asyncio.gather(*(party.ask("speak") for party in parties))
    spoke = time.monotonic()
    await _until(spoke + IMPAIRED_AFTER)
    lab.set(network.conditions)
    begin = spoke + MEASURED_AFTER + network.settling_seconds
    await _until(begin)
    lab.passages()
    began, cpu = time.monotonic(), [party.cpu_seconds() for party in parties]
    interrupted = None
    if network.outage:
        await _until(begin + OUTAGE_AFTER)
        interrupted = time.monotonic()
        lab.interrupt(OUTAGE_SECONDS, held=network.stall)
    end = begin + sentences * listening.PIECE_SECONDS
    await _until(end + LATE)
    seconds = time.monotonic() - began
    shares = [
        (party.cpu_seconds() - before) / seconds * 100 for party, before in zip(parties, cpu, strict=True)
    ]
    await _until(end + LATE + listening.MOST_SECONDS)
    return _Span(begin - EARLY, end + LATE, interrupted, shares)


async def _until(moment: float) -> None:
    await asyncio.sleep(max(0.0, moment - time.monotonic()))


def _heard(
    kinds: tuple[str, str], parties: list[RemoteParty], speaker: int, span: _Span, numbers: dict[str, float]
) -> Direction:
    ear = 1 - speaker
    said = timeline(parties[speaker].said, span.begin, span.end)
    heard = timeline(parties[ear].heard, span.begin, span.end + listening.MOST_SECONDS)
    original = np.asarray(_original(), np.float64)
    delay = listening.delays(said, heard[: len(said)])
    quality = listening.pieces(original, said, heard, delay)
    interrupted = span.interrupted - span.begin if span.interrupted is not None else None
    recovery = None
    if interrupted is not None:
        recovery = listening.recovery_seconds(delay, interrupted, interrupted + OUTAGE_SECONDS)
    return Direction(
        path=f"{kinds[speaker]}>{kinds[ear]}",
        seconds=delay.seconds.tolist(),
        delays_ms=delay.ms.tolist(),
        pesq=[piece.pesq for piece in quality],
        stoi=[piece.stoi for piece in quality],
        gaps_ms=listening.gaps_ms(said, heard[: len(said)], delay),
        measured_seconds=len(said) / RATE,
        recovery_seconds=recovery,
        interrupted=interrupted,
        cpu_percent=span.cpu[ear],
        late_ms=max(
            late_ms(path, span.begin, span.end) for path in (parties[speaker].said, parties[ear].heard)
        ),
        numbers=numbers,
    )


def _original() -> np.ndarray:
    from scipy.signal import resample_poly

    return np.asarray(resample_poly(load(SPEECH).astype(np.float64), 1, 3))
