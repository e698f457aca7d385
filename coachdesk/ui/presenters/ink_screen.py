"""Drawing on a shared screen: with the tools for the customer's picture, on what never stands still."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from coachdesk import events
from coachdesk.annotation import ScreenName, SurfaceName
from coachdesk.inkwire import Anchor
from coachdesk.ui.inkshape import IDENTITY, Matrix
from coachdesk.ui.link import Link
from coachdesk.ui.presenters.ink import InkPresenter
from coachdesk.ui.presenters.ink_scene import InkScene
from coachdesk.ui.presenters.notices import Notices


class ScreenScene(InkScene):
    """Marks on a shared screen, whose pictures are frames of their own, ``shared`` all of them together.

    A mark is as it was drawn until it is told where it is in any picture; from then on it is where it is said to be.
    """

    shared = 0

    def forget(self) -> None:
        super().forget()
        self._bound: set[str] = set()

    def place(self, poses: events.Poses, now: float) -> None:
        super().place(poses, now)
        self._bound |= {mark for anchor in poses.anchors for mark in anchor.marks}

    def _at(self, mark: events.Mark, anchors: Mapping[str, Anchor], frame: int | None) -> Matrix | None:
        if mark.frame is None or mark.frame not in (self.shared, frame):
            return None
        if mark.mark in self._bound and mark.state != "drawing":
            return self._told(mark, anchors)
        return IDENTITY


class ScreenInkPresenter(InkPresenter):
    """Marks move with the content of what is shared, until its target or size is another: then it is another frame.

    Attributes:
        ground: whose it is: the agent's, a supervisor's, or the customer's.
        shared: the frame that all pictures of the share go by; 0: none is shared. shown_to_customer: they see it too.
        place: at who shares it: where that is on the desktop, or None.
    """

    def __init__(
        self,
        link: Link,
        notices: Notices,
        tools: InkPresenter,
        ground: ScreenName = "screen",
        clock: Callable[[], float] | None = None,
    ) -> None:
        self.ground: SurfaceName = ground
        self.shared = 0
        self.place: events.SharePlace | None = None
        super().__init__(link, notices, clock or tools.clock)
        self._tools = tools
        tools.beside.append(self)
        tools.subscribe(self._follow_tools)
        self._follow_tools()

    def handle(self, event: events.AnyEvent) -> None:
        match event:
            case events.Stage():
                self._follow_share(event)
            case events.SharePlace() if event.surface == self.ground:
                self.place = event if event.frame else None
                self.changed()
            case events.Poses(surface=self.ground):
                self.scene.place(event, self.clock())
                self.changed()
                return
            case events.Frozen() | events.Stills() | events.Surface():
                return
        super().handle(event)

    def _follow_share(self, stage: events.Stage) -> None:
        shared = {"screen": stage.shared, "coach": stage.coach, "customer": stage.customers}[self.ground]
        if shared != self.shared:
            self.pen.give_up()
            self.shared = self._scene.shared = shared
        self.shown_to_customer = self.ground == "screen" and stage.customer

    def frame_shown(self, frame: int | None) -> int | None:
        return self.shared or None if frame is not None else None

    def pointed_by(self, author: str) -> str:
        if author == self.own or self.call is None:
            return ""
        party = self.call.agent if author == "agent" else author
        return next((each.name for each in self.call.parties if each.party == party), "") or "Coach"

    def ask_surface(self, x: float, y: float, frame: int | None) -> None:
        """On a screen every mark holds."""

    def _new_scene(self) -> ScreenScene:
        self._scene = ScreenScene()
        return self._scene

    def _sign_in(self) -> None: ...

    def _end_call(self) -> None:
        super()._end_call()
        self.shared, self.place, self.shown_to_customer = 0, None, False
        self._scene.shared = 0

    def _follow_tools(self) -> None:
        self.pen.follow(self._tools.pen)
        self.changed()
