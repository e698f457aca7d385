"""The agent's session: links, lobby, the call, and the hub that carries its media."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from urllib.parse import urljoin

from coachdesk import call as calls
from coachdesk import commands, events
from coachdesk.annotation import ScreenName
from coachdesk.callsound import CallSound
from coachdesk.client import Client, SignalingError
from coachdesk.commands import CommandError
from coachdesk.media.agent_hub import AGENT_AT_CUSTOMER, AgentHub
from coachdesk.media.connection.peer import State
from coachdesk.media.ink.inkrecord import InkRecord, tidy
from coachdesk.media.ink.markfollower import MarkFollower
from coachdesk.media.mixer import DUCK_DB, Side
from coachdesk.media.pcm import SILENCE, Block, Stereo
from coachdesk.media.picture.camera import Camera
from coachdesk.media.picture.ownpicture import OwnPicture
from coachdesk.media.picture.pictures import Pictures
from coachdesk.media.screenshare.screencast import ScreenCast
from coachdesk.media.tracker import TrackerError
from coachdesk.media.whisper.leakguard import LeakGuard
from coachdesk.routing import Lane, screen_viewers
from coachdesk.session import Emit, Handler, Session
from coachdesk.sharedsheet import SharedSheet
from coachdesk.showing import Showing
from coachdesk.snapshots import Seen
from coachdesk.standstill import Standstill
from coachdesk.watching import Watching
from signaling import protocol
from signaling.protocol import CallView, Code, EndReason, SignalBody

log = logging.getLogger(__name__)

INK_TICKS = 10
"""Ticks between two looks at which marks are to be followed: 100 ms."""
HIDDEN_COACH = "coach"
"""What a coach's sound is called where the policy hides who it is."""


class AgentSession(Session):
    """Creates links, admits customers, and is the media hub of the call."""

    def __init__(self, client: Client, server: str, pictures: Pictures, emit: Emit) -> None:
        super().__init__(client, server, pictures, emit)
        self._hub: AgentHub | None = None
        self._own_picture = OwnPicture()
        self._showing = Showing(
            self._cast,
            lambda on: self._ask(protocol.ShowScreen, call=self._call_id(), on=on),
            self._sharing.present,
            self._spawn,
        )
        self._watching = Watching(emit, lambda party: self._name(party) if self._may_know(party) else "")
        self._sheet = SharedSheet("screen", lambda: self._ink.media, self._cast, emit)
        self._applied = -1
        self._waiting: set[str] = set()
        self._duck = DUCK_DB
        self._whisper_side: Side = "center"
        self._guard = LeakGuard()
        self._sound = CallSound(self._guard, emit)
        self._ticks = 0
        self._follower: MarkFollower | None = None
        self._standstill = Standstill(self._freezing, pictures, self._spawn)
        self._records: Path | None = None

    def keep_ink(self, records: Path) -> None:
        """Keeps the ink of calls in that folder, for this program may end during one; removes what is left of others."""
        self._records = records
        self._spawn(tidy(records), "removing what was kept of former calls")

    @property
    def media(self) -> AgentHub | None:
        return self._hub

    @property
    def _handlers(self) -> dict[type[commands.Command], Handler]:
        return {
            commands.Invite: self._invite,
            commands.Revoke: lambda command: self._ask(protocol.RevokeLink, link=command.link),
            commands.Admit: lambda command: self._ask(protocol.Admit, party=command.party),
            commands.Decline: lambda command: self._ask(protocol.Decline, party=command.party),
            commands.Hold: lambda command: self._ask(protocol.Hold, call=self._call_id(), on=command.on),
            commands.HangUp: self._hang_up,
            commands.AskHelp: lambda command: self._ask(
                protocol.AskHelp, call=self._call_id(), reason=command.reason
            ),
            commands.CancelHelp: lambda command: self._ask(protocol.CancelHelp, call=self._call_id()),
            commands.Reply: lambda command: self._ask(
                protocol.Reply, call=self._call_id(), reply=command.reply
            ),
            commands.Volume: self._volume,
            commands.Duck: self._set_duck,
            commands.Placement: self._place,
            commands.Replay: self._replay,
            commands.AllowWhisper: self._allow_whisper,
            commands.Stats: self._stats,
            commands.Surface: self._surface,
            commands.Freeze: self._freeze,
            **self._ink.handlers,
            **self._photo_handlers,
            **self._sharing.handlers,
            **self._showing.handlers,
            **self._watching.handlers,
        }

    # --- commands --------------------------------------------------------------------------------------------

    async def _invite(self, command: commands.Invite) -> events.AnyEvent:
        answer = await self._client.request(
            protocol.CreateLink, label=command.label, uses=command.uses, expires_in=command.expires_in
        )
        if not isinstance(answer, protocol.LinkCreated):
            raise SignalingError(
                Code.VERSION, "The server answered a new link with something else. Update CoachDesk."
            )
        return events.Invited(
            url=answer.url or urljoin(self._server, answer.path),
            link=answer.link,
            expires_at=answer.expires_at,
        )

    async def _hang_up(self, command: commands.HangUp) -> events.AnyEvent:
        call = self._call_id()
        try:
            await self._client.request(protocol.HangUp, call=call)
        except SignalingError as error:
            if error.code not in (Code.NO_SUCH_CALL, "offline"):
                raise
            self._end(call, EndReason.HUNG_UP)
        return events.Ok()

    async def _set_duck(self, command: commands.Duck) -> events.AnyEvent:
        self._duck = command.gain
        if self._hub is not None:
            self._hub.headset.duck_db = command.gain
        return events.Ok()

    async def _allow_whisper(self, command: commands.AllowWhisper) -> events.AnyEvent:
        self._guard.reopen()
        if self._hub is not None:
            self._hub.whisper_reopened()
        self._sound.tell_leak()
        return events.Ok()

    async def _place(self, command: commands.Placement) -> events.AnyEvent:
        self._whisper_side = command.whisper
        if self._hub is not None:
            self._hub.headset.whisper_side = command.whisper
        return events.Ok()

    async def _replay(self, command: commands.Replay) -> events.AnyEvent:
        if self._hub is None or not self._hub.replay():
            raise CommandError(
                "nothing_to_replay", "There is no whisper on this call that you could hear again."
            )
        return events.Ok()

    async def _surface(self, command: commands.Surface) -> events.AnyEvent:
        if self._follower is None:
            raise CommandError("no_such_call", "There is no call at present.")
        try:
            found = await self._follower.surface(command.frame, command.points)
        except TrackerError as error:
            raise CommandError("no_picture", f"It cannot be told: {error}.") from None
        return events.Surface(surface=found.value)

    async def _freeze(self, command: commands.Freeze) -> events.AnyEvent:
        if self._hub is None:
            raise CommandError("no_such_call", "There is no call at present.")
        if command.on and self._held:
            raise CommandError("not_allowed", "The call is on hold; take it off hold first.")
        if self.view is None or not calls.leads(self.view, self.party):
            raise CommandError("not_allowed", "The picture is not yours to freeze at present.")
        self._standstill.set(command.on)
        return events.Ok()

    # --- what the server says --------------------------------------------------------------------------------

    def message(self, message: protocol.ServerMessage) -> None:
        match message:
            case protocol.Lobby():
                self._lobby(message)
            case protocol.CallState():
                self._call_state(message.call)
            case protocol.Signalled():
                if self._hub is not None:
                    self._spawn(self._hub.signalled(message.sender, message.body), "setting up media")
            case protocol.PhotoState():
                self._photo_state(message)
            case protocol.Ended():
                self._end(message.call, message.reason)
            case _:
                log.warning("unexpected message from the server: %s", type(message).__name__)

    def online(self, on: bool) -> None:
        self._applied = -1
        if self._hub is None or self.view is None:
            return
        self._sharing.online(on)
        if on and self.view.agent != self.party:
            self._over(self.view.call)  # away for so long that the server gave the place up
        elif on:
            self._hub.renegotiate_lost()
        else:
            self._show(calls.fail_closed(self.view))

    def _lobby(self, lobby: protocol.Lobby) -> None:
        self._emit(events.Lobby(links=lobby.links, waiting=lobby.waiting))
        for guest in lobby.waiting:
            if guest.party not in self._waiting:
                self._emit(events.Waiting(party=guest.party, name=guest.name, label=guest.label))
        self._waiting = {guest.party for guest in lobby.waiting}

    def _call_state(self, view: CallView) -> None:
        if self.view is not None and self.view.call != view.call:
            self._end(self.view.call, EndReason.AGENT_LOST)
        begins = self._hub is None
        self._hub = self._hub or self._new_hub(view.call)
        self._show(view)
        if begins:
            self._ink.go_on()
        if view.revision != self._applied:
            self._applied = view.revision
            self._spawn(self._confirm(view), "confirming a mode")

    async def _confirm(self, view: CallView) -> None:
        """Tells the server that ``view`` is wired; if that fails, the next state of the call confirms it."""
        try:
            await self._client.request(protocol.Applied, call=view.call, revision=view.revision)
        except SignalingError:
            self._applied = -1
            raise

    def _show(self, view: CallView) -> None:
        """Wires the call as ``view`` has it, and tells as much of it as the policy lets the agent know."""
        assert self._hub is not None
        self.view = view
        self._hub.apply(view)
        self._own_picture.hold(self._held)
        if self._held:
            self._standstill.set(False)
        shown = self._shown_view()
        assert shown is not None
        self._emit(events.Call(call=shown))
        self._ink.retell()
        self._sharing.retell()
        self._watching.retell()

    def _shown_view(self) -> CallView | None:
        welcome = self._client.welcome
        if self.view is None:
            return None
        return calls.as_shown_to_agent(self.view, welcome.awareness if welcome is not None else "none")

    def _own_name(self) -> str:
        return "agent"

    def _new_hub(self, call: str) -> AgentHub:
        self._sound.begin()
        hub = AgentHub(ice=self._ice, signal=self._signal, new_ear=self._new_ear, guard=self._guard)
        hub.headset.duck_db = self._duck
        hub.headset.whisper_side = self._whisper_side
        hub.on_replay = lambda on: self._emit(events.Replaying(on=on))
        hub.on_media = lambda party, state: self._media(party, state)
        hub.on_picture_packet = self._pictures.put
        hub.on_customer_connected = self._own_picture.connect
        hub.on_own_keyframe_wanted = self._own_picture.request_keyframe
        self._pictures.start("customer", hub.request_keyframe, self._emit)
        self._watching.begin(hub.screens)
        self._ink.begin(hub.ink)
        self._follower = MarkFollower(hub.ink, self._pictures)
        if self._records is not None:
            self._follower.go_on(InkRecord(self._records, call))
        self._follower.tick()
        self._standstill.begin(hub.stills, self._follower)
        return hub

    def _media(self, party: str, state: State) -> None:
        """The agent hears of observers' connections only as far as the policy lets them know the observers."""
        if self._may_know(party):
            self._emit(events.Media(party=party, state=state))

    def _may_know(self, party: str) -> bool:
        view = self._shown_view()
        return view is not None and calls.party(view, party) is not None

    def _known_as(self, source: str) -> str:
        if source in ("customer", "agent", AGENT_AT_CUSTOMER) or self._may_know(source):
            return source
        return HIDDEN_COACH

    async def _signal(self, to: str, body: SignalBody) -> None:
        await self._pass_on(self._call_id(), to, body)

    def _over(self, call: str) -> None:
        self._end(call, EndReason.AGENT_LOST)

    def _end(self, call: str, reason: EndReason) -> None:
        if self.view is None or self.view.call != call:
            return
        hub, self._hub, self.view = self._hub, None, None
        self._applied = -1
        self._own_picture.end()
        self._end_ink(over=True)
        self._pictures.stop()
        self._watching.end()
        if hub is not None:
            self._spawn(hub.close(), "ending the call")
        self._sharing.retell()
        self._sheet.tick()
        self._emit(events.Ended(call=call, reason=reason))

    # --- media -----------------------------------------------------------------------------------------------

    def tick(self, mic: Block, now: float) -> Block | Stereo:
        if self._hub is None:
            return SILENCE
        heard = self._hub.tick(mic, now)
        self._ticks += 1
        self._ink.tick()
        if self._follower is not None and self._ticks % INK_TICKS == 0:
            self._follower.tick()
            self._sharing.tick()
            self._sheet.tick()
            self._hub.screens.tick()
        talk = self._sound.tick(mic, self._speaking())
        if talk is not None:
            self._tell_talk(talk)
            self._hub.tell_talk(talk)
        return heard

    def _speaking(self) -> list[str]:
        """Who else speaks at present, to others than the agent alone."""
        ears = self._hub.ears if self._hub is not None else {}
        heard = {name.partition("/")[::2]: ear for name, ear in ears.items()}
        speaking = [party for (party, lane), ear in heard.items() if ear.speaking and lane != Lane.WHISPER]
        return [self._known_as(each) for each in speaking]

    def levels(self) -> dict[str, float]:
        levels = self._hub.headset.levels() if self._hub is not None else {}
        shown: dict[str, float] = {}
        for source, level in levels.items():
            known = self._known_as(source)
            shown[known] = max(level, shown.get(known, level))
        return shown

    async def streams(self) -> dict[str, dict[str, float]]:
        """Of observers' streams only those of whom the policy lets the agent know."""
        observers = calls.observers(self.view) if self.view is not None else []
        hidden = {each.party for each in observers if not self._may_know(each.party)}
        streams = await super().streams()
        return {name: row for name, row in streams.items() if not hidden & set(re.split(r"[./]", name))}

    def _cast(self) -> ScreenCast | None:
        return self._hub.screens.agent if self._hub is not None else None

    def use_camera(self, camera: Camera) -> None:
        """Shows ``camera`` to the customer from now on."""
        self._own_picture.use(camera)

    @property
    def _held(self) -> bool:
        return self.view is not None and calls.held(self.view)

    def _screen_seen_by(self) -> list[str]:
        """Names of those who see what the agent shares, as far as the policy lets the agent know of them."""
        shown = self._shown_view()
        if shown is None or self._hub is None:
            return []
        members, held = calls.members(shown), calls.held(shown)
        viewers = screen_viewers(members, self.party, held=held, shown=self._hub.screens.agent.to_customer)
        return [self._name(viewer.party) for viewer in viewers]

    def _screen_seen(self) -> Seen | None:
        """Another's, where that is seen here; else one's own share."""
        if (others := self._watching.seen()) is not None:
            return others
        picture = self._hub.screens.agent.shown() if self._hub is not None else None
        if picture is None or self._hub is None:
            return None
        return Seen(lambda: picture, "screen", self._hub.screens.agent.pointer)

    def _newest_screen(self, surface: ScreenName) -> int | None:
        return self._watching.newest_on(surface)

    def _end_ink(self, *, over: bool) -> None:
        self._ink.end()
        self._standstill.end()
        follower, self._follower = self._follower, None
        if follower is not None:
            follower.close(over=over)

    def publish(self, on: bool) -> None:
        self._watching.publish(on)
        if self._follower is not None:
            self._follower.tick()  # the very first picture may be drawn on

    def request_keyframe(self) -> None:
        if self._hub is not None:
            self._hub.request_keyframe()

    async def close(self) -> None:
        hub, self._hub = self._hub, None
        await self._end_tasks()
        self._own_picture.end()
        self._end_ink(over=False)
        self._pictures.stop()
        self._watching.end()
        if hub is not None:
            await hub.close()
