"""A mark on a scrolled page, on real connections: in the viewer's picture and on the desktop it is on the same thing."""

from __future__ import annotations

import time

import numpy as np
import pytest

from coachdesk.annotation import Begin, End, Point, Tool
from coachdesk.inkwire import Poses
from coachdesk.media.picture.camera import Shot
from coachdesk.media.picture.video import Picture
from tests.fakes.views import MIA
from tests.media.peers import until
from tests.media.test_content import HEIGHT, WIDTH, page
from tests.media.test_screencast import Call, Observer, running

pytestmark = pytest.mark.media

THING, SIZE = (400, 760), 24
"""The middle of a black square on the page, columns and rows, and its side."""
BEGIN = 500
NEAR = 2.0
"""Pixels."""


class Page:
    """A page of text with one square on it, which can be scrolled."""

    label, fault, pointer = "Page", None, None

    def __init__(self) -> None:
        self._whole = np.repeat(page(1)[:, :, None], 4, axis=2)
        self._whole[THING[1] - 40 : THING[1] + 40, THING[0] - 40 : THING[0] + 40] = 245
        half = SIZE // 2
        self._whole[THING[1] - half : THING[1] + half, THING[0] - half : THING[0] + half] = 0
        self.scroll(BEGIN)

    def scroll(self, by: int) -> None:
        self._shot = self._whole[by : by + HEIGHT].copy(), time.monotonic()

    def latest(self) -> Shot | None:
        return self._shot

    def close(self) -> None: ...


class Told:
    """What a viewer is told of each picture, and the agent of the desktop: how far down the mark has gone, None: hidden."""

    def __init__(self, call: Call, viewer: Observer) -> None:
        self.viewer = viewer
        self.frames: dict[int, float | None] = {}
        self.desktop: float | None = None
        viewer.media.ink.on_poses = lambda poses: self.frames.__setitem__(poses.frame, down(poses))
        call.hub.ink.on_poses = lambda poses: setattr(self, "desktop", down(poses))

    @property
    def newest(self) -> Picture:
        newest = self.viewer.view.newest
        assert newest is not None
        return newest

    def of_newest(self, down: int | None) -> bool:
        told = self.frames.get(self.newest.timestamp, 0.5)
        return told == (None if down is None else pytest.approx(down, abs=0.01))


def down(poses: Poses) -> float | None:
    (anchor,) = poses.anchors
    return anchor.h[5] * HEIGHT if anchor.h is not None else None


def square_in(picture: Picture) -> tuple[float, float]:
    """The middle of the square, columns and rows."""
    grey = picture.bgra()[:, :, 1].astype(float)
    half = SIZE // 2
    sums = np.pad(grey, ((1, 0), (1, 0))).cumsum(0).cumsum(1)
    darkness = sums[SIZE:, SIZE:] - sums[:-SIZE, SIZE:] - sums[SIZE:, :-SIZE] + sums[:-SIZE, :-SIZE]
    y, x = np.unravel_index(np.argmin(darkness), darkness.shape)
    return float(x + half), float(y + half)


async def test_the_viewers_mark_and_the_one_on_the_desktop_are_on_the_same_thing() -> None:
    async with running() as call:
        screen, viewer = Page(), call.observers[MIA]
        told = Told(call, viewer)
        await call.hub.screens.agent.start(screen)
        call.hub.ink.share((WIDTH, HEIGHT))
        call.hub.ink.tick()
        await until(lambda: viewer.view.newest is not None and viewer.media.ink.shared("screen").frame > 0)
        begin = Begin(
            mark="mark-0001", tool=Tool.RECTANGLE, colour="#2f7cf6", width=0.006, surface="screen",
            frame=viewer.media.ink.shared("screen").frame, picture=told.newest.timestamp,
        )  # fmt: skip
        x, y = THING[0] / WIDTH, (THING[1] - BEGIN) / HEIGHT
        path = [Point(x - 0.05, y - 0.05), Point(x + 0.05, y + 0.05)]
        for edit in (begin, End(mark="mark-0001", path=path)):
            viewer.media.ink.submit(edit)
        for by in (BEGIN, BEGIN + 137, BEGIN + 900, BEGIN - 61):
            screen.scroll(by)
            gone = by > THING[1]
            moved = None if gone else BEGIN - by

            def agree(moved: int | None = moved) -> bool:
                call.hub.screens.tick()
                desktop = None if moved is None else pytest.approx(moved, abs=0.01)
                return told.of_newest(moved) and told.desktop == desktop

            await until(agree)
            if moved is not None:
                at = square_in(told.newest)
                assert at == pytest.approx((THING[0], THING[1] - BEGIN + moved), abs=NEAR)
