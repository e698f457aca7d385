"""One direction of a made-up network: a packet and the time in, the time of its release or its loss out. Pure.

In the order in which a packet meets them: an outage, a link of limited rate with a queue before it, loss at random and
in bursts, and the way itself, which takes its time. No clock: all times are seconds of the caller's. The same seed and the
same calls give the same fates.
"""

from __future__ import annotations

import random
from enum import StrEnum
from typing import NamedTuple

import msgspec


class Bursts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A Gilbert-Elliott channel in continuous time, so that what is lost does not depend on who sends how often.

    The good state lasts ``every_ms`` on average (exponentially distributed), the bad one between ``shortest_ms`` and
    ``longest_ms`` (uniformly); in the bad one a packet is lost with probability ``loss``.
    """

    every_ms: float
    shortest_ms: float
    longest_ms: float
    loss: float = 1.0


class Conditions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one direction does to packets. The default does nothing.

    Attributes:
        delay_ms: of every packet.
        jitter_ms: added to or taken from that, uniformly and for each packet on its own (never below 0 in all): where
            packets follow each other closely, they overtake each other.
        in_order: none overtakes another, as in a queue; it waits for the one before.
        loss: share of packets lost at random.
        bursts: and those lost in a row.
        rate_kbps: what the link carries, IP headers included; 0 for any amount.
        queue_ms: how long a packet may have to wait for that link; those that would wait longer are dropped.
    """

    delay_ms: float = 0.0
    jitter_ms: float = 0.0
    in_order: bool = False
    loss: float = 0.0
    bursts: Bursts | None = None
    rate_kbps: float = 0.0
    queue_ms: float = 200.0


class Drop(StrEnum):
    """Why a packet never arrived."""

    OUTAGE = "outage"
    QUEUE = "queue"
    LOSS = "loss"
    BURST = "burst"


class Fate(NamedTuple):
    """What becomes of a packet: the time of its ``release``, or why it was dropped."""

    release: float = 0.0
    drop: Drop | None = None


class NetPath:
    """One direction between two hosts. ``seed`` decides all that is random."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._outage_until = self._held_until = float("-inf")
        self._link_free = self._last_release = float("-inf")
        self.set(Conditions(), 0.0)

    def set(self, conditions: Conditions, now: float) -> None:
        """From ``now`` on; what is on its way already arrives as it was going to. Bursts begin with a good state.

        What is random begins anew as well: it does not depend on what has passed before.
        """
        self.conditions = conditions
        self._loss, self._jitter, self._bursts = (
            random.Random(f"{self._seed} {what}") for what in ("loss", "jitter", "bursts")
        )
        self._bad = False
        self._state_ends = now
        if conditions.bursts is not None:
            self._state_ends += self._bursts.expovariate(1000 / conditions.bursts.every_ms)

    def interrupt(self, seconds: float, now: float, *, held: bool) -> None:
        """An outage from ``now`` on: packets are lost, or ``held`` back and released all together at its end."""
        if held:
            self._held_until = now + seconds
        else:
            self._outage_until = now + seconds

    def send(self, size: int, now: float) -> Fate:
        """The fate of a packet of ``size`` bytes that comes at ``now``; times never go backwards."""
        if now < self._outage_until:
            return Fate(drop=Drop.OUTAGE)
        left = self._through_link(size, now)
        if left is None:
            return Fate(drop=Drop.QUEUE)
        if self._loss.random() < self.conditions.loss:
            return Fate(drop=Drop.LOSS)
        if self._in_burst(left):
            return Fate(drop=Drop.BURST)
        return Fate(self._arrival(max(left, self._held_until)))

    def _through_link(self, size: int, now: float) -> float | None:
        """When its last bit has left the link; None when the queue before it is full."""
        if not self.conditions.rate_kbps:
            return now
        begins = max(now, self._link_free)
        if begins - now > self.conditions.queue_ms / 1000:
            return None
        self._link_free = begins + size * 8 / (self.conditions.rate_kbps * 1000)
        return self._link_free

    def _in_burst(self, at: float) -> bool:
        bursts = self.conditions.bursts
        if bursts is None:
            return False
        while self._state_ends <= at:
            self._bad = not self._bad
            if self._bad:
                lasts = self._bursts.uniform(bursts.shortest_ms, bursts.longest_ms) / 1000
            else:
                lasts = self._bursts.expovariate(1000 / bursts.every_ms)
            self._state_ends += lasts
        return self._bad and self._loss.random() < bursts.loss

    def _arrival(self, left: float) -> float:
        spread = self._jitter.uniform(-1, 1) * self.conditions.jitter_ms
        release = left + max(0.0, self.conditions.delay_ms + spread) / 1000
        if self.conditions.in_order:
            release = max(release, self._last_release)
        self._last_release = max(release, self._last_release)
        return release
