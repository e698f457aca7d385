"""Which of a call's screens each observer is shown: they have one m-line for screens, and there may be three."""

from __future__ import annotations

from typing import Any

from coachdesk.media.screenshare.coachscreen import CoachScreen
from coachdesk.media.screenshare.customerscreen import CustomerScreen
from coachdesk.media.screenshare.screencast import ScreenCast
from coachdesk.screenevents import Sharer, ShareState


class ScreenOrder:
    """The agent's own goes first, then a supervisor's, which they are not shown themselves, then the customer's."""

    def __init__(self, agents: ScreenCast, coachs: CoachScreen, customers: CustomerScreen) -> None:
        self._agents, self._coachs, self._customers = agents, coachs, customers

    def arrange(self) -> None:
        """After every change of one of them, or of who sees it."""
        first = frozenset(self._agents.viewers) if self._agents.state != "off" else frozenset()
        self._coachs.give_way(first)
        self._customers.give_way(first | self._coachs.viewers)

    def _for(self, observer: str) -> list[tuple[Sharer, ShareState]]:
        """What is shared with them, first what they are shown."""
        shared: list[tuple[Sharer, ShareState]] = [("agent", self._agents.state)]
        if observer in self._coachs.viewers:
            shared.append(("supervisor", self._coachs.state))
        shared.append(("customer", self._customers.state))
        return [(whose, state) for whose, state in shared if state != "off"]

    def told(self, observer: str) -> dict[str, Any]:
        """The fields of `Briefing` that say so."""
        whose, state = next(iter(self._for(observer)), ("customer", "off"))
        also = next((other for other, _ in self._for(observer)[1:]), "")
        return {"screen": state, "screen_of": whose, "also": also}

    def shown_coachs(self) -> frozenset[str]:
        """The observers who are shown a supervisor's screen, or that it is blanked."""
        return self._shown("supervisor", self._coachs.viewers)

    def shown_customers(self) -> frozenset[str]:
        """The observers who are shown the customer's."""
        return self._shown("customer", self._customers.viewers)

    def _shown(self, sharer: Sharer, viewers: frozenset[str]) -> frozenset[str]:
        seeing = ((party, self._for(party)) for party in viewers)
        return frozenset(party for party, shared in seeing if shared and shared[0][0] == sharer)

    def request_keyframe(self, observer: str) -> None:
        """``observer`` needs one of what they are shown."""
        match next((whose for whose, _ in self._for(observer)), ""):
            case "agent":
                self._agents.request_keyframe(observer)
            case "supervisor":
                self._coachs.request_keyframe(observer)
            case "customer":
                self._customers.request_keyframe(observer)
