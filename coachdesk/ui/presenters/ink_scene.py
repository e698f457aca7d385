"""What is to be painted on one picture: marks with their place in it, or what is shown in their stead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import msgspec
import numpy as np

from coachdesk.annotation import FADING_SECONDS, Point, PointerSign
from coachdesk.events import Laser, Mark, MarkPoints, Poses, ReplayInk
from coachdesk.inkwire import MAX_GESTURE_POINTS, Anchor
from coachdesk.ui.inkshape import IDENTITY, Matrix, between
from coachdesk.ui.presenters.ink_frames import SILENT_AFTER, PoseBook
from coachdesk.ui.presenters.ink_hand import so_far

FLIGHT = 0.15
"""Seconds in which a mark goes from where it was drawn to where it is in the live picture."""
POINTER_LINGERS = 0.4
"""Seconds a pointer's trail is seen."""
RIPPLE = 0.6
"""Seconds for which a click is seen."""
MOST_POINTER_POINTS = 64
REPLAY_LINGERS_MS = 1200
MOST_FADED = 64
"""Marks that have faded and may be shown again: more than are ever replayed at once."""
BEHIND_REPLAY = 0.25
"""Opacity of a mark that is being drawn again."""


@dataclass(frozen=True)
class Placed:
    """A mark and its homography: from the picture it was drawn on to the one shown, both 0 to 1."""

    mark: Mark
    h: Matrix
    opacity: float = 1.0


@dataclass(frozen=True)
class Elsewhere:
    """A mark that is not in the picture. ``toward``: when off screen, as in ``inkwire.Anchor``."""

    mark: Mark
    state: Literal["lost", "off_screen"]
    toward: float = 0.0


@dataclass
class Pointer:
    """``points``: with the times at which they came. ``clicked``: when they clicked last."""

    colour: str
    width: float
    stroke: int
    points: list[tuple[float, Point]]
    sign: PointerSign = ""
    clicked: float = float("-inf")


class InkScene:
    """Everything that is drawn on one picture, as far as it is seen here, and where.

    ``now`` is the monotonic clock, seconds.

    Attributes:
        marks: those that are there or being drawn, in the order they began.
        poses: where they are, by frame.
    """

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Another call, or another log of ink."""
        self.marks: dict[str, Mark] = {}
        self._faded: dict[str, Mark] = {}
        self.poses = PoseBook()
        self.pointers: dict[str, Pointer] = {}
        self._growing: dict[str, list[Point]] = {}
        self._flights: dict[str, float] = {}
        self._replay: ReplayInk | None = None
        self._replay_began = 0.0
        self._kept: tuple[int, Mapping[str, Anchor]] | None = None

    # --- what comes in ----------------------------------------------------------------------------------------

    def put(self, mark: Mark) -> None:
        """What has faded lately is kept: it may be shown again."""
        if mark.state != "drawing":
            self._growing.pop(mark.mark, None)
        self._faded.pop(mark.mark, None)
        if mark.state in ("drawing", "drawn"):
            self.marks[mark.mark] = mark
            return
        self.marks.pop(mark.mark, None)
        if mark.state == "faded":
            self._faded[mark.mark] = mark
            if len(self._faded) > MOST_FADED:
                del self._faded[next(iter(self._faded))]

    def grow(self, more: MarkPoints) -> None:
        """More of another's gesture; what came twice or late does no harm."""
        if more.mark not in self.marks:
            return
        points = self._growing.setdefault(more.mark, [])
        if more.first + len(more.points) > len(points):
            points[more.first :] = more.points[: max(0, MAX_GESTURE_POINTS - more.first)]

    def place(self, poses: Poses, now: float) -> None:
        self.poses.put(poses, now)

    def point(self, laser: Laser, now: float) -> None:
        known = self.pointers.get(laser.author)
        if known is None or known.stroke != laser.stroke:
            known = self.pointers[laser.author] = Pointer(laser.colour, laser.width, laser.stroke, [])
        fresh = [(now, point) for point in laser.points]
        known.points = (known.points + fresh)[-MOST_POINTER_POINTS:]
        known.sign = laser.sign
        if laser.sign == "click":
            known.clicked = now

    def replay(self, gestures: ReplayInk, now: float) -> None:
        self._replay, self._replay_began = gestures, now

    def keep(self, frame: int | None) -> None:
        """The picture of ``frame`` stands still: its poses are needed for as long. None: no longer."""
        self._kept = None if frame is None else (frame, self.poses.at(frame) or {})

    def fly(self, mark: str, now: float) -> None:
        """``mark`` goes to its place from where it was drawn."""
        self._flights[mark] = now

    # --- what is to be seen -----------------------------------------------------------------------------------

    def posed(self, frame: int, now: float) -> bool:
        """Whether all is known of ``frame`` that will be, as far as one can tell."""
        if not self.marks or self.poses.at(frame) is not None:
            return True
        return self.poses.heard is None or now - self.poses.heard > SILENT_AFTER

    def placed(self, frame: int | None, now: float) -> list[Placed]:
        """The marks that are in the picture of ``frame``, as they began."""
        anchors = self._anchors(frame)
        found = []
        for mark in self.marks.values():
            drawing = self._as_drawn(mark)
            h = self._h(mark, anchors, frame, now) if drawing.path else None
            if h is not None:
                again = BEHIND_REPLAY if self._replays(mark.mark) else 1.0
                found.append(Placed(drawing, h, opacity(mark, now) * again))
        return found

    def elsewhere(self, frame: int | None) -> list[Elsewhere]:
        """The marks that are known and not in the picture of ``frame``."""
        found = []
        for name, anchor in self._anchors(frame).items():
            mark = self.marks.get(name)
            if mark is None or mark.state != "drawn" or mark.frame == frame:
                continue
            if anchor.state in ("lost", "off_screen"):
                state: Literal["lost", "off_screen"] = "lost" if anchor.state == "lost" else "off_screen"
                found.append(Elsewhere(mark, state, anchor.toward or 0.0))
        return found

    def replayed(self, frame: int | None, now: float) -> list[Placed]:
        """The marks that are being drawn again, as far as they have got."""
        if self._replay is None:
            return []
        anchors, found = self._anchors(frame), []
        elapsed = (now - self._replay_began) * 1000
        for gesture in self._replay.gestures:
            mark = self._known(gesture.mark)
            h = self._h(mark, anchors, frame, now) if mark is not None else None
            if mark is not None and h is not None:
                path = [point for point in mark.path if gesture.start + point.ms <= elapsed]
                found.append(Placed(msgspec.structs.replace(mark, path=path), h))
        return found

    def trails(self, now: float) -> list[tuple[str, Pointer, list[Point]]]:
        """The pointers that are seen, each with whose it is and what is left of its trail."""
        for author, pointer in list(self.pointers.items()):
            pointer.points = [(came, at) for came, at in pointer.points if now - came < POINTER_LINGERS]
            if not pointer.points:
                del self.pointers[author]
        return [
            (author, pointer, [at for _, at in pointer.points]) for author, pointer in self.pointers.items()
        ]

    def tick(self, now: float) -> bool:
        """Lets go of what is over; whether anything moves by itself, and is to be painted again soon."""
        self._flights = {mark: began for mark, began in self._flights.items() if now - began < FLIGHT}
        if self._replay is not None and (now - self._replay_began) * 1000 > self._replay_ends():
            self._replay = None
        fading = any(0 < opacity(mark, now) < 1 for mark in self.marks.values())
        return bool(self._flights or self._replay or self.pointers or fading)

    # --- where --------------------------------------------------------------------------------------------------

    def h(self, mark: str, frame: int | None) -> Matrix | None:
        """From the picture ``mark`` was drawn on to that of ``frame``; None: it is not known to be in there."""
        known = self.marks.get(mark)
        return self._at(known, self._anchors(frame), frame) if known is not None else None

    def _anchors(self, frame: int | None) -> Mapping[str, Anchor]:
        if frame is None:
            return {}
        if self._kept is not None and self._kept[0] == frame:
            return self._kept[1]
        return self.poses.at(frame) or {}

    def _h(self, mark: Mark, anchors: Mapping[str, Anchor], frame: int | None, now: float) -> Matrix | None:
        h = self._at(mark, anchors, frame)
        share = (now - self._flights.get(mark.mark, -FLIGHT)) / FLIGHT
        return h if h is None or share >= 1 else between(IDENTITY, h, share)

    def _at(self, mark: Mark, anchors: Mapping[str, Anchor], frame: int | None) -> Matrix | None:
        if frame is not None and mark.frame == frame:
            return IDENTITY
        return self._told(mark, anchors)

    def _told(self, mark: Mark, anchors: Mapping[str, Anchor]) -> Matrix | None:
        anchor = anchors.get(mark.mark)
        if anchor is None or anchor.state != "tracked" or anchor.h is None:
            return None
        h = np.array(anchor.h, np.float64).reshape(3, 3)
        return h if h[2, 2] > 0 else None

    def _as_drawn(self, mark: Mark) -> Mark:
        """With the points so far, while it is being drawn."""
        points = self._growing.get(mark.mark)
        if mark.path or not points:
            return mark
        return msgspec.structs.replace(mark, path=so_far(mark.tool, points))

    def _known(self, mark: str) -> Mark | None:
        return self.marks.get(mark) or self._faded.get(mark)

    def _replays(self, mark: str) -> bool:
        return self._replay is not None and any(each.mark == mark for each in self._replay.gestures)

    def _replay_ends(self) -> float:
        """Milliseconds from its beginning."""
        gestures = self._replay.gestures if self._replay is not None else []
        ends = [
            each.start + (mark.path[-1].ms if (mark := self._known(each.mark)) and mark.path else 0)
            for each in gestures
        ]
        return max(ends, default=0) + REPLAY_LINGERS_MS


def opacity(mark: Mark, now: float) -> float:
    """1, falling to 0 in the last of a mark's time."""
    if mark.fades_at is None:
        return 1.0
    return min(1.0, max(0.0, (mark.fades_at - now) / FADING_SECONDS))
