"""A screen that another shares, at one endpoint: decoded only if somebody looks or follows marks, into shared memory."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable

from coachdesk import events
from coachdesk.annotation import ScreenName
from coachdesk.inkwire import Cursor
from coachdesk.media.packet import Packet
from coachdesk.media.picture.framering import FrameWriter
from coachdesk.media.picture.video import Picture, VideoReceiver
from coachdesk.media.screenshare.pointerview import PointerView
from coachdesk.screenevents import SURFACES, Spot
from coachdesk.screenwire import Size

PATIENCE = 2.0
"""Seconds a missing packet may hold the picture up: on a slow line, what replaces the picture would take longer."""
ASK_SECONDS = 1.0
"""How often a keyframe is asked for while there is no picture: one that stands still sends nothing by itself."""


class ScreenView:
    """A screen that stands still sends nothing: whether it is shared is told, not seen. Packets that come while it is not
    are dropped.

    Attributes:
        state: as told last. party: who shares it; name: of a supervisor, as far as it is known.
        newest: the picture of it that was decoded last; None where it is not decoded, or blanked.
        watchers: by whose screen it is: sees every picture of it on the decoding thread, before anybody else.
        request_keyframe: asks who sends it for one.
    """

    def __init__(self, emit: Callable[[events.AnyEvent], None]) -> None:
        self.state: events.ShareState = "off"
        self.party: events.Sharer = "agent"
        self.name = ""
        self._also = ""
        self._size: Size | None = None
        self.request_keyframe: Callable[[], None] = lambda: None
        self._emit = emit
        self.newest: Picture | None = None
        self.watchers: dict[events.Sharer, Callable[[Picture], None]] = {}
        self._published = False
        self._pointer = PointerView()
        self._ring: FrameWriter | None = None
        self._receiver: VideoReceiver | None = None
        self._announced = False

    def told(
        self, state: events.ShareState, party: events.Sharer = "agent", also: str = "", name: str = ""
    ) -> None:
        """What is said of the share: see ``events.Screen``."""
        if state == "off":
            party, also, name = self.party, "", self.name
        elif party != self.party and self.state != "off":
            self.told("off")  # another screen, though on the same stream
        if (state, party, also, name) == (self.state, self.party, self._also, self.name):
            return
        if (state, party) != (self.state, self.party):
            self.newest = None
            self._forget_pointer()
        was, self.state, self.party, self._also, self.name = self.state, state, party, also, name
        self._emit(events.Screen(party=party, state=state, also=also, name=name))
        if state == "off":
            self._size = None
            self._end()
        elif was == "off":
            self._look()

    def sized(self, size: Size | None) -> None:
        """How large the whole of it is, in pixels, of which fewer may come; None: that is not known."""
        if self.state != "off" and size != self._size:
            self._size = size
            self._emit(events.ScreenSize(size=size))

    def publish(self, on: bool) -> None:
        """Puts pictures into shared memory, announced by a ``frames`` event, or no longer."""
        if on is self._published:
            return
        self._published = on
        self._look()

    def newest_on(self, surface: ScreenName) -> int | None:
        """RTP timestamp of the newest picture of what is drawn on as ``surface``; None: it is not this."""
        return None if self.newest is None or SURFACES[self.party] != surface else self.newest.timestamp

    def put(self, packet: Packet) -> None:
        if self._receiver is not None:
            self._receiver.put(packet)

    @property
    def pointer(self) -> Spot | None:
        """Where on the picture the sharer's pointer is."""
        return self._pointer.at

    def pointed(self, told: Cursor) -> None:
        """What the hub says of a sharer's pointer, on this screen or another; the customer's is in their pictures."""
        shown = self.state == "on" and self.party == told.of
        if shown and self._published and self._pointer.take(told, time.monotonic()):
            self._emit(events.ScreenPointer(at=self._pointer.at))

    def _forget_pointer(self) -> None:
        if self._pointer.forget():
            self._emit(events.ScreenPointer())

    def close(self) -> None:
        """The call is over, or the connection to its agent lost."""
        self.told("off")

    def _look(self) -> None:
        """Decodes it, and puts it into shared memory, if it is shared and somebody wants that."""
        if self.state == "off":
            return
        if self._published and self._ring is None:
            self._open_ring()
        elif not self._published:
            self._close_ring()
        if not self._published and self.party not in self.watchers:
            self._end()
        elif self._receiver is None:
            self._decode(self.watchers.get(self.party, lambda picture: None))

    def _decode(self, watch: Callable[[Picture], None]) -> None:
        receiver = self._receiver = VideoReceiver(PATIENCE)
        receiver.on_picture = lambda picture: self._put(picture, watch)
        receiver.on_frame = lambda picture: self._take(receiver, picture)
        receiver.on_keyframe_needed = lambda: self.request_keyframe()
        self._ask(receiver)

    def _open_ring(self) -> None:
        self._ring = FrameWriter(f"cdk-{secrets.token_hex(6)}")
        if self.newest is not None:
            self._announce(self._ring, self.newest)

    def _announce(self, ring: FrameWriter, picture: Picture) -> None:
        """With a picture in it: one that stands still may be the last for long."""
        self._announced = True
        _write(ring, picture)
        self._emit(events.Frames(party=self.party, name=ring.name, screen=True))

    def _ask(self, receiver: VideoReceiver) -> None:
        """Again and again, as long as there is nothing to be seen."""
        if receiver is self._receiver and receiver.needs_keyframe:
            self.request_keyframe()
            asyncio.get_running_loop().call_later(ASK_SECONDS, self._ask, receiver)

    def _put(self, picture: Picture, watch: Callable[[Picture], None]) -> None:
        """On the decoding thread. Where marks are is known before the picture is to be seen."""
        watch(picture)
        ring = self._ring
        if ring is not None:
            _write(ring, picture)

    def _take(self, receiver: VideoReceiver, picture: Picture) -> None:
        if receiver is not self._receiver:
            return
        self.newest = picture if self.state == "on" else None
        if self._ring is not None and not self._announced:
            self._announce(self._ring, picture)

    def _end(self) -> None:
        self.newest = None
        self._forget_pointer()
        receiver, self._receiver = self._receiver, None
        if receiver is not None:
            receiver.close()
        self._close_ring()

    def _close_ring(self) -> None:
        ring, self._ring = self._ring, None
        if ring is not None:
            ring.close()
        if self._announced:
            self._announced = False
            self._emit(events.VideoGone(party=self.party, screen=True))


def _write(ring: FrameWriter, picture: Picture) -> None:
    ring.write(picture.bgra(), picture.arrival, picture.timestamp)
