"""The wall: every live call that may be listened to, those that need someone first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from coachdesk import commands, events
from coachdesk.ui.link import Link
from coachdesk.ui.presenters.base import Presenter
from coachdesk.ui.presenters.notices import Notice, Notices
from coachdesk.ui.wording import agent_name
from signaling.policy import OBSERVERS, Role
from signaling.protocol import CallPhase, CallView


@dataclass(frozen=True, slots=True)
class HelpCall:
    """A call whose agent has just asked for help: for the tray, and for the ear."""

    call: str
    agent: str
    reason: str


class WallPresenter(Presenter):
    """Attributes:
    calls: unclaimed help first (longest wait first), then claimed, then the oldest call.
    loaded: whether the server has told the calls at all.
    on_help: called with a HelpCall whenever an agent newly asks.
    """

    def __init__(self, link: Link, notices: Notices, now: Callable[[], float]) -> None:
        super().__init__()
        self._link = link
        self._notices = notices
        self.now = now
        self.me: events.Ready | None = None
        self.calls: list[CallView] = []
        self.loaded = False
        self.on_help: Callable[[HelpCall], None] = lambda _: None

    def handle(self, event: events.AnyEvent) -> None:
        match event:
            case events.Ready():
                self.me = event
            case events.Calls(calls=calls):
                self._take(calls)
            case _:
                return
        self.changed()

    def endpoint_crashed(self) -> None:
        self.calls, self.loaded = [], False
        self.changed()

    @property
    def may_claim(self) -> bool:
        return self.me is not None and self.me.role is not Role.TRAINEE

    def claimable(self, call: CallView) -> bool:
        return self.may_claim and call.help is not None and not call.help.claimed_by

    def claim(self, call: str) -> None:
        self._link.send(commands.ClaimHelp(call=call))

    def age(self, call: CallView) -> float:
        return max(0.0, self.now() - call.started_at)

    def neighbour(self, call: str, step: int) -> str | None:
        """The call ``step`` places after ``call`` on the wall, around its ends; None when there is no other."""
        order = [c.call for c in self.calls]
        if call not in order:
            return order[0 if step > 0 else -1] if order else None
        other = order[(order.index(call) + step) % len(order)]
        return None if other == call else other

    @staticmethod
    def listeners(call: CallView) -> list[str]:
        return [p.name for p in call.parties if p.role in OBSERVERS]

    def _take(self, calls: list[CallView]) -> None:
        asked_before = {c.call for c in self.calls if c.help is not None}
        live = [c for c in calls if c.phase is not CallPhase.ENDED]
        self.calls = sorted(live, key=_urgency)
        self.loaded = True
        for call in self.calls:
            if call.help is not None and not call.help.claimed_by and call.call not in asked_before:
                self._announce(call, call.help.reason)

    def _announce(self, call: CallView, reason: str) -> None:
        if not self.may_claim:
            return
        self._notices.show(
            Notice(f"help:{call.call}", "warning", f"{agent_name(call)} asks for help", reason or call.label)
        )
        self.on_help(HelpCall(call.call, agent_name(call), reason))


def _urgency(call: CallView) -> tuple[int, float]:
    if call.help is None:
        return (2, call.started_at)
    return (1 if call.help.claimed_by else 0, call.help.since)
