"""What becomes of whispers at the agent: whether the microphone picks them up, and hearing the last one again."""

from __future__ import annotations

from coachdesk import commands, events
from coachdesk.ui.link import Link
from coachdesk.ui.presenters.base import Presenter
from coachdesk.ui.presenters.notices import Notice, Notices


class WhispersPresenter(Presenter):
    """Attributes:
    leak: the last ``leak`` event. replaying: the last whisper is heard again at present.
    """

    def __init__(self, link: Link, notices: Notices) -> None:
        super().__init__()
        self._link = link
        self._notices = notices
        self.leak = events.Leak(closed=False)
        self.replaying = False

    def handle(self, event: events.AnyEvent) -> None:
        match event:
            case events.Leak():
                self._take(event)
            case events.Replaying(on=on):
                self.replaying = on
            case events.Ended():
                self.replaying = False
            case _:
                return
        self.changed()

    def endpoint_crashed(self) -> None:
        self.leak = events.Leak(closed=False)
        self.replaying = False
        self.changed()

    def allow(self) -> None:
        """A headset is on: coaches may whisper again."""
        if self.leak.closed:
            self._link.send(commands.AllowWhisper())

    def replay(self) -> None:
        self._link.send(commands.Replay())

    def _take(self, leak: events.Leak) -> None:
        if self.leak.closed and not leak.closed:
            text = "Your microphone is checked again during the next whisper."
            self._notices.show(Notice("leak", "success", "Coaches can whisper to you again", text))
        self.leak = leak
