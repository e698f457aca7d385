"""How good a sound is where it is heard: the E-model (ITU-T G.107) of what its playout buffer measures. Pure.

One number from 1 (bad) to 4.4 (as good as a telephone gets), from the delay from mouth to ear and the share of it that
was made up.
"""

from __future__ import annotations

import math
import statistics
from collections import deque
from collections.abc import Mapping

from coachdesk.events import Grade, Reading

BASE_RATING = 93.2
"""Rating R of a connection without any impairment of its own: G.107's default values."""
FREE_DELAY_MS = 100.0
"""Delay that disturbs no conversation, in G.107's delay impairment."""
MAX_IMPAIRMENT = 95.0
LOSS_ROBUSTNESS = 8.0
"""Bpl of Opus as libopus conceals it, in percent: fitted to PESQ-WB of speech with 2, 5 and 10 % of its frames lost."""
FRAME_MS = 20.0
"""What a sound waits for before it can be sent: its Opus frame."""
COUNTS = ("received", "lost", "played", "concealed")
MIN_PLAYED = 20
"""Blocks of 10 ms; of less than that nothing is concluded."""
MAX_READINGS = 7200
"""Kept of each source: four hours, at one in two seconds."""
PER_MINUTE = 30
FAIR_BELOW, POOR_BELOW = 4.0, 3.1
"""G.107 Annex B: above the first most users are satisfied, below the second nearly all are not."""


class Gauge:
    """Reads one playout buffer time and again."""

    def __init__(self) -> None:
        self._before: dict[str, float] = {}

    def read(self, stats: Mapping[str, float], way_ms: float) -> Reading | None:
        """What has come since the last call; None when that is less than 0.2 s of sound.

        ``stats``: see ``PlayoutStats``. ``way_ms``: one way from capture to arrival, beyond the frame.
        """
        # A late packet takes back a loss that was counted; that makes no loss negative.
        since = {name: max(0.0, stats[name] - self._before.get(name, 0.0)) for name in COUNTS}
        if since["played"] < MIN_PLAYED:
            return None
        self._before = {name: stats[name] for name in COUNTS}
        concealed = min(1.0, since["concealed"] / since["played"])
        delay_ms = FRAME_MS + way_ms + stats["delay_ms"]
        score = mos(delay_ms, concealed)
        return Reading(
            mos=round(score, 2),
            grade=grade(score),
            delay_ms=round(delay_ms, 1),
            playout_ms=round(stats["delay_ms"], 1),
            jitter_ms=round(stats["jitter_ms"], 1),
            loss=round(since["lost"] / max(1.0, since["received"] + since["lost"]), 4),
            concealed=round(concealed, 4),
        )


class History:
    """The readings of a call, by source, the oldest forgotten after four hours."""

    def __init__(self) -> None:
        self._readings: dict[str, deque[Reading]] = {}
        self._minutes: dict[str, deque[int]] = {}
        self._count = 0

    def add(self, readings: Mapping[str, Reading]) -> None:
        """Every two seconds, what was heard in them."""
        for source, reading in readings.items():
            self._readings.setdefault(source, deque(maxlen=MAX_READINGS)).append(reading)
            self._minutes.setdefault(source, deque(maxlen=MAX_READINGS)).append(self._count // PER_MINUTE)
        self._count += 1

    def summary(self) -> dict[str, dict[str, float]]:
        """Of each source: how many readings, median and worst score, the share that was not good, the median delay."""
        return {source: _summary(readings) for source, readings in self._readings.items()}

    def by_minute(self) -> dict[str, dict[str, float]]:
        """Of each source: its median score in each minute of the call, from 1, in which it was heard."""
        return {source: self._medians(source) for source in self._readings}

    def _medians(self, source: str) -> dict[str, float]:
        scores: dict[int, list[float]] = {}
        for minute, reading in zip(self._minutes[source], self._readings[source], strict=True):
            scores.setdefault(minute, []).append(reading.mos)
        return {str(minute + 1): statistics.median(each) for minute, each in scores.items()}


def _summary(readings: deque[Reading]) -> dict[str, float]:
    scores = [reading.mos for reading in readings]
    return {
        "readings": len(readings),
        "mos_median": statistics.median(scores),
        "mos_worst": min(scores),
        "not_good": round(sum(reading.grade != "good" for reading in readings) / len(readings), 4),
        "delay_ms_median": statistics.median(reading.delay_ms for reading in readings),
    }


def mos(delay_ms: float, concealed: float) -> float:
    """Mean opinion score of a conversation, 1 to 4.5.

    ``delay_ms``: one way, from mouth to ear. ``concealed``: share of the sound, 0 to 1, that neither came nor was recovered.
    """
    rating = BASE_RATING - _delay_impairment(delay_ms) - _loss_impairment(concealed * 100)
    if rating <= 0:
        return 1.0
    # The standard's curve dips below 1 for ratings under 6.5.
    return max(1.0, 1 + 0.035 * rating + rating * (rating - 60) * (100 - rating) * 7e-6)


def grade(score: float) -> Grade:
    """What a person is told of a score."""
    if score < POOR_BELOW:
        return "poor"
    return "fair" if score < FAIR_BELOW else "good"


def _delay_impairment(delay_ms: float) -> float:
    """Idd of G.107: how much a long way hinders taking turns, with no echo left."""
    if delay_ms <= FREE_DELAY_MS:
        return 0.0
    x = math.log2(delay_ms / FREE_DELAY_MS)
    return 25 * (math.pow(1 + x**6, 1 / 6) - 3 * math.pow(1 + (x / 3) ** 6, 1 / 6) + 2)


def _loss_impairment(percent: float) -> float:
    """Ie,eff of G.107 for losses at random."""
    return MAX_IMPAIRMENT * percent / (percent + LOSS_ROBUSTNESS)
