"""Stills at the agent's endpoint: the picture that stands still for everybody, and those that come in place of a video.

The customer's page sends them, the hub hands them on to the observers, who see the customer's picture anyway, and what
stands still to the customer as well, whose page may have been loaded anew.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from coachdesk import call as calls
from coachdesk.media.connection.peer import Peer
from coachdesk.media.ink.inkhub import InkHub
from coachdesk.media.ink.stillpipe import StillPipe
from coachdesk.stillwire import AnyMessage, Ask, Freeze, Have, Line, Thaw, Whole
from signaling.pace import TokenBucket
from signaling.protocol import CallView

LIVE_PER_SECOND, LIVE_AT_ONCE = 2, 4


@dataclass
class _Party:
    """``pipe``: on the connection in use. ``has``: the frame of the still that is there or on its way there."""

    pipe: StillPipe
    has: int | None


class StillHub:
    """Says by the ink's ``stage`` what stands still, and sees to it that everybody gets that picture.

    Attributes:
        frozen: id of the frame that stands still, or None. It is no frame of the video's.
        on_still: a still is here, to be looked at: it is of the customer's making.
        on_freeze: who has taken over wants the picture to stand still (True), or to be live again.
        on_thaw: the customer's camera is off, so nothing stands still any more.
        dropped: stills in place of a video that were too many.
        on_line: stills come in place of the video from now on (True), or no longer.
    """

    def __init__(self, ink: InkHub, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.frozen: int | None = None
        self.on_still: Callable[[Whole], None] = lambda still: None
        self.on_freeze: Callable[[bool], None] = lambda on: None
        self.on_thaw: Callable[[], None] = lambda: None
        self.on_line: Callable[[bool], None] = lambda stills: None
        self._ink = ink
        self._view: CallView | None = None
        self._still: Whole | None = None
        self._parties: dict[str, _Party] = {}
        self._slow = False
        self._clock = clock
        self._pace = TokenBucket(LIVE_PER_SECOND, LIVE_AT_ONCE, clock())
        self.dropped = 0

    def apply(self, view: CallView) -> None:
        """Who is on the call."""
        self._view = view
        present = {each.party for each in view.parties}
        self._parties = {name: party for name, party in self._parties.items() if name in present}

    # --- what stands still --------------------------------------------------------------------------------------

    def freeze(self, frame: int) -> None:
        """From now on everybody sees the customer's picture as it is at this moment, called ``frame``."""
        self.frozen, self._still = frame, None
        self._tell()
        customer = self._parties.get(self._view.customer) if self._view is not None else None
        if customer is not None:
            customer.pipe.send(Ask(frame=frame))

    def thaw(self) -> None:
        """The picture is live again for everybody."""
        self.frozen = self._still = None
        self._tell()

    def _tell(self) -> None:
        self._ink.lines.show_still(self.frozen, instead=self._slow)

    # --- what comes in ------------------------------------------------------------------------------------------

    def received(self, party: str, peer: Peer, message: AnyMessage | Whole) -> None:
        """A message of ``party`` on a connection to it; what is not theirs to say is not heard."""
        if isinstance(message, Have):
            self._begin(party, peer.stills, message)
        elif self._view is None:
            return
        elif isinstance(message, Line):
            if party == self._view.customer:
                self._note_line(message)
        elif calls.held(self._view):
            return
        elif party == self._view.customer:
            self._from_customer(message)
        elif isinstance(message, Freeze) and calls.leads(self._view, party):
            self.on_freeze(message.on)

    def _begin(self, party: str, pipe: StillPipe, have: Have) -> None:
        known = self._parties[party] = _Party(pipe, have.frame)
        if self.frozen is None or self._view is None:
            return
        if self._still is not None:
            self._give(known, self._still)
        elif party == self._view.customer:
            pipe.send(Ask(frame=self.frozen))

    def _from_customer(self, message: AnyMessage | Whole) -> None:
        match message:
            case Whole(frame=frame, live=False) if frame == self.frozen and self._still is None:
                self._still = message
                self._pass_on(message)
                self.on_still(message)
            case Whole(live=True) if self.frozen is None:
                self._take_live(message)
            case Thaw(frame=frame) if frame == self.frozen:
                self.on_thaw()

    def _note_line(self, line: Line) -> None:
        """Also on hold, for it is said but once."""
        if line.stills is not self._slow:
            self._slow = line.stills
            self._tell()
            self.on_line(line.stills)

    def _take_live(self, still: Whole) -> None:
        if not self._pace.take(self._clock()):
            self.dropped += 1  # who looks at it has other things to do
            return
        self._pass_on(still)
        self.on_still(still)

    def _pass_on(self, still: Whole) -> None:
        customer = self._view.customer if self._view is not None else ""
        for name, party in self._parties.items():
            if name != customer:
                self._give(party, still)
            elif not still.live:
                party.has = still.frame

    def _give(self, party: _Party, still: Whole) -> None:
        if party.has != still.frame:
            party.has = still.frame
            party.pipe.send_still(still)
