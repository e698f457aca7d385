"""Marks on the customer's own screen: how far they swim while the camera turns, and how soon strokes are seen.

    python bench/ink.py [--samples N] [--delay-ms MS] [--json FILE] [--keep DIR]

Real server, endpoints and tracker; Chromium as the customer, whose camera is a video with known motion (``panning.py``): 30
degrees a second, 1280 x 720. The agent draws a circle while it stands still. From then on pictures of the page's screen are
taken, and in each the circle's middle is compared with where the thing is in the picture seen there. Swim is the distance,
in pixels of 1280 x 720; or the mark is hidden. What comes to the page by the channels of ink is held back there by the way
to the agent and back, ``--delay-ms`` each: that is what a network with this delay does to marks.

Measured with the page's own tracking, and without: then each mark is where the agent saw it last.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

# Started as a script, this file's folder comes first, and bench/signaling.py would hide the package of that name.
sys.path.insert(0, str(Path(__file__).parents[1]))

import cv2
import msgspec
import numpy as np
from playwright.async_api import Page, ViewportSize

from bench import panning
from bench.turning import turning_call
from coachdesk import commands, events
from coachdesk.annotation import Point, Tool
from coachdesk.media.picture.framering import FrameReader, SharedPicture
from coachdesk.remote import RemoteEndpoint

WINDOW: ViewportSize = {"width": 1280, "height": 900}
COLOUR = "#ff00ff"
FROM, TO = (0.46, 0.42), (0.54, 0.58)
"""Corners of the circle drawn."""
SMALLEST = 0.75 * (TO[1] - FROM[1]) * panning.HEIGHT
"""Pixels from top to bottom of the circle; an arrow at the edge and a small picture of a lost mark have less."""
PAUSE_SECONDS = 0.02
MEANWHILE_SECONDS = 60.0
MARGIN = 120
"""Pixels from the edge within which the thing counts as in view."""
STROKES = 12
MEDIAN_MOST, P95_MOST = 3.0, 10.0

INSTRUMENTS = """
  window.inkDelay = 0;
  const make = RTCPeerConnection.prototype.createDataChannel;
  RTCPeerConnection.prototype.createDataChannel = function (label, options) {
    const channel = make.call(this, label, options);
    if (!label.startsWith("ink")) return channel;
    let handler = null;
    channel.addEventListener("message", (event) => setTimeout(() => handler?.(event), window.inkDelay));
    Object.defineProperty(channel, "onmessage", { set: (given) => { handler = given; }, get: () => handler });
    return channel;
  };
  // When a colour was first drawn with, and how long after the last move of the pointer something was drawn at all.
  window.firstDrawn = {}; window.afterMove = []; let moved = 0;
  addEventListener("pointermove", (event) => { moved = event.timeStamp; }, true);
  const stroke = CanvasRenderingContext2D.prototype.stroke;
  CanvasRenderingContext2D.prototype.stroke = function (...path) {
    stroke.apply(this, path);
    window.firstDrawn[this.strokeStyle] ??= performance.timeOrigin + performance.now();
    if (moved) { window.afterMove.push(performance.now() - moved); moved = 0; }
  };
"""
WATCH_COST = """async () => {
  const { Carrier } = await import("./web/carrier.js");
  window.costs = [];
  const see = Carrier.prototype.see;
  Carrier.prototype.see = function (...picture) {
    const began = performance.now();
    see.apply(this, picture);
    window.costs.push(performance.now() - began);
  };
}"""
NO_TRACKING = """async () => {
  const { Carrier } = await import("./web/carrier.js");
  const told = new Map();
  Carrier.prototype.place = (id, outline, pose) => told.set(id, pose);
  Carrier.prototype.pose = (id) => told.get(id) ?? null;
  Carrier.prototype.drop = (id) => told.delete(id);
}"""
PICTURE = """() => {
  const video = document.getElementById("preview");
  const { left, top, width, height } = video.getBoundingClientRect();
  const scale = Math.min(width / video.videoWidth, height / video.videoHeight);
  const [w, h] = [video.videoWidth * scale, video.videoHeight * scale];
  return { x: left + (width - w) / 2, y: top + (height - h) / 2, width: w, height: h };
}"""
ALONE = """() => {
  for (const id of ["tools", "drawing", "muted", "banner"]) document.getElementById(id).style.visibility = "hidden";
}"""


async def measure(samples: int, delay_ms: float, keep: Path | None) -> dict[str, object]:
    async with turning_call() as scene:
        page, agent = scene.customer.page, scene.staff["agent"]
        await page.add_init_script(INSTRUMENTS)
        await page.reload()
        await page.set_viewport_size(WINDOW)
        await scene.answer()
        await page.evaluate(WATCH_COST)
        await page.evaluate(ALONE)
        await looks(agent)
        strokes = await _strokes(page, agent)
        own = await _own_strokes(page)
        await page.evaluate(f"window.inkDelay = {2 * delay_ms}")
        tracked = await swim(page, agent, samples, keep and keep / "tracked")
        costs = await page.evaluate("costs")
        await page.evaluate(NO_TRACKING)
        untracked = await swim(page, agent, samples, keep and keep / "untracked")
    return {
        "swim_px": tracked,
        "swim_without_tracking_px": untracked,
        "agent_stroke_to_customers_canvas_ms": _spread(strokes),
        "own_stroke_to_own_canvas_ms": _spread(own),
        "page_tracking_ms_a_picture": _spread(costs),
    }


async def _screen(page: Page) -> panning.Picture:
    """The camera's picture with what is drawn on it, as the screen shows it, height x width x 3 (BGR)."""
    png = await page.screenshot(clip=await page.evaluate(PICTURE))
    return np.asarray(cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR), np.uint8)


async def _strokes(page: Page, agent: RemoteEndpoint) -> list[float]:
    """From the agent's pen moving to the line on the page's canvas, ms."""
    found = []
    for number in range(STROKES):
        colour = f"#00ff{number:02x}"
        mark = f"latency-{number:04}"
        await agent.do(commands.PenDown(mark=mark, tool=Tool.PEN, colour=colour, fade=1))
        await asyncio.sleep(0.3)
        moved = time.time()
        await agent.do(commands.PenMove(mark=mark, points=[Point(0.5, 0.5), Point(0.55, 0.55, 0.5, 20)]))
        async with asyncio.timeout(10):
            while not (drawn := await page.evaluate("(colour) => firstDrawn[colour] ?? 0", colour)):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        found.append(drawn - moved * 1000)
        await agent.do(commands.PenUp(mark=mark))
        await agent.do(commands.Undo())
    return found


async def _own_strokes(page: Page) -> list[float]:
    """From the pointer's move to the line on the page's own canvas, ms."""
    await page.evaluate("document.getElementById('draw').click()")
    await page.mouse.move(600, 400)
    await page.mouse.down()
    await page.evaluate("() => { afterMove.length = 0; }")
    for step in range(40):
        await page.mouse.move(600 + 5 * step, 400 + 2 * step)
        await asyncio.sleep(0.03)
    await page.mouse.up()
    found: list[float] = await page.evaluate("afterMove")
    await page.evaluate("document.getElementById('undo').click(); document.getElementById('draw').click()")
    return found


async def swim(page: Page, agent: RemoteEndpoint, samples: int, keep: Path | None = None) -> dict[str, float]:
    """Distances while the camera turns; ``hidden``: share of pictures in which the thing is seen and the mark is not."""
    await draw(agent)
    found: list[float | None] = []
    async with asyncio.timeout(MEANWHILE_SECONDS + samples * 2):
        async for distance, screen in distances(page):
            if keep is not None:
                cv2.imwrite(f"{keep}-{len(found):03}.png", screen)
            found.append(distance)
            if len(found) == samples:
                break
    await agent.do(commands.Undo())
    shown = [distance for distance in found if distance is not None]
    return {**_spread(shown), "hidden": 1 - len(shown) / samples}


async def distances(page: Page) -> AsyncIterator[tuple[float | None, panning.Picture]]:
    """Of the circle from its thing in pictures of the screen while the camera turns, as long as the thing is in them;
    None: the circle is not. Without end.
    """
    middle = (FROM[0] + TO[0]) / 2 * panning.WIDTH, (FROM[1] + TO[1]) / 2 * panning.HEIGHT
    while True:
        screen = await _screen(page)
        number = panning.number_in(screen)
        thing = panning.place(number, *middle)
        if panning.STILL < number < panning.FRAMES and MARGIN < thing[0] < panning.WIDTH - MARGIN:
            found = _circle(screen)
            yield (math.dist(found, thing) if found else None), screen
        await asyncio.sleep(PAUSE_SECONDS)


async def looks(agent: RemoteEndpoint) -> str:
    """The agent sees what they draw on: in the shared memory of this name."""
    await agent.do(commands.Frames(on=True))
    frames = await agent.wait(events.Frames)
    return frames.name


async def draw(agent: RemoteEndpoint) -> None:
    """A circle around the thing, on a picture that the agent got while the camera was at rest."""
    reader = FrameReader(await looks(agent))
    try:
        async with asyncio.timeout(MEANWHILE_SECONDS):
            while (picture := reader.read()) is None or not 0 < _number(picture) < panning.STILL:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
    finally:
        reader.close()
    await agent.do(
        commands.Draw(
            tool=Tool.CIRCLE, colour=COLOUR, points=[Point(*FROM), Point(*TO)], fade=600, frame=picture.frame
        )
    )


def _number(picture: SharedPicture) -> int:
    return panning.number_in(np.ascontiguousarray(picture.bgra[..., :3]))


def _circle(screen: panning.Picture) -> tuple[float, float] | None:
    """The middle of the circle, in pixels of the camera's picture. What there is of a lost mark is smaller."""
    blue, green, red = (screen[..., plane].astype(int) for plane in range(3))
    rows, columns = np.nonzero((red > 190) & (blue > 190) & (green < 70))
    if len(rows) < 30:
        return None
    scale = panning.WIDTH / screen.shape[1]
    if (rows.max() - rows.min()) * scale < SMALLEST:
        return None
    x, y = (columns.min() + columns.max() + 1) / 2, (rows.min() + rows.max() + 1) / 2
    return float(x * scale - 0.5), float(y * scale - 0.5)


def _spread(values: list[float]) -> dict[str, float]:
    if not values:
        return {"p50": float("nan"), "p95": float("nan"), "n": 0}
    return {"p50": float(np.median(values)), "p95": float(np.percentile(values, 95)), "n": len(values)}


def _table(results: dict[str, object]) -> str:
    lines = [f"{'':<44}   p50    p95      n  hidden"]
    for name, row in results.items():
        assert isinstance(row, dict)
        hidden = f"{row['hidden'] * 100:6.1f} %" if "hidden" in row else ""
        lines.append(
            f"{name.replace('_', ' '):<44}{row['p50']:6.1f} {row['p95']:6.1f} {row['n']:6.0f} {hidden}"
        )
    lines.append(f"bars: swim {MEDIAN_MOST:.0f} and {P95_MOST:.0f} px")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--samples", type=int, default=150, help="pictures of the screen, with and without tracking"
    )
    parser.add_argument("--delay-ms", type=float, default=100.0, help="one way between page and agent")
    parser.add_argument("--json", type=Path, help="also write the numbers here")
    parser.add_argument("--keep", type=Path, help="keep the pictures of the screen in this folder")
    options = parser.parse_args()
    if options.keep:
        options.keep.mkdir(parents=True, exist_ok=True)
    results = asyncio.run(measure(options.samples, options.delay_ms, options.keep))
    print(_table(results))
    if options.json:
        options.json.write_bytes(msgspec.json.format(msgspec.json.encode(results), indent=2))


if __name__ == "__main__":
    main()
