"""A real (virtual) screen of 3840 x 2160, shared on real connections: as sharp as a viewer looks at it, and no more."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator

import numpy as np
import pytest
from numpy.typing import NDArray

from coachdesk import events
from coachdesk.demo.screen import VirtualScreen
from coachdesk.media.picture.framering import FrameReader
from coachdesk.media.screenshare.screensource import open_screen
from coachdesk.screenwire import Size
from tests.fakes.views import MIA, TOM
from tests.fakes.windows import Window
from tests.media.peers import until
from tests.media.screens import showing
from tests.media.test_screencast import Call, Observer, running

pytestmark = [
    pytest.mark.media,
    pytest.mark.skipif(shutil.which("Xvfb") is None, reason="captures a virtual screen (Xvfb)"),
]

WHOLE: Size = (3840, 2160)
PAGE = Window("Page", (2400, 1200, 1200, 800), (250, 250, 250), words=True)
SHARP = 4.0
"""Shades by which pixels of text differ on average where it is as sharp as on the screen; scaled by 3/4 and back: 17."""


@pytest.fixture
async def page(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    async with VirtualScreen("x".join(map(str, (*WHOLE, 24)))) as virtual:
        for name, value in virtual.env.items():
            monkeypatch.setenv(name, value)
        with showing(PAGE):
            yield


class Viewer:
    """The newest picture that an observer sees."""

    def __init__(self, observer: Observer) -> None:
        names = [each.name for each in observer.events if isinstance(each, events.Frames)]
        self._reader = FrameReader(names[-1])
        self.newest: NDArray[np.uint8] = np.zeros((0, 0, 4), np.uint8)

    def look(self) -> NDArray[np.uint8]:
        picture = self._reader.read()
        if picture is not None:
            self.newest = picture.bgra
        return self.newest

    def close(self) -> None:
        self._reader.close()


def text(picture: NDArray[np.uint8]) -> NDArray[np.int16]:
    left, top, width, height = PAGE.place
    return picture[top : top + height, left : left + width, 1].astype(np.int16)


def shows(call: Call, size: Size) -> None:
    """Both look at the whole of it at that size."""
    for name in (MIA, TOM):
        call.observers[name].media.show_screen_at(size)


async def test_text_is_as_sharp_as_on_the_screen_to_who_looks_pixel_for_pixel(page: None) -> None:
    async with running() as call:
        source = await asyncio.to_thread(open_screen, "screen:0")
        await call.hub.screens.agent.start(source)
        mia = call.observers[MIA]
        await until(lambda: any(isinstance(each, events.Frames) for each in mia.events))
        viewer = Viewer(mia)
        try:
            shot = source.latest()
            assert shot is not None
            assert shot[0].shape == (2160, 3840, 4)
            real = text(shot[0])

            def sharp() -> bool:
                picture = viewer.look()
                return picture.shape == shot[0].shape and float(np.abs(text(picture) - real).mean()) < SHARP

            await until(sharp)
            shows(call, (960, 540))
            await until(lambda: viewer.look().shape == (540, 960, 4))
            shows(call, (1920, 1080))
            await until(lambda: viewer.look().shape == (1080, 1920, 4))
            shows(call, WHOLE)
            await until(sharp)
        finally:
            viewer.close()
