"""How sound is sent on the paths it takes: receiver reports in; copies, bit rate, FEC and frame length out. Pure.

Loss at random is answered with redundancy (``Path.copies``); a queue that grows on the way is not: there the bit rate goes
down, since more packets would lengthen the queue.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from coachdesk.media.connection.reports import SAMPLE_PACKETS, RoundTrips
from coachdesk.media.packet import seq_delta

COPIES: tuple[tuple[int, ...], ...] = ((), (1,), (1, 2), (1, 2, 3))
"""Per level, which packets before its own a packet carries again. Losses at random are met in packets of 10 ms, so that
a copy comes 10 ms after what it is of, and not 20: that is delay saved at every listener."""
LEVEL_ON = (0.010, 0.080, 0.160)
LEVEL_OFF = (0.004, 0.060, 0.120)
"""Loss from which a level is taken, and below which it is left: at 5 % one copy at full bit rate sounds best, at 10 % two
(bench/playout.py). Chromium sends a report along with each request, so that its losses count about twice."""
BURST_COPIES = (4,)
"""Far enough away, in packets of 20 ms, to get over most bursts of 100 ms. A nearer one besides brings back little, and
20 ms more of delay are worth less than they cost (bench/playout.py)."""
BURST_RUN = 2.2
"""Lost packets in a row, on average, from which losses count as bursts; at random, 20 % loss has 1.25."""
RISE_SECONDS, FALL_SECONDS = 4.0, 6.0
"""Time constants with which the estimate of loss follows what is reported."""
SAMPLE_SECONDS = 1.0
"""Requests for lost packets tell of the loss before the next report, over at least so much and ``SAMPLE_PACKETS``."""
OVERLOAD_LOSS = 0.35
"""Loss from which there must be a queue that overflows, whatever the reports that come through say."""
MIN_BITRATE, START_BITRATE, MAX_BITRATE = 16_000, 40_000, 48_000
"""Bits per second. Copies cost as much each, but do not lower it: a low bit rate is heard in all of the sound (PESQ 3.5 at
32 kb/s, 4.0 at 48), what is lost in a little of it."""
SHARED_MIN_BITRATE = 24_000
"""Bits per second. One slow path takes the sound that others hear too no lower than the last."""
CONGESTED_BITRATE = 20_000
"""The most while a queue grows."""
STEP_UP, STEP_DOWN = 2_000, 0.65
"""Per second while all is well, in bit/s; per report while a queue grows, as a factor."""
NARROW_BITRATE = 30_000
"""What bears no more than that bears no more than one copy."""
HOLD_SECONDS = 15.0
"""After a queue, the bit rate stays as it is for so long."""
GOOD_LOSS, GOOD_RTT = 0.004, 0.150
"""What a path may show and still be given frames of 10 ms, in share of packets lost without a copy and seconds."""
UNSTEADY_JITTER, STEADY_JITTER = 0.004, 0.0025
"""Interarrival jitter (RFC 3550, 6.4.1) from which a path gets frames of 20 ms, and below which it has those of 10 ms
again, in seconds. Frames of 10 ms overtake each other where those of 20 ms do not, and browsers wait long for that."""
OVERTAKING_JITTER, ORDERLY_JITTER = 0.011, 0.007
"""And from which those of 20 ms overtake each other as well, and below which they do not any more."""
MAX_EXPECTED_LOSS = 30


class Path:
    """The way to one listener, by what they report of one stream.

    Attributes:
        loss: share of packets lost, 0 to 1, smoothed; packets that a retransmission replaced are counted.
        rtt: round-trip time in seconds, smoothed; None before the first report.
        bitrate: what the path bears for sound, bit/s.
        redundant: the listener takes redundant audio.
    """

    def __init__(self, round_trips: RoundTrips | None = None) -> None:
        """``round_trips``: of all streams that take the same way; their reports tell of a queue together."""
        self.loss = 0.0
        self.rtt: float | None = None
        self.bitrate = START_BITRATE
        self.redundant = False
        self._level = 0
        self._run = 1.0
        self._bursty = (
            False  # until the loss ends: what copies bring back is not asked for, and shortens the runs
        )
        self._sent = 0
        self._missed: set[int] = set()
        self._unsteady = self._overtaking = False
        self._since: float | None = None
        self._reported: float | None = None
        self._round_trips = round_trips if round_trips is not None else RoundTrips()
        self._held_until = -math.inf

    def sent(self) -> None:
        """One packet went out."""
        self._sent += 1

    def missed(self, seqs: Sequence[int], now: float) -> None:
        """The listener asked for these packets again (NACK)."""
        news = [seq for seq in seqs if seq not in self._missed]
        if not news or self.asks_too_early:
            return
        self._missed.update(news)
        for run in _runs(news):
            self._run += 0.15 * (run - self._run)
        self._bursty = self._bursty or self._run >= BURST_RUN
        if self._sent >= SAMPLE_PACKETS and now - self._begun(now) >= SAMPLE_SECONDS:
            self._sample(0.0, now)

    def reported(
        self, lost: float, rtt: float | None, jitter: float, now: float, net_lost: float | None = None
    ) -> None:
        """A receiver report: the share of packets lost since the one before; round trip and jitter in seconds.

        ``net_lost``: as of ``Losses.share``; it counts where packets overtake each other, and none does in between.
        """
        self._overtaking = jitter > (ORDERLY_JITTER if self._overtaking else OVERTAKING_JITTER)
        self._unsteady = jitter > (STEADY_JITTER if self._unsteady else UNSTEADY_JITTER)
        if rtt is not None and rtt >= 0:
            self._round_trips.add(rtt, now)
            self.rtt = rtt if self.rtt is None else self.rtt + 0.4 * (rtt - self.rtt)
        if self.asks_too_early:
            self._missed.clear()
            if net_lost is None:
                return
            lost = net_lost
        elapsed = now - (self._begun(now) if self._reported is None else self._reported)
        self._reported = now
        self._sample(lost, now)
        if self.congested:
            self.bitrate = max(MIN_BITRATE, round(self.bitrate * STEP_DOWN))
            self._held_until = now + HOLD_SECONDS
        elif now >= self._held_until:
            self.bitrate = min(MAX_BITRATE, self.bitrate + round(STEP_UP * min(elapsed, 5.0)))

    @property
    def congested(self) -> bool:
        """A queue grows on the way."""
        return self._round_trips.queueing or self.loss >= OVERLOAD_LOSS

    @property
    def asks_too_early(self) -> bool:
        """What the listener asks for is mostly late, and comes by itself; copies make up for what is lost.

        Chromium asks for a packet as soon as another has overtaken it: one in four at 60 +/- 40 ms. Packets sent again for
        nothing would hide from its count as many that were lost.
        """
        return self.redundant and self._overtaking

    @property
    def copies(self) -> tuple[int, ...]:
        """Which frames of 20 ms before its own each packet is to carry again."""
        if not self.redundant or self._level == 0 or self.congested:
            return ()
        if self.bitrate < NARROW_BITRATE:
            return COPIES[1]
        return BURST_COPIES if self._bursty else COPIES[self._level]

    @property
    def bare_loss(self) -> float:
        """The share of packets that are lost without a copy. FEC besides copies would take from the bit rate, and bring
        back only what comes a frame later than all copies."""
        return 0.0 if self.copies else self.loss

    @property
    def good(self) -> bool:
        """Nothing speaks against more packets."""
        whole = self.bare_loss < GOOD_LOSS and not self._bursty
        steady = (self.rtt or 0.0) < GOOD_RTT and not self._unsteady
        return whole and steady and not self.congested and self.bitrate >= START_BITRATE

    def _begun(self, now: float) -> float:
        if self._since is None:
            self._since = now
        return self._since

    def _sample(self, lost: float, now: float) -> None:
        """Folds what was lost since the last sample into the estimate; what a queue drops says nothing of the path."""
        elapsed = max(now - self._begun(now), 0.1)
        sample = min(1.0, lost + len(self._missed) / max(self._sent, SAMPLE_PACKETS))
        constant = RISE_SECONDS if sample > self.loss else FALL_SECONDS
        self.loss = max(0.0, self.loss + (1 - math.exp(-elapsed / constant)) * (sample - self.loss))
        if self._round_trips.queueing:
            self.loss = 0.0
        self._sent, self._since = 0, now
        self._missed.clear()
        while self._level < len(LEVEL_ON) and self.loss >= LEVEL_ON[self._level]:
            self._level += 1
        while self._level > 0 and self.loss < LEVEL_OFF[self._level - 1]:
            self._level -= 1
            if self._level == 0:
                self._run, self._bursty = 1.0, False


class AudioSettings(NamedTuple):
    """How one source is encoded. ``bitrate`` in bit/s; ``expected_loss`` in percent; ``blocks`` of 10 ms per frame."""

    bitrate: int
    expected_loss: int
    blocks: int


def settings(paths: Iterable[Path]) -> AudioSettings:
    """One encode for all who hear it: FEC for the worst path, the bit rate that all bear, short frames if all are good.

    Where several listen, one slow path lowers the bit rate to ``SHARED_MIN_BITRATE`` and no further.
    """
    ways = list(paths)
    if not ways:
        return AudioSettings(START_BITRATE, 0, 1)
    lowest = SHARED_MIN_BITRATE if len(ways) > 1 else MIN_BITRATE
    bitrate = max(lowest, min(way.bitrate for way in ways))
    if any(way.congested for way in ways):
        bitrate = max(lowest, min(bitrate, CONGESTED_BITRATE))
    expected = max(way.bare_loss for way in ways)
    percent = min(MAX_EXPECTED_LOSS, math.ceil(expected * 100)) if expected >= 0.005 else 0
    return AudioSettings(bitrate, percent, 1 if all(way.good for way in ways) else 2)


def _runs(seqs: Sequence[int]) -> list[int]:
    """Lengths of the runs of numbers that follow each other."""
    lengths = [1]
    for before, seq in itertools.pairwise(seqs):
        if seq_delta(seq, before) == 1:
            lengths[-1] += 1
        else:
            lengths.append(1)
    return lengths
