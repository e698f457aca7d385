"""What is drawn on a shared screen, on that (virtual) screen itself: in its place, clicked through, and not captured."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from coachdesk import events
from coachdesk.annotation import Point
from coachdesk.inkwire import Anchor
from coachdesk.screen.masks import HIDDEN_GREY
from coachdesk.screenevents import Place
from tests.fakes.windows import CLICKED, NOTES, ORDER, Change, Window
from tests.media.desktops import (
    FRAME,
    HALF,
    REGION,
    RGB,
    WIDTH,
    YELLOW,
    Picture,
    both,
    box,
    captured,
    click,
    of,
    overlay,
    painted,
    two_monitors,
    window_of,
)
from tests.media.peers import until
from tests.media.screens import Open, capturing
from tests.ui.ink_samples import mark

pytestmark = [
    pytest.mark.media,
    pytest.mark.skipif(shutil.which("Xvfb") is None, reason="needs a virtual screen (Xvfb)"),
]

LEFT, TOP, RIGHT, BOTTOM = 100 + 100 - 3, 50 + 60 - 3, 100 + 300 + 3, 50 + 240 + 3
"""Of what is then painted: the outer edges of a line 6 pixels wide."""


@pytest.mark.parametrize(
    ("desktop", "scale"),
    [("openbox", "1"), ("openbox", "1.5"), ("openbox", "2"), ("xcompmgr", "1.5")],
    indirect=["desktop"],
)
async def test_a_mark_is_in_its_place_on_the_real_screen(
    desktop: str, show: Open, scale: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QT_SCALE_FACTOR", scale)
    composited = desktop == "xcompmgr"
    place = Place(REGION.x, REGION.y, REGION.width, REGION.height, screen=0, composited=composited)
    with overlay(tmp_path) as shown:
        shown.draw(place)
        picture = await painted(shown)
        assert box(of(picture, RGB)) == pytest.approx((LEFT, TOP, RIGHT, BOTTOM), abs=2)
        inside = picture[TOP + 12 : BOTTOM - 12, LEFT + 12 : RIGHT - 12]
        assert np.ptp(inside, axis=(0, 1)).max() == 0, "what is within the rectangle is the desktop's"
        shown.tell(mark("mark0001", state="removed", surface="screen", frame=FRAME))
        await painted(shown, lambda picture: not of(picture, RGB).any())


@pytest.mark.parametrize("desktop", ["openbox"], indirect=True)
async def test_a_pointer_is_where_it_points_with_a_ring_around_what_to_look_at(
    desktop: str, tmp_path: Path
) -> None:
    at = (REGION.x + REGION.width // 2, REGION.y + REGION.height // 2)
    laser = events.Laser(
        author="p-mia",
        stroke=1,
        colour=YELLOW,
        width=WIDTH,
        frame=FRAME,
        points=[Point(0.5, 0.5)],
        surface="screen",
        sign="spotlight",
    )
    with overlay(tmp_path) as shown:
        shown.tell(events.SharePlace(frame=FRAME, place=REGION))

        def points(picture: Picture) -> bool:
            shown.tell(laser)  # it fades
            ring = of(picture, RGB)[at[1] - 1 : at[1] + 1]
            return bool(ring[:, at[0] - 60 : at[0] - 30].any() and ring[:, at[0] + 30 : at[0] + 60].any())

        await painted(shown, points)


@both
async def test_clicks_go_through_it(desktop: str, show: Open, tmp_path: Path) -> None:
    show(ORDER)
    x, y, width, height = ORDER.place
    with overlay(tmp_path) as shown:
        shown.draw(Place(x, y, width, height, screen=0), path=[(0.0, 0.0), (1.0, 1.0)], width=0.1)
        await painted(shown)
        click(x + 2, y + height // 2)  # on the line itself
        await painted(shown, lambda picture: bool(of(picture, CLICKED).any()))


@pytest.mark.parametrize("desktop", ["openbox"], indirect=True)
async def test_a_mark_goes_where_its_content_is_scrolled_and_comes_back_with_it(
    desktop: str, tmp_path: Path
) -> None:
    def told(down: float | None) -> events.Poses:
        h = None if down is None else (1.0, 0.0, 0.0, 0.0, 1.0, down, 0.0, 0.0, 1.0)
        anchor = Anchor(marks=["mark0001"], state="hidden" if h is None else "tracked", h=h)
        return events.Poses(frame=FRAME, epoch=0, anchors=[anchor], surface="screen")

    with overlay(tmp_path) as shown:
        shown.draw()
        await painted(shown)
        shown.tell(told(None))
        await painted(shown, lambda picture: not of(picture, RGB).any())
        shown.tell(told(-0.1))
        picture = await painted(shown)
        there = (LEFT, TOP - REGION.height // 10, RIGHT, BOTTOM - REGION.height // 10)
        assert box(of(picture, RGB)) == pytest.approx(there, abs=2)


@pytest.mark.parametrize(
    ("desktop", "scales"),
    [("openbox", "left=1;right=2"), ("xcompmgr", "left=1.5;right=1")],
    indirect=["desktop"],
)
async def test_two_monitors_of_other_scales_have_each_its_marks(
    desktop: str, scales: str, show: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await two_monitors()
    show(Window("Right", (460, 80, 320, 300), ORDER.rgb))
    monkeypatch.setenv("QT_SCREEN_SCALE_FACTORS", scales)
    composited = desktop == "xcompmgr"
    with overlay(tmp_path) as shown, capturing("screen:1") as capture:
        assert capture.place == Place(0, 0, HALF, 600, screen=1, composited=composited)
        for screen, left in ((0, 0), (1, HALF)):
            shown.draw(Place(60, 80, 320, 300, screen=screen, composited=composited))
            await painted(shown, framed(left + 60 + 80 - 3, 80 + 60 - 3, left + 60 + 240 + 3, 80 + 240 + 3))
        picture = captured(capture)
        assert picture.shape == (600, HALF, 3)
        assert not of(picture, RGB).any()
        assert of(picture, ORDER.rgb)[80:380, 60:380].all(), "no holes"
        click(HALF + 60 + 80, 80 + 150)  # on the line itself
        await painted(shown, lambda picture: bool(of(picture, CLICKED).any()))


def framed(*there: int) -> Callable[[Picture], bool]:
    """Whether the mark, and nothing else of its colour, is there: left, top, right, bottom."""

    def holds(picture: Picture) -> bool:
        found = of(picture, RGB)
        return bool(found.any()) and box(found) == pytest.approx(there, abs=2)

    return holds


@both
async def test_marks_are_neither_captured_nor_leave_holes(desktop: str, show: Open, tmp_path: Path) -> None:
    tell = show(ORDER, NOTES)
    with overlay(tmp_path) as shown, capturing("screen:0") as capture:
        assert capture.place is not None
        assert capture.place.composited is (desktop == "xcompmgr")
        assert of(captured(capture), NOTES.rgb).any()
        shown.draw(capture.place)
        await painted(shown)
        tell(Change(1, place=(400, 300, 200, 150)))  # in the corner of the mark and beside it
        await until(lambda: of(captured(capture), NOTES.rgb)[300:450, 430:580].mean() > 0.9)
        picture = captured(capture)
        assert not of(picture, RGB).any()
        assert not (picture == HIDDEN_GREY).all(axis=2).any()


@both
async def test_a_window_takes_its_marks_along_and_its_picture_shows_none(
    desktop: str, show: Open, tmp_path: Path
) -> None:
    tell = show(ORDER)
    with overlay(tmp_path) as shown, capturing(window_of(ORDER.title)) as capture:
        assert capture.place is not None
        assert (capture.place.x, capture.place.y) == ORDER.place[:2]
        shown.draw(capture.place)
        await painted(shown)
        tell(Change(0, place=(260, 200, *ORDER.place[2:])))
        await until(lambda: capture.place is not None and (capture.place.x, capture.place.y) == (260, 200))
        shown.tell(events.SharePlace(frame=FRAME, place=capture.place))
        there = pytest.approx((260 + 100 - 3, 200 + 60 - 3, 260 + 300 + 3, 200 + 240 + 3), abs=2)
        await painted(shown, lambda picture: of(picture, RGB).any() and box(of(picture, RGB)) == there)
        plain = captured(capture)
        assert not of(plain, RGB).any()
        assert not (plain == HIDDEN_GREY).all(axis=2).any(), "no holes"
