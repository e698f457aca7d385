"""How a call is heard and seen: from its last 20 s on or live, and with as much picture as the line bears."""

from __future__ import annotations

from coachdesk import events
from coachdesk.ui.presenters.base import CallPresenter
from coachdesk.ui.sound_wording import PictureQuality


class ListeningPresenter(CallPresenter):
    """Attributes:
    catch_up: the next call begins with its last 20 s. catching_up: what is heard at present is from before.
    picture: how much of the customer's picture the own line bears. talk: who has spoken how long, None until told.
    """

    def __init__(self, catch_up: bool = False) -> None:
        super().__init__()
        self.catch_up = catch_up
        self.catching_up = False
        self.picture: PictureQuality = "full"
        self.talk: events.TalkTime | None = None

    def handle(self, event: events.AnyEvent) -> None:
        match event:
            case events.CatchingUp(on=on):
                self.catching_up = on
            case events.Picture(quality=quality):
                self.picture = quality
            case events.TalkTime():
                self.talk = event
            case events.Left() | events.Ended():
                self._forget()
            case _:
                return
        self.changed()

    def toggle_catch_up(self) -> None:
        self.catch_up = not self.catch_up
        self.changed()

    def _forget(self) -> None:
        self.catching_up, self.picture, self.talk = False, "full", None
