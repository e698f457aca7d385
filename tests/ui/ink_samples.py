"""Marks and poses, as an endpoint would tell them, and windows that show a picture to draw on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from coachdesk import events
from coachdesk.annotation import Audience, Point, Tool
from coachdesk.inkwire import Anchor
from coachdesk.media.picture.framering import SharedPicture
from coachdesk.ui.presenters.ink_scene import InkScene
from coachdesk.ui.views.ink_view import InkView
from coachdesk.ui.views.video import Picture

FRAME = 90_000
STEP = 3000
"""Between two frames: 30 a second."""
FRAMES = events.Frames(party="customer", name="pictures")
Matrix = tuple[float, float, float, float, float, float, float, float, float]


def places(scene: InkScene, frame: int, now: float = 0.0) -> dict[str, float]:
    """How far to the right each mark is."""
    return {each.mark.mark: float(each.h[0, 2]) for each in scene.placed(frame, now)}


def moved(across: float, down: float) -> Matrix:
    return (1.0, 0.0, across, 0.0, 1.0, down, 0.0, 0.0, 1.0)


def mark(
    identity: str = "mark0001",
    tool: Tool = Tool.CIRCLE,
    path: list[tuple[float, ...]] | None = None,
    **changes: Any,
) -> events.Mark:
    corners = path or [(0.4, 0.4), (0.6, 0.6)]
    told = events.Mark(
        mark=identity, author="agent", name="Alex", tool=tool, colour="#e5484d", width=0.007, state="drawn",
        path=[Point(*point) for point in corners], audience=Audience.PUBLIC, seen_by=["Jana Novak"], frame=FRAME,  # type: ignore[arg-type]
    )  # fmt: skip
    return msgspec.structs.replace(told, **changes)


def poses(frame: int, **where: Matrix | str) -> events.Poses:
    """``where``: mark -> homography, or the state it is in."""
    anchors = [
        Anchor(marks=[name], state="tracked", h=found)
        if not isinstance(found, str)
        else Anchor(marks=[name], state=found, toward=0.0 if found == "off_screen" else None)  # type: ignore[arg-type]
        for name, found in where.items()
    ]
    return events.Poses(frame=frame, epoch=0, anchors=anchors)


MARKS = (
    mark("mark0001", Tool.CIRCLE, [(0.51, 0.66), (0.57, 0.76)], colour="#2f7cf6"),
    mark("mark0002", Tool.STAMP, [(0.34, 0.36)], number=1, colour="#2f7cf6"),
    mark("mark0003", Tool.TEXT, [(0.6, 0.86)], text="Press this one", colour="#2f7cf6"),
    mark("mark0004", Tool.PEN, [(0.24, 0.62, 0.2, 0), (0.27, 0.6, 0.5, 60), (0.3, 0.64, 0.9, 120), (0.33, 0.6, 0.4, 180)],
         author="customer", name="Jana Novak", colour="#ffb224"),
)  # fmt: skip
PRIVATE = mark("mark0005", Tool.ARROW, [(0.8, 0.28), (0.665, 0.42)], author="p-mia", name="Mia", colour="#e5484d",
               audience=Audience.COACHING, seen_by=["Otto"])  # fmt: skip
AT_FIRST = poses(FRAME, **{each.mark: moved(0.0, 0.0) for each in (*MARKS, PRIVATE)})
IN_PLACE = poses(FRAME + STEP, **{each.mark: moved(0.004, 0.002) for each in (*MARKS, PRIVATE)})
SOMEWHERE = poses(FRAME + STEP, mark0001=moved(0.004, 0.002), mark0002="lost", mark0003=moved(0.004, 0.002),
                  mark0004="off_screen", mark0005=moved(0.004, 0.002))  # fmt: skip


class Reel:
    """Shows pictures one after the other, each as often as asked for the next one."""

    def __init__(self, picture: Picture, frame: int = FRAME) -> None:
        self._picture = picture
        self._frame = frame
        self._number = 0
        self._new = True

    def read(self) -> SharedPicture | None:
        if not self._new:
            return None
        self._new = False
        self._number += 1
        return SharedPicture(self._picture, self._number, 0.0, self._frame)

    def roll(self, frame: int) -> None:
        """The next picture, the one of ``frame``."""
        self._frame, self._new = frame, True

    def close(self) -> None: ...


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def point_at(view: InkView, x: float, y: float) -> QPointF:
    content = view._video.content_rect()
    return QPointF(content.left() + x * content.width(), content.top() + y * content.height())


def drag(view: InkView, *path: tuple[float, float], between: Callable[[], None] = lambda: None) -> None:
    """The left button goes down at the first point of the picture, and up at the last."""
    here = [point_at(view, *point).toPoint() for point in path]
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=here[0])
    for point in here[1:]:
        QTest.mouseMove(view, point)
        QApplication.processEvents()
    between()
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=here[-1])
