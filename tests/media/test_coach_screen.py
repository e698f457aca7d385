"""A supervisor's screen at the hub: by the server's word alone, to whom it goes, what goes before it, what is told."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from coachdesk import call as calls
from coachdesk.media.packet import Packet
from signaling.policy import Mode
from signaling.protocol import PartyView, Shown
from tests.fakes.hubcall import KEYFRAME, HubCall
from tests.fakes.legs import FakeOut
from tests.fakes.views import BEN, CUSTOMER, MIA, TOM, call_view, party
from tests.media.test_screencast import PUBLIC, Screen

DELTA = b"\x10\x01"
ON = b'{"kind":"screen","state":"on"}'
OBSERVERS = (MIA, BEN, TOM)


class Call(HubCall):
    """A customer, two supervisors and a trainee, all connected. ``seen``: how many packets came to the agent's own eyes."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        super().__init__(patch)
        self.seen = self._number = 0
        self.hub.screens.coach.on_packet = self._see
        self.hub.screens.customer.on_packet = self._see
        self.view_of()
        self.connect(CUSTOMER, *OBSERVERS)

    def _see(self, packet: Packet) -> None:
        self.seen += 1

    def view_of(
        self,
        mias: Shown = "",
        bens: Shown = "",
        toms: Shown = "",
        *,
        mode: Mode = Mode.LISTEN,
        held: bool = False,
    ) -> None:
        parties: list[PartyView] = [
            party(MIA, mode, shares=mias),
            party(BEN, shares=bens),
            party(TOM, shares=toms),
        ]
        self.apply(call_view(*parties, held=held))

    def show(self, name: str = MIA, payload: bytes = KEYFRAME) -> None:
        self._number += 1
        leg = self.leg(name)
        assert leg is not None
        ssrc = 77 + len(name)
        leg.on_packet(
            "screen", Packet(self._number, self._number * 3000, True, payload, ssrc, self._number / 15)
        )

    def out(self, name: str) -> FakeOut:
        leg = self.leg(name)
        assert leg is not None
        assert leg.peer is not None
        return leg.peer.outs["screen"]

    @property
    def reached(self) -> tuple[int, int, int, int]:
        """How many packets each got since the last look: the agent, and the observers."""
        counts = tuple(len(self.out(name).sent) for name in OBSERVERS)
        seen, self.seen = self.seen, 0
        for name in OBSERVERS:
            self.out(name).sent.clear()
        return (seen, *counts)  # type: ignore[return-value]

    def told(self, name: str) -> tuple[str, str, str]:
        """What an observer was told last of shared screens: state, whose, who else."""
        leg = self.leg(name)
        assert leg is not None
        assert leg.peer is not None
        last = [json.loads(message) for message in leg.peer.control.sent if b"slots" in message][-1]
        return last.get("screen", "off"), last.get("screen_of", "agent"), last.get("also", "")


@pytest.fixture
def call() -> Iterator[Call]:
    with pytest.MonkeyPatch.context() as patch:
        yield Call(patch)


async def test_it_goes_to_the_agent_and_the_others_not_back_and_never_to_the_customer(call: Call) -> None:
    leg = call.leg(CUSTOMER)
    assert leg is not None
    assert leg.peer is not None
    for mode in Mode:
        call.view_of("on", mode=mode)
        call.show()
        call.show(payload=DELTA)
        assert call.reached == (2, 0, 2, 2)
        assert [call.told(name)[:2] for name in (BEN, TOM)] == [("on", "supervisor")] * 2
        assert call.told(MIA)[0] == "off"
        assert all(not out.sent for name, out in leg.peer.outs.items() if name != "main")
        call.view_of(mode=mode)


async def test_nothing_goes_on_but_what_the_server_says_is_shared(call: Call) -> None:
    call.show()
    assert call.reached == (0, 0, 0, 0)
    call.view_of("on")
    for other in (BEN, TOM):
        call.show(other)
    assert call.reached == (0, 0, 0, 0)
    call.show()
    assert len(call.out(TOM).sent) == 1
    call.view_of("blank")
    assert call.told(TOM) == ("blank", "supervisor", "")
    assert call.reached == (1, 0, 0, 0)  # what waited to be sent is not
    call.show()
    assert call.reached == (0, 0, 0, 0)
    call.view_of()
    call.show()
    assert (call.reached, call.told(TOM)[0]) == ((0, 0, 0, 0), "off")


async def test_a_trainee_shows_nothing_whatever_the_state_of_the_call_says(call: Call) -> None:
    call.view_of(toms="on")
    call.show(TOM)
    assert (call.reached, call.told(MIA)[0]) == ((0, 0, 0, 0), "off")


async def test_in_doubt_of_the_servers_word_nothing_is_shown(call: Call) -> None:
    call.view_of("on")
    assert call.view is not None
    call.apply(calls.fail_closed(call.view))
    call.show()
    assert (call.reached, call.told(TOM)) == ((0, 0, 0, 0), ("blank", "supervisor", ""))


async def test_it_goes_on_during_a_hold_as_the_agents_own_does(call: Call) -> None:
    call.view_of("on", held=True)
    call.show()
    assert call.reached == (1, 0, 1, 1)


async def test_the_agents_own_goes_first_for_observers_and_the_agent_goes_on_seeing_it(call: Call) -> None:
    call.view_of("on")
    call.show()
    await call.hub.screens.agent.start(Screen(PUBLIC))
    assert call.told(TOM) == ("on", "agent", "supervisor")
    assert call.told(MIA) == ("on", "agent", "")
    assert call.reached == (1, 0, 0, 0)  # what waited to be sent is not
    call.show()
    assert call.seen == 1
    assert all(KEYFRAME not in call.out(name).sent for name in OBSERVERS)
    await call.hub.screens.agent.stop()
    assert call.reached == (1, 0, 0, 0)
    call.show()
    assert (call.reached, call.told(TOM)) == ((1, 0, 1, 1), ("on", "supervisor", ""))


async def test_it_goes_before_the_customers_for_all_but_who_shares(call: Call) -> None:
    customer = call.leg(CUSTOMER)
    assert customer is not None
    customer.on_message(ON)
    call.show(CUSTOMER)
    assert call.reached == (1, 1, 1, 1)
    call.view_of("on")
    assert call.told(TOM) == ("on", "supervisor", "customer")
    assert call.told(MIA) == ("on", "customer", "")
    call.show(CUSTOMER)
    assert call.reached == (1, 1, 0, 0)
    call.show()
    assert call.reached == (1, 0, 1, 1)
    call.view_of()
    call.show()
    call.show(CUSTOMER)
    assert (call.reached, call.told(TOM)) == ((1, 1, 1, 1), ("on", "customer", ""))


async def test_another_supervisor_in_turn_is_seen_by_the_first(call: Call) -> None:
    call.view_of("on")
    call.show()
    assert call.reached == (1, 0, 1, 1)
    call.view_of(bens="on")
    call.show()
    assert call.reached == (0, 0, 0, 0)
    call.show(BEN)
    assert call.reached == (1, 1, 0, 1)


async def test_who_shares_is_asked_for_a_keyframe_when_it_begins_and_when_somebody_needs_one(
    call: Call,
) -> None:
    leg = call.leg(MIA)
    assert leg is not None
    assert leg.peer is not None
    assert leg.peer.keyframes_asked == 0
    call.view_of("on")
    assert leg.peer.keyframes_asked == 1
    tom = call.leg(TOM)
    assert tom is not None
    tom.on_keyframe_request("screen")
    assert leg.peer.keyframes_asked == 2


async def test_what_is_no_vp8_goes_nowhere(call: Call) -> None:
    call.view_of("on")
    call.show(payload=b"")
    assert call.reached == (0, 0, 0, 0)
