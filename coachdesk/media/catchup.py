"""Catch-up: the last seconds of a call at 1.3 times the speed, pitch kept, and from there into the live sound. Pure.

All that is heard goes through one queue: first the past, then the live mix, which is always ahead of what plays. It shrinks
by what is played faster, and when it is empty the live sound goes through as it comes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

import numpy as np

from coachdesk.media.history import CHUNK_SAMPLES, KEPT_SECONDS, Past, PastSound
from coachdesk.media.jitter.timescale import MIN_CUT
from coachdesk.media.opus import Decoder, OpusError
from coachdesk.media.pcm import BLOCK_SAMPLES, RATE, SILENCE, Block, Samples
from coachdesk.media.whisper.backlog import Backlog

SPEED = 1.3
LIMIT = (KEPT_SECONDS + 10) * RATE
SEAM_BLOCKS = 4
"""What is live when the past arrives was sent a little earlier: 40 ms of it are in the past already."""
PATIENCE_BLOCKS = 300
"""After 3 s without more of the past, what there is has to do."""
LONGEST_FRAME = RATE * 60 // 1000
FADE = 240


class CatchUp:
    """Between the live mix and the ears.

    Attributes:
        running: what is heard is not live.
        on_running: called when that begins (True) or ends (False).
    """

    def __init__(self, gain: Callable[[str], float]) -> None:
        """``gain``: factor by which a source (``customer``, ``agent``) plays."""
        self._gain = gain
        self.running = False
        self.on_running: Callable[[bool], None] = lambda on: None
        self._forget()

    def _forget(self) -> None:
        self._queue = Backlog(LIMIT)
        self._since: list[Block] = []
        self._decoders: defaultdict[str, Decoder] = defaultdict(Decoder)
        self._carry: Samples = np.zeros(LONGEST_FRAME, np.float32)
        self._second = 0
        self._complete = False
        self._waited = 0

    # --- the past comes in -----------------------------------------------------------------------------------

    def put(self, past: Past) -> None:
        """The next second of the past. Frames that are unreadable or out of place are left out."""
        number = past.sounds[0].at // CHUNK_SAMPLES if past.sounds else self._second
        if self._complete or not self._second <= number <= KEPT_SECONDS + 1:
            return
        self._second = number
        if not self.running:
            self.running = True
            self.on_running(True)
        self._waited = 0
        start = self._second * CHUNK_SAMPLES
        sound = np.zeros(CHUNK_SAMPLES + LONGEST_FRAME, np.float32)
        sound[:LONGEST_FRAME] = self._carry
        end = LONGEST_FRAME
        for frame in past.sounds:
            end = max(end, self._add(sound, frame, frame.at - start))
        self._carry = sound[CHUNK_SAMPLES:]
        self._second += 1
        self._queue.put(sound[:end] if past.last else sound[:CHUNK_SAMPLES])
        if past.last:
            self._join()

    def _add(self, sound: Samples, frame: PastSound, at: int) -> int:
        """Mixes a frame in at ``at``; where it ends."""
        if not 0 <= at < CHUNK_SAMPLES:
            return 0
        try:
            decoded = self._decoders[frame.source].decode(frame.payload)[:LONGEST_FRAME]
        except OpusError:
            return 0
        sound[at : at + len(decoded)] += decoded * np.float32(self._gain(frame.source))
        return at + len(decoded)

    def _join(self) -> None:
        """All of the past is there; what was live meanwhile comes after it."""
        self._complete = True
        for block in self._since[SEAM_BLOCKS:]:
            self._queue.put(block)
        self._since.clear()

    # --- every 10 ms -----------------------------------------------------------------------------------------

    def push(self, live: Block) -> Block:
        """Takes 10 ms of the live mix; what is heard now."""
        if not self.running:
            return live
        if self._complete:
            self._queue.put(live)
        else:
            self._since.append(live)
            self._waited += 1
            if self._waited > PATIENCE_BLOCKS:
                self._join()
        if self._complete and self._queue.waiting < BLOCK_SAMPLES + MIN_CUT:
            return self._arrive(live)
        block = self._queue.take(SPEED)
        return block if block is not None else SILENCE

    def _arrive(self, live: Block) -> Block:
        """From what plays into what is live, which is less than 3 ms ahead."""
        played = self._queue.take(1.0)
        self.stop()
        if played is None:
            return live
        fade = np.linspace(0.0, 1.0, BLOCK_SAMPLES, dtype=np.float32)
        return played * (1 - fade) + live * fade

    def stop(self) -> None:
        """Live from now on, whatever is left of the past."""
        if self.running:
            self.running = False
            self._forget()
            self._complete = True
            self.on_running(False)
