"""How much of a private sound comes back through the microphone: its delay and level, measured while both talk. Pure.

The measure is the generalized cross-correlation of the private sound with the mic, both whitened by the mic's own short
spectrum (Knapp and Carter, 1976): where and when the agent talks weighs little, their pauses weigh much. Each lag's
correlation is scaled to its own expected deviation, so that it reads in standard deviations of chance, and no frame
counts for more than three of them: two clicks that coincide are no leak.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from coachdesk.media.pcm import RATE, Block, Samples

DECIMATION = 6
METER_RATE = RATE // DECIMATION
"""8 kHz: telephone speech is enough to know a voice again."""
BAND_HZ = (150.0, 3400.0)
LONGEST_LAG = 0.3
"""Seconds from the hub's mix to the mic's block: speaker, air and mic, Bluetooth included. With 0.5 s there is more to be
mistaken in: chance reached 6.0 standard deviations in 20 minutes of double talk, where it reached 5.6 with 0.3 s.
"""
FRAME, HOP = 1024, 512
"""Samples at 8 kHz: 128 ms, a new one every 64 ms."""
MEMORY_SECONDS = 0.7
"""Time constant, counted in time in which the private sound is heard."""
HEARD_DBFS = -60.0
"""A private sound softer than this measures nothing."""
SURE = 6.5
"""Standard deviations above which it is a leak. Chance stayed below 5.7 in hours of double talk (bench/echo.py)."""
NO_LEAK_DB = -120.0

_LAGS = int(LONGEST_LAG * METER_RATE)
_FFT = 4096
_FRAME_SIGMAS = 3.0
_EVENNESS = 0.75
"""0: frames weigh by how still the mic is; 1: all the same. Between, pauses of the agent count, and a loud leak that
follows a still moment is found as fast as a soft one."""
_SMOOTHED_BINS = 21
"""40 Hz: between a voice's harmonics the mic is still, and there a leak shows."""
_FLOOR_POWER = 1e-10
_TAIL = slice(-80, 400)
"""Lags around the strongest, in samples, whose energy is part of the leak: the room's first 50 ms."""
_TAIL_SIGMAS = 2.5
_TAPS = 96 * 2 + 1
_IDLE_BLOCKS, _FORGET_BLOCKS = 50, 300
"""Half a second without a private sound ends a phrase; three, and the last reading says nothing any more."""

Spectrum = NDArray[np.complex128]
Row = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Leak:
    """``db``: relative to the private sound; ``dbfs``: at the customer; ``lag``: seconds; ``sigmas``: how sure."""

    db: float = NO_LEAK_DB
    dbfs: float = NO_LEAK_DB
    lag: float = 0.0
    sigmas: float = 0.0

    @property
    def sure(self) -> bool:
        return self.sigmas >= SURE


class LeakMeter:
    """Fed the private mix and the mic's block of every tick; a new reading every 64 ms while something private sounds, and
    one of nothing some seconds later.
    """

    def __init__(self) -> None:
        self._private, self._mic = _Decimator(), _Decimator()
        self._x = np.zeros(FRAME + _LAGS)
        self._y = np.zeros(FRAME)
        self._idle = _FORGET_BLOCKS
        self.reset()

    def reset(self) -> None:
        """Forgets what was measured."""
        self._begin()
        self.leak = Leak()

    def _begin(self) -> None:
        """Each phrase is measured anew: what was clean before must not speak for what leaks now."""
        self._due = 0
        self._evidence, self._variance = np.zeros(_LAGS), np.full(_LAGS, 1e-9)
        self._product, self._power = np.zeros(_LAGS), np.full(_LAGS, 1e-9)
        self._private_power = self._heard = 0.0

    def push(self, private: Block, mic: Block) -> bool:
        """10 ms of both; whether there is a new reading in ``leak``."""
        self._idle = 0 if private.any() else self._idle + 1
        if self._idle == _IDLE_BLOCKS:
            self._begin()
        if self._idle == _FORGET_BLOCKS:
            self.leak = Leak()
            return True
        if self._idle >= _IDLE_BLOCKS:
            return False
        _slide(self._x, self._private.push(private))
        _slide(self._y, self._mic.push(mic))
        self._due += len(private) // DECIMATION
        if self._due < HOP:
            return False
        self._due -= HOP
        power = float(np.mean(self._x[_LAGS:] ** 2))
        if 10 * math.log10(power + 1e-12) < HEARD_DBFS:
            return False
        self._measure(power)
        return True

    def _measure(self, power: float) -> None:
        product, deviation = correlate(self._x, self._y)
        keep = math.exp(-HOP / METER_RATE / MEMORY_SECONDS)
        weight = float(np.mean(deviation**2)) ** (-_EVENNESS / 2)
        limit = _FRAME_SIGMAS * deviation
        self._evidence = keep * self._evidence + weight * np.clip(product, -limit, limit)
        self._variance = keep**2 * self._variance + (weight * deviation) ** 2
        self._product = keep * self._product + product
        self._power = keep * self._power + deviation**2
        self._private_power = keep * self._private_power + power
        self._heard = keep * self._heard + 1.0
        self.leak = self._reading()

    def _reading(self) -> Leak:
        sigmas = np.abs(self._evidence) / np.sqrt(self._variance)
        lag = int(np.argmax(sigmas))
        gains = self._product / (self._power * _WINDOW.sum())
        room = slice(max(0, lag + _TAIL.start), lag + _TAIL.stop)
        energy = float(np.sum(gains[room] ** 2 * (sigmas[room] > _TAIL_SIGMAS)))
        db = 10 * math.log10(energy + 1e-12)
        dbfs = max(NO_LEAK_DB, db + 10 * math.log10(self._private_power / self._heard + 1e-12))
        return Leak(db=db, dbfs=dbfs, lag=lag / METER_RATE, sigmas=float(sigmas[lag]))


def correlate(x: Row, y: Row) -> tuple[Row, Row]:
    """Of every lag: the product of the whitened sounds, and its standard deviation if they have nothing in common.

    ``y`` (shape (FRAME,)) and the end of ``x`` (shape (FRAME + lags,)) are of the same time; ``x`` reaches back by all lags.
    """
    mic = np.fft.rfft(y * _WINDOW, _FFT)
    whitening = _whitening(mic)
    private: Spectrum = np.fft.rfft(x, _FFT) * whitening
    product = np.fft.irfft(np.conj(private) * (mic * whitening), _FFT)[_LAG_INDEX]
    flat = np.fft.irfft(private, _FFT)
    variance = np.fft.irfft(np.conj(np.fft.rfft(flat**2)) * _WINDOW_POWER, _FFT)[_LAG_INDEX]
    return product, np.sqrt(np.maximum(variance, 0.0) + 1e-9)


def _whitening(mic: Spectrum) -> Row:
    power = np.convolve(np.abs(mic) ** 2, _SMOOTHING, "same") + _FLOOR_POWER * _WINDOW_ENERGY
    return np.asarray(_IN_BAND / np.sqrt(power))


class _Decimator:
    """48 kHz blocks to 8 kHz: a windowed-sinc low-pass at 3.6 kHz, every sixth sample."""

    def __init__(self) -> None:
        self._past = np.zeros(_TAPS - 1, np.float32)

    def push(self, block: Samples) -> Row:
        joined = np.concatenate((self._past, block))
        self._past = joined[len(block) :]
        windows = np.lib.stride_tricks.sliding_window_view(joined, _TAPS)[::DECIMATION]
        return np.asarray(windows @ _LOW_PASS, np.float64)


def _slide(ring: Row, new: Row) -> None:
    ring[: -len(new)] = ring[len(new) :]
    ring[-len(new) :] = new


def _low_pass(cutoff: float = 3600.0) -> Samples:
    time = np.arange(_TAPS) - _TAPS // 2
    taps = np.sinc(2 * cutoff / RATE * time) * np.hanning(_TAPS + 2)[1:-1]
    return np.asarray(taps / taps.sum(), np.float32)


_LOW_PASS = _low_pass()
_WINDOW = np.hanning(FRAME + 1)[:FRAME]
_WINDOW_ENERGY = float(np.sum(_WINDOW**2))
_WINDOW_POWER = np.fft.rfft(_WINDOW**2 / _WINDOW_ENERGY, _FFT)
_SMOOTHING = np.hanning(_SMOOTHED_BINS + 2)[1:-1] / np.hanning(_SMOOTHED_BINS + 2).sum()
_FREQUENCIES = np.fft.rfftfreq(_FFT, 1 / METER_RATE)
_IN_BAND = np.where(abs(_FREQUENCIES - sum(BAND_HZ) / 2) < (BAND_HZ[1] - BAND_HZ[0]) / 2, 1.0, 0.0)
_LAG_INDEX = (np.arange(_LAGS) - _LAGS) % _FFT
