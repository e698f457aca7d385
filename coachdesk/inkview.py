"""What one user sees of a call's ink: what comes in, told as events."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, get_args

import msgspec

from coachdesk import events
from coachdesk.annotation import Board, Entry, Mark, ScreenName
from coachdesk.gestures import centre
from coachdesk.inkwire import Anchor, Laser, Points, Poses, Replay

SAME_TIME = 0.5
"""Seconds by which a clock that is known by messages may seem to move."""


@dataclass(frozen=True)
class Around:
    """What a session knows and ink needs.

    Attributes:
        own: the name by which the log knows this user.
        known_as: the name by which this user may know an author.
        name: a person's name for that.
        sees: whether this user sees a mark: one that was shown to them may be taken back.
        seen_by: names of those who see a mark, its author and this user aside.
        newest_frame: what is drawn on unless a command says so.
        newest_screen: RTP timestamp of the newest picture here of the screen that another shares, if there is one.
        aspect: width by height of the picture.
        may_clear_all: whether others' marks are this user's to clear.
    """

    own: Callable[[], str]
    known_as: Callable[[str], str]
    name: Callable[[str], str]
    sees: Callable[[Mark], bool]
    seen_by: Callable[[Mark], list[str]]
    newest_frame: Callable[[], int | None]
    aspect: Callable[[], float]
    may_clear_all: bool
    newest_screen: Callable[[ScreenName], int | None] = lambda surface: None


class InkView:
    """The marks of one call at a time.

    Attributes:
        board: all entries so far.
        wants_poses: whether ``poses`` events are asked for.
        on_screen: where marks were last on each shared screen, by mark.
    """

    def __init__(self, around: Around, emit: Callable[[events.AnyEvent], None]) -> None:
        self._around, self._emit = around, emit
        self.wants_poses = False
        self.begin(lambda: 0.0)

    def begin(self, clock: Callable[[], float]) -> None:
        """An empty board, of a log with this clock."""
        self.board = Board()
        self._clock = clock
        self._told: dict[str, events.Mark] = {}
        self._next_fade = float("inf")
        self.on_screen: dict[ScreenName, dict[str, Anchor]] = {
            surface: {} for surface in get_args(ScreenName)
        }

    def retell(self) -> None:
        """Who sees which mark may have changed."""
        for name, told in list(self._told.items()):
            mark = self.board.mark(name)
            if mark is not None and told.state in ("drawing", "drawn"):
                self._tell(mark)

    def fade(self) -> None:
        """Tells of marks that have faded. To be called a few times a second."""
        if time.monotonic() >= self._next_fade:
            self._next_fade = float("inf")
            self.retell()
            for told in self._told.values():
                self._watch(told)

    def entry(self, entry: Entry) -> None:
        if self.board.apply(entry):
            mark = self.board.mark(entry.edit.mark)
            if mark is not None and (mark.mark in self._told or self._around.sees(mark)):
                self._tell(mark)

    def _tell(self, mark: Mark) -> None:
        event = self._event(mark)
        if event != self._told.get(mark.mark):
            self._told[mark.mark] = event
            self._watch(event)
            self._emit(event)

    def _watch(self, told: events.Mark) -> None:
        if told.state == "drawn" and told.fades_at is not None:
            self._next_fade = min(self._next_fade, told.fades_at + SAME_TIME / 10)

    def _event(self, mark: Mark) -> events.Mark:
        author = self._around.known_as(mark.author)
        told = self._told.get(mark.mark)
        fades_at = None if mark.fades_at is None else mark.fades_at - self._clock() + time.monotonic()
        if told is not None and told.fades_at is not None and fades_at is not None:
            fades_at = told.fades_at if abs(fades_at - told.fades_at) < SAME_TIME else fades_at
        return events.Mark(
            mark=mark.mark,
            author=author,
            name=self._around.name(author),
            tool=mark.tool,
            colour=mark.colour,
            width=mark.width,
            state=self._state(mark),
            path=list(mark.path),
            audience=mark.audience,
            seen_by=self._around.seen_by(mark),
            text=mark.text,
            number=mark.number,
            pinned=mark.pinned,
            frame=mark.frame,
            epoch=mark.epoch,
            surface=mark.surface,
            fades_at=fades_at,
        )

    def _state(self, mark: Mark) -> Literal["drawing", "drawn", "removed", "faded"]:
        if mark.removed or not self._around.sees(mark):
            return "removed"
        if not mark.ended:
            return "drawing"
        return "drawn" if mark.visible(self._clock()) else "faded"

    def drawing(self, points: Points) -> None:
        self._emit(events.MarkPoints(mark=points.mark, first=points.first, points=points.points))

    def pointed(self, laser: Laser) -> None:
        self._emit(
            events.Laser(
                author=self._around.known_as(laser.author),
                stroke=laser.stroke,
                colour=laser.colour,
                width=laser.width,
                frame=laser.frame,
                surface=laser.surface,
                sign=laser.sign,
                points=laser.points,
            )
        )

    def replayed(self, replay: Replay) -> None:
        self._emit(events.ReplayInk(gestures=replay.gestures))

    def posed(self, poses: Poses) -> None:
        if poses.surface != "camera":
            found = {mark: anchor for anchor in poses.anchors for mark in anchor.marks}
            self.on_screen[poses.surface] = found
        if self.wants_poses:
            places = {mark: place for anchor in poses.anchors for mark, place in self._places(anchor)}
            self._emit(
                events.Poses(
                    frame=poses.frame,
                    epoch=poses.epoch,
                    anchors=poses.anchors,
                    places=places,
                    surface=poses.surface,
                )
            )

    def _places(self, anchor: Anchor) -> Iterator[tuple[str, tuple[float, float]]]:
        """Where the tracked marks of an anchor are, each by the point that stands for it."""
        if anchor.state != "tracked" or anchor.h is None:
            return
        for name in anchor.marks:
            mark = self.board.mark(name)
            if mark is not None and mark.path:
                place = _mapped(anchor.h, *centre(mark.tool, mark.path))
                if place is not None:
                    yield name, place


def moved(mark: Mark, anchor: Anchor | None) -> Mark | None:
    """``mark`` where it is by ``anchor``, as drawn if there is none; None: it is not to be seen."""
    if anchor is None:
        return mark
    places = [_mapped(anchor.h, point.x, point.y) if anchor.h is not None else None for point in mark.path]
    path = [
        point._replace(x=min(1.0, max(0.0, at[0])), y=min(1.0, max(0.0, at[1])))
        for point, at in zip(mark.path, places, strict=True)
        if at
    ]
    return msgspec.structs.replace(mark, path=tuple(path)) if len(path) == len(mark.path) else None


def _mapped(h: tuple[float, ...], x: float, y: float) -> tuple[float, float] | None:
    w = h[6] * x + h[7] * y + h[8]
    if w <= 0:
        return None  # behind the camera
    return (h[0] * x + h[1] * y + h[2]) / w, (h[3] * x + h[4] * y + h[5]) / w
