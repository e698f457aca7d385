"""The results of the audio benchmark as one picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bench.bars import Summary
from bench.cell import Call
from bench.networks import NETWORKS

COLORS = {
    "chromium>chromium": "#7a7a7a",
    "chromium>coachdesk": "#4c9be8",
    "coachdesk>chromium": "#8e6bd6",
    "page>coachdesk": "#0e7490",
    "coachdesk>page": "#c0479f",
    "coachdesk>coachdesk": "#15803d",
    "aiortc>aiortc": "#d9822b",
}


def draw(path: Path, calls: Sequence[Call], rows: Sequence[Summary]) -> None:
    """A PNG: delay and quality of every path on every network, and the delay over time around the outages."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, (delay, quality, time) = pyplot.subplots(3, 1, figsize=(13, 13), layout="constrained")
    _bars(delay, rows, "delay_p50", "delay_p95")
    delay.set_ylabel("mouth to ear, ms (median; line: 95th percentile)")
    _bars(quality, rows, "pesq", "pesq_worst")
    quality.set_ylabel("PESQ-WB (median; line: 5th percentile)")
    quality.set_ylim(1, 4.7)
    delay.legend(ncols=3, fontsize="small")
    _outages(time, calls)
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


def _bars(axes, rows: Sequence[Summary], middle: str, edge: str) -> None:  # type: ignore[no-untyped-def]
    networks = list(dict.fromkeys(row.network for row in rows))
    paths = [path for path in COLORS if any(row.path == path for row in rows)]
    width = 0.8 / len(paths)
    for number, path in enumerate(paths):
        mine = [row for row in rows if row.path == path and getattr(row, middle) is not None]
        at = np.array([networks.index(row.network) + (number - (len(paths) - 1) / 2) * width for row in mine])
        values = [getattr(row, middle) for row in mine]
        axes.bar(at, values, width, color=COLORS[path], label=path.replace(">", " to "))
        axes.vlines(at, values, [getattr(row, edge) for row in mine], color="black", linewidth=1)
    axes.set_xticks(range(len(networks)), [NETWORKS[name].title for name in networks], rotation=20)
    axes.set_xlim(-0.6, len(networks) - 0.4)
    axes.grid(axis="y", alpha=0.3)


def _outages(axes, calls: Sequence[Call]) -> None:  # type: ignore[no-untyped-def]
    for call in calls:
        for direction in call.directions:
            if direction.interrupted is not None:
                seconds = np.array(direction.seconds) - direction.interrupted
                dashes = "-" if NETWORKS[call.network].stall else ":"
                axes.plot(seconds, direction.delays_ms, dashes, color=COLORS[direction.path], linewidth=1)
    axes.set_xlabel("seconds since the outage (dotted) or stall (solid) of half a second began")
    axes.set_ylabel("mouth to ear, ms")
    axes.grid(alpha=0.3)
