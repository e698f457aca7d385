"""Drawing on a supervisor's screen: by agent and other observers in their windows, on the desktop of who shares it."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from coachdesk import commands, events
from coachdesk.annotation import Audience, Point, Tool
from coachdesk.screenevents import Place
from coachdesk.ui.ink_wording import tag, whose
from tests.ui.drawing import STAGE, Drawing
from tests.ui.ink_samples import mark, point_at
from tests.ui.samples import AGENT, MIA, call, make_desk


@pytest.fixture(params=[AGENT, MIA], ids=["agent", "supervisor"])
def drawing(request: pytest.FixtureRequest, dressed: QtBot) -> Drawing:
    return Drawing(dressed, request.param, "supervisor")


def test_while_another_screen_is_shown_that_is_drawn_on(dressed: QtBot) -> None:
    drawing = Drawing(dressed, MIA, "supervisor")
    drawing.desk.handle(events.Screen(party="agent", state="on", also="supervisor"))
    assert [sharer for sharer, ink in drawing.pane.inks.items() if ink.isVisible()] == ["agent"]
    drawing.desk.handle(events.Screen(party="customer", state="on"))
    assert [sharer for sharer, ink in drawing.pane.inks.items() if ink.isVisible()] == ["customer"]


def test_a_pointer_over_it_is_told_and_one_gives_the_gesture_up_that_hangs_over(drawing: Drawing) -> None:
    drawing.desk.ink.choose("laser")
    drawing.pane.inks["supervisor"]._hover(point_at(drawing.pane.inks["supervisor"], 0.25, 0.5))
    drawing.desk.screen_inks["supervisor"].pen.flush()
    (told,) = [each for each in drawing.link.sent if isinstance(each, commands.Laser)]
    assert told.surface == "coach"
    drawing.desk.handle(events.Screen(party="supervisor", state="off"))
    drawing.desk.screen_inks["supervisor"].pen.flush()
    assert drawing.desk.screen_inks["supervisor"].pen.hand is None


def test_the_customer_is_never_among_those_who_see_it(drawing: Drawing) -> None:
    drawing.desk.handle(events.Stage(epoch=0, colour="#2f7cf6", shared=3, coach=5, customer=True))
    seen = drawing.desk.screen_inks["supervisor"].seen
    assert seen is not None
    assert not drawing.desk.screen_inks["supervisor"].shown_to_customer
    assert "customer" not in seen.title
    public = mark(surface="coach", author="agent", name="Alex", audience=Audience.PUBLIC, seen_by=["Otto"])
    assert (tag(public, "Jana"), whose(public, "p-mia")) == ("Alex", "Alex. Seen by Otto. Not the customer")


def test_it_is_on_the_desktop_of_who_shares_it_and_of_nobody_else() -> None:
    place = Place(0, 0, 320, 180, screen=0)
    for who, surface in ((MIA, "coach"), (AGENT, "screen")):
        desk, _ = make_desk(who)
        desk.handle(events.Call(call=call(MIA)))
        told = events.SharePlace(frame=5, place=place, surface=surface)  # type: ignore[arg-type]
        desk.handle(told)
        placed = {ink.ground: ink.place for ink in desk.screen_inks.values()}
        assert placed == {"screen": None, "coach": None, "customer": None} | {surface: told}


def test_the_gesture_in_hand_on_it_can_be_undone_and_its_marks_pinned() -> None:
    desk, link = make_desk(AGENT)
    desk.handle(events.Call(call=call(MIA)))
    desk.handle(STAGE)
    desk.screen_inks["supervisor"].pen.tool = Tool.PEN
    desk.screen_inks["supervisor"].pen.down(0.5, 0.5, 0.5, 5)
    desk.ink.undo()
    assert desk.screen_inks["supervisor"].pen.hand is None
    desk.handle(mark("mark0001", surface="coach", frame=5))
    assert desk.ink.to_show is None
    desk.ink.pin()
    assert link.sent[-1] == commands.Pin(mark="mark0001", on=True)


def test_the_agents_pointer_bears_their_name_on_it() -> None:
    desk, _ = make_desk(MIA)
    desk.handle(events.Call(call=call(MIA)))
    told = events.Laser(
        author="agent",
        stroke=1,
        colour="#e5484d",
        width=0.05,
        frame=5,
        points=[Point(0.7, 0.5)],
        surface="coach",
    )
    desk.handle(told)
    assert set(desk.screen_inks["supervisor"].scene.pointers) == {"agent"}
    assert desk.screen_inks["supervisor"].pointed_by("agent") == call(MIA).parties[0].name
