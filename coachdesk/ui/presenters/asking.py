"""The agent asks the customer to share their screen, which only the customer can."""

from __future__ import annotations

from coachdesk import commands, events
from coachdesk.screenevents import RequestState
from coachdesk.ui.link import Fault, Link
from coachdesk.ui.presenters.base import CallPresenter
from coachdesk.ui.presenters.notices import Notice, Notices

DECLINED = Notice("asking", "info", "Your customer does not share their screen", "You can ask again later.")


class AskingPresenter(CallPresenter):
    """Attributes:
    request: as the last ``screen_request`` event told.
    shared: the customer shares their screen.
    """

    def __init__(self, link: Link, notices: Notices) -> None:
        super().__init__()
        self._link = link
        self._notices = notices
        self.request: RequestState = "unable"
        self.shared = False

    def handle(self, event: events.AnyEvent) -> None:
        match event:
            case events.ScreenRequest():
                self.request = event.state
                if event.state == "declined":
                    self._notices.show(DECLINED)
            case events.Screen():
                self.shared = event.state != "off"
            case events.Ended():
                self._forget()
            case _:
                return
        self.changed()

    @property
    def possible(self) -> bool:
        return self.request != "unable" and not self.shared

    def toggle(self) -> None:
        """Asks, or takes it back."""
        if self.possible:
            self._link.send(commands.AskScreen(on=self.request != "asked"), self._refused)

    def _refused(self, fault: Fault) -> None:
        self._notices.show(Notice("asking", "error", "Your customer was not asked", fault.message))

    def _forget(self) -> None:
        self.request, self.shared = "unable", False
