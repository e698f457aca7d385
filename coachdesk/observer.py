"""A supervisor's, trainee's or admin's session: the calls there are, the one listened to, and who hears them there."""

from __future__ import annotations

import logging

from coachdesk import call as calls
from coachdesk import commands, events
from coachdesk.annotation import ScreenName
from coachdesk.client import Client
from coachdesk.commands import CommandError
from coachdesk.media.connection.peer import State
from coachdesk.media.ink.inkparty import InkParty
from coachdesk.media.observer import ObserverMedia
from coachdesk.media.pcm import SILENCE, Block, Stereo
from coachdesk.media.picture.camera import Camera
from coachdesk.media.picture.pictures import Pictures
from coachdesk.media.screenshare.screencast import ScreenCast
from coachdesk.media.screenshare.screenview import ScreenView
from coachdesk.routing import screen_viewers
from coachdesk.screenwire import Size
from coachdesk.session import Emit, Handler, Session
from coachdesk.sharedsheet import SharedSheet
from coachdesk.snapshots import Seen, seen_in
from coachdesk.talking import Talking
from signaling import protocol
from signaling.policy import Role
from signaling.protocol import CallView, EndReason, SignalBody

SHARE_TICKS = 10
"""Ticks between two looks at whether what is shared is still there: 100 ms."""

log = logging.getLogger(__name__)


class ObserverSession(Session):
    """Listens to calls and, if the role may, talks on them."""

    def __init__(self, client: Client, server: str, pictures: Pictures, emit: Emit) -> None:
        super().__init__(client, server, pictures, emit)
        self._media: ObserverMedia | None = None
        self._screen = ScreenView(emit)
        self._shows: Size | None = None
        self._sheet = SharedSheet("coach", lambda: self._ink.media, self._cast, emit)
        self._ticks = 0
        self._wants_past = False
        self._talking = Talking(
            client,
            party=lambda: self.party,
            call=lambda: self.view,
            media=lambda: self._media,
            emit=emit,
            spawn=self._spawn,
        )

    @property
    def media(self) -> ObserverMedia | None:
        return self._media

    @property
    def _handlers(self) -> dict[type[commands.Command], Handler]:
        return {
            commands.Listen: self._listen,
            commands.Leave: self._leave,
            commands.ClaimHelp: lambda command: self._ask(protocol.ClaimHelp, call=command.call),
            commands.HangUp: lambda command: self._ask(protocol.HangUp, call=self._call_id()),
            commands.Freeze: self._freeze,
            commands.Volume: self._volume,
            commands.Stats: self._stats,
            commands.ScreenShown: self._show_screen_at,
            **self._talking.handlers,
            **self._ink.handlers,
            **self._photo_handlers,
            **(self._sharing.handlers if self._may_share else {}),
        }

    @property
    def _may_share(self) -> bool:
        welcome = self._client.welcome
        return welcome is not None and welcome.role is Role.SUPERVISOR

    # --- commands --------------------------------------------------------------------------------------------

    async def _listen(self, command: commands.Listen) -> events.AnyEvent:
        self._talking.call_off()
        self._wants_past = command.catch_up
        await self._client.request(protocol.Listen, call=command.call)
        return events.Ok()

    async def _freeze(self, command: commands.Freeze) -> events.AnyEvent:
        if self.view is None or self._media is None:
            raise CommandError("no_such_call", "There is no call at present.")
        if not calls.leads(self.view, self.party):
            raise CommandError(
                "not_allowed", "Only who talks with the customer may freeze the picture: take over first."
            )
        if not self._media.freeze(command.on):
            raise CommandError(
                "not_connected", "The agent's program can't be reached at present. Try again in a moment."
            )
        return events.Ok()

    async def _show_screen_at(self, command: commands.ScreenShown) -> events.AnyEvent:
        self._shows = command.size
        if self._media is not None:
            self._media.show_screen_at(command.size)
        return events.Ok()

    async def _leave(self, command: commands.Leave) -> events.AnyEvent:
        call = self._call_id()
        self._talking.call_off()
        await self._client.request(protocol.Leave, call=call)
        self._left(call)
        return events.Ok()

    # --- what the server says --------------------------------------------------------------------------------

    def message(self, message: protocol.ServerMessage) -> None:
        match message:
            case protocol.Calls():
                self._calls(message.calls)
            case protocol.CallState():
                self._call_state(message.call)
            case protocol.Signalled():
                if self._media is not None and self.view is not None and message.call == self.view.call:
                    self._spawn(self._media.signalled(message.body), "setting up media")
            case protocol.Replied():
                self._emit(events.Replied(name=message.name, reply=message.reply))
            case protocol.PhotoState():
                self._photo_state(message)
            case protocol.Ended():
                self._ended(message.call, message.reason)
            case _:
                log.warning("unexpected message from the server: %s", type(message).__name__)

    def online(self, on: bool) -> None:
        if self.view is None:
            return
        self._sharing.online(on)
        if not on:
            self._talking.call_off()
            self._show(calls.fail_closed(self.view))

    def _calls(self, views: list[CallView]) -> None:
        self._emit(events.Calls(calls=views))
        if self.view is None:
            return
        current = next((view for view in views if view.call == self.view.call), None)
        if current is None:
            self._left(self.view.call)
        elif calls.party(current, self.party) is None:
            self._talking.close_mic()
            self._spawn(self._client.request(protocol.Listen, call=current.call), "rejoining the call")

    def _call_state(self, view: CallView) -> None:
        if self.view is not None and self.view.call != view.call:
            self._left(self.view.call)
        if self._media is None:
            self._media = self._new_media()
        self._show(view)

    def _show(self, view: CallView) -> None:
        self.view = view
        self._talking.heed()
        self._emit(events.Call(call=view))
        self._talking.retell(view)
        self._ink.retell()
        self._sharing.retell()

    def _new_media(self) -> ObserverMedia:
        media = ObserverMedia(
            ice=self._ice,
            signal=self._signal,
            new_ear=self._new_ear,
            party=self.party,
            catch_up=self._wants_past,
        )
        self._wants_past = False
        media.past.on_running = lambda on: self._emit(events.CatchingUp(on=on))
        media.on_media = self._media_state
        media.on_picture_packet = self._pictures.put
        media.on_screen, media.on_screen_packet = self._screen_told, self._screen.put
        media.on_screen_size = self._screen.sized
        media.show_screen_at(self._shows)
        self._screen.request_keyframe = media.request_screen_keyframe
        media.on_still = lambda still: self._spawn(self._freezing.take(still), "showing a still")
        media.on_whisper_closed = self._whisper_closed
        media.on_picture_quality = lambda quality: self._emit(events.Picture(quality=quality))
        media.on_talk = self._tell_talk
        media.on_held = lambda on: self._emit(events.WhisperHeld(on=on))
        self._talking.begin(media)
        self._pictures.start("customer", media.request_keyframe, self._emit)
        self._begin_ink(media.ink)
        return media

    def _begin_ink(self, ink: InkParty) -> None:
        self._ink.begin(ink)
        ink.on_refused = self._ink.refused
        ink.on_begin = self._ink.begin_anew
        ink.on_cursor = self._screen.pointed
        tell = ink.on_stage

        def staged() -> None:
            self._pictures.offset = ink.stage.offset
            self._freezing.stand_still(ink.stage.frozen)
            self._freezing.instead(ink.stage.stills)
            tell()

        ink.on_stage = staged

    def _own_name(self) -> str:
        return self.party

    def _media_state(self, state: State) -> None:
        """Without a connection nobody hears this coach; with a new one nobody shall until they ask again."""
        if state == "lost" and self.view is not None:
            self._talking.fall_back()
            self._show(calls.fail_closed(self.view))
            self._freezing.stand_still(None)
        self._emit(events.Media(party="agent", state=state))

    def _whisper_closed(self, closed: bool) -> None:
        """A whisper ends where the customer could hear it; the coach asks anew when it is allowed again."""
        if self._talking.whisper_closed(closed) and self.view is not None:
            self._show(calls.fail_closed(self.view))

    async def _signal(self, body: SignalBody) -> None:
        view = self.view
        if view is not None:
            await self._pass_on(view.call, view.agent, body)

    def _over(self, call: str) -> None:
        self._left(call)

    def _left(self, call: str) -> None:
        if self._drop(call):
            self._emit(events.Left(call=call))

    def _ended(self, call: str, reason: EndReason) -> None:
        if self._drop(call):
            self._emit(events.Ended(call=call, reason=reason))

    def _drop(self, call: str) -> bool:
        """Lets go of the call's media; False if this endpoint was not on that call."""
        if self.view is None or self.view.call != call:
            return False
        self._talking.end()
        media, self._media, self.view = self._media, None, None
        self._pictures.stop()
        self._screen.close()
        self._ink.end()
        self._freezing.end()
        if media is not None:
            self._spawn(media.close(), "leaving the call")
        self._sharing.retell()
        self._sheet.tick()
        return True

    # --- media -----------------------------------------------------------------------------------------------

    def tick(self, mic: Block, now: float) -> Block | Stereo:
        self._ink.tick()
        self._ticks += 1
        if self._ticks % SHARE_TICKS == 0:
            self._sharing.tick()
            self._sheet.tick()
            if self._media is not None:
                self._media.marks.tick()
        return self._media.tick(mic, now) if self._media is not None else SILENCE

    def mute(self, on: bool) -> None:
        if self._media is not None:
            self._media.mouth.mute(on)

    def levels(self) -> dict[str, float]:
        return self._media.headset.levels() if self._media is not None else {}

    def _cast(self) -> ScreenCast | None:
        return self._media.screen if self._media is not None else None

    def use_camera(self, camera: Camera) -> None:
        """An observer shows no camera."""

    def publish(self, on: bool) -> None:
        self._screen.publish(on)

    def _newest_screen(self, surface: ScreenName) -> int | None:
        return self._screen.newest_on(surface)

    def _screen_told(self, state: events.ShareState, party: events.Sharer, also: str) -> None:
        view = self.view
        sharing = [each.name for each in view.parties if each.shares] if view is not None else []
        self._screen.told(state, party, also, sharing[0] if party == "supervisor" and sharing else "")
        self._sharing.retell()

    def _screen_seen_by(self) -> list[str]:
        """Names of those who see what this user shares: the agent alone, while the agent's own goes first for others."""
        if self.view is None:
            return []
        viewers = screen_viewers(calls.members(self.view), self.party)
        if self._screen.party == "agent" and self._screen.state != "off":
            viewers = [viewer for viewer in viewers if viewer.party == self.view.agent]
        return [self._name(viewer.party) for viewer in viewers]

    def _screen_seen(self) -> Seen | None:
        return seen_in(self._screen)

    def request_keyframe(self) -> None:
        if self._media is not None:
            self._media.request_keyframe()

    async def close(self) -> None:
        self._talking.close_mic()
        media, self._media = self._media, None
        await self._end_tasks()
        self._pictures.stop()
        self._screen.close()
        if media is not None:
            await media.close()
