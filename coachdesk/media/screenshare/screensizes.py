"""How large each party of a call shows another's screen, and how large the one is that they share, as they say. Pure."""

from __future__ import annotations

import time
from collections.abc import Callable

from coachdesk.screenwire import Size
from signaling.pace import TokenBucket

SAYS_PER_SECOND, SAYS_AT_ONCE = 10.0, 30.0
"""A window that is drawn larger or smaller says it five times a second."""


class ScreenSizes:
    """By party. Who says it too often counts as one who has not said: nothing is made smaller for them."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._paces: dict[str, TokenBucket] = {}
        self._shown: dict[str, Size | None] = {}
        self._shared: dict[str, Size | None] = {}

    def show(self, party: str, size: Size | None) -> None:
        """``party`` shows the whole of what it is shown at ``size``, pixels of its monitor; 0: nowhere."""
        self._shown[party] = self._paced(party, size)

    def share(self, party: str, size: Size) -> None:
        """The whole of what ``party`` shares has that ``size``, in pixels."""
        self._shared[party] = self._paced(party, size)

    def forget(self, party: str) -> None:
        """It has left, or is there anew and has said nothing yet."""
        self._paces.pop(party, None)
        self._shown.pop(party, None)
        self._shared.pop(party, None)

    def shown(self, party: str) -> Size | None:
        """None: it has not said."""
        return self._shown.get(party)

    def shared(self, party: str) -> Size | None:
        """None: it has not said."""
        return self._shared.get(party)

    def _paced(self, party: str, size: Size | None) -> Size | None:
        now = self._clock()
        pace = self._paces.setdefault(party, TokenBucket(SAYS_PER_SECOND, SAYS_AT_ONCE, now))
        return size if pace.take(now) else None
