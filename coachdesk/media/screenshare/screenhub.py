"""The screens of a call at its agent's endpoint: the agent's, a supervisor's, the customer's; who is shown which."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec

from coachdesk import screenwire
from coachdesk.media.connection.peer import Peer
from coachdesk.media.ink.inkhub import InkHub
from coachdesk.media.legs import Legs
from coachdesk.media.screenshare.coachmarks import CoachMarks
from coachdesk.media.screenshare.coachscreen import CoachScreen
from coachdesk.media.screenshare.customermarks import CustomerMarks
from coachdesk.media.screenshare.customerscreen import CustomerScreen
from coachdesk.media.screenshare.desktopmarks import DesktopMarks
from coachdesk.media.screenshare.screencast import STREAM, ScreenCast
from coachdesk.media.screenshare.screenfit import largest
from coachdesk.media.screenshare.screenorder import ScreenOrder
from coachdesk.media.screenshare.screenpointers import ScreenPointers
from coachdesk.media.screenshare.screensizes import ScreenSizes
from coachdesk.screenwire import Seen, Shown, Size
from signaling.protocol import CallView

OWN = ""
"""The agent, as one who sees others' screens."""


class ScreenHub:
    """Attributes:
    agent: the agent's screen, to observers and perhaps the customer.
    coach: a supervisor's, to the agent and the other observers.
    customer: the customer's, to the others. customer_marks: where marks are on it.
    pointers: of those who share the first two.
    on_change: called when observers are to be told anew which screens there are.
    on_far: called when the customer or a supervisor begins or ceases to share a screen, or the former is or was asked to.
    """

    def __init__(self, legs: Legs, ink: InkHub) -> None:
        self.on_change: Callable[[], None] = lambda: None
        self.on_far: Callable[[], None] = lambda: None
        self._legs, self._ink = legs, ink
        self._view: CallView | None = None
        self.agent = ScreenCast()
        self.agent.on_state = self._changed
        self.agent.on_shown = self._shown
        self.agent.on_size = lambda: self.on_change()
        self._marks = DesktopMarks(ink, self.agent, "screen")
        self.customer = CustomerScreen()
        self.customer.on_change = self._far_changed
        self.customer.on_keyframe_wanted = self.request_customers_keyframe
        self.customer.tell = self._tell_customer
        self.coach = CoachScreen()
        self.coach.on_change = self._far_changed
        self.coach.on_keyframe_wanted = self._request_keyframe_of
        self._order = ScreenOrder(self.agent, self.coach, self.customer)
        self.pointers = ScreenPointers(legs, self.agent, self.coach, self._order)
        ink.on_cursor = self.pointers.take
        self._sizes = ScreenSizes()
        self.agent.seen_at = self._sizes.shown
        self._coach_marks = CoachMarks(ink, self.coach, self._order)
        ink.on_coach_poses = self._coach_marks.take
        self.coach.on_offset = self._coach_marks.set_offset
        self.customer_marks = CustomerMarks(ink, self.customer, self.coach, self._order)
        self.customer.on_offset = self.customer_marks.set_offset

    # --- the call ---------------------------------------------------------------------------------------------

    def apply(self, view: CallView) -> None:
        """Shows each to those whom this state of the call allows it, from now on."""
        self._view = view
        self.agent.apply(view)
        self.coach.apply(view)
        self.customer.apply(view)
        self._changed()

    def connect_customer(self, party: str, peer: Peer) -> None:
        """``peer`` is the (new) connection to the customer."""
        self._sizes.forget(party)
        self.customer.connected()
        self.agent.connect(party, peer)

    def connect(self, party: str, peer: Peer) -> None:
        """``peer`` is the (new) connection to an observer."""
        self._sizes.forget(party)
        self.agent.connect(party, peer)
        self.coach.connect(party, peer)
        self.pointers.connected(party)
        self.customer.connect(party, peer)

    def disconnect(self, party: str) -> None:
        self.agent.disconnect(party)
        self.coach.disconnect(party)
        self.customer.disconnect(party)
        self._sizes.forget(party)

    def tick(self) -> None:
        """Several times a second: sees to marks."""
        self._marks.tick()
        self.customer_marks.tick()

    async def close(self) -> None:
        self.pointers.close()
        await asyncio.gather(self.agent.stop(), self.customer_marks.close())

    # --- what is told -----------------------------------------------------------------------------------------

    def told(self, observer: str) -> dict[str, Any]:
        """The fields of `Briefing` that say what ``observer`` is shown, and how large others see what they show."""
        told = self._order.told(observer)
        size = {"agent": self.agent.size, "supervisor": self.coach_size}.get(told["screen_of"])
        wanted = self._coach_seen_at() if observer == self.coach.sharer else None
        return told | {"screen_size": size, "wanted": wanted}

    def _changed(self) -> None:
        self._order.arrange()
        self.pointers.arrange()
        self._ink.follow_coach(self.coach.sharer if self.coach.state != "off" else "")
        self.customer_marks.arrange(self._view.customer if self._view is not None else "")
        self.on_change()

    def _far_changed(self) -> None:
        self._changed()
        self.on_far()

    def _shown(self) -> None:
        """The customer sees the agent's screen, or no longer."""
        self._ink.show_customer(self.agent.to_customer)
        self._tell_customer(msgspec.json.encode(screenwire.AgentScreen(on=self.agent.to_customer)))

    def _tell_customer(self, message: bytes) -> None:
        if self._view is not None:
            self._legs.tell(self._view.customer, message)

    def said(self, said: Shown | Seen) -> None:
        """What the customer's page says."""
        if isinstance(said, Shown):
            self.customer.said(said)
        elif self._view is not None:
            self.show_at(self._view.customer, (said.width, said.height))

    # --- sizes ------------------------------------------------------------------------------------------------

    @property
    def coach_size(self) -> Size | None:
        """How large the whole of a supervisor's screen is, in pixels, as far as they have said."""
        return self._sizes.shared(self.coach.sharer)

    def show_at(self, party: str, size: Size | None) -> None:
        """``party`` shows the whole of another's screen at ``size``, in pixels of the monitor; ``OWN`` does too."""
        before = self._coach_seen_at()
        self._sizes.show(party, size)
        self.agent.fit()
        if self._coach_seen_at() != before:
            self.on_change()

    def shared_at(self, party: str, size: Size) -> None:
        """The whole of what ``party`` shares is of that ``size``."""
        self._sizes.share(party, size)
        if party == self.coach.sharer:
            self._far_changed()

    def _coach_seen_at(self) -> Size | None:
        """The size that is large enough for all who see a supervisor's screen."""
        if self._view is None:
            return None
        viewers = self._order.shown_coachs() - {self._view.agent} | (
            {OWN} if self.coach.agent_sees else set()
        )
        return largest(map(self._sizes.shown, viewers))

    # --- keyframes --------------------------------------------------------------------------------------------

    def request_keyframe(self, party: str) -> None:
        """``party`` needs one of what they are shown."""
        self._order.request_keyframe(party)

    def request_coachs_keyframe(self) -> None:
        """The agent needs one of the supervisor's screen."""
        self._request_keyframe_of(self.coach.sharer)

    def request_customers_keyframe(self) -> None:
        """Somebody needs one of the customer's."""
        if self._view is not None:
            self._request_keyframe_of(self._view.customer)

    def _request_keyframe_of(self, sharer: str) -> None:
        peer = self._legs.peer(sharer)
        if peer is not None:
            peer.request_keyframe(STREAM)
