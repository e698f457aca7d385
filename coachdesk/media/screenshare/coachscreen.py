"""A supervisor's screen at the agent's endpoint: to the agent, and packet by packet to the other observers."""

from __future__ import annotations

from collections.abc import Callable

from coachdesk import call as calls
from coachdesk.media.connection.peer import Peer
from coachdesk.media.packet import Packet
from coachdesk.media.screenshare.screenrelay import ScreenRelay
from coachdesk.routing import screen_viewers
from coachdesk.screenevents import ShareState
from signaling.protocol import CallView


class CoachScreen:
    """The state of the call alone, which is the server's word, says who shares one: what comes from others, or while it is
    blanked there, is dropped. To whom the rest goes, ``routing.screen_viewers`` says.

    Attributes:
        sharer: the party id of who shares, or "".
        state: what those who see it are shown.
        viewers: who may see it, while it is shared.
        on_change: called when ``sharer`` or ``state`` has changed.
        on_packet: one packet for the agent's own eyes.
        on_offset: see `ScreenRelay`, of the observers who are shown it.
        on_keyframe_wanted: somebody needs a keyframe of ``sharer``.
    """

    def __init__(self) -> None:
        self.on_change: Callable[[], None] = lambda: None
        self.on_packet: Callable[[Packet], None] = lambda packet: None
        self.on_keyframe_wanted: Callable[[str], None] = lambda sharer: None
        self.sharer = ""
        self.state: ShareState = "off"
        self.viewers: frozenset[str] = frozenset()
        self._agent = ""
        self._elsewhere: frozenset[str] = frozenset()
        self._relay = ScreenRelay()
        self.on_offset: Callable[[str, int], None] = lambda party, offset: None
        self._relay.on_offset = lambda party, offset: self.on_offset(party, offset)
        self._relay.on_keyframe_wanted = lambda: self.on_keyframe_wanted(self.sharer)

    def apply(self, view: CallView) -> None:
        """Shows it to those whom this state of the call allows it, from now on."""
        before = self.sharer, self.state
        self._agent = view.agent
        self.sharer, self.state, self.viewers = "", "off", frozenset()
        for party in view.parties:
            viewers = screen_viewers(calls.members(view), party.party)
            if party.party not in (view.agent, view.customer) and party.shares and viewers:
                self.sharer, self.state = party.party, party.shares
                self.viewers = frozenset(each.party for each in viewers)
                break
        if self.sharer != before[0]:
            self._relay.aim(())
        self._aim()
        if (self.sharer, self.state) != before:
            if self.state == "on":
                self.on_keyframe_wanted(self.sharer)
            self.on_change()

    @property
    def agent_sees(self) -> bool:
        """Whether the agent may see it, while it is shared."""
        return self._agent in self.viewers

    def give_way(self, parties: frozenset[str]) -> None:
        """Those have another's screen on their m-line."""
        self._elsewhere = parties
        self._aim()

    def _aim(self) -> None:
        self._relay.aim(self.viewers - self._elsewhere if self.state == "on" else ())

    def connect(self, party: str, peer: Peer) -> None:
        """``peer`` is the (new) connection to an observer, who may be the one who shares."""
        self._relay.connect(party, peer)
        if party == self.sharer and self.state == "on":
            self.on_keyframe_wanted(party)

    def disconnect(self, party: str) -> None:
        self._relay.disconnect(party)

    def request_keyframe(self, party: str) -> None:
        """``party`` asks for a keyframe."""
        self._relay.request_keyframe(party)

    def put(self, party: str, packet: Packet) -> None:
        """One packet on the m-line of ``party``."""
        if party != self.sharer or self.state != "on" or not self._relay.put(packet):
            return
        if self.agent_sees:
            self.on_packet(packet)
