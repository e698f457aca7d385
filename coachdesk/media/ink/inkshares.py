"""All shared screens of a call as something to draw on, at the hub of its ink."""

from __future__ import annotations

from collections.abc import Iterable
from typing import get_args

import msgspec

from coachdesk.annotation import Begin, Mark, ScreenName, SurfaceName
from coachdesk.inklog import InkLog, Refusal
from coachdesk.inkpeople import InkPeople
from coachdesk.inkwire import Shared, Sheet
from coachdesk.media.ink.inkline import InkLine
from coachdesk.media.ink.inklines import InkLines
from coachdesk.media.ink.inkshare import InkShare, Size


class InkShares:
    """The agent's, a supervisor's, the customer's. ``now``: the log's clock."""

    def __init__(self, people: InkPeople, log: InkLog, lines: InkLines) -> None:
        self._people, self._lines = people, lines
        self._shares: dict[SurfaceName, InkShare] = {
            surface: InkShare(surface, people, log, lines) for surface in get_args(ScreenName)
        }
        self._sheet: tuple[str, Sheet | None] = ("", None)

    def shared(self, surface: ScreenName) -> Shared:
        """What may be drawn on at present."""
        return self._shares[surface].shared

    def has(self, surface: SurfaceName, frame: int | None) -> bool:
        """Whether what goes by ``frame`` is shared now; of the customer's camera, every picture is."""
        share = self._shares.get(surface)
        return share is None or frame == share.shared.frame

    def go_on(self, marks: Iterable[Mark]) -> None:
        """Goes on after these: no frame of theirs is given out again."""
        known = list(marks)
        for share in self._shares.values():
            share.go_on(known)

    def tell(self, line: InkLine) -> None:
        """Says to one party, on a (new) connection, what is shared that they see."""
        for share in self._shares.values():
            if share.shared.frame:
                share.tell(line)

    def change(self, surface: ScreenName, size: Size | None, now: float) -> None:
        """What is shared there is another, or of another size (pixels); None: nothing is."""
        self._shares[surface].change(size, now)

    def show_customer(self, on: bool, now: float) -> bool:
        """The customer sees the agent's too, or no longer; whether that is new."""
        return self._shares["screen"].show_customer(on, now)

    def follow_coach(self, sharer: str, now: float) -> bool:
        """Supervisor ``sharer`` shows the others a screen, of which they say how large it is; whether that is new."""
        self._people.sharer = sharer
        line = self._lines.get(sharer)
        sheet = line.sheet if line is not None else None
        if (sharer, sheet) == self._sheet:
            return False
        self._sheet = sharer, sheet
        size = sheet.size if sheet is not None else None
        if size is None and not self.shared("coach").frame:
            return False
        self.change("coach", size, now)
        return True

    def placed(self, author: str, begin: Begin) -> Begin:
        """On the frame it is drawn on. Raises Refusal for a screen that is not shared (any more)."""
        share = self._shares.get(begin.surface)
        if share is not None and begin.frame != (share.shared.frame or None):
            raise Refusal("not_allowed")
        line = self._lines.get(author)
        if begin.surface == "coach" and begin.picture is not None and line is not None:
            return msgspec.structs.replace(begin, picture=line.sharers_picture(begin.picture))
        return begin
