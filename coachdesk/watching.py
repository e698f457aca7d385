"""Others' screens at the agent's endpoint: the customer's, asked for and seen, and a supervisor's, which goes first."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from coachdesk import commands, events
from coachdesk.annotation import ScreenName
from coachdesk.commands import CommandError
from coachdesk.media.packet import Packet
from coachdesk.media.screenshare.screenhub import OWN, ScreenHub
from coachdesk.media.screenshare.screenview import ScreenView
from coachdesk.screenwire import Size
from coachdesk.snapshots import Seen, seen_in

UNABLE = (
    "The customer's browser can't share a screen, or is not connected. Browsers on phones have no such thing."
)


class Watching:
    """One agent's, over many calls. ``named``: a supervisor's name, or "" where the agent may not know of them."""

    def __init__(self, emit: Callable[[events.AnyEvent], None], named: Callable[[str], str]) -> None:
        self._emit = emit
        self._named = named
        self._screens: ScreenHub | None = None
        self._view = ScreenView(emit)
        self._told = events.ScreenRequest(state="unable")
        self._shows: Size | None = None

    @property
    def handlers(self) -> dict[type[commands.Command], Callable[[Any], Coroutine[Any, Any, events.AnyEvent]]]:
        return {commands.AskScreen: self._ask, commands.ScreenShown: self._show_at}

    def begin(self, screens: ScreenHub) -> None:
        """A call begins."""
        self._screens = screens
        screens.on_far = self.retell
        screens.customer.on_packet = lambda packet: self._put("customer", packet)
        screens.coach.on_packet = lambda packet: self._put("supervisor", packet)
        screens.pointers.on_cursor = self._view.pointed
        self._view.watchers = {"customer": screens.customer_marks.watcher()}
        self._view.request_keyframe = self._request_keyframe
        screens.show_at(OWN, self._shows)

    def end(self) -> None:
        """It is over."""
        self._screens = None
        self._view.close()
        self._view.watchers = {}
        self._tell("unable")

    def publish(self, on: bool) -> None:
        """Puts the screen's pictures into shared memory, or no longer."""
        self._view.publish(on)

    def seen(self) -> Seen | None:
        """What is seen here of another's screen now."""
        return seen_in(self._view)

    def newest_on(self, surface: ScreenName) -> int | None:
        """RTP timestamp of the newest picture here of what is drawn on as ``surface``."""
        return self._view.newest_on(surface)

    async def _ask(self, command: commands.AskScreen) -> events.AnyEvent:
        if self._screens is None:
            raise CommandError("no_such_call", "There is no call at present.")
        screen = self._screens.customer
        if command.on and screen.request == "unable":
            raise CommandError("unable", UNABLE)
        if command.on and screen.state != "off":
            raise CommandError("shared_already", "The customer shares their screen already.")
        screen.ask(command.on)
        return events.Ok()

    async def _show_at(self, command: commands.ScreenShown) -> events.AnyEvent:
        self._shows = command.size
        if self._screens is not None:
            self._screens.show_at(OWN, command.size)
        return events.Ok()

    def _put(self, sharer: events.Sharer, packet: Packet) -> None:
        if sharer == self._view.party:
            self._view.put(packet)

    def _request_keyframe(self) -> None:
        if self._screens is not None:
            if self._view.party == "supervisor":
                self._screens.request_coachs_keyframe()
            else:
                self._screens.request_customers_keyframe()

    def retell(self) -> None:
        """After every change of a screen, or of what the agent may know of who observes."""
        if self._screens is None:
            return
        coachs, customers = self._screens.coach, self._screens.customer
        if coachs.state != "off":
            also = "customer" if customers.state != "off" else ""
            self._view.told(coachs.state, "supervisor", also, self._named(coachs.sharer))
            self._view.sized(self._screens.coach_size)
        else:
            self._view.told(customers.state, "customer")
            self._view.sized(None)
        self._tell(customers.request)

    def _tell(self, state: events.RequestState) -> None:
        told = events.ScreenRequest(state=state)
        if told != self._told:
            self._told = told
            self._emit(told)
