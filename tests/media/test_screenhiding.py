"""What rules hide of a real (virtual) screen never leaves the child process that captures."""

from __future__ import annotations

import asyncio
import base64
import shutil

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from coachdesk.events import SourceView
from coachdesk.media.filesound import DeviceError
from coachdesk.media.screenshare.screencapture import ScreenCapture, list_sources
from coachdesk.screen.masks import HIDDEN_GREY
from coachdesk.screenrules import Rules
from tests.fakes.windows import Change, Window
from tests.media.desktops import point
from tests.media.peers import until
from tests.media.screens import Open, capturing, seen

pytestmark = [
    pytest.mark.media,
    pytest.mark.skipif(shutil.which("Xvfb") is None, reason="captures a virtual screen (Xvfb)"),
]

SECRET, PLAIN = (230, 20, 200), (20, 160, 60)
"""Red, green, blue."""
PLACE = (100, 80, 300, 200)
VAULT = Window("My logins - Bitwarden", PLACE, SECRET)
ORDER = Window("Order 4711", (320, 180, 240, 160), PLAIN)
PICTURES, PATIENCE = 12, 40.0
"""How many pictures of a window that moves are looked at, and the seconds for that."""


def of(picture: NDArray[np.uint8], rgb: tuple[int, int, int]) -> int:
    """How many pixels are nearly of that colour."""
    apart = np.abs(picture[:, :, 2::-1].astype(int) - rgb).max(axis=2)
    return int((apart < 30).sum())


def part(picture: NDArray[np.uint8], place: tuple[int, int, int, int]) -> NDArray[np.uint8]:
    x, y, width, height = place
    return picture[y : y + height, x : x + width, :3]


async def listed() -> dict[str, SourceView]:
    return {view.title: view for view in (await asyncio.to_thread(list_sources)).screens}


@pytest.mark.parametrize("scale", ["1", "2"])
async def test_a_hidden_window_is_plain_and_others_are_as_they_are(
    show: Open, scale: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    show(VAULT, ORDER)
    monkeypatch.setenv("QT_SCALE_FACTOR", scale)
    with capturing() as capture:
        picture = seen(capture)
        assert of(picture, SECRET) == 0
        assert (part(picture, PLACE) == HIDDEN_GREY).all()
        assert of(part(picture, (405, 285, 150, 50)), PLAIN) == 150 * 50
        assert capture.warning == ""
    with capturing("region:0:90,70,200,150") as capture:
        assert of(seen(capture), SECRET) == 0


async def test_the_pointer_is_told_of_where_it_may_be_seen(show: Open) -> None:
    show(VAULT, ORDER)
    with capturing("region:0:0,0,500,400", Rules(regions=("region:0:0,0,50,50",))) as capture:
        point(400, 300)  # over the order
        await until(lambda: capture.pointer == (0.8, 0.75))
        point(120, 120)  # over the vault
        await until(lambda: capture.pointer is None)
        point(450, 100)  # over nothing
        await until(lambda: capture.pointer == (0.9, 0.25))
        point(20, 20)  # where it is blurred
        await until(lambda: capture.pointer is None)
        point(60, 20)
        await until(lambda: capture.pointer == (0.12, 0.05))
        point(600, 20)  # beside what is shared
        await until(lambda: capture.pointer is None)
    order = next(view.source for title, view in (await listed()).items() if title == ORDER.title)
    with capturing(order) as capture:
        point(440, 260)
        await until(lambda: capture.pointer == (0.5, 0.5))
        point(310, 260)
        await until(lambda: capture.pointer is None)


@pytest.mark.parametrize("rule", ["ORDER", "order 47*", "VIEW"])
async def test_a_rule_hides_by_title_or_program_from_when_it_is_given_on(show: Open, rule: str) -> None:
    show(ORDER)
    with capturing() as capture:
        assert of(seen(capture), PLAIN)
        capture.hide(Rules(titles=(rule,)))
        await until(lambda: of(seen(capture), PLAIN) == 0)


async def test_a_window_is_hidden_from_when_its_title_is_and_a_while_longer(show: Open) -> None:
    tell = show(ORDER)
    with capturing() as capture:
        assert of(seen(capture), PLAIN)
        tell(Change(0, title="Enter payment details"))
        await until(lambda: of(seen(capture), PLAIN) == 0)
        tell(Change(0, title="Order 4711"))
        await until(lambda: of(seen(capture), PLAIN))


async def test_a_hidden_window_that_is_moved_is_in_no_picture(show: Open) -> None:
    tell = show(ORDER, VAULT)
    with capturing() as capture:
        tell(Change(1, roam=True))
        times: set[float] = set()
        async with asyncio.timeout(PATIENCE):
            while len(times) < PICTURES:
                shot = capture.latest()
                assert shot is not None
                if shot[1] not in times:
                    times.add(shot[1])
                    assert of(shot[0], SECRET) == 0
                await asyncio.sleep(0.005)


async def test_dialogs_and_menus_of_a_hidden_window_are_hidden(show: Open) -> None:
    show(VAULT, Window("Edit", (500, 300, 100, 80), SECRET, of=0), ORDER)
    with capturing() as capture:
        assert of(seen(capture), SECRET) == 0
        assert of(seen(capture), PLAIN)


async def test_own_windows_are_hidden_where_nothing_lies_over_them(show: Open) -> None:
    show(Window("Ada on the line", PLACE, SECRET), program="CoachDesk")
    show(ORDER)
    with capturing() as capture:
        picture = seen(capture)
        assert of(picture, SECRET) == 0
        assert of(part(picture, ORDER.place), PLAIN) == ORDER.place[2] * ORDER.place[3]


async def test_a_hidden_window_is_neither_listed_nor_shared(show: Open) -> None:
    tell = show(Window("Ledger", PLACE, SECRET), ORDER)
    window = (await listed())["Ledger"].source
    with capturing(window) as capture:
        assert of(seen(capture), SECRET)
        tell(Change(0, title="Ledger - KeePassXC"))
        await until(lambda: (seen(capture)[:, :, :3] == HIDDEN_GREY).all())
    with pytest.raises(DeviceError, match="never shared"):
        await asyncio.to_thread(ScreenCapture, window)
    offered = await listed()
    assert not any("Ledger" in title for title in offered)
    assert "Order 4711" in offered
    for view in offered.values():
        small = cv2.imdecode(np.frombuffer(base64.b64decode(view.thumbnail), np.uint8), cv2.IMREAD_COLOR)
        assert small is not None
        assert of(np.asarray(small, np.uint8), SECRET) == 0


@pytest.mark.parametrize("source", ["screen:0", "region:0:150,90,400,300", "Zebra"])
async def test_a_region_is_blurred_beyond_recognition(show: Open, source: str) -> None:
    show(Window("Zebra", (100, 80, 500, 400), SECRET, striped=True))
    corner = {"screen:0": (0, 0), "region:0:150,90,400,300": (150, 90), "Zebra": (100, 80)}[source]
    source = (await listed())["Zebra"].source if source == "Zebra" else source
    with capturing(source, Rules(regions=("region:0:200,150,250,120",))) as capture:
        picture = seen(capture)
        blurred = part(picture, (200 - corner[0], 150 - corner[1], 250, 120)).astype(int)
        assert np.ptp(blurred, axis=(0, 1)).max() <= 16
        beside = part(picture, (200 - corner[0], 280 - corner[1], 250, 100)).astype(int)
        assert np.ptp(beside, axis=(0, 1)).max() > 150


@pytest.mark.skipif(shutil.which("openbox") is None, reason="needs a window manager (openbox)")
async def test_a_hidden_window_goes_with_its_frame(show: Open) -> None:
    manager = await asyncio.create_subprocess_exec(
        "openbox", "--sm-disable", stderr=asyncio.subprocess.DEVNULL
    )
    show(Window("Bitwarden", PLACE, SECRET, framed=True))
    with capturing() as capture:
        await until(
            lambda: (part(seen(capture), (PLACE[0], PLACE[1] - 8, PLACE[2], 80)) == HIDDEN_GREY).all()
        )
        assert of(seen(capture), SECRET) == 0
    manager.terminate()
    await manager.wait()
