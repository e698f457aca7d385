"""A real window, shared by the agent on a whole call: the observers see it, the customer's browser gets nothing of it before
the agent says so.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from playwright.async_api import Page

from coachdesk import commands, events
from coachdesk.annotation import Point, Tool
from coachdesk.demo.scene import Scene
from coachdesk.demo.screen import VirtualScreen
from coachdesk.demo.stage import Stage
from coachdesk.media.picture.framering import FrameReader
from coachdesk.media.screenshare.screencast import GREY
from coachdesk.remote import RemoteEndpoint, RemoteError
from coachdesk.soundserver import SoundServer
from tests.e2e.conftest import SINK
from tests.e2e.steps import listen
from tests.fakes.windows import NOTES, ORDER, command
from tests.media.desktops import point

pytestmark = [pytest.mark.media, pytest.mark.browser, pytest.mark.timeout(300)]

WHISPERED, PUBLIC = "#8e4ec6", "#12a594"
VIDEO_PACKETS = """async () => {
  let packets = 0;
  for (const connection of window.connections)
    for (const report of (await connection.getStats()).values())
      if (report.type === "inbound-rtp" && report.kind === "video") packets += report.packetsReceived;
  return packets;
}"""


@pytest.fixture
async def shared(tmp_path: Path, sound: SoundServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Scene]:
    """A scene on a virtual screen, which has a red window."""
    async with (
        VirtualScreen("800x600x24") as screen,
        Stage(tmp_path, env=screen.env) as stage,
        Scene(stage, sink=SINK, env=sound.environment(), windows=False) as scene,
    ):
        monkeypatch.setenv("DISPLAY", screen.display)  # where the pointer is moved
        windows = await asyncio.create_subprocess_exec(
            *command(ORDER, NOTES), env={**os.environ, **screen.env},
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert windows.stdin is not None
        assert windows.stdout is not None
        assert await windows.stdout.readline() == b"shown\n"
        yield scene
        windows.stdin.close()
        await windows.wait()
        assert scene.customer.problems == []


async def sees(
    viewer: RemoteEndpoint, colour: tuple[int, int, int], party: str = "agent", since: float = 0.0
) -> None:
    """Returns when the middle of the left edge of the screen that ``party`` shares has that colour (RGB)."""
    told = await viewer.wait(events.Frames, lambda event: event.screen and event.party == party, since=since)
    reader = FrameReader(told.name)
    try:
        async with asyncio.timeout(60):
            while True:
                shown = reader.read()
                if shown is not None:
                    row = shown.bgra.shape[0] // 2
                    if np.abs(shown.bgra[row, 20, 2::-1].astype(int) - colour).max() < 30:
                        return
                await asyncio.sleep(0.02)
    finally:
        reader.close()


async def snapshot(endpoint: RemoteEndpoint) -> tuple[int, ...]:
    """The colour (RGB) of the middle of the left edge of a snapshot that is taken now."""
    photo = await endpoint.do(commands.Snapshot())
    assert isinstance(photo, events.Photo)
    picture = cv2.imread(photo.file)
    return tuple(int(each) for each in picture[picture.shape[0] // 2, 20, ::-1])


async def draws(scene: Scene, mia: RemoteEndpoint, tom: RemoteEndpoint) -> None:
    """A supervisor's mark on the screen is the agent's to see, and neither the trainee's nor the customer's."""
    agent = scene.staff["agent"]
    place = await agent.wait(events.SharePlace, lambda event: event.place is not None)
    await mia.wait(events.Stage, lambda event: event.shared == place.frame)
    corners = [Point(0.2, 0.2), Point(0.8, 0.8)]
    whisper = await mia.do(commands.Draw(tool=Tool.RECTANGLE, points=corners, surface="screen"))
    lesson = await tom.do(commands.Draw(tool=Tool.RECTANGLE, points=corners, surface="screen"))
    assert isinstance(whisper, events.Drawn)
    assert isinstance(lesson, events.Drawn)
    seen = await agent.wait(events.Mark, lambda event: (event.mark, event.state) == (whisper.mark, "drawn"))
    assert (seen.surface, seen.frame, seen.seen_by) == ("screen", place.frame, [])
    await mia.wait(events.Mark, lambda event: (event.mark, event.state) == (lesson.mark, "drawn"))
    assert not any(isinstance(event, events.Mark) and event.mark == whisper.mark for _, event in tom.log)
    assert not any(isinstance(event, events.Mark) and event.mark == lesson.mark for _, event in agent.log)


async def sees_pixels(page: Page, colour: str, *, but: str = "") -> None:
    """Returns when the browser shows that colour somewhere on the agent's screen. Of ``but`` there is no pixel then."""
    place = page.locator("#agent-screen-place")
    picture = await place.screenshot()
    async with asyncio.timeout(60):
        while not count(picture, colour):
            picture = await place.screenshot()
    assert not but or not count(picture, but)


def count(png: bytes, colour: str) -> int:
    """How many pixels of a screenshot have that colour, ``#rrggbb``, as near as a picture that was compressed has it."""
    shown = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)
    wanted = [int(colour[at : at + 2], 16) for at in (5, 3, 1)]
    return int((np.abs(shown.astype(int) - wanted).max(axis=2) < 24).sum())


def is_arrow_at(png: bytes, x: float, y: float) -> bool:
    """Whether the tip of a black arrow is at that place of the red window in a screenshot, 0 to 1 of it."""
    shown = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR).astype(int)
    red = np.argwhere(np.abs(shown - ORDER.rgb[::-1]).max(axis=2) < 24)
    if not red.size:
        return False
    (top, left), (bottom, right) = red.min(axis=0), red.max(axis=0)
    tip = round(top + y * (bottom - top)), round(left + x * (right - left))
    return bool(shown[tip[0] + 8 : tip[0] + 11, tip[1] + 3 : tip[1] + 5].max() < 60)


async def sees_the_pointer(page: Page, x: float, y: float) -> None:
    """Returns when the browser shows the agent's pointer there on the agent's screen, once it is moved there."""
    left, top, width, height = ORDER.place
    point(round(left + x * width), round(top + y * height))
    place = page.locator("#agent-screen-place")
    picture = await place.screenshot()
    async with asyncio.timeout(60):
        while not is_arrow_at(picture, x, y):
            picture = await place.screenshot()


async def shows_the_customer(scene: Scene, mia: RemoteEndpoint) -> None:
    """The customer sees the window and the agent's mark on it in their browser, and none that is whispered; then no more."""
    agent, page = scene.staff["agent"], scene.customer.page
    shown = await agent.do(commands.ShowCustomer(on=True))
    assert isinstance(shown, events.Sharing)
    assert shown.customer
    assert len(shown.seen_by) == 3
    await sees_pixels(page, "#{:02x}{:02x}{:02x}".format(*ORDER.rgb))
    line = [Point(0.2, 0.3), Point(0.8, 0.3)]
    whisper = await mia.do(commands.Draw(tool=Tool.ARROW, points=line, surface="screen", colour=WHISPERED))
    assert isinstance(whisper, events.Drawn)
    await agent.wait(events.Mark, lambda event: (event.mark, event.state) == (whisper.mark, "drawn"))
    line = [Point(0.2, 0.7), Point(0.8, 0.7)]
    mark = await agent.do(commands.Draw(tool=Tool.ARROW, points=line, surface="screen", colour=PUBLIC))
    assert isinstance(mark, events.Drawn)
    told = await agent.wait(events.Mark, lambda event: (event.mark, event.state) == (mark.mark, "drawn"))
    assert len(told.seen_by) == 3
    await sees_pixels(page, PUBLIC, but=WHISPERED)
    for x in (0.2, 0.25):
        await sees_the_pointer(page, x, 0.45)
    await agent.do(commands.ShowCustomer(on=False))
    await page.locator("#agent-screen").wait_for(state="hidden")
    await agent.do(commands.BlankShare(on=True))
    await sees(mia, (GREY, GREY, GREY))
    came = await page.evaluate(VIDEO_PACKETS)
    await agent.do(commands.BlankShare(on=False))
    await sees(mia, ORDER.rgb)
    assert await page.evaluate(VIDEO_PACKETS) == came


async def draws_for_the_supervisor(scene: Scene, mia: RemoteEndpoint, tom: RemoteEndpoint) -> None:
    """The agent's mark on the supervisor's screen is theirs and the trainee's to see, there where it was drawn."""
    agent = scene.staff["agent"]
    place = await mia.wait(
        events.SharePlace, lambda event: event.place is not None and event.surface == "coach"
    )
    for each in (agent, tom):
        await each.wait(events.Stage, lambda event: event.coach == place.frame)
    corners = [Point(0.2, 0.2), Point(0.8, 0.8)]
    mark = await agent.do(commands.Draw(tool=Tool.RECTANGLE, points=corners, surface="coach"))
    assert isinstance(mark, events.Drawn)
    for each in (mia, tom):
        await each.do(commands.Poses(on=True))
        seen = await each.wait(events.Mark, lambda event: (event.mark, event.state) == (mark.mark, "drawn"))
        assert (seen.surface, seen.frame, seen.author) == ("coach", place.frame, "agent")
        await each.wait(events.Poses, lambda event: event.surface == "coach" and mark.mark in event.places)
    await agent.do(commands.Undo())
    for each in (mia, tom):
        await each.wait(events.Mark, lambda event: (event.mark, event.state) == (mark.mark, "removed"))


async def supervisor_shares(
    mia: RemoteEndpoint, window: str, agent: RemoteEndpoint, tom: RemoteEndpoint
) -> None:
    """The agent sees the supervisor's window while sharing their own, the trainee once the agent has stopped."""
    sharing = await mia.do(commands.Share(source=window))
    assert isinstance(sharing, events.Sharing)
    assert sharing.seen_by == ["agent"]
    await sees(agent, ORDER.rgb, "supervisor")
    await tom.wait(events.Screen, lambda event: (event.party, event.also) == ("agent", "supervisor"))
    await agent.do(commands.StopShare())
    await sees(tom, ORDER.rgb, "supervisor")
    await mia.wait(events.Sharing, lambda event: set(event.seen_by) == {"agent", "trainee"})
    told = await tom.wait(events.Screen, lambda event: event.party == "supervisor")
    assert told.name == "supervisor"
    assert not any(isinstance(event, events.Screen) and event.party == "supervisor" for _, event in mia.log)


async def test_a_window_is_shared_with_observers_and_with_the_customer_when_the_agent_says_so(
    shared: Scene,
) -> None:
    agent, scene, red = shared.staff["agent"], shared, ORDER.rgb
    with pytest.raises(RemoteError, match="no_such_call"):
        await agent.do(commands.Share(source="test"))
    await scene.answer()
    mia, tom = await listen(scene), await listen(scene, "trainee")
    for each in (agent, mia, tom):
        await each.do(commands.Frames(on=True))
    with pytest.raises(RemoteError, match="not_allowed"):
        await tom.do(commands.Share(source="test"))
    listed = await agent.do(commands.Screens())
    assert isinstance(listed, events.Screens)
    window = next(each.source for each in listed.screens if each.title == ORDER.title)
    sharing = await agent.do(commands.Share(source=window))
    assert isinstance(sharing, events.Sharing)
    assert (sharing.label, set(sharing.seen_by)) == (ORDER.title, {"supervisor", "trainee"})
    for observer in (mia, tom):
        await sees(observer, red)
    assert await snapshot(agent) == pytest.approx(red, abs=2)
    with pytest.raises(RemoteError, match="not_allowed"):
        await mia.do(commands.Snapshot())
    await agent.do(commands.BlankShare(on=True))
    with pytest.raises(RemoteError, match="no_picture"):
        await agent.do(commands.Snapshot())
    await sees(mia, (GREY, GREY, GREY))
    await agent.do(commands.BlankShare(on=False))
    await sees(mia, red)
    await draws(scene, mia, tom)
    assert await scene.customer.page.evaluate(VIDEO_PACKETS) == 0
    await shows_the_customer(scene, mia)
    came = await scene.customer.page.evaluate(VIDEO_PACKETS)
    await supervisor_shares(mia, window, agent, tom)
    await draws_for_the_supervisor(scene, mia, tom)
    assert await scene.customer.page.evaluate(VIDEO_PACKETS) == came
    await agent.do(commands.HangUp())
    await mia.wait(events.Sharing, lambda event: event.state == "off")
    await tom.wait(events.Screen, lambda event: (event.party, event.state) == ("supervisor", "off"))
    await agent.wait(events.Screen, lambda event: event.state == "off")
