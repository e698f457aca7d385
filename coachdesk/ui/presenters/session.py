"""The sign-in as a whole: who I am, whether the server and the endpoint are there, and what is said when they are not."""

from __future__ import annotations

from coachdesk import commands, events
from coachdesk.ui import wording
from coachdesk.ui.link import Fault, Link
from coachdesk.ui.presenters.base import Presenter
from coachdesk.ui.presenters.notices import Notice, Notices

SIGNED_OUT = frozenset({"bad_address", "not_signed_in", "replaced", "version_mismatch"})
"""Errors after which only a new sign-in helps."""


class SessionPresenter(Presenter):
    """Attributes:
    ready: the endpoint's ``ready`` event, None until it came.
    online: whether the signaling server is reached.
    in_call: whether leaving now would interrupt something.
    rejected: the error that ended this sign-in, if one did.
    """

    def __init__(self, link: Link, notices: Notices) -> None:
        super().__init__()
        self._link = link
        self.notices = notices
        self.ready: events.Ready | None = None
        self.online = False
        self.in_call = False
        self.rejected: Fault | None = None

    def handle(self, event: events.AnyEvent) -> None:
        match event:
            case events.Ready():
                self._begin(event)
            case events.Online(on=on, message=message):
                self._reach(on, message)
            case events.Call():
                self.in_call = True
            case events.Ended(reason=reason):
                self.in_call = False
                self.notices.show(Notice("call", "info", wording.ENDINGS[reason]))
            case events.Left():
                self.in_call = False
            case events.Error(code=code, message=text) if code in SIGNED_OUT:
                self.rejected = Fault(code, text)
            case events.Error(code=code, message=text):
                self.notices.report(Fault(code, text))
            case events.DeviceInUse(kind=kind, label=label):
                self._tell_device(kind, label)
            case _:
                return
        self.changed()

    def endpoint_crashed(self, delay: float, reason: str) -> None:
        """The endpoint's process died; it starts again in ``delay`` seconds."""
        self.online = False
        for kind in ("mic", "speaker"):
            self.notices.dismiss(f"device:{kind}")
        text = f"Nobody hears you. It starts again in {delay:g} s." + (f" ({reason})" if reason else "")
        self.notices.show(
            Notice("engine", "error", "The call engine stopped unexpectedly", text, lasting=True)
        )
        self.changed()

    def _begin(self, event: events.Ready) -> None:
        self.ready = event
        self.online = True
        self.notices.dismiss("engine")
        self.notices.dismiss("server")
        self._link.send(commands.Meters(on=True))
        self._link.send(commands.Frames(on=True))

    def _tell_device(self, kind: str, label: str) -> None:
        """Another one took the place of a device by itself; where none could, that stays on screen."""
        subject = f"device:{kind}"
        if label:
            self.notices.show(Notice(subject, "info", wording.device_in_use(kind, label)))
        else:
            self.notices.show(Notice(subject, "error", *wording.no_device(kind), lasting=True))

    def _reach(self, on: bool, message: str) -> None:
        self.online = on
        if on:
            self.notices.dismiss("server")
            return
        goes_on = "Your call goes on. " if self.in_call else ""
        text = f"{goes_on}Reconnecting…" + (f" ({message})" if message else "")
        self.notices.show(Notice("server", "warning", "The server can't be reached", text, lasting=True))
