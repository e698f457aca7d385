"""The window's desk for a role."""

from __future__ import annotations

from PySide6.QtWidgets import QApplication

from coachdesk.ui.presenters.desk import Desk
from coachdesk.ui.views.agent_desk import AgentDesk
from coachdesk.ui.views.call_view import CallPage
from coachdesk.ui.views.observer_desk import ObserverDesk
from coachdesk.ui.views.photo_card import PhotoCard
from coachdesk.ui.views.style import add_card
from coachdesk.ui.views.wall import Wall


def make_view(desk: Desk) -> AgentDesk | ObserverDesk:
    """The desk of the role that signed in. Raises ValueError before that."""
    desk.quality.to_clipboard = QApplication.clipboard().setText
    desk.gallery.to_clipboard = QApplication.clipboard().setText
    if desk.screen is None:
        raise ValueError("nobody has signed in yet")
    if (
        desk.agent is not None
        and desk.whispers is not None
        and desk.sharing is not None
        and desk.asking is not None
    ):
        agent = AgentDesk(
            desk.agent,
            desk.whispers,
            desk.quality,
            desk.ink,
            desk.sharing,
            desk.screen,
            desk.asking,
            desk.screen_inks,
        )
        add_card(agent.side, PhotoCard(desk.gallery))
        return agent
    if desk.observer is None or desk.wall is None or desk.listening is None:
        raise ValueError("nobody has signed in yet")
    call = CallPage(
        desk.observer,
        desk.wall,
        desk.listening,
        desk.quality,
        desk.ink,
        desk.screen,
        desk.screen_inks,
        desk.sharing,
    )
    add_card(call.side, PhotoCard(desk.gallery))

    def follow_key() -> None:
        call.set_whisper_key(desk.settings.preferences.whisper_key)

    desk.settings.subscribe(follow_key)
    follow_key()
    return ObserverDesk(desk.observer, Wall(desk.wall, desk.observer.listen_to, desk.listening), call)
