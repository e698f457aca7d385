"""Hostile ink: refused, counted, and nobody else's concern."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from coachdesk.annotation import (
    Caption,
    End,
    Pin,
    Point,
    Remove,
    Show,
    Tool,
)
from coachdesk.inklog import MAX_GUEST_MARKS, MAX_OPEN, Refusal
from coachdesk.inkwire import Edits, Have, Points, dump
from coachdesk.media.ink.inkline import EDITS_AT_ONCE, EDITS_PER_SECOND, LIVE_AT_ONCE
from tests.fakes.inkchannels import FakeInk
from tests.fakes.inkhubcall import (
    EVERYBODY,
    PATH,
    Call,
    begin,
    drawn,
)
from tests.fakes.views import AGENT, BEN, CUSTOMER, MIA


@pytest.fixture
def call() -> Call:
    return Call()


HOSTILE = [
    b"",
    b"[]",
    b"{",
    b'{"kind":"edits","edits":[]}',
    b'{"kind":"edits","edits":[{"kind":"begin","mark":"short","tool":"pen","colour":"#000000","width":0.01}]}',
    b'{"kind":"edits","edits":[{"kind":"begin","mark":"mark-0001","tool":"pen","colour":"red","width":0.01}]}',
    b'{"kind":"edits","edits":[{"kind":"begin","mark":"mark-0001","tool":"pen","colour":"#000000","width":9}]}',
    b'{"kind":"edits","edits":[{"kind":"begin","mark":"mark-0001","tool":"laser","colour":"#000000","width":0.01}]}',
    b'{"kind":"edits","edits":[{"kind":"begin","mark":"mark-0001","tool":"pen","colour":"#000000","width":0.01,"author":"agent"}]}',
    b'{"kind":"edits","edits":[{"kind":"end","mark":"mark-0001","path":[[NaN,0]]}]}',
    b'{"kind":"edits","edits":[{"kind":"end","mark":"mark-0001","path":[[1e999,0]]}]}',
    b'{"kind":"edits","edits":[{"kind":"end","mark":"mark-0001","path":[[1.001,0]]}]}',
    b'{"kind":"edits","edits":[{"kind":"end","mark":"mark-0001","path":[[0,0,0,-1]]}]}',
    b'{"kind":"edits","edits":[{"kind":"end","mark":"mark-0001","path":[[0,0,0,0,0]]}]}',
    b'{"kind":"edits","edits":[{"kind":"end","mark":"mark-0001","path":[' + b"[0,0]," * 400 + b"[0,0]]}]}",
    b'{"kind":"edits","edits":[{"kind":"caption","mark":"mark-0001","text":"' + b"a" * 201 + b'"}]}',
    b'{"kind":"log","log":"","seq":0,"now":0,"entries":[]}',
    b'{"kind":"have","log":"","seq":-1}',
    b'{"kind":"have","log":"\xff"}',
    b"[" * 5000,
    b'{"kind":"have","log":"' + b"a" * 60_000 + b'"}',
]


@pytest.mark.parametrize("data", HOSTILE, ids=range(len(HOSTILE)))
def test_what_is_no_message_is_refused_and_counted(call: Call, data: bytes) -> None:
    peer: Any = SimpleNamespace(ink=FakeInk())
    call.hub.received(CUSTOMER, peer, data)
    call.hub.received_live(CUSTOMER, data)
    assert call.hub.refused == {"malformed": 2}
    assert not call.hub.marks()
    call.draw(CUSTOMER, "by-customer")
    assert call.who_has("by-customer") == EVERYBODY


def test_nobody_changes_or_takes_over_anothers_mark(call: Call) -> None:
    call.draw(AGENT, "by-agent-1")
    forged = [begin("by-agent-1"), End(mark="by-agent-1", path=PATH), Caption(mark="by-agent-1", text="x")]
    call.far[CUSTOMER].do(*forged, Remove("by-agent-1"), Show(mark="by-agent-1", on=False))
    assert call.far[CUSTOMER].refused == ["not_allowed"] * 5
    (mark,) = call.far[MIA].board.marks()
    assert (mark.author, mark.text, mark.removed) == ("agent", "", False)
    assert call.hub.refused == {"not_allowed": 5}


def test_a_path_that_its_tool_cannot_have_is_refused(call: Call) -> None:
    far = call.far[CUSTOMER]
    backwards = [Point(0, 0, 0.5, 9), Point(1, 1, 0.5, 8)]
    far.do(begin("circle-01", Tool.CIRCLE), End(mark="circle-01", path=PATH[:1]))
    far.do(begin("pen-00001"), End(mark="pen-00001", path=backwards))
    assert far.refused == ["bad_shape", "bad_shape"]


def test_one_party_draws_so_many_marks_at_once_and_no_more(call: Call) -> None:
    far = call.far[MIA]
    far.do(*(begin(f"open-{number:03}") for number in range(MAX_OPEN + 1)))
    assert far.refused == ["too_many"]
    far.do(End(mark="open-000", path=PATH), begin("open-more"))
    assert far.refused == ["too_many"]


def test_the_customer_cannot_use_up_the_board(call: Call) -> None:
    for number in range(MAX_GUEST_MARKS + 1):
        call.time += 1
        call.draw(CUSTOMER, f"mark-{number:04}")
    assert call.far[CUSTOMER].refused == ["too_many", "not_allowed"]
    call.draw(AGENT, "by-agent-1")
    assert "by-agent-1" in call.far[CUSTOMER].marks


def test_a_flood_is_not_heard_until_it_is_over(call: Call) -> None:
    far = call.far[CUSTOMER]
    far.do(*drawn("by-customer"))
    for _ in range(10):
        far.do(*(Pin(mark="by-customer", on=number % 2 == 0) for number in range(200)))
    assert "too_fast" in far.refused
    assert len(call.hub._log.history("by-customer")) <= EDITS_AT_ONCE
    call.draw(MIA, "by-mia-01")
    assert call.far[BEN].marks == {"by-customer", "by-mia-01"}
    call.time += 10 / EDITS_PER_SECOND
    far.do(Remove("by-customer"))
    assert call.far[BEN].board.mark("by-customer").removed  # type: ignore[union-attr]


def test_a_flood_of_gestures_is_cut_short(call: Call) -> None:
    far = call.far[CUSTOMER]
    far.do(begin("by-customer"))
    for _ in range(500):
        far.say_live(Points(mark="by-customer", first=0, points=PATH))
    assert len(call.far[MIA].live("points")) == LIVE_AT_ONCE
    assert call.hub.refused["too_fast"] == 500 - LIVE_AT_ONCE


def test_large_messages_are_not_even_read_beyond_a_pace(call: Call) -> None:
    peer: Any = SimpleNamespace(ink=FakeInk())
    for _ in range(100):
        call.hub.received(CUSTOMER, peer, b"x" * 40_000)
    assert call.hub.refused["too_fast"] >= 80


def test_somebody_who_is_not_on_the_call_is_nobody(call: Call) -> None:
    peer: Any = SimpleNamespace(ink=FakeInk())
    call.hub.received("stranger", peer, dump(Have()))
    call.hub.received("stranger", peer, dump(Edits(edits=drawn("by-nobody"))))
    call.hub.received_live("stranger", dump(Points(mark="by-nobody", first=0, points=PATH)))
    assert not peer.ink.sent
    assert not call.hub.marks()


def test_the_agents_own_fault_is_told_to_them(call: Call) -> None:
    with pytest.raises(Refusal) as refusal:
        call.hub.submit(End(mark="no-such-mark", path=PATH))
    assert refusal.value.code == "not_allowed"
