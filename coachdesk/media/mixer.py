"""Who is mixed into what: the uplink takes public sound only, the headset takes both. Pure."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from coachdesk.media.pcm import SILENCE, Block, Samples, Stereo

__all__ = ["Block", "Headset", "Meter", "Private", "Public", "dbfs", "uplink"]

FLOOR_DBFS = -120.0
RAMP_BLOCKS = 3
"""A gain takes 30 ms from one value to the next: fast enough for a key, slow enough not to click."""
DUCK_DB = -12.0
"""How far the customer is turned down under a private sound, until the agent chooses otherwise."""
DUCK_HOLD_BLOCKS = 40
"""Ducking outlasts a private sound by 400 ms, so that it does not flutter between words."""
DUCK_ABOVE_DBFS = -55.0
METER_BLOCKS = 10
CUSTOMER, AGENT, COACHES = "customer", "agent", "coaches"
"""Names of sources; any other is a coach's party id, and ``coaches`` is the volume of those without one of their own."""
Side = Literal["left", "center", "right"]
_KNEE = 0.8


@dataclass(frozen=True, slots=True)
class Public:
    """10 ms that everybody on the call may hear."""

    block: Block


@dataclass(frozen=True, slots=True)
class Private:
    """10 ms for the headset alone; it has no way into ``uplink``."""

    block: Block


def uplink(sources: Iterable[Public]) -> Block:
    """What the customer hears: the sum of public sounds, limited. Raises TypeError on anything else."""
    mix = SILENCE.copy()
    for source in sources:
        if type(source) is not Public:
            raise TypeError(f"only Public sound may go to the customer, not {type(source).__name__}")
        mix += source.block
    return limit(mix)


def dbfs(block: Samples) -> float:
    """RMS level in dB relative to 1.0, at least -120. A full-scale sine has -3.01."""
    power = float(np.dot(block, block)) / max(1, len(block))
    return max(FLOOR_DBFS, 10 * math.log10(power)) if power > 0 else FLOOR_DBFS


def limit(block: Block) -> Block:
    """Bends what exceeds 0.8 smoothly so that nothing exceeds 1.0; softer sound passes untouched."""
    magnitude = np.abs(block)
    if float(magnitude.max()) <= _KNEE:
        return block
    bent = _KNEE + (1 - _KNEE) * np.tanh((magnitude - _KNEE) / (1 - _KNEE))
    return np.where(magnitude > _KNEE, np.copysign(bent, block), block).astype(np.float32)


class Gain:
    """A factor that moves to its target in a straight line over 30 ms."""

    def __init__(self, db: float = 0.0) -> None:
        self._value = self._target = _factor(db)
        self._step = 0.0

    def to(self, db: float) -> None:
        target = _factor(db)
        if target != self._target:
            self._target = target
            self._step = abs(target - self._value) / RAMP_BLOCKS

    def apply(self, block: Block) -> Block:
        """The block with the gain, which moves on by one block."""
        start = self._value
        if start == self._target:
            return block if start == 1.0 else block * np.float32(start)
        distance = self._target - start
        done = abs(distance) <= self._step * 1.001
        self._value = self._target if done else start + math.copysign(self._step, distance)
        return block * np.linspace(start, self._value, len(block), dtype=np.float32)


class Meter:
    """RMS level over the last 100 ms."""

    def __init__(self) -> None:
        self._powers: deque[float] = deque(maxlen=METER_BLOCKS)

    def push(self, block: Block) -> None:
        self._powers.append(float(np.dot(block, block)) / len(block))

    @property
    def dbfs(self) -> float:
        """Level in dBFS as in ``dbfs``."""
        power = sum(self._powers) / METER_BLOCKS
        return max(FLOOR_DBFS, 10 * math.log10(power)) if power > 0 else FLOOR_DBFS


class Headset:
    """What one person hears: each source with its own volume, the customer ducked under private sound.

    Attributes:
        duck_db: how far the customer is turned down while a private sound lasts, 0 or less.
        whisper_side: ``left`` or ``right`` gives private sound that ear and the customer the other.
    """

    def __init__(self, duck_db: float = DUCK_DB) -> None:
        self.duck_db = duck_db
        self.whisper_side: Side = "center"
        self._wanted: dict[str, float] = {}
        self._gains: dict[str, Gain] = {}
        self._meters: dict[str, Meter] = {}
        self._duck = Gain()
        self._duck_blocks = 0

    def set_gain(self, source: str, db: float) -> None:
        """How loud ``source`` (or ``coaches``, all of them) plays from now on, in dB; 0 is as it comes."""
        self._wanted[source] = db

    def factor(self, source: str) -> float:
        """By how much ``source`` is made louder or softer, once a change of it is complete."""
        return _factor(self._volume(source))

    def mix(self, public: Mapping[str, Public], private: Mapping[str, Private]) -> Block | Stereo:
        """The next 10 ms, limited; stereo when an ear was chosen. A source may be in both maps: it has one volume and one
        meter.
        """
        self._listen_for_private(private.values())
        customer, others, whispers = SILENCE.copy(), SILENCE.copy(), SILENCE.copy()
        for name, sound in public.items():
            block = self._gain(name).apply(sound.block)
            if name == CUSTOMER:
                customer += self._duck.apply(block)
            else:
                others += block
        for name, whisper in private.items():
            whispers += self._gain(name + "/private", name).apply(whisper.block)
        self._measure(public, private)
        if self.whisper_side == "center":
            return limit(customer + others + whispers)
        sides = limit(whispers + others), limit(customer + others)
        return np.stack(sides if self.whisper_side == "left" else sides[::-1], axis=1)

    def levels(self) -> dict[str, float]:
        """RMS over the last 100 ms of each source as it comes in, in dBFS, before volume and ducking."""
        return {name: meter.dbfs for name, meter in self._meters.items()}

    def _listen_for_private(self, sounds: Iterable[Private]) -> None:
        if any(dbfs(sound.block) > DUCK_ABOVE_DBFS for sound in sounds):
            self._duck_blocks = DUCK_HOLD_BLOCKS
        else:
            self._duck_blocks = max(0, self._duck_blocks - 1)
        self._duck.to(self.duck_db if self._duck_blocks else 0.0)

    def _gain(self, key: str, source: str | None = None) -> Gain:
        db = self._volume(source or key)
        gain = self._gains.setdefault(key, Gain(db))
        gain.to(db)
        return gain

    def _volume(self, source: str) -> float:
        together = COACHES if source not in (CUSTOMER, AGENT) else source
        return self._wanted.get(source, self._wanted.get(together, 0.0))

    def _measure(self, public: Mapping[str, Public], private: Mapping[str, Private]) -> None:
        present = public.keys() | private.keys()
        self._meters = {name: self._meters.get(name) or Meter() for name in present}
        self._gains = {
            key: gain for key, gain in self._gains.items() if key.removesuffix("/private") in present
        }
        for name, meter in self._meters.items():
            parts = [sound.block for sound in (public.get(name), private.get(name)) if sound is not None]
            meter.push(parts[0] if len(parts) == 1 else parts[0] + parts[1])


def _factor(db: float) -> float:
    return float(10 ** (db / 20))
