"""A shared screen as something to draw on, at the hub of a call's ink: which frame it is, and who is told so."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from coachdesk.annotation import Mark, ScreenName
from coachdesk.inklog import InkLog
from coachdesk.inkpeople import InkPeople
from coachdesk.inkwire import Shared
from coachdesk.media.ink.inkline import InkLine
from coachdesk.media.ink.inklines import InkLines

Size = tuple[int, int]


class InkShare:
    """The agent's screen, a supervisor's, or the customer's. Tells the parties of ``people`` by ``lines``; who comes later
    by ``tell``.

    Attributes:
        shared: what may be drawn on at present, and whether the customer sees the agent's; they are never shown a
            supervisor's.
    """

    def __init__(self, surface: ScreenName, people: InkPeople, log: InkLog, lines: InkLines) -> None:
        self.shared = Shared(surface=surface)
        self._surface = surface
        self._last = 0
        self._people, self._log, self._lines = people, log, lines

    def go_on(self, marks: Iterable[Mark]) -> None:
        """Goes on after these: no frame of theirs is given out again."""
        self._last = max((mark.frame or 0 for mark in marks if mark.surface == self._surface), default=0)

    def change(self, size: Size | None, now: float) -> None:
        """What is shared is another, or of another size (pixels); None: nothing is. ``now``: the log's clock."""
        customer = self.shared.customer
        self.shared = Shared(customer=customer, surface=self._surface)
        if size is not None:
            self._last += 1
            self.shared = msgspec.structs.replace(
                self.shared, frame=self._last, width=size[0], height=size[1]
            )
        self._tell(now)

    def show_customer(self, on: bool, now: float) -> bool:
        """The customer sees the agent's too, and what is drawn on it for them, or no longer; whether that is new."""
        if on is self.shared.customer or self._surface != "screen":
            return False
        self.shared = msgspec.structs.replace(self.shared, customer=on)
        customer = self._lines.get(self._people.customer)
        if customer is not None and not on:
            customer.send(Shared())
        self._tell(now)
        return True

    def tell(self, line: InkLine) -> None:
        """Says it to one party, if they see what is shared."""
        shown = line.party == self._people.customer and self.shared.customer
        if shown or line.party in self._people.seeing(self._surface):
            line.send(self.shared)

    def _tell(self, now: float) -> None:
        if self._surface == "screen":
            self._people.shown = self.shared.frame if self.shared.customer else 0
        for line in self._lines:
            self.tell(line)
            if line.party == self._people.customer:
                line.outbox.put_all(mark for mark in self._log.board.marks() if self._shows(line, mark))
            line.flush(now)

    def _shows(self, line: InkLine, mark: Mark) -> bool:
        """Of the marks there, also that one is gone meanwhile."""
        return mark.surface == self._surface and self._people.sees(line.member, mark)
