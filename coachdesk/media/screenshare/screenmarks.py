"""Marks on a shared screen: where they are in each picture of it, told to who sees both."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from coachdesk.annotation import Mark, ScreenName, SurfaceName
from coachdesk.gestures import outline
from coachdesk.inkwire import Anchor, Poses, Shared
from coachdesk.media.screenshare.screenfollower import ScreenFollower

MOST_FOLLOWED = 16
DIGITS = 6
FRAMES_KNOWN = 64
"""Pictures sent to one party, by which what they draw on is known."""


class ScreenInk(Protocol):
    """What `InkHub` and `InkParty` have in common here: the marks on the screens that are followed at this endpoint."""

    on_screen_mark: dict[SurfaceName, Callable[[Mark], None]]
    on_begun: list[Callable[[str], None]]
    on_poses: Callable[[Poses], None]

    @property
    def now(self) -> float: ...
    def shared(self, surface: ScreenName) -> Shared: ...
    def marks(self) -> list[Mark]: ...
    def seen(self, party: str, anchors: list[Anchor]) -> list[Anchor]: ...
    def tell(self, party: str, poses: Poses) -> None: ...
    def sent_to(self, author: str) -> str: ...


@dataclass
class _Viewer:
    """``frames``: when the pictures were taken that they were sent, by their id; ``told``: of the newest of them."""

    frames: OrderedDict[int, float] = field(default_factory=OrderedDict)
    told: list[Anchor] = field(default_factory=list)


class ScreenMarks:
    """Connects a call's ink with the pictures of the screen that is drawn on as ``surface``, which ``follower`` sees; make
    it, and call everything, on the loop.
    """

    def __init__(self, ink: ScreenInk, surface: ScreenName, follower: ScreenFollower) -> None:
        self._ink, self._surface = ink, surface
        self._follower = follower
        self._marks: OrderedDict[str, bool] = OrderedDict()  # whether what it is about is known
        self._viewers: dict[str, _Viewer] = {}
        self._frame = 0
        ink.on_screen_mark[surface] = self._changed
        ink.on_begun.append(self._begun)

    def tick(self) -> None:
        """Several times a second: sees to what has faded, and tells what has become known since."""
        if not self._marks:
            return
        if self._frame != self._shared:
            self._begin_anew()
        alive = {mark.mark for mark in self._ink.marks() if mark.visible(self._ink.now)}
        self._follower.wanted = frozenset(alive & self._marks.keys())
        for party, viewer in self._viewers.items():
            if viewer.frames:
                self._tell(party, viewer, again=False)

    @property
    def any(self) -> bool:
        """Whether there is anything to follow."""
        return bool(self._marks)

    @property
    def _shared(self) -> int:
        return self._ink.shared(self._surface).frame

    def _begin_anew(self) -> None:
        """Another target, or size, is shared: nothing was drawn on that yet."""
        self._frame = self._shared
        for name in list(self._marks):
            self._release(name)

    def _release(self, name: str) -> None:
        del self._marks[name]
        self._follower.release(name)

    # --- marks ------------------------------------------------------------------------------------------------

    def _changed(self, mark: Mark) -> None:
        if self._frame != self._shared:
            self._begin_anew()
        if mark.frame != self._frame:
            return
        if mark.mark not in self._marks:
            self._take_up(mark)
        if mark.ended and mark.path and not self._marks[mark.mark]:
            self._marks[mark.mark] = True
            points = outline(mark.tool, mark.path)
            xs, ys = [x for x, _ in points], [y for _, y in points]
            self._follower.follow(mark.mark, (min(xs), min(ys), max(xs), max(ys)))
        if self._marks[mark.mark] and mark.visible(self._ink.now):
            self._follower.wanted |= {mark.mark}

    def _take_up(self, mark: Mark) -> None:
        captured = None
        if mark.picture is not None:
            viewer = self._viewers.get(self._ink.sent_to(mark.author), _Viewer())
            captured = viewer.frames.get(mark.picture, float("-inf"))
        self._marks[mark.mark] = False
        self._follower.hold(mark.mark, captured)
        while len(self._marks) > MOST_FOLLOWED:
            resting = (
                name for name in self._marks if name not in self._follower.wanted and name != mark.mark
            )
            self._release(next(resting, next(iter(self._marks))))

    # --- where they are ---------------------------------------------------------------------------------------

    def sent(self, party: str, frame: int, captured: float) -> None:
        """The picture that was seen as ``captured`` has gone to ``party``, who knows it as ``frame``."""
        viewer = self._viewers.setdefault(party, _Viewer())
        viewer.frames[frame] = captured
        while len(viewer.frames) > FRAMES_KNOWN:
            viewer.frames.popitem(last=False)
        self._tell(party, viewer, again=True)

    def _begun(self, party: str) -> None:
        """What was told on a connection before may be lost: where marks are in the newest picture is told again."""
        viewer = self._viewers.get(party)
        if viewer is not None and viewer.frames:
            self._tell(party, viewer, again=True)

    def _tell(self, party: str, viewer: _Viewer, *, again: bool) -> None:
        """Of the newest picture that was sent there. ``again``: also what was told of the one before it."""
        frame, captured = next(reversed(viewer.frames.items()))
        anchors = self._ink.seen(party, self._anchors(captured))
        if anchors and (again or anchors != viewer.told):
            self._ink.tell(party, Poses(frame=frame, epoch=0, anchors=anchors, surface=self._surface))
        viewer.told = anchors

    def _anchors(self, captured: float | None) -> list[Anchor]:
        poses = self._follower.poses(captured)
        return [_anchor(name, moved) for name, moved in poses.items() if name in self._marks]


def _anchor(name: str, moved: tuple[float, float] | None) -> Anchor:
    if moved is None:
        return Anchor(marks=[name], state="hidden")
    across, down = round(moved[0], DIGITS), round(moved[1], DIGITS)
    return Anchor(marks=[name], state="tracked", h=(1.0, 0.0, across, 0.0, 1.0, down, 0.0, 0.0, 1.0))
