"""The agent's screen to the observers of a call: one encoder for all whose lines bear about as much, and a second for those
whose bear much less, on m-lines that are there from the start.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coachdesk import call as calls
from coachdesk.events import ShareState
from coachdesk.media.connection.compat import RtpOut
from coachdesk.media.connection.peer import Peer
from coachdesk.media.picture.camera import Camera, Shot
from coachdesk.media.picture.encoding import SCREEN
from coachdesk.media.picture.video import VideoSender
from coachdesk.media.screenshare.screenrate import LineRate, slow
from coachdesk.routing import screen_viewers
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
        state: whether a screen is shown to those who see it, or a plain picture in its place.
        source: the screen that is shared, which this owns.
        on_state: called when ``state`` has changed.
    """

    def __init__(self) -> None:
        self.state: ShareState = "off"
        self.source: Camera | None = None
        self.on_state: Callable[[], None] = lambda: None
        self._viewers: set[str] = set()
        self._peers: dict[str, Peer] = {}
        self._lines: dict[RtpOut, LineRate] = {}
        self._slow: set[RtpOut] = set()
        self._senders: tuple[VideoSender, VideoSender] | None = None  # to most, and to those on slow lines

    # --- to whom ---------------------------------------------------------------------------------------------

    def apply(self, view: CallView) -> None:
        """Shows the screen to those whom this state of the call allows it, from now on."""
        viewers = {member.party for member in screen_viewers(calls.members(view), view.agent)}
        if viewers != self._viewers:
            self._viewers = viewers
            self._point()

    def connect(self, party: str, peer: Peer) -> None:
        """``peer`` is the (new) connection to ``party``."""
        self._forget(party)
        self._peers[party] = peer
        self._lines[peer.outs[STREAM]] = _line(peer)
        self._point()

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

    def _seeing(self) -> list[RtpOut]:
        return [peer.outs[STREAM] for party, peer in self._peers.items() if party in self._viewers]

    def _point(self) -> None:
        seeing = self._seeing()
        self._slow = slow({out: self._lines[out].bitrate for out in seeing}, self._slow)
        if self._senders is not None:
            quick, slower = self._senders
            quick.send_to([out for out in seeing if out not in self._slow])
            slower.send_to([out for out in seeing if out in self._slow])

    def _sort(self) -> None:
        """After each picture: a line that bears much less than others, or no longer, changes the encoder."""
        before = self._slow
        if slow({out: self._lines[out].bitrate for out in self._seeing()}, before) != before:
            self._point()
            for out in self._slow ^ before:
                out.withdraw()  # nothing of one encoder can follow what was of the other

    # --- what ------------------------------------------------------------------------------------------------

    async def start(self, source: Camera) -> None:
        """Shares ``source`` in place of what is shared now."""
        before, self.source = self.source, source
        if self._senders is None:
            self._lines = {peer.outs[STREAM]: _line(peer) for peer in self._peers.values()}
            self._senders = self._sender(source), self._sender(source)
        else:
            self._withdraw()
            for sender in self._senders:
                sender.use(source)
        self._point()
        self._set("on")
        await _close(before)

    def shown(self) -> NDArray[np.uint8] | None:
        """The newest picture of the screen; None while there is none, or those who see it are shown a plain one."""
        shot = self.source.latest() if self.source is not None and self.state == "on" else None
        return None if shot is None else shot[0]

    def blank(self, on: bool) -> None:
        """A plain picture goes out at once in place of the screen, and nothing of that which is not sent yet."""
        if self._senders is None or self.source is None or on is (self.state == "blank"):
            return
        for sender in self._senders:
            sender.use(Plain() if on else self.source)
        self._withdraw()
        self._set("blank" if on else "on")

    def stop(self) -> Coroutine[Any, Any, None]:
        """Nothing of the screen goes out any more, at once; to be awaited: lets go of the source."""
        source, self.source = self.source, None
        senders, self._senders = self._senders, None
        if senders is not None:
            for sender in senders:
                sender.close()
            self._withdraw()
        self._set("off")
        return _close(source)

    def _sender(self, source: Camera) -> VideoSender:
        sender = VideoSender(source, SCREEN, self._lines.__getitem__)
        sender.on_sent = self._sort
        return sender

    def _withdraw(self) -> None:
        for out in self._lines:
            out.withdraw()

    def _set(self, state: ShareState) -> None:
        if state != self.state:
            self.state = state
            self.on_state()


def _line(peer: Peer) -> LineRate:
    return LineRate(peer.outs[BESIDE].bitrate_limit)


async def _close(source: Camera | None) -> None:
    """A program that captures may take its time to end."""
    if source is not None:
        await asyncio.to_thread(source.close)
