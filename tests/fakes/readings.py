"""Readings of how good a sound is, as a playout buffer would make them."""

from __future__ import annotations

from coachdesk.events import Reading


def reading(delay_ms: float = 60.0, *, mos: float = 4.3) -> Reading:
    return Reading(
        mos=mos, grade="good", delay_ms=delay_ms, playout_ms=20.0, jitter_ms=1.0, loss=0.01, concealed=0.02
    )
