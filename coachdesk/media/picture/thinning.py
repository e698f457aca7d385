"""How much of a picture a slow line gets: which frames of VP8 in temporal layers, and how that follows the line. Pure."""

from __future__ import annotations

from collections import deque
from typing import Literal

from coachdesk.media.packet import Packet
from coachdesk.media.picture import vp8

Quality = Literal["full", "reduced", "keyframes", "none"]

RUNGS: tuple[Quality, ...] = ("full", "reduced", "reduced", "keyframes", "none")
"""From all three layers (30 pictures a second) to two (15), one (7.5), keyframes alone, nothing."""
TOP_LAYER = 2
ONE_LAYER, KEYFRAMES_ONLY, NOTHING = 2, 3, 4
TOO_MUCH_LOSS = 0.10
HEADROOM = 1.1
"""What is sent may exceed the far end's estimate by so much before it counts as too much."""
FITS = 0.9
"""A lower rung is chosen so that it takes at most this share of the estimate."""
SETTLE_SECONDS = 2.5
"""After a step down the reports of the time before it are waited out."""
FIRST_PATIENCE, LAST_PATIENCE = 5.0, 60.0
"""Seconds without trouble before a step up is tried; doubled with each one that fails."""
PROVEN_SECONDS = 15.0
"""A step up that held for so long was right."""
LEAST_BITRATE = 100_000
"""Bits per second below which a camera of our own is not sent."""
FIRST_CLOSED, LONGEST_CLOSED = 15.0, 120.0
"""Seconds after which it is tried again; doubled with each time that fails."""
RATE_SECONDS = 2.0
REMEMBERED_FRAMES = 64


class LayerRates:
    """Bits per second that each rung would take, over the last two seconds of the source."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int, int]] = deque()
        self._bits = [0] * (TOP_LAYER + 1)

    def add(self, layer: int, size: int, now: float) -> None:
        """A payload of ``size`` bytes of ``layer``."""
        layer = min(layer, TOP_LAYER)
        self._seen.append((now, layer, size * 8))
        self._bits[layer] += size * 8
        while self._seen[0][0] < now - RATE_SECONDS:
            _, gone, bits = self._seen.popleft()
            self._bits[gone] -= bits

    def of(self, rung: int) -> float:
        if rung >= KEYFRAMES_ONLY:
            return 0.0
        return sum(self._bits[: TOP_LAYER - rung + 1]) / RATE_SECONDS


class Ladder:
    """The rung one line is on: down when the line is in trouble, up again after a time without.

    Loss alone takes nobody below one layer: what is lost at random comes again when it is asked for.

    Attributes:
        rung: index into ``RUNGS``.
    """

    def __init__(self) -> None:
        self.rung = 0
        self._patience = FIRST_PATIENCE
        self._changed = float("-inf")
        self._raised = float("-inf")

    @property
    def quality(self) -> Quality:
        return RUNGS[self.rung]

    def update(self, loss: float, congested: bool, limit: int | None, rates: LayerRates, now: float) -> None:
        """What the line's reports say: share lost, whether a queue grows, the estimate in bit/s (REMB)."""
        too_much = limit is not None and rates.of(self.rung) > limit * HEADROOM
        lowest = NOTHING if congested or too_much else ONE_LAYER
        if congested or too_much or loss > TOO_MUCH_LOSS:
            if self.rung < lowest and now - self._changed >= SETTLE_SECONDS:
                self._down(lowest, limit if too_much else None, rates, now)
        elif self.rung > 0 and now - self._changed >= self._patience:
            self.rung -= 1
            self._changed = self._raised = now
        elif self._changed == self._raised and now - self._raised >= PROVEN_SECONDS:
            self._patience = FIRST_PATIENCE

    def _down(self, lowest: int, limit: int | None, rates: LayerRates, now: float) -> None:
        """To the next rung that takes less, and no more than fits ``limit``."""
        present = rates.of(self.rung)
        bound = present * 0.95 if limit is None else min(present * 0.95, limit * FITS)
        lower = range(self.rung + 1, lowest + 1)
        least = (
            self.rung if lowest == ONE_LAYER else lowest
        )  # a source without layers has nothing to leave out
        self.rung = next((rung for rung in lower if rates.of(rung) <= bound), least)
        if now - self._raised < PROVEN_SECONDS:
            self._patience = min(LAST_PATIENCE, self._patience * 2)
        self._changed = now


class Gate:
    """Whether a camera of our own is sent at all: not on a line that bears sound only.

    Attributes:
        open: it is.
        bitrate: the newest estimate, bit/s; the least that a camera is sent with, where that is more.
    """

    def __init__(self) -> None:
        self.open = True
        self.bitrate: int | None = None
        self._patience = FIRST_CLOSED
        self._changed = float("-inf")
        self._outdated: int | None = None

    def update(self, loss: float, congested: bool, limit: int | None, now: float) -> None:
        """Whether a queue grows, and the estimate in bit/s (REMB), which does not change while nothing is sent. ``loss``, a
        share, tells nothing here: what is lost at random comes again when it is asked for.
        """
        self.bitrate = max(LEAST_BITRATE, limit) if limit is not None else None
        known = limit if limit != self._outdated else None
        too_little = known is not None and known < LEAST_BITRATE
        if self.open and (congested or too_little):
            held = now - self._changed >= PROVEN_SECONDS
            self._patience = FIRST_CLOSED if held else min(LONGEST_CLOSED, 2 * self._patience)
            self.open, self._changed, self._outdated = False, now, limit
        elif not self.open and not congested and now - self._changed >= self._patience:
            self.open, self._changed = True, now


class Thinner:
    """Which packets belong to what a rung gives; always such that what is kept can be decoded.

    A layer is taken in again where it can be decoded from: at a keyframe, or at a frame that refers to layer 0 alone.

    Attributes:
        needs_keyframe: nothing but a keyframe can follow what was kept so far.
    """

    def __init__(self) -> None:
        self._top = TOP_LAYER  # the highest layer kept at present; -1: none before the next keyframe
        self._frames: dict[int, bool] = {}  # by timestamp: whether it is kept

    @property
    def needs_keyframe(self) -> bool:
        return self._top < 0

    def keeps(self, packet: Packet, rung: int) -> bool:
        """Whether this packet is to be sent to a line on ``rung``; all packets of a frame share one fate."""
        try:
            part = vp8.parse(packet.payload)
        except ValueError:
            return False  # padding, or damaged
        if packet.timestamp not in self._frames:
            kept = self._decide(part, rung) if part.start else part.layer <= min(self._top, _top_of(rung))
            self._frames[packet.timestamp] = kept
            while len(self._frames) > REMEMBERED_FRAMES:
                del self._frames[next(iter(self._frames))]
        return self._frames[packet.timestamp]

    def _decide(self, part: vp8.Vp8Payload, rung: int) -> bool:
        highest = _top_of(rung)
        if part.keyframe:
            self._top = highest
            return rung < NOTHING
        self._top = min(self._top, highest)
        if part.sync and part.layer == self._top + 1 <= highest and not self.needs_keyframe:
            self._top = part.layer
        return part.layer <= self._top


def _top_of(rung: int) -> int:
    """The highest layer of which a rung has all frames; -1: of none."""
    return TOP_LAYER - rung if rung < KEYFRAMES_ONLY else -1
