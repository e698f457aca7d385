"""An observer's side of ink: whatever becomes of connections, nothing is lost, doubled or out of order."""

from __future__ import annotations

import random

import pytest

from coachdesk.annotation import AnyEdit, Begin, Board, Caption, End, Entry, Point, Remove, Restore, Tool
from coachdesk.inkwire import Anchor, Laser, Log, Points, Poses, Refused, dump
from coachdesk.media.ink.inkhub import InkHub
from coachdesk.media.ink.inkparty import InkParty
from tests.fakes.inkcall import Wire
from tests.fakes.views import MIA, call_view, party

PATH = [Point(0.1, 0.2), Point(0.3, 0.4, 0.5, 400)]


def begin(mark: str) -> Begin:
    return Begin(mark=mark, tool=Tool.PEN, colour="#2f7cf6", width=0.006)


def drawn(mark: str) -> list[AnyEdit]:
    return [begin(mark), End(mark=mark, path=PATH)]


class Call:
    """Mia's end of a call's ink; she is connected from the start."""

    def __init__(self) -> None:
        self.time = 50.0
        self.hub = self.new_hub()
        self.mia = InkParty(MIA, clock=lambda: self.time + 1000)
        self.entries: list[Entry] = []
        self.mia.on_entry = self.entries.append
        self.begun = 0
        self.mia.on_begin = self._begin
        self.connect()

    def new_hub(self) -> InkHub:
        hub = InkHub(clock=lambda: self.time)
        hub.apply(call_view(party(MIA)))
        return hub

    def _begin(self) -> None:
        self.begun += 1
        self.entries.clear()

    def connect(self) -> Wire:
        self.wire = Wire()
        self.wire.connect(self.hub, self.mia, MIA)
        self.hub.tick()
        return self.wire

    def draw(self, mark: str) -> None:
        for edit in drawn(mark):
            self.hub.submit(edit)

    def at_mia(self) -> dict[str, bool]:
        """Marks, and whether they are there."""
        self.hub.tick()
        return {mark.mark: not mark.removed for mark in Board(self.entries).marks()}

    def at_hub(self) -> dict[str, bool]:
        return {mark.mark: not mark.removed for mark in self.hub.marks()}


def test_what_is_drawn_comes_back_stamped() -> None:
    call = Call()
    for edit in drawn("by-mia-01"):
        call.mia.submit(edit)
    assert [(entry.author, entry.n) for entry in call.entries] == [(MIA, 1), (MIA, 2)]
    assert call.at_hub() == {"by-mia-01": True}


def test_the_clock_of_the_log_is_known() -> None:
    call = Call()
    call.time += 7
    call.draw("by-agent-1")
    call.time += 3
    assert call.mia.now == pytest.approx(call.hub.now)


def test_what_was_lost_with_a_connection_is_made_up_for_by_the_next() -> None:
    call = Call()
    call.wire.cut = True
    for edit in (*drawn("by-mia-01"), Remove("by-mia-01"), Restore("by-mia-01")):
        call.mia.submit(edit)
    call.draw("by-agent-1")
    assert (call.at_hub(), call.at_mia()) == ({"by-agent-1": True}, {})
    call.connect()
    assert call.at_hub() == call.at_mia() == {"by-agent-1": True, "by-mia-01": True}
    assert call.begun == 0


def test_what_came_back_is_not_sent_again() -> None:
    call = Call()
    for edit in drawn("by-mia-01"):
        call.mia.submit(edit)
    assert [b'"kind":"edits"' in data for data in call.connect().at_party.said] == [False]


def test_what_was_refused_is_not_sent_again() -> None:
    call = Call()
    refused: list[Refused] = []
    call.mia.on_refused = refused.append
    call.draw("by-agent-1")
    call.mia.submit(Caption(mark="by-agent-1", text="mine"))
    call.hub.tick()
    assert refused == [Refused(mark="by-agent-1", code="not_allowed")]
    assert [b'"kind":"edits"' in data for data in call.connect().at_party.said] == [False]


def test_a_hub_that_began_anew_has_another_log() -> None:
    call = Call()
    call.draw("by-agent-1")
    for edit in drawn("by-mia-01"):
        call.mia.submit(edit)
    call.hub = call.new_hub()
    call.connect()
    call.draw("by-agent-2")
    assert call.begun == 1
    assert call.at_mia() == {"by-agent-2": True}


def test_what_is_missing_is_asked_for() -> None:
    call = Call()
    call.draw("by-agent-1")
    call.wire.cut = True
    call.draw("by-agent-2")
    call.wire.cut = False
    call.draw("by-agent-3")
    assert call.at_mia() == {"by-agent-1": True, "by-agent-2": True, "by-agent-3": True}
    assert call.mia.refused["out_of_order"] >= 1


def test_live_messages_come_through_in_the_customers_frames() -> None:
    call = Call()
    seen: list[object] = []
    call.mia.on_points = call.mia.on_laser = call.mia.on_poses = seen.append
    call.hub.submit(begin("by-agent-1"))
    points = Points(mark="by-agent-1", first=0, points=PATH)
    laser = Laser(stroke=1, colour="#2f7cf6", width=0.01, points=PATH)
    call.hub.point(points)
    call.hub.point(laser)
    anchors = [Anchor(marks=["by-agent-1"], state="hidden")]
    call.hub.send_poses(4711, 1, anchors)
    call.hub.lines.set_offset(MIA, 2**32 - 5)
    call.hub.tick()
    assert [type(each) for each in seen] == [Points, Laser, Poses]
    assert seen[2] == Poses(frame=4711, epoch=1, anchors=anchors)
    assert call.mia.stage.offset == 2**32 - 5


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b'{"kind":"have"}',
        b'{"kind":"log","log":"x","seq":0,"now":1e999,"entries":[]}',
        b"\xff" * 9,
    ],
)
def test_what_is_no_message_of_a_hub_is_counted_and_no_more(data: bytes) -> None:
    call = Call()
    call.wire.at_hub.send(data)
    call.wire.at_hub.send_live(data)
    assert call.mia.refused == {"malformed": 2}
    call.draw("by-agent-1")
    assert call.at_mia() == {"by-agent-1": True}


def test_entries_from_beyond_the_end_are_asked_for_once_each_and_not_believed() -> None:
    call = Call()
    entry = Entry(n=9, at=0.0, author="agent", edit=begin("from-afar"))
    for _ in range(3):
        call.wire.at_hub.send(dump(Log(log=call.hub.lines.of(MIA).log_id, seq=70, now=0.0, entries=[entry])))
    assert "from-afar" not in call.at_mia()


def test_whatever_breaks_both_have_the_same_marks_in_the_end() -> None:
    for seed in range(60):
        chance, call, marks = random.Random(seed), Call(), ["none-yet"]
        for number in range(40):
            step = chance.random()
            if step < 0.15:
                call.wire.cut = True
            elif step < 0.3:
                call.connect()
            elif step < 0.5:
                call.draw(f"by-agent-{number}")
                marks.append(f"by-agent-{number}")
            elif step < 0.8:
                for edit in drawn(f"by-mia-{number:03}"):
                    call.mia.submit(edit)
                marks.append(f"by-mia-{number:03}")
            else:
                edit = chance.choice([Remove, Restore])(chance.choice(marks))
                call.mia.submit(edit)
        call.connect()
        assert call.at_hub() == call.at_mia(), seed
