"""What an agent shares of their screen as something to draw on: which frame it goes by, and where it is on the desktop."""

from __future__ import annotations

from collections.abc import Callable

from coachdesk import events
from coachdesk.media.agent_hub import AgentHub
from coachdesk.media.screenshare.screensource import ScreenSource
from coachdesk.screenevents import Place

Size = tuple[int, int]


class SharedSheet:
    """Tells the ink of the present call, whose ``hub`` is None between calls, and the agent's own window."""

    def __init__(self, hub: Callable[[], AgentHub | None], emit: Callable[[events.AnyEvent], None]) -> None:
        self._hub, self._emit = hub, emit
        self._source: ScreenSource | None = None
        self._size: Size | None = None
        self._told = events.SharePlace(frame=0)

    def tick(self) -> None:
        """Every 100 ms or so. Another target, or another size of it, is another frame: what was drawn is not on that."""
        hub = self._hub()
        if hub is None:
            self._source = self._size = None
            self._tell(0, None)
            return
        source = hub.screens.agent.source
        place, size = _look(source, self._size if source is self._source else None)
        if source is not self._source or size != self._size:
            self._source, self._size = source, size
            hub.ink.share(size)
        shown = hub.screens.agent.state == "on" and hub.ink.shared.frame
        self._tell(hub.ink.shared.frame, place if shown else None)

    def _tell(self, frame: int, place: Place | None) -> None:
        told = events.SharePlace(frame=frame, place=place)
        if told != self._told:
            self._told = told
            self._emit(told)


def _look(source: ScreenSource | None, known: Size | None) -> tuple[Place | None, Size | None]:
    """Where ``source`` is, and its size; what is no part of the desktop keeps the size that is ``known``."""
    place = source.place if source is not None else None
    if place is not None:
        return place, (place.width, place.height)
    shot = source.latest() if source is not None and known is None else None
    return None, (shot[0].shape[1], shot[0].shape[0]) if shot is not None else known
