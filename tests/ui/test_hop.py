"""From one call to the next: silent before it goes, with nothing of the former call left."""

from __future__ import annotations

from coachdesk import commands, events
from signaling.policy import Mode
from tests.ui.samples import (
    MIA,
    call,
)
from tests.ui.test_observer_presenter import granted, on_a_call


def test_hop_shuts_the_microphone_before_it_goes() -> None:
    observer, link = on_a_call()
    observer.toggle_whisper()
    observer.hop(1)
    assert isinstance(link.sent[-2], commands.SetMode)
    assert link.sent[-2].mode is Mode.LISTEN
    assert link.sent[-1] == commands.Listen(call="c-5")
    assert observer.wanted is Mode.LISTEN


def test_hop_goes_round_the_wall_both_ways() -> None:
    observer, link = on_a_call()
    order = [c.call for c in observer._wall.calls]
    here = order.index("c-1")
    observer.hop(-1)
    assert link.last(commands.Listen) == commands.Listen(call=order[here - 1])
    observer.hop(1)
    assert link.last(commands.Listen) == commands.Listen(call=order[(here + 1) % len(order)])


def test_hop_replaces_the_call_without_showing_the_wall_between() -> None:
    observer, _ = on_a_call()
    observer.hop(1)
    observer.handle(events.Left(call="c-1"))
    assert observer.target is not None
    observer.handle(events.Call(call=call(MIA, call="c-5")))
    assert observer.call is not None
    assert observer.call.call == "c-5"
    assert observer.target is None


def test_a_refused_hop_stays_where_it_is() -> None:
    observer, link = on_a_call()
    observer.hop(1)
    link.refuse("call_full")
    assert observer.target is None
    assert observer.call is not None


def test_a_new_call_forgets_the_mode_of_the_old() -> None:
    observer, _ = on_a_call()
    observer.toggle_lane()
    granted(observer, Mode.LANE, "Sam", answer=True)
    observer.handle(events.Call(call=call(MIA, call="c-9")))
    assert observer.hearing.kind == "nobody"
