"""What a coach wants to speak as, and to whom their mic is open: wishes, the server's grants, what ends them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from coachdesk import call as calls
from coachdesk import commands, events
from coachdesk.client import Client, SignalingError
from coachdesk.commands import CommandError
from coachdesk.media.observer import ObserverMedia
from signaling import protocol
from signaling.policy import Mode
from signaling.protocol import CallView

IN_FORCE_SECONDS = 5.0
"""A mode the agent's endpoint has not wired by then is reported as failed."""

WHISPER_CLOSED = (
    "The agent's microphone picks up your whisper, so the customer would hear it; whispering is off "
    "until the agent has put on a headset and allows it again."
)


class Talking:
    """One coach's, over many calls.

    Sound leaves only by the server's grant of a mode that is still wanted, or that was when it was spoken and that the
    customer does not hear. A release closes the mic at once, and the server is asked for the next mode when what was
    spoken before the release has been sent. Everything else discards all.

    ``party``: the own party id. ``call`` and ``media``: the present call as it was last told, and its media; None without.
    ``spawn``: runs work to its end, and tells if it fails.
    """

    def __init__(
        self,
        client: Client,
        party: Callable[[], str],
        call: Callable[[], CallView | None],
        media: Callable[[], ObserverMedia | None],
        emit: Callable[[events.AnyEvent], None],
        spawn: Callable[[Coroutine[Any, Any, Any], str], None],
    ) -> None:
        self._client = client
        self._party = party
        self._call = call
        self._media = media
        self._emit = emit
        self._spawn = spawn
        self._wish = 0
        self._asked = 0  # the wish by which the server was asked for what is being spoken; 0: not yet
        self._talk = Mode.LISTEN
        self._is_polite = False
        self._told: events.ModeChanged | None = None
        self._changed = asyncio.Event()

    @property
    def handlers(self) -> dict[type[commands.Command], Callable[[Any], Coroutine[Any, Any, events.AnyEvent]]]:
        return {commands.SetMode: self._set_mode, commands.Polite: self._polite}

    def begin(self, media: ObserverMedia) -> None:
        """That of a call just joined."""
        media.mouth.polite = self._is_polite

    def end(self) -> None:
        """The call is over for this coach; to be called while it is still the present one."""
        self.call_off()
        self._told = None
        self._changed.set()

    def call_off(self) -> None:
        """Closes the mic; whatever was wished before is void, also when it is granted later."""
        self._wish += 1
        self.close_mic()

    def close_mic(self) -> None:
        """At once: nothing that is not sent yet will be."""
        self._talk = Mode.LISTEN
        media = self._media()
        if media is not None:
            media.mouth.discard()

    def fall_back(self) -> None:
        """Closes the mic for good and tells the server, whatever it believes."""
        self.call_off()
        view = self._call()
        if view is not None:
            self._spawn(
                self._client.request(protocol.SetMode, call=view.call, mode=Mode.LISTEN),
                "falling back to listening",
            )

    def heed(self) -> None:
        """The present call is told anew: a mode that is not the own one any more is over."""
        if self._talk is not Mode.LISTEN and self._own_mode() is not self._talk:
            self.close_mic()

    def retell(self, view: CallView) -> None:
        """Tells the own mode in ``view``, if it changed."""
        own = calls.party(view, self._party())
        if own is None:
            return
        told = events.ModeChanged(
            mode=own.mode, in_force=own.in_force, heard_by=calls.heard_by(view, self._party())
        )
        if told != self._told:
            self._told = told
            self._emit(told)
            self._changed.set()

    def whisper_closed(self, closed: bool) -> bool:
        """Tells that the agent's mic picks up whispers, or no longer; whether a whisper ended by it."""
        self._emit(events.Leak(closed=closed, message=WHISPER_CLOSED if closed else ""))
        media = self._media()
        wanted = media.mouth.wanted if media is not None else Mode.LISTEN
        ends = closed and self._call() is not None and Mode.WHISPER in (self._talk, self._own_mode(), wanted)
        if ends:
            self.fall_back()
        return ends

    # --- commands --------------------------------------------------------------------------------------------

    async def _polite(self, command: commands.Polite) -> events.AnyEvent:
        self._is_polite = command.on
        media = self._media()
        if media is not None:
            media.mouth.polite = command.on
        return events.Ok()

    async def _set_mode(self, command: commands.SetMode) -> events.AnyEvent:
        """Ends what is spoken in the present mode, asks, and sends by the grant if nothing else was wished meanwhile;
        answers when in force.
        """
        view, media = self._call(), self._media()
        if view is None:
            raise CommandError("no_such_call", "There is no call at present.")
        if command.mode is Mode.WHISPER and media is not None and media.whisper_closed:
            raise CommandError("whisper_closed", WHISPER_CLOSED)
        granted_before = media.mouth.open_for if media is not None else Mode.LISTEN
        self._wish += 1
        wish = self._wish
        await self._finish(command, wish)
        self._asked = wish

        def granted() -> None:
            if wish == self._wish or self._is_unanswered(wish):
                self._open_mic(command.mode)

        try:
            await self._client.request(protocol.SetMode, granted=granted, call=view.call, mode=command.mode)
        except SignalingError:
            if wish == self._wish:
                self._refused(command.mode, granted_before)
            elif self._is_unanswered(wish):
                self.close_mic()
            raise
        return await self._in_force(command.mode, wish)

    async def _finish(self, command: commands.SetMode, wish: int) -> None:
        """Turns the mic to what is wanted; what it was open for is over when all of that has been sent."""
        media, wanted = self._media(), command.mode
        if media is not None:
            if wanted is Mode.LISTEN:
                media.mouth.release(keep=command.released and self._asked != 0)
            else:
                media.mouth.press(wanted)
                self._asked = 0
            await media.finish()
            if wish == self._wish:
                media.mouth.drop_rest()
        if wish != self._wish:
            raise CommandError("superseded", "Another mode was chosen meanwhile.")
        if self._talk is not wanted:
            self._talk = Mode.LISTEN

    async def _in_force(self, mode: Mode, wish: int) -> events.AnyEvent:
        """Waits until the agent's endpoint has wired ``mode``. Raises CommandError if it does not, or was overtaken."""
        try:
            async with asyncio.timeout(IN_FORCE_SECONDS):
                while wish == self._wish:
                    told = self._told
                    if told is not None and told.mode is mode and told.in_force:
                        return told
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            if mode is Mode.LISTEN:
                return events.ModeChanged(
                    mode=mode, in_force=False
                )  # the mic is closed, whoever has confirmed it
            if wish == self._wish:
                self.fall_back()
            raise CommandError(
                "not_in_force", "The agent's computer did not confirm it. Nobody hears you; try again."
            ) from None
        raise CommandError("superseded", "Another mode was chosen meanwhile.")

    # --- the mic's gate --------------------------------------------------------------------------------------

    def _open_mic(self, mode: Mode) -> None:
        self._talk = mode
        media = self._media()
        if media is not None and mode is not Mode.LISTEN:
            media.mouth.grant(mode)

    def _is_unanswered(self, wish: int) -> bool:
        """Whether the server's answer to ``wish`` is what a word waits for whose key has been released."""
        media = self._media()
        return wish == self._asked and media is not None and media.mouth.unanswered

    def _refused(self, wanted: Mode, granted_before: Mode) -> None:
        """A coach who was refused another mode goes on in theirs; a mic that was to close stays closed."""
        if wanted is Mode.LISTEN:
            self.fall_back()
            return
        self.close_mic()
        if self._own_mode() is granted_before:
            self._open_mic(granted_before)

    def _own_mode(self) -> Mode:
        view = self._call()
        own = calls.party(view, self._party()) if view is not None else None
        return own.mode if own is not None else Mode.LISTEN
