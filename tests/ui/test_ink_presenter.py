"""Drawing without windows: what is seen where, what the pen sends, who sees it."""

from __future__ import annotations

from itertools import product

import msgspec
import numpy as np
import pytest

from coachdesk import commands, events
from coachdesk.annotation import FADING_SECONDS, Audience, Point, Tool
from coachdesk.inkroutes import audience, who_sees
from coachdesk.inkwire import Gesture
from coachdesk.media.framering import SharedPicture
from coachdesk.routing import Member
from coachdesk.ui.ink_wording import length, seen, tag, whose
from coachdesk.ui.inkshape import IDENTITY, between, corners, mapped, scale_at, to_screen
from coachdesk.ui.presenters.ink import InkPresenter
from coachdesk.ui.presenters.ink_frames import PATIENCE, PictureQueue, PoseBook
from coachdesk.ui.presenters.ink_pen import HOLD
from coachdesk.ui.presenters.ink_scene import FLIGHT, POINTER_LINGERS, InkScene
from coachdesk.ui.presenters.notices import Notices
from signaling.policy import Mode, Role
from signaling.protocol import EndReason, PartyView
from tests.ui.ink_samples import FRAME, STEP, Clock, mark, moved, poses
from tests.ui.samples import AGENT, CUSTOMER, MIA, OTTO, SAM, FakeLink, call, ready, with_mode

# --- lines --------------------------------------------------------------------------------------------------


def test_a_picture_is_mapped_to_where_it_is_shown() -> None:
    assert mapped(to_screen(100, 50, 640, 360), [(0, 0), (1, 1), (0.5, 0.25)]) == [
        (100, 50),
        (740, 410),
        (420, 140),
    ]


def test_what_is_behind_the_viewer_is_not_mapped() -> None:
    view = np.array([[1.0, 0, 0], [0, 1, 0], [0, -2, 1]])
    assert mapped(view, [(0.5, 0.2)]) is not None
    assert mapped(view, [(0.5, 0.2), (0.5, 0.8)]) is None


def test_a_line_is_as_broad_as_the_picture_is_near() -> None:
    twice = np.diag([2.0, 2.0, 1.0])
    screen = to_screen(0, 0, 640, 360)
    assert scale_at(screen, (0.3, 0.3), 360) == pytest.approx(1)
    assert scale_at(screen @ twice, (0.3, 0.3), 360) == pytest.approx(2)
    assert scale_at(screen @ np.diag([50.0, 50.0, 1.0]), (0.3, 0.3), 360) == 3


def test_a_circle_lies_within_its_corners() -> None:
    rim = np.array(corners(Tool.CIRCLE, [Point(0.2, 0.4), Point(0.6, 0.5)]))
    assert rim.min(axis=0) == pytest.approx([0.2, 0.4])
    assert rim.max(axis=0) == pytest.approx([0.6, 0.5])


def test_a_flight_begins_where_the_mark_was_drawn_and_ends_in_its_place() -> None:
    there = np.array(moved(0.2, 0.1)).reshape(3, 3)
    assert between(IDENTITY, there, 0.0) == pytest.approx(IDENTITY)
    assert between(IDENTITY, 2 * there, 1.0) == pytest.approx(there)


# --- pictures and poses -------------------------------------------------------------------------------------


def picture(frame: int) -> SharedPicture:
    return SharedPicture(np.zeros((2, 2, 4), np.uint8), 1, 0.0, frame)


def test_a_picture_waits_for_its_poses_and_no_longer_than_it_may() -> None:
    clock, posed = Clock(), set[int]()
    queue = PictureQueue(lambda frame: frame in posed, clock)
    queue.put(picture(1))
    assert queue.next() is None
    posed.add(1)
    shown = queue.next()
    assert shown is not None
    assert shown.frame == 1
    queue.put(picture(2))
    clock.now += PATIENCE
    late = queue.next()
    assert late is not None
    assert late.frame == 2


def test_the_newest_picture_with_poses_is_shown_and_those_before_it_never() -> None:
    clock = Clock()
    queue = PictureQueue(lambda frame: frame == 2, clock)
    for frame in (1, 2, 3):
        queue.put(picture(frame))
    shown = queue.next()
    assert shown is not None
    assert shown.frame == 2
    assert queue.next() is None
    clock.now += PATIENCE
    shown = queue.next()
    assert shown is not None
    assert shown.frame == 3
    assert queue.next() is None


def test_poses_of_one_frame_come_in_several_messages_and_old_frames_go() -> None:
    book = PoseBook()
    book.put(poses(1, mark0001=moved(0, 0)), 0.0)
    book.put(poses(1, mark0002="lost"), 0.0)
    assert set(book.at(1) or {}) == {"mark0001", "mark0002"}
    for frame in range(2, 200):
        book.put(poses(frame), 0.0)
    assert book.at(1) is None


def test_pictures_wait_only_while_there_are_marks_and_somebody_tells_where_they_are() -> None:
    scene = InkScene()
    assert scene.posed(FRAME, 0.0)
    scene.put(mark())
    assert scene.posed(FRAME, 0.0)  # nobody has told of poses yet
    scene.place(poses(FRAME, mark0001=moved(0, 0)), 0.0)
    assert not scene.posed(FRAME + STEP, 0.1)
    assert scene.posed(FRAME + STEP, 5.0)  # they have ceased
    scene.put(mark(state="faded"))
    assert scene.posed(FRAME + STEP, 0.1)


# --- where marks are ----------------------------------------------------------------------------------------


def places(scene: InkScene, frame: int, now: float = 0.0) -> dict[str, float]:
    """How far to the right each mark is."""
    return {each.mark.mark: float(each.h[0, 2]) for each in scene.placed(frame, now)}


def test_a_mark_is_drawn_with_the_pose_of_the_very_picture_or_not_at_all() -> None:
    scene = InkScene()
    scene.put(mark())
    scene.place(poses(FRAME + STEP, mark0001=moved(0.1, 0)), 0.0)
    scene.place(poses(FRAME + 2 * STEP, mark0001=moved(0.2, 0)), 0.0)
    scene.place(poses(FRAME + 3 * STEP, mark0001="hidden"), 0.0)
    assert places(scene, FRAME) == {"mark0001": 0.0}  # the very picture it was drawn on
    assert places(scene, FRAME + STEP) == {"mark0001": 0.1}
    assert places(scene, FRAME + 2 * STEP) == {"mark0001": 0.2}
    assert places(scene, FRAME + 3 * STEP) == {}
    assert places(scene, FRAME + 4 * STEP) == {}


@pytest.mark.parametrize("state", ["lost", "off_screen"])
def test_what_is_not_in_the_picture_is_told_elsewhere(state: str) -> None:
    scene = InkScene()
    scene.put(mark())
    scene.place(poses(FRAME + STEP, mark0001=state), 0.0)
    assert places(scene, FRAME + STEP) == {}
    assert [(each.mark.mark, each.state) for each in scene.elsewhere(FRAME + STEP)] == [("mark0001", state)]


def test_a_mark_pales_at_the_end_of_its_time_and_is_gone_when_removed() -> None:
    scene = InkScene()
    scene.put(mark(fades_at=10.0))
    assert [each.opacity for each in scene.placed(FRAME, 10.0 - FADING_SECONDS / 2)] == [pytest.approx(0.5)]
    assert scene.tick(10.0 - FADING_SECONDS / 2)
    scene.put(mark(state="removed"))
    assert places(scene, FRAME) == {}


def test_anothers_gesture_grows_whatever_is_lost_of_it() -> None:
    scene = InkScene()
    scene.put(msgspec.structs.replace(mark(tool=Tool.PEN, state="drawing"), path=[]))
    line = [Point(0.1 * n, 0.5, 0.5, n) for n in range(8)]
    scene.grow(events.MarkPoints(mark="mark0001", first=0, points=line[:3]))
    scene.grow(events.MarkPoints(mark="mark0001", first=2, points=line[2:6]))
    scene.grow(events.MarkPoints(mark="mark0001", first=0, points=line[:3]))  # late
    assert list(scene.placed(FRAME, 0.0)[0].mark.path) == line[:6]
    scene.grow(events.MarkPoints(mark="mark0001", first=7, points=line[7:]))  # one packet is missing
    assert list(scene.placed(FRAME, 0.0)[0].mark.path) == [*line[:6], line[7]]


def test_a_pointers_trail_goes_by_itself() -> None:
    scene = InkScene()
    laser = events.Laser(
        author="p-mia", stroke=1, colour="#e5484d", width=0.01, frame=None, points=[Point(0.5, 0.5)]
    )
    scene.point(laser, 10.0)
    assert len(scene.trails(10.1)) == 1
    assert scene.trails(10.0 + POINTER_LINGERS) == []
    assert not scene.tick(11.0)


def test_shown_again_marks_are_drawn_at_their_own_pace_also_if_they_have_faded() -> None:
    scene = InkScene()
    line = [(0.1, 0.1, 0.5, 0), (0.2, 0.1, 0.5, 200), (0.3, 0.1, 0.5, 400)]
    scene.put(mark("mark0001", Tool.PEN, line, state="faded"))
    scene.put(mark("mark0002", Tool.PEN, line))
    scene.replay(events.ReplayInk(gestures=[Gesture("mark0001", 0), Gesture("mark0002", 500)]), 10.0)
    lengths = [[len(each.mark.path) for each in scene.replayed(FRAME, 10.0 + t)] for t in (0.05, 0.25, 0.75)]
    assert lengths == [[1, 0], [2, 0], [3, 2]]
    assert scene.placed(FRAME, 10.1)[0].opacity < 1  # it stands back
    assert scene.tick(11.0)
    assert not scene.tick(13.0)
    assert scene.replayed(FRAME, 13.0) == []


# --- the pen ------------------------------------------------------------------------------------------------


class Desk:
    """An agent's, on a call."""

    def __init__(self, who: PartyView = AGENT, *others: PartyView) -> None:
        self.clock = Clock()
        self.link = FakeLink()
        self.notices = Notices()
        self.ink = InkPresenter(self.link, self.notices, self.clock)
        self.ink.handle(ready(who))
        self.ink.handle(events.Call(call=call(*others)))
        self.ink.handle(events.Stage(epoch=0, colour="#2f7cf6"))
        self.link.sent.clear()

    @property
    def sent(self) -> list[str]:
        return [type(command).__name__ for command in self.link.sent]

    def draw(self, *path: tuple[float, float], frame: int = FRAME) -> str:
        """A whole gesture; the mark's id."""
        self.ink.pen.down(*path[0], 0.5, frame)
        for n, point in enumerate(path[1:]):
            self.clock.now += 0.016
            self.ink.pen.move(*point)
            if n % 2:
                self.ink.pen.flush()
        down = self.link.last(commands.PenDown)
        assert isinstance(down, commands.PenDown)
        self.ink.pen.up()
        return down.mark


def test_signing_in_asks_for_poses() -> None:
    desk = Desk()
    desk.ink.handle(ready(AGENT))
    assert desk.link.sent == [commands.Poses(on=True)]


def test_a_gesture_is_told_with_the_frame_it_is_drawn_on_and_every_point_once() -> None:
    desk = Desk()
    path = [(0.1, 0.1), (0.2, 0.15), (0.3, 0.3), (0.45, 0.3)]
    desk.draw(*path)
    down, *moves, up = desk.link.sent
    assert isinstance(down, commands.PenDown)
    assert (down.tool, down.frame, down.colour) == (Tool.PEN, FRAME, "#2f7cf6")
    points = [point for move in moves if isinstance(move, commands.PenMove) for point in move.points]
    assert [point[:2] for point in points] == path
    assert [point.ms for point in points] == [0, 16, 32, 48]
    assert up == commands.PenUp(mark=down.mark)


def test_the_picture_stands_still_from_pen_down_until_the_marks_place_is_known() -> None:
    desk = Desk()
    desk.ink.pen.down(0.1, 0.1, 0.5, FRAME)
    assert desk.ink.pen.still == FRAME
    desk.ink.pen.move(0.4, 0.4)
    desk.ink.pen.up()
    desk.ink.pen.tick()
    assert desk.ink.pen.still == FRAME
    [drawn] = desk.ink.pen.just_drawn
    desk.ink.handle(mark(drawn, Tool.PEN, [(0.1, 0.1), (0.4, 0.4)]))
    desk.ink.handle(poses(FRAME + STEP, **{drawn: moved(0.1, 0)}))
    assert desk.ink.pen.tick()
    assert desk.ink.pen.still is None
    flying = places(desk.ink.scene, FRAME + STEP, desk.clock.now + FLIGHT / 3)[drawn]
    assert 0 < flying < 0.1
    assert places(desk.ink.scene, FRAME + STEP, desk.clock.now + FLIGHT)[drawn] == pytest.approx(0.1)


def test_the_picture_is_live_again_soon_whether_or_not_anybody_answers() -> None:
    desk = Desk()
    desk.draw((0.1, 0.1), (0.4, 0.4))
    desk.clock.now += HOLD
    desk.ink.pen.tick()
    assert desk.ink.pen.still is None
    assert desk.ink.pen.just_drawn == {}


def test_the_next_stroke_goes_on_the_same_still_picture() -> None:
    desk = Desk()
    desk.draw((0.1, 0.1), (0.4, 0.4))
    desk.draw((0.5, 0.1), (0.5, 0.4), frame=FRAME)
    frames = [command.frame for command in desk.link.sent if isinstance(command, commands.PenDown)]
    assert frames == [FRAME, FRAME]
    desk.ink.pen.down(0.3, 0.3, 0.5, FRAME)
    desk.clock.now += 10 * HOLD
    desk.ink.pen.tick()
    assert desk.ink.pen.still == FRAME


def test_marks_of_others_stay_in_their_place_on_a_picture_that_stands_still_for_long() -> None:
    desk = Desk()
    desk.ink.handle(mark("mark0009", frame=FRAME - STEP))
    desk.ink.handle(poses(FRAME, mark0009=moved(0.3, 0)))
    desk.ink.pen.down(0.1, 0.1, 0.5, FRAME)
    for n in range(1, 200):
        desk.ink.handle(poses(FRAME + n * STEP, mark0009=moved(0.5, 0)))
    assert places(desk.ink.scene, FRAME) == {"mark0009": 0.3}


def test_an_arrow_drawn_by_hand_is_one_at_once() -> None:
    desk = Desk()
    shaft = [(0.2 + 0.02 * n, 0.5) for n in range(16)]
    desk.draw(*shaft, (0.46, 0.46), (0.5, 0.5), (0.46, 0.54))
    [hand] = desk.ink.pen.just_drawn.values()
    assert (hand.tool, [point[:2] for point in hand.path]) == (Tool.ARROW, [(0.2, 0.5), (0.5, 0.5)])
    up = desk.link.last(commands.PenUp)
    assert isinstance(up, commands.PenUp)
    assert up.complete


def test_points_outside_of_the_picture_lie_on_its_edge() -> None:
    desk = Desk()
    desk.draw((0.5, 0.5), (1.4, -0.3))
    move = desk.link.last(commands.PenMove)
    assert isinstance(move, commands.PenMove)
    assert move.points[-1][:2] == (1.0, 0.0)


def test_numbers_count_up_from_what_is_on_the_picture() -> None:
    desk = Desk()
    desk.ink.handle(mark(tool=Tool.STAMP, path=[(0.5, 0.5)], number=4))
    desk.ink.choose(Tool.STAMP)
    desk.draw((0.2, 0.2))
    desk.draw((0.3, 0.2))
    numbers = [command.number for command in desk.link.sent if isinstance(command, commands.PenUp)]
    assert numbers == [5, 6]


@pytest.mark.parametrize("tool", [Tool.ARROW, Tool.CIRCLE, Tool.RECTANGLE, Tool.MEASURE])
def test_a_mere_click_draws_nothing_that_needs_two_ends(tool: Tool) -> None:
    desk = Desk()
    desk.ink.choose(tool)
    desk.draw((0.2, 0.2))
    assert desk.ink.pen.hand is None
    assert desk.sent[-2:] == ["PenUp", "Undo"]


def test_a_thing_of_known_size_takes_four_touches_and_then_lengths_are_known() -> None:
    desk = Desk()
    desk.ink.choose(Tool.REFERENCE)
    for x, y in ((0.2, 0.2), (0.4, 0.2), (0.4, 0.44), (0.2, 0.44)):
        assert desk.ink.pen.hand is None or not desk.ink.pen.hand.whole
        desk.ink.pen.down(x, y, 0.5, FRAME)
        desk.ink.pen.move(x + 0.05, y)
        desk.ink.pen.up()
    up = desk.link.last(commands.PenUp)
    assert isinstance(up, commands.PenUp)
    assert up.text == "card"
    card = mark("card0001", Tool.REFERENCE, [(0.2, 0.2), (0.4, 0.2), (0.4, 0.44), (0.2, 0.44)], text="card")
    desk.ink.handle(card)
    desk.ink.choose(Tool.MEASURE)
    desk.draw((0.2, 0.3), (0.6, 0.3))
    up = desk.link.last(commands.PenUp)
    assert isinstance(up, commands.PenUp)
    assert up.text == "17.1 cm"


def test_a_length_without_a_known_one_says_what_to_do() -> None:
    desk = Desk()
    desk.ink.choose(Tool.MEASURE)
    desk.draw((0.2, 0.3), (0.6, 0.3))
    assert [notice.title for notice in desk.notices.shown] == ["Nothing of known size is in view"]


def test_words_are_typed_after_the_touch_or_given_up() -> None:
    desk = Desk()
    desk.ink.choose(Tool.TEXT)
    desk.draw((0.2, 0.3))
    assert desk.sent == ["PenDown", "PenMove"]
    desk.ink.pen.say("  this one ")
    up = desk.link.last(commands.PenUp)
    assert isinstance(up, commands.PenUp)
    assert up.text == "this one"
    desk.draw((0.2, 0.5))
    desk.ink.pen.say(" ")
    assert desk.sent[-2:] == ["PenUp", "Undo"]
    assert desk.ink.pen.hand is None


def test_the_pointer_is_kept_nowhere_and_nothing_stands_still() -> None:
    desk = Desk()
    desk.ink.choose("laser")
    for _ in range(2):
        desk.ink.pen.down(0.2, 0.2, 0.5, FRAME)
        desk.ink.pen.move(0.3, 0.2)
        desk.ink.pen.up()
    sent = [command for command in desk.link.sent if isinstance(command, commands.Laser)]
    assert [(each.stroke, len(each.points)) for each in sent] == [(1, 2), (2, 2)]
    assert desk.ink.pen.still is None
    assert desk.ink.scene.marks == {}


def test_a_refused_mark_is_not_shown_as_if_it_were_there() -> None:
    desk = Desk()
    desk.draw((0.2, 0.2), (0.3, 0.3))
    desk.link.refuse("ink_refused", "There are too many marks.")
    assert desk.ink.pen.just_drawn == {}
    assert [notice.text for notice in desk.notices.shown] == ["There are too many marks."]


def test_undo_gives_up_what_is_in_the_hand_first() -> None:
    desk = Desk()
    desk.ink.pen.down(0.2, 0.2, 0.5, FRAME)
    desk.ink.undo()
    assert desk.sent == ["PenDown", "PenUp", "Undo"]
    desk.ink.undo()
    desk.link.refuse("nothing_to_undo")
    assert desk.notices.shown == []


def test_a_tool_is_put_away_by_its_own_key() -> None:
    desk = Desk()
    desk.ink.choose(Tool.PEN)
    assert desk.ink.pen.tool is None
    assert not desk.ink.pen.down(0.2, 0.2, 0.5, FRAME)
    assert desk.link.sent == []


@pytest.mark.parametrize(
    "over", [events.Ended(call="c-1", reason=EndReason.HUNG_UP), events.MarksGone(), None], ids=str
)
def test_nothing_is_left_when_the_call_or_the_endpoint_is_gone(over: events.AnyEvent | None) -> None:
    desk = Desk()
    desk.ink.handle(mark())
    desk.ink.pen.down(0.2, 0.2, 0.5, FRAME)
    if over is None:
        desk.ink.endpoint_crashed()
    else:
        desk.ink.handle(over)
    assert (desk.ink.scene.marks, desk.ink.pen.hand, desk.ink.pen.still) == ({}, None, None)


# --- who sees it --------------------------------------------------------------------------------------------


def test_an_agent_shows_the_customer_the_private_mark_under_the_pointer_or_the_newest() -> None:
    desk = Desk(AGENT, MIA)
    assert desk.ink.to_show is None
    for name in ("mark0001", "mark0002"):
        desk.ink.handle(mark(name, author="p-mia", name="Mia", audience=Audience.COACHING))
    desk.ink.handle(mark("mark0003"))
    desk.ink.show_to_customer()
    assert desk.link.sent[-1] == commands.Show(mark="mark0002", on=True)
    desk.ink.hover("mark0001")
    desk.ink.show_to_customer()
    assert desk.link.sent[-1] == commands.Show(mark="mark0001", on=True)


def test_a_coach_shows_own_marks_and_only_while_the_customer_hears_them() -> None:
    desk = Desk(MIA, MIA)
    desk.ink.handle(mark("mark0001", author="p-mia", audience=Audience.COACHING))
    desk.ink.handle(mark("mark0002", author="p-otto", audience=Audience.COACHING))
    assert desk.ink.to_show is None
    desk.ink.handle(events.ModeChanged(mode=Mode.BARGE, in_force=True))
    assert desk.ink.to_show is not None
    assert desk.ink.to_show.mark == "mark0001"


def test_pinning_is_about_the_newest_mark_that_is_ones_own_to_pin() -> None:
    desk = Desk(SAM, SAM)
    desk.ink.handle(mark("mark0001", author="p-sam", audience=Audience.LEARNING))
    desk.ink.handle(mark("mark0002"))
    desk.ink.pin()
    assert desk.link.sent[-1] == commands.Pin(mark="mark0001", on=True)


CASTS = [
    (who, mode, held)
    for who, mode, held in product((AGENT, MIA, SAM), Mode, (False, True))
    if who is MIA or mode is Mode.LISTEN
]


@pytest.mark.parametrize(("who", "mode", "held"), CASTS)
def test_what_is_said_of_who_sees_is_what_the_hub_will_do(who: PartyView, mode: Mode, held: bool) -> None:
    parties = [with_mode(MIA, mode) if who is MIA else MIA, OTTO, SAM]
    view = call(*parties, held=held)
    members = [Member(p.party, p.role, p.mode) for p in view.parties]
    author = next(each for each in members if each.party == who.party)
    seers = who_sees(members, who.party, audience(author, members, held=held), held=held)
    said = seen(view, who.party, mode)
    public = any(each.role is Role.CUSTOMER for each in seers)
    assert (said.kind == "everyone") is public
    assert ("customer" in said.title) is public
    for party in view.parties:
        if party.role is not Role.CUSTOMER and party.party != who.party:
            assert (party.name in said.title) is (party.party in {each.party for each in seers}), said.title


def test_on_doubt_about_the_own_mode_the_customer_is_said_to_see_it() -> None:
    desk = Desk(MIA, MIA)
    said = desk.ink.seen
    assert said is not None
    assert said.kind == "private"
    desk.ink.handle(events.Call(call=call(with_mode(MIA, Mode.BARGE, in_force=False))))
    said = desk.ink.seen
    assert said is not None
    assert said.kind == "everyone"


def test_marks_say_whose_they_are_and_who_sees_them() -> None:
    private = mark(author="p-mia", name="Mia", audience=Audience.COACHING, seen_by=["Otto", "Alex"])
    assert tag(private, CUSTOMER.name) == "Mia · not shown to the customer"
    assert whose(private, "agent") == "Mia. Seen by Otto and Alex. Not the customer"
    assert whose(private, "p-mia") == "Yours. Seen by Otto and Alex. Not the customer"
    assert tag(mark(author="customer", name="Jana Novak"), CUSTOMER.name) == "Jana Novak"


def test_lengths_are_told_in_what_they_are_read_in() -> None:
    assert [length(mm) for mm in (8.2, 99.4, 123.4, 1236)] == ["8 mm", "99 mm", "12.3 cm", "1.24 m"]


# --- the surface --------------------------------------------------------------------------------------------


def test_the_agent_asks_one_question_at_a_time_about_a_place() -> None:
    desk = Desk()
    for _ in range(3):
        desk.ink.ask_surface(0.5, 0.5, FRAME)
    assert desk.sent == ["Surface"]
    desk.ink.handle(events.Surface(surface="plain"))
    desk.link.answer()
    assert desk.ink.surface == "plain"
    desk.ink.ask_surface(0.6, 0.5, FRAME)
    desk.link.refuse("no_picture")
    assert desk.ink.surface == ""


def test_a_coach_does_not_ask_what_only_the_agents_endpoint_knows() -> None:
    desk = Desk(MIA, MIA)
    desk.ink.ask_surface(0.5, 0.5, FRAME)
    assert desk.link.sent == []
