"""The hub of ink: who gets which entries, what is refused, and what a new connection makes up for."""

from __future__ import annotations

import itertools
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from coachdesk.annotation import (
    AnyEdit,
    Audience,
    Begin,
    Board,
    Caption,
    End,
    Entry,
    Pin,
    Point,
    Remove,
    Show,
    Tool,
)
from coachdesk.inklog import MAX_GUEST_MARKS, MAX_OPEN, Refusal
from coachdesk.inkwire import Again, Anchor, Edits, Have, Laser, Message, Points, Replay, Turned, dump
from coachdesk.media.inkhub import InkHub
from coachdesk.media.inkline import EDITS_AT_ONCE, EDITS_PER_SECOND, LIVE_AT_ONCE
from signaling.policy import Mode
from signaling.protocol import CallView
from tests.fakes.inkchannels import FakeInk
from tests.fakes.views import AGENT, BEN, CUSTOMER, MIA, TOM, call_view, party

PARTIES = (CUSTOMER, MIA, BEN, TOM)
PATH = [Point(0.1, 0.2), Point(0.3, 0.4, 0.5, 400)]
NAMES = {AGENT: "agent", CUSTOMER: "customer"}


def begin(mark: str, tool: Tool = Tool.PEN, frame: int | None = 90_000) -> Begin:
    return Begin(mark=mark, tool=tool, colour="#2f7cf6", width=0.006, frame=frame)


def drawn(mark: str) -> list[AnyEdit]:
    return [begin(mark), End(mark=mark, path=PATH)]


class Far:
    """A party as its own endpoint sees it: what came in, and the board it adds up to."""

    def __init__(self, hub: InkHub, name: str) -> None:
        self.hub, self.name = hub, name
        self.log, self.seq = "", 0
        self.entries: list[Entry] = []
        self.connect()

    def connect(self) -> None:
        """A new connection in place of the one before."""
        self.ink = FakeInk()
        self.say(Have(log=self.log, seq=self.seq))
        self.read()

    def say(self, message: Message) -> None:
        peer: Any = SimpleNamespace(ink=self.ink)
        self.hub.received(self.name, peer, dump(message))

    def say_live(self, message: Message) -> None:
        self.hub.received_live(self.name, dump(message))

    def do(self, *edits: AnyEdit) -> None:
        self.say(Edits(edits=list(edits)))

    def read(self) -> None:
        self.hub.tick()
        for message in self.kept("log"):
            assert message["log"] == self.log or message["seq"] == 0
            if message["log"] != self.log:
                self.log, self.seq, self.entries = message["log"], 0, []
            if message["seq"] > self.seq:
                raise AssertionError("entries are missing")
            new = message["entries"][self.seq - message["seq"] :]
            self.entries += [msgspec.convert(each, Entry) for each in new]
            self.seq += len(new)

    def kept(self, kind: str) -> list[dict[str, Any]]:
        return [each for each in self.ink.sent if each["kind"] == kind]

    def live(self, kind: str) -> list[dict[str, Any]]:
        return [each for each in self.ink.sent_live if each["kind"] == kind]

    @property
    def board(self) -> Board:
        self.read()
        return Board(self.entries)

    @property
    def marks(self) -> set[str]:
        return {mark.mark for mark in self.board.marks()}

    @property
    def refused(self) -> list[str]:
        self.hub.tick()
        return [each["code"] for each in self.kept("refused")]


class Call:
    """Attributes:
    seen: what the agent is told.
    """

    def __init__(self, view: CallView | None = None) -> None:
        self.time = 1000.0
        self.hub = InkHub(clock=lambda: self.time)
        self.hub.apply(view or view_of())
        self.seen: list[Entry] = []
        self.hub.on_entry = self.seen.append
        self.far = {name: Far(self.hub, name) for name in PARTIES}

    def apply(self, view: CallView) -> None:
        self.hub.apply(view)

    def draw(self, author: str, mark: str) -> None:
        if author == AGENT:
            for edit in drawn(mark):
                self.hub.submit(edit)
        else:
            self.far[author].do(*drawn(mark))

    @property
    def agents_board(self) -> Board:
        return Board(self.seen)

    def who_has(self, mark: str) -> set[str]:
        having = {name for name, far in self.far.items() if mark in far.marks}
        return having | ({AGENT} if self.agents_board.mark(mark) else set())


def view_of(
    mia: Mode = Mode.LISTEN, ben: Mode = Mode.LISTEN, *, revision: int = 1, held: bool = False
) -> CallView:
    return call_view(party(MIA, mia), party(BEN, ben), party(TOM), revision=revision, held=held)


@pytest.fixture
def call() -> Call:
    return Call()


EVERYBODY = {AGENT, *PARTIES}
STAFF, LEARNERS = {AGENT, MIA, BEN}, {MIA, BEN, TOM}
MIAS = {
    Mode.LISTEN: STAFF,
    Mode.WHISPER: STAFF,
    Mode.BARGE: EVERYBODY,
    Mode.TAKEOVER: EVERYBODY,
    Mode.LANE: LEARNERS,
}


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
    return msgspec.json.encode([customer.sent, customer.sent_live]).replace(call.hub._id.encode(), b"LOG")


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
    call.hub.set_offset(MIA, 77)
    call.hub.tick()
    assert call.far[MIA].kept("stage")[-1] | {"colour": ""} == {
        "kind": "stage",
        "epoch": 1,
        "colour": "",
        "offset": 77,
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
        far.log, far.seq, far.entries = log, seq, []
        far.log = log if log == "another" else ""
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
    hub.set_offset(MIA, 5)
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


def test_what_somebody_was_drawing_goes_with_them(call: Call) -> None:
    call.far[MIA].do(begin("by-mia-01"))
    call.apply(call_view(party(BEN), party(TOM), revision=2))
    mark = call.far[BEN].board.mark("by-mia-01")
    assert mark is not None
    assert mark.removed


# --- hostile peers ---


HOSTILE = [
    b"",
    b"[]",
    b"{",
    b'{"kind":"edits","edits":[]}',
    b'{"kind":"edits","edits":[{"kind":"begin","mark":"short","tool":"pen","colour":"#000000","width":0.01}]}',
    b'{"kind":"edits","edits":[{"kind":"begin","mark":"mark-0001","tool":"pen","colour":"red","width":0.01}]}',
    b'{"kind":"edits","edits":[{"kind":"begin","mark":"mark-0001","tool":"pen","colour":"#000000","width":9}]}',
    b'{"kind":"edits","edits":[{"kind":"begin","mark":"mark-0001","tool":"laser","colour":"#000000","width":0.01}]}',
    b'{"kind":"edits","edits":[{"kind":"begin","mark":"mark-0001","tool":"pen","colour":"#000000","width":0.01,"author":"agent"}]}',
    b'{"kind":"edits","edits":[{"kind":"end","mark":"mark-0001","path":[[NaN,0]]}]}',
    b'{"kind":"edits","edits":[{"kind":"end","mark":"mark-0001","path":[[1e999,0]]}]}',
    b'{"kind":"edits","edits":[{"kind":"end","mark":"mark-0001","path":[[1.001,0]]}]}',
    b'{"kind":"edits","edits":[{"kind":"end","mark":"mark-0001","path":[[0,0,0,-1]]}]}',
    b'{"kind":"edits","edits":[{"kind":"end","mark":"mark-0001","path":[[0,0,0,0,0]]}]}',
    b'{"kind":"edits","edits":[{"kind":"end","mark":"mark-0001","path":[' + b"[0,0]," * 400 + b"[0,0]]}]}",
    b'{"kind":"edits","edits":[{"kind":"caption","mark":"mark-0001","text":"' + b"a" * 201 + b'"}]}',
    b'{"kind":"log","log":"","seq":0,"now":0,"entries":[]}',
    b'{"kind":"have","log":"","seq":-1}',
    b'{"kind":"have","log":"\xff"}',
    b"[" * 5000,
    b'{"kind":"have","log":"' + b"a" * 60_000 + b'"}',
]


@pytest.mark.parametrize("data", HOSTILE, ids=range(len(HOSTILE)))
def test_what_is_no_message_is_refused_and_counted(call: Call, data: bytes) -> None:
    peer: Any = SimpleNamespace(ink=FakeInk())
    call.hub.received(CUSTOMER, peer, data)
    call.hub.received_live(CUSTOMER, data)
    assert call.hub.refused == {"malformed": 2}
    assert not call.hub.marks()
    call.draw(CUSTOMER, "by-customer")
    assert call.who_has("by-customer") == EVERYBODY


def test_nobody_changes_or_takes_over_anothers_mark(call: Call) -> None:
    call.draw(AGENT, "by-agent-1")
    forged = [begin("by-agent-1"), End(mark="by-agent-1", path=PATH), Caption(mark="by-agent-1", text="x")]
    call.far[CUSTOMER].do(*forged, Remove("by-agent-1"), Show(mark="by-agent-1", on=False))
    assert call.far[CUSTOMER].refused == ["not_allowed"] * 5
    (mark,) = call.far[MIA].board.marks()
    assert (mark.author, mark.text, mark.removed) == ("agent", "", False)
    assert call.hub.refused == {"not_allowed": 5}


def test_a_path_that_its_tool_cannot_have_is_refused(call: Call) -> None:
    far = call.far[CUSTOMER]
    backwards = [Point(0, 0, 0.5, 9), Point(1, 1, 0.5, 8)]
    far.do(begin("circle-01", Tool.CIRCLE), End(mark="circle-01", path=PATH[:1]))
    far.do(begin("pen-00001"), End(mark="pen-00001", path=backwards))
    assert far.refused == ["bad_shape", "bad_shape"]


def test_one_party_draws_so_many_marks_at_once_and_no_more(call: Call) -> None:
    far = call.far[MIA]
    far.do(*(begin(f"open-{number:03}") for number in range(MAX_OPEN + 1)))
    assert far.refused == ["too_many"]
    far.do(End(mark="open-000", path=PATH), begin("open-more"))
    assert far.refused == ["too_many"]


def test_the_customer_cannot_use_up_the_board(call: Call) -> None:
    for number in range(MAX_GUEST_MARKS + 1):
        call.time += 1
        call.draw(CUSTOMER, f"mark-{number:04}")
    assert call.far[CUSTOMER].refused == ["too_many", "not_allowed"]
    call.draw(AGENT, "by-agent-1")
    assert "by-agent-1" in call.far[CUSTOMER].marks


def test_a_flood_is_not_heard_until_it_is_over(call: Call) -> None:
    far = call.far[CUSTOMER]
    far.do(*drawn("by-customer"))
    for _ in range(10):
        far.do(*(Pin(mark="by-customer", on=number % 2 == 0) for number in range(200)))
    assert "too_fast" in far.refused
    assert len(call.hub._log.history("by-customer")) <= EDITS_AT_ONCE
    call.draw(MIA, "by-mia-01")
    assert call.far[BEN].marks == {"by-customer", "by-mia-01"}
    call.time += 10 / EDITS_PER_SECOND
    far.do(Remove("by-customer"))
    assert call.far[BEN].board.mark("by-customer").removed  # type: ignore[union-attr]


def test_a_flood_of_gestures_is_cut_short(call: Call) -> None:
    far = call.far[CUSTOMER]
    far.do(begin("by-customer"))
    for _ in range(500):
        far.say_live(Points(mark="by-customer", first=0, points=PATH))
    assert len(call.far[MIA].live("points")) == LIVE_AT_ONCE
    assert call.hub.refused["too_fast"] == 500 - LIVE_AT_ONCE


def test_large_messages_are_not_even_read_beyond_a_pace(call: Call) -> None:
    peer: Any = SimpleNamespace(ink=FakeInk())
    for _ in range(100):
        call.hub.received(CUSTOMER, peer, b"x" * 40_000)
    assert call.hub.refused["too_fast"] >= 80


def test_somebody_who_is_not_on_the_call_is_nobody(call: Call) -> None:
    peer: Any = SimpleNamespace(ink=FakeInk())
    call.hub.received("stranger", peer, dump(Have()))
    call.hub.received("stranger", peer, dump(Edits(edits=drawn("by-nobody"))))
    call.hub.received_live("stranger", dump(Points(mark="by-nobody", first=0, points=PATH)))
    assert not peer.ink.sent
    assert not call.hub.marks()


def test_the_agents_own_fault_is_told_to_them(call: Call) -> None:
    with pytest.raises(Refusal) as refusal:
        call.hub.submit(End(mark="no-such-mark", path=PATH))
    assert refusal.value.code == "not_allowed"


# --- whatever happens ---


class Ink(RuleBasedStateMachine):
    """Everybody draws while modes change, holds begin and end, connections break; all of it is compared with the rules."""

    def __init__(self) -> None:
        super().__init__()
        self.call = Call()
        self.modes, self.held, self.revision, self.count = {MIA: Mode.LISTEN, BEN: Mode.LISTEN}, False, 1, 0
        self.for_customer: set[str] = set()

    def _apply(self) -> None:
        self.revision += 1
        self.call.apply(view_of(self.modes[MIA], self.modes[BEN], revision=self.revision, held=self.held))

    @rule(who=st.sampled_from([MIA, BEN]), mode=st.sampled_from(list(Mode)))
    def change(self, who: str, mode: Mode) -> None:
        self.modes[who] = mode
        self._apply()

    @rule(held=st.booleans())
    def hold(self, held: bool) -> None:
        self.held = held
        self._apply()

    @rule(author=st.sampled_from(sorted(EVERYBODY)))
    def draw(self, author: str) -> None:
        self.count += 1
        self.call.time += 1
        mark = f"mark-{self.count:04}"
        self.call.draw(author, mark)
        public = {MIA, BEN} & {who for who, mode in self.modes.items() if mode in (Mode.BARGE, Mode.TAKEOVER)}
        public |= {CUSTOMER} if Mode.TAKEOVER in self.modes.values() else {CUSTOMER, AGENT}
        if author in public and not self.held:
            self.for_customer.add(mark)

    @precondition(lambda self: self.count)
    @rule(data=st.data(), on=st.booleans())
    def show(self, data: st.DataObject, on: bool) -> None:
        mark = f"mark-{data.draw(st.integers(1, self.count)):04}"
        try:
            self.call.hub.submit(Show(mark=mark, on=on))
        except Refusal:
            return
        (self.for_customer.add if on else self.for_customer.discard)(mark)

    @rule(who=st.sampled_from(PARTIES), blind=st.booleans())
    def reconnect(self, who: str, blind: bool) -> None:
        if blind:
            self.call.far[who].log, self.call.far[who].seq, self.call.far[who].entries = "", 0, []
        self.call.far[who].connect()

    @invariant()
    def the_customer_sees_what_is_for_them(self) -> None:
        board = self.call.far[CUSTOMER].board
        shown = {mark.mark for mark in board.marks() if mark.audience is Audience.PUBLIC}
        assert shown <= self.for_customer
        if not self.held:
            assert shown == {mark for mark in self.for_customer if mark in self._alive}

    @property
    def _alive(self) -> set[str]:
        return {mark.mark for mark in self.call.hub.marks()}

    @invariant()
    def what_two_know_of_a_mark_is_the_same(self) -> None:
        everything = {mark.mark: mark for mark in self.call.hub.marks()}
        for far in (self.call.far[MIA], self.call.far[BEN]):
            for mark in far.board.marks():
                known = everything[mark.mark]
                assert mark == msgspec.structs.replace(known, author=NAMES.get(known.author, known.author))


Ink.TestCase.settings = settings(
    max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestInk = Ink.TestCase
