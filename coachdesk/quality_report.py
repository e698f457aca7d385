"""What an endpoint tells the server of how its call sounds: roles and means, no names. Pure."""

from __future__ import annotations

import statistics
from collections.abc import Mapping

from coachdesk.events import Reading
from coachdesk.media.briefing import AT_CUSTOMER
from signaling.quality import MAX_DELAY_MS, Score, Sound

MEASUREMENTS = 5
"""In one report: ten seconds, at one in two seconds."""


class QualityReport:
    """Gathers what is measured until there is enough for a report."""

    def __init__(self) -> None:
        self._measured = 0
        self._readings: dict[Sound, list[Reading]] = {}

    def add(self, readings: Mapping[str, Reading]) -> dict[Sound, Score]:
        """Takes up one measurement, by source of sound; every fifth time returns the scores since the last report.

        Nothing is returned, and gathering goes on, while nothing was heard.
        """
        for source, reading in readings.items():
            if source != AT_CUSTOMER:  # which the agent's endpoint reports
                self._readings.setdefault(_sound(source), []).append(reading)
        self._measured += 1
        if self._measured < MEASUREMENTS or not self._readings:
            return {}
        scores = {sound: _score(since) for sound, since in self._readings.items()}
        self._measured, self._readings = 0, {}
        return scores


def _sound(source: str) -> Sound:
    """A coach's sound goes by their party id."""
    return Sound(source) if source in set(Sound) else Sound.COACH


def _score(readings: list[Reading]) -> Score:
    """The means. At most ``MAX_COACHES`` readings a measurement, so the count is within the protocol's bound."""
    return Score(
        readings=len(readings),
        mos=round(statistics.fmean(reading.mos for reading in readings), 2),
        mos_worst=min(reading.mos for reading in readings),
        delay_ms=min(MAX_DELAY_MS, round(statistics.fmean(reading.delay_ms for reading in readings), 1)),
        loss=round(statistics.fmean(reading.loss for reading in readings), 4),
        concealed=round(statistics.fmean(reading.concealed for reading in readings), 4),
    )
