"""A hub of ink with everybody's far ends: what each is told, to the letter, and the board it adds up to."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import msgspec

from coachdesk.annotation import AnyEdit, Begin, Board, End, Entry, Point, Tool
from coachdesk.inkwire import Edits, Have, Message, dump
from coachdesk.media.ink.inkhub import InkHub
from coachdesk.media.ink.inkrecord import InkRecord
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

    def __init__(
        self,
        view: CallView | None = None,
        *,
        record: InkRecord | None = None,
        far: dict[str, Far] | None = None,
    ) -> None:
        """``record``: to go on with. ``far``: ends of a call before this one, whose agent's program was started again."""
        self.time = 1000.0
        self.hub = InkHub(clock=lambda: self.time)
        self.seen: list[Entry] = []
        self.hub.on_entry = self.seen.append
        if record is not None:
            self.hub.go_on(record)
        self.hub.apply(view or view_of())
        self.far = far or {name: Far(self.hub, name) for name in PARTIES}
        for each in self.far.values():
            each.hub = self.hub

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


EVERYBODY = {AGENT, *PARTIES}
STAFF, LEARNERS = {AGENT, MIA, BEN}, {MIA, BEN, TOM}
MIAS = {
    Mode.LISTEN: STAFF,
    Mode.WHISPER: STAFF,
    Mode.BARGE: EVERYBODY,
    Mode.TAKEOVER: EVERYBODY,
    Mode.LANE: LEARNERS,
}
