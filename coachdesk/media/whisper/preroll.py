"""Push-to-talk: each 10 ms of the mic goes to the target that was chosen when it was spoken, or nowhere. Pure.

What is spoken between the key and the grant waits here, with the last 200 ms before the key in front of it if the customer
does not hear that mode, and is sent a little faster than it was spoken until it has caught up. After the release, what was
spoken before it is still sent; if the customer does not hear it, also when its grant comes later than the release.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from coachdesk.media.mixer import dbfs
from coachdesk.media.pcm import BLOCK_SAMPLES, RATE, Block
from coachdesk.media.whisper.backlog import Backlog
from coachdesk.media.whisper.polite import Pause
from signaling.policy import Mode

PREROLL_BLOCKS = 20
"""Kept of what is said while listening: 200 ms."""
WAITING_LIMIT = int(1.5 * RATE)
"""Samples that wait for a grant at most; older ones are dropped."""
POLITE_LIMIT = int(5.0 * RATE)
"""The same for a polite whisper, which waits for the customer as well."""
SLOWEST, FASTEST, HASTE = 1.25, 1.6, 2.0
"""How many times as fast as spoken a backlog is sent: while one goes on speaking, and after the release."""
IN_DOUBT_BLOCKS = 7
"""A microphone hands over sound up to 60 ms late. For so long after a change a block may be from before it."""
UNDER_WAY_BLOCKS = 1
"""The first block after a change was under way when it came: of two talks that differ it is the former's."""
STILL_DBFS = -55.0
"""Nobody speaks in a block below it, not even softly."""
PRIVATE = frozenset({Mode.WHISPER, Mode.LANE})
"""In all other modes the customer hears, and nothing that was said before the key is for them."""


@dataclass
class _Talk:
    """What is said in one mode, from key to release.

    Attributes:
        open: what is spoken now belongs to it.
        pause: of the customer's, which each phrase of a polite whisper waits for.
        under_way: blocks after the release that still belong to it.
        speed: of sending, fixed by how much waited when that began.
    """

    mode: Mode
    backlog: Backlog
    pause: Pause | None = None
    open: bool = True
    under_way: int = 0
    speed: float = SLOWEST

    def held(self, customer_speaks: bool, speaks: bool) -> bool:
        """Whether the next 10 ms have to wait: for the customer, or between phrases as what comes before a key does, since
        speech is known as such only some time after its begin.
        """
        pause = self.pause
        if pause is None or not (self.open or pause.awaited):
            return False
        waiting = pause.awaited or pause.resting
        pause.listen(
            customer_speaks=customer_speaks, speaks=speaks, behind=self.backlog.waiting / BLOCK_SAMPLES
        )
        if pause.resting:
            self.speed = 1.0
            return self.backlog.waiting <= PREROLL_BLOCKS * BLOCK_SAMPLES
        if waiting and not pause.awaited:
            self.begin()
        return pause.awaited

    def begin(self) -> None:
        """Sending begins; it shall have caught up about a second later."""
        self.speed = min(FASTEST, max(SLOWEST, 1 + self.backlog.waiting / RATE))


class PushToTalk:
    """Fed every 10 ms of the mic, and told of keys and grants in between.

    Attributes:
        polite: from the next key on, each phrase of a whisper waits for the customer to pause.
    """

    def __init__(self) -> None:
        self._past: deque[Block] = deque(maxlen=PREROLL_BLOCKS)
        self._talk: _Talk | None = None
        self._wanted: _Talk | None = None
        self._in_doubt = 0
        self._muted = False
        self.polite = False

    # --- keys, grants, accidents -----------------------------------------------------------------------------

    def press(self, mode: Mode) -> None:
        """What is spoken from now on is for ``mode``, and is kept until that is granted."""
        if self._wanted is not None and self._wanted.mode is mode:
            self._go_on(self._wanted)
            return
        self._drop_wanted()
        if self._talk is not None and self._talk.mode is mode:
            self._go_on(self._talk)
            return
        self._close()
        if self.held:
            self._talk = None  # a phrase held back is not for afterwards
        polite = self.polite and mode is Mode.WHISPER
        backlog = Backlog(POLITE_LIMIT if polite else WAITING_LIMIT)
        self._wanted = _Talk(mode, backlog, Pause() if polite else None)
        self._take_past(self._wanted)

    def grant(self, mode: Mode) -> None:
        """``mode`` may be sent from now on: what was kept for it, then what is spoken."""
        if self._talk is not None and self._talk.mode is mode and self._talk.open:
            return
        talk = self._wanted
        if talk is None or talk.mode is not mode:
            self.discard()
            talk = _Talk(mode, Backlog(WAITING_LIMIT))
        talk.begin()
        self._talk, self._wanted = talk, None

    def release(self, *, keep: bool = False) -> None:
        """What is spoken from now on is for nobody; what was spoken before and is granted is still sent.

        ``keep``: a grant that comes later is as good, where the customer does not hear it. Without, what is not granted yet
        never was said.
        """
        wanted = self._wanted
        if keep and wanted is not None and wanted.mode in PRIVATE:
            self._end(wanted)
        else:
            self._drop_wanted()
        self._close()

    def drop_rest(self) -> None:
        """What was spoken before a release and is not sent yet never will be."""
        if self.finishing:
            self._talk = None
        if self.unanswered:
            self._drop_wanted()

    def discard(self) -> None:
        """Nothing of what was spoken so far is sent any more, and nothing more is kept for anybody."""
        self._talk = self._wanted = None
        self._change()

    def mute(self, on: bool) -> None:
        """What waits is forgotten, and nothing is kept while muted. The mode stays."""
        self._muted = on
        self._change()
        for talk in (self._talk, self._wanted):
            if talk is not None:
                talk.backlog.clear()
                talk.under_way = 0

    @property
    def open_for(self) -> Mode:
        """The granted mode that what is spoken now goes to; ``listen`` is nobody."""
        return self._talk.mode if self._talk is not None and self._talk.open else Mode.LISTEN

    @property
    def wanted(self) -> Mode:
        """The mode whose grant is awaited; ``listen`` is none."""
        return self._wanted.mode if self._wanted is not None else Mode.LISTEN

    @property
    def unanswered(self) -> bool:
        """Whether something spoken before a release awaits its grant."""
        return self._wanted is not None and not self._wanted.open

    @property
    def busy(self) -> bool:
        """Whether a key is down, or what was said with it is still on its way."""
        return self._talk is not None or self._wanted is not None

    @property
    def finishing(self) -> bool:
        """Whether something granted and spoken before a release is still to be sent."""
        return self._talk is not None and not self._talk.open

    @property
    def held(self) -> bool:
        """Whether a granted whisper waits for the customer to pause."""
        pause = self._talk.pause if self._talk is not None else None
        return pause is not None and pause.awaited

    @property
    def patient(self) -> bool:
        """Whether what is being sent is, or was, held back for the customer."""
        return self._talk is not None and self._talk.pause is not None

    # --- every 10 ms -----------------------------------------------------------------------------------------

    def push(
        self, mic: Block, *, customer_speaks: bool = False, speaks: bool = True
    ) -> tuple[Mode, Block] | None:
        """Takes 10 ms of the mic, in which its owner ``speaks``; what is to be sent now and to whom, if anything."""
        if not self._muted:
            self._keep(mic)
        talk = self._talk
        return None if talk is None or talk.held(customer_speaks, speaks) else self._send(talk)

    def _keep(self, mic: Block) -> None:
        talk = self._talk
        if self._in_doubt:
            self._in_doubt -= 1
            for each in (talk, self._wanted):
                if each is not None and each.under_way:
                    each.under_way -= 1
                    each.backlog.put(mic)
        elif self._wanted is not None and self._wanted.open:
            self._wanted.backlog.put(mic)
        elif talk is not None and talk.open:
            talk.backlog.put(mic)
        else:
            self._past.append(mic)

    def _send(self, talk: _Talk) -> tuple[Mode, Block] | None:
        block = talk.backlog.take(talk.speed if talk.open else HASTE)
        if block is None and not talk.open and not talk.under_way:
            block = talk.backlog.rest()
            self._talk = None
        return (talk.mode, block) if block is not None else None

    # --- changes ---------------------------------------------------------------------------------------------

    def _change(self) -> None:
        """From here on it is not known for a while whether sound is from before."""
        self._past.clear()
        self._in_doubt = IN_DOUBT_BLOCKS

    def _drop_wanted(self) -> None:
        if self._wanted is not None:
            self._wanted = None
            self._change()

    def _close(self) -> None:
        """Ends what is spoken now."""
        if self._talk is not None:
            self._end(self._talk)

    def _end(self, talk: _Talk) -> None:
        """The block under way still counts, but never for the customer's ears."""
        if talk.open:
            talk.open = False
            if talk.mode in PRIVATE and not self._muted and not self._in_doubt:
                talk.under_way = UNDER_WAY_BLOCKS
            self._change()

    def _go_on(self, talk: _Talk) -> None:
        """The same mode again before it was left: one talk, in order."""
        if not talk.open:
            talk.open = True
            talk.under_way = 0
            self._take_past(talk)

    def _take_past(self, talk: _Talk) -> None:
        if talk.mode in PRIVATE:
            for block in self._past:
                talk.backlog.put(block)
            self._past.clear()
        elif self._was_still():
            self._past.clear()  # whatever sounds in the next blocks has begun with the key, as nearly as can be known
        else:
            self._change()

    def _was_still(self) -> bool:
        """Whether nobody has spoken here lately, so that no word from before is on its way."""
        return len(self._past) == PREROLL_BLOCKS and all(dbfs(block) < STILL_DBFS for block in self._past)
