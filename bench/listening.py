"""What an ear got of what a mouth said: delay over time, quality against the original, gaps, time to recover. Pure.

Timelines are float64 samples at 16 kHz, both from the same moment on (see ``tape.py``).
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.tape import RATE

Line = NDArray[np.float64]

WINDOW_SECONDS, HOP_SECONDS = 0.4, 0.1
MOST_SECONDS = 1.6
"""No delay is looked for beyond this."""
ALIKE = 0.6
"""Normalized correlation from which a stretch of sound counts as recognized."""
SPEECH_DBFS = -45.0
PIECE_SECONDS = 5.5
"""One sentence of the speech: what a quality is given to."""
FRAME_SECONDS = 0.010
GAP_DB, GAP_FRAMES, FRAMES_AROUND, DELAYS_AROUND = 25.0, 3, 3, 2
"""A gap is heard where speech is so much fainter than it was said, for 30 ms or more."""
RECOVERED_MS = 20.0
"""A delay is back when it stays below this more than it was."""


class MissingError(Exception):
    """A package that the figures need is not installed; the message says how to get it."""


def require() -> None:
    """Raises MissingError unless PESQ, STOI and the plots can be computed."""
    missing = [name for name in ("pesq", "pystoi", "matplotlib") if importlib.util.find_spec(name) is None]
    if missing:
        raise MissingError(
            f"not installed: {', '.join(missing)}. Install what the benchmark needs: pip install -e '.[bench]' "
            "(pesq is built from source: Debian: apt install gcc python3-dev)"
        )


@dataclass(frozen=True)
class Delays:
    """``ms[i]`` is the delay of what was heard around ``seconds[i]`` of the timeline."""

    seconds: Line
    ms: Line


@dataclass(frozen=True)
class Piece:
    """One sentence: PESQ-WB (ITU-T P.862.2, 1 to 4.64) and STOI (0 to 1)."""

    seconds: float
    pesq: float
    stoi: float


def delays(said: Line, heard: Line) -> Delays:
    """Of every stretch of what was heard that can be recognized in what was said, by cross-correlation."""
    size, hop, most = (round(each * RATE) for each in (WINDOW_SECONDS, HOP_SECONDS, MOST_SECONDS))
    padded = np.concatenate([np.zeros(most), said])  # index most + i of it is index i of said
    found = []
    for at in range(0, len(heard) - size + 1, hop):
        lag = _lag(padded[at : at + most + size], heard[at : at + size])
        if lag is not None:
            found.append(((at + size / 2) / RATE, (most - lag) / RATE * 1000))
    columns = np.array(found).reshape(-1, 2).T
    return Delays(columns[0], columns[1])


def _lag(said: Line, heard: Line) -> int | None:
    """Where in ``said`` the shorter ``heard`` begins."""
    if level(heard) < SPEECH_DBFS:
        return None
    length = 1 << (len(said) - 1).bit_length()  # long enough: what wraps around is not looked at
    spectrum = np.fft.rfft(said, length) * np.conj(np.fft.rfft(heard, length))
    products = np.fft.irfft(spectrum, length)[: len(said) - len(heard) + 1]
    powers = np.cumsum(np.concatenate([[0.0], said**2]))
    energy = powers[len(heard) :] - powers[: -len(heard)]
    loud = energy > len(heard) * 10 ** ((SPEECH_DBFS - 6) / 10)
    alike = np.where(loud, products / np.sqrt(np.maximum(energy, 1e-9) * np.sum(heard**2)), 0.0)
    best = int(np.argmax(alike))
    return best if alike[best] >= ALIKE else None


def level(samples: Line) -> float:
    """dBFS."""
    return float(10 * np.log10(np.mean(samples**2) + 1e-14))


def pieces(original: Line, said: Line, heard: Line, delay: Delays) -> list[Piece]:
    """The quality of every sentence that was said as a whole, against the ``original`` (one round of the speech)."""
    from pesq import PesqError, pesq
    from pystoi import stoi

    size = round(PIECE_SECONDS * RATE)
    shift = _shift(original, said)
    found = []
    for at in range(-shift % size, len(said) - size + 1, size):
        lag = round(_delay_around(delay, (at + size / 2) / RATE) / 1000 * RATE)
        got = heard[at + lag : at + lag + size]
        sentence = np.roll(original, -(shift + at))[:size]
        if at + lag >= 0 and len(got) == size:
            quality = pesq(RATE, sentence, got, "wb", on_error=PesqError.RETURN_VALUES)
            found.append(Piece(at / RATE, max(1.0, float(quality)), float(stoi(sentence, got, RATE))))
    return found


def _shift(original: Line, said: Line) -> int:
    """The index into the original, said round and round, that ``said`` begins with."""
    piece = said[: len(original)]
    spectrum = np.fft.rfft(original) * np.conj(np.fft.rfft(piece, len(original)))
    return int(np.argmax(np.fft.irfft(spectrum, len(original))))


def _delay_around(delay: Delays, seconds: float) -> float:
    """The usual delay of a sentence, ms; that of all where it was not recognized."""
    near = delay.ms[np.abs(delay.seconds - seconds) < PIECE_SECONDS / 2 + 0.5]
    values = near if len(near) else delay.ms
    return float(np.median(values)) if len(values) else 0.0


def gaps_ms(said: Line, heard: Line, delay: Delays) -> list[float]:
    """Lengths of the gaps: there was speech all around, and silence is heard in its place."""
    if not len(delay.ms):
        return []
    size = round(FRAME_SECONDS * RATE)
    got = _levels(heard, size)
    usual = np.median(_neighbours(delay.ms, DELAYS_AROUND), axis=1)
    behind = np.interp(np.arange(len(got)) * FRAME_SECONDS, delay.seconds, usual)
    spoken = np.arange(len(got)) - np.round(behind / 1000 / FRAME_SECONDS).astype(int)
    # The delay is known to 50 ms or so where it moves: speech only counts if there is some before and after it as well.
    around = np.min(_neighbours(_levels(said, size), FRAMES_AROUND), axis=1)
    known = (spoken >= 0) & (spoken < len(around))
    loud = np.where(known, around[np.clip(spoken, 0, len(around) - 1)], -np.inf)
    silent = (loud > SPEECH_DBFS) & (got < loud - GAP_DB)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], silent, [0]]).astype(int)))
    lengths = edges[1::2] - edges[::2]
    return [float(each) * FRAME_SECONDS * 1000 for each in lengths if each >= GAP_FRAMES]


def _levels(samples: Line, size: int) -> Line:
    whole = samples[: len(samples) // size * size].reshape(-1, size)
    return np.asarray(10 * np.log10(np.mean(whole**2, axis=1) + 1e-14))


def _neighbours(values: Line, around: int) -> Line:
    """Of each value: itself and those before and after it, shape (n, 2 * around + 1)."""
    return np.lib.stride_tricks.sliding_window_view(np.pad(values, around, mode="edge"), 2 * around + 1)


def recovery_seconds(delay: Delays, began: float, ended: float) -> float | None:
    """From the end of an outage until the delay is what it was before, for good; None if it never was."""
    before = delay.ms[delay.seconds < began]
    after = delay.seconds >= ended
    if not len(before) or not np.any(after):
        return None
    seconds, ms = delay.seconds[after], delay.ms[after]
    wrong = np.flatnonzero(ms - np.median(before) > RECOVERED_MS)
    back = 0 if not len(wrong) else int(wrong[-1]) + 1
    return float(seconds[back] - ended) if back < len(seconds) else None
