"""The frame around what is shared, on the (virtual) screen itself: in its place, clicked through, in no picture."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from coachdesk import events
from coachdesk.screen.masks import HIDDEN_GREY
from coachdesk.screen.x11 import CONFIGURE_NOTIFY, Windows
from coachdesk.screenevents import Place, ShareState
from coachdesk.ui.views.desktop_window import RAISE_EVERY_MS
from tests.fakes.windows import CLICKED, NOTES, ORDER, Change, Window
from tests.media.desktops import (
    HALF,
    REGION,
    RGB,
    Overlay,
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

pytestmark = [
    pytest.mark.media,
    pytest.mark.skipif(shutil.which("Xvfb") is None, reason="needs a virtual screen (Xvfb)"),
]

SHARED, EVERYONE, BLANKED = (255, 140, 0), (229, 50, 45), (141, 148, 158)
SIZE = (800, 600)
"""Of the screen."""
PAGE = Window("Page", (0, 0, *SIZE), (20, 160, 60))


def share(shown: Overlay, place: Place | None, state: ShareState = "on", *, customer: bool = False) -> None:
    shown.tell(
        events.ShareOutline(place=place), events.Sharing(state=state, label="Order 4711", customer=customer)
    )


def inside(picture: NDArray[np.bool_], place: Place) -> NDArray[np.bool_]:
    return picture[place.y : place.y + place.height, place.x : place.x + place.width]


def ring(place: Place, scale: float = 1.0) -> object:
    """Left, top, right and bottom of the frame around ``place``."""
    line = 4 * scale
    there = (place.x - line, place.y - line, place.x + place.width + line, place.y + place.height + line)
    return pytest.approx(there, abs=2)


@pytest.mark.parametrize(
    ("desktop", "scale"),
    [("openbox", "1"), ("openbox", "1.5"), ("openbox", "2"), ("xcompmgr", "1.5")],
    indirect=["desktop"],
)
async def test_it_is_around_what_is_shared_until_that_ends(
    desktop: str, scale: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QT_SCALE_FACTOR", scale)
    with overlay(tmp_path) as shown:
        share(shown, REGION)
        found = of(await painted(shown, lambda picture: bool(of(picture, SHARED).any())), SHARED)
        assert box(found) == ring(REGION, float(scale))
        assert not inside(found, REGION).any()
        gaps = ~found[REGION.y : REGION.y + REGION.height, : REGION.x]
        assert gaps.sum(axis=1) == pytest.approx(REGION.x - 4 * float(scale), abs=1), "solid, and as thick"
        share(shown, REGION, "off")
        await painted(shown, lambda picture: not of(picture, SHARED).any())


@pytest.mark.parametrize("desktop", ["openbox"], indirect=True)
async def test_it_shows_who_sees_what_is_shared_and_that_nobody_does(desktop: str, tmp_path: Path) -> None:
    with overlay(tmp_path) as shown:
        share(shown, REGION)
        await painted(shown, lambda picture: bool(of(picture, SHARED).any()))
        share(shown, REGION, customer=True)
        picture = await painted(shown, lambda picture: bool(of(picture, EVERYONE).any()))
        assert not of(picture, SHARED).any()
        share(shown, REGION, "blank")
        picture = await painted(shown, lambda picture: bool(of(picture, BLANKED).any()))
        assert not of(picture, EVERYONE).any()
        dashes = of(picture, BLANKED)[REGION.y - 2, REGION.x : REGION.x + REGION.width]
        assert 0.4 < dashes.mean() < 0.6


@both
async def test_around_a_whole_screen_it_is_within_and_in_no_picture(
    desktop: str, show: Open, tmp_path: Path
) -> None:
    tell = show(PAGE, ORDER)
    with overlay(tmp_path) as shown, capturing("screen:0") as capture:
        share(shown, capture.place)
        found = of(await painted(shown, lambda picture: bool(of(picture, SHARED).any())), SHARED)
        assert box(found) == (0, 0, *SIZE)
        assert not found[4:-4, 4:-4].any()
        tell(Change(1, place=(-5, 200, 300, 200)))  # under the frame
        await until(lambda: of(captured(capture), ORDER.rgb)[210:390, :290].all())
        picture = captured(capture)
        assert of(picture, PAGE.rgb)[:190].all(), "the edges are fresh"
        assert not of(picture, SHARED).any()
        assert not (picture == HIDDEN_GREY).all(axis=2).any()


@both
async def test_clicks_go_through_it(desktop: str, show: Open, tmp_path: Path) -> None:
    show(PAGE)
    with overlay(tmp_path) as shown:
        share(shown, REGION)
        await painted(shown, lambda picture: bool(of(picture, SHARED).any()))
        click(REGION.x - 2, REGION.y + 100)  # on the line itself
        await painted(shown, lambda picture: bool(of(picture, CLICKED).any()))


@both
async def test_it_goes_along_with_a_window_whose_picture_never_shows_it(
    desktop: str, show: Open, tmp_path: Path
) -> None:
    tell = show(ORDER)

    def clear(picture: Picture) -> bool:
        return not of(picture, SHARED).any() and not (picture == HIDDEN_GREY).all(axis=2).any()

    with overlay(tmp_path) as shown, capturing(window_of(ORDER.title)) as capture:
        for x, y in (ORDER.place[:2], (260, 200), (270, 206)):
            tell(Change(0, place=(x, y, *ORDER.place[2:])))
            place = Place(x, y, *ORDER.place[2:], composited=desktop == "xcompmgr")
            await until(lambda place=place: capture.place == place)
            assert clear(captured(capture)), "where it was before is left out"
            share(shown, capture.place)

            def follows(picture: Picture, place: Place = place) -> bool:
                found = of(picture, SHARED)
                return bool(found.any()) and box(found) == ring(place)

            await painted(shown, follows)
            assert clear(captured(capture))


@pytest.mark.parametrize("desktop", ["openbox"], indirect=True)
async def test_it_is_over_windows_that_come_later_and_goes_when_the_app_dies(
    desktop: str, show: Open, tmp_path: Path
) -> None:
    with overlay(tmp_path) as watching:
        with overlay(tmp_path) as shown:
            share(shown, REGION)
            await painted(shown, lambda picture: bool(of(picture, SHARED).any()))
            show(PAGE)
            await painted(
                shown,
                lambda picture: (
                    bool(of(picture, PAGE.rgb).any()) and box(of(picture, SHARED)) == ring(REGION)
                ),
            )
            shown.die()
        picture = await painted(watching, lambda picture: not of(picture, SHARED).any())
        assert of(picture, PAGE.rgb).all()


@both
async def test_beside_marks_it_is_over_what_comes_later_and_rests_while_nothing_does(
    desktop: str, show: Open, tmp_path: Path
) -> None:
    watched = Windows()

    def both_over(window: Window) -> Callable[[Picture], bool]:
        return lambda picture: bool(
            of(picture, window.rgb)[500:].all() and of(picture, SHARED).any() and of(picture, RGB).any()
        )

    with overlay(tmp_path) as shown, contextlib.closing(watched):
        share(shown, REGION)
        shown.draw()
        for window in (PAGE, Window("Menu", PAGE.place, NOTES.rgb, free=True)):
            show(window)
            await painted(shown, both_over(window))
            await asyncio.sleep(2 * RAISE_EVERY_MS / 1000)
            watched.changes()
            await asyncio.sleep(6 * RAISE_EVERY_MS / 1000)
            shown.screen()  # what it has asked of the X server has come there
            assert [change for change in watched.changes() if change.kind == CONFIGURE_NOTIFY] == []


@pytest.mark.parametrize(
    ("desktop", "scales"),
    [("openbox", "left=1;right=2"), ("openbox", "left=1.5;right=1"), ("xcompmgr", "left=2;right=1.5")],
    indirect=["desktop"],
)
async def test_on_two_monitors_of_other_scales_each_has_its_part_of_it_and_of_the_marks(
    desktop: str, scales: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await two_monitors()
    monkeypatch.setenv("QT_SCREEN_SCALE_FACTORS", scales)
    left, right = (4 * float(scale.partition("=")[2]) for scale in scales.split(";"))
    composited = desktop == "xcompmgr"
    second = Place(60, 80, 240, 200, screen=1, composited=composited)
    across = Place(HALF - 200, 100, 400, 300, composited=composited)
    with overlay(tmp_path) as shown:
        for place, x, lines in ((second, HALF + 60, (right, right)), (across, HALF - 200, (left, right))):
            share(shown, place)
            shown.draw(place)
            frame = (x - lines[0], place.y - max(lines), x + place.width + lines[1])
            frame = pytest.approx((*frame, place.y + place.height + max(lines)), abs=2)
            drawn = [
                *(x + place.width / 4, place.y + place.height / 5),
                *(x + place.width * 3 / 4, place.y + place.height * 4 / 5),
            ]
            half = 0.01 * place.height
            drawn = pytest.approx([drawn[0] - half, drawn[1] - half, drawn[2] + half, drawn[3] + half], abs=2)

            def there(picture: Picture, frame: object = frame, drawn: object = drawn) -> bool:
                found, marks = of(picture, SHARED), of(picture, RGB)
                return bool(found.any() and marks.any()) and (
                    box(found) == frame and list(box(marks)) == drawn
                )

            await painted(shown, there)
