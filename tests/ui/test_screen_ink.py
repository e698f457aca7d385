"""Drawing on the screen that the agent shares, in an observer's window: with the same tools, on its own picture."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from coachdesk import commands, events
from coachdesk.annotation import Audience, Point, Tool
from coachdesk.inkwire import Anchor
from coachdesk.ui.ink_wording import tag, whose
from coachdesk.ui.presenters.ink_screen import ScreenInkPresenter
from coachdesk.ui.views.screen_pane import ScreenPane
from signaling.policy import Mode
from signaling.protocol import PartyView
from tests.ui.ink_samples import Reel, drag, mark, point_at
from tests.ui.samples import AGENT, MIA, call, make_desk, with_mode
from tests.ui.shown import PATIENCE_MS, Shown

GREY = np.full((180, 320, 4), 128, np.uint8)
SHARED = events.Stage(epoch=0, colour="#2f7cf6", shared=3)


class Drawing(Shown):
    """A supervisor's window that shows the agent's screen, while there is no camera."""

    def __init__(self, qtbot: QtBot) -> None:
        super().__init__(qtbot, MIA)
        self.pane: ScreenPane = self.call.screen_pane
        self.pane.video._open = lambda _: Reel(GREY, 0)
        for event in (
            events.Call(call=call(MIA)),
            SHARED,
            events.Screen(party="agent", state="on"),
            events.Frames(party="agent", name="screen", screen=True),
        ):
            self.desk.handle(event)
        qtbot.waitUntil(lambda: self.pane.video.image is not None, timeout=PATIENCE_MS)
        QApplication.processEvents()
        self.link.sent.clear()

    def sent(self, kind: type[commands.Command]) -> list[commands.Command]:
        return [command for command in self.link.sent if isinstance(command, kind)]

    def is_red(self, x: float, y: float) -> bool:
        image = self.pane.video.grab().toImage()
        at = point_at(self.pane.inks["agent"], x, y) * image.devicePixelRatio()
        colour = image.pixelColor(round(at.x()), round(at.y()))
        return colour.red() - colour.green() > 100


@pytest.fixture
def drawing(dressed: QtBot) -> Drawing:
    return Drawing(dressed)


def test_the_tools_are_there_without_a_camera_and_draw_on_the_screen(drawing: Drawing) -> None:
    assert drawing.call.tools.isVisible()
    drawing._qtbot.keyClick(drawing.window, Qt.Key.Key_R, Qt.KeyboardModifier.ShiftModifier)
    drag(drawing.pane.inks["agent"], (0.2, 0.3), (0.5, 0.5), (0.8, 0.7))
    (down,) = drawing.sent(commands.PenDown)
    assert isinstance(down, commands.PenDown)
    assert (down.surface, down.frame, down.tool) == ("screen", 3, Tool.RECTANGLE)
    assert drawing.sent(commands.PenUp)
    assert not drawing.pane.video._still, "it does not stand still meanwhile"


def test_marks_are_painted_on_the_picture_they_belong_to(drawing: Drawing) -> None:
    path = [(0.4, 0.4), (0.6, 0.6)]
    drawing.desk.handle(mark("mark0001", Tool.RECTANGLE, path, surface="screen", frame=3, width=0.05))  # type: ignore[arg-type]
    assert drawing.is_red(0.4, 0.5)
    assert drawing.desk.ink.scene.marks == {}
    drawing.desk.handle(mark("mark0002", Tool.RECTANGLE, path))  # type: ignore[arg-type]
    assert set(drawing.desk.screen_inks["agent"].scene.marks) == {"mark0001"}
    drawing.desk.handle(events.Stage(epoch=0, colour="#2f7cf6", shared=4))
    assert not drawing.is_red(0.4, 0.5), "another target is shared"


def moved(frame: int, down: float | None, mark: str = "mark0001") -> events.Poses:
    """Where ``mark`` is said to be in the picture of ``frame``; None: not there."""
    h = None if down is None else (1.0, 0.0, 0.0, 0.0, 1.0, down, 0.0, 0.0, 1.0)
    anchor = Anchor(marks=[mark], state="hidden" if h is None else "tracked", h=h)
    return events.Poses(frame=frame, epoch=0, anchors=[anchor], surface="screen")


def test_a_mark_is_where_it_is_told_to_be_in_each_picture_and_nowhere_in_one_of_which_nothing_is_told(
    drawing: Drawing,
) -> None:
    scene = drawing.desk.screen_inks["agent"].scene

    def at(frame: int) -> list[float]:
        return [float(each.h[1, 2]) for each in scene.placed(frame, 0.0)]

    drawing.desk.handle(mark("mark0001", Tool.RECTANGLE, [(0.4, 0.4), (0.6, 0.6)], surface="screen", frame=3))  # type: ignore[arg-type]
    assert (at(700), at(701)) == ([0.0], [0.0]), "as it was drawn, until more is known"
    drawing.desk.handle(moved(700, 0.0))
    drawing.desk.handle(moved(702, -0.25))
    drawing.desk.handle(moved(703, None))
    assert [at(frame) for frame in (700, 701, 702, 703)] == [[0.0], [], [-0.25], []]
    assert drawing.desk.ink.scene.poses.at(702) is None, "it is not the customer's picture"
    drawing.desk.handle(events.Stage(epoch=0, colour="#2f7cf6", shared=4))
    assert at(702) == []


def test_marks_are_painted_where_they_have_gone(drawing: Drawing) -> None:
    drawing.desk.handle(
        mark("mark0001", Tool.RECTANGLE, [(0.4, 0.4), (0.6, 0.6)], surface="screen", frame=3, width=0.05)
    )  # type: ignore[arg-type]
    assert drawing.is_red(0.4, 0.5)
    drawing.desk.handle(moved(0, 0.25))
    assert drawing.is_red(0.4, 0.75)
    assert not drawing.is_red(0.4, 0.5)


def test_a_line_that_grows_and_a_pointer_are_seen_on_the_screen_alone(drawing: Drawing) -> None:
    drawing.desk.handle(mark(state="drawing", path=None, surface="screen", frame=3))  # type: ignore[arg-type]
    drawing.desk.handle(events.MarkPoints(mark="mark0001", first=0, points=[Point(0.1, 0.1)]))
    laser = events.Laser(
        author="agent",
        stroke=1,
        colour="#e5484d",
        width=0.05,
        frame=3,
        points=[Point(0.7, 0.5)],
        surface="screen",
    )
    drawing.desk.handle(laser)
    camera, screen = drawing.desk.ink.scene, drawing.desk.screen_inks["agent"].scene
    assert (set(screen._growing), set(screen.pointers)) == ({"mark0001"}, {"agent"})
    assert (camera._growing, camera.pointers) == ({}, {})


def test_another_target_ends_the_gesture_in_hand(drawing: Drawing) -> None:
    drag(
        drawing.pane.inks["agent"], (0.2, 0.3), (0.8, 0.7),
        between=lambda: drawing.desk.handle(events.Stage(epoch=0, colour="#2f7cf6", shared=4)),
    )  # fmt: skip
    assert drawing.sent(commands.Undo), "what was drawn of it is taken back"
    assert drawing.desk.screen_inks["agent"].pen.hand is None


def test_undo_while_drawing_on_the_screen_gives_the_gesture_up(drawing: Drawing) -> None:
    drag(drawing.pane.inks["agent"], (0.2, 0.3), (0.8, 0.7), between=drawing.desk.ink.undo)
    assert drawing.desk.screen_inks["agent"].pen.hand is None
    assert len(drawing.sent(commands.Undo)) == 1


def test_a_mark_on_the_screen_can_be_pinned_but_not_shown_to_the_customer() -> None:
    desk, link = make_desk(AGENT)
    desk.handle(events.Call(call=call(MIA)))
    desk.handle(mark("mark0001", surface="screen", frame=3, audience=Audience.COACHING, author="p-mia"))
    assert desk.ink.to_show is None
    desk.ink.pin()
    assert link.sent[-1] == commands.Pin(mark="mark0001", on=True)


def test_who_sees_it_is_said_without_the_customer(drawing: Drawing) -> None:
    seen = drawing.desk.screen_inks["agent"].seen
    assert seen is not None
    assert seen.kind == "private"
    public = mark(surface="screen", author="p-mia", name="Mia", seen_by=["Otto"])
    assert tag(public, "Jana") == "Mia"
    assert whose(public, "agent") == "Mia. Seen by Otto. Not the customer"


@pytest.mark.parametrize("who", [AGENT, MIA])
def test_while_the_customer_is_shown_the_screen_it_is_said_who_sees_what_there(who: PartyView) -> None:
    desk, _ = make_desk(who)
    desk.handle(events.Call(call=call(with_mode(MIA, Mode.WHISPER))))
    for shown, stage in (
        (False, SHARED),
        (True, msgspec.structs.replace(SHARED, customer=True)),
        (False, SHARED),
    ):
        desk.handle(stage)
        seen = desk.screen_inks["agent"].seen
        assert seen is not None
        assert ("customer" in seen.title) is (shown and who is AGENT)
        assert desk.screen_inks["agent"].shown_to_customer is shown
    private = mark(surface="screen", author="p-mia", name="Mia", audience=Audience.COACHING)
    assert tag(private, "Jana", shown=True) == "Mia · not shown to the customer"
    public = mark(surface="screen", author="p-mia", name="Mia", seen_by=["Jana"])
    assert tag(public, "Jana", shown=True) == "Mia"
    assert whose(public, "agent", shown=True) == "Mia. Seen by Jana"


def test_where_it_is_on_the_desktop_is_known_until_the_share_or_the_call_ends() -> None:
    desk, _ = make_desk(AGENT)
    ink: ScreenInkPresenter = desk.screen_inks["agent"]
    desk.handle(events.Call(call=call(MIA)))
    for over in (events.SharePlace(frame=0), events.Ended(call="c-1", reason="hung_up")):  # type: ignore[arg-type]
        desk.handle(events.SharePlace(frame=3))
        assert ink.place == events.SharePlace(frame=3)
        desk.handle(over)
        assert ink.place is None


# --- the pointer ---


def pointed(drawing: Drawing) -> list[commands.Laser]:
    return [command for command in drawing.link.sent if isinstance(command, commands.Laser)]


def test_a_pointer_follows_the_hand_over_the_screen_and_rests_there(drawing: Drawing) -> None:
    ink, now = drawing.desk.screen_inks["agent"], [100.0]
    ink.clock = ink.pen._clock = lambda: now[0]
    drawing.desk.ink.choose("laser")
    drawing.pane.inks["agent"]._hover(point_at(drawing.pane.inks["agent"], 0.25, 0.5))
    ink.pen.flush()
    (first,) = pointed(drawing)
    assert (first.surface, first.sign) == ("screen", "")
    assert first.points[-1][:2] == pytest.approx((0.25, 0.5), abs=0.01)
    ink.pen.hover(0.5, 0.5)
    ink.pen.flush()
    assert len(pointed(drawing)) == 1, "sixty times a second at most"
    now[0] += 0.02
    ink.pen.flush()
    assert len(pointed(drawing)) == 2
    now[0] += 0.25
    ink.pen.flush()
    assert pointed(drawing)[-1].points[-1][:2] == (0.5, 0.5), "it is told again while it rests"
    ink.pen.leave()
    now[0] += 1
    ink.pen.flush()
    assert len(pointed(drawing)) == 3


def test_a_press_is_a_click_and_a_long_one_asks_to_look_there(drawing: Drawing) -> None:
    ink, now = drawing.desk.screen_inks["agent"], [100.0]
    ink.clock = ink.pen._clock = lambda: now[0]
    drawing.desk.ink.choose("laser")
    ink.pen.down(0.5, 0.5, 0.5, 3)
    now[0] += 0.5
    ink.pen.flush()
    ink.pen.up()
    now[0] += 0.5
    ink.pen.hover(0.6, 0.5)
    ink.pen.flush()
    assert [each.sign for each in pointed(drawing)] == ["click", "spotlight", ""]


def test_on_the_customers_picture_nothing_follows_the_hand(drawing: Drawing) -> None:
    pen = drawing.desk.ink.pen
    drawing.desk.ink.choose("laser")
    pen.hover(0.5, 0.5)
    pen.flush()
    assert pointed(drawing) == []


def test_a_pointer_bears_the_name_of_its_owner(drawing: Drawing) -> None:
    ink = drawing.desk.screen_inks["agent"]
    assert ink.call is not None
    agent = next(each for each in ink.call.parties if each.party == ink.call.agent)
    assert (ink.pointed_by("agent"), ink.pointed_by(ink.own), ink.pointed_by("coach")) == (
        agent.name,
        "",
        "Coach",
    )
    assert drawing.desk.ink.pointed_by("agent") == ""
