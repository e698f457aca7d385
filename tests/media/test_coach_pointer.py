"""A supervisor's pointer at the hub: from whom it is taken, to whom it goes, and when it is nowhere."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from coachdesk.inkwire import Cursor
from coachdesk.media.screenshare.pointerview import AT_ONCE
from coachdesk.screenevents import Spot
from signaling.policy import Mode
from tests.fakes.legs import FakePeer
from tests.fakes.views import BEN, CUSTOMER, MIA, TOM
from tests.media.test_coach_screen import OBSERVERS
from tests.media.test_coach_screen import Call as Shared
from tests.media.test_screencast import PUBLIC, Screen

HERE, THERE = (0.25, 0.5), (0.75, 0.5)


class Call(Shared):
    """``agents``: what the agent was told of a supervisor's pointer."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        super().__init__(patch)
        self.agents: list[Cursor] = []
        self.hub.screens.pointers.on_cursor = self.agents.append

    def peer(self, name: str) -> FakePeer:
        leg = self.leg(name)
        assert leg is not None
        assert leg.peer is not None
        return leg.peer

    def say(self, data: bytes, name: str = MIA) -> None:
        leg = self.leg(name)
        assert leg is not None
        leg.on_live_ink(leg.peer, data)

    def point(self, number: int, at: Spot | None, name: str = MIA, **more: Any) -> None:
        self.say(json.dumps({"kind": "cursor", "number": number, "at": at, **more}).encode(), name)

    @property
    def told(self) -> dict[str, Spot | None]:
        """Where each who was told anything since the last look was told last that the supervisor's is."""
        told: dict[str, Spot | None] = {"agent": self.agents[-1].at} if self.agents else {}
        self.agents.clear()
        for name in (CUSTOMER, *OBSERVERS):
            sent = self.peer(name).ink.sent_live
            cursors = [each for each in sent if each["kind"] == "cursor" and each["of"] == "supervisor"]
            if cursors:
                told[name] = tuple(cursors[-1]["at"]) if cursors[-1]["at"] else None
            sent.clear()
        return told


@pytest.fixture
async def call() -> AsyncIterator[Call]:
    with pytest.MonkeyPatch.context() as patch:
        call = Call(patch)
        yield call
        call.hub.screens.pointers.close()


async def test_it_goes_to_the_agent_and_the_others_not_back_and_never_to_the_customer(call: Call) -> None:
    for number, mode in enumerate(Mode):
        call.view_of("on", mode=mode)
        call.point(number, HERE, of="agent")
        assert call.told == {"agent": HERE, BEN: HERE, TOM: HERE}
        call.view_of(mode=mode)


async def test_it_is_taken_from_none_but_the_sharer(call: Call) -> None:
    call.point(1, HERE)
    call.view_of("on", toms="on")
    for other in (BEN, TOM, CUSTOMER):
        call.point(2, HERE, other)
    call.view_of("blank")
    call.point(3, HERE)
    assert call.told == {}
    assert call.hub.ink.refused["not_allowed"] == 5


@pytest.mark.parametrize("said", [b"[1.01,0]", b"[0.5,-0.1]", b"[0.5]", b"[NaN,0]", b'"here"'])
async def test_what_is_no_place_on_a_screen_is_refused(call: Call, said: bytes) -> None:
    call.view_of("on")
    call.say(b'{"kind":"cursor","number":1,"at":%s}' % said)
    assert (call.told, call.hub.ink.refused["malformed"]) == ({}, 1)


async def test_what_comes_late_or_too_fast_is_dropped(call: Call) -> None:
    call.view_of("on")
    call.point(5, HERE)
    call.point(4, THERE)
    call.point(5, THERE)
    assert call.told["agent"] == HERE
    for number in range(3 * AT_ONCE):
        call.point(6 + number, (number / 100, 0.0))
    passed = [each for each in call.peer(TOM).ink.sent_live if each["kind"] == "cursor"]
    assert len(passed) < 2 * AT_ONCE


@pytest.mark.parametrize("after", ["blank", ""])
async def test_it_goes_when_the_share_is_blanked_or_ends(call: Call, after: Any) -> None:
    call.view_of("on")
    call.point(1, HERE)
    assert call.told[TOM] == HERE
    call.view_of(after)
    assert call.told == ({"agent": None, BEN: None, TOM: None} if after else {})
    call.view_of("on")
    assert call.told == {}, "it is told anew"
    call.point(2, HERE)
    assert call.told[TOM] == HERE


async def test_anothers_counts_anew_here_and_on_for_those_who_see_it(call: Call) -> None:
    call.view_of("on")
    call.point(1000, HERE)
    first = call.agents[-1].number
    assert call.told == {"agent": HERE, BEN: HERE, TOM: HERE}
    call.view_of(bens="on")
    assert call.told == {"agent": None, MIA: None, TOM: None}
    call.point(1001, HERE)
    call.point(1, THERE, BEN)
    assert call.agents[-1].number > first
    assert call.told == {"agent": THERE, MIA: THERE, TOM: THERE}


async def test_observers_who_see_the_agents_screen_are_not_told_and_are_told_again_after_it(
    call: Call,
) -> None:
    call.view_of("on")
    call.point(1, HERE)
    await call.hub.screens.agent.start(Screen(PUBLIC))
    assert call.told == {"agent": HERE, BEN: HERE, TOM: HERE}
    call.point(2, THERE)
    assert call.told == {"agent": THERE}
    await call.hub.screens.agent.stop()
    assert call.told == {"agent": THERE, BEN: THERE, TOM: THERE}


async def test_a_new_connection_of_the_sharer_counts_anew(call: Call) -> None:
    call.view_of("on")
    call.point(1000, HERE)
    call.connect(MIA)
    assert call.told[TOM] is None
    call.point(1, THERE)
    assert call.told[TOM] == THERE


async def test_one_who_needs_a_picture_is_told_where_it_rests(call: Call) -> None:
    call.view_of("on")
    call.point(1, HERE)
    assert call.told[TOM] == HERE
    call.point(2, HERE)
    assert call.told == {"agent": HERE, BEN: HERE, TOM: HERE}
