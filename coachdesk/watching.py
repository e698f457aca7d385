"""The customer's screen at the agent's endpoint: asked for, and seen."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from coachdesk import commands, events
from coachdesk.commands import CommandError
from coachdesk.media.agent_hub import AgentHub
from coachdesk.media.picture.video import Picture
from coachdesk.media.screenshare.screenview import ScreenView

UNABLE = (
    "The customer's browser can't share a screen, or is not connected. Browsers on phones have no such thing."
)


class Watching:
    """One agent's, over many calls."""

    def __init__(self, emit: Callable[[events.AnyEvent], None]) -> None:
        self._emit = emit
        self._hub: AgentHub | None = None
        self._view = ScreenView(emit)
        self._told = events.ScreenRequest(state="unable")

    @property
    def handlers(self) -> dict[type[commands.Command], Callable[[Any], Coroutine[Any, Any, events.AnyEvent]]]:
        return {commands.AskScreen: self._ask}

    def begin(self, hub: AgentHub) -> None:
        """A call begins."""
        self._hub = hub
        hub.on_customer_screen = self._changed
        hub.customer_screen.on_packet = self._view.put
        self._view.request_keyframe = hub.request_screen_keyframe

    def end(self) -> None:
        """It is over."""
        self._hub = None
        self._view.close()
        self._tell("unable")

    def publish(self, on: bool) -> None:
        """Puts the screen's pictures into shared memory, or no longer."""
        self._view.publish(on)

    @property
    def newest(self) -> Picture | None:
        """The picture of it that was decoded last; None while none is seen here."""
        return self._view.newest

    async def _ask(self, command: commands.AskScreen) -> events.AnyEvent:
        if self._hub is None:
            raise CommandError("no_such_call", "There is no call at present.")
        screen = self._hub.customer_screen
        if command.on and screen.request == "unable":
            raise CommandError("unable", UNABLE)
        if command.on and screen.state != "off":
            raise CommandError("shared_already", "The customer shares their screen already.")
        screen.ask(command.on)
        return events.Ok()

    def _changed(self) -> None:
        if self._hub is not None:
            self._view.told(self._hub.customer_screen.state, "customer")
            self._tell(self._hub.customer_screen.request)

    def _tell(self, state: events.RequestState) -> None:
        told = events.ScreenRequest(state=state)
        if told != self._told:
            self._told = told
            self._emit(told)
