"""The agent's desk: links and lobby, the call, help, and what is known of the coaches."""

from __future__ import annotations

from collections.abc import Callable

from coachdesk import commands, events
from coachdesk.media.mixer import DUCK_DB
from coachdesk.ui.link import Fault, Link
from coachdesk.ui.presenters.base import Presenter
from coachdesk.ui.presenters.mute import Mute
from coachdesk.ui.presenters.notices import Notice, Notices
from coachdesk.ui.presenters.speakers import Speakers
from coachdesk.ui.wording import REPLIES, Coaching, coaching
from signaling.policy import Role
from signaling.protocol import CallPhase, CallView, LinkView, PartyView, QuickReply, WaitingView

QUICK_REASONS = (
    "Technical question",
    "Customer is upset",
    "Discount or refund",
    "I need a second opinion",
    "Please take over",
)


class AgentPresenter(Presenter):
    """Attributes:
    links, waiting: the lobby, longest wait first.
    addresses: link id -> URL of the links made since the start; the server does not tell a URL twice.
    call: the running call or None; speakers: who is how loud, and speaks; muted; video: name of the picture memory or None.
    talk: who has spoken how long, None until told. media_lost: the customer's media are being rebuilt.
    """

    def __init__(self, link: Link, notices: Notices, now: Callable[[], float], duck: float = DUCK_DB) -> None:
        super().__init__()
        self._link = link
        self._notices = notices
        self.now = now
        self.duck = duck
        self.volumes: dict[str, float] = {}
        self.me: events.Ready | None = None
        self.links: list[LinkView] = []
        self.waiting: list[WaitingView] = []
        self.addresses: dict[str, str] = {}
        self.newest_link = ""
        self.call: CallView | None = None
        self.speakers = Speakers()
        self.talk: events.TalkTime | None = None
        self._mute = Mute(link)
        self.video: str | None = None
        self.media_lost = False
        self.answering: str | None = None

    # --- what the endpoint tells ---

    def handle(self, event: events.AnyEvent) -> None:
        self._mute.handle(event)
        self.speakers.handle(event)
        match event:
            case events.Ready():
                self.me = event
                self._link.send(commands.Duck(gain=self.duck))
            case events.Lobby(links=links, waiting=waiting):
                self.links = links
                self.waiting = sorted(waiting, key=lambda w: w.since)
                if not waiting:
                    self._notices.dismiss("lobby")
            case events.Waiting(name=name, label=label):
                self._notices.show(Notice("lobby", "info", f"{name or 'A customer'} is waiting", label))
            case events.Invited(url=url, link=link):
                self.addresses[link] = url
                self.newest_link = link
            case events.Call(call=call):
                self._enter(call)
            case events.Ended():
                self._end_call()
            case events.Muted() | events.Levels() | events.Speaking():
                pass
            case events.TalkTime():
                self.talk = event
            case events.Frames(party=party, name=name, screen=False):
                self._show_pictures(party, name)
            case events.VideoGone(party=party, screen=False):
                self.video = None if self._is_customer(party) else self.video
            case events.Media(party=party, state=state) if self._is_customer(party):
                self._watch_media(state)
            case _:
                return
        self.changed()

    def endpoint_crashed(self) -> None:
        """Nothing the endpoint told holds any longer, but who is muted stays so."""
        self._end_call()
        self.links, self.waiting = [], []
        self.changed()

    def _enter(self, call: CallView) -> None:
        for source, gain in self.volumes.items() if self.call is None else ():
            self._link.send(commands.Volume(source=source, gain=gain))
        self.call = call
        self.answering = None

    def _end_call(self) -> None:
        self.call = None
        self.video = None
        self.media_lost = False
        self.speakers.clear()
        self.talk = None
        self.answering = None
        self._notices.dismiss("media")

    def _is_customer(self, party: str) -> bool:
        return self.call is None or party in ("customer", self.call.customer)

    def _show_pictures(self, party: str, name: str) -> None:
        if self._is_customer(party):
            self.video = name

    def _watch_media(self, state: str) -> None:
        self.media_lost = state == "lost"
        if self.media_lost:
            text = "Their network dropped. CoachDesk reconnects by itself; stay on the line."
            self._notices.show(
                Notice("media", "warning", "The customer's sound and picture are gone", text, lasting=True)
            )
        elif state == "connected":
            self._notices.dismiss("media")

    # --- what the view shows ---

    @property
    def muted(self) -> bool:
        return self._mute.on

    @property
    def held(self) -> bool:
        return self.call is not None and self.call.phase is CallPhase.HELD

    @property
    def coaching(self) -> Coaching | None:
        return coaching(self.call) if self.call else None

    @property
    def on_the_line(self) -> list[PartyView]:
        """The others on the call, as far as policy shows them."""
        return [p for p in self.call.parties if p.role is not Role.AGENT] if self.call else []

    @property
    def can_reply(self) -> bool:
        """Replies go to the coaches; whether one listens may be hidden, so they are offered on every call."""
        return self.call is not None

    # --- what the controls do ---

    def invite(self, label: str, expires_in: int, uses: int) -> None:
        self._link.send(commands.Invite(label=label.strip()[:80], expires_in=expires_in, uses=uses))

    def revoke(self, link: str) -> None:
        self._link.send(commands.Revoke(link=link))

    def admit(self, party: str) -> None:
        if self.call is None and self.answering is None:
            self.answering = party
            self._link.send(commands.Admit(party=party), self._not_answered)
            self.changed()

    def admit_next(self) -> None:
        if self.waiting:
            self.admit(self.waiting[0].party)

    def decline(self, party: str) -> None:
        self._link.send(commands.Decline(party=party))

    def toggle_mute(self) -> None:
        self._mute.toggle()

    def toggle_hold(self) -> None:
        if self.call is not None:
            self._link.send(commands.Hold(on=not self.held))

    def hang_up(self) -> None:
        if self.call is not None:
            self._link.send(commands.HangUp())

    def ask_help(self, reason: str) -> None:
        if self.call is not None:
            self._link.send(commands.AskHelp(reason=reason.strip()[:200]))

    def cancel_help(self) -> None:
        if self.call is not None:
            self._link.send(commands.CancelHelp())

    def reply(self, reply: QuickReply) -> None:
        if self.can_reply:
            self._link.send(commands.Reply(reply=reply))
            self._notices.show(Notice("reply", "success", f"Sent to your coach: “{REPLIES[reply]}”"))

    def set_volume(self, source: str, gain: float) -> None:
        """How loud the customer, or ``coaches``, play here, in dB; remembered from call to call."""
        self.volumes[source] = gain
        if self.call is not None:
            self._link.send(commands.Volume(source=source, gain=gain))

    def set_duck(self, gain: float) -> None:
        self.duck = gain
        self._link.send(commands.Duck(gain=gain))

    def _not_answered(self, fault: Fault) -> None:
        self.answering = None
        self._notices.report(fault)
        self.changed()
