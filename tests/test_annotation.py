"""Boards: what entries add up to, in whatever order they come."""

from __future__ import annotations

import random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coachdesk.annotation import (
    MAX_MARKS,
    AnyEdit,
    Audience,
    Begin,
    Board,
    Caption,
    End,
    Entry,
    Mark,
    Pin,
    Point,
    Remove,
    Reshape,
    Restore,
    Show,
    Tool,
)

MARK = "mark-0001"
PATH = [Point(0.1, 0.2), Point(0.3, 0.4, 0.9, 40)]


def begin(mark: str = MARK, tool: Tool = Tool.PEN) -> Begin:
    return Begin(mark=mark, tool=tool, colour="#2f7cf6", width=0.006, fade=10)


def log(*edits: AnyEdit, audience: Audience = Audience.PUBLIC) -> list[Entry]:
    """One entry a second."""
    return [
        Entry(
            n=n,
            at=float(n),
            author="agent",
            edit=edit,
            audience=audience if isinstance(edit, Begin) else None,
        )
        for n, edit in enumerate(edits, 1)
    ]


def only(board: Board) -> Mark:
    (mark,) = board.marks()
    return mark


def test_a_mark_counts_from_its_begin_and_has_its_path_from_its_end() -> None:
    board = Board(log(begin()))
    assert (only(board).ended, only(board).path) == (False, ())
    board.apply(log(begin(), End(mark=MARK, path=PATH, text="here", number=3))[1])
    mark = only(board)
    assert (mark.ended, list(mark.path), mark.text, mark.number) == (True, PATH, "here", 3)


def test_undo_redo_pin_caption_and_shape_are_each_the_last_word() -> None:
    arrow = Reshape(mark=MARK, tool=Tool.ARROW, path=PATH[:1] * 2)
    board = Board(
        log(begin(), End(mark=MARK, path=PATH), arrow, Remove(MARK), Caption(mark=MARK, text="that"))
    )
    mark = only(board)
    assert (mark.tool, mark.text, mark.removed) == (Tool.ARROW, "that", True)
    board.apply(Entry(n=9, at=9.0, author="agent", edit=Restore(MARK)))
    board.apply(Entry(n=10, at=10.0, author="agent", edit=Reshape(mark=MARK, tool=Tool.PEN, path=PATH)))
    assert (only(board).removed, only(board).tool) == (False, Tool.PEN)


def test_a_mark_fades_after_its_time_unless_it_is_pinned() -> None:
    drawn = log(begin(), End(mark=MARK, path=PATH), Pin(mark=MARK, on=True), Pin(mark=MARK, on=False))
    assert only(Board(drawn[:1])).fades_at is None, "it is still being drawn"
    assert only(Board(drawn[:2])).fades_at == 12.0
    assert only(Board(drawn[:3])).fades_at is None
    last = Board(drawn)
    assert only(last).fades_at == 14.0
    assert (last.visible(13.9), last.visible(14.0)) == ([only(last)], [])
    assert [only(last).opacity(at) for at in (4.0, 13.7, 14.0)] == [1.0, pytest.approx(0.5), 0.0]


@pytest.mark.parametrize(
    ("drawn_for", "shown", "audience"),
    [
        (Audience.COACHING, True, Audience.PUBLIC),
        (Audience.LEARNING, True, Audience.PUBLIC),
        (Audience.LEARNING, False, Audience.LEARNING),
        (Audience.PUBLIC, False, Audience.COACHING),
    ],
)
def test_showing_decides_whether_the_customer_sees_it(
    drawn_for: Audience, shown: bool, audience: Audience
) -> None:
    board = Board(log(begin(), Show(mark=MARK, on=shown), audience=drawn_for))
    assert only(board).audience is audience


def test_a_begin_without_an_audience_is_private() -> None:
    assert only(Board([Entry(n=1, at=0.0, author="x", edit=begin())])).audience is Audience.COACHING


def test_a_board_has_its_limit() -> None:
    board = Board(log(*(begin(f"mark-{number:05}") for number in range(MAX_MARKS + 5))))
    assert len(board.marks()) == MAX_MARKS
    assert board.apply(Entry(n=9999, at=1.0, author="agent", edit=Remove("mark-00001")))


MARKS = st.sampled_from(["mark-aaaa", "mark-bbbb", "mark-cccc"])
UNIT = st.floats(0, 1)
PATHS = st.lists(st.builds(Point, UNIT, UNIT, UNIT, st.integers(0, 999)), min_size=1, max_size=3)
EDITS = st.one_of(
    st.builds(begin, MARKS, st.sampled_from(Tool)),
    st.builds(
        lambda mark, path, number: End(mark=mark, path=path, number=number), MARKS, PATHS, st.integers(0, 9)
    ),
    st.builds(
        lambda mark, path, tool: Reshape(mark=mark, path=path, tool=tool), MARKS, PATHS, st.sampled_from(Tool)
    ),
    st.builds(lambda mark, text: Caption(mark=mark, text=text), MARKS, st.text(max_size=3)),
    st.builds(Remove, MARKS),
    st.builds(Restore, MARKS),
    st.builds(lambda mark, on: Pin(mark=mark, on=on), MARKS, st.booleans()),
    st.builds(lambda mark, on: Show(mark=mark, on=on), MARKS, st.booleans()),
)


@st.composite
def shuffled(draw: st.DrawFn) -> tuple[list[Entry], list[Entry]]:
    """A log, and the same entries in another order, some of them twice."""
    entries = log(*draw(st.lists(EDITS, min_size=2, max_size=12)))
    again = draw(st.lists(st.sampled_from(entries), max_size=3))
    return entries, draw(st.permutations(entries + again))


@settings(max_examples=200, deadline=None)
@given(shuffled())
def test_any_log_adds_up_to_one_board_in_any_order(logs: tuple[list[Entry], list[Entry]]) -> None:
    in_order, otherwise = logs
    assert Board(in_order).marks() == Board(otherwise).marks()


def some_edit(chance: random.Random) -> AnyEdit:
    mark, on = chance.choice(("mark-aaaa", "mark-bbbb", "mark-cccc")), chance.random() < 0.5
    path = [Point(chance.random(), chance.random()) for _ in range(chance.randint(1, 2))]
    edits: list[AnyEdit] = [
        begin(mark, chance.choice(list(Tool))),
        End(mark=mark, path=path, number=chance.randint(0, 9)),
        Reshape(mark=mark, path=path, tool=chance.choice(list(Tool))),
        Caption(mark=mark, text=chance.choice("abc")),
        *(Remove(mark), Restore(mark), Pin(mark=mark, on=on), Show(mark=mark, on=on)),
    ]
    return chance.choice(edits)


def test_ten_thousand_random_logs_each_add_up_to_one_board() -> None:
    chance = random.Random(4)
    for _ in range(10_000):
        entries = log(*(some_edit(chance) for _ in range(chance.randint(2, 10))))
        otherwise = [*entries, *chance.choices(entries, k=2)]
        chance.shuffle(otherwise)
        assert Board(entries).marks() == Board(otherwise).marks(), entries


@settings(max_examples=100, deadline=None)
@given(shuffled())
def test_a_log_that_was_written_down_is_the_same_log(logs: tuple[list[Entry], list[Entry]]) -> None:
    entries, _ = logs
    assert msgspec.json.decode(msgspec.json.encode(entries), type=list[Entry]) == entries


def test_what_is_known_or_overtaken_changes_nothing() -> None:
    entries = log(begin(), Caption(mark=MARK, text="a"), Caption(mark=MARK, text="b"))
    board = Board(entries)
    assert [board.apply(entry) for entry in entries] == [False] * 3
