"""What was measured, summed up, and held against the bars: each network's figures against Chromium to Chromium's. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
import numpy as np

from bench.cell import Call, Direction
from bench.networks import OUTAGE_SECONDS

ANCHOR = "chromium>chromium"
CLEAN_DELAY_RATIO = 0.7
LOSSY = frozenset({"loss10", "loss20", "bursts"})
LOSSY_PESQ_MARGIN = 0.7
RECOVERY_SECONDS = 2.0
PLAYOUT_CPU_PERCENT = 3.0


class Verdict(msgspec.Struct, frozen=True):
    """A bar with the figures held against it, in words."""

    bar: str
    met: bool


class Summary(msgspec.Struct):
    """One path on one network; both directions of a call between two of a kind count together.

    Attributes:
        delay_ms: mouth to ear, ``p50`` and ``p95``; None where nothing was recognized.
        pesq, stoi: medians over sentences; ``pesq_worst`` the 5th percentile.
        gaps_per_minute, gap_ms_per_minute: how often and for how long speech was missing.
        watched_seconds: after an outage; 0 where there was none.
        recovery_seconds: the slowest after it; None where the delay was not back while it was watched.
        cpu_percent: of a core, the hearing party as a whole.
        playout_cpu_percent: CoachDesk's playout and decoding of this one sound.
        late_ms: how late sound came to mouth or ear: above some 10 ms the machine was too busy for figures to mean much.
        ratio: ``delay_p50``, ``delay_p95`` over the anchor's of the same run, and ``pesq``, the difference to it.
        verdicts: on each bar that applies.
    """

    path: str
    network: str
    delay_p50: float | None
    delay_p95: float | None
    pesq: float | None
    pesq_worst: float | None
    stoi: float | None
    gaps_per_minute: float
    gap_ms_per_minute: float
    watched_seconds: float
    recovery_seconds: float | None
    cpu_percent: float
    playout_cpu_percent: float | None
    late_ms: float
    ratio: dict[str, float] = {}
    verdicts: list[Verdict] = []


def summaries(calls: Iterable[Call]) -> list[Summary]:
    """Of all calls, in their order, with ratios and verdicts where the anchor was measured too."""
    heard: dict[tuple[str, str], list[Direction]] = {}
    for call in calls:
        for direction in call.directions:
            heard.setdefault((call.network, direction.path), []).append(direction)
    table = {key: _summary(*key, directions) for key, directions in heard.items()}
    for (network, _), summary in table.items():
        anchor = table.get((network, ANCHOR))
        summary.ratio = _ratio(summary, anchor) if anchor is not None else {}
        summary.verdicts = _verdicts(summary, anchor)
    return list(table.values())


def _summary(network: str, path: str, directions: Sequence[Direction]) -> Summary:
    delays = [each for direction in directions for each in direction.delays_ms]
    pesq = [each for direction in directions for each in direction.pesq]
    stoi = [each for direction in directions for each in direction.stoi]
    gaps = [each for direction in directions for each in direction.gaps_ms]
    minutes = sum(direction.measured_seconds for direction in directions) / 60
    recoveries = [direction.recovery_seconds for direction in directions]
    known = [each for each in recoveries if each is not None]
    playout = [direction.numbers.get("playout_cpu_percent") for direction in directions]
    costs = [each for each in playout if each is not None]
    return Summary(
        path=path,
        network=network,
        delay_p50=_percentile(delays, 50),
        delay_p95=_percentile(delays, 95),
        pesq=_percentile(pesq, 50),
        pesq_worst=_percentile(pesq, 5),
        stoi=_percentile(stoi, 50),
        gaps_per_minute=len(gaps) / minutes,
        gap_ms_per_minute=sum(gaps) / minutes,
        watched_seconds=max(_watched(direction) for direction in directions),
        recovery_seconds=max(known) if len(known) == len(recoveries) else None,
        cpu_percent=float(np.mean([direction.cpu_percent for direction in directions])),
        playout_cpu_percent=max(costs) if costs else None,
        late_ms=max(direction.late_ms for direction in directions),
    )


def _percentile(values: Sequence[float], percent: float) -> float | None:
    return float(np.percentile(values, percent)) if values else None


def _ratio(summary: Summary, anchor: Summary) -> dict[str, float]:
    found = {}
    for name in ("delay_p50", "delay_p95"):
        mine, its = getattr(summary, name), getattr(anchor, name)
        if mine is not None and its:
            found[name] = mine / its
    if summary.pesq is not None and anchor.pesq is not None:
        found["pesq"] = summary.pesq - anchor.pesq
    return found


def _watched(direction: Direction) -> float:
    if direction.interrupted is None:
        return 0.0
    return direction.measured_seconds - direction.interrupted - OUTAGE_SECONDS


def _verdicts(summary: Summary, anchor: Summary | None) -> list[Verdict]:
    if "coachdesk" not in summary.path:
        return []
    found = []
    cost = summary.playout_cpu_percent
    if cost is not None:
        bar = f"playout and decoding {cost:.1f} % of a core, below {PLAYOUT_CPU_PERCENT:.0f}"
        found.append(Verdict(bar, cost < PLAYOUT_CPU_PERCENT))
    if summary.watched_seconds:
        back = summary.recovery_seconds
        met = back is not None and back <= RECOVERY_SECONDS
        found.append(Verdict(f"delay back after {_recovery(summary)}, at most {RECOVERY_SECONDS:.0f}", met))
    if anchor is not None:
        found += _against(summary, anchor)
    return found


def _against(summary: Summary, anchor: Summary) -> list[Verdict]:
    """Delay at most, and quality at least, Chromium's, by the margins that the network asks for."""
    share = CLEAN_DELAY_RATIO if summary.network == "clean" else 1.0
    found = []
    for name, delay, its in (
        ("median", summary.delay_p50, anchor.delay_p50),
        ("p95", summary.delay_p95, anchor.delay_p95),
    ):
        if its is not None:
            met = delay is not None and delay <= share * its
            found.append(Verdict(f"delay {name} {_number(delay, 0)} ms, at most {share * its:.0f}", met))
    if anchor.pesq is not None:
        least = anchor.pesq + (LOSSY_PESQ_MARGIN if summary.network in LOSSY else 0.0)
        met = summary.pesq is not None and summary.pesq >= least
        found.append(Verdict(f"PESQ {_number(summary.pesq, 2)}, at least {least:.2f}", met))
    return found


COLUMNS = (
    *("network", "path", "delay p50", "p95", "x", "PESQ", "worst", "+/-", "STOI", "gaps/min", "ms/min"),
    *("recovery", "CPU %", "playout", "late"),
)


def table(rows: Iterable[Summary], titles: dict[str, str]) -> str:
    """For people: delays in ms, ``x`` the ratio to the anchor's median, ``+/-`` the difference to its PESQ, ``late``
    how busy the machine was (``Summary.late_ms``).
    """
    lines = [list(COLUMNS)] + [_line(row, titles) for row in rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(_aligned(line, widths) for line in lines)


def judgement(rows: Iterable[Summary], titles: dict[str, str]) -> str:
    """For people: every bar, and whether it is met."""
    lines = [
        f"{'met   ' if verdict.met else 'MISSED'}  {titles[row.network]}, {row.path}: {verdict.bar}"
        for row in rows
        for verdict in row.verdicts
    ]
    return "\n".join(lines)


def _line(row: Summary, titles: dict[str, str]) -> list[str]:
    return [
        titles[row.network],
        row.path,
        _number(row.delay_p50, 0),
        _number(row.delay_p95, 0),
        _number(row.ratio.get("delay_p50"), 2),
        _number(row.pesq, 2),
        _number(row.pesq_worst, 2),
        _number(row.ratio.get("pesq"), 2, sign="+"),
        _number(row.stoi, 2),
        _number(row.gaps_per_minute, 1),
        _number(row.gap_ms_per_minute, 0),
        _recovery(row),
        _number(row.cpu_percent, 0),
        _number(row.playout_cpu_percent, 1),
        _number(row.late_ms, 0),
    ]


def _recovery(row: Summary) -> str:
    if not row.watched_seconds:
        return ""
    if row.recovery_seconds is None:
        return f"> {row.watched_seconds:.0f} s"
    return f"{row.recovery_seconds:.1f} s"


def _number(value: float | None, digits: int, *, sign: str = "") -> str:
    return "-" if value is None else f"{value:{sign}.{digits}f}"


def _aligned(line: Sequence[str], widths: Sequence[int]) -> str:
    cells = [
        cell.ljust(width) if number < 2 else cell.rjust(width)
        for number, (cell, width) in enumerate(zip(line, widths, strict=True))
    ]
    return "  ".join(cells).rstrip()
