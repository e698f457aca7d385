"""Who is on a call, as its ink needs to know it: by which names, and who sees what. Pure."""

from __future__ import annotations

from collections.abc import Callable

from coachdesk import call as calls
from coachdesk.annotation import Audience, Mark, ScreenName, SurfaceName
from coachdesk.inkroutes import sees
from coachdesk.routing import Member, screen_viewers
from signaling.policy import Role
from signaling.protocol import CallView


class InkPeople:
    """Those of the present state of a call; nobody before the first.

    Attributes:
        members: party ids, roles and modes. held: the call is on hold.
        customer: their party id, or "". shown: the frame of the agent's screen that they see, or 0.
        sharer: the supervisor who shares a screen that may be drawn on, or "".
    """

    def __init__(self) -> None:
        self.members: list[Member] = []
        self.held = False
        self.shown = 0
        self.customer = self.sharer = ""
        self._agent = ""

    def apply(self, view: CallView) -> None:
        self.members, self.held = calls.members(view), calls.held(view)
        self.customer, self._agent = view.customer, view.agent

    @property
    def agent(self) -> Member:
        agent = self.member(self._agent)
        assert agent is not None
        return agent

    def seeing(self, surface: ScreenName) -> set[str]:
        """Party ids of those who see the screen that the agent shares, the customer aside, or a supervisor or the customer
        does, themselves among them: what is drawn there is on their desktop.
        """
        sharer = {"screen": self._agent, "coach": self.sharer, "customer": self.customer}[surface]
        viewers = {each.party for each in screen_viewers(self.members, sharer)}
        return viewers | {sharer} if viewers else set()

    def member(self, party: str) -> Member | None:
        return next((each for each in self.members if each.party == party), None)

    def name_of(self, party: str) -> str:
        """``agent``, ``customer``, or the party id: the names sounds go by as well."""
        return {self._agent: "agent", self.customer: "customer"}.get(party, party)

    def known_to(self, viewer: Member) -> Callable[[str], str]:
        """By which name ``viewer`` may know a party."""
        if viewer.role is Role.CUSTOMER:
            return lambda author: "customer" if author == viewer.party else "agent"
        return self.name_of

    def sees(self, viewer: Member, mark: Mark) -> bool:
        return self.reaches(viewer, mark.author, mark.audience, mark.surface, mark.frame)

    def reaches(
        self, viewer: Member, author: str, drawn_for: Audience, surface: SurfaceName, frame: int | None
    ) -> bool:
        shown = surface == "screen" and frame == self.shown != 0
        return sees(viewer, author, drawn_for, surface, held=self.held, shown=shown)
