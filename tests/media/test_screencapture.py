"""Real pictures of a real (virtual) screen, by the child process that captures."""

from __future__ import annotations

import asyncio
import shutil
import sys

import numpy as np
import pytest
from numpy.typing import NDArray

from coachdesk.media.filesound import DeviceError
from coachdesk.media.picture.framering import FrameReader
from coachdesk.media.screenshare import screencapture
from coachdesk.media.screenshare.screencapture import ScreenCapture, list_sources
from coachdesk.screenevents import Place
from tests.fakes.windows import NOTES, ORDER, Change, Window
from tests.media.desktops import HALF, box, two_monitors
from tests.media.peers import until
from tests.media.screens import Open, Tell, capturing, seen

pytestmark = [
    pytest.mark.media,
    pytest.mark.skipif(shutil.which("Xvfb") is None, reason="captures a virtual screen (Xvfb)"),
]


RED, BLUE = ORDER.rgb[::-1], NOTES.rgb[::-1]
"""Blue, green, red."""
GREEN = (30, 160, 60)


@pytest.fixture
def desktop(show: Open) -> Tell:
    """A red window, partly under a blue one."""
    return show(ORDER, NOTES)


def has(picture: NDArray[np.uint8], colour: tuple[int, int, int]) -> NDArray[np.bool_]:
    """Where it has that colour (BGR)."""
    return np.asarray((picture[:, :, :3] == colour).all(axis=2))


async def test_a_window_is_captured_without_what_lies_over_it(desktop: Tell) -> None:
    listed = {view.title: view for view in (await asyncio.to_thread(list_sources)).screens}
    assert (listed[ORDER.title].width, listed[ORDER.title].height) == ORDER.place[2:]
    assert listed[ORDER.title].thumbnail
    with capturing(listed[ORDER.title].source) as capture:
        picture = seen(capture)
        assert capture.label == ORDER.title
        assert picture.shape == (ORDER.place[3], ORDER.place[2], 4)
        assert not has(picture, BLUE).any()
        left, top = NOTES.place[0] - ORDER.place[0], NOTES.place[1] - ORDER.place[1]
        expected = np.ones(picture.shape[:2], bool)
        expected[top : top + NOTES.place[3], left : left + NOTES.place[2]] = False
        assert np.array_equal(has(picture, RED), expected)
        desktop(Change(0, close=True))
        await until(lambda: capture.fault)
        assert capture.fault == "The shared window was closed."


@pytest.mark.skipif(shutil.which("xcompmgr") is None, reason="needs a compositor (xcompmgr)")
async def test_nor_is_that_shown_where_a_compositor_keeps_windows_apart(show: Open) -> None:
    compositor = await asyncio.create_subprocess_exec("xcompmgr", stderr=asyncio.subprocess.DEVNULL)
    show(ORDER, NOTES)
    source = next(
        view.source for view in (await asyncio.to_thread(list_sources)).screens if view.title == ORDER.title
    )
    with capturing(source) as capture:
        await until(lambda: capture.place is not None and capture.place.composited)
        assert has(seen(capture), RED).any()
        assert not has(seen(capture), BLUE).any()
    compositor.terminate()
    await compositor.wait()


async def test_a_screen_and_a_part_of_it_are_captured_as_they_are(desktop: Tell) -> None:
    with capturing("screen:0") as capture:
        told: list[bool] = []
        capture.on_picture = lambda: told.append(True)
        picture = seen(capture)
        assert picture.shape == (600, 800, 4)
        assert has(picture, BLUE).sum() == NOTES.place[2] * NOTES.place[3]
        desktop(Change(0, close=True))
        await until(lambda: told and not has(seen(capture), RED).any())
    left, top = NOTES.place[0] + 10, NOTES.place[1] + 20
    with capturing(f"region:0:{left},{top},50,40") as capture:
        assert seen(capture).shape == (40, 50, 4)
        assert has(seen(capture), BLUE).all()


async def test_the_child_and_its_memory_go_with_the_share_and_with_the_endpoint(screen: None) -> None:
    with capturing("screen:0") as capture:
        name = capture._name
        FrameReader(name).close()
    with pytest.raises(FileNotFoundError):
        FrameReader(name)
    with capturing("screen:0") as capture:
        assert capture._process.stdin is not None
        capture._process.stdin.close()  # as when the endpoint dies
        await until(lambda: capture._process.poll() == 0)
        with pytest.raises(FileNotFoundError):
            FrameReader(capture._name)
    with capturing("screen:0") as capture:
        capture._process.kill()
        await until(lambda: capture.fault)
        assert "Share again" in (capture.fault or "")
        assert capture.latest() is not None


@pytest.mark.parametrize(
    "source", ["screen:7", "window:12", "region:0:5000,1,20,30", "region:0:1,1,0,0", "screen:x"]
)
async def test_what_is_not_there_is_said(screen: None, source: str) -> None:
    with pytest.raises(DeviceError, match=r"Choose again|was closed"):
        await asyncio.to_thread(ScreenCapture, source)


@pytest.mark.parametrize("platform", ["offscreen", "no-such-platform"])
async def test_without_a_desktop_it_says_so(platform: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", platform)
    for attempt in (lambda: ScreenCapture("screen:0"), list_sources):
        with pytest.raises(DeviceError, match="desktop session"):
            await asyncio.to_thread(attempt)


async def test_without_qt_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screencapture, "PROGRAM", (sys.executable, "-c", "import no_such_module"))
    for attempt in (lambda: ScreenCapture("screen:0"), list_sources):
        with pytest.raises(DeviceError, match="PySide6"):
            await asyncio.to_thread(attempt)


@pytest.mark.parametrize("scales", ["left=1;right=1", "left=1;right=2", "left=1.5;right=1"])
async def test_of_two_monitors_the_chosen_one_is_captured_and_a_window_across_both_whole(
    show: Open, scales: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await two_monitors()
    first, second = (
        Window("First", (40, 60, 200, 150), (200, 30, 40)),
        Window("Second", (HALF + 50, 80, 120, 90), GREEN),
    )
    across = Window("Across", (HALF - 90, 300, 240, 120), (30, 40, 200))
    show(first, second, across)
    monkeypatch.setenv("QT_SCREEN_SCALE_FACTORS", scales)
    listed = {view.title: view for view in (await asyncio.to_thread(list_sources)).screens}
    with capturing("screen:1") as capture:
        picture = seen(capture)
        assert picture.shape == (600, HALF, 4)
        assert box(has(picture, GREEN[::-1])) == (50, 80, 170, 170)
        assert box(has(picture, across.rgb[::-1])) == (0, 300, 150, 420)
        assert not has(picture, first.rgb[::-1]).any()
        assert capture.place == Place(0, 0, HALF, 600, screen=1, composited=False)
    with capturing(listed["Across"].source) as capture:
        picture = seen(capture)
        assert picture.shape == (120, 240, 4)
        assert has(picture, across.rgb[::-1]).all()
        assert capture.place == Place(*across.place, composited=False)
