"""A mark on the customer's own screen after what changes the picture or the agent's end: a restart, the other camera, a turn
of the phone. Real server, endpoints, tracker and Chromium; the camera is a picture of ours.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import statistics

import pytest
from playwright.async_api import Page

from bench import ink
from coachdesk import commands, events
from coachdesk.annotation import Point, Tool
from coachdesk.demo.scene import Scene
from coachdesk.remote import RemoteEndpoint
from tests.e2e.steps import until
from tests.e2e.test_ink import WIDE
from tests.web.inkcall import PATIENT, QUICK_ENOUGH, RED, RED_SPOT

pytestmark = [pytest.mark.media, pytest.mark.browser, pytest.mark.timeout(240, func_only=True)]

CAMERA = """(() => {
  // Parts on a table, none of them red; upright as by a phone that is turned clockwise, once `upright` says so.
  if (!navigator.mediaDevices) return;
  const table = document.createElement("canvas");
  [table.width, table.height] = [640, 360];
  const paint = table.getContext("2d");
  let state = 11;
  const random = () => ((state = (state * 16807) % 2147483647) / 2147483647);
  for (let n = 0; n < 450; n++) {
    paint.fillStyle = `rgb(20 ${Math.round(random() * 235)} ${Math.round(random() * 235)})`;
    paint.fillRect(random() * 640, random() * 360, 8 + random() * 30, 8 + random() * 30);
  }
  const stage = document.createElement("canvas");
  const shown = stage.getContext("2d");
  window.upright = false;
  setInterval(() => {
    const width = upright ? 360 : 640;
    if (stage.width !== width) [stage.width, stage.height] = [width, 1000 - width];
    shown.setTransform(...(upright ? [0, 1, -1, 0, 360, 0] : [1, 0, 0, 1, 0, 0]));
    shown.drawImage(table, 0, 0);
  }, 60);
  const get = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async (wanted) => {
    const stream = await get(wanted);
    for (const track of stream.getVideoTracks()) {
      track.stop();
      stream.removeTrack(track);
      const ours = stage.captureStream(16).getVideoTracks()[0];
      ours.getSettings = () => ({ facingMode: wanted.video.facingMode });
      stream.addTrack(ours);
    }
    return stream;
  };
})()"""
FROM, TO = Point(0.3, 0.32), Point(0.4, 0.48)
THING = 0.35, 0.4
"""What the circle is around, 0 to 1 of the picture."""
SAMPLES = 8
NEAR, WRONG = 5.0, 15.0
"""Pixels of 1280 x 720."""
KEEPSAKE, KEEPSAKE_ABOUT = (40, 68), 8
"""Where the little picture of a mark that is lost for a moment is: from the left edge and the lower one, CSS pixels."""
PATIENCE_SECONDS = 60.0


async def draw(agent: RemoteEndpoint) -> None:
    """A circle around the thing; once more where a busy machine has forgotten the picture before the mark is there."""
    for command in (commands.Frames, commands.Poses):
        await agent.do(command(on=True))
    await agent.wait(events.Frames)
    circle = commands.Draw(tool=Tool.CIRCLE, colour=RED, points=[FROM, TO], fade=3600)
    for _ in range(5):
        drawn = await agent.do(circle)
        assert isinstance(drawn, events.Drawn)
        with contextlib.suppress(TimeoutError):
            mark = drawn.mark
            await agent.wait(events.Poses, lambda event, mark=mark: mark in event.places, seconds=8)
            return
        await agent.do(commands.Undo())
    raise AssertionError("no mark held")


async def off_by(page: Page, x: float, y: float, *, upright: bool = False) -> list[float]:
    """How far the mark is from where it should be on the screen (0 to 1 of the picture), from when it is back on."""
    width, height = (720, 1280) if upright else (1280, 720)
    found: list[float] = []
    async with asyncio.timeout(PATIENCE_SECONDS):
        while len(found) < SAMPLES:
            at_x, at_y, count, *corner = await page.evaluate(RED_SPOT)
            lost = count and math.dist(corner, KEEPSAKE) < KEEPSAKE_ABOUT
            distance = math.hypot((at_x - x) * width, (at_y - y) * height) if count else math.inf
            if distance < NEAR or (found and count and not lost):
                found.append(distance)
            await asyncio.sleep(0.05)
    return found


async def test_a_mark_is_on_its_thing_after_a_restart_on_the_other_camera_and_on_a_turned_phone(
    scene: Scene,
) -> None:
    page, agent = scene.customer.page, scene.staff["agent"]
    await page.add_init_script(CAMERA)
    await page.reload()
    await page.set_viewport_size(ink.WINDOW)
    for script in (PATIENT, QUICK_ENOUGH, WIDE):
        await page.evaluate(script)
    await scene.answer()
    await draw(agent)
    x, y = THING
    off = {"at first": await off_by(page, x, y)}

    agent.kill()
    restarted = await scene.enter("agent")
    await restarted.do(commands.Frames(on=True))
    await restarted.wait(events.Media, lambda event: event.state == "connected")
    off["after a restart"] = await off_by(page, x, y)

    await page.evaluate("document.getElementById('flip').click()")
    await until(page, "document.getElementById('preview').classList.contains('mirrored')")
    off["on the front camera, mirrored"] = await off_by(page, 1 - x, y)
    await page.evaluate("document.getElementById('flip').click()")
    await until(page, "!document.getElementById('preview').classList.contains('mirrored')")

    await page.evaluate("upright = true")
    await until(page, "document.getElementById('preview').videoWidth === 360")
    off["upright"] = await off_by(page, 1 - y, x, upright=True)
    await page.evaluate("upright = false")
    await until(page, "document.getElementById('preview').videoWidth === 640")
    off["on its side again"] = await off_by(page, x, y)

    for when, distances in off.items():
        assert statistics.median(distances) < NEAR, (when, distances)
        assert max(distances) < WRONG, (when, distances)
