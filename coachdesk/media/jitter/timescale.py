"""Making speech a little shorter or longer without changing its pitch: whole periods go or come twice (WSOLA). Pure."""

from __future__ import annotations

import numpy as np

from coachdesk.media.pcm import Samples

OVERLAP = 480
"""Samples over which one period fades into another, 10 ms."""
SHORTEST_OVERLAP = 240
MIN_CUT, MAX_CUT = 120, 720
"""2.5 to 15 ms: the pitch periods of speech."""
GOOD_ENOUGH = 0.05
"""Loss of correlation, of 1.0, that is worth a longer cut: fewer cuts are needed then."""


def shorten(samples: Samples, most: int) -> Samples:
    """``samples`` with 120 to 720 of them cut out near the beginning, never more than ``most``.

    The cut joins the two places that look most alike. Comes back as it was when that is not possible: ``most`` is below
    120, or there are fewer than 600 samples.
    """
    longest = min(MAX_CUT, most, len(samples) - OVERLAP)
    if longest < MIN_CUT:
        return samples
    cut = MIN_CUT + _best_match(samples[:OVERLAP], samples[MIN_CUT : longest + OVERLAP])
    joined = _faded(samples[:OVERLAP], samples[cut : cut + OVERLAP])
    return np.concatenate([joined, samples[cut + OVERLAP :]])


def lengthen(samples: Samples, least: int) -> Samples:
    """``samples`` with 120 to 720 more near the beginning, at least ``least`` if possible: a piece of it comes twice.

    Comes back as it was if there are fewer than 360 samples.
    """
    overlap = min(OVERLAP, max(SHORTEST_OVERLAP, len(samples) // 2))
    longest = min(MAX_CUT, len(samples) - overlap)
    shortest = max(MIN_CUT, min(least, longest))
    if longest < shortest:
        return samples
    period = shortest + _best_match(samples[:overlap], samples[shortest : longest + overlap])
    joined = _faded(samples[period : period + overlap], samples[:overlap])
    return np.concatenate([samples[:period], joined, samples[overlap:]])


def _faded(first: Samples, second: Samples) -> Samples:
    fade = np.linspace(1.0, 0.0, len(first), dtype=np.float32)
    return first * fade + second * (1 - fade)


def _best_match(pattern: Samples, sound: Samples) -> int:
    """The last place in ``sound`` where the pattern fits about as well as it can, by normalized correlation."""
    products = np.correlate(sound, pattern, "valid")
    energy = np.concatenate([[0.0], np.cumsum(np.square(sound, dtype=np.float64))])
    power = energy[len(pattern) :] - energy[: -len(pattern)]
    fits = products / np.sqrt(np.maximum(power, 1e-12) * max(float(np.dot(pattern, pattern)), 1e-12))
    return int(np.flatnonzero(fits >= np.max(fits) - GOOD_ENOUGH)[-1])
