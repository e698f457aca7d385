"""The call a supervisor or trainee is on: who is heard, who hears me, and how I speak."""

from __future__ import annotations

from dataclasses import replace

from coachdesk import commands, events
from coachdesk.ui.link import Fault, Link
from coachdesk.ui.presenters.base import Presenter
from coachdesk.ui.presenters.listening import ListeningPresenter
from coachdesk.ui.presenters.mute import Mute
from coachdesk.ui.presenters.notices import Notice, Notices
from coachdesk.ui.presenters.wall import WallPresenter
from coachdesk.ui.wording import REPLIES, Hearing, hearing
from signaling.policy import COACHES, Mode
from signaling.protocol import CallView, PartyView

CHANNELS = ("customer", "agent", "coaches")
NOTED = "noted"
"""The request that whoever controls this window has sent past it."""
NOT_COACHES = frozenset({"mic", "speaker", "customer", "agent"})
POLITE = "Go on speaking. Your whisper goes out in the pause, or after 3 s."
SUPERSEDED = "superseded"
"""The endpoint's answer to a mode request that a later one overtook: no news to the user."""


class ObserverPresenter(Presenter):
    """Attributes:
    call: the call I am on, or None. target: the call I have asked to hear, until I am on it.
    wanted: the mode last asked for; mode, in_force, heard_by: the last ``mode`` event; before: the last mode in force.
    armed: BARGE or TAKEOVER after the first press. talking: the whisper key is down. latched: whisper stays on.
    whisper_closed: the agent's microphone picks up whispers, and none is played.
    muted: my microphone is shut, whatever the mode.
    polite: a whisper waits for the customer to pause. held: one does at present.
    levels: dBFS by source. video: name of the picture memory or None. media_lost: being rebuilt.
    """

    def __init__(
        self,
        link: Link,
        notices: Notices,
        wall: WallPresenter,
        listening: ListeningPresenter,
        *,
        polite: bool,
    ) -> None:
        super().__init__()
        self._link = link
        self._notices = notices
        self._wall = wall
        self._listening = listening
        self.polite = polite
        self.me: events.Ready | None = None
        self.online = True
        self.levels: dict[str, float] = {}
        self._mute = Mute(link)
        self.volumes: dict[str, float] = dict.fromkeys(CHANNELS, 0.0)
        self._reset()

    def _reset(self) -> None:
        self.call: CallView | None = None
        self.target: str | None = None
        self.video: str | None = None
        self.media_lost = False
        self.whisper_closed = False
        self.held = False
        self.mode = self.before = Mode.LISTEN
        self.in_force = False
        self.heard_by: list[str] = []
        self._asked: dict[object, Mode] = {}
        self._latest: object = None
        self._in_doubt = False
        self._stand_back()

    def _stand_back(self) -> None:
        """Nothing but listening is wanted; what holds is for the endpoint to tell."""
        self.wanted = Mode.LISTEN
        self.armed: Mode | None = None
        self.talking = self.latched = False

    # --- what the endpoint tells ---

    def handle(self, event: events.AnyEvent) -> None:
        self._mute.handle(event)
        match event:
            case events.Ready():
                self._begin(event)
            case events.Online(on=on):
                self._reach(on)
            case events.Call(call=call):
                self._enter(call)
            case events.ModeChanged():
                self._take_mode(event)
            case events.Ended(call=call_id) | events.Left(call=call_id):
                self._leave_behind(call_id)
            case events.Media(party=party, state=state) if self._is_agent(party):
                self._watch_media(state)
            case events.Muted():
                pass
            case events.WhisperHeld(on=on):
                self.held = on
            case events.Leak(closed=closed):
                self._close_whisper(closed)
            case events.Levels(levels=levels):
                self.levels = levels
            case events.Frames(name=name, screen=False):
                self.video = name
            case events.VideoGone(screen=False):
                self.video = None
            case events.Error(code=code, message=message):
                self._refused(NOTED, Fault(code, message))
            case events.Replied(name=name, reply=reply):
                self._notices.show(Notice("reply", "info", f"{name} replies: “{REPLIES[reply]}”"))
            case _:
                return
        self.changed()

    def endpoint_crashed(self) -> None:
        """Silent at once; the call I was on is asked for again when the endpoint is back."""
        call = self.call.call if self.call else self.target
        self._reset()
        self.target = call
        self.online = False
        self.changed()

    def _begin(self, event: events.Ready) -> None:
        self.me = event
        self.online = True
        if self.polite and self.may_speak:
            self._link.send(commands.Polite(on=True))
        if self.target is not None:
            self._link.send(commands.Listen(call=self.target), self._not_joined)

    def _reach(self, on: bool) -> None:
        self.online = on
        if not on:
            self._stand_back()
        self._make_sure()

    def _enter(self, call: CallView) -> None:
        if self.call is None or self.call.call != call.call:
            self._notices.dismiss("leak")
            self._reset()
            for source, gain in self.volumes.items():
                if gain:
                    self._link.send(commands.Volume(source=source, gain=gain))
        self.call = call
        self.target = None

    def _take_mode(self, event: events.ModeChanged) -> None:
        self.mode, self.in_force, self.heard_by = event.mode, event.in_force, event.heard_by
        if event.in_force:
            self.before = event.mode
            if self._asked.get(NOTED) is event.mode:
                self._answered(NOTED)
        self._reconcile()

    def _reconcile(self) -> None:
        """A mode that is neither wanted nor on the way: silence is followed, talking is asked to end."""
        if self.mode is self.wanted or (self._latest in self._asked and self.wanted is not Mode.LISTEN):
            return
        if self.wanted is not Mode.LISTEN:
            self._stand_back()
        if self.mode is not Mode.LISTEN:
            self._make_sure()

    def _leave_behind(self, call: str) -> None:
        if self.call is not None and self.call.call == call:
            self._notices.dismiss("leak")
            target = self.target
            self._reset()
            self.target = target

    def _is_agent(self, party: str) -> bool:
        return self.call is not None and party in ("agent", self.call.agent)

    def _watch_media(self, state: str) -> None:
        if state in ("lost", "closed"):
            self.media_lost = True
            self._stand_back()
            self._make_sure()
            text = "You hear nothing and nobody hears you until it is back. CoachDesk reconnects by itself."
            self._notices.show(
                Notice("media", "warning", "The connection to the agent is gone", text, lasting=True)
            )
        elif state == "connected":
            self.media_lost = False
            self._notices.dismiss("media")
            self._make_sure()

    def _close_whisper(self, closed: bool) -> None:
        reopened = self.whisper_closed and not closed
        self.whisper_closed = closed
        if closed:
            self._tell_closed()
        elif reopened:
            self._notices.show(
                Notice("leak", "success", "You can whisper again", "The agent has a headset on.")
            )

    def _tell_closed(self) -> None:
        text = (
            "The agent's microphone picks up your whisper; the customer could hear it. "
            "Wait until the agent has put on a headset."
        )
        self._notices.show(Notice("leak", "warning", "Whispering is off", text, lasting=True))

    # --- what the view shows ---

    @property
    def party(self) -> str:
        return self.me.party if self.me else ""

    @property
    def may_speak(self) -> bool:
        return self.me is not None and self.me.role in COACHES

    @property
    def muted(self) -> bool:
        return self._mute.on

    @property
    def trusted(self) -> bool:
        return self.online and not self.media_lost

    @property
    def settled(self) -> bool:
        """Whether what was asked for last is what holds."""
        return self.in_force and self.mode is self.wanted

    @property
    def shown_mode(self) -> Mode:
        """The mode shown as on: one in force, wanted or not."""
        return self.mode if self.in_force else Mode.LISTEN

    @property
    def hearing(self) -> Hearing:
        if self.call is None or not self.may_speak:
            return Hearing(
                "nobody",
                "You are heard by nobody",
                "You listen and watch; you have no microphone on this call.",
            )
        return self._as_played(hearing(
            self.call, self.party, self.mode, in_force=self.in_force, wanted=self.wanted, before=self.before,
            heard_by=self.heard_by, trusted=self.trusted,
        ))  # fmt: skip

    def _as_played(self, said: Hearing) -> Hearing:
        """``said``, unless it leaves out that I am muted, that a whisper is held back, or that whispering is off."""
        if self.muted and said.kind not in ("nobody", "pending"):
            return Hearing("nobody", "You are muted", f"Nobody hears you. Once you unmute (M): {said.title}.")
        if self.held and said.kind in ("private", "pending"):
            return Hearing("pending", "Waiting for the customer to pause…", POLITE)
        if self.whisper_closed and said.kind == "nobody" and self.trusted:
            return replace(said, detail="Whispering is off: the agent's microphone picks it up.")
        return said

    @property
    def taken_over_by(self) -> str:
        """The name of another supervisor who leads the call, or ''."""
        others = [p for p in self._others() if p.mode is Mode.TAKEOVER and p.role in COACHES]
        return others[0].name if others else ""

    def level(self, channel: str) -> float:
        """dBFS of a channel; every source that is no other channel is a coach."""
        if channel != "coaches":
            return self.levels.get(channel, -120.0)
        return max((v for k, v in self.levels.items() if k not in NOT_COACHES), default=-120.0)

    def _others(self) -> list[PartyView]:
        return [p for p in self.call.parties if p.party != self.party] if self.call else []

    # --- what the controls do ---

    def listen_to(self, call: str) -> None:
        """Join a call; from another one this is a hop, and the microphone is shut first."""
        if self.call is not None and self.call.call == call:
            return
        self._silence()
        self.target = call
        self._link.send(commands.Listen(call=call, catch_up=self._listening.catch_up), self._not_joined)
        self.changed()

    def hop(self, step: int) -> None:
        other = self._wall.neighbour(self.call.call if self.call else "", step)
        if other is not None:
            self.listen_to(other)

    def leave(self) -> None:
        if self.call is not None:
            self._silence()
            self._link.send(commands.Leave())

    def hang_up(self) -> None:
        if self.mode is Mode.TAKEOVER and self.in_force:
            self._link.send(commands.HangUp())

    def press_whisper(self) -> None:
        """Push to talk: the key went down (auto-repeat must not get here, and does no harm if it does)."""
        if not self.talking and self._can_whisper():
            self.talking = True
            self._want(Mode.WHISPER)

    def release_whisper(self) -> None:
        """The key went up, or its release can no longer be seen (focus lost)."""
        held, self.talking = self.talking, False
        if held and not self.latched and self.wanted is Mode.WHISPER:
            self._want(Mode.LISTEN, released=True)
        self._make_sure()

    def toggle_whisper(self) -> None:
        """Whisper until told otherwise."""
        if self.latched:
            self.listen_only()
        elif self._can_whisper():
            self.latched = True
            self._want(Mode.WHISPER)

    def toggle_mute(self) -> None:
        self._mute.toggle()

    def toggle_polite(self) -> None:
        """From the next key on, a whisper waits for the customer to pause, or does not."""
        self.polite = not self.polite
        self._link.send(commands.Polite(on=self.polite))
        self.changed()

    def toggle_lane(self) -> None:
        if Mode.LANE in (self.wanted, self.shown_mode):
            self.listen_only()
        elif self._can_speak():
            self.latched = False
            self._want(Mode.LANE)

    def speak_up(self, mode: Mode) -> None:
        """Barge or take over: the first call arms, the second asks; when on, back to listening (hand back)."""
        if mode in (self.wanted, self.shown_mode):
            self.listen_only()
        elif self.armed is mode:
            self.armed = None
            self.latched = self.talking = False
            self._want(mode)
        elif self._can_speak() and not (mode is Mode.TAKEOVER and self.taken_over_by):
            self.armed = mode
            self.changed()

    def disarm(self) -> None:
        if self.armed is not None:
            self.armed = None
            self.changed()

    def listen_only(self) -> None:
        """Back to silence, whatever is going on."""
        unsure = self.wanted is not Mode.LISTEN or not self._surely_silent
        self._stand_back()
        if unsure and self._has_voice:
            self._want(Mode.LISTEN)
        else:
            self.changed()

    def note_wish(self, mode: Mode) -> None:
        """Whoever controls this window asks for ``mode`` past it; that is the user's wish as well."""
        self._stand_back()
        self.wanted = mode
        self.latched = mode is Mode.WHISPER
        self._latest = NOTED
        self._asked[NOTED] = mode
        self.changed()

    def set_volume(self, channel: str, gain: float) -> None:
        self.volumes[channel] = gain
        if self.call is not None:
            self._link.send(commands.Volume(source=channel, gain=gain))

    def _can_whisper(self) -> bool:
        """While whispering is off, who tries is told why."""
        if self.whisper_closed and self._can_speak():
            self._tell_closed()
        return self._can_speak() and not self.whisper_closed

    def _can_speak(self) -> bool:
        return self._has_voice and self.trusted

    @property
    def _has_voice(self) -> bool:
        return self.call is not None and self.may_speak

    @property
    def _surely_silent(self) -> bool:
        """Whether the endpoint has told that listen is in force, and nothing asked for since may have changed it."""
        return self.mode is Mode.LISTEN and self.in_force and not self._asked and not self._in_doubt

    def _make_sure(self) -> None:
        """When only listening is wanted, it is asked for until the endpoint has told that it holds."""
        if self.wanted is not Mode.LISTEN or not self._has_voice or self._surely_silent:
            return
        if self._asked.get(self._latest) is not Mode.LISTEN:
            self._want(Mode.LISTEN)

    def _want(self, mode: Mode, *, released: bool = False) -> None:
        self.wanted = mode
        self._latest = request = object()
        self._asked[request] = mode
        self._link.send(
            commands.SetMode(mode=mode, released=released),
            lambda fault: self._refused(request, fault),
            lambda: self._answered(request),
        )
        self.changed()

    def _silence(self) -> None:
        """Before going away from a call: the microphone is shut without waiting for anyone."""
        if self.wanted is not Mode.LISTEN and self._has_voice:
            self._want(Mode.LISTEN)
        self._stand_back()
        self._make_sure()

    def _answered(self, request: object) -> None:
        if self._asked.pop(request, None) is not None and request is self._latest:
            self._in_doubt = False
        self._reconcile()
        self.changed()

    def _refused(self, request: object, fault: Fault) -> None:
        """A mode said to have failed may have been granted all the same, or may yet be: silence is asked for."""
        mode = self._asked.pop(request, None)
        if mode is None or request is not self._latest:
            return
        self._in_doubt = True
        if self.trusted and fault.code != SUPERSEDED:
            self._notices.report(fault)
        if self.wanted is mode and mode is not Mode.LISTEN:
            self._stand_back()
            self._make_sure()
        self.changed()

    def _not_joined(self, fault: Fault) -> None:
        self.target = None
        self._notices.report(fault)
        self.changed()
