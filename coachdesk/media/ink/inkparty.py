"""An observer's side of ink: what they draw goes to the hub until it has come back, and what the hub tells comes in."""

from __future__ import annotations

import logging
import time
from collections import Counter, deque
from collections.abc import Callable

from coachdesk import inkwire
from coachdesk.annotation import AnyEdit, Board, Entry, Mark, ScreenName, SurfaceName
from coachdesk.inkwire import (
    Again,
    Anchor,
    Cursor,
    Edits,
    Have,
    InkError,
    Laser,
    Log,
    Points,
    Poses,
    Refused,
    Replay,
    Shared,
    Sheet,
    Stage,
)
from coachdesk.media.connection.peer import Peer
from coachdesk.media.mixer import AGENT

MAX_PENDING = 1000
"""Edits that have not come back; the oldest are given up."""

log = logging.getLogger(__name__)


class InkParty:
    """One call's ink at an observer's endpoint. Call ``opened`` with each connection, and ``received`` with what it brings.

    Attributes:
        on_entry, on_points, on_laser, on_replay, on_poses, on_cursor: as the messages; frames by the customer's timestamps.
        on_refused: an edit of this mark was not done, and why.
        on_begin: another log: whatever was known is to be forgotten.
        on_stage: ``epoch``, ``colour``, ``offset`` or ``shared`` is another.
        on_screen_mark: a mark on the screen that is shared from here has changed. on_begun: all called when there is a (new)
            connection.
        offset: what to add to the timestamps of the picture, modulo 2**32.
    """

    def __init__(self, party: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.on_entry: Callable[[Entry], None] = lambda entry: None
        self.on_points: Callable[[Points], None] = lambda points: None
        self.on_laser: Callable[[Laser], None] = lambda laser: None
        self.on_replay: Callable[[Replay], None] = lambda replay: None
        self.on_poses: Callable[[Poses], None] = lambda poses: None
        self.on_cursor: Callable[[Cursor], None] = lambda cursor: None
        self.on_screen_mark: dict[SurfaceName, Callable[[Mark], None]] = {}
        self.on_begun: list[Callable[[str], None]] = []
        self.on_refused: Callable[[Refused], None] = lambda refused: None
        self.on_begin: Callable[[], None] = lambda: None
        self.on_stage: Callable[[], None] = lambda: None
        self.stage = Stage(epoch=0, colour="#000000")
        self._shared: dict[ScreenName, Shared] = {}
        self._sheet = Sheet(turn=0)
        self._board = Board()
        self.refused: Counter[str] = Counter()
        self._party = party
        self._clock = clock
        self._peer: Peer | None = None
        self._log, self._seq = "", 0
        self._ahead = -clock()
        self._pending: deque[AnyEdit] = deque(maxlen=MAX_PENDING)

    @property
    def now(self) -> float:
        """The log's clock, as far as it is known here; seconds."""
        return self._clock() + self._ahead

    @property
    def epoch(self) -> int:
        return self.stage.epoch

    @property
    def colour(self) -> str:
        return self.stage.colour

    def shared(self, surface: ScreenName) -> Shared:
        """A shared screen, as what is drawn on."""
        return self._shared.get(surface, Shared(surface=surface))

    # --- the screen that is shared from here -------------------------------------------------------------------

    def share(self, size: tuple[int, int] | None) -> None:
        """It is another, or of another size (pixels); None: there is none."""
        self._sheet = Sheet(turn=self._sheet.turn + 1, size=size)
        if self._peer is not None:
            self._peer.ink.send(inkwire.dump(self._sheet))

    def marks(self) -> list[Mark]:
        """Every mark that is known here."""
        return self._board.marks()

    def seen(self, party: str, anchors: list[Anchor]) -> list[Anchor]:
        """The hub knows who sees which."""
        return anchors

    def tell(self, party: str, poses: Poses) -> None:
        """To the hub, which tells those who see them."""
        if self._peer is not None:
            self._peer.ink.send(inkwire.dump(poses))

    def sent_to(self, author: str) -> str:
        """To whom the pictures go that ``author`` draws on: the hub passes them on."""
        return AGENT

    # --- out --------------------------------------------------------------------------------------------------

    def opened(self, peer: Peer) -> None:
        """A (new) connection: says what is here already, and again what may have been lost with the old one."""
        self._peer = peer
        self._shared.clear()  # it is told anew
        self._have(peer)
        edits = list(self._pending)
        for first in range(0, len(edits), inkwire.MAX_EDITS // 10):
            peer.ink.send(inkwire.dump(Edits(edits=edits[first : first + inkwire.MAX_EDITS // 10])))
        if self._sheet.size is not None:
            peer.ink.send(inkwire.dump(self._sheet))
        for begun in self.on_begun:
            begun(AGENT)

    def submit(self, edit: AnyEdit) -> None:
        """Sends an edit; it is done when it comes back as an entry."""
        self._pending.append(edit)
        if self._peer is not None:
            self._peer.ink.send(inkwire.dump(Edits(edits=[edit])))

    def point(self, message: Points | Laser) -> None:
        if self._peer is not None:
            self._peer.ink.send_live(inkwire.dump(message))

    def again(self) -> bool:
        """Asks for the last gestures; False if nobody can be asked."""
        return self._peer is not None and self._peer.ink.send(inkwire.dump(Again()))

    def _have(self, peer: Peer) -> None:
        peer.ink.send(inkwire.dump(Have(log=self._log, seq=self._seq)))

    # --- in ---------------------------------------------------------------------------------------------------

    def received(self, peer: Peer, data: bytes) -> None:
        """A message on the reliable channel of ``peer``."""
        try:
            message = inkwire.parse_from_hub(data)
        except InkError as error:
            self._malformed(error)
            return
        match message:
            case Log():
                self._take(peer, message)
            case Stage():
                self.stage = message
                self.on_stage()
            case Shared():
                self._shared[message.surface] = message
                self.on_stage()
            case Refused():
                self._pending = deque(
                    (each for each in self._pending if each.mark != message.mark), MAX_PENDING
                )
                self.on_refused(message)
            case Replay():
                self.on_replay(message)
            case Poses():
                self.on_poses(message)

    def received_live(self, data: bytes) -> None:
        """A message on the live channel."""
        try:
            message = inkwire.parse_live_from_hub(data)
        except InkError as error:
            self._malformed(error)
            return
        match message:
            case Points():
                self.on_points(message)
            case Laser():
                self.on_laser(message)
            case Poses():
                self.on_poses(message)
            case Cursor():
                self.on_cursor(message)

    def _malformed(self, error: InkError) -> None:
        self.refused["malformed"] += 1
        log.debug("ink refused: %s", error)

    def _take(self, peer: Peer, message: Log) -> None:
        """The next entries; some of them may have come over the connection before."""
        self._ahead = message.now - self._clock()
        if message.log != self._log:
            known, self._log, self._seq = self._log, message.log, 0
            self._board = Board()
            if known:
                self.on_begin()
        if message.seq > self._seq:
            self.refused["out_of_order"] += 1
            if peer is self._peer:
                self._have(peer)
            return
        for entry in message.entries[self._seq - message.seq :]:
            self._seq += 1
            self._acknowledge(entry)
            self.on_entry(entry)
            self._board.apply(entry)
            mark = self._board.mark(entry.edit.mark)
            if mark is not None and mark.surface in self.on_screen_mark:
                self.on_screen_mark[mark.surface](mark)

    def _acknowledge(self, entry: Entry) -> None:
        """An own edit that has come back: it, and what was said before it, has been seen to."""
        if entry.author != self._party:
            return
        done = (entry.edit.mark, type(entry.edit))
        for place, edit in enumerate(self._pending):
            if (edit.mark, type(edit)) == done:
                for _ in range(place + 1):
                    self._pending.popleft()
                return
