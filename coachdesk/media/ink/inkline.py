"""The hub's end of one party's ink: what is to be sent, as far as the connection takes it, and at which pace they send."""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Callable

from coachdesk import inkwire
from coachdesk.annotation import Entry
from coachdesk.inklog import InkLog, Outbox
from coachdesk.inkwire import Have, Log, Message, Sheet, Stage
from coachdesk.media.connection.peer import Peer
from coachdesk.routing import Member
from signaling.pace import TokenBucket

EDITS_PER_SECOND, EDITS_AT_ONCE = 40, 600
LIVE_PER_SECOND, LIVE_AT_ONCE = 120, 120
BYTES_PER_SECOND, BYTES_AT_ONCE = 64 * 1024, 512 * 1024
MAX_WAITING = 64
"""Messages beside the log that wait for the connection; the oldest give way."""


class InkLine:
    """Sends nothing before the party has said how much it has (``begin``), and then on the connection they said it on.

    Attributes:
        outbox: what the party is told of the log.
        known_as: by which name the party may know an author.
        log_id: names the party's own log: one who left and comes back gets another.
        offset: see ``Stage``. screen_offset: the same of a supervisor's screen, as this party gets it; None: they get none.
        sheet: what the party has said of a screen they share.
        dropped: live messages that found no room.
    """

    def __init__(self, member: Member, log: InkLog, known_as: Callable[[str], str], now: float) -> None:
        self.member = member
        self.party = member.party
        self.known_as = known_as
        self.outbox = Outbox(member, log, known_as)
        self.offset = 0
        self.screen_offset: int | None = None
        self.sheet: Sheet | None = None
        self.dropped = 0
        self.log_id = secrets.token_urlsafe(6)
        self._peer: Peer | None = None
        self._sent = 0
        self._told_before: int | None = None
        self._stage: Stage | None = None
        self._told_stage: Stage | None = None
        self._told_log = False  # on this connection: which log it is, also if it is empty
        self._waiting: deque[Message] = deque(maxlen=MAX_WAITING)
        self._edits = TokenBucket(EDITS_PER_SECOND, EDITS_AT_ONCE, now)
        self._live = TokenBucket(LIVE_PER_SECOND, LIVE_AT_ONCE, now)
        self._bytes = TokenBucket(BYTES_PER_SECOND, BYTES_AT_ONCE, now)

    @property
    def begun(self) -> bool:
        return self._peer is not None

    def sharers_picture(self, picture: int) -> int | None:
        """The RTP timestamp that a picture of a supervisor's screen, as this party gets it, has where it comes from."""
        return None if self.screen_offset is None else (picture + self.screen_offset) & 0xFFFFFFFF

    # --- what comes in, at which pace ---

    def takes(self, size: int, now: float) -> bool:
        """Whether a message of so many bytes is looked at."""
        return self._bytes.take(now, size)

    def takes_edit(self, now: float) -> bool:
        return self._edits.take(now)

    def takes_live(self, now: float) -> bool:
        return self._live.take(now)

    # --- what goes out ---

    def take_up(self, log_id: str, told: list[Entry]) -> None:
        """Goes on with the party's log of before: what it was told, as far as that is known."""
        self.log_id = log_id
        self.outbox.take_up(told)
        self._told_before = len(told)

    def begin(self, peer: Peer, have: Have) -> None:
        """The party has ``have`` and is to be sent the rest, on ``peer``."""
        self._peer = peer
        known = len(self.outbox.entries) if self._told_before is None else self._told_before
        self._told_before = None  # from now on nothing is sent that is not known
        if have.seq > known:
            self.log_id = secrets.token_urlsafe(6)  # they have what was never sent: anew
        self._sent = have.seq if have.log == self.log_id else 0
        self._told_stage, self._told_log = None, False
        self._waiting.clear()

    def tell_stage(self, stage: Stage) -> None:
        self._stage = stage

    def send(self, message: Message) -> None:
        """Reliably, after what waits already."""
        self._waiting.append(message)

    def send_live(self, message: Message) -> None:
        if self._peer is not None:
            self.dropped += not self._peer.ink.send_live(inkwire.dump(message))

    def flush(self, now: float) -> None:
        """Sends what is to be sent, as far as the connection takes it. ``now``: the log's clock."""
        while self._peer is not None and self._send_next(self._peer, now):
            pass

    def _send_next(self, peer: Peer, now: float) -> bool:
        """Sends one message; False if there is none, or no room."""
        if self._stage is not None and self._stage != self._told_stage:
            stage = self._stage
            if sent := peer.ink.send(inkwire.dump(stage)):
                self._told_stage = stage
            return sent
        if self._waiting:
            if sent := peer.ink.send(inkwire.dump(self._waiting[0])):
                self._waiting.popleft()
            return sent
        part = _as_many_as_fit(self.outbox.entries[self._sent : self._sent + inkwire.MAX_EDITS])
        if not part and self._told_log:
            return False
        log = Log(log=self.log_id, seq=self._sent, now=round(now, 3), entries=part)
        if sent := peer.ink.send(inkwire.dump(log)):
            self._sent += len(part)
            self._told_log = True
        return sent


def _as_many_as_fit(entries: list[Entry]) -> list[Entry]:
    """The first of ``entries``, at least one, that make up a message."""
    size = 0
    for place, entry in enumerate(entries):
        size += inkwire.size_of(entry)
        if place and size > inkwire.MAX_RELIABLE_BYTES * 2 // 3:
            return entries[:place]
    return entries
