"""Ink on the screen that the agent shares: who is told of it, what is refused, and what a change of the share does."""

from __future__ import annotations

import pytest

from coachdesk.annotation import AnyEdit, Begin, End, Point, Remove, Show, Tool
from coachdesk.inklog import Refusal
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
    frame = hub.shared("screen").frame if frame is None else frame
    return Begin(mark=mark, tool=Tool.PEN, colour="#2f7cf6", width=0.006, frame=frame, surface="screen")


def draw(call: Call, author: str, mark: str) -> None:
    edits: list[AnyEdit] = [on_screen(call.hub, mark), End(mark=mark, path=PATH)]
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
        stroke=1,
        colour="#2f7cf6",
        width=0.01,
        points=PATH,
        frame=call.hub.shared("screen").frame,
        surface="screen",
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
    before = call.hub.shared("screen").frame
    call.hub.share((1280, 720))
    assert (call.hub.shared("screen").frame, call.hub.shared("screen").width) == (before + 1, 1280)
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


# --- while the customer is shown the screen too ---


@pytest.mark.parametrize("mode", list(Mode))
def test_a_customer_who_is_shown_it_sees_what_is_for_all_and_no_private_mark(call: Call, mode: Mode) -> None:
    call.apply(view_of(mode, revision=2))
    call.hub.show_customer(True)
    for author in EVERYBODY:
        draw(call, author, f"mark-by-{author}")
    for author in (MIA, BEN, TOM):
        heard = author == MIA and mode in (Mode.BARGE, Mode.TAKEOVER)
        assert (CUSTOMER in call.who_has(f"mark-by-{author}")) == heard
    assert (CUSTOMER in call.who_has(f"mark-by-{AGENT}")) == (mode is not Mode.TAKEOVER)
    assert call.who_has(f"mark-by-{CUSTOMER}") == set(), "they draw nothing on it"
    authors = {entry.author for entry in call.far[CUSTOMER].entries}
    assert authors <= {"agent"}, "whoever it was"


def test_it_is_told_to_the_customer_with_the_marks_there_and_taken_back(call: Call) -> None:
    customer = call.far[CUSTOMER]
    draw(call, AGENT, "mark-before")
    draw(call, MIA, "mark-whispered")
    assert customer.marks == set()
    call.hub.show_customer(True)
    assert customer.marks == {"mark-before"}
    shown = {
        "kind": "shared",
        "frame": 1,
        "width": SIZE[0],
        "height": SIZE[1],
        "customer": True,
        "surface": "screen",
    }
    assert customer.kept("shared") == [shown]
    assert call.far[MIA].kept("shared")[-1]["customer"]
    call.hub.show_customer(False)
    draw(call, AGENT, "mark-after")
    assert customer.marks == {"mark-before"}
    assert customer.kept("shared")[-1].get("frame", 0) == 0
    assert not call.far[MIA].kept("shared")[-1].get("customer")
    customer.connect()
    assert customer.kept("shared") == []


def test_a_mark_that_was_removed_meanwhile_is_gone_when_it_is_shown_again(call: Call) -> None:
    call.hub.show_customer(True)
    draw(call, AGENT, MARK)
    call.hub.show_customer(False)
    call.hub.submit(Remove(mark=MARK))
    call.time += 1000.0
    call.hub.show_customer(True)
    seen = call.far[CUSTOMER].board.mark(MARK)
    assert seen is not None
    assert seen.removed


def test_what_was_drawn_on_another_screen_is_not_told_to_the_customer(call: Call) -> None:
    draw(call, AGENT, MARK)
    call.hub.share((1280, 720))
    call.hub.show_customer(True)
    assert call.far[CUSTOMER].marks == set()
    call.hub.share((800, 600))
    assert [each["frame"] for each in call.far[CUSTOMER].kept("shared")] == [2, 3]
    customer = call.far[CUSTOMER]
    customer.connect()
    assert [each["frame"] for each in customer.kept("shared")] == [3], "on every connection"


def test_pointers_and_growing_lines_that_are_for_all_reach_the_customer_while_they_see_it(call: Call) -> None:
    call.apply(view_of(Mode.WHISPER, revision=2))
    customer = call.far[CUSTOMER]
    laser = Laser(
        stroke=1,
        colour="#2f7cf6",
        width=0.01,
        points=PATH,
        frame=call.hub.shared("screen").frame,
        surface="screen",
    )
    call.hub.submit(on_screen(call.hub))
    for on, seen in ((True, 1), (False, 1)):
        call.hub.show_customer(on)
        call.hub.point(Points(mark=MARK, first=0, points=PATH))
        call.hub.point(laser)
        call.far[MIA].say_live(laser)
        assert len(customer.live("points")) == len(customer.live("laser")) == seen
    customer.say_live(laser)
    assert call.hub.refused["not_allowed"] == 1, "the customer points at nothing there"


def test_a_whispered_mark_cannot_be_shown_to_a_customer_who_sees_the_screen(call: Call) -> None:
    call.apply(view_of(Mode.WHISPER, revision=2))
    call.hub.show_customer(True)
    draw(call, MIA, MARK)
    with pytest.raises(Refusal):
        call.hub.submit(Show(mark=MARK, on=True))
    assert CUSTOMER not in call.who_has(MARK)


def test_on_hold_the_customer_is_told_of_no_mark(call: Call) -> None:
    call.hub.show_customer(True)
    call.apply(view_of(revision=2, held=True))
    draw(call, AGENT, MARK)
    assert call.far[CUSTOMER].marks == set()
