"""Real pictures of a real (virtual) screen, by the child process that captures."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import numpy as np
import pytest
import pytest_asyncio
from numpy.typing import NDArray

from coachdesk.demo.screen import VirtualScreen
from coachdesk.media import screencapture
from coachdesk.media.filesound import DeviceError
from coachdesk.media.framering import FrameReader
from coachdesk.media.screencapture import ScreenCapture, list_sources
from tests.fakes.desktop import BLUE, COVER, RED, SHARED, TITLE
from tests.media.peers import until

pytestmark = [
    pytest.mark.media,
    pytest.mark.skipif(shutil.which("Xvfb") is None, reason="captures a virtual screen (Xvfb)"),
]


@pytest_asyncio.fixture
async def screen(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    async with VirtualScreen("800x600x24") as virtual:
        for name, value in virtual.env.items():
            monkeypatch.setenv(name, value)
        yield


@pytest.fixture
def desktop(screen: None) -> Iterator[subprocess.Popen[bytes]]:
    """The windows of ``tests.fakes.desktop``, shown."""
    command = [sys.executable, "-m", "tests.fakes.desktop"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == b"shown\n"
            yield process
        finally:
            process.stdin.close()


@contextmanager
def capturing(source: str) -> Iterator[ScreenCapture]:
    capture = ScreenCapture(source)
    try:
        yield capture
    finally:
        capture.close()


def has(picture: NDArray[np.uint8], colour: tuple[int, int, int]) -> NDArray[np.bool_]:
    """Where it has that colour (BGR)."""
    return np.asarray((picture[:, :, :3] == colour).all(axis=2))


def seen(capture: ScreenCapture) -> NDArray[np.uint8]:
    shot = capture.latest()
    assert shot is not None
    return shot[0]


async def test_a_window_is_captured_without_what_lies_over_it(desktop: subprocess.Popen[bytes]) -> None:
    listed = {view.title: view for view in (await asyncio.to_thread(list_sources)).screens}
    assert (listed[TITLE].width, listed[TITLE].height) == SHARED[2:]
    assert listed[TITLE].thumbnail
    with capturing(listed[TITLE].source) as capture:
        picture = seen(capture)
        assert capture.label == TITLE
        assert picture.shape == (SHARED[3], SHARED[2], 4)
        assert not has(picture, BLUE).any()
        left, top = COVER[0] - SHARED[0], COVER[1] - SHARED[1]
        expected = np.ones(picture.shape[:2], bool)
        expected[top : top + COVER[3], left : left + COVER[2]] = False
        assert np.array_equal(has(picture, RED), expected)
        assert desktop.stdin is not None
        desktop.stdin.write(b"close\n")
        desktop.stdin.flush()
        await until(lambda: capture.fault)
        assert capture.fault == "The shared window was closed."


async def test_a_screen_and_a_part_of_it_are_captured_as_they_are(desktop: subprocess.Popen[bytes]) -> None:
    with capturing("screen:0") as capture:
        picture = seen(capture)
        assert picture.shape == (600, 800, 4)
        assert has(picture, BLUE).sum() == COVER[2] * COVER[3]
        assert desktop.stdin is not None
        desktop.stdin.write(b"close\n")
        desktop.stdin.flush()
        await until(lambda: not has(seen(capture), RED).any())
    left, top = COVER[0] + 10, COVER[1] + 20
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
