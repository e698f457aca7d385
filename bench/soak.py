"""A call in real time for as long as wanted: whether memory grows, the delay creeps, or sound goes missing.

    python bench/soak.py [--minutes 10] [--json FILE]

An agent's endpoint and a supervisor who barges in, all their media in this process, talk to each other over this machine's
loopback; devices are files. Nothing is lost there, so that what is concealed was late by the machine's own fault. The
first seconds, in which everything is set up, do not count.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

# Started as a script, this file's folder comes first, and bench/signaling.py would hide the package of that name.
sys.path.insert(0, str(Path(__file__).parents[1]))

import msgspec
import numpy as np
import psutil

from bench.cell import SPEECH
from bench.parties.coachdesk import AgentParty, CoachDeskParty, SupervisorParty
from bench.parties.wire import Setup
from bench.tape import Tape
from coachdesk.hearing import write_wav
from coachdesk.media.filesound import load
from coachdesk.media.pcm import Samples

SETTLING_SECONDS = 15.0
LOOKS = 60
"""How often in a minute the delay is looked at."""


class Minute(msgspec.Struct, frozen=True):
    """What one was like: ``memory_mb`` (2**20 bytes) at its end, ``delay_ms`` of playout, the mean of both ends;
    ``concealed``: share of what was played.
    """

    memory_mb: float
    delay_ms: float
    concealed: float


class NoTape(Tape):
    """Keeps nothing: a benchmark's own tape would be memory that grows."""

    def spoken(self, samples: Samples) -> None:
        pass

    def heard(self, samples: Samples) -> None:
        pass


class Untaped(CoachDeskParty):
    """An endpoint's media that talk for ever."""

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup)
        self._said = self._heard = NoTape()

    def sum(self, name: str) -> float:
        """Over all ears; ``name``: one of the playout's numbers."""
        return sum(ear.stats()[name] for ear in self._ears)


class Agent(Untaped, AgentParty):
    """The one who offers."""


class Supervisor(Untaped, SupervisorParty):
    """The one who answers, in barge."""


async def soak(minutes: int, seconds: float = 60.0) -> list[Minute]:
    """Prints each minute as it ends; one lasts ``seconds``. Raises TimeoutError when there is no connection."""
    with tempfile.TemporaryDirectory(prefix="coachdesk-soak-") as folder:
        speech = Path(folder) / "speech.wav"
        write_wav(speech, load(SPEECH))
        agent = Agent(Setup(str(speech), folder, False, "coachdesk", True))
        supervisor = Supervisor(Setup(str(speech), folder, False, "coachdesk", False))
        try:
            await agent.accept(await supervisor.answer(await agent.offer()))
            for party in (agent, supervisor):
                await party.connect()
                await party.speak()
            await asyncio.sleep(min(SETTLING_SECONDS, seconds))
            print(f"{'minute':>6} {'memory MB':>10} {'delay ms':>9} {'concealed':>10}")
            found = []
            for number in range(1, minutes + 1):
                found.append(await _minute((agent, supervisor), seconds))
                print(_row(str(number), found[-1]), flush=True)
            return found
        finally:
            await agent.close()
            await supervisor.close()


async def _minute(parties: Sequence[Untaped], seconds: float) -> Minute:
    def total(name: str) -> float:
        return sum(party.sum(name) for party in parties)

    played, concealed, delays = total("played"), total("concealed"), []
    for _ in range(LOOKS):
        await asyncio.sleep(seconds / LOOKS)
        delays.append(total("delay_ms") / len(parties))
    share = (total("concealed") - concealed) / max(1.0, total("played") - played)
    return Minute(psutil.Process().memory_info().rss / 2**20, float(np.mean(delays)), share)


def _row(title: str, minute: Minute) -> str:
    return f"{title:>6} {minute.memory_mb:10.2f} {minute.delay_ms:9.1f} {minute.concealed:10.5f}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=int, default=10, help="at least 2")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all numbers here")
    options = parser.parse_args()
    if options.minutes < 2:
        parser.error("there have to be a first and a last minute")
    found = asyncio.run(soak(options.minutes))
    first, last = found[0], found[-1]
    print(
        f"last to first: memory {last.memory_mb / first.memory_mb:.4f}, delay {last.delay_ms / first.delay_ms:.3f}, "
        f"concealed {last.concealed - first.concealed:+.5f}"
    )
    if options.json:
        options.json.write_bytes(msgspec.json.format(msgspec.json.encode(found), indent=1))


if __name__ == "__main__":
    main()
