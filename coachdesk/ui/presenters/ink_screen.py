"""Drawing on the screen that the agent shares: with the tools for the customer's picture, on what never stands still."""

from __future__ import annotations

from collections.abc import Callable

from coachdesk import events
from coachdesk.annotation import SurfaceName
from coachdesk.ui.link import Link
from coachdesk.ui.presenters.ink import InkPresenter
from coachdesk.ui.presenters.notices import Notices


class ScreenInkPresenter(InkPresenter):
    """Marks stay where they are on what is shared, until its target or size is another: then it is another frame.

    Attributes:
        shared: the frame that all pictures of the share go by; 0: none is shared.
        place: at the agent: where what is shared is on the desktop, or None.
    """

    ground: SurfaceName = "screen"

    def __init__(
        self, link: Link, notices: Notices, tools: InkPresenter, clock: Callable[[], float] | None = None
    ) -> None:
        self.shared = 0
        self.place: events.SharePlace | None = None
        super().__init__(link, notices, clock or tools.clock)
        self._tools = tools
        tools.beside = self
        tools.subscribe(self._follow_tools)
        self._follow_tools()

    def handle(self, event: events.AnyEvent) -> None:
        match event:
            case events.Stage(shared=shared) if shared != self.shared:
                self.pen.give_up()
                self.shared = shared
            case events.SharePlace():
                self.place = event if event.frame else None
                self.changed()
            case events.Poses() | events.Frozen() | events.Stills() | events.Surface():
                return
        super().handle(event)

    def frame_shown(self, frame: int | None) -> int | None:
        return self.shared or None if frame is not None else None

    def pointed_by(self, author: str) -> str:
        if author == self.own or self.call is None:
            return ""
        party = self.call.agent if author == "agent" else author
        return next((each.name for each in self.call.parties if each.party == party), "") or "Coach"

    def ask_surface(self, x: float, y: float, frame: int | None) -> None:
        """On a screen every mark holds."""

    def _sign_in(self) -> None: ...

    def _end_call(self) -> None:
        super()._end_call()
        self.shared, self.place = 0, None

    def _follow_tools(self) -> None:
        self.pen.follow(self._tools.pen)
        self.changed()
