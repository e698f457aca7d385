"""Speech over bad networks, side by side: CoachDesk, Chromium, both mixed, and stock aiortc, in one run.

    sudo .venv/bin/python bench/audio.py                     everything, some 35 minutes
    ... --paths 'coachdesk>coachdesk' --networks clean,loss10    two calls of some 40 s
    ... --list                                               the names of paths and networks

Needs root (a network lab, see ``netlab.py``), Chromium, and the extra ``bench`` (pip install -e '.[bench]').

Every call is between two processes in network namespaces of their own. It is set up on a clean network, which gets
impaired while both sides say recorded speech to each other. Mouth-to-ear delay is from the microphone's sample to the
loudspeaker's, both devices having one block of 10 ms (``tape.py``); real devices would add the same to all. It is found
by cross-correlation, ten times a second. Quality is PESQ-WB and STOI of each sentence against the original, put where
the usual delay of that sentence says. Ratios are to Chromium's figures in the same run, and every bar is told as met or
missed. A run that is interrupted reports what it has.

- CoachDesk: all media code of the product, see ``parties/coachdesk.py``;
- Chromium: a plain page with a plain ``RTCPeerConnection``, defaults throughout, only the voice processing of its
  microphone is off, since it would change the speech itself; see ``parties/chromium.py``;
- page: the same browser with the call of CoachDesk's own customer page, see ``parties/page.py``;
- aiortc: its own tracks and buffers; see ``parties/aiortc.py``.

Nothing else should run at the time; where that can't be had, ``--realtime`` puts the calls before all other programs.
"""

from __future__ import annotations

import argparse
import asyncio
import shlex
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

# Started as a script, this file's folder comes first, and bench/signaling.py would hide the package of that name.
sys.path.insert(0, str(Path(__file__).parents[1]))

import msgspec

from bench import bars, listening, netlab
from bench.cell import Call, Options, measure
from bench.networks import NETWORKS
from bench.parties.wire import PartyError

PAIRS = (
    ("chromium", "chromium"),
    ("coachdesk", "chromium"),
    ("coachdesk", "page"),
    ("coachdesk", "coachdesk"),
    ("aiortc", "aiortc"),
)
"""The first of each offers. A call gives the paths in both directions."""
PATHS = {f"{a}>{b}": (a, b) for a, b in PAIRS} | {f"{b}>{a}": (a, b) for a, b in PAIRS}
ATTEMPTS = 2


class Results(msgspec.Struct):
    """What ``--json`` holds."""

    command: str
    options: Options
    summaries: list[bars.Summary] = []
    calls: list[Call] = []
    failures: list[str] = []


async def run(paths: Iterable[str], networks: Iterable[str], results: Results) -> None:
    """All calls, one after the other; ``results`` gets them, and what went wrong with those that are missing."""
    pairs = list(dict.fromkeys(PATHS[path] for path in paths))
    for name in networks:
        for pair in pairs:
            try:
                results.calls.append(await _measured(pair, name, results.options))
            except (PartyError, netlab.NetLabError) as error:
                results.failures.append(f"{name}, {' and '.join(pair)}: {error}")
                print(results.failures[-1], file=sys.stderr)


async def _measured(pair: tuple[str, str], name: str, options: Options) -> Call:
    """Once more where a party failed: a browser that did not start says nothing about sound."""
    for attempt in range(ATTEMPTS):
        try:
            call = await measure(pair, name, NETWORKS[name], options)
        except PartyError as error:
            if attempt == ATTEMPTS - 1:
                raise
            print(f"again: {error}", file=sys.stderr)
        else:
            _say(call)
            return call
    raise AssertionError("unreachable")


def _say(call: Call) -> None:
    for row in bars.summaries([call]):
        delay = (
            "nothing recognized" if row.delay_p50 is None else f"{row.delay_p50:.0f}/{row.delay_p95:.0f} ms"
        )
        pesq = "" if row.pesq is None else f", PESQ {row.pesq:.2f}"
        print(f"  {NETWORKS[call.network].title}, {row.path}: {delay}{pesq}", file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--paths", type=names(PATHS), default=list(PATHS), help="some of them, by comma")
    parser.add_argument("--networks", type=names(NETWORKS), default=list(NETWORKS), help="likewise")
    parser.add_argument(
        "--seconds",
        type=float,
        default=22.0,
        help="of speech in each call; whole sentences of 5.5 s are measured",
    )
    parser.add_argument("--seed", default="1", help="decides which packets are lost")
    parser.add_argument("--realtime", action="store_true", help="the calls go before all other programs")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all numbers here")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw them (PNG)")
    parser.add_argument("--list", action="store_true", help="say which paths and networks there are, and end")
    options = parser.parse_args()
    if options.list:
        print("paths:   ", " ".join(PATHS), "\nnetworks:", " ".join(NETWORKS))
        return
    try:
        listening.require()
        netlab.require()
    except (listening.MissingError, netlab.NetLabError) as error:
        sys.exit(f"bench/audio.py: {error}")
    how = Options(max(1, round(options.seconds / listening.PIECE_SECONDS)), options.seed, options.realtime)
    results = Results(shlex.join(sys.argv), how)
    try:
        asyncio.run(run(options.paths, options.networks, results))
    except KeyboardInterrupt:
        results.failures.append("all the rest: interrupted")
    finally:
        _report(options, results)
    if results.failures:
        sys.exit("not measured:\n  " + "\n  ".join(results.failures))


def _report(options: argparse.Namespace, results: Results) -> None:
    """Of whatever has been measured."""
    rows = results.summaries = bars.summaries(results.calls)
    titles = {name: network.title for name, network in NETWORKS.items()}
    print(bars.table(rows, titles), bars.judgement(rows, titles), sep="\n\n")
    if options.json:
        options.json.write_bytes(msgspec.json.format(msgspec.json.encode(results), indent=1))
    if options.plot and rows:
        from bench.plot import draw

        draw(options.plot, results.calls, rows)


def names(known: Iterable[str]) -> Callable[[str], list[str]]:
    allowed = list(known)

    def parse(text: str) -> list[str]:
        names = text.split(",")
        for name in names:
            if name not in allowed:
                raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(allowed)}")
        return names

    return parse


if __name__ == "__main__":
    main()
