"""The hub's ends of all parties' ink, made as they come, and the stage that each of them is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from coachdesk import inkwire
from coachdesk.inklog import InkLog
from coachdesk.inkpeople import InkPeople
from coachdesk.inkroutes import colour_of
from coachdesk.media.ink.inkline import InkLine


class InkLines:
    """Of everybody but the agent. ``clock``: seconds, any origin; ``now``: the log's clock.

    Attributes:
        epoch: of the customer's picture.
        on_new: called with each line that is made.
    """

    def __init__(
        self, people: InkPeople, log: InkLog, clock: Callable[[], float], now: Callable[[], float]
    ) -> None:
        self.on_new: Callable[[InkLine], None] = lambda line: None
        self.epoch = 0
        self._frozen: int | None = None
        self._stills = False
        self._people, self._log = people, log
        self._clock, self._now = clock, now
        self._lines: dict[str, InkLine] = {}

    def __iter__(self) -> Iterator[InkLine]:
        return iter(list(self._lines.values()))

    def get(self, party: str) -> InkLine | None:
        """One that was needed before."""
        return self._lines.get(party)

    def of(self, party: str) -> InkLine | None:
        """Made when it is needed first; None for who is not on the call."""
        member = self._people.member(party)
        if member is None:
            return None
        if party not in self._lines:
            line = InkLine(member, self._log, self._people.known_to(member), self._clock())
            self._lines[party] = line
            self.on_new(line)
        return self._lines[party]

    def drop_gone(self) -> list[str]:
        """Lets go of the lines of those who have left the call; their party ids."""
        present = {each.party for each in self._people.members}
        gone = [party for party in self._lines if party not in present]
        for party in gone:
            del self._lines[party]
        return gone

    def flush(self) -> None:
        """Sends what had to wait."""
        for line in self._lines.values():
            line.flush(self._now())

    # --- the stage --------------------------------------------------------------------------------------------

    def tell_stage(self) -> None:
        """To all of them, where it is another."""
        for line in self._lines.values():
            self.tell_stage_to(line)

    def tell_stage_to(self, line: InkLine) -> None:
        line.tell_stage(
            inkwire.Stage(
                epoch=self.epoch,
                colour=colour_of(line.party, self._people.members),
                offset=line.offset,
                frozen=self._frozen,
                stills=self._stills,
            )
        )

    def show_still(self, frozen: int | None, *, instead: bool) -> None:
        """What everybody sees in place of the live picture is called ``frozen``; None: the live picture.

        ``instead``: that is not a video, but single pictures.
        """
        self._frozen, self._stills = frozen, instead
        self.tell_stage()
        self.flush()

    def set_offset(self, party: str, offset: int) -> None:
        """What ``party`` has to add to the RTP timestamps of the picture as it gets it, modulo 2**32."""
        line = self.of(party)
        if line is not None and line.offset != offset:
            line.offset = offset
            self.tell_stage_to(line)

    def hint(self, word: inkwire.HintWord) -> None:
        """Tells the customer what would make marks stick better."""
        line = self._lines.get(self._people.customer)
        if line is not None:
            line.send(inkwire.Hint(hint=word))

    def tell(self, party: str, message: inkwire.Message) -> None:
        """Reliably, at once; not at all to who is not on the call."""
        line = self.of(party)
        if line is not None:
            line.send(message)
            line.flush(self._now())
