"""Drawing on the customer's screen in the windows of agent and supervisor."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from coachdesk import commands, events
from coachdesk.annotation import Audience, Tool
from coachdesk.ui.ink_wording import tag, whose
from signaling.protocol import PartyView
from tests.ui.ink_samples import Reel, drag, mark, point_at
from tests.ui.samples import AGENT, MIA, call
from tests.ui.shown import PATIENCE_MS, Shown
from tests.ui.test_coach_ink import GREY

STAGE = events.Stage(epoch=0, colour="#2f7cf6", shared=3, coach=5, customers=7)
LINE = [(0.4, 0.4), (0.6, 0.6)]


class Drawing(Shown):
    """A window that shows the customer's screen."""

    def __init__(self, qtbot: QtBot, who: PartyView) -> None:
        super().__init__(qtbot, who)
        self.pane = self.view.customer_screen if who == AGENT else self.call.agent_screen
        self.pane.video._open = lambda _: Reel(GREY, 0)
        for event in (
            events.Call(call=call(MIA)),
            STAGE,
            events.Screen(party="customer", state="on"),
            events.Frames(party="customer", name="screen", screen=True),
        ):
            self.desk.handle(event)
        qtbot.waitUntil(lambda: self.pane.video.image is not None, timeout=PATIENCE_MS)
        QApplication.processEvents()
        self.link.sent.clear()

    def is_red(self, x: float, y: float) -> bool:
        image = self.pane.video.grab().toImage()
        at = point_at(self.pane.inks["customer"], x, y) * image.devicePixelRatio()
        colour = image.pixelColor(round(at.x()), round(at.y()))
        return colour.red() - colour.green() > 100


@pytest.fixture(params=[AGENT, MIA], ids=["agent", "supervisor"])
def drawing(request: pytest.FixtureRequest, dressed: QtBot) -> Drawing:
    return Drawing(dressed, request.param)


def test_the_tools_draw_on_it(drawing: Drawing) -> None:
    drawing.desk.ink.choose(Tool.RECTANGLE)
    ink = drawing.pane.inks["customer"]
    drag(ink, (0.2, 0.3), (0.5, 0.5), (0.8, 0.7))
    (down,) = [each for each in drawing.link.sent if isinstance(each, commands.PenDown)]
    assert (down.surface, down.frame, down.tool) == ("customer", 7, Tool.RECTANGLE)
    assert ink.accessibleName() == "Drawing on the customer's screen"


def test_marks_are_painted_on_the_screen_they_belong_to(drawing: Drawing) -> None:
    drawing.desk.handle(mark("mark0001", Tool.RECTANGLE, LINE, surface="coach", frame=5, width=0.05))  # type: ignore[arg-type]
    assert not drawing.is_red(0.4, 0.5), "it is on a supervisor's"
    drawing.desk.handle(mark("mark0002", Tool.RECTANGLE, LINE, surface="customer", frame=7, width=0.05))  # type: ignore[arg-type]
    assert drawing.is_red(0.4, 0.5)
    drawing.desk.handle(events.Stage(epoch=0, colour="#2f7cf6", customers=8))
    assert not drawing.is_red(0.4, 0.5), "another target is shared"


def test_the_customer_is_said_to_see_what_is_drawn_there_for_all() -> None:
    public = mark(surface="customer", author="agent", name="Alex", audience=Audience.PUBLIC, seen_by=["Jana"])
    assert (tag(public, "Jana"), whose(public, "p-mia")) == ("Alex", "Alex. Seen by Jana")
    private = mark(surface="customer", author="p-mia", name="Mia", audience=Audience.COACHING)
    assert tag(private, "Jana") == "Mia · not shown to the customer"


def test_a_coachs_mark_there_can_be_shown_to_the_customer(dressed: QtBot) -> None:
    drawing = Drawing(dressed, AGENT)
    private = mark("mark0001", surface="customer", frame=7, author="p-mia", audience=Audience.COACHING)
    drawing.desk.handle(private)
    assert drawing.desk.ink.to_show == private
    drawing.desk.ink.show_to_customer()
    assert drawing.link.sent[-1] == commands.Show(mark="mark0001", on=True)
