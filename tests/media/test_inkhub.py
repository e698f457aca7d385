"""The hub of ink: who gets which entries, and what a new connection makes up for."""

from __future__ import annotations

import itertools

import msgspec
import pytest

from coachdesk.annotation import (
    Audience,
    Begin,
    Caption,
    End,
    Pin,
    Point,
    Remove,
    Show,
)
from coachdesk.inkwire import Again, Anchor, Have, Laser, Points, Replay, Turned
from coachdesk.media.ink.inkhub import InkHub
from signaling.policy import Mode
from signaling.protocol import CallView
from tests.fakes.inkchannels import FakeInk
from tests.fakes.inkhubcall import (
    EVERYBODY,
    LEARNERS,
    MIAS,
    NAMES,
    PARTIES,
    PATH,
    STAFF,
    Call,
    Far,
    begin,
    drawn,
    view_of,
)
from tests.fakes.views import AGENT, BEN, CUSTOMER, MIA, TOM, call_view, party


@pytest.fixture
def call() -> Call:
    return Call()


# --- who sees what ---


@pytest.mark.parametrize("mode", list(Mode))
def test_each_mark_reaches_those_who_may_see_it_and_nobody_else(call: Call, mode: Mode) -> None:
    call.apply(view_of(mode, revision=2))
    for author in EVERYBODY:
        call.draw(author, f"mark-by-{author}")
    taken_over = mode is Mode.TAKEOVER
    assert call.who_has(f"mark-by-{AGENT}") == (STAFF if taken_over else EVERYBODY)
    assert call.who_has(f"mark-by-{CUSTOMER}") == EVERYBODY
    assert call.who_has(f"mark-by-{MIA}") == MIAS[mode]
    assert call.who_has(f"mark-by-{BEN}") == STAFF
    assert call.who_has(f"mark-by-{TOM}") == LEARNERS


@pytest.mark.parametrize("modes", list(itertools.permutations(Mode, 2)), ids="-".join)
def test_a_mark_is_for_those_it_was_drawn_for_whatever_comes_later(
    call: Call, modes: tuple[Mode, Mode]
) -> None:
    before, after = modes
    call.apply(view_of(before, revision=2))
    call.far[MIA].do(begin("while-open"))
    call.draw(MIA, "before-it")
    call.apply(view_of(after, revision=3))
    call.far[MIA].do(End(mark="while-open", path=PATH), Caption(mark="before-it", text="more"))
    for mark in ("before-it", "while-open"):
        assert call.who_has(mark) == MIAS[before]


def test_private_ink_never_is_in_anything_sent_to_the_customer(call: Call) -> None:
    for author in (MIA, TOM):
        far = call.far[author]
        far.do(*drawn(f"secret-{author}"), Caption(mark=f"secret-{author}", text="secret-words"))
        far.do(begin(f"secret-open-{author}"))
        far.say_live(Points(mark=f"secret-open-{author}", first=0, points=PATH))
        far.say_live(Laser(stroke=1, colour="#123456", width=0.01, points=PATH))
    marks = [mark.mark for mark in call.hub.marks()]
    call.hub.send_poses(90_000, 0, [Anchor(marks=[mark], state="lost") for mark in marks])
    call.hub.again()
    call.far[CUSTOMER].say(Again())
    call.far[CUSTOMER].connect()
    said = str(call.far[CUSTOMER].ink.sent + call.far[CUSTOMER].ink.sent_live)
    assert "secret" not in said
    assert "#123456" not in said
    assert not call.far[CUSTOMER].live("laser")


def told_to_customer(view: CallView, later: CallView, authors: tuple[str, ...]) -> bytes:
    """Everything the customer is sent on a call on which ``authors`` draw, one a second."""
    call = Call(view)
    for author in (CUSTOMER, MIA, AGENT, TOM, AGENT):
        if author in authors:
            call.draw(author, f"mark-by-{author}-{call.time:.0f}")
        marks = [Anchor(marks=[each.mark], state="lost") for each in call.hub.marks()]
        call.hub.send_poses(90_000, 0, marks)
        call.time += 1
        call.hub.tick()
    call.hub.again()
    call.apply(later)
    call.hub.tick()
    customer = call.far[CUSTOMER].ink
    told = msgspec.json.encode([customer.sent, customer.sent_live])
    return told.replace(call.far[CUSTOMER].log.encode(), b"LOG")


def test_the_customer_is_told_the_same_whether_or_not_somebody_listens_and_draws() -> None:
    """Byte for byte: gaps in the log, or a replay that begins late, would tell."""
    alone = told_to_customer(call_view(), call_view(revision=2), (CUSTOMER, AGENT))
    observed = told_to_customer(view_of(), view_of(Mode.WHISPER, revision=2), (CUSTOMER, MIA, AGENT, TOM))
    assert b"replay" in alone
    assert observed == alone


def test_showing_a_mark_tells_the_customer_all_of_it_and_nothing_of_its_author(call: Call) -> None:
    call.draw(MIA, "by-mia-01")
    call.far[MIA].do(Caption(mark="by-mia-01", text="this"))
    call.hub.submit(Show(mark="by-mia-01", on=True))
    (mark,) = call.far[CUSTOMER].board.marks()
    assert (mark.author, mark.text, list(mark.path), mark.audience) == (
        "agent",
        "this",
        PATH,
        Audience.PUBLIC,
    )
    assert MIA not in {entry.author for entry in call.far[CUSTOMER].entries}
    assert "coaching" not in str(call.far[CUSTOMER].ink.sent)


def test_a_mark_shown_and_taken_back_is_not_followed_any_more(call: Call) -> None:
    call.draw(MIA, "by-mia-01")
    call.hub.submit(Show(mark="by-mia-01", on=True))
    call.hub.submit(Show(mark="by-mia-01", on=False))
    call.far[MIA].do(Caption(mark="by-mia-01", text="secret"))
    (mark,) = call.far[CUSTOMER].board.marks()
    assert mark.audience is Audience.COACHING, "so it is not to be drawn"
    assert mark.text == ""
    call.hub.submit(Show(mark="by-mia-01", on=True))
    (mark,) = call.far[CUSTOMER].board.marks()
    assert (mark.audience, mark.text) == (Audience.PUBLIC, "secret")


def test_a_mark_for_learners_shown_and_taken_back_is_known_to_be_gone_by_all_who_saw_it(call: Call) -> None:
    call.apply(view_of(Mode.LANE, revision=2))
    call.draw(MIA, "by-mia-01")
    call.apply(view_of(Mode.BARGE, revision=3))
    call.far[MIA].do(Show(mark="by-mia-01", on=True))
    assert call.who_has("by-mia-01") == EVERYBODY
    call.far[MIA].do(Show(mark="by-mia-01", on=False), Caption(mark="by-mia-01", text="secret"))
    for viewer in (AGENT, CUSTOMER):
        (mark,) = (call.agents_board if viewer == AGENT else call.far[viewer].board).marks()
        assert mark.audience is not Audience.PUBLIC, viewer
        assert mark.text == "", viewer
    call.far[MIA].do(Show(mark="by-mia-01", on=True))
    (mark,) = call.agents_board.marks()
    assert (mark.audience, mark.text) == (Audience.PUBLIC, "secret")


def test_on_hold_nothing_goes_either_way_and_afterwards_it_is_made_up_for(call: Call) -> None:
    call.draw(AGENT, "before-it")
    call.draw(AGENT, "before-as-well")
    call.apply(view_of(held=True, revision=2))
    call.draw(AGENT, "meanwhile")
    call.hub.submit(Caption(mark="before-it", text="new"))
    call.hub.submit(Remove("before-as-well"))
    call.draw(CUSTOMER, "by-customer")
    assert call.far[CUSTOMER].refused == ["not_allowed", "not_allowed"]
    board = call.far[CUSTOMER].board
    assert {mark.mark: (mark.text, mark.removed) for mark in board.marks()} == {
        "before-it": ("", False),
        "before-as-well": ("", True),
    }, "what is taken away goes at once"
    call.apply(view_of(revision=3))
    assert {mark.mark: mark.text for mark in call.far[CUSTOMER].board.marks()} == {
        "before-it": "new",
        "before-as-well": "",
    }, "and what was drawn for others stays with them"


def test_names_are_the_hubs_word(call: Call) -> None:
    for author in EVERYBODY:
        call.draw(author, f"mark-by-{author}")
    for viewer in (MIA, BEN):
        authors = {mark.mark: mark.author for mark in call.far[viewer].board.marks()}
        assert authors == {f"mark-by-{author}": NAMES.get(author, author) for author in EVERYBODY}
    assert {mark.author for mark in call.far[CUSTOMER].board.marks()} == {"agent", "customer"}


# --- gestures, the pointer, poses, replay ---


def test_a_gesture_is_passed_on_while_it_is_drawn_to_those_who_see_it(call: Call) -> None:
    points: list[Points] = []
    call.hub.on_points = points.append
    call.far[MIA].do(begin("by-mia-01"))
    more = Points(mark="by-mia-01", first=0, points=PATH)
    call.far[MIA].say_live(more)
    assert points == [more]
    assert {name for name in PARTIES if call.far[name].live("points")} == {BEN}
    call.far[MIA].do(End(mark="by-mia-01", path=PATH))
    call.far[MIA].say_live(more)
    assert points == [more], "a mark that is drawn does not grow"


def test_nobody_draws_on_with_anothers_pen(call: Call) -> None:
    call.hub.submit(begin("by-agent-1"))
    call.far[CUSTOMER].say_live(Points(mark="by-agent-1", first=0, points=PATH))
    call.far[CUSTOMER].say_live(Points(mark="nobodys-1", first=0, points=PATH))
    assert not call.far[MIA].live("points")
    assert call.hub.refused == {"not_allowed": 2}


def test_the_pointer_is_seen_by_those_its_owner_speaks_to_under_the_name_the_hub_knows(call: Call) -> None:
    trail = Laser(stroke=1, colour="#2f7cf6", width=0.01, points=PATH, author="agent")
    call.far[MIA].say_live(trail)
    assert [each["author"] for each in call.far[BEN].live("laser")] == [MIA]
    assert not call.far[TOM].live("laser")
    call.hub.point(trail)
    assert [each["author"] for each in call.far[CUSTOMER].live("laser")] == ["agent"]


def test_poses_go_to_each_for_the_marks_they_see(call: Call) -> None:
    for author in EVERYBODY:
        call.draw(author, f"mark-by-{author}")
    anchors = [Anchor(marks=[f"mark-by-{author}"], state="lost") for author in sorted(EVERYBODY)]
    call.hub.send_poses(90_000, 3, anchors)
    for name in PARTIES:
        told = [
            mark
            for each in call.far[name].live("poses")
            for anchor in each["anchors"]
            for mark in anchor["marks"]
        ]
        assert set(told) == call.far[name].marks
        assert {(each["frame"], each["epoch"]) for each in call.far[name].live("poses")} == {(90_000, 3)}


def test_the_agent_shows_the_last_gestures_again_to_all_and_others_to_themselves(call: Call) -> None:
    told: list[Replay] = []
    call.hub.on_replay = told.append
    for author in (AGENT, MIA, CUSTOMER):
        call.draw(author, f"mark-by-{author}")
        call.time += 0.6
    assert call.hub.again()
    call.hub.tick()
    assert [each.mark for each in told[0].gestures] == [f"mark-by-{AGENT}", f"mark-by-{MIA}"]
    assert [each.start for each in told[0].gestures] == [0, 600]
    assert [each["gestures"] for each in call.far[CUSTOMER].kept("replay")] == [
        [{"mark": f"mark-by-{AGENT}", "start": 0}]
    ]
    call.far[CUSTOMER].say(Again())
    call.hub.tick()
    assert len(call.far[CUSTOMER].kept("replay")) == 2
    assert (len(told), len(call.far[BEN].kept("replay"))) == (1, 1)


def test_without_gestures_there_is_nothing_to_show_again(call: Call) -> None:
    assert not call.hub.again()


def test_the_customer_alone_turns_the_picture(call: Call) -> None:
    call.far[MIA].say(Turned())
    assert call.hub.epoch == 0
    call.far[CUSTOMER].say(Turned())
    call.hub.lines.set_offset(MIA, 77)
    call.hub.tick()
    assert call.far[MIA].kept("stage")[-1] | {"colour": ""} == {
        "kind": "stage",
        "epoch": 1,
        "colour": "",
        "offset": 77,
        "frozen": None,
        "stills": False,
    }


def test_who_cannot_know_the_frame_draws_on_the_newest(call: Call) -> None:
    call.hub.newest_frame = lambda: 4711
    call.hub.turn()
    call.far[CUSTOMER].do(begin("by-customer", frame=None))
    (mark,) = call.hub.marks()
    assert (mark.frame, mark.epoch) == (4711, 1)


# --- connections ---


def test_a_new_connection_is_sent_the_rest_of_the_log_and_no_more(call: Call) -> None:
    call.draw(AGENT, "first-mark")
    far = call.far[CUSTOMER]
    assert far.marks == {"first-mark"}
    far.ink.room = 0
    call.draw(AGENT, "second-mark")
    assert far.marks == {"first-mark"}
    far.connect()
    assert far.marks == {"first-mark", "second-mark"}
    assert [len(each["entries"]) for each in far.kept("log")] == [2]


def test_who_has_another_log_or_more_than_there_is_begins_anew(call: Call) -> None:
    call.draw(AGENT, "first-mark")
    far = call.far[CUSTOMER]
    for log, seq in (("another", 1), (far.log, 99)):
        far.log, far.seq = log, seq
        far.connect()
        assert far.marks == {"first-mark"}


def test_what_was_sent_again_over_a_new_connection_is_done_once(call: Call) -> None:
    far = call.far[MIA]
    far.do(*drawn("by-mia-01"))
    far.connect()
    far.do(*drawn("by-mia-01"), Remove("by-mia-01"), Remove("by-mia-01"))
    far.read()
    assert [type(entry.edit) for entry in far.entries] == [Begin, End, Remove]
    assert far.refused == []


def test_a_long_log_comes_in_messages_that_are_small_enough_as_there_is_room(call: Call) -> None:
    long = [Point(place / 400, place / 401, 0.5, place) for place in range(400)]
    for number in range(30):
        call.hub.submit(begin(f"mark-{number:04}"))
        call.hub.submit(End(mark=f"mark-{number:04}", path=long))
    far = call.far[CUSTOMER]
    far.log = ""
    far.ink = FakeInk()
    far.ink.room = 3
    far.say(Have())
    assert len(far.ink.sent) == 3
    far.ink.room = 1000
    assert len(far.marks) == 30
    assert max(len(msgspec.json.encode(each)) for each in far.ink.sent) <= 48 * 1024


def test_before_a_party_has_said_what_it_has_it_is_sent_nothing() -> None:
    hub = InkHub()
    hub.apply(view_of())
    for edit in drawn("by-agent-1"):
        hub.submit(edit)
    hub.send_poses(1, 0, [Anchor(marks=["by-agent-1"], state="lost")])
    hub.lines.set_offset(MIA, 5)
    hub.tick()
    far = Far(hub, MIA)
    assert [each["kind"] for each in far.ink.sent] == ["stage", "log"]
    assert not far.ink.sent_live


def test_one_who_comes_later_learns_of_what_is_still_there_and_of_what_comes_back(call: Call) -> None:
    call.draw(AGENT, "long-gone")
    call.hub.submit(Remove("long-gone"))
    call.draw(AGENT, "faded-too")
    call.time += 200
    call.draw(AGENT, "still-here")
    call.apply(call_view(party(MIA), party(TOM), revision=2))
    call.apply(view_of(revision=3))
    ben = call.far[BEN] = Far(call.hub, BEN)
    assert ben.marks == {"still-here"}
    call.hub.submit(Pin(mark="faded-too", on=True))
    assert ben.marks == {"still-here", "faded-too"}
    assert {mark.mark for mark in ben.board.visible(call.hub.now)} == {"still-here", "faded-too"}


def test_one_who_leaves_and_comes_back_with_what_they_had_begins_anew(call: Call) -> None:
    """What they are told now may be less, and in another order."""
    call.draw(AGENT, "long-gone")
    call.draw(AGENT, "still-here")
    far = call.far[BEN]
    assert far.marks == {"long-gone", "still-here"}
    call.hub.submit(Remove("long-gone"))
    call.hub.submit(Pin(mark="still-here", on=True))
    call.time += 200
    call.apply(call_view(party(MIA), party(TOM), revision=2))
    call.apply(view_of(revision=3))
    call.draw(AGENT, "new-mark")
    far.connect()
    assert far.marks == {"still-here", "new-mark"}


def test_what_somebody_was_drawing_goes_with_them(call: Call) -> None:
    call.far[MIA].do(begin("by-mia-01"))
    call.apply(call_view(party(BEN), party(TOM), revision=2))
    mark = call.far[BEN].board.mark("by-mia-01")
    assert mark is not None
    assert mark.removed
