"""The agent's screen to the observers of a call: one encoder for all, on m-lines that are there from the start."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coachdesk import call as calls
from coachdesk.events import ShareState
from coachdesk.media.camera import Camera, Shot
from coachdesk.media.encoding import SCREEN
from coachdesk.media.peer import Peer
from coachdesk.media.video import VideoSender
from coachdesk.routing import screen_viewers
from signaling.protocol import CallView

STREAM = "screen"
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
        self._sender: VideoSender | None = None

    # --- to whom ---------------------------------------------------------------------------------------------

    def apply(self, view: CallView) -> None:
        """Shows the screen to those whom this state of the call allows it, from now on."""
        viewers = {member.party for member in screen_viewers(calls.members(view), view.agent)}
        if viewers != self._viewers:
            self._viewers = viewers
            self._point()

    def connect(self, party: str, peer: Peer) -> None:
        """``peer`` is the (new) connection to ``party``."""
        self._peers[party] = peer
        self._point()

    def disconnect(self, party: str) -> None:
        if self._peers.pop(party, None) is not None:
            self._point()

    def request_keyframe(self) -> None:
        if self._sender is not None:
            self._sender.request_keyframe()

    def _seeing(self) -> list[Peer]:
        return [peer for party, peer in self._peers.items() if party in self._viewers and STREAM in peer.outs]

    def _point(self) -> None:
        if self._sender is not None:
            self._sender.send_to([peer.outs[STREAM] for peer in self._seeing()])

    # --- what ------------------------------------------------------------------------------------------------

    async def start(self, source: Camera) -> None:
        """Shares ``source`` in place of what is shared now."""
        before, self.source = self.source, source
        if self._sender is None:
            self._sender = VideoSender(source, SCREEN)
        else:
            self._withdraw()
            self._sender.use(source)
        self._point()
        self._set("on")
        await _close(before)

    def shown(self) -> NDArray[np.uint8] | None:
        """The newest picture of the screen; None while there is none, or those who see it are shown a plain one."""
        shot = self.source.latest() if self.source is not None and self.state == "on" else None
        return None if shot is None else shot[0]

    def blank(self, on: bool) -> None:
        """A plain picture goes out at once in place of the screen, and nothing of that which is not sent yet."""
        if self._sender is None or self.source is None or on is (self.state == "blank"):
            return
        self._sender.use(Plain() if on else self.source)
        self._withdraw()
        self._set("blank" if on else "on")

    def stop(self) -> Coroutine[Any, Any, None]:
        """Nothing of the screen goes out any more, at once; to be awaited: lets go of the source."""
        source, self.source = self.source, None
        sender, self._sender = self._sender, None
        if sender is not None:
            sender.close()
            self._withdraw()
        self._set("off")
        return _close(source)

    def _withdraw(self) -> None:
        for peer in self._peers.values():
            peer.outs[STREAM].withdraw()

    def _set(self, state: ShareState) -> None:
        if state != self.state:
            self.state = state
            self.on_state()


async def _close(source: Camera | None) -> None:
    """A program that captures may take its time to end."""
    if source is not None:
        await asyncio.to_thread(source.close)
