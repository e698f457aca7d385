"""Marks that stick: where the things drawn on are in the newest picture, or that it is not known.

A mark is in its right place or hidden, never in a wrong place. No Qt, no asyncio, no threads: one thread calls.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from coachdesk.media.picture.registration import settle
from coachdesk.media.tracking.anchor import Anchor, State, toward
from coachdesk.media.tracking.frames import FrameId, Views
from coachdesk.media.tracking.geometry import Floats, Homography, Plane, normalized, to_pixels, transform
from coachdesk.media.tracking.surface import Surface, examine
from coachdesk.media.tracking.view import View, work_size

__all__ = ["BenchTracker", "FrameId", "Pose", "State", "Surface", "Tracker", "TrackerError"]

MOST_ANCHORS = 32
PER_FRAME = 2
"""Marks looked for in one picture; the others are carried along with these and have their turn in the next ones."""
CARRIED = 4
"""Frames for which a mark that is carried along only is shown."""
CATCH_UP = 4
"""Views between the one drawn on and the newest that a new mark is led through."""


class TrackerError(ValueError):
    """An anchor that cannot be: its picture is no longer known, its outline is none, or there are too many."""


@dataclass(frozen=True)
class Pose:
    """Where one mark is in one picture.

    Attributes:
        anchor: its name.
        state: tracked (draw it), hidden, lost, or off screen.
        h: keyframe 0, the picture drawn on, to this picture, both in coordinates 0..1 of the content (x right, y
            down): 3 x 3 with last entry 1. None unless tracked or off screen.
        toward: when off screen, its direction from the middle of the picture: radians, 0 to the right, clockwise.
    """

    anchor: str
    state: State
    h: Homography | None = None
    toward: float | None = None


@dataclass
class _Kept:
    anchor: Anchor
    size: tuple[int, int]
    """Of keyframe 0, work pixels."""
    carried: int = 0
    """Frames since it was looked for."""

    @property
    def tracked(self) -> bool:
        return self.anchor.state is State.TRACKED


class Tracker:
    """Several marks in the pictures of one camera. They share views, features, and the camera's motion.

    Call `keep` with every picture, `see` with those there is time for; `anchor` with any of the last two seconds. A still
    is none of the camera's pictures in their order: it is put beside them by `hold`, and may be drawn on for longer.
    """

    def __init__(self) -> None:
        self._views = Views()
        self._kept: dict[str, _Kept] = {}
        self._turns: deque[str] = deque()
        self._focus: str | None = None
        self._seen: FrameId | None = None

    def keep(self, frame: FrameId, luma: Plane) -> None:
        """Remember a picture: its Y plane, height x width. Takes 0.3 ms at 720p."""
        self._views.add(frame, View(luma))

    def hold(self, frame: FrameId, luma: Plane) -> None:
        """Remember a still, as `keep` does a picture of the video; the last four of them."""
        self._views.hold(frame, View(luma))

    def locate(self, frame: FrameId) -> list[Pose]:
        """The poses of all marks in a still, each looked for by itself; up to 100 ms for each. Raises TrackerError."""
        view = self._view(frame)
        return [_located(name, kept, view) for name, kept in self._kept.items()]

    def study(self, frame: FrameId) -> list[Pose]:
        """As `see`, for a still in place of a video: the next comes only after seconds, in which the camera may go anywhere,
        so each mark is looked for until it is found for sure. Up to 100 ms for each. Raises TrackerError.
        """
        view = self._view(frame)
        self._seen = frame
        for kept in self._kept.values():
            settle(kept.anchor, view)
            kept.carried = 0
        return [_pose(name, kept, view) for name, kept in self._kept.items()]

    def see(self, frame: FrameId) -> list[Pose]:
        """The poses of all marks in a picture kept before. Takes some 8 ms for each mark, of which two count.

        Raises TrackerError for a picture that is not known.
        """
        view = self._view(frame)
        if self._seen is not None and self._seen.epoch != frame.epoch:
            for kept in self._kept.values():
                kept.anchor.lose()
        self._seen = frame
        self._update(view)
        return [_pose(name, kept, view) for name, kept in self._kept.items()]

    def surface(self, frame: FrameId, outline: Floats) -> Surface:
        """Whether a mark drawn there would hold. ``outline``: N x 2, 0..1. Raises TrackerError as `anchor` does."""
        view = self._view(frame)
        return examine(view, _pixels(outline, view), self._views.sharpest())

    def anchor(self, name: str, frame: FrameId, outline: Floats) -> None:
        """Hold on to what ``outline`` (N x 2, N >= 1, 0..1 of the content) encloses or touches in ``frame``.

        That picture becomes keyframe 0. Raises TrackerError when it is not known (older than two seconds), when the
        outline is not N x 2 finite numbers from 0 to 1, or with too many anchors.
        """
        view = self._view(frame)
        points = _pixels(outline, view)
        if len(self._kept) >= MOST_ANCHORS and name not in self._kept:
            raise TrackerError(f"more than {MOST_ANCHORS} marks are followed; clear some")
        self.release(name)
        anchor = Anchor(view, points)
        if self._views.holds(frame):
            self._go_live(anchor)
        else:
            for later in self._views.between(frame, self._seen, CATCH_UP):
                anchor.update(later)
        self._kept[name] = _Kept(anchor, view.size)
        self._turns.append(name)
        self._focus = name

    def _go_live(self, anchor: Anchor) -> None:
        """From a still to the newest picture, wherever the camera is by now."""
        newest = self._views.get(self._seen) if self._seen is not None else None
        if newest is None:
            anchor.lose()
        else:
            settle(anchor, newest)

    def picture(self, name: str) -> Plane:
        """What a mark was drawn on, at work size: height x width of the light. Raises KeyError when it is not followed."""
        return self._kept[name].anchor.atlas.first.view.plane

    def release(self, name: str) -> None:
        """Let go of a mark; one that is not there is none to let go of."""
        if self._kept.pop(name, None) is not None:
            self._turns.remove(name)
            self._focus = None if self._focus == name else self._focus

    def focus(self, name: str | None) -> None:
        """The mark that is looked for in every picture; a new one has it until another gets it."""
        self._focus = name if name in self._kept else None

    def _view(self, frame: FrameId) -> View:
        view = self._views.get(frame)
        if view is None:
            raise TrackerError(f"picture {frame.timestamp} of epoch {frame.epoch} is not known any more")
        return view

    def _update(self, view: View) -> None:
        """Look for the leading mark, carry the others along with it, look for those whose turn it is."""
        lead = self._lead()
        if lead is None:
            return
        before = self._kept[lead].anchor.h
        self._look(lead, view)
        motion = None
        if self._kept[lead].tracked:
            motion = self._kept[lead].anchor.h @ np.linalg.inv(before)
        others = [name for name in self._turns if name != lead]
        for name in others:
            self._kept[name].carried += 1
            if motion is not None:
                self._kept[name].anchor.carry(motion)
            elif not self._kept[name].tracked or self._kept[name].carried > 1:
                self._kept[name].carried = CARRIED + 1
        for name in others[: PER_FRAME - 1]:
            self._look(name, view)

    def _lead(self) -> str | None:
        """The mark in focus, or while that is not seen, one that is."""
        first = self._focus if self._focus is not None else next(iter(self._turns), None)
        if first is None or self._kept[first].tracked:
            return first
        return next((name for name in self._turns if self._kept[name].tracked), first)

    def _look(self, name: str, view: View) -> None:
        self._kept[name].anchor.update(view)
        self._kept[name].carried = 0
        self._turns.remove(name)
        self._turns.append(name)


def _pixels(outline: Floats, view: View) -> Floats:
    points = np.asarray(outline, np.float64)
    if points.ndim != 2 or points.shape[1] != 2 or not len(points):
        raise TrackerError("an outline is a list of points [x, y]")
    if not ((points >= 0) & (points <= 1)).all():
        raise TrackerError("an outline's points lie within the picture: 0 to 1")
    return transform(to_pixels(view.size), points)


def _pose(name: str, kept: _Kept, view: View) -> Pose:
    anchor, state = kept.anchor, kept.anchor.state
    if state is State.TRACKED and kept.carried > CARRIED:
        state = State.HIDDEN
    if state not in (State.TRACKED, State.OFF_SCREEN):
        return Pose(name, state)
    h = normalized(np.linalg.inv(to_pixels(view.size)) @ anchor.place @ to_pixels(kept.size))
    if state is State.TRACKED:
        return Pose(name, state, h)
    return Pose(name, state, h, toward(anchor.centre, view.size))


def _located(name: str, kept: _Kept, view: View) -> Pose:
    probe = Anchor(kept.anchor.atlas.first.view, kept.anchor.outline)
    if kept.tracked:
        probe.carry(kept.anchor.h)
    else:
        probe.lose()
    return _pose(name, _Kept(probe, kept.size), view) if settle(probe, view) else Pose(name, State.LOST)


def _grey(frame_bgr: NDArray[np.uint8]) -> Plane:
    size = work_size(frame_bgr.shape[1], frame_bgr.shape[0])
    small = cv2.resize(frame_bgr, size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), np.uint8)


class BenchTracker:
    """One mark in colour pictures: the form in which trackers are compared (bench/tracking.py)."""

    def init(self, frame_bgr: NDArray[np.uint8], points: Floats) -> None:
        """``points``: N x 2, pixels of this frame, which is the one drawn on."""
        view = View(_grey(frame_bgr))
        height, width = frame_bgr.shape[:2]
        self._onto = to_pixels(view.size) @ np.linalg.inv(to_pixels((width, height)))
        self._points = np.asarray(points, np.float64).reshape(-1, 2)
        self._anchor = Anchor(view, transform(self._onto, self._points))

    def update(self, frame_bgr: NDArray[np.uint8]) -> Floats | None:
        """Where the points are in the next frame, its pixels; None while that is not sure."""
        view = View(_grey(frame_bgr))
        if self._anchor.update(view) is not State.TRACKED:
            return None
        h = normalized(np.linalg.inv(self._onto) @ self._anchor.place @ self._onto)
        return transform(h, self._points)
