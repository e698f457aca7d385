"""The call a supervisor or trainee is on: who is heard, who hears me, and how I speak."""

from __future__ import annotations

from coachdesk import commands, events
from coachdesk.ui.link import Fault, Link
from coachdesk.ui.presenters.base import Presenter
from coachdesk.ui.presenters.notices import Notice, Notices
from coachdesk.ui.presenters.wall import WallPresenter
from coachdesk.ui.wording import REPLIES, Hearing, hearing
from signaling.policy import COACHES, Mode
from signaling.protocol import CallView, PartyView

CHANNELS = ("customer", "agent", "coaches")
NOT_COACHES = frozenset({"mic", "speaker", "customer", "agent"})
SUPERSEDED = "superseded"
"""The endpoint's answer to a mode request that a later one overtook: no news to the user."""
DELIBERATE = (Mode.BARGE, Mode.TAKEOVER)
"""Modes the customer hears: the first press only arms them, the second one does it."""


class ObserverPresenter(Presenter):
    """Attributes:
    call: the call I am on, or None. target: the call I have asked to hear, until I am on it.
    wanted: the mode last asked for; mode, in_force, heard_by: the last ``mode`` event; before: the mode in force before.
    armed: BARGE or TAKEOVER after the first press. talking: the whisper key is down. latched: whisper stays on.
    levels: dBFS by source. video: name of the picture memory or None. media_lost: being rebuilt.
    """

    def __init__(self, link: Link, notices: Notices, wall: WallPresenter) -> None:
        super().__init__()
        self._link = link
        self._notices = notices
        self._wall = wall
        self.me: events.Ready | None = None
        self.online = True
        self.levels: dict[str, float] = {}
        self.volumes: dict[str, float] = dict.fromkeys(CHANNELS, 0.0)
        self._reset()

    def _reset(self) -> None:
        self.call: CallView | None = None
        self.target: str | None = None
        self.video: str | None = None
        self.media_lost = False
        self.speaking: dict[str, str] = {}
        self._back_to_listen()

    def _back_to_listen(self) -> None:
        self.wanted = self.mode = self.before = Mode.LISTEN
        self.in_force = True
        self._unanswered = 0
        self.heard_by: list[str] = []
        self.armed: Mode | None = None
        self.talking = self.latched = False

    # --- what the endpoint tells ---

    def handle(self, event: events.AnyEvent) -> None:
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
            case events.Levels(levels=levels):
                self.levels = levels
            case events.Frames(name=name):
                self.video = name
            case events.VideoGone():
                self.video = None
            case events.Speaking(party=party, name=name, on=on):
                self.speaking.pop(party, None)
                self.speaking.update({party: name} if on else {})
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
        if self.target is not None:
            self._link.send(commands.Listen(call=self.target), self._not_joined)

    def _reach(self, on: bool) -> None:
        self.online = on
        if not on:
            self._back_to_listen()

    def _enter(self, call: CallView) -> None:
        if self.call is None or self.call.call != call.call:
            self._reset()
            for source, gain in self.volumes.items():
                if gain:
                    self._link.send(commands.Volume(source=source, gain=gain))
        self.call = call
        self.target = None

    def _take_mode(self, event: events.ModeChanged) -> None:
        if self.in_force:
            self.before = self.mode
        self.mode, self.in_force, self.heard_by = event.mode, event.in_force, event.heard_by
        if event.in_force:
            self.before = event.mode
        if event.id is not None:
            self._unanswered = max(0, self._unanswered - 1)
        if self._unanswered == 0 and event.mode is not self.wanted:
            self._follow(event.mode)

    def _follow(self, mode: Mode) -> None:
        """The mode was changed, and not by this window: by the server, or for an answer that came too late."""
        self.wanted = mode
        self.talking = False
        self.latched = mode is Mode.WHISPER

    def _leave_behind(self, call: str) -> None:
        if self.call is not None and self.call.call == call:
            target = self.target
            self._reset()
            self.target = target

    def _is_agent(self, party: str) -> bool:
        return self.call is None or party in ("agent", self.call.agent)

    def _watch_media(self, state: str) -> None:
        self.media_lost = state == "lost"
        if self.media_lost:
            self._back_to_listen()
            text = "You hear nothing and nobody hears you until it is back. CoachDesk reconnects by itself."
            self._notices.show(
                Notice("media", "warning", "The connection to the agent is gone", text, lasting=True)
            )
        elif state == "connected":
            self._notices.dismiss("media")

    # --- what the view shows ---

    @property
    def party(self) -> str:
        return self.me.party if self.me else ""

    @property
    def may_speak(self) -> bool:
        return self.me is not None and self.me.role in COACHES

    @property
    def trusted(self) -> bool:
        return self.online and not self.media_lost

    @property
    def settled(self) -> bool:
        """Whether what was asked for last is what holds."""
        return self.in_force and self.mode is self.wanted

    @property
    def shown_mode(self) -> Mode:
        """The mode shown as on: never one that is not in force."""
        return self.mode if self.trusted and self.settled else Mode.LISTEN

    @property
    def hearing(self) -> Hearing:
        if self.call is None or not self.may_speak:
            return Hearing(
                "nobody",
                "You are heard by nobody",
                "You listen and watch; you have no microphone on this call.",
            )
        mode = self.mode if self.settled else self.wanted
        return hearing(
            self.call, self.party, mode,
            in_force=self.settled, before=self.before, heard_by=self.heard_by, trusted=self.trusted,
        )  # fmt: skip

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
        self._link.send(commands.Listen(call=call), self._not_joined)
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
        if not self.talking and self._can_speak():
            self.talking = True
            self._want(Mode.WHISPER)

    def release_whisper(self) -> None:
        """The key went up, or its release can no longer be seen (focus lost)."""
        if self.talking:
            self.talking = False
            if not self.latched and self.wanted is Mode.WHISPER:
                self._want(Mode.LISTEN)

    def toggle_whisper(self) -> None:
        """Whisper until told otherwise."""
        if self.latched:
            self.listen_only()
        elif self._can_speak():
            self.latched = True
            self._want(Mode.WHISPER)

    def toggle_lane(self) -> None:
        if self.wanted is Mode.LANE:
            self.listen_only()
        elif self._can_speak():
            self.latched = False
            self._want(Mode.LANE)

    def speak_up(self, mode: Mode) -> None:
        """Barge or take over: the first call arms, the second asks; when on, back to listening (hand back)."""
        if self.wanted is mode:
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
        self.armed = None
        self.latched = self.talking = False
        if self.wanted is not Mode.LISTEN or self.mode is not Mode.LISTEN:
            self._want(Mode.LISTEN)
        else:
            self.changed()

    def set_volume(self, channel: str, gain: float) -> None:
        self.volumes[channel] = gain
        if self.call is not None:
            self._link.send(commands.Volume(source=channel, gain=gain))

    def _can_speak(self) -> bool:
        return self.call is not None and self.may_speak and self.trusted

    def _want(self, mode: Mode) -> None:
        self.wanted = mode
        self._unanswered += 1
        self._link.send(commands.SetMode(mode=mode), lambda fault: self._refused(mode, fault))
        self.changed()

    def _silence(self) -> None:
        """Before going away from a call: the microphone is shut without waiting for anyone."""
        if self.wanted is not Mode.LISTEN:
            self._link.send(commands.SetMode(mode=Mode.LISTEN), lambda _: None)
        self._back_to_listen()

    def _refused(self, mode: Mode, fault: Fault) -> None:
        self._unanswered = max(0, self._unanswered - 1)
        if fault.code == SUPERSEDED:
            return
        if self.wanted is mode:
            self.wanted = self.mode if self.in_force else Mode.LISTEN
            self.latched = self.latched and self.wanted is Mode.WHISPER
        self._notices.report(fault)
        self.changed()

    def _not_joined(self, fault: Fault) -> None:
        self.target = None
        self._notices.report(fault)
        self.changed()
