"""What one shares of one's screen as something to draw on: which frame it goes by, and where it is on the desktop."""

from __future__ import annotations

from collections.abc import Callable

from coachdesk import events
from coachdesk.annotation import ScreenName
from coachdesk.inkdesk import InkMedia
from coachdesk.media.screenshare.screencast import ScreenCast
from coachdesk.media.screenshare.screensource import ScreenSource
from coachdesk.screenevents import Place

Size = tuple[int, int]


class SharedSheet:
    """Tells the ink of the present call, and one's own window. ``surface``: what it is drawn on as. ``ink``, ``cast``: of
    the present call, or None.
    """

    def __init__(
        self,
        surface: ScreenName,
        ink: Callable[[], InkMedia | None],
        cast: Callable[[], ScreenCast | None],
        emit: Callable[[events.AnyEvent], None],
    ) -> None:
        self._surface, self._ink, self._cast, self._emit = surface, ink, cast, emit
        self._source: ScreenSource | None = None
        self._size: Size | None = None
        self._told = events.SharePlace(frame=0, surface=surface)

    def tick(self) -> None:
        """Every 100 ms or so. Another target, or another size of it, is another frame: what was drawn is not on that."""
        ink, cast = self._ink(), self._cast()
        if ink is None or cast is None:
            self._source = self._size = None
            self._tell(0, None)
            return
        place, size = _look(cast.source, self._size if cast.source is self._source else None)
        if cast.source is not self._source or size != self._size:
            self._source, self._size = cast.source, size
            ink.share(size)
        frame = ink.shared(self._surface).frame if self._source is not None else 0
        self._tell(frame, place if cast.state == "on" and frame else None)

    def _tell(self, frame: int, place: Place | None) -> None:
        told = events.SharePlace(frame=frame, place=place, surface=self._surface)
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
