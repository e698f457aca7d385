"""A screen that another endpoint encodes, packet by packet onto the one m-line that observers have for it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from coachdesk.media.connection.peer import Peer
from coachdesk.media.connection.rtpout import RtpOut
from coachdesk.media.packet import Packet
from coachdesk.media.picture import vp8
from coachdesk.media.picture.pictureline import PictureLine
from coachdesk.media.picture.thinning import LayerRates
from coachdesk.media.screenshare.screencast import STREAM


class ScreenRelay:
    """Attributes:
    on_keyframe_wanted: somebody needs a keyframe.
    on_offset: called with a party and what they have to add to timestamps as they get them, modulo 2**32, to have those of
        the source; at every change.
    """

    def __init__(self) -> None:
        self.on_keyframe_wanted: Callable[[], None] = lambda: None
        self.on_offset: Callable[[str, int], None] = lambda party, offset: None
        self._offsets: dict[str, int] = {}
        self._aimed: frozenset[str] = frozenset()
        self._lines: dict[str, PictureLine] = {}
        self._outs: dict[str, RtpOut] = {}
        self._rates = LayerRates()

    def connect(self, party: str, peer: Peer) -> None:
        """``peer`` is the (new) connection to an observer."""
        out = self._outs[party] = peer.outs[STREAM]
        line = self._lines[party] = PictureLine(out, self._rates)
        line.on_keyframe_wanted = lambda: self.on_keyframe_wanted()

    def disconnect(self, party: str) -> None:
        self._lines.pop(party, None)
        self._offsets.pop(party, None)
        self._outs.pop(party, None)

    def aim(self, parties: Iterable[str]) -> None:
        """To these from now on. Nothing that waits for others is sent any more; what comes next for them begins anew."""
        aimed = frozenset(parties)
        for party in (self._aimed - aimed) & self._lines.keys():
            self._outs[party].withdraw()
            self._lines[party].restart()
        self._aimed = aimed

    def put(self, packet: Packet) -> bool:
        """One packet of the screen. False where it is no VP8, and goes to nobody."""
        try:
            self._rates.add(vp8.parse(packet.payload).layer, len(packet.payload), packet.arrival)
        except ValueError:
            return False  # padding, or damaged
        for party in self._aimed & self._lines.keys():
            line = self._lines[party]
            line.forward(packet)
            if line.offset is not None and line.offset != self._offsets.get(party):
                self._offsets[party] = line.offset
                self.on_offset(party, line.offset)
        return True

    def request_keyframe(self, party: str) -> None:
        """``party`` asks for a keyframe; those on slow lines are heard seldom."""
        line = self._lines.get(party)
        if line is not None and party in self._aimed:
            line.request_keyframe(time.monotonic())
