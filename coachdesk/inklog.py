"""The log of a call's ink, as the hub keeps it: edits are judged and stamped, and each party gets those it may see. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

import msgspec

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
    Point,
    Remove,
    Reshape,
    Restore,
)
from coachdesk.inkroutes import audience, may_edit
from coachdesk.inkwire import Gesture, RefusalCode, fits
from coachdesk.routing import Member
from signaling.policy import Role

MAX_OPEN = 8
"""Marks of one party being drawn at the same time."""
MAX_GUEST_MARKS = 500
"""Of the customer, so that they cannot use up the board."""
MAX_GUEST_ENTRIES, MAX_ENTRIES = 10 * MAX_GUEST_MARKS, 40_000
KEPT_SECONDS = 120.0
"""Marks that are gone for longer are not told to those who come; they learn of them if they come back."""
REPLAYED_GESTURES = 16
REPLAY_PAUSE = 5.0
"""Seconds without drawing after which older gestures belong to something else."""
LONGEST_PAUSE_MS = 800
"""Pauses between gestures are replayed no longer than this."""


class Refusal(Exception):
    """An edit that is not done; ``code`` tells the author why."""

    def __init__(self, code: RefusalCode) -> None:
        super().__init__(code)
        self.code: RefusalCode = code


class InkLog:
    """Append-only. Authors are party ids here; who is told of them under which name is ``Outbox``'s matter.

    Attributes:
        board: what all entries add up to.
    """

    def __init__(self) -> None:
        self.board = Board()
        self._of_mark: dict[str, list[Entry]] = {}
        self._authored: Counter[str] = Counter()
        self._begun: Counter[str] = Counter()
        self._open: dict[str, list[str]] = {}
        self._n = 0

    def submit(
        self, editor: Member, edit: AnyEdit, members: list[Member], at: float, *, held: bool = False
    ) -> Entry | None:
        """The entry that ``edit`` becomes; None when it changes nothing. Raises Refusal.

        ``at``: seconds since the log began.
        """
        mark = self.board.mark(edit.mark)
        if mark is not None and _changes_nothing(editor, edit, mark):
            return None
        if not may_edit(editor, edit, mark, members, held=held):
            raise Refusal("not_allowed")
        if mark is not None:
            _require_sense(edit, mark)
        self._require_room(editor, edit)
        drawn_for = audience(editor, members, held=held) if isinstance(edit, Begin) else None
        return self._append(editor.party, edit, at, drawn_for)

    def withdraw(self, author: str, at: float) -> list[Entry]:
        """``author`` has left: what they were drawing is gone."""
        return [self._append(author, Remove(mark), at, None) for mark in list(self._open.get(author, ()))]

    def take_up(self, entries: Iterable[Entry]) -> None:
        """Goes on after these, of a log of before; this one is empty."""
        for entry in sorted(entries, key=lambda entry: entry.n):
            self._keep(entry)

    def history(self, mark: str) -> list[Entry]:
        """All entries of one mark, in order."""
        return self._of_mark.get(mark, [])

    def alive(self, now: float) -> list[Mark]:
        """The marks that one who comes has to know."""
        return [mark for mark in self.board.marks() if mark.visible(now - KEPT_SECONDS)]

    def _append(self, author: str, edit: AnyEdit, at: float, drawn_for: Audience | None) -> Entry:
        entry = Entry(n=self._n + 1, at=round(at, 3), author=author, edit=_tidy(edit), audience=drawn_for)
        self._keep(entry)
        return entry

    def _keep(self, entry: Entry) -> None:
        self._n = entry.n
        self.board.apply(entry)
        self._of_mark.setdefault(entry.edit.mark, []).append(entry)
        self._count(entry.author, entry.edit)

    def _count(self, author: str, edit: AnyEdit) -> None:
        self._authored[author] += 1
        if isinstance(edit, Begin):
            self._begun[author] += 1
            self._open.setdefault(author, []).append(edit.mark)
        elif isinstance(edit, End | Remove):
            for marks in self._open.values():
                if edit.mark in marks:
                    marks.remove(edit.mark)

    def _require_room(self, editor: Member, edit: AnyEdit) -> None:
        guest = editor.role is Role.CUSTOMER
        full = self._n >= MAX_ENTRIES or (guest and self._authored[editor.party] >= MAX_GUEST_ENTRIES)
        if isinstance(edit, Begin):
            full = full or len(self.board) >= MAX_MARKS
            full = full or len(self._open.get(editor.party, ())) >= MAX_OPEN
            full = full or (guest and self._begun[editor.party] >= MAX_GUEST_MARKS)
        if full:
            raise Refusal("too_many")


def _changes_nothing(editor: Member, edit: AnyEdit, mark: Mark) -> bool:
    """It has been done before: sent again over a new connection, or by somebody else."""
    match edit:
        case Begin():
            return mark.author == editor.party
        case End():
            return mark.author == editor.party and mark.ended
        case Remove() | Restore():
            return mark.removed is isinstance(edit, Remove)
        case Caption():
            return mark.text == edit.text
        case Reshape():
            return (mark.tool, mark.path) == (edit.tool, tuple(edit.path))
    return False


def _tidy(edit: AnyEdit) -> AnyEdit:
    """Without digits that show nowhere: they would make messages longer than they may be."""
    if not isinstance(edit, End | Reshape):
        return edit
    path = [Point(round(x, 4), round(y, 4), round(pressure, 2), ms) for x, y, pressure, ms in edit.path]
    return msgspec.structs.replace(edit, path=path)


def _require_sense(edit: AnyEdit, mark: Mark) -> None:
    """Raises Refusal for a path that is none of the tool's, or for what a mark in the making cannot become."""
    if isinstance(edit, End) and not fits(mark.tool, edit.path):
        raise Refusal("bad_shape")
    if isinstance(edit, Reshape) and not (mark.ended and fits(edit.tool, edit.path)):
        raise Refusal("bad_shape")


class Outbox:
    """What one party is told of a log: of each mark it may see all entries, in order, and of no other any.

    Attributes:
        entries: what it was told so far, or is to be told, in the party's own order.
        places: in the log, of each of these.
        on_told: called with the places of those that come besides.
    """

    def __init__(self, viewer: Member, log: InkLog, known_as: Callable[[str], str]) -> None:
        """``known_as``: the name by which this party may know an author."""
        self.entries: list[Entry] = []
        self.places: list[int] = []
        self.on_told: Callable[[list[int]], None] = lambda places: None
        self._log = log
        self._viewer = viewer
        self._known_as = known_as
        self._told: dict[str, int] = {}

    def put_all(self, marks: Iterable[Mark]) -> None:
        """What is not told yet of ``marks``."""
        for mark in marks:
            self.put_rest(mark.mark)

    def put_rest(self, mark: str) -> None:
        """What is not told yet of one mark, whoever sees it: also that it has just become invisible."""
        rest = self._log.history(mark)[self._told.get(mark, 0) :]
        if rest:
            self._tell(rest)
            self.on_told([entry.n for entry in rest])

    def take_up(self, told: list[Entry]) -> None:
        """Goes on after these, which the party was told before, in this order."""
        self._tell(told)

    def _tell(self, entries: list[Entry]) -> None:
        for entry in entries:
            self.entries.append(self._told_as(entry, len(self.entries) + 1))
            self.places.append(entry.n)
            self._told[entry.edit.mark] = self._told.get(entry.edit.mark, 0) + 1

    def _told_as(self, entry: Entry, n: int) -> Entry:
        """``n``: its place among those this party is told of; gaps would tell of others."""
        public = self._viewer.role is Role.CUSTOMER and entry.audience is not None
        return msgspec.structs.replace(
            entry,
            n=n,
            author=self._known_as(entry.author),
            audience=Audience.PUBLIC if public else entry.audience,
        )


def last_gestures(marks: Iterable[Mark]) -> list[Gesture]:
    """The finished marks among ``marks`` that were drawn last, in one go, with the time at which each begins; pauses
    are shortened.
    """
    drawn = sorted(
        (mark for mark in marks if mark.ended and not mark.removed), key=lambda mark: mark.begun_at
    )
    last: list[Mark] = []
    for mark in reversed(drawn[-REPLAYED_GESTURES:]):
        if last and last[0].begun_at - (mark.begun_at + _seconds(mark.path)) > REPLAY_PAUSE:
            break
        last.insert(0, mark)
    return _paced(last)


def _paced(marks: list[Mark]) -> list[Gesture]:
    gestures: list[Gesture] = []
    start, end = 0, 0.0
    for mark in marks:
        if gestures:
            start += min(LONGEST_PAUSE_MS, max(0, round((mark.begun_at - end) * 1000)))
        gestures.append(Gesture(mark.mark, start))
        start += round(_seconds(mark.path) * 1000)
        end = mark.begun_at + _seconds(mark.path)
    return gestures


def _seconds(path: tuple[Point, ...]) -> float:
    return path[-1].ms / 1000 if path else 0.0
