"""Drawing on the customer's screen, and on a supervisor's, in the windows of agent and supervisor."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from coachdesk import commands, events
from coachdesk.annotation import Audience, Tool
from coachdesk.screenevents import SURFACES, Sharer
from coachdesk.ui.ink_wording import tag, whose
from signaling.protocol import PartyView
from tests.ui.drawing import Drawing
from tests.ui.ink_samples import drag, mark
from tests.ui.samples import AGENT, MIA

LINE = [(0.4, 0.4), (0.6, 0.6)]
FRAMES = {"agent": 3, "supervisor": 5, "customer": 7}

of_others = pytest.mark.parametrize(
    ("sharer", "name"),
    [("supervisor", "Drawing on a supervisor's screen"), ("customer", "Drawing on the customer's screen")],
)
in_both = pytest.mark.parametrize("who", [AGENT, MIA], ids=["agent", "supervisor"])


@of_others
@in_both
def test_the_tools_draw_on_it(dressed: QtBot, who: PartyView, sharer: Sharer, name: str) -> None:
    drawing = Drawing(dressed, who, sharer)
    drawing.desk.ink.choose(Tool.RECTANGLE)
    drag(drawing.ink, (0.2, 0.3), (0.5, 0.5), (0.8, 0.7))
    (down,) = [each for each in drawing.link.sent if isinstance(each, commands.PenDown)]
    assert (down.surface, down.frame, down.tool) == (SURFACES[sharer], FRAMES[sharer], Tool.RECTANGLE)
    assert drawing.ink.accessibleName() == name


@of_others
@in_both
def test_marks_are_painted_on_the_screen_they_belong_to(
    dressed: QtBot, who: PartyView, sharer: Sharer, name: str
) -> None:
    drawing = Drawing(dressed, who, sharer)
    for number, (other, frame) in enumerate(FRAMES.items()):
        if other != sharer:
            surface = SURFACES[other]  # type: ignore[index]
            drawing.desk.handle(
                mark(f"mark000{number}", Tool.RECTANGLE, LINE, surface=surface, frame=frame, width=0.05)
            )
    assert not drawing.is_red(0.4, 0.5), "these are on others"
    surface, frame = SURFACES[sharer], FRAMES[sharer]
    drawing.desk.handle(mark("mark0009", Tool.RECTANGLE, LINE, surface=surface, frame=frame, width=0.05))
    assert drawing.is_red(0.4, 0.5)
    drawing.desk.handle(events.Stage(epoch=0, colour="#2f7cf6", shared=3, coach=6, customers=8))
    assert not drawing.is_red(0.4, 0.5), "another target is shared"


def test_the_customer_is_said_to_see_what_is_drawn_there_for_all() -> None:
    public = mark(surface="customer", author="agent", name="Alex", audience=Audience.PUBLIC, seen_by=["Jana"])
    assert (tag(public, "Jana"), whose(public, "p-mia")) == ("Alex", "Alex. Seen by Jana")
    private = mark(surface="customer", author="p-mia", name="Mia", audience=Audience.COACHING)
    assert tag(private, "Jana") == "Mia · not shown to the customer"


def test_a_coachs_mark_there_can_be_shown_to_the_customer(dressed: QtBot) -> None:
    drawing = Drawing(dressed, AGENT, "customer")
    private = mark("mark0001", surface="customer", frame=7, author="p-mia", audience=Audience.COACHING)
    drawing.desk.handle(private)
    assert drawing.desk.ink.to_show == private
    drawing.desk.ink.show_to_customer()
    assert drawing.link.sent[-1] == commands.Show(mark="mark0001", on=True)
