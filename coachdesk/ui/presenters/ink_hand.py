"""The gesture in the hand of whoever draws here: seen at once, before anybody else knows of it."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

from coachdesk.annotation import MAX_GESTURE_MS, PATH_POINTS, Point, Tool
from coachdesk.gestures import finished
from coachdesk.inkwire import MAX_GESTURE_POINTS
from coachdesk.shapes import completed

LEAST_STEP = 0.0005
"""Of the picture's size: a hand that moves less has not moved."""


@dataclass
class Hand:
    """A mark in the making; it is painted like one.

    Attributes:
        frame: id of the picture it is drawn on.
        points: 0 to 1 of that picture, as they came.
        text, number: what the mark says.
        sent: how many of the points the endpoint has been told.
    """

    kind: Tool
    colour: str
    width: float
    frame: int | None
    clock: Callable[[], float]
    text: str = ""
    number: int = 0
    mark: str = field(default_factory=lambda: secrets.token_urlsafe(9))
    points: list[Point] = field(default_factory=list)
    sent: int = 0
    shape: tuple[Tool, list[Point]] | None = None

    def __post_init__(self) -> None:
        self._began = self.clock()

    def move(self, x: float, y: float, pressure: float = 0.5) -> bool:
        """Adds a point; False if it is where the last one was, or there are too many."""
        if len(self.points) >= MAX_GESTURE_POINTS:
            return False
        at = Point(_inside(x), _inside(y), round(_inside(pressure), 2), self._ms())
        if self.points and max(abs(at.x - self.points[-1].x), abs(at.y - self.points[-1].y)) < LEAST_STEP:
            return False
        self.points.append(at)
        return True

    def unsent(self, most: int) -> list[Point]:
        """The next points that the endpoint has not been told; they count as told then."""
        part = self.points[self.sent : self.sent + most]
        self.sent += len(part)
        return part

    def complete(self, aspect: float) -> None:
        """A hand-drawn arrow, circle or rectangle is shown as one."""
        if self.kind is Tool.PEN:
            self.shape = completed(self.points, aspect)

    @property
    def whole(self) -> bool:
        """Whether there are as many points as its tool needs."""
        return len(self.points) >= PATH_POINTS[self.kind][0]

    @property
    def tool(self) -> Tool:
        return self.shape[0] if self.shape is not None else self.kind

    @property
    def path(self) -> list[Point]:
        if self.shape is not None:
            return self.shape[1]
        return so_far(self.kind, self.points)

    def _ms(self) -> int:
        return min(MAX_GESTURE_MS, max(0, round((self.clock() - self._began) * 1000)))


def so_far(tool: Tool, points: list[Point]) -> list[Point]:
    """The path that a gesture of these points has as yet."""
    if tool in (Tool.PEN, Tool.HIGHLIGHTER, Tool.REFERENCE) or not points:
        return points
    return finished(tool, points)


def _inside(value: float) -> float:
    return min(1.0, max(0.0, value))
