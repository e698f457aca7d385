"""Sounds with a place in time: what a party said and what a party heard, on one clock."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from coachdesk.hearing import band_levels_over_time, envelope, latency, levels_over_time
from coachdesk.media.pcm import RATE, Samples

HOP_SECONDS, WINDOW_SECONDS = 0.25, 1.0
SEARCHED_SECONDS = 1.0
"""No latency is looked for beyond this."""
BESIDE_HZ = (-105.0, -90.0, -75.0, -60.0, -45.0, 45.0, 60.0, 75.0, 90.0, 105.0)
"""Far enough from a tone to have nothing of it, and no other party's tone is so near. Close together: what is torn in two
places has a spectrum like a comb, and its crests are to be found."""


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
    bands = [tone + beside for beside in BESIDE_HZ]
    return float(np.max(band_levels_over_time(heard.cut(begin, end), bands, HOP_SECONDS, WINDOW_SECONDS)))


def one_way_ms(said: Recording, heard: Recording, tone: float, begin: float, end: float) -> float | None:
    """By how many milliseconds a keyed tone came later than it was said; None if that cannot be told."""
    lag = latency(
        envelope(said.cut(begin, end), tone), envelope(heard.cut(begin, end), tone), SEARCHED_SECONDS
    )
    return None if lag is None else lag * 1000
