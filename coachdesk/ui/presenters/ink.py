"""Drawing on a picture, the customer's unless said otherwise: what is seen, who sees it, and what can be done to it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from coachdesk import call as calls
from coachdesk import commands, events
from coachdesk.annotation import Audience, Point, SurfaceName
from coachdesk.inkroutes import CUSTOMERS
from coachdesk.ui.ink_wording import SINGLE_PICTURES, THAWED, seen
from coachdesk.ui.link import Fault, Link
from coachdesk.ui.presenters.base import Presenter
from coachdesk.ui.presenters.ink_pen import InkPen, Pen
from coachdesk.ui.presenters.ink_scene import InkScene
from coachdesk.ui.presenters.notices import Notice, Notices
from coachdesk.ui.wording import Hearing
from signaling.policy import COACHES, Mode, Role
from signaling.protocol import CallPhase, CallView

COLOURS = {"": "Your own", "#e5484d": "Red", "#ffb224": "Amber", "#30a46c": "Green", "#2f7cf6": "Blue",
           "#8e4ec6": "Violet", "#ffffff": "White"}  # fmt: skip
PUBLIC_MODES = (Mode.TAKEOVER, Mode.BARGE)
NOTHING_TO_UNDO = "nothing_to_undo"
STILLS = "stills"
"""What the notice is about that single pictures come in place of a video."""


class InkPresenter(Presenter):
    """Attributes:
    scene: everything that is drawn, and where. pen: what this user draws with.
    hovered: the mark under the pointer, or "". surface: the tracker's word on the place under it.
    frozen: what stands still for everybody, or None.
    beside: what is drawn on other pictures, with the same tools.
    """

    ground: SurfaceName = "camera"
    """What it is about."""
    shown_to_customer = False
    """The customer sees that too; their own camera they see anyway."""

    def __init__(self, link: Link, notices: Notices, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._link = link
        self._notices = notices
        self.clock = clock
        self.scene = self._new_scene()
        self.pen = InkPen(link, notices, self.scene, clock, self.changed, self.ground)
        self.beside: list[InkPresenter] = []
        self.me: events.Ready | None = None
        self._end_call()

    def _end_call(self) -> None:
        self.call: CallView | None = None
        self._mode = Mode.LISTEN
        self._staged = False
        self.frozen: events.Frozen | None = None
        self._notices.dismiss(STILLS)
        self._forget()

    def _forget(self) -> None:
        self.scene.forget()
        self.pen.forget()
        self.hovered = ""
        self.surface = ""
        self._asking = False

    # --- what the endpoint tells ------------------------------------------------------------------------------

    def handle(self, event: events.AnyEvent) -> None:
        now = self.clock()
        match event:
            case events.Ready():
                self.me, self.pen.author = event, "agent" if event.role is Role.AGENT else event.party
                self._sign_in()
            case events.Mark() | events.Laser() | events.Poses() if event.surface != self.ground:
                return
            case events.Call(call=call):
                if self.call is None or self.call.call != call.call:
                    self._end_call()
                self.call = call
            case events.Ended() | events.Left():
                self._end_call()
            case events.ModeChanged(mode=mode):
                self._mode = mode
            case events.Stage(colour=colour):
                self.pen.own_colour, self._staged = colour, True
            case events.Mark():
                self._take(event)
            case events.MarksGone():
                self._forget()
            case events.MarkPoints() | events.Laser() | events.Poses():
                self._follow(event, now)
                if self.frozen is None:
                    return  # the next picture shows it: nothing else is told by it
            case events.Frozen():
                self._freeze(event)
            case events.Stills(on=on):
                self._tell_stills(on)
            case events.ReplayInk():
                self.scene.replay(event, now)
            case events.Surface(surface=surface):
                self.surface = surface
            case _:
                return
        self.changed()

    def endpoint_crashed(self) -> None:
        self._end_call()
        self.changed()

    def _new_scene(self) -> InkScene:
        return InkScene()

    def _sign_in(self) -> None:
        self._link.send(commands.Poses(on=True))

    def _follow(self, event: events.MarkPoints | events.Laser | events.Poses, now: float) -> None:
        match event:
            case events.MarkPoints():
                self.scene.grow(event)
            case events.Laser():
                self.scene.point(event, now)
            case events.Poses():
                self.scene.place(event, now)

    def _freeze(self, frozen: events.Frozen) -> None:
        self.frozen = frozen if frozen.on else None
        if frozen.reason:
            self._notices.show(Notice("frozen", "info", *THAWED))

    def _tell_stills(self, on: bool) -> None:
        if on:
            self._notices.show(Notice(STILLS, "warning", *SINGLE_PICTURES, lasting=True))
        else:
            self._notices.dismiss(STILLS)

    def _take(self, mark: events.Mark) -> None:
        if mark.state != "drawing":
            self.pen.came_back(mark.mark)
        elif self.pen.makes(mark.mark):
            return
        self.scene.put(mark)

    # --- what the view shows ----------------------------------------------------------------------------------

    @property
    def own(self) -> str:
        """The name by which marks know this user."""
        return self.pen.author

    @property
    def ready(self) -> bool:
        """Whether there is something to draw on. What an observer drew before the agent's endpoint has told of the ink that
        is there already would be lost.
        """
        return self.call is not None and (self._staged or self.own == "agent")

    @property
    def seen(self) -> Hearing | None:
        """Who would see what is drawn now. On doubt about the own mode, the more public one counts."""
        if self.call is None or self.me is None:
            return None
        party = self.call.agent if self.me.role is Role.AGENT else self.me.party
        told = next((each.mode for each in self.call.parties if each.party == party), Mode.LISTEN)
        mode = next((each for each in PUBLIC_MODES if each in (told, self._mode)), told)
        return seen(self.call, party, mode, self.ground, shown=self.shown_to_customer)

    @property
    def may_clear_all(self) -> bool:
        return self.me is not None and self.me.role in COACHES

    @property
    def to_pin(self) -> events.Mark | None:
        """The mark that ``pin`` is about: the one under the pointer, else the newest one may pin."""
        anybody = self.me is not None and self.me.role is not Role.TRAINEE
        return self._chosen(mark for mark in self._drawn() if anybody or mark.author == self.own)

    @property
    def to_show(self) -> events.Mark | None:
        """The private mark that the customer could be shown: the one under the pointer, else the newest."""
        drawn = (mark for mark in self._drawn() if mark.surface in CUSTOMERS)
        private = [mark for mark in drawn if mark.audience is not Audience.PUBLIC]
        if self.own == "agent":
            return self._chosen(private)
        in_public = self.may_clear_all and self._mode in PUBLIC_MODES
        return self._chosen(mark for mark in private if in_public and mark.author == self.own)

    @property
    def may_freeze(self) -> bool:
        if self.call is None or self.me is None or self.call.phase is not CallPhase.LIVE:
            return False
        return calls.leads(self.call, self.call.agent if self.own == "agent" else self.me.party)

    def posed(self, frame: int) -> bool:
        """Whether the picture of ``frame`` may be shown: it need not wait for anything."""
        return self.scene.posed(frame, self.clock())

    def frame_shown(self, frame: int | None) -> int | None:
        """What is drawn on while the picture of ``frame`` is shown."""
        return frame

    def pointed_by(self, author: str) -> str:
        """What stands beside a pointer: nothing on the customer's picture, nor beside one's own."""
        return ""

    def _drawn(self) -> list[events.Mark]:
        scenes = [self.scene, *(other.scene for other in self.beside)]
        return [mark for scene in scenes for mark in scene.marks.values() if mark.state == "drawn"]

    def _chosen(self, marks: Iterable[events.Mark]) -> events.Mark | None:
        found = {mark.mark: mark for mark in marks}
        hovered = next(filter(None, (self.hovered, *(other.hovered for other in self.beside))), "")
        return found.get(hovered) or next(reversed(list(found.values())), None)

    # --- what the controls do ---------------------------------------------------------------------------------

    def choose(self, tool: Pen) -> None:
        self.surface = ""
        self.pen.choose(tool)

    def set_colour(self, colour: str) -> None:
        """``colour``: one of ``COLOURS``."""
        self.pen.colour = colour
        self.changed()

    def undo(self) -> None:
        if not self._give_up():
            self._link.send(commands.Undo(), self._unless_nothing)

    def redo(self) -> None:
        self._link.send(commands.Redo(), self._unless_nothing)

    def clear(self, *, everybody: bool = False) -> None:
        self._give_up()
        self._link.send(commands.Clear(everybody=everybody), self._unless_nothing)

    def _give_up(self) -> bool:
        """The gesture in hand comes to nothing; False if there is none."""
        pens = [self.pen, *(other.pen for other in self.beside)]
        drawing = any(pen.hand is not None for pen in pens)
        for pen in pens:
            pen.give_up()
        return drawing

    def pin(self) -> None:
        mark = self.to_pin
        if mark is not None:
            self._link.send(commands.Pin(mark=mark.mark, on=not mark.pinned))

    def show_to_customer(self) -> None:
        mark = self.to_show
        if mark is not None:
            self._link.send(commands.Show(mark=mark.mark, on=True))

    def again(self) -> None:
        self._link.send(commands.ReplayInk(), self._nothing_again)

    def freeze(self) -> None:
        """For everybody; or the picture is live again."""
        if self.may_freeze:
            self._link.send(commands.Freeze(on=self.frozen is None))

    def hover(self, mark: str) -> None:
        if mark != self.hovered:
            self.hovered = mark
            self.changed()

    def ask_surface(self, x: float, y: float, frame: int | None) -> None:
        """Asks, one question at a time, whether a mark would hold there; only the agent's endpoint knows."""
        idle = self.pen.hand is None and self.pen.tool not in (None, "laser")
        if self._asking or not idle or self.own != "agent":
            return
        self._asking = True
        point = Point(round(x, 4), round(y, 4))
        self._link.send(commands.Surface(points=[point], frame=frame), self._no_surface, self._surface_told)

    def _surface_told(self) -> None:
        self._asking = False

    def _no_surface(self, fault: Fault) -> None:
        self._asking, self.surface = False, ""

    def _unless_nothing(self, fault: Fault) -> None:
        if fault.code != NOTHING_TO_UNDO:
            self._notices.report(fault)

    def _nothing_again(self, fault: Fault) -> None:
        self._notices.show(Notice("ink", "info", "There is nothing to show again", fault.message))
