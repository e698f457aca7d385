"""What an agent's and an observer's session have in common: commands to handlers, owned tasks, ears that tell."""

from __future__ import annotations

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Protocol

import msgspec

from coachdesk import call as calls
from coachdesk import commands, events
from coachdesk.annotation import Mark, ScreenName
from coachdesk.client import Client, SignalingError
from coachdesk.commands import CommandError
from coachdesk.freezing import Freezing
from coachdesk.inkdesk import InkDesk
from coachdesk.inkroutes import sees, who_sees
from coachdesk.inkview import Around
from coachdesk.media.connection.leg import Unsent
from coachdesk.media.ears import Ear
from coachdesk.media.mixer import Headset
from coachdesk.media.pcm import Block, Stereo
from coachdesk.media.picture.camera import Camera
from coachdesk.media.picture.pictures import Pictures
from coachdesk.media.quality import History
from coachdesk.media.screenshare.screencast import ScreenCast
from coachdesk.media.talktime import Talk
from coachdesk.photodesk import PhotoDesk
from coachdesk.photos import PhotoAlbum
from coachdesk.quality_report import QualityReport
from coachdesk.routing import Member
from coachdesk.screenrules import Rules
from coachdesk.sharing import Sharing
from coachdesk.snapshots import Seen, Snapshots
from signaling import protocol
from signaling.policy import COACHES
from signaling.protocol import CallView, Code, IceServer, SignalBody
from signaling.sharemessages import ShareKind, ShareStage

Handler = Callable[[Any], Awaitable[events.AnyEvent]]
Emit = Callable[[events.AnyEvent], None]

log = logging.getLogger(__name__)


class CallMedia(Protocol):
    """What an agent's hub and an observer's media have in common."""

    headset: Headset

    def measure(self) -> dict[str, events.Reading]: ...
    async def stats(self) -> dict[str, dict[str, float]]: ...


class Session(ABC):
    """One signed-in user's business with the server, and the media of the call they are on.

    Attributes:
        view: the call this endpoint is on, as the server last told it.
        history: how good the present or last call sounded here.
    """

    def __init__(self, client: Client, server: str, pictures: Pictures, emit: Emit) -> None:
        self._client = client
        self._server = server
        self._pictures = pictures
        self._emit = emit
        self._tasks: set[asyncio.Task[None]] = set()
        self._measured: CallMedia | None = None
        self.history = History()
        self._report = QualityReport()
        self.view: CallView | None = None
        self._photos = PhotoAlbum(client, emit)
        self._ink = InkDesk(
            Around(
                own=self._own_name,
                known_as=self._known_as,
                name=self._name,
                sees=self._sees,
                seen_by=self._seen_by,
                newest_frame=lambda: pictures.newest_frame,
                aspect=lambda: pictures.aspect,
                may_clear_all=client.welcome is not None and client.welcome.role in COACHES,
                newest_screen=self._newest_screen,
            ),
            emit,
        )
        self._freezing = Freezing(pictures, emit)
        self._photo_desk = PhotoDesk(self._photos, pictures, self._ink.handlers[commands.Draw])
        self._sharing = Sharing(
            self._cast,
            self._screen_seen_by,
            self._hidden_by_team,
            self._ask_to_share,
            emit,
            self._spawn,
        )
        self._snapshots = Snapshots(
            self._photos,
            lambda: self._ask(protocol.TakeSnapshot, call=self._call_id()),
            self._screen_seen,
            self._ink.on_screen,
        )

    def _hidden_by_team(self) -> Rules:
        welcome = self._client.welcome
        return Rules() if welcome is None else Rules(welcome.hidden_windows, welcome.hidden_regions)

    @property
    def party(self) -> str:
        """This endpoint's party id."""
        assert self._client.welcome is not None
        return self._client.welcome.party

    @property
    @abstractmethod
    def media(self) -> CallMedia | None:
        """The media of the present call, if there is one."""

    async def do(self, command: commands.AnyCommand) -> events.AnyEvent:
        """Carries out a command of this role. Raises CommandError, SignalingError or DeviceError."""
        handler = self._handlers.get(type(command))
        if handler is None:
            raise CommandError(
                "not_allowed", f"Your role has no use for '{type(command).__struct_config__.tag}'."
            )
        return await handler(command)

    @property
    @abstractmethod
    def _handlers(self) -> dict[type[commands.Command], Handler]: ...

    @abstractmethod
    def message(self, message: protocol.ServerMessage) -> None:
        """What the server says, in order."""

    @abstractmethod
    def online(self, on: bool) -> None:
        """The server went away (media goes on, modes fall back) or came back."""

    @abstractmethod
    def tick(self, mic: Block, now: float) -> Block | Stereo:
        """10 ms from the mic in, 10 ms for the headset out."""

    def mute(self, on: bool) -> None:  # noqa: B027
        """The mic was muted or unmuted, at its source; nothing is kept here of what it heard before."""

    @abstractmethod
    def levels(self) -> dict[str, float]:
        """dBFS of each source heard."""

    @abstractmethod
    def use_camera(self, camera: Camera) -> None: ...

    def publish(self, on: bool) -> None:  # noqa: B027
        """Whether pictures of a screen that another shares go into shared memory, as the customer's do."""

    @abstractmethod
    def _newest_screen(self, surface: ScreenName) -> int | None:
        """RTP timestamp of the newest picture here of that screen, where it is another's and seen here."""

    async def _ask_to_share(self, kind: ShareKind, state: ShareStage) -> None:
        await self._client.request(protocol.ShareScreen, call=self._call_id(), source=kind, state=state)

    @abstractmethod
    def _cast(self) -> ScreenCast | None:
        """What shows this user's screen to others on the present call."""

    @abstractmethod
    def _screen_seen_by(self) -> list[str]:
        """Names of those who see what this user shares, as far as they may know of them."""

    @abstractmethod
    def _screen_seen(self) -> Seen | None:
        """The shared screen as this user sees it, or shows it to others, for a snapshot."""

    @abstractmethod
    def request_keyframe(self) -> None:
        """Somebody here starts to look at the customer's picture."""

    @abstractmethod
    async def close(self) -> None: ...

    async def _ask(self, kind: type[protocol.Request], **fields: Any) -> events.AnyEvent:
        await self._client.request(kind, **fields)
        return events.Ok()

    async def _volume(self, command: commands.Volume) -> events.AnyEvent:
        self._need_media().headset.set_gain(command.source, command.gain)
        return events.Ok()

    def measure(self) -> None:
        """Tells how good each sound of the call is, and the server every fifth time; to be called every two seconds."""
        media = self.media
        if media is None:
            return
        if media is not self._measured:
            self._measured, self.history, self._report = media, History(), QualityReport()
        measured = media.measure()
        readings = {self._known_as(source): reading for source, reading in measured.items()}
        self.history.add(readings)
        if readings:
            self._emit(events.Quality(readings=readings))
        heard = self._report.add(measured)
        if heard and self.view is not None:
            self._spawn(
                self._client.request(protocol.ReportQuality, call=self.view.call, heard=heard),
                "reporting how the call sounds",
            )

    async def _stats(self, command: commands.Stats) -> events.AnyEvent:
        self._need_media()
        return events.Stats(streams=await self.streams())

    async def streams(self) -> dict[str, dict[str, float]]:
        """Numbers of every stream, as far as this user may know whose they are; nothing without a call."""
        return await self.media.stats() if self.media is not None else {}

    def _need_media(self) -> CallMedia:
        """Raises CommandError when there is no call."""
        if self.media is None:
            raise CommandError("no_such_call", "There is no call at present.")
        return self.media

    def _ice(self) -> list[IceServer]:
        """STUN and TURN servers for a new connection, with credentials that are still good."""
        return self._client.welcome.ice if self._client.welcome is not None else []

    def _call_id(self) -> str:
        """The present call's id. Raises CommandError when there is none."""
        if self.view is None:
            raise CommandError("no_such_call", "There is no call at present.")
        return self.view.call

    async def _pass_on(self, call: str, to: str, body: SignalBody) -> None:
        """Sends a media offer, answer or candidate. Raises Unsent when it cannot be delivered now."""
        try:
            await self._client.request(protocol.Signal, call=call, to=to, body=body)
        except SignalingError as error:
            if error.code == Code.NO_SUCH_CALL:
                self._over(call)
            raise Unsent(error.message) from error

    @abstractmethod
    def _over(self, call: str) -> None:
        """The server knows no such call (any more)."""

    def _spawn(self, work: Coroutine[Any, Any, Any], what: str) -> None:
        """Runs ``work`` owned by this session; a failure is told, never lost."""

        async def run() -> None:
            try:
                await work
            except (SignalingError, Unsent) as error:
                log.info("not done: %s (%s)", what, error)
            except Exception:
                log.exception("failed: %s", what)
                self._emit(
                    events.Error(code="internal", message=f"Something went wrong: {what}. The call goes on.")
                )

        task = asyncio.create_task(run())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(lambda _: work.close())  # it has not begun where this was cancelled at once

    async def _end_tasks(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._photo_desk.close()
        self._photos.close()

    @property
    def _photo_handlers(self) -> dict[type[commands.Command], Handler]:
        return {commands.Photo: self._photo, **self._photo_desk.handlers, **self._snapshots.handlers}

    async def _photo(self, command: commands.Photo) -> events.AnyEvent:
        return await self._ask(protocol.AskPhoto, call=self._call_id())

    def _photo_state(self, state: protocol.PhotoState) -> None:
        if self.view is not None and state.call == self.view.call and self._photos.told(state):
            self._spawn(self._photos.fetch(state), "fetching a photo")

    def _tell_talk(self, talk: Talk) -> None:
        self._emit(events.TalkTime(**msgspec.structs.asdict(talk)))

    def _new_ear(self, source: str, lane: str) -> Ear:
        ear = Ear()

        def sounds(time: float) -> None:
            self._emit(events.FirstSound(source=self._known_as(source), time=time))

        def speaks(on: bool) -> None:
            known = self._known_as(source)
            self._emit(events.Speaking(party=known, name=self._name(known), lane=lane, on=on))

        ear.on_first_sound, ear.on_speaking = sounds, speaks
        return ear

    @abstractmethod
    def _own_name(self) -> str:
        """The name by which the call's ink knows this user."""

    def _shown_view(self) -> CallView | None:
        """The call as far as this user may know of it."""
        return self.view

    def _sees(self, mark: Mark) -> bool:
        welcome = self._client.welcome
        if welcome is None:
            return True
        return sees(Member(self._own_name(), welcome.role), mark.author, mark.audience, mark.surface)

    def _seen_by(self, mark: Mark) -> list[str]:
        """Names of those who see a mark, besides its author and this user."""
        view = self._shown_view()
        if view is None:
            return []
        author = {"customer": view.customer, "agent": view.agent}.get(mark.author, mark.author)
        members, held, shown = calls.members(view), calls.held(view), self._ink.shown(mark)
        seeing = who_sees(members, author, mark.audience, mark.surface, held=held, shown=shown)
        return [self._name(each.party) for each in seeing if each.party != self.party]

    def _known_as(self, source: str) -> str:
        """By which name this user may know a source of sound."""
        return source

    def _name(self, source: str) -> str:
        """A person's name for a source name or party id."""
        view = self.view
        if view is None:
            return source
        party = {"customer": view.customer, "agent": view.agent}.get(source, source)
        return next((each.name or each.role.value for each in view.parties if each.party == party), source)
