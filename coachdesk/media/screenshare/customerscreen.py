"""The customer's screen at the agent's endpoint: to the agent, and packet by packet to the observers."""

from __future__ import annotations

import time
from collections.abc import Callable

import msgspec

from coachdesk import call as calls
from coachdesk.media.connection.peer import Peer
from coachdesk.media.packet import Packet
from coachdesk.media.screenshare.screenrelay import ScreenRelay
from coachdesk.routing import screen_viewers
from coachdesk.screenevents import RequestState, ShareState
from coachdesk.screenwire import AskScreen, Shown
from signaling.pace import TokenBucket
from signaling.protocol import CallView

BEGINS_PER_SECOND, BEGINS_AT_ONCE = 1.0, 10
"""How often a share may begin, or go on: each time everybody who sees it sets up a decoder."""


class CustomerScreen:
    """Only the customer's page begins a share: what comes before it has said so is dropped. To whom the rest goes,
    ``routing.screen_viewers`` says. Observers have one m-line for screens, on which all others go first.

    Attributes:
        state: what those who see it are shown; ``blank`` while the customer has paused, or the call is on hold.
        request: whether the customer is asked for it.
        viewers: who may see it, while it is shared; the agent among them.
        on_change: called when one of these has changed.
        on_packet: one packet for the agent's own eyes.
        on_offset: see `ScreenRelay`, of the observers who are shown it.
        on_keyframe_wanted: somebody needs a keyframe.
        tell: sends a message to the customer's page.
    """

    def __init__(self) -> None:
        self.on_change: Callable[[], None] = lambda: None
        self.on_packet: Callable[[Packet], None] = lambda packet: None
        self.on_offset: Callable[[str, int], None] = lambda party, offset: None
        self.on_keyframe_wanted: Callable[[], None] = lambda: None
        self.tell: Callable[[bytes], None] = lambda data: None
        self.state: ShareState = "off"
        self.request: RequestState = "unable"
        self.viewers: frozenset[str] = frozenset()
        self._said = Shown("off", able=False)
        self._pace = TokenBucket(BEGINS_PER_SECOND, BEGINS_AT_ONCE, time.monotonic())
        self._asked = False
        self._declined = False
        self._elsewhere: frozenset[str] = frozenset()
        self._view: CallView | None = None
        self._relay = ScreenRelay()
        self._relay.on_offset = lambda party, offset: self.on_offset(party, offset)
        self._relay.on_keyframe_wanted = lambda: self.on_keyframe_wanted()

    # --- to whom ---------------------------------------------------------------------------------------------

    def apply(self, view: CallView) -> None:
        """Shows it to those whom this state of the call allows it, from now on."""
        self._view = view
        viewers = screen_viewers(calls.members(view), view.customer, held=calls.held(view))
        self.viewers = frozenset(member.party for member in viewers)
        self._change()

    def connect(self, party: str, peer: Peer) -> None:
        """``peer`` is the (new) connection to an observer."""
        self._relay.connect(party, peer)

    def disconnect(self, party: str) -> None:
        self._relay.disconnect(party)

    def give_way(self, parties: frozenset[str]) -> None:
        """Those have another's screen on their m-line."""
        self._elsewhere = parties
        self._aim()

    def _aim(self) -> None:
        self._relay.aim(self.viewers - self._elsewhere if self.state == "on" else ())

    def request_keyframe(self, party: str) -> None:
        """``party`` asks for a keyframe."""
        self._relay.request_keyframe(party)

    # --- what the customer says ------------------------------------------------------------------------------

    def connected(self) -> None:
        """The customer has a (new) connection, on which what they were asked is asked again."""
        if self._asked:
            self._tell()
        if self.state == "on":
            self.on_keyframe_wanted()

    def lost(self) -> None:
        """Nobody knows what the customer shares, until they say so again."""
        self.said(Shown("off", able=False))

    def said(self, shown: Shown) -> None:
        """What the customer's page says. One that begins again and again is taken for paused."""
        begins = shown.state == "on" != self._said.state
        if begins and not self._pace.take(time.monotonic()):
            shown = msgspec.structs.replace(shown, state="paused")
        if shown.declined or shown.state != "off":
            self._declined = shown.declined and self._asked
            self._asked = False
        self._said = shown
        self._change()

    def ask(self, on: bool) -> None:
        """The customer is asked to share their screen, or is so no longer."""
        self._asked, self._declined = on, False
        self._tell()
        self._change()

    def _tell(self) -> None:
        self.tell(msgspec.json.encode(AskScreen(on=self._asked)))

    # --- packets ---------------------------------------------------------------------------------------------

    def put(self, packet: Packet) -> None:
        """One packet of the customer's screen."""
        if self.state != "on" or self._view is None:
            return
        if self._relay.put(packet) and self._view.agent in self.viewers:
            self.on_packet(packet)

    # --- how it is -------------------------------------------------------------------------------------------

    def _change(self) -> None:
        before = self.state, self.request
        self.state, self.request = self._shown_state(), self._request_state()
        self._aim()
        if (self.state, self.request) == before:
            return
        if self.state == "on":
            self.on_keyframe_wanted()
        self.on_change()

    def _shown_state(self) -> ShareState:
        if self._said.state == "off":
            return "off"
        held = self._view is None or calls.held(self._view)
        return "blank" if held or self._said.state == "paused" else "on"

    def _request_state(self) -> RequestState:
        if not self._said.able:
            return "unable"
        if self._asked:
            return "asked"
        return "declined" if self._declined else "none"
