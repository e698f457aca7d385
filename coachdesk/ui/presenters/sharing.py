"""A shared screen: the agent's own share, and what an observer sees of it."""

from __future__ import annotations

from coachdesk import commands, events
from coachdesk.screenevents import Sharer, ShareState, SourceView
from coachdesk.ui.link import Fault, Link
from coachdesk.ui.presenters.base import CallPresenter
from coachdesk.ui.presenters.notices import Notice, Notices

NEVER = "Your customer never sees it."
FIRST = "They see your customer's screen again once you stop."
SHORT = 40
OWNERS: dict[Sharer, str] = {"agent": "The agent's screen", "customer": "The customer's screen"}
ALSO = "The customer shares theirs too: it is shown once the agent stops."


class SharingPresenter(CallPresenter):
    """The agent's own share.

    Attributes:
        state, label, seen_by: as the last ``sharing`` event told.
        warning: what rules cannot hide of it on this system, in words, or "".
        customers: the customer shares a screen too, which observers do not see meanwhile.
        sources: what can be shared, None while nobody is choosing; empty until it is known.
    """

    def __init__(self, link: Link, notices: Notices) -> None:
        super().__init__()
        self._link = link
        self._notices = notices
        self.in_call = False
        self.state: ShareState = "off"
        self.label = ""
        self.seen_by: list[str] = []
        self.warning = ""
        self.customers = False
        self.sources: list[SourceView] | None = None

    def handle(self, event: events.AnyEvent) -> None:
        match event:
            case events.Sharing():
                self._take(event)
            case events.Screens() if self.sources is not None:
                self.sources, self.warning = event.screens, event.warning
            case events.Screen():
                self.customers = event.state != "off"
            case events.Call():
                self.in_call = True
            case events.Ended():
                self._forget()
            case _:
                return
        self.changed()

    @property
    def sharing(self) -> bool:
        return self.state != "off"

    @property
    def title(self) -> str:
        return f"Blanked: {self.label}" if self.state == "blank" else f"You are sharing: {self.label}"

    @property
    def short(self) -> str:
        """For where there is little room."""
        name = self.label if len(self.label) <= SHORT else f"{self.label[: SHORT - 1]}…"
        return f"Shared, but blanked: {name}" if self.state == "blank" else f"Shared: {name}"

    @property
    def detail(self) -> str:
        """Who sees it; observers whom the team's policy hides are in it without a name."""
        if self.state == "blank":
            return "A plain picture is shown in its place."
        names = ", ".join(self.seen_by)
        seen = f"Seen by {names}." if names else "Seen by supervisors and trainees who listen."
        return " ".join(filter(None, (seen, NEVER, FIRST if self.customers else "", self.warning)))

    # --- what the controls do ---

    def choose(self) -> None:
        """What can be shared is asked for, to be chosen from."""
        if self.in_call and self.sources is None:
            self.sources = []
            self._link.send(commands.Screens(), self._not_listed)
            self.changed()

    def give_up(self) -> None:
        self.sources = None

    def share(self, source: str) -> None:
        self.sources = None
        self._link.send(commands.Share(source=source), self._not_shared)

    def stop(self) -> None:
        if self.sharing:
            self._link.send(commands.StopShare())

    def toggle_blank(self) -> None:
        if self.sharing:
            self._link.send(commands.BlankShare(on=self.state != "blank"), self._not_shared)

    def _take(self, told: events.Sharing) -> None:
        self.state, self.label, self.seen_by = told.state, told.label, told.seen_by
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

    def _forget(self) -> None:
        self.in_call = False
        self.state, self.label, self.seen_by, self.sources = "off", "", [], None
        self.warning = ""
        self.customers = False


class ScreenPresenter(CallPresenter):
    """A screen that another shares: to an observer the agent's or the customer's, to an agent the customer's.

    Attributes:
        party: who shares it. also: who else, whose screen is shown once that one is not, or "".
        state: whether it is shared, or blanked.
        pictures: name of its picture memory, or None.
        large: it has more room than the customer's camera, else less.
    """

    def __init__(self) -> None:
        super().__init__()
        self.party: Sharer = "agent"
        self.also = ""
        self.state: ShareState = "off"
        self.pictures: str | None = None
        self.large = True

    def handle(self, event: events.AnyEvent) -> None:
        match event:
            case events.Screen():
                self.party, self.state, self.also = event.party, event.state, event.also
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
        return OWNERS[self.party]

    @property
    def note(self) -> str:
        """What is beside it to know, or ""."""
        return ALSO if self.also else ""

    @property
    def blanked(self) -> str:
        return f"The {self.party} does not show the screen at present."

    def toggle_large(self) -> None:
        self.large = not self.large
        self.changed()

    def _forget(self) -> None:
        self.state, self.pictures = "off", None
