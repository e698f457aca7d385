"""How good the call sounds here, and the text that support asks for."""

from __future__ import annotations

from collections.abc import Callable

from coachdesk import commands, events
from coachdesk.ui.link import Fault, Link
from coachdesk.ui.presenters.base import Presenter
from coachdesk.ui.presenters.notices import Notice, Notices
from coachdesk.ui.sound_wording import Quality, quality
from signaling.protocol import CallView

FRESH = 12.0
"""Seconds that a reading holds: a sound that is silent for a moment is left out of the next ones."""


class QualityPresenter(Presenter):
    """Attributes:
    to_clipboard: called with the text of the diagnostics.
    """

    def __init__(self, link: Link, notices: Notices, now: Callable[[], float]) -> None:
        super().__init__()
        self._link = link
        self._notices = notices
        self._now = now
        self._call: CallView | None = None
        self._readings: dict[str, tuple[float, events.Reading]] = {}
        self._copying = False
        self.to_clipboard: Callable[[str], None] = lambda _: None

    def handle(self, event: events.AnyEvent) -> None:
        match event:
            case events.Quality(readings=readings):
                self._readings |= {source: (self._now(), reading) for source, reading in readings.items()}
            case events.Call(call=call):
                self._enter(call)
            case events.Ended() | events.Left():
                self._leave()
            case events.Diagnostics(text=text) if self._copying:
                self._copy(text)
            case _:
                return
        self.changed()

    def endpoint_crashed(self) -> None:
        self._leave()
        self.changed()

    @property
    def shown(self) -> Quality | None:
        """The badge; None while nothing was heard of late."""
        if self._call is None:
            return None
        fresh = {s: r for s, (at, r) in self._readings.items() if self._now() - at <= FRESH}
        return quality(fresh, self._call) if fresh else None

    def copy_diagnostics(self) -> None:
        self._copying = True
        self._link.send(commands.Diagnostics(), self._not_copied)

    def _enter(self, call: CallView) -> None:
        if self._call is not None and self._call.call != call.call:
            self._readings = {}
        self._call = call

    def _leave(self) -> None:
        self._call = None
        self._readings = {}

    def _copy(self, text: str) -> None:
        self._copying = False
        self.to_clipboard(text)
        self._notices.show(
            Notice("diagnostics", "success", "Diagnostics copied", "Paste them into your message to support.")
        )

    def _not_copied(self, fault: Fault) -> None:
        self._copying = False
        self._notices.report(fault)
