"""Ink after the agent's program has ended in a call and was started again: the same log, for everybody who was there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from coachdesk.annotation import Audience, Begin, End, Remove, Restore, Show, Tool
from coachdesk.media.ink.inkrecord import InkRecord
from signaling.policy import Mode
from signaling.protocol import CallView
from tests.fakes.inkhubcall import EVERYBODY, PARTIES, PATH, STAFF, Call, Far, begin, view_of
from tests.fakes.views import AGENT, BEN, CUSTOMER, MIA, TOM, call_view, party


class Programs:
    """The agent's program, again and again.

    Attributes:
        time: of this machine's clock.
    """

    def __init__(self, records: Path) -> None:
        self.records = records
        self.time = 0.0
        self._record: InkRecord | None = None

    def start(self, before: Call | None = None, view: CallView | None = None) -> Call:
        """After that of ``before`` has ended; nobody has connected again."""
        self.end()
        self._record = InkRecord(self.records, "call-1", clock=lambda: self.time)
        return Call(view, record=self._record, far=before.far if before is not None else None)

    def end(self) -> None:
        if self._record is not None:
            self._record.close(remove=False)


@pytest.fixture
def programs(tmp_path: Path) -> Iterator[Programs]:
    programs = Programs(tmp_path)
    yield programs
    programs.end()


def connect(call: Call, *parties: str) -> None:
    for name in parties or PARTIES:
        call.far[name].connect()


def drawn_by_all(programs: Programs, *authors: str) -> Call:
    """By all whose ink the agent sees."""
    call = programs.start()
    for author in (AGENT, CUSTOMER, MIA, *authors):
        call.draw(author, f"mark_by_{author}")
    for far in call.far.values():
        far.read()
    return call


def test_everybody_goes_on_with_what_they_have(programs: Programs) -> None:
    call = drawn_by_all(programs)
    had = {name: list(far.entries) for name, far in call.far.items()}
    again = programs.start(call)
    connect(again)
    for name, far in again.far.items():
        assert far.entries == had[name]
        assert [each["entries"] for each in far.kept("log")] == [[]]
    again.draw(AGENT, "mark_after")
    assert again.who_has("mark_after") == EVERYBODY
    third = programs.start(again)
    connect(third)
    third.draw(CUSTOMER, "mark_third")
    assert third.who_has("mark_third") == EVERYBODY
    for name, far in third.far.items():
        assert far.entries[: len(had[name])] == had[name]
        assert [entry.n for entry in far.entries] == list(range(1, len(far.entries) + 1))


def test_the_agent_is_told_what_they_see_by_the_names_they_know(programs: Programs) -> None:
    call = programs.start(drawn_by_all(programs))
    seen = {mark.mark: mark.author for mark in call.agents_board.marks()}
    assert seen == {f"mark_by_{AGENT}": "agent", f"mark_by_{CUSTOMER}": "customer", f"mark_by_{MIA}": MIA}


def test_what_is_private_stays_so(programs: Programs) -> None:
    call = programs.start(drawn_by_all(programs))
    connect(call)
    assert call.who_has(f"mark_by_{MIA}") == STAFF
    assert MIA not in repr(call.far[CUSTOMER].ink.sent)
    call.draw(MIA, "mark_after")
    assert call.who_has("mark_after") == STAFF
    assert call.agents_board.mark("mark_after").audience is Audience.COACHING  # type: ignore[union-attr]


def test_authors_change_their_own_and_nobody_else_does(programs: Programs) -> None:
    call = programs.start(drawn_by_all(programs))
    connect(call)
    mark = f"mark_by_{CUSTOMER}"
    call.far[TOM].do(Remove(mark))
    assert call.far[TOM].refused == ["not_allowed"]
    call.far[CUSTOMER].do(Remove(mark))
    assert call.far[MIA].board.mark(mark).removed  # type: ignore[union-attr]
    call.hub.submit(Remove(f"mark_by_{AGENT}"))
    call.hub.submit(Restore(f"mark_by_{AGENT}"))
    sent_again = begin(f"mark_by_{MIA}")
    call.far[MIA].do(sent_again, Remove(f"mark_by_{MIA}"))
    assert call.far[MIA].refused == []
    assert call.agents_board.mark(f"mark_by_{MIA}").removed  # type: ignore[union-attr]


def test_what_the_agent_does_not_see_is_not_written(programs: Programs) -> None:
    call = drawn_by_all(programs, TOM)
    again = programs.start(call)
    said = b"".join(path.read_bytes() for path in programs.records.rglob("*") if path.is_file())
    assert f"mark_by_{MIA}".encode() in said
    assert f"mark_by_{TOM}".encode() not in said
    connect(again)
    assert {name for name, far in again.far.items() if f"mark_by_{TOM}" in far.marks} == set()
    assert again.who_has(f"mark_by_{AGENT}") == EVERYBODY
    assert again.far[CUSTOMER].kept("log")[0]["entries"] == []


def test_what_was_shown_and_taken_back_stays_so(programs: Programs) -> None:
    call = programs.start(view=view_of(Mode.LANE))
    call.draw(MIA, "mark_lane")
    call.apply(view_of(Mode.BARGE, revision=2))
    call.far[MIA].do(Show(mark="mark_lane", on=True))
    assert call.who_has("mark_lane") == EVERYBODY
    call.far[MIA].do(Show(mark="mark_lane", on=False))
    again = programs.start(call)
    connect(again)
    new = Far(again.hub, CUSTOMER)
    assert new.board.mark("mark_lane").audience is not Audience.PUBLIC  # type: ignore[union-attr]
    assert again.hub.marks()[0].audience is Audience.LEARNING


def test_what_is_done_before_they_are_back_reaches_them_then(programs: Programs) -> None:
    call = programs.start(drawn_by_all(programs))
    call.hub.submit(Remove(f"mark_by_{AGENT}"))
    connect(call)
    assert all(far.board.mark(f"mark_by_{AGENT}").removed for far in call.far.values())  # type: ignore[union-attr]


def test_what_was_in_the_making_at_the_agent_or_by_one_who_has_left_is_gone(programs: Programs) -> None:
    call = programs.start()
    call.hub.submit(begin("mark_agents"))
    call.far[MIA].do(begin("mark_of_mia"))
    call.far[BEN].do(begin("mark_of_ben"))
    for far in call.far.values():
        far.read()
    again = programs.start(call, call_view(party(BEN), party(TOM)))
    connect(again, CUSTOMER, BEN, TOM)
    board = again.far[BEN].board
    removed = {mark.mark for mark in board.marks() if mark.removed}
    assert removed == {"mark_agents", "mark_of_mia"}
    again.far[BEN].do(End(mark="mark_of_ben", path=PATH))
    assert again.agents_board.mark("mark_of_ben").ended  # type: ignore[union-attr]


def test_who_has_more_than_was_written_begins_anew_and_has_all(programs: Programs) -> None:
    call = drawn_by_all(programs)
    far = call.far[MIA]
    log, far.seq = far.log, far.seq + 1
    again = programs.start(call)
    again.draw(AGENT, "mark_after")  # as many entries as she has, and others
    connect(again, MIA)
    assert far.log != log
    assert far.marks == {f"mark_by_{each}" for each in (AGENT, CUSTOMER, MIA)} | {"mark_after"}
    third = programs.start(again)
    known, log = list(far.entries), far.log
    connect(third, MIA)
    assert (far.log, far.entries) == (log, known)


def test_the_clock_goes_on_and_what_faded_meanwhile_is_gone(programs: Programs) -> None:
    call = programs.start()
    quick = Begin(mark="mark_quick", tool=Tool.PEN, colour="#000000", width=0.01, frame=1, fade=5)
    for edit in (
        quick,
        End(mark="mark_quick", path=PATH),
        *[begin("mark_slow"), End(mark="mark_slow", path=PATH)],
    ):
        call.hub.submit(edit)
    programs.time += 20
    again = programs.start(call)
    assert again.hub.now == pytest.approx(20)
    assert [mark.mark for mark in again.hub.marks() if mark.visible(again.hub.now)] == ["mark_slow"]


def test_the_picture_is_another(programs: Programs) -> None:
    call = programs.start()
    call.hub.turn()
    again = programs.start(call)
    connect(again)
    assert again.hub.epoch == 2
    assert {far.kept("stage")[0]["epoch"] for far in again.far.values()} == {2}
    assert programs.start(again).hub.epoch == 3


def test_on_hold_the_agent_has_all_and_the_customer_gets_nothing_new(programs: Programs) -> None:
    call = programs.start(drawn_by_all(programs), view_of(held=True))
    assert len(call.agents_board.marks()) == 3
    call.draw(AGENT, "mark_after")
    connect(call)
    assert "mark_after" not in call.far[CUSTOMER].marks
