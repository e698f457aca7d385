"""A screen of this machine: the agent's to observers and perhaps the customer, a supervisor's to the hub. One encoder for
all whose lines bear about as much, and a second for those whose bear much less, on m-lines that are there from the start.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Coroutine
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coachdesk import call as calls
from coachdesk import inkwire
from coachdesk.events import ShareState
from coachdesk.inkwire import Cursor
from coachdesk.media.connection.peer import Peer
from coachdesk.media.connection.rtpout import RtpOut
from coachdesk.media.picture.camera import Camera, Shot
from coachdesk.media.picture.encoding import MOTION, SCREEN
from coachdesk.media.picture.video import VideoSender
from coachdesk.media.screenshare.pointerline import PointerLine
from coachdesk.media.screenshare.screenfit import ScreenFit
from coachdesk.media.screenshare.screenrate import LineRate, slow
from coachdesk.media.screenshare.screensource import ScreenSource
from coachdesk.routing import customer_hears, screen_viewers
from coachdesk.screencommands import Content
from coachdesk.screenevents import Spot
from coachdesk.screenwire import Size
from signaling.protocol import CallView

STREAM = "screen"
BESIDE = "camera"
"""Video that goes the same way, and may have shown what that bears."""
PLAIN = (360, 640, 3)
GREY = 40


class Plain:
    """Shown in place of a screen that is blanked."""

    label = "Blank"
    fault: str | None = None

    def __init__(self) -> None:
        self._shot = np.full(PLAIN, GREY, np.uint8), time.monotonic()

    def latest(self) -> Shot | None:
        return self._shot

    def close(self) -> None: ...


class ScreenCast:
    """What ``routing.screen_viewers`` says is wired, and nothing else; without a share nothing is sent.

    Attributes:
        viewers: who is shown it, if a screen is shared.
        state: whether a screen is shown to those who see it, or a plain picture in its place.
        source: the screen that is shared, which this owns.
        content: what of it goes first: sharpness, or how often there is a picture.
        pointer: where on the screen the sharer's pointer is, as those who see it are told; None: not there.
        tell: takes what is said of the pointer, for one who is shown the screen; may be lost.
        may_show: the customer hears the agent, and so may be shown the screen.
        to_customer: the customer sees it too.
        turn: grows whenever something else is shared, or it is blanked or stopped.
        size: of the whole screen, in pixels, however many of them are sent; None while it is not known.
        on_size: called when that has changed.
        seen_at: how large a party shows the whole of it, in pixels of the monitor: so much of it they need; None: all.
        on_state: called when ``state`` has changed. on_shown: when ``to_customer`` has, or their connection is new.
        watch: called on the encoders' threads with each look at what is shown: the newest picture, and when it was taken.
        on_sent: called with a party that a picture has gone out to, its RTP timestamp as they get it, and when it was taken.
    """

    def __init__(self) -> None:
        self.state: ShareState = "off"
        self.source: ScreenSource | None = None
        self.content: Content = "text"
        self.tell: Callable[[str, bytes], None] = lambda party, message: None
        self._pointer = PointerLine(self._tell)
        self.may_show = self.to_customer = False
        self.turn = 0
        self.on_state: Callable[[], None] = lambda: None
        self.on_shown: Callable[[], None] = lambda: None
        self.size: Size | None = None
        self.on_size: Callable[[], None] = lambda: None
        self.seen_at: Callable[[str], Size | None] = lambda party: None
        self._view: CallView | None = None
        self.watch: Callable[[NDArray[np.uint8], float], None] = lambda picture, captured: None
        self.on_sent: Callable[[str, int, float], None] = lambda party, frame, captured: None
        self.viewers: set[str] = set()
        self._peers: dict[str, Peer] = {}
        self._lines: dict[RtpOut, LineRate] = {}
        self._slow: set[RtpOut] = set()
        self._senders: tuple[VideoSender, VideoSender] | None = None  # to most, and to those on slow lines
        self._fits = ScreenFit(), ScreenFit()  # of each of these

    # --- to whom ---------------------------------------------------------------------------------------------

    def apply(self, view: CallView) -> None:
        """Shows the screen to those whom this state of the call allows it, from now on. The customer who does not hear the
        agent for a while is not shown it again by itself.
        """
        self._view = view
        self.may_show = customer_hears(calls.members(view), view.agent, held=calls.held(view))
        if not self.may_show:
            self.show_customer(False)
        self._follow(view)

    def show_customer(self, on: bool) -> None:
        """The customer sees the screen too from now on, if it is shown at all and they may; or no more of it, at once."""
        on = on and self.may_show and self.state == "on"
        if on is self.to_customer or self._view is None:
            return
        self.to_customer = on
        peer = self._peers.get(self._view.customer)
        if on and peer is not None:
            self._lines[peer.outs[STREAM]] = _line(peer)
        self._follow(self._view)
        self.on_shown()
        if on:
            self._pointer.tell()

    def _follow(self, view: CallView) -> None:
        members, held = calls.members(view), calls.held(view)
        self.show_to(
            {each.party for each in screen_viewers(members, view.agent, held=held, shown=self.to_customer)}
        )

    def show_to(self, viewers: set[str]) -> None:
        """To these from now on; nothing that waits for others is sent any more."""
        if viewers == self.viewers:
            return
        gone, self.viewers = self.viewers - viewers, viewers
        self._point()
        for party in gone & self._peers.keys():
            self._peers[party].outs[STREAM].withdraw()

    def connect(self, party: str, peer: Peer) -> None:
        """``peer`` is the (new) connection to ``party``."""
        self._forget(party)
        self._peers[party] = peer
        self._lines[peer.outs[STREAM]] = _line(peer)
        self._point()
        if self._view is not None and party == self._view.customer:
            self.on_shown()

    def disconnect(self, party: str) -> None:
        if party in self._peers:
            self._forget(party)
            self._point()

    def _forget(self, party: str) -> None:
        peer = self._peers.pop(party, None)
        if peer is not None:
            self._lines.pop(peer.outs[STREAM], None)

    def request_keyframe(self, party: str) -> None:
        """``party`` has no picture, or has lost what the next ones refer to."""
        peer = self._peers.get(party)
        for sender in self._senders or ():
            if peer is not None and peer.outs[STREAM] in sender.lines:
                sender.request_keyframe()
                self._pointer.tell()

    def fit(self) -> None:
        """After every change of ``seen_at``."""
        for sender, fit in zip(self._senders or (), self._fits, strict=False):
            parties = [party for party, peer in self._peers.items() if peer.outs[STREAM] in sender.lines]
            fit.shown = tuple(map(self.seen_at, parties))

    def _seeing(self) -> list[RtpOut]:
        return [peer.outs[STREAM] for party, peer in self._peers.items() if party in self.viewers]

    def _point(self) -> None:
        seeing = self._seeing()
        self._slow = slow({out: self._lines[out].bitrate for out in seeing}, self._slow)
        if self._senders is not None:
            quick, slower = self._senders
            quick.send_to([out for out in seeing if out not in self._slow])
            slower.send_to([out for out in seeing if out in self._slow])
            self.fit()

    def _sent(self, outs: list[RtpOut], timestamp: int, captured: float, size: Size) -> None:
        if self.state == "on":
            self._measure(size)
        for party, peer in self._peers.items():
            if (out := peer.outs[STREAM]) in outs:
                self.on_sent(party, (timestamp + out.timestamp_origin) & 0xFFFFFFFF, captured)
        self._sort()

    def _sort(self) -> None:
        """After each picture: a line that bears much less than others, or no longer, changes the encoder."""
        before = self._slow
        if slow({out: self._lines[out].bitrate for out in self._seeing()}, before) != before:
            self._point()
            for out in self._slow ^ before:
                out.withdraw()  # nothing of one encoder can follow what was of the other

    # --- what ------------------------------------------------------------------------------------------------

    async def start(self, source: ScreenSource, content: Content = "text") -> None:
        """Shares ``source`` in place of what is shared now; the customer is not shown it, whatever they saw before."""
        self._turn()
        before, self.source = self.source, source
        self._measure(None)
        if content != self.content:
            self._end()
        self.content = content
        if self._senders is None:
            self._lines = {peer.outs[STREAM]: _line(peer) for peer in self._peers.values()}
            self._fits = quick, slower = ScreenFit(), ScreenFit()
            self._senders = self._sender(source, quick), self._sender(source, slower)
        else:
            self._withdraw()
            for sender in self._senders:
                sender.use(source)
        self._point()
        self._set("on")
        source.on_picture = self._look
        self._follow_pointer(source)
        await _close(before)

    def _look(self) -> None:
        """On any thread."""
        for sender in self._senders or ():
            sender.look()

    def shown(self) -> NDArray[np.uint8] | None:
        """The newest picture of the screen; None while there is none, or those who see it are shown a plain one."""
        shot = self.source.latest() if self.source is not None and self.state == "on" else None
        return None if shot is None else shot[0]

    def blank(self, on: bool) -> None:
        """A plain picture goes out at once in place of the screen, and nothing of that which is not sent yet."""
        if self._senders is None or self.source is None or on is (self.state == "blank"):
            return
        self._turn()
        for sender in self._senders:
            sender.use(Plain() if on else self.source)
        self._withdraw()
        self._set("blank" if on else "on")
        self._pointer.show(None if on else self.source.pointer)

    def stop(self) -> Coroutine[Any, Any, None]:
        """Nothing of the screen goes out any more, at once; to be awaited: lets go of the source."""
        self._turn()
        source, self.source = self.source, None
        self._end()
        self._measure(None)
        self._set("off")
        self._pointer.close()
        return _close(source)

    # --- the pointer -----------------------------------------------------------------------------------------

    @property
    def pointer(self) -> Spot | None:
        return self._pointer.at

    def tell_pointer(self, party: str) -> None:
        """``party`` can be told of it from now on."""
        if party in self.viewers and self._senders is not None:
            self._pointer.tell()

    def _follow_pointer(self, source: ScreenSource) -> None:
        """Of ``source`` from now on; it is told of on a thread."""
        loop = asyncio.get_running_loop()

        def moved() -> None:
            with contextlib.suppress(RuntimeError):  # the loop is gone
                loop.call_soon_threadsafe(self._moved, source)

        source.on_pointer = moved
        self._pointer.show(source.pointer)

    def _moved(self, source: ScreenSource) -> None:
        if source is self.source and self.state == "on":
            self._pointer.show(source.pointer)

    def _tell(self, cursor: Cursor) -> None:
        message = inkwire.dump(cursor)
        for party in self._peers.keys() & self.viewers:
            self.tell(party, message)

    def _sender(self, source: Camera, fit: ScreenFit) -> VideoSender:
        encoding = MOTION if self.content == "motion" else SCREEN
        sender = VideoSender(source, encoding, self._lines.__getitem__)
        sender.watch = lambda picture, captured: self.watch(picture, captured)
        sender.on_sent = self._sent
        sender.scale = lambda size: fit.scale(size, time.monotonic())
        return sender

    def _end(self) -> None:
        senders, self._senders = self._senders, None
        if senders is not None:
            for sender in senders:
                sender.close()
            self._withdraw()

    def _turn(self) -> None:
        self.turn += 1
        self.show_customer(False)

    def _withdraw(self) -> None:
        for out in self._lines:
            out.withdraw()

    def _measure(self, size: Size | None) -> None:
        if size != self.size:
            self.size = size
            self.on_size()

    def _set(self, state: ShareState) -> None:
        if state != self.state:
            self.state = state
            self.on_state()


def _line(peer: Peer) -> LineRate:
    beside = peer.outs.get(BESIDE)
    return LineRate(beside.bitrate_limit if beside is not None else None)


async def _close(source: Camera | None) -> None:
    """A program that captures may take its time to end."""
    if source is not None:
        await asyncio.to_thread(source.close)
