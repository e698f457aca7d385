"""Whether the own microphone is silent, at its source: until the call ends, whatever becomes of the endpoint."""

from __future__ import annotations

from coachdesk import commands, events
from coachdesk.ui.link import Link


class Mute:
    """Part of the presenter of a role, which hands on what the endpoint tells.

    Attributes:
        on: as the endpoint told last; one that starts anew is asked for the same.
    """

    def __init__(self, link: Link) -> None:
        self._link = link
        self._call = ""
        self.on = False

    def handle(self, event: events.AnyEvent) -> None:
        match event:
            case events.Muted(on=on):
                self.on = on
            case events.Ready() if self.on:
                self._link.send(commands.Mute(on=True))
            case events.Call(call=call):
                if self._call not in ("", call.call):
                    self._end()
                self._call = call.call
            case events.Ended(call=call_id) | events.Left(call=call_id) if call_id == self._call:
                self._end()

    def toggle(self) -> None:
        self._link.send(commands.Mute(on=not self.on))

    def _end(self) -> None:
        """It ends with the call, so that nobody speaks unheard on the next one."""
        self._call = ""
        if self.on:
            self._link.send(commands.Mute(on=False))
