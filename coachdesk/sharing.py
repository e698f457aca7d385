"""One's own share of a screen: what one asks for, what the server allows and has on record, what one is told of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from coachdesk import commands, events
from coachdesk.client import SignalingError
from coachdesk.commands import CommandError
from coachdesk.media.screenshare.screencapture import list_sources
from coachdesk.media.screenshare.screencast import ScreenCast
from coachdesk.media.screenshare.screensource import kind_of, open_screen
from coachdesk.screenrules import Rules
from signaling.sharemessages import ShareKind, ShareStage

UNANSWERED = ("offline", "timeout")
"""Codes of requests that the server may have carried out."""
AWAY = (
    "The server cannot be reached, so others see a plain picture now. Once it can be, show your screen again."
)


class Sharing:
    """One user's, over many calls.

    ``cast``: that of the present call, or None. ``seen_by``: names of those who see what is shared, as far as they
    may know of them. ``policy``: what the team's policy hides. ``ask``: tells the server how the share is
    to be, or has become; raises SignalingError when it is refused, or there is no answer. ``spawn``: runs work to its end,
    and tells if it fails.
    """

    def __init__(
        self,
        cast: Callable[[], ScreenCast | None],
        seen_by: Callable[[], list[str]],
        policy: Callable[[], Rules],
        ask: Callable[[ShareKind, ShareStage], Coroutine[Any, Any, None]],
        emit: Callable[[events.AnyEvent], None],
        spawn: Callable[[Coroutine[Any, Any, Any], str], None],
    ) -> None:
        self._cast = cast
        self._seen_by = seen_by
        self._policy = policy
        self._ask = ask
        self._own = Rules()
        self._obeyed = Rules()
        self._obeying = asyncio.Lock()
        self._emit = emit
        self._spawn = spawn
        self._asked = 0
        self._kind: ShareKind = "screen"
        self._recorded: tuple[ShareKind, ShareStage] | None = None
        self._recording = asyncio.Lock()
        self._told = events.Sharing(state="off")
        self._outline = events.ShareOutline()

    @property
    def handlers(self) -> dict[type[commands.Command], Callable[[Any], Coroutine[Any, Any, events.AnyEvent]]]:
        return {
            commands.Screens: self._screens,
            commands.Share: self._share,
            commands.ShareRules: self._hide,
            commands.StopShare: self._stop,
            commands.BlankShare: self._blank,
        }

    async def _screens(self, command: commands.Screens) -> events.AnyEvent:
        found = await asyncio.to_thread(list_sources, self._rules())
        return events.Screens(screens=found.screens, warning=found.warning)

    async def _share(self, command: commands.Share) -> events.AnyEvent:
        cast = self._need()
        self._asked += 1
        asked, kind = self._asked, kind_of(command.source)
        rules = self._rules()
        source = await asyncio.to_thread(open_screen, command.source, rules)
        try:
            self._still(asked, cast)
            await self._allowed(kind, asked, cast)
        except BaseException:
            await asyncio.to_thread(source.close)
            raise
        self._obeyed, self._kind = rules, kind
        await cast.start(source, command.content)
        await self._obey()
        return self._tell()

    async def _stop(self, command: commands.StopShare) -> events.AnyEvent:
        self._asked += 1
        await self._need().stop()
        self._record_later()
        return self._tell()

    async def _blank(self, command: commands.BlankShare) -> events.AnyEvent:
        """To blank asks nobody; to show it again takes the server's leave, as to begin does."""
        cast = self._need()
        if cast.source is None:
            raise CommandError("not_sharing", "No screen is shared at present. Share one first.")
        if command.on:
            self._asked += 1
            cast.blank(True)
            self._record_later()
        elif cast.state == "blank":
            await self._allowed(self._kind, self._asked, cast)
            cast.blank(False)
        return self._tell()

    async def _hide(self, command: commands.ShareRules) -> events.AnyEvent:
        self._own = Rules(titles=command.titles, regions=command.regions)
        await self._obey()
        return events.Ok()

    def _rules(self) -> Rules:
        team, own = self._policy(), self._own
        return Rules(titles=(*team.titles, *own.titles), regions=(*team.regions, *own.regions))

    async def _obey(self) -> None:
        """What is shared now is captured by the present rules from now on."""
        async with self._obeying:
            cast, rules = self._cast(), self._rules()
            if cast is not None and cast.source is not None and rules != self._obeyed:
                self._obeyed = rules
                await asyncio.to_thread(cast.source.hide, rules)

    def _need(self) -> ScreenCast:
        cast = self._cast()
        if cast is None:
            raise CommandError(
                "no_such_call", "A screen can be shared during a call alone. Answer or join one first."
            )
        return cast

    def _still(self, asked: int, cast: ScreenCast) -> None:
        """Raises CommandError where something else was asked for since ``asked``, or the call is over."""
        if asked != self._asked or cast is not self._cast():
            raise CommandError("superseded", "The share was stopped, or another chosen, before it began.")

    # --- what the server allows, and has on record -----------------------------------------------------------

    async def _allowed(self, kind: ShareKind, asked: int, cast: ScreenCast) -> None:
        """Asks the server whether that may be shown now. Raises SignalingError when it may not or cannot be asked."""
        async with self._recording:
            before, self._recorded = self._recorded, (kind, "on")
            try:
                await self._ask(kind, "on")
            except SignalingError as error:
                if error.code in UNANSWERED:
                    self._record_later()
                else:
                    self._recorded = before
                raise
        if asked != self._asked or cast is not self._cast():
            self._record_later()
        self._still(asked, cast)

    def _record_later(self) -> None:
        self._spawn(self._record(), "telling the server how a screen is shared")

    async def _record(self) -> None:
        """Tells the server how the share is, if it knows otherwise."""
        async with self._recording:
            cast, recorded = self._cast(), self._recorded
            if cast is None or recorded is None:
                return
            now = (self._kind, cast.state) if cast.source is not None else (recorded[0], cast.state)
            if now != recorded:
                await self._ask(*now)
                self._recorded = now if cast.source is not None else None

    def online(self, on: bool) -> None:
        """Without the server nothing is shown: it could neither refuse it nor keep a record. It is shown again by the
        user alone.
        """
        cast = self._cast()
        if cast is None:
            return
        if on:
            self._record_later()
        elif cast.source is not None and cast.state == "on":
            cast.blank(True)
            self._tell(AWAY)

    # --- what is told ----------------------------------------------------------------------------------------

    def tick(self) -> None:
        """Every 100 ms or so: a window that was moved is elsewhere, one that was closed is shared no longer."""
        self._tell_outline()
        cast = self._cast()
        if cast is not None and cast.source is not None and (fault := cast.source.fault) is not None:
            self._spawn(cast.stop(), "ending a screen share")
            self._record_later()
            self._tell(fault)

    def retell(self) -> None:
        """After every change of the call, or of the team's policy: others may see it now, or less of it."""
        if self._cast() is None:
            self._recorded = None  # the server ends it with the call
        self._spawn(self._obey(), "hiding what rules hide of a screen share")
        self._tell()

    def present(self) -> events.Sharing:
        """How it is now, told if that is new."""
        return self._tell()

    def _tell(self, message: str = "") -> events.Sharing:
        """Emits what has changed, and returns it."""
        cast = self._cast()
        now = events.Sharing(state="off", message=message)
        if cast is not None and cast.source is not None:
            now = events.Sharing(
                state=cast.state,
                label=cast.source.label,
                seen_by=self._seen_by(),
                customer=cast.to_customer,
                message=message,
                warning=cast.source.warning,
            )
        if now != self._told:
            self._told = now
            self._emit(now)
        self._tell_outline()
        return now

    def _tell_outline(self) -> None:
        cast = self._cast()
        source = cast.source if cast is not None else None
        now = events.ShareOutline(place=source.place if source is not None else None)
        if now != self._outline:
            self._outline = now
            self._emit(now)
