"""How large screens are seen and are, as parties say it to the hub: what is taken of it, and to whom it is told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from coachdesk.media.screenshare.screenhub import OWN
from coachdesk.media.screenshare.screensizes import SAYS_AT_ONCE
from tests.fakes.views import BEN, CUSTOMER, MIA, TOM
from tests.media.test_coach_screen import Call


@pytest.fixture
def call() -> Iterator[Call]:
    with pytest.MonkeyPatch.context() as patch:
        yield Call(patch)


def say(call: Call, name: str, **said: Any) -> None:
    leg = call.leg(name)
    assert leg is not None
    leg.on_message(json.dumps(said).encode())


def briefed(call: Call, name: str) -> tuple[Any, Any]:
    """What an observer was told last: how large what they see is, and how large what they share is seen."""
    leg = call.leg(name)
    assert leg is not None
    assert leg.peer is not None
    last = [json.loads(message) for message in leg.peer.control.sent if b"slots" in message][-1]
    return last.get("screen_size"), last.get("wanted")


async def test_a_sharer_is_told_the_largest_size_at_which_anybody_sees_it(call: Call) -> None:
    call.view_of("on")
    say(call, BEN, shows=[640, 360])
    say(call, TOM, shows=[0, 0])
    assert briefed(call, MIA)[1] is None, "the agent sees it, and has not said"
    call.hub.screens.show_at(OWN, (320, 900))
    assert briefed(call, MIA)[1] == [640, 900]
    assert [briefed(call, name)[1] for name in (BEN, TOM)] == [None, None]
    say(call, MIA, shows=[4000, 4000])
    say(call, CUSTOMER, kind="screen_shown", width=5000, height=5000)
    assert briefed(call, MIA)[1] == [640, 900], "by those alone who see it"
    say(call, BEN, shows=None)
    assert briefed(call, MIA)[1] is None


async def test_a_new_connection_has_not_said_and_who_leaves_does_not_count(call: Call) -> None:
    call.view_of("on")
    call.hub.screens.show_at(OWN, (320, 200))
    for name in (BEN, TOM):
        say(call, name, shows=[640, 360])
    call.connect(TOM)
    call.view_of("on")
    assert briefed(call, MIA)[1] is None
    say(call, TOM, shows=[100, 100])
    assert briefed(call, MIA)[1] == [640, 360]


async def test_those_who_see_it_are_told_how_large_it_is_and_whose_word_counts(call: Call) -> None:
    call.view_of("on")
    say(call, TOM, shares=[9, 9])
    assert briefed(call, BEN)[0] is None
    say(call, MIA, shares=[1920, 1080])
    assert [briefed(call, name)[0] for name in (MIA, BEN, TOM)] == [None, [1920, 1080], [1920, 1080]]
    assert call.hub.screens.coach_size == (1920, 1080)
    call.view_of()
    assert briefed(call, TOM)[0] is None
    assert call.hub.screens.coach_size is None


@pytest.mark.allow_log("observers send nonsense")
@pytest.mark.parametrize(
    "size", [[-1, 5], [16385, 5], [5], [5, 5, 5], [1.5, 2], ["5", "5"], {"width": 5}, 5, True, [[5, 5]]]
)
async def test_what_is_no_size_is_refused(call: Call, size: object) -> None:
    call.view_of("on")
    call.hub.screens.show_at(OWN, (320, 200))
    for name in (BEN, TOM):
        say(call, name, shows=[640, 360])
    say(call, MIA, shares=[1920, 1080])
    say(call, BEN, shows=size)
    say(call, MIA, shares=size)
    assert (briefed(call, MIA)[1], briefed(call, TOM)[0]) == ([640, 360], [1920, 1080])


async def test_what_is_said_too_often_counts_as_not_said(call: Call) -> None:
    call.view_of("on")
    call.hub.screens.show_at(OWN, (320, 200))
    say(call, BEN, shows=[640, 360])
    for _ in range(int(SAYS_AT_ONCE) * 2):
        say(call, TOM, shows=[100, 100])
    assert briefed(call, MIA)[1] is None


@pytest.mark.parametrize(
    "said",
    [
        {"width": -1, "height": 5},
        {"width": 16385, "height": 5},
        {"width": 5},
        {"width": 5.5, "height": 5},
        {"width": 5, "height": None},
        {"width": 5, "height": 5, "more": 1},
    ],
)
async def test_what_is_no_size_is_refused_of_the_customer_too(call: Call, said: dict[str, Any]) -> None:
    seen_at = call.hub.screens.agent.seen_at
    say(call, CUSTOMER, kind="screen_shown", width=640, height=0)
    assert seen_at(CUSTOMER) == (640, 0)
    say(call, CUSTOMER, kind="screen_shown", **said)
    assert seen_at(CUSTOMER) == (640, 0)
    assert call.hub.screens.customer.state == "off"
