"""Sounds with a place in time: what a party said and what a party heard, on one clock."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from coachdesk.hearing import envelope, latency, levels_over_time
from coachdesk.media.pcm import RATE, Samples

HOP_SECONDS, WINDOW_SECONDS = 0.25, 1.0
SEARCHED_SECONDS = 1.0
"""No latency is looked for beyond this."""
BESIDE_HZ = (-90.0, 90.0)
"""No other party's tone is so near."""


@dataclass(frozen=True, slots=True)
class Recording:
    """Samples at 48 kHz, the first at ``started`` (monotonic clock, seconds). ``looped``: said round and round."""

    samples: Samples
    started: float
    looped: bool = False

    def cut(self, begin: float, end: float) -> Samples:
        """What was said or heard from ``begin`` to ``end``; silence where there is no recording."""
        indices = np.arange(round((begin - self.started) * RATE), round((end - self.started) * RATE))
        if self.looped:
            return self.samples[indices % len(self.samples)]
        inside = (indices >= 0) & (indices < len(self.samples))
        piece = np.zeros(len(indices), np.float32)
        piece[inside] = self.samples[indices[inside]]
        return piece


def heard_level(heard: Recording, tone: float, begin: float, end: float) -> float:
    """Level of a tone in the loudest second of what was heard in that time, dBFS."""
    return float(np.max(levels_over_time(heard.cut(begin, end), tone, HOP_SECONDS, WINDOW_SECONDS)))


def floor(heard: Recording, tone: float, begin: float, end: float) -> float:
    """Level just beside a tone's band, where nobody speaks, dBFS: what is in the band without the tone.

    A stalled machine tears sounds apart, and what is torn has some of everything in its spectrum.
    """
    return max(heard_level(heard, tone + beside, begin, end) for beside in BESIDE_HZ)


def one_way_ms(said: Recording, heard: Recording, tone: float, begin: float, end: float) -> float | None:
    """By how many milliseconds a keyed tone came later than it was said; None if that cannot be told."""
    lag = latency(
        envelope(said.cut(begin, end), tone), envelope(heard.cut(begin, end), tone), SEARCHED_SECONDS
    )
    return None if lag is None else lag * 1000
