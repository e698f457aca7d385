"""A microphone that says numbers, and what push-to-talk makes of it."""

from __future__ import annotations

import numpy as np

from coachdesk.media.pcm import BLOCK_SAMPLES, SILENCE, Block, Samples
from coachdesk.media.whisper.preroll import PushToTalk
from signaling.policy import Mode


def cut_bluntly(samples: Samples, most: int) -> Samples:
    """In place of ``shorten``: cuts without a fade, so that every sample stays the one it was."""
    cut = min(720, most, len(samples) - BLOCK_SAMPLES)
    return samples if cut < 120 else np.concatenate([samples[:240], samples[240 + cut :]])


def numbered(at: int) -> Block:
    """The 10 ms spoken at ``at``: every sample has its own number, above 0."""
    return np.arange(1 + at * BLOCK_SAMPLES, 1 + (at + 1) * BLOCK_SAMPLES, dtype=np.float32)


class Desk:
    """A mic that says numbers and hands them over ``late`` blocks late; ``sent`` holds what went out, in order.

    Attributes:
        hushed: nobody speaks. muted: the mic hands over silence.
    """

    def __init__(self, late: int = 0) -> None:
        self.mouth = PushToTalk()
        self.late = late
        self.now = 0
        self.customer_speaks = False
        self.speaks = True
        self.muted = False
        self.hushed = False
        self._loud: list[bool] = []
        self.sent: list[tuple[Mode, Samples]] = []

    def tick(self, times: int = 1) -> int:
        """How many of the blocks something went out in."""
        before = len(self.sent)
        for _ in range(times):
            spoken = self.now - self.late
            self._loud.append(not self.hushed)
            mic = numbered(spoken) if self.is_loud(spoken) and not self.muted else SILENCE
            said = self.mouth.push(mic, customer_speaks=self.customer_speaks, speaks=self.speaks)
            if said is not None:
                self.sent.append((said[0], said[1][said[1] > 0]))
            self.now += 1
        return len(self.sent) - before

    def is_loud(self, spoken: int) -> bool:
        """Whether anything was said in those 10 ms."""
        return spoken >= 0 and self._loud[spoken]

    def heard(self, mode: Mode) -> set[int]:
        """When it was spoken what went to ``mode``: numbers of ticks."""
        samples = [samples for each, samples in self.sent if each is mode]
        return set(((np.concatenate(samples) - 1) // BLOCK_SAMPLES).astype(int)) if samples else set()


def is_whole(heard: set[int], first: int, last: int) -> bool:
    """Whether all from ``first`` to ``last`` was heard, but for the pitch periods cut out on the way."""
    times = sorted(heard)
    return times[0] == first and times[-1] == last and bool(np.all(np.diff(times) <= 3))
