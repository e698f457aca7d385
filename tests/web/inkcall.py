"""A customer in a call with marks: the camera a picture of ours, the agent's end scripted."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from coachdesk import annotation
from tests.web.agent import Agent
from tests.web.conftest import Customer, Visit
from tests.web.desk import Desk
from tests.web.inkhub import InkHub

Dial = Callable[..., Awaitable[Agent]]
DOCUMENT = Path(annotation.__file__).parents[1] / "docs" / "ink.md"
RED = "#ff2020"
STILL = [1, 0, 0, 0, 1, 0, 0, 0, 1]

CAMERA = """
  // The camera is a picture of ours: blobs, which move as `window.pan` (pixels of 640) says.
  window.pan = 0;
  const still = document.createElement("canvas");
  [still.width, still.height] = [1280, 360];
  const paint = still.getContext("2d");
  let state = 11;
  const random = () => ((state = (state * 16807) % 2147483647) / 2147483647);
  for (let n = 0; n < 900; n++) {
    paint.fillStyle = `rgb(20 ${Math.round(random() * 235)} ${Math.round(random() * 235)})`;
    paint.fillRect(random() * 1280, random() * 360, 8 + random() * 30, 8 + random() * 30);
  }
  const stage = document.createElement("canvas");
  [stage.width, stage.height] = [640, 360];
  const shown = stage.getContext("2d");
  setInterval(() => shown.drawImage(still, -320 - window.pan, 0), 50);
  const get = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async (wanted) => {
    const stream = await get(wanted);
    for (const track of stream.getVideoTracks()) {
      track.stop();
      stream.removeTrack(track);
      const ours = stage.captureStream(20).getVideoTracks()[0];
      if (window.abilities) ours.getCapabilities = () => window.abilities;
      if (window.abilities) ours.applyConstraints = async (wanted) => { window.applied = wanted.advanced[0]; };
      stream.addTrack(ours);
    }
    return stream;
  };
"""

PATIENT = """(() => {
  const set = window.setTimeout;
  window.setTimeout = (then, ms, ...more) => set(then, ms === 1500 ? 30_000 : ms, ...more);
})()"""
"""However busy the machine is, the page waits for the worker that tells which frame is which (READY_WITHIN_MS of
encodedframes.js); else it would do without, and marks on things in motion would not count."""
LISTEN_FOR_FRAMES = """async () => {
  const { CaptureClock } = await import("./web/captureclock.js");
  const encoded = CaptureClock.prototype.encoded;
  CaptureClock.prototype.encoded = function (ticks, at) {
    encoded.call(this, ticks, at);
    if (this.time(ticks) !== null) window.frame = ticks;
  };
}"""
QUICK_ENOUGH = """async () => {
  const { Pace } = await import("./web/delayed.js");
  Pace.prototype.handled = () => {};
}"""
"""However busy the machine is, things are followed on the page: what a slow phone does has tests of its own."""
RED_SPOT = """async () => {
  const canvas = document.getElementById("ink");
  const { data, width } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let [x, y, count] = [0, 0, 0];
  for (let at = 0; at < data.length; at += 4) {
    if (data[at] < 200 || data[at + 1] > 80 || data[at + 2] > 80) continue;
    x += (at / 4) % width; y += Math.floor(at / 4 / width); count++;
  }
  const video = document.getElementById("preview");
  const [w, h] = [canvas.width, canvas.height];
  const scale = Math.min(w / video.videoWidth, h / video.videoHeight);
  const [left, top] = [(w - video.videoWidth * scale) / 2, (h - video.videoHeight * scale) / 2];
  return [(x / count - left) / scale / video.videoWidth, (y / count - top) / scale / video.videoHeight, count,
    x / count / w * canvas.clientWidth, (1 - y / count / h) * canvas.clientHeight];
}"""
"""Where in the picture (0 to 1) the middle of all that is red is on the canvas, and how many pixels; NaN: nothing is. Then
how far it is from the left edge of the canvas and from its lower one, CSS pixels.
"""


OWN_STROKE = """(() => {
  const { data } = document.getElementById("ink").getContext("2d").getImageData(0, 0, 1200, 1200);
  for (let at = 0; at < data.length; at += 4) {
    if (data[at] === 47 && data[at + 1] === 124 && data[at + 2] === 246) return true;
  }
  return false;
})()"""
"""Whether something is drawn in the colour that the hub gave to the customer."""


def begin(mark: str, tool: str = "circle", **more: Any) -> dict[str, Any]:
    return {
        "kind": "begin",
        "mark": mark,
        "tool": tool,
        "colour": RED,
        "width": 0.01,
        "frame": None,
        "epoch": 1,
        **more,
    }


def end(mark: str, *path: list[float], **more: Any) -> dict[str, Any]:
    return {"kind": "end", "mark": mark, "path": list(path), **more}


CIRCLE = end("circle-1", [0.4, 0.4], [0.5, 0.6])


HOSTILE = [
    "", "null", "[]", "{", '{"kind":"log"}', '{"kind":"__proto__"}', '{"kind":"constructor"}',
    '{"kind":"hint","hint":"fly"}',
    '{"kind":"hint","hint":"","more":1}',
    '{"kind":"stage","epoch":-1,"colour":"#ffffff"}',
    '{"kind":"stage","epoch":1,"colour":"red"}',
    '{"kind":"log","log":"l","seq":0,"now":1e999,"entries":[]}',
    '{"kind":"log","log":"l","seq":0,"now":1,"entries":[{"n":1,"at":0,"author":"agent","edit":{"kind":"end","mark":"mark-0001","path":[]}}]}',
    '{"kind":"log","log":"l","seq":0,"now":1,"entries":[{"n":1,"at":0,"author":"agent","edit":{"kind":"end","mark":"mark-0001","path":[[0.5,1.5]]}}]}',
    '{"kind":"log","log":"l","seq":0,"now":1,"entries":[{"n":1,"at":0,"author":"agent","edit":{"kind":"remove","mark":"<b>"}}]}',
    '{"kind":"log","log":"l","seq":0,"now":1,"entries":[{"n":1,"at":0,"author":"agent","edit":{"kind":"begin","mark":"mark-0001","tool":"pen","colour":"#ffffff","width":0.01,"surface":"floor"}}]}',
    '{"kind":"shared","frame":3,"width":0,"height":1080}',
    '{"kind":"hint","hint":"' + " " * 60_000 + '"}',
]  # fmt: skip
HOSTILE_LIVE = [
    '{"kind":"points","mark":"mark-0001","first":-1,"points":[[0,0]]}',
    '{"kind":"points","mark":"mark-0001","first":0,"points":[]}',
    '{"kind":"points","mark":"mark-0001","first":0,"points":[[null,0]]}',
    '{"kind":"points","mark":"mark-0001","first":30000,"points":[[0,0]]}',
    '{"kind":"poses","frame":1,"epoch":1,"anchors":[{"marks":["mark-0001"],"state":"tracked","h":[1,0,0]}]}',
    '{"kind":"poses","frame":1,"epoch":1,"anchors":[{"marks":["mark-0001"],"state":"tracked","h":[1e9,0,0,0,1,0,0,0,1]}]}',
    '{"kind":"poses","frame":4294967296,"epoch":1,"anchors":[]}',
    '{"kind":"laser","stroke":1,"colour":"#ffffff","width":0.01,"points":[[0,0]],"surface":"floor"}',
    '{"kind":"laser","stroke":1,"colour":"#ffffff","width":0.01,"points":[[0,0]],"sign":"look"}',
    '{"kind":"laser","stroke":1,"colour":"#ffffff","width":0.01,"points":[[0,0]],"name":"Ines"}',
    '{"kind":"cursor","number":1,"at":[1.01,0],"of":"agent"}',
    '{"kind":"cursor","number":1,"at":[0.5],"of":"agent"}',
    '{"kind":"cursor","number":1,"at":[0.5,null],"of":"agent"}',
    '{"kind":"cursor","number":1,"at":[0.5,0.5,0.5],"of":"agent"}',
    '{"kind":"cursor","number":-1,"at":null}',
    '{"kind":"cursor","number":1}',
    '{"kind":"cursor","number":1,"at":null,"of":"supervisor"}',
    '{"kind":"cursor","number":1,"at":null,"name":"Maria"}',
    '{"kind":"hint","hint":""}',
]


async def in_call(
    desk: Desk, visit: Visit, dial: Dial, abilities: str = "", **options: Any
) -> tuple[Customer, InkHub]:
    """A customer whose camera is a picture of ours, in a call with a scripted hub."""
    customer = await visit(**options)
    await customer.page.add_init_script(PATIENT + ";" + abilities + CAMERA)
    await customer.join(desk)
    await desk.tell("live")
    hubs: list[InkHub] = []
    await dial(prepare=lambda agent: hubs.append(InkHub(agent)))
    await customer.see("Connected")
    await hubs[0].ready()
    await customer.ask(LISTEN_FOR_FRAMES)
    await customer.ask(QUICK_ENOUGH)
    await customer.until("window.frame", "it is known which picture is which", within=60)
    return customer, hubs[0]


async def newest(customer: Customer) -> int:
    """The RTP timestamp of the newest picture sent."""
    frame = await customer.ask("frame")
    assert isinstance(frame, int)
    return frame


async def spot(
    customer: Customer, canvas: str = "ink", where: str = "count > 0", within: float = 30
) -> list[float]:
    """x, y and count of all that is red, as soon as ``where`` (JavaScript) holds of them."""
    look = RED_SPOT.replace('"ink"', f'"{canvas}"')
    found = await customer.until(
        f"(async () => {{ const [x, y, count] = await ({look})(); return {where} ? [x, y, count] : null; }})()",
        f"red is where {where}",
        within,
    )
    assert isinstance(found, list)
    return found


async def on_newest(
    customer: Customer, hub: InkHub, draw: Callable[[str, int], None], where: str = "count > 0"
) -> tuple[str, list[float]]:
    """``draw`` draws a mark, given its id and the newest picture; which it is, and its ``spot``.

    On a machine so busy that the page has forgotten the picture before the mark is there, once more.
    """
    for attempt in range(5):
        mark = f"mark-{attempt:04}"
        draw(mark, await newest(customer))
        with contextlib.suppress(AssertionError):
            return mark, await spot(customer, where=where, within=6)
        hub.enter({"kind": "remove", "mark": mark})
    raise AssertionError("no mark held")
