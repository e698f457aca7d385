"""VP8 frames put together from packets that come late, twice or never (RFC 7741). Pure; time is passed in."""

from __future__ import annotations

from typing import NamedTuple

from coachdesk.media.packet import Packet, SequenceUnwrapper
from coachdesk.media.picture import vp8

PATIENCE = 0.5
"""Seconds a missing packet may hold the picture up before the next keyframe is waited for instead, as a rule."""
CAPACITY = 1024
"""Packets held at most: about 3 s of 720p."""


class EncodedFrame(NamedTuple):
    """One whole VP8 frame. ``arrival``: of its last packet, ``time.monotonic()`` seconds."""

    data: bytes
    timestamp: int
    keyframe: bool
    arrival: float


class _Piece(NamedTuple):
    packet: Packet
    start: bool
    keyframe: bool
    data: bytes


class VideoBuffer:
    """Packets in, whole frames out in decoding order, each as soon as its last packet is there.

    A gap is waited for (others ask for the packets, see ``nack``) for ``patience`` seconds. Then, and at
    the start, frames are skipped up to the next keyframe; ``needs_keyframe`` is true meanwhile. A keyframe
    that is whole ends any wait at once. A large picture that comes slowly and without gaps is waited for as long as it
    takes.
    """

    def __init__(self, patience: float | None = None) -> None:
        """``patience``: seconds; None: ``PATIENCE``."""
        self._patience = PATIENCE if patience is None else patience
        self.needs_keyframe = True
        self.skipped = 0
        """How often the picture was given up until a keyframe."""
        self._unwrapper = SequenceUnwrapper()
        self._pieces: dict[int, _Piece] = {}
        self._next = 0  # the first packet not yet handed out; meaningless while a keyframe is needed
        self._ssrc: int | None = None
        self._gap = 0  # the first packet that is missing
        self._gap_since: float | None = None

    def put(self, packet: Packet, now: float) -> list[EncodedFrame]:
        """Take a packet; return the frames that are whole now. A malformed packet counts as lost."""
        try:
            piece = _piece(packet)
        except ValueError:
            return []
        number = self._number(packet)
        if not self.needs_keyframe and number < self._next:
            return []
        self._pieces[number] = piece
        if len(self._pieces) > CAPACITY:
            self._give_up()
            return []
        if self.needs_keyframe or self._end_of_frame(self._next) is None:
            self._look_for_keyframe(number)
        frames = [] if self.needs_keyframe else self._take_whole_frames()
        self._watch(now)
        return frames

    def _number(self, packet: Packet) -> int:
        """The sequence number, unwrapped; another source, or a wild jump back, starts everything anew."""
        number = self._unwrapper.unwrap(packet.seq)
        if packet.ssrc != self._ssrc or number < self._next - CAPACITY:
            self._ssrc = packet.ssrc
            self._unwrapper = SequenceUnwrapper()
            self._next = 0
            self.skip_to_keyframe()
            number = self._unwrapper.unwrap(packet.seq)
        return number

    def skip_to_keyframe(self) -> None:
        """Forget what is held and wait for a keyframe: what was handed out could not be decoded."""
        self._pieces.clear()
        self.needs_keyframe = True

    def _give_up(self) -> None:
        self.skipped += not self.needs_keyframe
        self._gap_since = None
        self.skip_to_keyframe()

    def _watch(self, now: float) -> None:
        """Give up on a gap that has been in the way for too long."""
        if self.needs_keyframe or not self._pieces:
            self._gap_since = None
            return
        gap = max(self._gap, self._next) if self._gap_since is not None else self._next
        while gap in self._pieces:
            gap += 1
        if gap - self._next == len(self._pieces):
            self._gap_since = None
        elif self._gap_since is None or gap != self._gap:
            self._gap, self._gap_since = gap, now
        elif now - self._gap_since > self._patience:
            self._give_up()

    def _look_for_keyframe(self, number: int) -> None:
        """Go on from the frame that piece ``number`` belongs to, if that is a keyframe and whole."""
        start = number
        timestamp = self._pieces[number].packet.timestamp
        while not self._pieces[start].start:
            start -= 1
            if start not in self._pieces or self._pieces[start].packet.timestamp != timestamp:
                return
        if not self._pieces[start].keyframe or self._end_of_frame(start) is None:
            return
        self._next = start
        self.needs_keyframe = False
        for stale in [held for held in self._pieces if held < start]:
            del self._pieces[stale]

    def _take_whole_frames(self) -> list[EncodedFrame]:
        frames = []
        while (end := self._end_of_frame(self._next)) is not None:
            pieces = [self._pieces.pop(number) for number in range(self._next, end)]
            self._next = end
            if pieces[0].data:
                frames.append(_assemble(pieces))
        return frames

    def _end_of_frame(self, start: int) -> int | None:
        """One past the last piece of the frame beginning at ``start``, if all of it is here.

        Padding, which has no data, counts as a frame of its own.
        """
        if start not in self._pieces:
            return None
        number = start
        while self._pieces[number].data and not self._pieces[number].packet.marker:
            number += 1
            if number not in self._pieces:
                return None
            if self._pieces[number].packet.timestamp != self._pieces[start].packet.timestamp:
                return number
        return number + 1


def _piece(packet: Packet) -> _Piece:
    if not packet.payload:
        return _Piece(packet, start=False, keyframe=False, data=b"")
    part = vp8.parse(packet.payload)
    return _Piece(packet, part.start, part.keyframe, part.data)


def _assemble(pieces: list[_Piece]) -> EncodedFrame:
    return EncodedFrame(
        data=b"".join(piece.data for piece in pieces),
        timestamp=pieces[0].packet.timestamp,
        keyframe=pieces[0].keyframe,
        arrival=max(piece.packet.arrival for piece in pieces),
    )
