"""Sharers' pointers at the agent's endpoint: the agent's own to observers, a supervisor's to all who see that screen."""

from __future__ import annotations

import time
from collections.abc import Callable

import msgspec

from coachdesk import inkwire
from coachdesk.inkwire import Cursor
from coachdesk.media.legs import Legs
from coachdesk.media.screenshare.coachscreen import CoachScreen
from coachdesk.media.screenshare.pointerline import PointerLine
from coachdesk.media.screenshare.pointerview import PointerView
from coachdesk.media.screenshare.screencast import ScreenCast
from coachdesk.media.screenshare.screenorder import ScreenOrder


class ScreenPointers:
    """A supervisor's is taken while the server's word lets them show a screen, and from nobody else. It is told anew from
    here, with numbers of its own: what is lost on one way is made up for there, and another who shares counts on.

    Attributes:
        on_cursor: a supervisor's pointer, for the agent's own eyes.
    """

    def __init__(self, legs: Legs, agents: ScreenCast, coachs: CoachScreen, order: ScreenOrder) -> None:
        self.on_cursor: Callable[[Cursor], None] = lambda cursor: None
        self._legs, self._coachs, self._order = legs, coachs, order
        self._sharer = ""
        self._shown: frozenset[str] = frozenset()
        self._far = PointerView()
        self._line = PointerLine(self._pass_on)
        agents.tell = self._send

    def take(self, party: str, told: Cursor) -> bool:
        """``party`` says where theirs is. False if they show no screen."""
        if not self._sharer or party != self._sharer:
            return False
        before = self._far.number
        if self._far.take(told, time.monotonic()):
            self._line.show(self._far.at)
        elif self._far.number != before:
            self._line.tell()  # somebody new is there
        return True

    def arrange(self) -> None:
        """After every change of a screen, or of who is shown which."""
        sharer = self._coachs.sharer if self._coachs.state == "on" else ""
        if sharer != self._sharer:
            self._sharer = sharer
            self._forget()
        before, self._shown = self._shown, self._order.shown_coachs()
        if self._shown - before and self._line.at is not None:
            self._line.tell()

    def connected(self, party: str) -> None:
        """``party`` has a (new) connection, on which they may count anew."""
        if party == self._sharer:
            self._forget()

    def close(self) -> None:
        self._line.close()

    def _forget(self) -> None:
        """It is nowhere, until it is told again."""
        self._far.forget()
        self._line.show(None)

    def _pass_on(self, cursor: Cursor) -> None:
        cursor = msgspec.structs.replace(cursor, of="supervisor")
        if self._coachs.agent_sees:
            self.on_cursor(cursor)
        message = inkwire.dump(cursor)
        for observer in self._order.shown_coachs():
            self._send(observer, message)

    def _send(self, party: str, message: bytes) -> None:
        peer = self._legs.peer(party)
        if peer is not None:
            peer.ink.send_live(message)
