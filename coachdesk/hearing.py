"""Who heard whom, measured: a tone for each party, its level in what the others recorded.

Levels are RMS in dB relative to 1.0, as in ``coachdesk.media.mixer``: a full-scale sine has -3.01 dBFS.
"""

from __future__ import annotations

import functools
import wave
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from coachdesk.media.pcm import RATE, Samples

TONES: dict[str, int] = {
    "customer": 707,
    "agent": 1129,
    "supervisor": 1512,
    "supervisor2": 2172,
    "trainee": 2480,
    "admin": 2722,
}
"""Hz. Whole numbers, so that a file of whole seconds loops without a seam; no harmonic or intermodulation
product up to the fifth order falls within 39 Hz of one of them, and a telephone would carry all of them."""

TONE_DBFS = -32.0
"""Low enough that coding noise stays out of the other tones' bands. Measured over 3.5 s through Opus at 24 kbit/s: after one
tone -84 dBFS or less in every other band (-78 in any quarter of a second), after three steady ones -85 (-79), after
three keyed ones -72 (-65: too much for a forbidden cell, so measure those over a second or more)."""
BANDWIDTH = 24.0
"""Hz around a tone that belong to it."""
FLOOR_DBFS = -140.0

AUDIBLE_DBFS = -50.0
"""A sound that should be heard arrives at least this loud."""
FORBIDDEN_DBFS = -70.0
"""A sound that should not be heard stays below this in any case."""
UNHEARD_MARGIN_DB = 3.0
"""... and no louder than what is in its band anyway while its source is silent, but for this fluctuation."""
NOTHING_DBFS = -85.0
"""Below this there is nothing but rounding and codec noise, and two such levels say nothing about each other."""

_KAISER_BETA = 14.0
"""Sidelobes of the window lie below -105 dB."""
_LOBE_BINS = 4.7
_KEY_RAMP = 0.040
_KEY_DEPTH_DB = -40.0


def tone(frequency: float, seconds: float, dbfs: float = TONE_DBFS, *, keyed: bool = False) -> Samples:
    """A sine of the given RMS level.

    ``keyed``: in bursts of irregular length (about 0.6 s on, 0.4 s off, the pattern depends on the frequency), which
    noise suppression takes for speech rather than for hum, and which two recordings can be aligned by.
    """
    time = np.arange(round(seconds * RATE)) / RATE
    sine = np.sqrt(2) * 10 ** (dbfs / 20) * np.sin(2 * np.pi * frequency * time)
    if keyed:
        sine *= _keying(len(time), seed=round(frequency))
    return np.asarray(sine, np.float32)


def level(samples: Samples, frequency: float, bandwidth: float = BANDWIDTH) -> float:
    """Level within ``bandwidth`` around ``frequency``, in dBFS, over all of ``samples``.

    Half a second or more separates tones 60 Hz apart by over 100 dB. Shorter pieces have a wider band: 10 periods of
    their length, 90 Hz at 0.1 s.
    """
    return float(_levels(samples, [frequency], bandwidth)[0])


def levels_over_time(
    samples: Samples, frequency: float, hop: float = 0.05, window: float = 0.2
) -> NDArray[np.float64]:
    """``level`` of each piece of ``window`` seconds, one every ``hop`` seconds: shape (pieces,)."""
    return band_levels_over_time(samples, [frequency], hop, window)[:, 0]


def band_levels_over_time(
    samples: Samples, frequencies: Sequence[float], hop: float, window: float
) -> NDArray[np.float64]:
    """The same for several bands at once: shape (pieces, frequencies)."""
    size, step = round(window * RATE), round(hop * RATE)
    starts = range(0, len(samples) - size + 1, step)
    pieces = [_levels(samples[at : at + size], frequencies, BANDWIDTH) for at in starts]
    return np.array(pieces, np.float64).reshape(len(pieces), len(frequencies))


def _levels(samples: Samples, frequencies: Sequence[float], bandwidth: float) -> NDArray[np.float64]:
    """``level`` in each band, from one spectrum: shape (frequencies,)."""
    if not len(samples):
        return np.full(len(frequencies), FLOOR_DBFS)
    window = _window(len(samples))
    spectrum = np.fft.rfft(samples * window)
    half = max(bandwidth / 2, _LOBE_BINS * RATE / len(samples))
    bins = np.fft.rfftfreq(len(samples), 1 / RATE)
    scale = 2 / (len(samples) * float(np.sum(window**2)))
    first = np.searchsorted(bins, np.subtract(frequencies, half), "left")
    last = np.searchsorted(bins, np.add(frequencies, half), "right")
    powers = [
        scale * float(np.sum(np.abs(spectrum[low:high]) ** 2)) for low, high in zip(first, last, strict=True)
    ]
    return np.asarray(10 * np.log10(np.maximum(powers, 10 ** (FLOOR_DBFS / 10))), np.float64)


def envelope(samples: Samples, frequency: float, bandwidth: float = 120.0) -> Samples:
    """The course of a tone's RMS level, linear, one value per sample; smoothed to half of ``bandwidth``, no delay."""
    time = np.arange(len(samples)) / RATE
    baseband = samples * np.exp(-2j * np.pi * frequency * time)
    size = round(2 * RATE / bandwidth) | 1
    smoother = np.hanning(size + 2)[1:-1]
    length = len(samples) + size - 1
    spectrum = np.fft.fft(baseband, length) * np.fft.fft(smoother / smoother.sum(), length)
    smooth = np.fft.ifft(spectrum)[size // 2 : size // 2 + len(samples)]
    return np.asarray(np.sqrt(2) * np.abs(smooth), np.float32)


def latency(sent: Samples, received: Samples, most: float = 2.0) -> float | None:
    """By how many seconds ``received`` lags behind ``sent`` (0 to ``most``), both recorded from the same moment on.

    By normalized cross-correlation. None if the two have too little in common to say (below 0.3).
    Works on sounds and on envelopes of keyed tones alike.
    """
    length = len(sent) + len(received)
    a, b = sent - np.mean(sent), received - np.mean(received)
    products = np.fft.irfft(np.fft.rfft(b, length) * np.conj(np.fft.rfft(a, length)), length)
    lags = products[: min(len(received), round(most * RATE) + 1)]
    strength = float(np.linalg.norm(a) * np.linalg.norm(b))
    best = int(np.argmax(lags))
    return best / RATE if strength > 0 and lags[best] / strength >= 0.3 else None


def read_wav(path: Path) -> Samples:
    """A 16-bit WAV file at 48 kHz as mono. Raises ValueError on another form."""
    with wave.open(str(path), "rb") as file:
        if (file.getframerate(), file.getsampwidth()) != (RATE, 2):
            raise ValueError(f"{path.name}: want 16 bit at {RATE} Hz")
        data = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, file.getnchannels())
    return np.asarray(data.mean(axis=1) / 32768, np.float32)


def write_wav(path: Path, samples: Samples) -> None:
    """A 16-bit mono WAV file at 48 kHz."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((np.clip(samples, -1, 1) * 32767).round().astype("<i2").tobytes())


@dataclass(frozen=True, slots=True)
class Cell:
    """How loud ``source`` was at ``sink``.

    Attributes:
        dbfs: level of the source's own tone.
        expected: whether it should be heard.
        silent_dbfs: level in the same band while the source was silent, where that was measured.
    """

    source: str
    sink: str
    dbfs: float
    expected: bool
    silent_dbfs: float | None = None

    @property
    def ok(self) -> bool:
        if self.expected:
            return self.dbfs >= AUDIBLE_DBFS
        return self.dbfs < FORBIDDEN_DBFS and self.dbfs <= self._unheard

    @property
    def leaks(self) -> bool:
        """Heard aloud by who must not: torn sound cannot be taken for it."""
        return not self.expected and self.dbfs >= AUDIBLE_DBFS

    @property
    def _unheard(self) -> float:
        if self.silent_dbfs is None:
            return FORBIDDEN_DBFS
        return max(self.silent_dbfs + UNHEARD_MARGIN_DB, NOTHING_DBFS)

    def __str__(self) -> str:
        verdict = ("heard" if self.expected else "silent") if self.ok else "WRONG"
        return f"{self.dbfs:.0f} {verdict}"


@dataclass(slots=True)
class Matrix:
    """The cells of one situation, such as one mode."""

    title: str
    cells: list[Cell] = field(default_factory=list)

    def add(self, cell: Cell) -> None:
        self.cells.append(cell)

    @property
    def ok(self) -> bool:
        """Whether there are cells and all are right."""
        return bool(self.cells) and all(cell.ok for cell in self.cells)

    def wrong(self) -> list[Cell]:
        return [cell for cell in self.cells if not cell.ok]

    def rows(self) -> list[dict[str, str | float | bool | None]]:
        """For a report in JSON, levels in dBFS."""
        return [
            {
                "source": cell.source,
                "sink": cell.sink,
                "dbfs": round(cell.dbfs, 1),
                "silent_dbfs": None if cell.silent_dbfs is None else round(cell.silent_dbfs, 1),
                "expected": cell.expected,
                "ok": cell.ok,
            }
            for cell in self.cells
        ]

    def table(self) -> str:
        """For people: a row per source, a column per sink, dBFS and whether that is heard."""
        sinks = list(dict.fromkeys(cell.sink for cell in self.cells))
        sources = list(dict.fromkeys(cell.source for cell in self.cells))
        found = {(cell.source, cell.sink): str(cell) for cell in self.cells}
        lines = [[self.title, *(f"at {sink}" for sink in sinks)]]
        lines += [[source, *(found.get((source, sink), "") for sink in sinks)] for source in sources]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        return "\n".join(_padded(line, widths) for line in lines)


@functools.lru_cache(maxsize=8)
def _window(size: int) -> NDArray[np.float64]:
    return np.kaiser(size, _KAISER_BETA)


def _padded(line: Iterable[str], widths: list[int]) -> str:
    return "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip()


def _keying(samples: int, *, seed: int) -> NDArray[np.float64]:
    """A factor per sample: 1 in a burst, -40 dB between two, with smooth flanks. Ends as it begins, off."""
    gate = np.zeros(samples)
    for begin, end in _bursts(samples, np.random.default_rng(seed)):
        gate[begin:end] = 1.0
    ramp = np.hanning(round(_KEY_RAMP * RATE) + 2)[1:-1]
    smooth = np.fft.irfft(
        np.fft.rfft(gate) * np.fft.rfft(np.pad(ramp / ramp.sum(), (0, samples - len(ramp)))), samples
    )
    off = 10 ** (_KEY_DEPTH_DB / 20)
    return off + (1 - off) * np.clip(smooth, 0, 1)


def _bursts(samples: int, generator: np.random.Generator) -> Iterator[tuple[int, int]]:
    at = 0.1
    while True:
        end = at + generator.uniform(0.45, 0.75)
        if (end + 0.1) * RATE > samples:
            return
        yield round(at * RATE), round(end * RATE)
        at = end + generator.uniform(0.3, 0.5)
