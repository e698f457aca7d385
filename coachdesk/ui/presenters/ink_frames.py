"""Pictures and the poses of marks in them, which come by different ways and belong together."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Mapping

from coachdesk.events import Poses
from coachdesk.inkwire import Anchor
from coachdesk.media.picture.framering import SharedPicture

MOST_FRAMES = 90
MOST_PICTURES = 8
PATIENCE = 0.3
"""Seconds a picture waits for the poses of the marks in it; afterwards it is shown without the marks."""
SILENT_AFTER = 1.0
"""Seconds without any poses, after which none are waited for."""


class PoseBook:
    """The poses of the last frames, by the frame's id.

    Attributes:
        heard: when poses came last, on the clock of whoever puts them in; None: not yet.
    """

    def __init__(self) -> None:
        self.heard: float | None = None
        self._frames: OrderedDict[int, dict[str, Anchor]] = OrderedDict()

    def put(self, poses: Poses, now: float) -> None:
        """One message of several, maybe, for a frame."""
        self.heard = now
        found = self._frames.setdefault(poses.frame, {})
        found.update({mark: anchor for anchor in poses.anchors for mark in anchor.marks})
        while len(self._frames) > MOST_FRAMES:
            self._frames.popitem(last=False)

    def at(self, frame: int) -> Mapping[str, Anchor] | None:
        """Mark -> where it is in ``frame``; None: nothing was told of that frame."""
        return self._frames.get(frame)

    def latest(self) -> Mapping[str, Anchor]:
        """Of the frame told of last."""
        return self._frames[next(reversed(self._frames))] if self._frames else {}

    def clear(self) -> None:
        self.heard = None
        self._frames.clear()


class PictureQueue:
    """Pictures that wait until the poses of the marks in them are there, or for long enough.

    ``posed``: whether nothing more is to be waited for, by the frame's id.
    """

    def __init__(self, posed: Callable[[int], bool], clock: Callable[[], float]) -> None:
        self.posed = posed
        self._clock = clock
        self._waiting: deque[tuple[float, SharedPicture]] = deque(maxlen=MOST_PICTURES)

    def put(self, picture: SharedPicture) -> None:
        self._waiting.append((self._clock(), picture))

    def next(self) -> SharedPicture | None:
        """The newest picture to be shown now, if there is one; those before it are passed over."""
        overdue = self._clock() - PATIENCE
        for place in range(len(self._waiting) - 1, -1, -1):
            came, picture = self._waiting[place]
            if self.posed(picture.frame) or came <= overdue:
                for _ in range(place + 1):
                    self._waiting.popleft()
                return picture
        return None

    def clear(self) -> None:
        self._waiting.clear()
