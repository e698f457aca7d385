"""Marks that CoachDesk shows on the desktop, lifted off what is captured: each viewer's own window paints those they see."""

from __future__ import annotations

import time
from collections.abc import Iterable

from coachdesk.screen.masks import HIDDEN_GREY, Picture, Rect, mend_edges, within

LINGER = 0.5
"""Seconds for which a mark may still be in what is captured once its window has let go of the place."""


class Veil:
    """What is under a mark is seen as it was before the mark came, and plain where nothing is known of that."""

    def __init__(self) -> None:
        self._until: dict[Rect, float] = {}
        self._clear: Picture | None = None

    def covers(self, parts: Iterable[Rect]) -> None:
        """Marks are in ``parts`` now."""
        now = time.monotonic()
        self._until = {part: until for part, until in self._until.items() if until > now}
        self._until |= dict.fromkeys(parts, now + LINGER)

    def lift(self, picture: Picture, place: Rect) -> None:
        """Overwrites in ``picture``, of what is at ``place``, all that marks are or were just now in."""
        clear = self._clear if self._clear is not None and self._clear.shape == picture.shape else None
        for part in self._until:
            here = within(part, place)
            picture[here] = HIDDEN_GREY if clear is None else clear[here]

    def keep(self, picture: Picture, place: Rect) -> None:
        """``picture``, of what is at ``place``, goes out, and is not changed any more: marks may come over it.

        Along its edges, where the frame around all of a screen is for as long as that is shared, nothing is left as it was.
        """
        mend_edges(picture, place, self._until)
        self._clear = picture
