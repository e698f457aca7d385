"""One sign-in: its presenters, and the endpoint they share."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

from coachdesk import commands, events
from coachdesk.screenevents import SURFACES
from coachdesk.ui.link import Link
from coachdesk.ui.presenters.agent import AgentPresenter
from coachdesk.ui.presenters.asking import AskingPresenter
from coachdesk.ui.presenters.gallery import GalleryPresenter
from coachdesk.ui.presenters.ink import InkPresenter
from coachdesk.ui.presenters.ink_screen import ScreenInkPresenter
from coachdesk.ui.presenters.listening import ListeningPresenter
from coachdesk.ui.presenters.notices import Notices
from coachdesk.ui.presenters.observer import ObserverPresenter
from coachdesk.ui.presenters.quality import QualityPresenter
from coachdesk.ui.presenters.session import SessionPresenter
from coachdesk.ui.presenters.settings import SettingsPresenter
from coachdesk.ui.presenters.sharing import ScreenPresenter, SharingPresenter
from coachdesk.ui.presenters.wall import HelpCall, WallPresenter
from coachdesk.ui.presenters.whispers import WhispersPresenter
from signaling.policy import Role


class RolePresenter(Protocol):
    """What those that only one role has have in common."""

    def handle(self, event: events.AnyEvent) -> None: ...
    def endpoint_crashed(self) -> None: ...


class Desk:
    """Hands every event to the presenters of the role, in one place and in one order.

    Attributes:
        role: known from the first ``ready`` event on; its presenters are made then.
        screen_inks: drawing on shared screens, by whose they are.
    """

    def __init__(
        self,
        link: Link,
        notices: Notices,
        settings: SettingsPresenter,
        now: Callable[[], float] = time.time,
        on_help: Callable[[HelpCall], None] = lambda _: None,
    ) -> None:
        self._link = link
        self._notices = notices
        self._now = now
        self._on_help = on_help
        self.settings = settings
        settings.on_fault = notices.report
        self.session = SessionPresenter(link, notices)
        self.quality = QualityPresenter(link, notices, now)
        self.ink = InkPresenter(link, notices)
        self.screen_inks = {
            sharer: ScreenInkPresenter(link, notices, self.ink, surface)
            for sharer, surface in SURFACES.items()
        }
        self.gallery = GalleryPresenter(link, notices, now)
        self.agent: AgentPresenter | None = None
        self.whispers: WhispersPresenter | None = None
        self.sharing: SharingPresenter | None = None
        self.asking: AskingPresenter | None = None
        self.wall: WallPresenter | None = None
        self.observer: ObserverPresenter | None = None
        self.listening: ListeningPresenter | None = None
        self.screen: ScreenPresenter | None = None

    @property
    def role(self) -> Role | None:
        return self.session.ready.role if self.session.ready else None

    def handle(self, event: events.AnyEvent) -> None:
        if isinstance(event, events.Ready) and self.role is None:
            self._open(event.role)
        self.session.handle(event)
        self.settings.handle(event)
        self.quality.handle(event)
        self.ink.handle(event)
        for screen_ink in self.screen_inks.values():
            screen_ink.handle(event)
        self.gallery.handle(event)
        for presenter in self._of_role():
            presenter.handle(event)

    def note(self, command: commands.AnyCommand) -> None:
        """``command`` is sent to the endpoint past the presenters, by whoever controls the window."""
        if self.observer is not None and isinstance(command, commands.SetMode):
            self.observer.note_wish(command.mode)

    def endpoint_crashed(self, delay: float, reason: str) -> None:
        self.session.endpoint_crashed(delay, reason)
        self.settings.endpoint_crashed()
        self.quality.endpoint_crashed()
        self.ink.endpoint_crashed()
        for screen_ink in self.screen_inks.values():
            screen_ink.endpoint_crashed()
        self.gallery.endpoint_crashed()
        for presenter in self._of_role():
            presenter.endpoint_crashed()

    def _of_role(self) -> list[RolePresenter]:
        agents = (self.agent, self.whispers, self.sharing, self.asking)
        observers = (self.wall, self.observer, self.listening)
        return [presenter for presenter in (*agents, *observers, self.screen) if presenter is not None]

    def _open(self, role: Role) -> None:
        self.screen = ScreenPresenter(self._link)
        if role is Role.AGENT:
            self.agent = AgentPresenter(self._link, self._notices, self._now, self.settings.preferences.duck)
            self.whispers = WhispersPresenter(self._link, self._notices)
            self.sharing = SharingPresenter(self._link, self._notices)
            self.asking = AskingPresenter(self._link, self._notices)
            self.settings.subscribe(self._follow_duck)
            return
        if role is Role.SUPERVISOR:
            self.sharing = SharingPresenter(self._link, self._notices, coachs=True)
        self.wall = WallPresenter(self._link, self._notices, self._now)
        self.wall.on_help = self._on_help
        chosen = self.settings.preferences
        self.listening = ListeningPresenter(chosen.catch_up)
        self.observer = ObserverPresenter(
            self._link, self._notices, self.wall, self.listening, polite=chosen.polite
        )
        self.observer.subscribe(self._remember_listening)
        self.listening.subscribe(self._remember_listening)

    def _remember_listening(self) -> None:
        if self.observer is not None and self.listening is not None:
            self.settings.remember_listening(polite=self.observer.polite, catch_up=self.listening.catch_up)

    def _follow_duck(self) -> None:
        chosen = self.settings.preferences.duck
        if self.agent is not None and self.agent.duck != chosen:
            self.agent.set_duck(chosen)
            self.agent.changed()
