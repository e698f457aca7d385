"""A shared screen: one's own share, and what one sees of another's."""

from __future__ import annotations

from collections.abc import Callable

from coachdesk import commands, events
from coachdesk.screencommands import Content
from coachdesk.screenevents import Place, Sharer, ShareState, SourceView, Spot
from coachdesk.screenwire import Size
from coachdesk.ui.link import Fault, Link
from coachdesk.ui.presenters.base import CallPresenter
from coachdesk.ui.presenters.notices import Notice, Notices

NEVER = "Your customer does not see it."
SHOWN = "Your customer sees it, and what you draw on it."
FIRST = "They see your customer's screen again once you stop."
FIRST_OF_COACH = "They see the supervisor's screen again once you stop."
BEHIND = "Supervisors and trainees see the agent's screen until the agent stops."
SHORT = 40


class SharingPresenter(CallPresenter):
    """One's own share: the agent's, or where ``coachs`` a supervisor's.

    Attributes:
        state, label, seen_by: as the last ``sharing`` event told. shown: the customer sees it too.
        warning: what rules cannot hide of it on this system, in words, or "".
        place: where on the desktop it is, or None where it is not there.
        others: who else shares a screen.
        sources: what can be shared, None while nobody is choosing; empty until it is known.
    """

    def __init__(self, link: Link, notices: Notices, *, coachs: bool = False) -> None:
        super().__init__()
        self._coachs = coachs
        self._link = link
        self._notices = notices
        self.in_call = False
        self.state: ShareState = "off"
        self.label = ""
        self.seen_by: list[str] = []
        self.shown = False
        self.warning = ""
        self.place: Place | None = None
        self.others: set[str] = set()
        self.sources: list[SourceView] | None = None

    def handle(self, event: events.AnyEvent) -> None:
        match event:
            case events.Sharing():
                self._take(event)
            case events.ShareOutline():
                self.place = event.place
            case events.Screens() if self.sources is not None:
                self.sources, self.warning = event.screens, event.warning
            case events.Screen():
                self.others = {event.party, event.also} if event.state != "off" else set()
            case events.Call():
                self.in_call = True
            case events.Ended() | events.Left():
                self._forget()
            case _:
                return
        self.changed()

    @property
    def sharing(self) -> bool:
        return self.state != "off"

    @property
    def title(self) -> str:
        if self.shown:
            return f"Your customer sees: {self.label}"
        return f"Blanked: {self.label}" if self.state == "blank" else f"You are sharing: {self.label}"

    @property
    def short(self) -> str:
        """For where there is little room."""
        name = self.label if len(self.label) <= SHORT else f"{self.label[: SHORT - 1]}…"
        if self.shown:
            return f"Your customer sees: {name}"
        return f"Shared, but blanked: {name}" if self.state == "blank" else f"Shared: {name}"

    @property
    def detail(self) -> str:
        """Who sees it; observers whom the team's policy hides are in it without a name."""
        if self.state == "blank":
            return "A plain picture is shown in its place."
        names = ", ".join(self.seen_by)
        seen = f"Seen by {names}." if names else "Seen by supervisors and trainees who listen."
        customer = SHOWN if self.shown else NEVER
        return " ".join(filter(None, (customer, seen, self._order, self.warning)))

    @property
    def _order(self) -> str:
        """Which of several screens observers see."""
        if self._coachs:
            return BEHIND if "agent" in self.others else ""
        if "supervisor" in self.others:
            return FIRST_OF_COACH
        return FIRST if "customer" in self.others else ""

    # --- what the controls do ---

    def choose(self) -> None:
        """What can be shared is asked for, to be chosen from."""
        if self.in_call and self.sources is None:
            self.sources = []
            self._link.send(commands.Screens(), self._not_listed)
            self.changed()

    def give_up(self) -> None:
        self.sources = None

    def share(self, source: str, content: Content = "text") -> None:
        self.sources = None
        self._link.send(commands.Share(source=source, content=content), self._not_shared)

    def stop(self) -> None:
        if self.sharing:
            self._link.send(commands.StopShare())

    def toggle_blank(self) -> None:
        if self.sharing:
            self._link.send(commands.BlankShare(on=self.state != "blank"), self._not_shared)

    def toggle_customer(self) -> None:
        """The customer sees it too, or no longer; of a blanked share nobody sees more than a plain picture."""
        if self.state == "on":
            self._link.send(commands.ShowCustomer(on=not self.shown), self._not_shown)

    def _take(self, told: events.Sharing) -> None:
        self.state, self.label, self.seen_by = told.state, told.label, told.seen_by
        self.shown = told.customer
        self.warning = told.warning
        if told.message:
            title = "The share has ended" if told.state == "off" else "Your screen is not shown now"
            self._notices.show(Notice("share", "warning", title, told.message))

    def _not_listed(self, fault: Fault) -> None:
        self.sources = None
        self._not_shared(fault)
        self.changed()

    def _not_shared(self, fault: Fault) -> None:
        if fault.code != "superseded":
            self._notices.show(Notice("share", "error", "Nothing is shared", fault.message))

    def _not_shown(self, fault: Fault) -> None:
        if fault.code != "superseded":
            self._notices.show(Notice("share", "error", "Your customer is shown nothing", fault.message))

    def _forget(self) -> None:
        self.in_call = self.shown = False
        self.state, self.label, self.seen_by, self.sources = "off", "", [], None
        self.warning = ""
        self.place = None
        self.others = set()


class ScreenPresenter(CallPresenter):
    """A screen that another shares: the agent's, a supervisor's or the customer's.

    Attributes:
        party: who shares it. name: of a supervisor, or "" where that is not known.
        also: who else, whose screen is shown once that one is not, or "".
        state: whether it is shared, or blanked.
        pictures: name of its picture memory, or None.
        pointer: where on it the pointer of who shares it is; None where that is not, or is in the picture itself.
        on_pointer: called whenever that alone is another.
        size: of the whole of it, in pixels, however many of them come; None: not known.
        seen_at: how large all of it is shown here, in pixels of the monitor, as was said last; None: nothing.
        large: it has more room than the customer's camera, else less.
    """

    def __init__(self, link: Link) -> None:
        super().__init__()
        self._link = link
        self.seen_at: Size | None = None
        self.party: Sharer = "agent"
        self.name = self.also = ""
        self.state: ShareState = "off"
        self.pictures: str | None = None
        self.pointer: Spot | None = None
        self.on_pointer: Callable[[], None] = lambda: None
        self.size: Size | None = None
        self.large = True

    def handle(self, event: events.AnyEvent) -> None:
        match event:
            case events.Screen():
                self.party, self.state, self.also = event.party, event.state, event.also
                self.name = event.name
                if not self.shown:
                    self.size = None
            case events.ScreenSize():
                self.size = event.size
            case events.ScreenPointer():
                self.pointer = event.at
                self.on_pointer()
                return
            case events.Frames(name=name, screen=True):
                self.pictures = name
            case events.VideoGone(screen=True):
                self.pictures = None
            case events.Left() | events.Ended():
                self._forget()
            case _:
                return
        self.changed()

    @property
    def shown(self) -> bool:
        return self.state != "off"

    @property
    def title(self) -> str:
        """Whose screen it is."""
        if self.party == "supervisor":
            return f"{self.name}'s screen" if self.name else "A supervisor's screen"
        return f"The {self.party}'s screen"

    @property
    def note(self) -> str:
        """What is beside it to know, or ""."""
        if not self.also:
            return ""
        return f"The {self.also} shares theirs too: it is shown once the {self.party} stops."

    @property
    def blanked(self) -> str:
        return f"{self.name or f'The {self.party}'} does not show the screen at present."

    def show_at(self, size: Size | None) -> None:
        """The whole of it is seen at ``size``, in pixels of the monitor, and no more need come; None: not known."""
        if size != self.seen_at:
            self.seen_at = size
            self._link.send(commands.ScreenShown(size=size))

    def toggle_large(self) -> None:
        self.large = not self.large
        self.changed()

    def _forget(self) -> None:
        self.state, self.pictures, self.pointer, self.size = "off", None, None, None
