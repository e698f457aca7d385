"""Ink on the screen that the agent shares: who is told of it, what is refused, and what a change of the share does."""

from __future__ import annotations

import pytest

from coachdesk.annotation import Begin, End, Point, Show, Tool
from coachdesk.inkwire import Laser, Points
from coachdesk.media.ink.inkhub import InkHub
from signaling.policy import Mode
from tests.fakes.inkhubcall import EVERYBODY, LEARNERS, MIAS, PATH, STAFF, Call, view_of
from tests.fakes.views import AGENT, BEN, CUSTOMER, MIA, TOM

MARK = "mark-0001"
SIZE = (1920, 1080)


@pytest.fixture
def call() -> Call:
    """A screen is shared."""
    call = Call()
    call.hub.share(SIZE)
    return call


def on_screen(hub: InkHub, mark: str = MARK, frame: int | None = None) -> Begin:
    frame = hub.shared.frame if frame is None else frame
    return Begin(mark=mark, tool=Tool.PEN, colour="#2f7cf6", width=0.006, frame=frame, surface="screen")


def draw(call: Call, author: str, mark: str) -> None:
    edits = [on_screen(call.hub, mark), End(mark=mark, path=PATH)]
    if author == AGENT:
        for edit in edits:
            call.hub.submit(edit)
    else:
        call.far[author].do(*edits)


@pytest.mark.parametrize("mode", list(Mode))
def test_each_mark_reaches_those_who_may_see_it_and_never_the_customer(call: Call, mode: Mode) -> None:
    call.apply(view_of(mode, revision=2))
    for author in EVERYBODY:
        draw(call, author, f"mark-by-{author}")
    assert call.who_has(f"mark-by-{AGENT}") == (STAFF if mode is Mode.TAKEOVER else EVERYBODY - {CUSTOMER})
    assert call.who_has(f"mark-by-{MIA}") == MIAS[mode] - {CUSTOMER}
    assert call.who_has(f"mark-by-{BEN}") == STAFF
    assert call.who_has(f"mark-by-{TOM}") == LEARNERS
    assert call.who_has(f"mark-by-{CUSTOMER}") == set(), "who does not see it draws nothing on it"
    assert call.far[CUSTOMER].refused == ["not_allowed"] * 2, "its beginning and its end"


@pytest.mark.parametrize("mode", list(Mode))
def test_a_pointer_and_a_growing_line_reach_no_customer(call: Call, mode: Mode) -> None:
    call.apply(view_of(mode, revision=2))
    laser = Laser(
        stroke=1, colour="#2f7cf6", width=0.01, points=PATH, frame=call.hub.shared.frame, surface="screen"
    )
    call.hub.submit(on_screen(call.hub))
    call.hub.point(Points(mark=MARK, first=0, points=PATH))
    call.hub.point(laser)
    for author in (MIA, TOM, CUSTOMER):
        call.far[author].say_live(laser)
    assert call.far[CUSTOMER].live("points") == call.far[CUSTOMER].live("laser") == []
    assert call.hub.refused["not_allowed"] == 1, "the customer's own"
    seen = {each["author"] for each in call.far[BEN].live("laser")}
    assert seen == {"agent", MIA, TOM}


def test_nobody_can_have_it_shown_to_the_customer(call: Call) -> None:
    call.apply(view_of(Mode.BARGE, revision=2))
    draw(call, MIA, MARK)
    call.far[MIA].do(Show(mark=MARK, on=True))
    assert call.far[MIA].refused == ["not_allowed"]
    assert CUSTOMER not in call.who_has(MARK)


def test_only_observers_are_told_that_a_screen_may_be_drawn_on(call: Call) -> None:
    call.hub.tick()
    assert call.far[CUSTOMER].kept("shared") == []
    for observer in (MIA, BEN, TOM):
        assert [each["frame"] for each in call.far[observer].kept("shared")] == [1]
    call.far[MIA].connect()
    assert [each["frame"] for each in call.far[MIA].kept("shared")] == [1], "on every connection"


def test_another_target_or_size_is_another_frame_and_what_was_before_is_refused(call: Call) -> None:
    before = call.hub.shared.frame
    call.hub.share((1280, 720))
    assert (call.hub.shared.frame, call.hub.shared.width) == (before + 1, 1280)
    call.far[MIA].do(on_screen(call.hub, frame=before))
    call.hub.share(None)
    for frame in (0, before + 1):
        call.far[MIA].do(on_screen(call.hub, mark=f"mark-of-{frame}", frame=frame))
    assert call.far[MIA].refused == ["not_allowed"] * 3
    assert call.agents_board.marks() == []


def test_a_gesture_that_was_begun_on_another_target_grows_no_more(call: Call) -> None:
    call.far[MIA].do(on_screen(call.hub))
    seen: list[Points] = []
    call.hub.on_points = seen.append
    more = Points(mark=MARK, first=0, points=[Point(0.5, 0.5)])
    call.far[MIA].say_live(more)
    call.hub.share((800, 600))
    call.far[MIA].say_live(more)
    assert seen == [more]
