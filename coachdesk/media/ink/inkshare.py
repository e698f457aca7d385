"""The agent's screen as something to draw on, at the hub of a call's ink: which frame it is, and who is told so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from coachdesk.annotation import Mark
from coachdesk.inklog import InkLog
from coachdesk.inkpeople import InkPeople
from coachdesk.inkwire import Shared
from coachdesk.media.ink.inkline import InkLine

Lines = Mapping[str, InkLine]


class InkShare:
    """Tells the parties of ``people`` by their ``lines``; those who come later by ``tell``.

    Attributes:
        shared: what may be drawn on at present, and whether the customer sees it.
    """

    def __init__(self, people: InkPeople, log: InkLog) -> None:
        self.shared = Shared()
        self._last = 0
        self._people, self._log = people, log

    def go_on(self, marks: Iterable[Mark]) -> None:
        """Goes on after these: no frame of theirs is given out again."""
        self._last = max((mark.frame or 0 for mark in marks if mark.surface == "screen"), default=0)

    def change(self, size: tuple[int, int] | None, lines: Lines, now: float) -> None:
        """What is shared is another, or of another size (pixels); None: nothing is. ``now``: the log's clock."""
        customer = self.shared.customer
        self.shared = Shared(customer=customer)
        if size is not None:
            self._last += 1
            self.shared = Shared(frame=self._last, width=size[0], height=size[1], customer=customer)
        self._tell(lines, now)

    def show_customer(self, on: bool, lines: Lines, now: float) -> bool:
        """The customer sees it too, and what is drawn on it for them, or no longer; whether that is new."""
        if on is self.shared.customer:
            return False
        self.shared = msgspec.structs.replace(self.shared, customer=on)
        customer = lines.get(self._people.customer)
        if customer is not None and not on:
            customer.send(Shared())
        self._tell(lines, now)
        return True

    def tell(self, line: InkLine) -> None:
        """Says it to one party, if they see what is shared."""
        shown = line.party == self._people.customer and self.shared.customer
        if shown or line.party in self._people.screen_viewers:
            line.send(self.shared)

    def _tell(self, lines: Lines, now: float) -> None:
        self._people.shown = self.shared.frame if self.shared.customer else 0
        for line in lines.values():
            self.tell(line)
            if line.party == self._people.customer:
                line.outbox.put_all(mark for mark in self._log.board.marks() if self._shows(line, mark))
            line.flush(now)

    def _shows(self, line: InkLine, mark: Mark) -> bool:
        """Of the marks there, also that one is gone meanwhile."""
        return mark.surface == "screen" and self._people.sees(line.member, mark)
