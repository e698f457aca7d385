"""What the pen sends and who sees it, without windows."""

from __future__ import annotations

from itertools import product

import pytest

from coachdesk import commands, events
from coachdesk.annotation import Audience, SurfaceName, Tool
from coachdesk.inkroutes import audience, who_sees
from coachdesk.routing import Member
from coachdesk.ui.ink_wording import length, seen, tag, whose
from coachdesk.ui.presenters.ink import InkPresenter
from coachdesk.ui.presenters.ink_pen import HOLD
from coachdesk.ui.presenters.ink_scene import FLIGHT
from coachdesk.ui.presenters.notices import Notices
from signaling.policy import Mode, Role
from signaling.protocol import EndReason, PartyView
from tests.ui.ink_samples import FRAME, STEP, Clock, mark, moved, places, poses
from tests.ui.samples import AGENT, CUSTOMER, MIA, OTTO, SAM, FakeLink, call, ready, with_mode

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


@pytest.mark.parametrize(
    ("who", "mode", "may"),
    [
        (AGENT, Mode.LISTEN, True),
        (AGENT, Mode.TAKEOVER, False),
        (MIA, Mode.BARGE, False),
        (MIA, Mode.TAKEOVER, True),
        (SAM, Mode.TAKEOVER, False),
    ],
)
def test_who_talks_with_the_customer_freezes_the_picture(who: PartyView, mode: Mode, may: bool) -> None:
    desk = Desk(who, with_mode(MIA, mode), SAM)
    desk.ink.freeze()
    desk.ink.handle(events.Frozen(on=True, frame=FRAME))
    desk.ink.freeze()
    assert desk.link.sent == ([commands.Freeze(on=True), commands.Freeze(on=False)] if may else [])
    desk.ink.handle(events.Call(call=call(with_mode(MIA, mode), SAM, held=True)))
    assert not desk.ink.may_freeze


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


@pytest.mark.parametrize(("surface", "shown"), [("camera", False), ("screen", False), ("screen", True)])
@pytest.mark.parametrize(("who", "mode", "held"), CASTS)
def test_what_is_said_of_who_sees_is_what_the_hub_will_do(
    who: PartyView, mode: Mode, held: bool, surface: SurfaceName, shown: bool
) -> None:
    parties = [with_mode(MIA, mode) if who is MIA else MIA, OTTO, SAM]
    view = call(*parties, held=held)
    members = [Member(p.party, p.role, p.mode) for p in view.parties]
    author = next(each for each in members if each.party == who.party)
    drawn_for = audience(author, members, held=held)
    seers = who_sees(members, who.party, drawn_for, surface, held=held, shown=shown)
    said = seen(view, who.party, mode, surface, shown=shown)
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
