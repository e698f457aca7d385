"""How a call sounded, minute by minute, as one endpoint measured it: what a report of the call shows. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby

from coachdesk.events import Grade, Reading
from coachdesk.media.quality import grade

MOST_MINUTES = 24 * 60


@dataclass
class Minute:
    """``minute``: of the call, from 0. Means of so many ``readings``: see ``events.Reading``."""

    minute: int
    readings: int = 0
    mos: float = 0.0
    delay_ms: float = 0.0
    loss: float = 0.0
    concealed: float = 0.0

    def add(self, reading: Reading) -> None:
        self.readings += 1
        for name in ("mos", "delay_ms", "loss", "concealed"):
            mean = getattr(self, name)
            setattr(self, name, mean + (getattr(reading, name) - mean) / self.readings)

    @property
    def grade(self) -> Grade:
        return grade(self.mos)


@dataclass(frozen=True)
class Spell:
    """Minutes of the same grade, one after the other: the first, the last, and the worst of them."""

    grade: Grade
    first: int
    last: int
    worst: Minute


class SoundCourse:
    """The minutes of a call by source of sound, those of the first day."""

    def __init__(self) -> None:
        self._minutes: dict[str, dict[int, Minute]] = {}

    def add(self, readings: Mapping[str, Reading], minute: int) -> None:
        """What was heard just now, by source as in the ``quality`` event."""
        for source, reading in readings.items():
            minutes = self._minutes.setdefault(source, {})
            if minute in minutes or len(minutes) < MOST_MINUTES:
                minutes.setdefault(minute, Minute(minute)).add(reading)

    def of(self, source: str) -> list[Minute]:
        """Those in which it was heard, in order."""
        minutes = self._minutes.get(source, {})
        return [minutes[minute] for minute in sorted(minutes)]


def spells(minutes: list[Minute]) -> list[Spell]:
    """Those that were not good, in order."""
    return [spell for spell in _spells(minutes) if spell.grade != "good"]


def _spells(minutes: list[Minute]) -> Iterator[Spell]:
    places = enumerate(minutes)
    for (word, _), run in groupby(places, key=lambda each: (each[1].grade, each[1].minute - each[0])):
        found = [minute for _, minute in run]
        worst = min(found, key=lambda minute: minute.mos)
        yield Spell(word, found[0].minute, found[-1].minute, worst)
