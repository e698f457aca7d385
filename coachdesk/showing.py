"""An agent's share of a screen, shown to the customer too: each time by the agent's own act, and with the server's leave."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from coachdesk import commands, events
from coachdesk.client import SignalingError
from coachdesk.commands import CommandError
from coachdesk.media.screenshare.screencast import ScreenCast
from coachdesk.sharing import UNANSWERED

Ask = Callable[[bool], Coroutine[Any, Any, Any]]


class Showing:
    """One agent's, over many calls. What takes it back besides the agent is `ScreenCast`'s matter.

    ``cast``: that of the present call, or None. ``ask``: tells the server that the customer is to be shown it, or is so no
    longer; raises SignalingError when it is refused, or there is no answer. ``tell``: emits how the share is, and returns
    it. ``spawn``: runs work to its end, and tells if it fails.
    """

    def __init__(
        self,
        cast: Callable[[], ScreenCast | None],
        ask: Ask,
        tell: Callable[[], events.Sharing],
        spawn: Callable[[Coroutine[Any, Any, Any], str], None],
    ) -> None:
        self._cast, self._ask, self._tell, self._spawn = cast, ask, tell, spawn
        self._asked = 0

    @property
    def handlers(self) -> dict[type[commands.Command], Callable[[Any], Coroutine[Any, Any, events.AnyEvent]]]:
        return {commands.ShowCustomer: self._show}

    async def _show(self, command: commands.ShowCustomer) -> events.AnyEvent:
        cast = self._cast()
        if cast is None:
            raise CommandError("no_such_call", "There is no call at present, so no customer to be shown it.")
        self._asked += 1
        if command.on and not cast.to_customer:
            _require(cast)
            await self._allowed(cast, cast.turn, self._asked)
            cast.show_customer(True)
        elif cast.to_customer and not command.on:
            cast.show_customer(False)
            self._record_off()
        return self._tell()

    async def _allowed(self, cast: ScreenCast, turn: int, asked: int) -> None:
        """Asks the server. Raises SignalingError when the customer may not be shown it or the server cannot be asked, and
        CommandError when it is not to be shown any more by then.
        """
        try:
            await self._ask(True)
        except SignalingError as error:
            if error.code in UNANSWERED:
                self._record_off()
            raise
        if (cast, turn, asked) != (self._cast(), cast.turn, self._asked) or not cast.may_show:
            self._record_off()
            raise CommandError(
                "superseded", "The share was changed, or taken back, before the customer saw it."
            )

    def _record_off(self) -> None:
        if self._cast() is not None:
            self._spawn(self._ask(False), "telling the server what the customer is not shown")


def _require(cast: ScreenCast) -> None:
    """Raises CommandError where there is nothing to be shown, or nobody who may be shown it."""
    if cast.state != "on":
        raise CommandError(
            "not_sharing", "No screen is shown at present. Share one, or show it again, first."
        )
    if not cast.may_show:
        raise CommandError(
            "not_allowed",
            "Your customer does not hear you at present. Take the call off hold, or back, first.",
        )
