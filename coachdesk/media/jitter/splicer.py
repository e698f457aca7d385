"""The sound just before it is played: decoded, recovered and made-up pieces, joined without a click. Pure."""

from __future__ import annotations

import numpy as np

from coachdesk.media.jitter.comfort import ComfortNoise
from coachdesk.media.jitter.timescale import lengthen, shorten
from coachdesk.media.opus import Decoder
from coachdesk.media.pcm import BLOCK_SAMPLES, RATE, Block, Samples

FULL_CONCEALMENT, LAST_CONCEALMENT = int(0.020 * RATE), int(0.080 * RATE)
"""Concealment is at full level so long, and gone from then on; comfort noise comes in as it fades."""
FADE = 240
"""Samples of every fade in or out, 5 ms."""


class Splicer:
    """Samples in the order in which they will be heard. Between pieces, and when there are none, comfort noise.

    Attributes:
        ready: what is to be played next.
        real: how much of that, from its beginning, lies before the end of the last real sound.
        concealed: samples made up since the last real sound.
        made_up: samples of concealment in all.
    """

    def __init__(self) -> None:
        self._decoder = Decoder()
        self._comfort = ComfortNoise()
        self.made_up = 0
        self.flush()

    def flush(self) -> None:
        """Forgets all sound, the decoder's memory and the background included."""
        self._decoder.reset()
        self._comfort.reset()
        self.concealed = 0
        self._gain = 0.0
        self.drop()

    def drop(self) -> None:
        """Forgets what is to be played next."""
        self.ready: Samples = np.zeros(0, np.float32)
        self.real = 0

    @property
    def exhausted(self) -> bool:
        """Whether concealment has faded out."""
        return self.concealed >= LAST_CONCEALMENT

    def begin(self) -> None:
        """A spurt begins: it may be concealed for as long as any."""
        self.concealed = 0

    def play(self, payload: bytes, skipped: int = 0) -> None:
        """A packet's sound, without its first ``skipped`` samples. Raises OpusError if it is malformed."""
        tail = self._decoder.conceal(FADE) * self._gain if skipped > 0 and self._gain > 0 else None
        sound = self._decoder.decode(payload)[skipped:]
        if tail is not None and len(sound) >= FADE:
            fade = _ramp(1.0, 0.0)
            sound[:FADE] = tail * fade + sound[:FADE] * (1 - fade)
            self._gain = 1.0
        if len(sound):
            self._append(sound)

    def recover(self, next_payload: bytes, samples: int) -> None:
        """The sound of the packet before, from the copy in this one. Raises OpusError."""
        self._append(self._decoder.recover(next_payload, samples))

    def conceal(self, samples: int) -> None:
        """Made-up sound, the fainter the longer there has been no real one."""
        run = np.arange(self.concealed, self.concealed + samples, dtype=np.float32)
        fade: Samples = (LAST_CONCEALMENT - run) / np.float32(LAST_CONCEALMENT - FULL_CONCEALMENT)
        fade = np.clip(fade, np.float32(0), np.float32(min(1.0, self._gain)))
        self._join(self._decoder.conceal(samples), fade)
        self.concealed += samples
        self.made_up += samples

    def end(self) -> None:
        """Fades out what plays."""
        if self._gain > 0:
            self._join(self._decoder.conceal(FADE), _ramp(self._gain, 0.0))
        self._gain = 0.0

    def cut(self, most: int) -> int:
        """Shortens what is next by a pitch period; returns by how many samples, 0 if it can't."""
        return -self._retime(shorten(self.ready, most))

    def stretch(self, least: int) -> int:
        """Lengthens what is next by about a pitch period, ``least`` samples if possible; returns by how many."""
        return self._retime(lengthen(self.ready, least))

    def take(self) -> Block:
        """The next 10 ms."""
        block, self.ready = self.ready[:BLOCK_SAMPLES], self.ready[BLOCK_SAMPLES:]
        self.real = max(0, self.real - BLOCK_SAMPLES)
        if len(block) < BLOCK_SAMPLES:
            block = np.concatenate([block, self._comfort.make(BLOCK_SAMPLES - len(block))])
        return block

    def _retime(self, sound: Samples) -> int:
        change = len(sound) - len(self.ready)
        self.real = max(0, self.real + change) if self.real else 0
        self.ready = sound
        return change

    def _append(self, sound: Samples) -> None:
        """Adds real sound, faded in where it follows silence or concealment."""
        self._comfort.learn(sound)
        if self._gain < 1.0:
            fade = np.ones(len(sound), np.float32)
            length = min(FADE, len(sound))
            fade[:length] = _ramp(self._gain, 1.0, length)
            self._join(sound, fade)
        else:
            self.ready = np.concatenate([self.ready, sound])
        self._gain = 1.0
        self.concealed = 0
        self.real = len(self.ready)

    def _join(self, sound: Samples, fade: Samples) -> None:
        """Adds a sound at its fading level, over as much comfort noise as it leaves room for."""
        noise = self._comfort.make(len(sound)) * np.sqrt(np.maximum(0.0, 1 - fade * fade))
        self.ready = np.concatenate([self.ready, sound * fade + noise])
        self._gain = float(fade[-1])


def _ramp(first: float, last: float, samples: int = FADE) -> Samples:
    return np.linspace(first, last, samples).astype(np.float32)
