"""The jitter buffer of one incoming sound: packets in when they come, 10 ms out whenever asked. Pure: no clock of its own.

It waits no longer than the path's jitter asks for (``arrival.py``). What is missing when its turn comes is recovered from
the next packet (Opus FEC), else concealed, fading to silence within 80 ms; what comes after its turn is dropped. A delay
grows by concealment while the sound is late, and shrinks by cutting out pitch periods. All bounds are in time, so any
mix of packet durations will do.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import NamedTuple

import numpy as np

from coachdesk.media.arrival import ArrivalClock
from coachdesk.media.mixer import dbfs
from coachdesk.media.opus import Decoder, OpusError, carries_fec, duration
from coachdesk.media.packet import Packet, seq_delta, timestamp_delta
from coachdesk.media.pcm import BLOCK_SAMPLES, RATE, Block, Samples
from coachdesk.media.timescale import MAX_CUT, OVERLAP, shorten

MAX_SPAN = int(0.400 * RATE)
"""Sound held at most, in samples; beyond it the oldest is dropped."""
MAX_PACKETS = 200
MAX_BEHIND = int(0.250 * RATE)
"""Sound that is later than due by so much is skipped, not hurried."""
FULL_CONCEALMENT, LAST_CONCEALMENT = int(0.020 * RATE), int(0.080 * RATE)
"""Concealment is at full level so long, and silent from then on."""
FADE = 240
"""Samples of every fade in or out, 5 ms."""
HURRY_FROM = int(0.003 * RATE)
"""Needless delay that is worth getting rid of, in samples."""
HURRY_PATIENCE, RUSH_PATIENCE = 50, 8
"""Blocks of needless delay before a cut: half a second, less if it exceeds 40 ms; none in silence."""
RUSH_FROM = int(0.040 * RATE)
SILENT_DBFS = -60.0
RESTART_JUMP = 1000
"""A sequence number that is off by more belongs to a sender that started anew."""
FORMER_SECONDS = 2.0
"""For so long, packets of the source before the present one are known as stragglers."""


@dataclass
class PlayoutStats:
    """Counts of packets, except where the name says otherwise.

    Attributes:
        received: all that were put.
        late: came after their turn, or from a source already replaced.
        duplicates: came twice.
        lost: were not there when their turn came.
        recovered: of the lost, replaced by the copy in the next packet.
        dropped: unreadable, or too many.
        concealed: 10 ms blocks that were made up.
        delay_ms: from the arrival of the fastest packets to playout, at present.
    """

    received: int = 0
    late: int = 0
    duplicates: int = 0
    lost: int = 0
    recovered: int = 0
    dropped: int = 0
    concealed: int = 0
    delay_ms: float = 0.0

    def as_dict(self) -> dict[str, float]:
        return asdict(self)


class _Waiting(NamedTuple):
    """A packet whose turn has not come; ``seq`` and ``timestamp`` are unwrapped."""

    seq: int
    timestamp: int
    payload: bytes
    samples: int


class Playout:
    """One incoming sound.

    Attributes:
        active: whether the last block had real sound in it, rather than silence or concealment.
        stats: see PlayoutStats.
    """

    def __init__(self) -> None:
        self._decoder = Decoder()
        self._clock = ArrivalClock()
        self._former: tuple[int, float] | None = None
        self._ssrc: int | None = None
        self._made_up = 0
        self._newest: tuple[int, int] | None = None
        self._next_seq: int | None = None
        self._waiting: dict[int, _Waiting] = {}
        self.active = False
        self.stats = PlayoutStats()
        self._forget_sender()

    # --- packets in ------------------------------------------------------------------------------------------

    def put(self, packet: Packet) -> None:
        """Takes a packet with an Opus payload, in whatever order they come."""
        self.stats.received += 1
        try:
            samples = duration(packet.payload)
        except OpusError:
            self.stats.dropped += 1
            return
        if not self._from_present_source(packet):
            self.stats.late += 1
            return
        seq, timestamp = self._unwrapped(packet)
        if seq in self._waiting:
            self.stats.duplicates += 1
            return
        self._clock.arrived(timestamp, packet.arrival)
        if self._next_seq is not None and seq < self._next_seq:
            self.stats.late += 1
            return
        self._waiting[seq] = _Waiting(seq, timestamp, packet.payload, samples)
        self._drop_surplus()

    def flush(self) -> None:
        """Forgets everything buffered, half-played frames, concealment and decoder memory.

        Packets older than the newest one known are not played any more either.
        """
        self._waiting.clear()
        self._ready = np.zeros(0, np.float32)
        self._real = 0
        self._decoder.reset()
        self._playing = False
        self._gain = 0.0
        if self._newest is not None:
            self._next_seq = self._newest[0] + 1
        self.active = False

    def _forget_sender(self) -> None:
        self._newest = None
        self._next_seq = None
        self._next_timestamp = 0
        self._frame = 2 * BLOCK_SAMPLES
        self._concealed = 0
        self._inserted = 0
        self._patience = 0
        self._room = 0
        self._clock.reset()
        self.flush()

    def _from_present_source(self, packet: Packet) -> bool:
        """A new SSRC replaces the present source, except for stragglers of the one before."""
        if packet.ssrc == self._ssrc:
            return True
        if self._former is not None and packet.ssrc == self._former[0] and packet.arrival < self._former[1]:
            return False
        if self._ssrc is not None:
            self._former = (self._ssrc, packet.arrival + FORMER_SECONDS)
            self._forget_sender()
        self._ssrc = packet.ssrc
        return True

    def _unwrapped(self, packet: Packet) -> tuple[int, int]:
        """Sequence number and timestamp without wrapping; a leap in them is a sender that started anew."""
        if self._newest is not None:
            seq, timestamp = self._newest
            ahead = seq_delta(packet.seq, seq & 0xFFFF)
            later = timestamp_delta(packet.timestamp, timestamp & 0xFFFFFFFF)
            if abs(ahead) <= RESTART_JUMP and (ahead > 0) == (later > 0):
                if ahead > 0:
                    self._newest = (seq + ahead, timestamp + later)
                return seq + ahead, timestamp + later
            self._forget_sender()
        self._newest = (packet.seq, packet.timestamp)
        return self._newest

    def _drop_surplus(self) -> None:
        assert self._newest is not None
        while len(self._waiting) > MAX_PACKETS or self._newest[1] - self._first.timestamp > MAX_SPAN:
            oldest = self._waiting.pop(self._first.seq)
            self.stats.dropped += 1
            self._next_seq = oldest.seq + 1
            self._end_spurt()

    @property
    def _first(self) -> _Waiting:
        return self._waiting[min(self._waiting)]

    # --- sound out -------------------------------------------------------------------------------------------

    def pull(self, now: float) -> Block:
        """The next 10 ms: 480 samples, always. ``now`` in the monotonic seconds of the packets' arrival."""
        if not self._playing:
            self._begin_spurt(now)
        if self._playing and len(self._ready) < BLOCK_SAMPLES:
            self._note_slack(now)
        while self._playing and len(self._ready) < BLOCK_SAMPLES:
            self._extend(now)
        if self._playing:
            self._hurry()
        return self._take(now)

    def _take(self, now: float) -> Block:
        block, self._ready = self._ready[:BLOCK_SAMPLES], self._ready[BLOCK_SAMPLES:]
        self.active = self._real > 0
        self._real = max(0, self._real - BLOCK_SAMPLES)
        if self._playing:
            head = self._next_timestamp - len(self._ready) - BLOCK_SAMPLES
            self.stats.delay_ms = (now - self._clock.base - head / RATE) * 1000
        return block if len(block) == BLOCK_SAMPLES else np.pad(block, (0, BLOCK_SAMPLES - len(block)))

    def _begin_spurt(self, now: float) -> None:
        """Starts with the first packet whose time has come and is not over."""
        while self._waiting:
            first = self._first
            behind = now - self._clock.due(first.timestamp) + 1e-6
            if behind < 0:
                return
            if behind > (first.samples + BLOCK_SAMPLES) / RATE:
                del self._waiting[first.seq]
                self.stats.late += 1
                self._next_seq = first.seq + 1
                continue
            self._playing = True
            self._count_lost(first.seq)
            self._next_seq, self._next_timestamp = first.seq, first.timestamp
            self._concealed = self._inserted = 0
            return

    def _extend(self, now: float) -> None:
        """Makes some more sound, or ends the spurt."""
        assert self._next_seq is not None
        if not self._waiting:
            self._bridge()
            return
        first = self._first
        missing = first.seq - self._next_seq
        gap = first.timestamp - self._next_timestamp
        if gap < 0 or (missing and not gap):
            self._count_lost(first.seq)
            self._next_timestamp = first.timestamp
        elif missing and self._slack(now) < -FADE and self._concealed < LAST_CONCEALMENT:
            self._bridge()
        elif missing:
            self._fill(first, missing, gap, now)
        elif gap:
            self._end_spurt()
        else:
            self._play(first)

    def _play(self, packet: _Waiting) -> None:
        del self._waiting[packet.seq]
        try:
            sound = self._decoder.decode(packet.payload)
        except OpusError:
            self.stats.dropped += 1
            self._conceal(packet.samples)
        else:
            self._append(sound)
        self._frame = packet.samples
        self._next_seq = packet.seq + 1
        self._next_timestamp += packet.samples
        self._inserted = 0
        copy = packet.samples / RATE if carries_fec(packet.payload) else 0.0
        self._clock.played(lost=False, copy_seconds=copy)

    def _bridge(self) -> None:
        """Waits for what is not there: the delay grows by 10 ms of concealment, but only for so long."""
        if self._concealed >= LAST_CONCEALMENT:
            self._end_spurt()
        else:
            self._conceal(BLOCK_SAMPLES)
            self._inserted += BLOCK_SAMPLES

    def _fill(self, after: _Waiting, missing: int, gap: int, now: float) -> None:
        """Replaces (some of) what was lost before packet ``after``."""
        made_up = min(gap, self._inserted, max(0, self._slack(now))) // BLOCK_SAMPLES * BLOCK_SAMPLES
        self._inserted = 0
        if made_up:
            # What bridged the wait stands for the lost sound, but for the delay that is wanted anyway.
            self._next_timestamp += made_up
        elif self._concealed >= LAST_CONCEALMENT:
            self._end_spurt()
        else:
            frame = min(self._frame, gap)
            is_last = missing == 1 or gap <= self._frame
            if is_last and carries_fec(after.payload):
                self._append(self._decoder.recover(after.payload, frame))
                self.stats.recovered += 1
            else:
                self._conceal(frame)
            self._next_timestamp += frame
            self._count_lost(after.seq if is_last else after.seq - missing + 1)

    def _count_lost(self, until: int) -> None:
        """Every packet before ``until`` has had its turn."""
        missing = until - self._next_seq if self._next_seq is not None else 0
        self.stats.lost += missing
        for _ in range(missing):
            self._clock.played(lost=True, copy_seconds=self._frame / RATE)
        self._next_seq = until

    def _note_slack(self, now: float) -> None:
        """Says how much sound may be cut, at a pull that needs the next packet.

        What is left of the packet before may go, and as many whole blocks as the next packet could come later:
        cutting part of a block would ask for that packet a block earlier and make nothing sooner.
        """
        slack = self._slack(now)
        if slack > MAX_BEHIND:
            self._ready = np.zeros(0, np.float32)
            self._real = 0
            self._end_spurt()
        else:
            self._room = len(self._ready) + max(0, slack) // BLOCK_SAMPLES * BLOCK_SAMPLES

    def _hurry(self) -> None:
        """Cuts a pitch period out when sound waits longer than it has to."""
        self._patience = self._patience + 1 if self._room >= HURRY_FROM else 0
        needed = RUSH_PATIENCE if self._room > RUSH_FROM else HURRY_PATIENCE
        if self._patience >= needed or (self._patience and dbfs(self._ready[:BLOCK_SAMPLES]) < SILENT_DBFS):
            self._look_ahead(OVERLAP + min(MAX_CUT, self._room))
            if len(self._ready) >= OVERLAP + min(OVERLAP, self._room):
                self._cut()

    def _cut(self) -> None:
        shorter = shorten(self._ready, self._room)
        cut = len(self._ready) - len(shorter)
        self._real = max(0, self._real - cut)
        self._room -= cut
        self._ready = shorter
        self._patience = 0

    def _look_ahead(self, samples: int) -> None:
        """Decodes what follows without a gap, until there are ``samples`` to cut from."""
        while len(self._ready) < samples and self._waiting:
            first = self._first
            if (first.seq, first.timestamp) != (self._next_seq, self._next_timestamp):
                return
            self._play(first)

    def _slack(self, now: float) -> int:
        """By how many samples the next packet could come later and still be in time for this pull; may be negative."""
        return int((now - self._clock.due(self._next_timestamp)) * RATE)

    def _end_spurt(self) -> None:
        """Fades out what plays; the next packet begins anew at its own time."""
        if self._playing and self._gain > 0:
            tail = self._decoder.conceal(FADE) * np.linspace(self._gain, 0, FADE, dtype=np.float32)
            self._ready = np.concatenate([self._ready, tail])
        self._gain = 0.0
        self._playing = False

    # --- the end of the line -----------------------------------------------------------------------------------

    def _append(self, sound: Samples) -> None:
        """Adds real sound, faded in where it follows silence or concealment."""
        if self._gain < 1.0:
            length = min(FADE, len(sound))
            sound[:length] *= np.linspace(self._gain, 1.0, length, dtype=np.float32)
        self._gain = 1.0
        self._concealed = 0
        self._ready = np.concatenate([self._ready, sound])
        self._real = len(self._ready)

    def _conceal(self, samples: int) -> None:
        """Adds made-up sound, the fainter the longer there has been no real one."""
        run = np.arange(self._concealed, self._concealed + samples, dtype=np.float32)
        fade = (LAST_CONCEALMENT - run) / (LAST_CONCEALMENT - FULL_CONCEALMENT)
        fade = np.clip(fade, 0.0, min(1.0, max(self._gain, 0.0)))
        self._ready = np.concatenate([self._ready, self._decoder.conceal(samples) * fade])
        self._concealed += samples
        self._made_up += samples
        self.stats.concealed = self._made_up // BLOCK_SAMPLES
        self._gain = float(fade[-1])
