"""What the rules hide of a real screen is in no picture that anybody else decodes: not at the observers, not on the
customer's page, not in a snapshot; while windows move and rules change.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from coachdesk import commands, events
from coachdesk.demo.scene import Scene
from coachdesk.demo.screen import VirtualScreen
from coachdesk.demo.stage import Stage
from coachdesk.media.picture.framering import FrameReader
from coachdesk.remote import RemoteEndpoint
from coachdesk.soundserver import SoundServer
from tests.e2e.conftest import SINK
from tests.e2e.steps import listen
from tests.fakes.windows import Change, Window
from tests.media.screens import Tell, showing

pytestmark = [pytest.mark.media, pytest.mark.browser, pytest.mark.timeout(300)]

VAULT = Window("My logins - Bitwarden", (0, 40, 300, 200), (230, 20, 200))
CARD = Window("Order 4711, page 2", (420, 330, 300, 200), (20, 40, 230), striped=True)
PLAIN = Window("Order 4711", (60, 330, 300, 200), (20, 160, 60))
REGION = "region:0:400,310,400,290"
PICTURES, PATIENCE = 25, 60.0
NEAR, SPECKS = 48, 40
"""How near to a colour a pixel is of it, after coding; and pixels that coding may make of any colour."""


@pytest.fixture
async def scene(tmp_path: Path, sound: SoundServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Scene]:
    async with (
        VirtualScreen("800x600x24") as screen,
        Stage(tmp_path, env=screen.env) as stage,
        Scene(stage, sink=SINK, env=sound.environment(), windows=False) as scene,
    ):
        for name, value in screen.env.items():
            monkeypatch.setenv(name, value)  # where the windows are opened
        yield scene
        assert scene.customer.problems == []


@pytest.fixture
def windows(scene: Scene) -> Iterator[Tell]:
    """A password manager that is moved all the time, and two others."""
    with showing(PLAIN, CARD, VAULT) as tell:
        tell(Change(window=2, roam=True))
        yield tell


def of(picture: NDArray[np.uint8], window: Window) -> int:
    """How many pixels of a picture, BGR, have that window's colour."""
    return int((np.abs(picture[:, :, 2::-1].astype(int) - window.rgb).max(axis=2) < NEAR).sum())


class Viewer:
    """All pictures that an observer's endpoint decodes of the agent's screen."""

    def __init__(self, reader: FrameReader) -> None:
        self._reader = reader

    @classmethod
    async def at(cls, observer: RemoteEndpoint) -> Viewer:
        told = await observer.wait(events.Frames, lambda event: event.screen and event.party == "agent")
        return cls(FrameReader(told.name))

    async def next(self) -> NDArray[np.uint8]:
        async with asyncio.timeout(PATIENCE):
            while True:
                shown = self._reader.read()
                if shown is not None:
                    return shown.bgra
                await asyncio.sleep(0.01)

    async def shows(self, window: Window) -> None:
        """Returns when one of them has that window."""
        while of(await self.next(), window) < SPECKS:
            pass

    def close(self) -> None:
        self._reader.close()


async def page(scene: Scene) -> NDArray[np.uint8]:
    png = await scene.customer.page.locator("#agent-screen-place").screenshot()
    return np.asarray(cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR), np.uint8)


async def snapshot(agent: RemoteEndpoint) -> NDArray[np.uint8]:
    photo = await agent.do(commands.Snapshot())
    assert isinstance(photo, events.Photo)
    return np.asarray(cv2.imread(photo.file), np.uint8)


async def on_the_page(scene: Scene, window: Window) -> None:
    async with asyncio.timeout(PATIENCE):
        while of(await page(scene), window) < SPECKS:
            pass


async def in_a_snapshot(agent: RemoteEndpoint, window: Window) -> None:
    async with asyncio.timeout(PATIENCE):
        while of(await snapshot(agent), window) < SPECKS:
            pass


async def test_nobody_decodes_a_pixel_of_what_is_hidden(scene: Scene, windows: Tell) -> None:
    agent = scene.staff["agent"]
    await scene.answer()
    mia = await listen(scene)
    await mia.do(commands.Frames(on=True))
    await agent.do(commands.ShareRules(regions=(REGION,)))
    await agent.do(commands.Share(source="screen:0"))
    await agent.do(commands.ShowCustomer(on=True))
    viewer = await Viewer.at(mia)
    try:
        await viewer.shows(PLAIN)
        await on_the_page(scene, PLAIN)
        for _ in range(PICTURES):
            picture = await viewer.next()
            assert (of(picture, VAULT), of(picture, CARD)) == (0, 0)
        for picture in (await page(scene), await page(scene), await snapshot(agent)):
            assert of(picture, PLAIN) >= SPECKS
            assert (of(picture, VAULT), of(picture, CARD)) == (0, 0)
        await agent.do(commands.ShareRules())  # what is not hidden is seen by all of them
        windows(Change(window=2, title="My notes"))
        for window in (CARD, VAULT):
            await viewer.shows(window)
            await on_the_page(scene, window)
            await in_a_snapshot(agent, window)
    finally:
        viewer.close()
    await agent.do(commands.HangUp())
    await mia.wait(events.Screen, lambda event: event.state == "off")
