"""Making speech a little shorter without changing its pitch: one period is overlapped with the next (WSOLA). Pure."""

from __future__ import annotations

import numpy as np

from coachdesk.media.pcm import Samples

OVERLAP = 480
"""Samples over which one period fades into another, 10 ms."""
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
    fade = np.linspace(1.0, 0.0, OVERLAP, dtype=np.float32)
    joined = samples[:OVERLAP] * fade + samples[cut : cut + OVERLAP] * (1 - fade)
    return np.concatenate([joined, samples[cut + OVERLAP :]])


def _best_match(pattern: Samples, sound: Samples) -> int:
    """The last place in ``sound`` where the pattern fits about as well as it can, by normalized correlation."""
    products = np.correlate(sound, pattern, "valid")
    energy = np.concatenate([[0.0], np.cumsum(np.square(sound, dtype=np.float64))])
    power = energy[len(pattern) :] - energy[: -len(pattern)]
    fits = products / np.sqrt(np.maximum(power, 1e-12) * max(float(np.dot(pattern, pattern)), 1e-12))
    return int(np.flatnonzero(fits >= np.max(fits) - GOOD_ENOUGH)[-1])
