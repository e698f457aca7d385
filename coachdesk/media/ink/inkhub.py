"""The hub of a call's ink, at its agent's endpoint: edits and gestures of all come in, and go out to those who may see them.

Who sends is known by the connection. The customer's and observers' messages are judged here and nowhere else.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable

import msgspec

from coachdesk import inkwire
from coachdesk.annotation import AnyEdit, Begin, Entry, Mark, ScreenName, SurfaceName
from coachdesk.inklog import InkLog, Refusal, last_gestures
from coachdesk.inkpeople import InkPeople
from coachdesk.inkroutes import audience, colour_of, may_draw, takes_away
from coachdesk.inkwire import (
    Anchor,
    Cursor,
    Edits,
    Have,
    InkError,
    Laser,
    Points,
    Poses,
    Replay,
    Shared,
    Sheet,
)
from coachdesk.media.connection.peer import Peer
from coachdesk.media.ink.inkkept import Kept
from coachdesk.media.ink.inkline import InkLine
from coachdesk.media.ink.inklines import InkLines
from coachdesk.media.ink.inkrecord import InkRecord
from coachdesk.media.ink.inkshares import InkShares
from coachdesk.routing import Member
from signaling.policy import COACHES, Role
from signaling.protocol import CallView

log = logging.getLogger(__name__)


class InkHub:
    """The agent's own ink comes in by ``submit``, ``point`` and ``again``; what the agent sees goes out by the callbacks.

    Attributes:
        on_entry: an entry of a mark that the agent sees; authors are ``agent``, ``customer`` and party ids.
        on_points: more of a gesture that the agent sees, while it is drawn.
        on_laser, on_replay, on_poses: as the messages of these names.
        on_cursor: a party says where the pointer is on the screen they share; returns whether that is theirs to say.
        on_coach_poses: a party says where marks are on the screen they share; returns whether that is theirs to say.
        on_begun: all called when a party is told of ink from now on, on a (new) connection: nothing that was told before may
            have arrived.
        on_stage: the epoch, the own colour, or ``shared`` is another.
        on_mark, on_gesture: any mark has changed, or grows while it is drawn, also one that the agent does not see: for
            whoever follows marks in the picture. on_screen_mark: as ``on_mark``, of marks on the screens followed here.
        newest_frame: the id of the newest frame there is, for those who cannot know the one they draw on.
        lines: to everybody else.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.on_entry: Callable[[Entry], None] = lambda entry: None
        self.on_points: Callable[[Points], None] = lambda points: None
        self.on_laser: Callable[[Laser], None] = lambda laser: None
        self.on_replay: Callable[[Replay], None] = lambda replay: None
        self.on_poses: Callable[[Poses], None] = lambda poses: None
        self.on_cursor: Callable[[str, Cursor], bool] = lambda party, cursor: False
        self.on_coach_poses: Callable[[str, Poses], bool] = lambda party, poses: False
        self.on_begun: list[Callable[[str], None]] = []
        self.on_stage: Callable[[], None] = lambda: None
        self.on_mark: Callable[[Mark], None] = lambda mark: None
        self.on_screen_mark: dict[SurfaceName, Callable[[Mark], None]] = {}
        self.on_gesture: Callable[[Points], None] = lambda points: None
        self.newest_frame: Callable[[], int | None] = lambda: None
        self.refused: Counter[str] = Counter()
        self._clock = clock
        self._began = clock()
        self._log, self._people = InkLog(), InkPeople()
        self._record: InkRecord | None = None
        self._kept: Kept | None = None
        self.lines = InkLines(self._people, self._log, clock, lambda: self.now)
        self.lines.on_new = self._note
        self._shares = InkShares(self._people, self._log, self.lines)
        self._told_agent: dict[str, int] = {}

    @property
    def now(self) -> float:
        """The log's clock, seconds."""
        return self._clock() - self._began

    @property
    def epoch(self) -> int:
        """Of the customer's picture."""
        return self.lines.epoch

    def shared(self, surface: ScreenName) -> Shared:
        """A shared screen, as what is drawn on."""
        return self._shares.shared(surface)

    @property
    def colour(self) -> str:
        """The agent's own, unless they choose another."""
        return colour_of(self._people.agent.party, self._people.members)

    @property
    def watched(self) -> bool:
        """Whether an observer is there who may draw."""
        return any(line.begun and line.member.role is not Role.CUSTOMER for line in self.lines)

    def marks(self) -> list[Mark]:
        """Every mark of the call, whoever sees it, in the order they began."""
        return self._log.board.marks()

    def go_on(self, record: InkRecord) -> None:
        """Goes on with what ``record`` has, and has it written on. To be called before all else.

        The picture comes over another connection: nothing is known of how it continues, so its epoch is another.
        """
        self._record = record
        if record.kept is not None:
            self._kept = record.kept
            self._began = self._clock() - record.kept.now
            self._log.take_up(record.kept.entries.values())
            self.lines.epoch = record.kept.epoch + 1
            record.epoch(self.epoch)
            self._shares.go_on(self.marks())

    # --- the call ---------------------------------------------------------------------------------------------

    def apply(self, view: CallView) -> None:
        """Who is on the call, and in which modes."""
        self._people.apply(view)
        self._take_up_parties()
        for party in self.lines.drop_gone():
            for entry in self._log.withdraw(party, self.now):
                self._deliver(entry, None)
        self.lines.tell_stage()
        self._make_up()

    def _take_up_parties(self) -> None:
        """Goes on with those who were on the call before; what those were drawing who cannot end it is gone."""
        kept, self._kept = self._kept, None
        if kept is None:
            return
        gone = [self._people.agent.party, *(party for party in kept.parties if self.lines.of(party) is None)]
        for line in self.lines:
            known = kept.parties[line.party]
            if all(n in kept.entries for n in known.told):  # else they begin anew
                line.take_up(known.log, [kept.entries[n] for n in known.told])
                self._note(line)
        for party in gone:
            for entry in self._log.withdraw(party, self.now):
                self._deliver(entry, None)
        self.on_stage()

    def turn(self) -> None:
        """The customer's picture becomes another."""
        self.set_epoch(self.epoch + 1)

    def set_epoch(self, epoch: int) -> None:
        self.lines.epoch = epoch
        if self._record is not None:
            self._record.epoch(epoch)
        self.lines.tell_stage()
        self.on_stage()

    def share(self, size: tuple[int, int] | None, surface: ScreenName = "screen") -> None:
        """What others see of the agent's screen, or the customer's, is another, or of another size (pixels); None: nothing
        is seen of it.
        """
        self._shares.change(surface, size, self.now)
        self.on_stage()

    def show_customer(self, on: bool) -> None:
        """The customer sees what the agent shares too, and what is drawn on it for them; or no longer."""
        if self._shares.show_customer(on, self.now):
            self.on_stage()

    def follow_coach(self, sharer: str) -> None:
        """By the server's word supervisor ``sharer`` shows the others a screen, which may be drawn on once they have said
        how large it is; "": nobody does.
        """
        if self._shares.follow_coach(sharer, self.now):
            self.on_stage()

    def tick(self) -> None:
        """Sends what had to wait."""
        self.lines.flush()

    # --- the agent's own --------------------------------------------------------------------------------------

    def submit(self, edit: AnyEdit) -> None:
        """The agent's own edit. Raises Refusal."""
        self._submit(self._people.agent, edit)

    def point(self, message: Points | Laser) -> None:
        """More of the agent's own gesture, or of the pointer."""
        self._pass_on(self._people.agent, message)

    def again(self) -> bool:
        """Shows the last gestures again, to each what they see; False if there are none."""
        return self._replay(self._people.agent)

    # --- what comes in ----------------------------------------------------------------------------------------

    def received(self, party: str, peer: Peer, data: bytes) -> None:
        """A message on the reliable channel of ``peer``, a connection to ``party``."""
        line, member = self.lines.of(party), self._people.member(party)
        if line is None or member is None:
            return
        if not line.takes(len(data), self._clock()):
            self._refuse(line, "too_fast")
            return
        try:
            message = inkwire.parse_from_party(data)
        except InkError as error:
            self._malformed(error)
            return
        match message:
            case Have():
                self._begin(line, peer, message)
            case Edits():
                self._take(line, member, message.edits)
            case inkwire.Again():
                self._replay(member)
            case inkwire.Turned() if member.role is Role.CUSTOMER:
                self.turn()
            case Sheet() if member.role in COACHES and line.takes_edit(self._clock()):
                line.sheet = message
                self.follow_coach(self._people.sharer)
            case Poses() if self.on_coach_poses(party, message):
                pass
            case _:
                self.refused["not_allowed"] += 1

    def received_live(self, party: str, data: bytes) -> None:
        """A message on the live channel of a connection to ``party``."""
        line, member = self.lines.of(party), self._people.member(party)
        if line is None or member is None:
            return
        if not line.takes_live(self._clock()):
            self.refused["too_fast"] += 1
            return
        try:
            message = inkwire.parse_live_from_party(data)
        except InkError as error:
            self._malformed(error)
            return
        told = (
            self.on_cursor(party, message) if isinstance(message, Cursor) else self._pass_on(member, message)
        )
        if not told:
            self.refused["not_allowed"] += 1

    def _malformed(self, error: InkError) -> None:
        self.refused["malformed"] += 1
        log.debug("ink refused: %s", error)

    def _begin(self, line: InkLine, peer: Peer, have: Have) -> None:
        log_id = line.log_id
        line.begin(peer, have)
        if line.log_id != log_id:
            self._note(line)
        line.outbox.put_all(self._seen_by(line))
        self.lines.tell_stage_to(line)
        self._shares.tell(line)
        line.flush(self.now)
        for begun in self.on_begun:
            begun(line.party)

    def _take(self, line: InkLine, member: Member, edits: list[AnyEdit]) -> None:
        for edit in edits:
            if not line.takes_edit(self._clock()):
                self._refuse(line, "too_fast", edit.mark)
                return
            try:
                self._submit(member, edit)
            except Refusal as refusal:
                self._refuse(line, refusal.code, edit.mark)

    def _refuse(self, line: InkLine, code: inkwire.RefusalCode, mark: str = "") -> None:
        self.refused[code] += 1
        if mark:
            line.send(inkwire.Refused(mark=mark, code=code))

    # --- what goes out ----------------------------------------------------------------------------------------

    def _submit(self, editor: Member, edit: AnyEdit) -> None:
        edit = self._placed(editor, edit) if isinstance(edit, Begin) else edit
        before = self._log.board.mark(edit.mark)
        entry = self._log.submit(editor, edit, self._people.members, self.now, held=self._people.held)
        if entry is not None:
            self._deliver(entry, before)

    def _placed(self, editor: Member, begin: Begin) -> Begin:
        """On the frame it is drawn on. Raises Refusal."""
        begin = self._shares.placed(editor.party, begin)
        if begin.frame is None:
            return msgspec.structs.replace(begin, frame=self.newest_frame(), epoch=self.epoch)
        return begin

    def _deliver(self, entry: Entry, before: Mark | None) -> None:
        """To those who see the mark now and, that it is gone, to those who saw it until now, also on hold."""
        mark = self._log.board.mark(entry.edit.mark)
        if mark is None:
            return
        self._write_down(mark)
        for line in self.lines:
            if self._people.sees(line.member, mark) or takes_away(line.member, entry.edit, before):
                line.outbox.put_rest(mark.mark)
                line.flush(self.now)
        if self._people.sees(self._people.agent, mark) or takes_away(self._people.agent, entry.edit, before):
            self._tell_agent(mark)
        self.on_mark(mark)
        if mark.surface in self.on_screen_mark:
            self.on_screen_mark[mark.surface](mark)

    def _make_up(self) -> None:
        """Tells what somebody may see now and was not told: after a hold, and the agent after a restart."""
        for mark in self._log.alive(self.now):
            if self._people.sees(self._people.agent, mark):
                self._tell_agent(mark)
        if self._people.held:
            return
        for line in self.lines:
            line.outbox.put_all(self._seen_by(line))
            line.flush(self.now)

    def _tell_agent(self, mark: Mark) -> None:
        """What is not told yet of one mark, whoever sees it: also that it has just become invisible."""
        history = self._log.history(mark.mark)
        for entry in history[self._told_agent.get(mark.mark, 0) :]:
            self.on_entry(msgspec.structs.replace(entry, author=self._people.name_of(entry.author)))
        self._told_agent[mark.mark] = len(history)

    def _pass_on(self, author: Member, message: Points | Laser) -> bool:
        """Passes a gesture on to those who see it; False if it is none of the author's."""
        held, reaches = self._people.held, self._people.reaches
        if isinstance(message, Laser):
            drawn_for = audience(author, self._people.members, held=held)
            surface, frame = message.surface, message.frame
        else:
            mark = self._log.board.mark(message.mark)
            if mark is None or mark.author != author.party or mark.ended or mark.removed:
                return False
            drawn_for, surface, frame = mark.audience, mark.surface, mark.frame
        if not self._shares.has(surface, frame) or not may_draw(author, surface, held=held):
            return False
        if isinstance(message, Points):
            self.on_gesture(message)
        for line in self.lines:
            if line.party != author.party and reaches(line.member, author.party, drawn_for, surface, frame):
                line.send_live(inkwire.signed(message, line.known_as(author.party)))
        if author.role is not Role.AGENT and reaches(
            self._people.agent, author.party, drawn_for, surface, frame
        ):
            shown = inkwire.signed(message, self._people.name_of(author.party))
            self.on_points(shown) if isinstance(shown, Points) else self.on_laser(shown)
        return True

    def _replay(self, asker: Member) -> bool:
        """The agent's asking shows it to all, each what they see; another's only to themselves. The customer's own ink is
        not what is asked for.
        """
        board = self._log.board.marks()
        marks = [
            each for each in board if each.author != self._people.customer and self._people.sees(asker, each)
        ]
        gestures = last_gestures(marks)
        agent = asker.role is Role.AGENT
        for line in self.lines:
            if agent or line.party == asker.party:
                seen = last_gestures(mark for mark in marks if self._people.sees(line.member, mark))
                if seen:
                    line.send(Replay(gestures=seen))
        if agent and gestures:
            self.on_replay(Replay(gestures=gestures))
        return bool(gestures)

    def send_poses(self, frame: int, epoch: int, anchors: Iterable[Anchor]) -> None:
        """Where marks are in a frame, to each party those it sees. An anchor has one mark or several."""
        told = list(anchors)
        for line in self.lines:
            for part in inkwire.in_packets(self.seen(line.party, told)):
                line.send_live(Poses(frame=frame, epoch=epoch, anchors=part))
        self.on_poses(Poses(frame=frame, epoch=epoch, anchors=self.seen("", told)))

    def seen(self, party: str, anchors: list[Anchor]) -> list[Anchor]:
        """Those whose mark is seen by ``party``; "": by the agent."""
        viewer = self._people.member(party) if party else self._people.agent
        known = ((anchor, self._log.board.mark(anchor.marks[0])) for anchor in anchors)
        return [
            each for each, mark in known if mark is not None and viewer and self._people.sees(viewer, mark)
        ]

    def tell(self, party: str, poses: Poses) -> None:
        """Reliably; "": the agent."""
        if party:
            self.lines.tell(party, poses)
        else:
            self.on_poses(poses)

    def sent_to(self, author: str) -> str:
        """To whom the pictures go that ``author`` draws on."""
        return "" if author == self._people.agent.party else author

    def stats(self) -> dict[str, dict[str, float]]:
        """``ink``: marks so far, what was refused and why, live messages that found no room."""
        numbers: dict[str, float] = {"marks": len(self._log.board)}
        numbers |= {f"refused_{code}": float(count) for code, count in sorted(self.refused.items())}
        numbers["dropped_live"] = sum(line.dropped for line in self.lines)
        return {"ink": numbers}

    # --- who is who -------------------------------------------------------------------------------------------

    def _seen_by(self, line: InkLine) -> list[Mark]:
        return [mark for mark in self._log.alive(self.now) if self._people.sees(line.member, mark)]

    def _write_down(self, mark: Mark) -> None:
        """What the agent sees or once saw; of nothing else is anything to be found on their disk."""
        record = self._record
        if record is not None and (record.has(mark.mark) or self._people.sees(self._people.agent, mark)):
            record.history(mark.mark, self._log.history(mark.mark))

    def _note(self, line: InkLine) -> None:
        """Has it written down what this party is told, so far and from now on."""
        record = self._record
        if record is not None:
            record.party(line.party, line.log_id, line.outbox.places)
            line.outbox.on_told = lambda places: record.told(line.party, places)
