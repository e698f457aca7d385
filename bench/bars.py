"""What was measured, summed up, and held against the bars: each network's figures against Chromium to Chromium's. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
import numpy as np

from bench.cell import Call, Direction

ANCHOR = "chromium>chromium"
CLEAN_DELAY_RATIO = 0.7
LOSSY = frozenset({"loss10", "loss20", "bursts"})
LOSSY_PESQ_MARGIN = 0.7
RECOVERY_SECONDS = 2.0
PLAYOUT_CPU_PERCENT = 3.0


class Summary(msgspec.Struct):
    """One path on one network; both directions of a call between two of a kind count together.

    Attributes:
        delay_ms: mouth to ear, ``p50`` and ``p95``; None where nothing was recognized.
        pesq, stoi: medians over sentences; ``pesq_worst`` the 5th percentile.
        gaps_per_minute, gap_ms_per_minute: how often and for how long speech was missing.
        recovery_seconds: the slowest after an outage; None where the delay never was what it had been before.
        cpu_percent: of a core, the hearing party as a whole.
        playout_cpu_percent: CoachDesk's playout and decoding of this one sound.
        ratio: ``delay_p50``, ``delay_p95`` over the anchor's of the same run, and ``pesq``, the difference to it.
        verdicts: each bar that applies, and whether it is met.
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
    interrupted: bool
    recovery_seconds: float | None
    cpu_percent: float
    playout_cpu_percent: float | None
    ratio: dict[str, float] = {}
    verdicts: dict[str, bool] = {}


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
        summary.verdicts = _verdicts(summary)
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
        interrupted=any(direction.interrupted is not None for direction in directions),
        recovery_seconds=max(known) if len(known) == len(recoveries) else None,
        cpu_percent=float(np.mean([direction.cpu_percent for direction in directions])),
        playout_cpu_percent=max(costs) if costs else None,
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


def _verdicts(summary: Summary) -> dict[str, bool]:
    if "coachdesk" not in summary.path:
        return {}
    found = {}
    ratio = summary.ratio
    if summary.playout_cpu_percent is not None:
        found[f"playout CPU < {PLAYOUT_CPU_PERCENT:.0f} %"] = (
            summary.playout_cpu_percent < PLAYOUT_CPU_PERCENT
        )
    if summary.interrupted:
        recovery = summary.recovery_seconds
        found[f"back within {RECOVERY_SECONDS:.0f} s"] = recovery is not None and recovery <= RECOVERY_SECONDS
    if summary.network == "clean" and "delay_p50" in ratio:
        found[f"delay <= {CLEAN_DELAY_RATIO} x"] = ratio["delay_p50"] <= CLEAN_DELAY_RATIO
    elif ratio:
        margin = LOSSY_PESQ_MARGIN if summary.network in LOSSY else 0.0
        found["delay <= Chromium's"] = ratio.get("delay_p50", np.inf) <= 1
        found[f"PESQ >= Chromium's + {margin}"] = ratio.get("pesq", -np.inf) >= margin
    return found


COLUMNS = (
    *("network", "path", "delay p50", "p95", "x", "PESQ", "worst", "+/-", "STOI", "gaps/min", "ms/min"),
    *("recovery", "CPU %", "playout", "bars"),
)


def table(rows: Iterable[Summary], titles: dict[str, str]) -> str:
    """For people: delays in ms, ``x`` the ratio to the anchor's median, ``+/-`` the difference to its PESQ."""
    lines = [list(COLUMNS)] + [_line(row, titles) for row in rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(_aligned(line, widths) for line in lines)


def _line(row: Summary, titles: dict[str, str]) -> list[str]:
    missed = [name for name, met in row.verdicts.items() if not met]
    bars = "" if not row.verdicts else "met" if not missed else "MISSED: " + ", ".join(missed)
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
        bars,
    ]


def _recovery(row: Summary) -> str:
    if not row.interrupted:
        return ""
    return "never" if row.recovery_seconds is None else f"{row.recovery_seconds:.1f} s"


def _number(value: float | None, digits: int, *, sign: str = "") -> str:
    return "-" if value is None else f"{value:{sign}.{digits}f}"


def _aligned(line: Sequence[str], widths: Sequence[int]) -> str:
    cells = [
        cell.ljust(width) if number < 2 or number == len(line) - 1 else cell.rjust(width)
        for number, (cell, width) in enumerate(zip(line, widths, strict=True))
    ]
    return "  ".join(cells).rstrip()
