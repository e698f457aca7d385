"""The jitter buffer of one incoming sound: packets in when they come, 10 ms out whenever asked. Pure: no clock of its own.

It waits no longer than the path asks for (``arrival.py``), and goes from one delay to another by taking out or repeating
pitch periods. What is missing when its turn comes is recovered from the next packet (Opus FEC), else concealed, fading
to comfort noise within 80 ms; what comes after its turn is dropped. All bounds are in time, so any mix of packet
durations will do.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import NamedTuple

from coachdesk.media.jitter.arrival import ArrivalClock
from coachdesk.media.jitter.incoming import Incoming
from coachdesk.media.jitter.splicer import FADE, Splicer
from coachdesk.media.jitter.timescale import MAX_CUT, OVERLAP
from coachdesk.media.mixer import dbfs
from coachdesk.media.opus import OpusError, carries_fec, duration
from coachdesk.media.packet import Packet
from coachdesk.media.pcm import BLOCK_SAMPLES, RATE, Block

MAX_SPAN = int(0.400 * RATE)
"""Sound held at most, in samples; beyond it the oldest is dropped."""
MAX_PACKETS = 200
MAX_BEHIND = int(0.250 * RATE)
"""Sound that is later than due by so much is skipped, not hurried."""
STRETCH_FROM = int(0.001 * RATE)
"""Samples by which sound may be early before it is stretched."""
STRETCH_PATIENCE = 3
"""Blocks between two stretches: up to half as slow again."""
HURRY_FROM = int(0.003 * RATE)
"""Needless delay that is worth getting rid of, in samples."""
HURRY_PATIENCE = ((int(0.040 * RATE), 4), (int(0.015 * RATE), 10), (0, 50))
"""Blocks of needless delay before a cut, by how much there is of it: up to 1.4 times as fast above 40 ms, 1.03 times for
the last of it. None in silence."""
SILENT_DBFS = -60.0
DTX_BYTES = 2
"""A payload no longer than that says that the sender is silent (RFC 6716, 2.1.9; as libopus does)."""


@dataclass
class PlayoutStats:
    """Counts of packets, except where the name says otherwise.

    Attributes:
        received: all that were put.
        late: came after their turn, or from a source already replaced.
        duplicates: came twice.
        lost: were not there when their turn came.
        recovered: of the lost, replaced by the copy in the next packet.
        redundant: came as a redundant copy or a retransmission, and were not there before.
        dropped: unreadable, or too many.
        played: 10 ms blocks with sound, real or made up.
        concealed: of these, made up.
        concealed_ratio: the same as a share of ``played``.
        cut_ms, stretched_ms: taken out and put in to change the delay, in all.
        jitter_ms: interarrival jitter (RFC 3550, 6.4.1), at present.
        target_ms: delay that the path asks for, from the arrival of the fastest packets, at present.
        delay_ms: the delay there is, likewise.
    """

    received: int = 0
    late: int = 0
    duplicates: int = 0
    lost: int = 0
    recovered: int = 0
    redundant: int = 0
    dropped: int = 0
    played: int = 0
    concealed: int = 0
    concealed_ratio: float = 0.0
    cut_ms: float = 0.0
    stretched_ms: float = 0.0
    jitter_ms: float = 0.0
    target_ms: float = 0.0
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
        self._incoming = Incoming()
        self._clock = ArrivalClock()
        self._line = Splicer()
        self._waiting: dict[int, _Waiting] = {}
        self._next_seq: int | None = None
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
        place = self._incoming.place(packet)
        if place is None:
            self.stats.late += 1
            return
        if place.anew:
            self._forget_sender()
        if self._incoming.has_come(place.seq):
            self.stats.duplicates += 1
            return
        self._note_arrival(packet, _Waiting(place.seq, place.timestamp, packet.payload, samples))
        self._incoming.note(place.seq)
        if self._next_seq is not None and place.seq < self._next_seq:
            self.stats.late += 1
            return
        self._waiting[place.seq] = _Waiting(place.seq, place.timestamp, packet.payload, samples)
        self._drop_surplus()

    def flush(self) -> None:
        """Forgets everything buffered, half-played frames, concealment, background and decoder memory.

        Packets older than the newest one known are not played any more either.
        """
        self._waiting.clear()
        self._line.flush()
        self._playing = False
        if self._incoming.newest is not None:
            self._next_seq = self._incoming.newest[0] + 1
        self.active = False

    def _forget_sender(self) -> None:
        self._frame = 2 * BLOCK_SAMPLES
        self._inserted = 0
        self._since_retimed = 0
        self._room = 0
        self._paused = False
        self._next_timestamp = 0
        self._clock.reset()
        self.flush()
        self._next_seq = None

    def _note_arrival(self, packet: Packet, sound: _Waiting) -> None:
        """Tells the clock of the packet, and of the one before if this has a copy of it and it did not come."""
        if packet.recovered:
            self.stats.redundant += 1
            self._clock.copied(sound.timestamp, packet.arrival, sound.samples)
        else:
            self._clock.arrived(sound.timestamp, packet.arrival, sound.samples)
        if not self._incoming.has_come(sound.seq - 1) and carries_fec(sound.payload):
            self._clock.copied(sound.timestamp - sound.samples, packet.arrival, sound.samples)

    def _drop_surplus(self) -> None:
        assert self._incoming.newest is not None
        while len(self._waiting) > MAX_PACKETS or self._incoming.newest[1] - self._first.timestamp > MAX_SPAN:
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
        if self._playing and len(self._line.ready) < BLOCK_SAMPLES:
            self._note_room(now)
        while self._playing and len(self._line.ready) < BLOCK_SAMPLES:
            self._extend(now)
        if self._playing:
            self._retime()
        return self._take(now)

    def _take(self, now: float) -> Block:
        self.active = self._line.real > 0
        if self._playing:
            head = self._next_timestamp + self._inserted - len(self._line.ready)
            self.stats.delay_ms = (now - self._clock.base - head / RATE) * 1000
            self.stats.target_ms = self._clock.wait * 1000
            self.stats.jitter_ms = self._clock.jitter * 1000
            self.stats.played += 1
        self.stats.concealed = self._line.made_up // BLOCK_SAMPLES
        self.stats.concealed_ratio = min(1.0, self.stats.concealed / max(1, self.stats.played))
        return self._line.take()

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
            self._line.begin()
            self._inserted = 0
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
        elif missing and self._slack(now) < -FADE and not self._line.exhausted:
            self._bridge()
        elif missing:
            self._fill(first, missing, gap, now)
        elif gap:
            self._end_spurt()
        else:
            made_up = (
                min(self._inserted, max(0, self._slack(now)), first.samples) // BLOCK_SAMPLES * BLOCK_SAMPLES
            )
            self._play(first, made_up)
            self._inserted = 0

    def _play(self, packet: _Waiting, skipped: int = 0) -> None:
        del self._waiting[packet.seq]
        try:
            self._line.play(packet.payload, skipped)
        except OpusError:
            self.stats.dropped += 1
            self._line.conceal(packet.samples)
        self._frame = packet.samples
        self._next_seq = packet.seq + 1
        self._next_timestamp += packet.samples
        self._paused = len(packet.payload) <= DTX_BYTES
        self._inserted = 0

    def _bridge(self) -> None:
        """Waits for what is not there: the delay grows by 10 ms of concealment, but only for so long."""
        if self._line.exhausted or self._paused:
            self._end_spurt()
        else:
            self._line.conceal(BLOCK_SAMPLES)
            self._inserted += BLOCK_SAMPLES

    def _fill(self, after: _Waiting, missing: int, gap: int, now: float) -> None:
        """Replaces (some of) what was lost before packet ``after``."""
        stood_in = self._stood_in(gap, now)
        self._inserted = 0
        if stood_in:
            self._next_timestamp += stood_in
        elif self._line.exhausted:
            self._end_spurt()
        else:
            frame = min(self._frame, gap)
            is_last = missing == 1 or gap <= self._frame
            if is_last and carries_fec(after.payload):
                self._line.recover(after.payload, frame)
                self.stats.recovered += 1
            else:
                self._line.conceal(frame)
            self._next_timestamp += frame
            self._count_lost(after.seq if is_last else after.seq - missing + 1)

    def _stood_in(self, samples: int, now: float) -> int:
        """How many of the next ``samples`` need not be played, because what bridged the wait for them stands for them.

        Not so the part by which the delay has to grow anyway.
        """
        return max(0, min(samples, self._inserted, self._slack(now) + STRETCH_FROM))

    def _count_lost(self, until: int) -> None:
        """Every packet before ``until`` has had its turn."""
        self.stats.lost += until - self._next_seq if self._next_seq is not None else 0
        self._next_seq = until

    def _slack(self, now: float) -> int:
        """By how many samples the next packet could come later and still be in time for this pull; may be negative."""
        return int((now - self._clock.due(self._next_timestamp)) * RATE)

    def _end_spurt(self) -> None:
        """Fades out what plays; the next packet begins anew at its own time."""
        if self._playing:
            self._line.end()
        self._playing = False

    # --- faster and slower -------------------------------------------------------------------------------------

    def _note_room(self, now: float) -> None:
        """Says how much sound may be cut, or (negative) has to be put in, at a pull that needs the next packet.

        What is left of the packet before may go, and as many whole blocks as the next packet could come later:
        cutting part of a block would ask for that packet a block earlier and make nothing sooner. In the same way, as
        many blocks are put in as the next packet shall be asked for later, less what is left.
        """
        slack = self._slack(now) - self._stood_in(self._inserted, now)
        left = len(self._line.ready)
        if slack > MAX_BEHIND:
            self._line.drop()
            self._end_spurt()
        elif slack < -STRETCH_FROM:
            self._room = left + (slack + STRETCH_FROM) // BLOCK_SAMPLES * BLOCK_SAMPLES
        else:
            self._room = left + max(0, slack) // BLOCK_SAMPLES * BLOCK_SAMPLES

    def _retime(self) -> None:
        """Takes out a pitch period when sound waits longer than it has to, repeats one when it is too early."""
        self._since_retimed += 1
        if self._room < 0:
            if self._since_retimed >= STRETCH_PATIENCE:
                self._stretch()
        elif self._room < HURRY_FROM:
            self._since_retimed = min(self._since_retimed, STRETCH_PATIENCE)
        elif self._since_retimed >= self._patience() or dbfs(self._line.ready[:BLOCK_SAMPLES]) < SILENT_DBFS:
            self._cut()

    def _patience(self) -> int:
        return next(blocks for room, blocks in HURRY_PATIENCE if self._room >= room)

    def _cut(self) -> None:
        self._look_ahead(OVERLAP + min(MAX_CUT, self._room))
        if len(self._line.ready) >= OVERLAP + min(OVERLAP, self._room):
            cut = self._line.cut(self._room)
            self._room -= cut
            self.stats.cut_ms += cut * 1000 / RATE
            self._since_retimed = 0

    def _stretch(self) -> None:
        if not self._line.real:
            return
        added = self._line.stretch(-self._room)
        self._room = min(0, self._room + added)
        self.stats.stretched_ms += added * 1000 / RATE
        if added:
            self._since_retimed = 0

    def _look_ahead(self, samples: int) -> None:
        """Decodes what follows without a gap, until there are ``samples`` to cut from."""
        while len(self._line.ready) < samples and self._waiting:
            first = self._first
            if (first.seq, first.timestamp) != (self._next_seq, self._next_timestamp):
                return
            self._play(first)
