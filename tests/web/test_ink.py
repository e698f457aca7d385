"""Ink on the customer's page: what it understands, what it shows, what it says; the agent's end is scripted."""

from __future__ import annotations

import random
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from coachdesk import annotation, inkwire
from coachdesk.annotation import Entry, Point, Tool
from tests.web.agent import Agent
from tests.web.conftest import Customer, Visit
from tests.web.desk import Desk, until
from tests.web.inkhub import InkHub
from tests.web.test_modules import load

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.allow_log("aiortc's own receiver complains of every picture lost on a busy machine"),
]

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

LISTEN_FOR_FRAMES = """async () => {
  const { CaptureClock } = await import("./web/captureclock.js");
  const encoded = CaptureClock.prototype.encoded;
  CaptureClock.prototype.encoded = function (ticks, at) {
    encoded.call(this, ticks, at);
    if (this.time(ticks) !== null) window.frame = ticks;
  };
}"""
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
  return count && [(x / count - left) / scale / video.videoWidth, (y / count - top) / scale / video.videoHeight, count];
}"""
"""Where in the picture (0 to 1) the middle of all that is red is on the canvas, and how many pixels; 0: nothing is."""


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


async def in_call(
    desk: Desk, visit: Visit, dial: Dial, abilities: str = "", **options: Any
) -> tuple[Customer, InkHub]:
    """A customer whose camera is a picture of ours, in a call with a scripted hub."""
    customer = await visit(**options)
    await customer.page.add_init_script(abilities + CAMERA)
    await customer.join(desk)
    await desk.tell("live")
    hubs: list[InkHub] = []
    await dial(prepare=lambda agent: hubs.append(InkHub(agent)))
    await customer.see("Connected")
    await hubs[0].ready()
    await customer.ask(LISTEN_FOR_FRAMES)
    await customer.until("window.frame", "it is known which picture is which")
    return customer, hubs[0]


async def newest(customer: Customer) -> int:
    """The RTP timestamp of the newest picture sent."""
    frame = await customer.ask("frame")
    assert isinstance(frame, int)
    return frame


async def spot(customer: Customer) -> list[float]:
    """Where the red mark is, once there is one."""
    await customer.until(f"({RED_SPOT})()", "a mark is on the canvas")
    found = await customer.ask(RED_SPOT)
    assert isinstance(found, list)
    return found


# --- what it understands -------------------------------------------------------------------------------------


def entries(rng: random.Random) -> list[dict[str, Any]]:
    """A log of a few marks in which everything happens, as JSON."""
    log = []
    for n in range(1, 30):
        mark = f"mark-000{rng.randrange(4)}"
        edit = rng.choice(
            [
                begin(
                    mark, rng.choice(["pen", "arrow"]), frame=rng.choice([None, 7]), fade=rng.choice([5, 30])
                ),
                end(mark, [0.1, rng.random()], [0.3, 0.2, 0.4, 20], text=rng.choice(["", "this"])),
                {"kind": "shape", "mark": mark, "tool": "circle", "path": [[0, 0], [1, 1]]},
                {"kind": "caption", "mark": mark, "text": "that"},
                {"kind": "remove", "mark": mark},
                {"kind": "restore", "mark": mark},
                {"kind": "pin", "mark": mark, "on": rng.random() < 0.5},
            ]
        )
        log.append(
            {
                "n": n,
                "at": n * 1.5,
                "author": rng.choice(["agent", "customer"]),
                "edit": edit,
                "audience": "public",
            }
        )
    return log


def as_board(log: list[dict[str, Any]], now: float) -> dict[str, Any]:
    """What the staff's board shows of it."""
    board = annotation.Board(msgspec.convert(log, list[Entry]))
    return {
        mark.mark: [
            mark.author,
            mark.tool,
            mark.text,
            mark.ended,
            [list(point) for point in mark.path],
            mark.frame,
        ]
        for mark in board.visible(now)
    }


async def test_the_pages_board_is_the_staffs_board_in_whatever_order_entries_come(
    desk: Desk, visit: Visit
) -> None:
    customer = await load(desk, visit, "board.js")
    rng = random.Random(4)
    logs = [entries(rng) for _ in range(40)]
    orders = [rng.sample(log, len(log)) for log in logs]
    shown = await customer.ask(
        """(logs) => logs.map((log) => {
          const board = new it.Board();
          for (const entry of [...log, ...log]) board.apply(entry);
          return Object.fromEntries(board.visible(40).map((one) =>
            [one.mark, [one.author, one.tool, one.text, one.ended, one.path, one.frame]]));
        })""",
        orders,
    )
    expected = [as_board(log, 40) for log in logs]
    assert shown == expected
    assert any(expected)


async def test_every_message_of_the_document_is_understood(desk: Desk, visit: Visit) -> None:
    customer = await load(desk, visit, "inkwire.js")
    examples = re.findall(r"```json hub (ink|ink-live)\n(.*?)\n```", DOCUMENT.read_text("utf-8"), re.DOTALL)
    assert len(examples) > 5
    refused = await customer.ask(
        "(all) => all.filter(([channel, text]) => !(channel === 'ink' ? it.parseReliable : it.parseLive)(text))",
        examples,
    )
    assert refused == []


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
    '{"kind":"hint","hint":""}',
]


async def test_nothing_else_is(desk: Desk, visit: Visit) -> None:
    customer = await load(desk, visit, "inkwire.js")
    assert await customer.ask("(all) => all.filter((text) => it.parseReliable(text))", HOSTILE) == []
    assert await customer.ask("(all) => all.filter((text) => it.parseLive(text))", HOSTILE_LIVE) == []
    assert await customer.ask("it.parseReliable(new ArrayBuffer(8))") is None


async def test_a_long_gesture_becomes_a_path_that_is_as_good(desk: Desk, visit: Visit) -> None:
    customer = await load(desk, visit, "simplify.js")
    path = await customer.ask(
        """() => {
          const points = Array.from({ length: 5000 }, (_, n) =>
            [0.5 + 0.4 * Math.cos(n / 90), 0.5 + 0.4 * Math.sin(n / 70), 0.5, n * 4]);
          return it.simplify(points, 400);
        }"""
    )
    points = [Point(*point) for point in path]
    assert 50 < len(points) <= 400
    assert inkwire.fits(Tool.PEN, points)
    assert points[-1].ms == 4999 * 4


@pytest.mark.parametrize("mirrored", [False, True])
async def test_a_tap_is_where_the_picture_shows_it(desk: Desk, visit: Visit, mirrored: bool) -> None:
    customer = await load(desk, visit, "viewport.js")
    there_and_back = await customer.ask(
        """async (mirrored) => {
          const { apply } = await import("./web/homography.js");
          const places = [[390, 680, 1280, 720], [780, 300, 720, 1280], [390, 680, 720, 1280]];
          return places.map(([width, height, w, h]) => {
            const viewport = it.fitted({ width, height }, { width: w, height: h }, mirrored);
            const at = apply(it.toScreen(viewport), 0.2, 0.9);
            return { ...it.toPicture(viewport, at.x, at.y), beside: it.toPicture(viewport, -1, -1), left: at.x < width / 2 };
          });
        }""",
        mirrored,
    )
    for place in there_and_back:
        assert (place["x"], place["y"]) == (pytest.approx(0.2), pytest.approx(0.9))
        assert place["beside"] is None
        assert place["left"] is not mirrored


PAINTED = """async (marks) => {
  const context = new OffscreenCanvas(400, 300).getContext("2d");
  return marks.map(([mark, matrix]) => {
    context.clearRect(0, 0, 400, 300);
    it.paint(context, mark, matrix, 300, 1);
    const { data } = context.getImageData(0, 0, 400, 300);
    let [left, top, right, bottom] = [400, 300, -1, -1];
    for (let at = 3; at < data.length; at += 4) {
      if (data[at] < 30) continue;
      const [x, y] = [((at - 3) / 4) % 400, Math.floor((at - 3) / 4 / 400)];
      [left, top, right, bottom] = [Math.min(left, x), Math.min(top, y), Math.max(right, x), Math.max(bottom, y)];
    }
    return right < 0 ? null : [left, top, right, bottom];
  });
}"""


def mark_of(tool: str, *path: list[float]) -> dict[str, Any]:
    return {"tool": tool, "path": list(path), "colour": RED, "width": 0.01, "text": "here", "number": 4}


async def test_every_tool_is_drawn_where_its_path_says(desk: Desk, visit: Visit) -> None:
    customer = await load(desk, visit, "paint.js")
    screen = [400, 0, 0, 0, 300, 0, 0, 0, 1]
    line = [[0.25, 0.5, 0.5, 0], [0.75, 0.5, 0.5, 90]]
    square = [[0.25, 0.25, 0.5, 0], [0.75, 0.25, 0.5, 0], [0.75, 0.75, 0.5, 0], [0.25, 0.75, 0.5, 0]]
    cases = {
        "pen": (line, [100, 150, 300, 150]), "highlighter": (line, [100, 150, 300, 150]),
        "arrow": (line, [100, 150, 300, 150]),
        "circle": (square[::2], [100, 75, 300, 225]), "rectangle": (square[::2], [100, 75, 300, 225]),
        "reference": (square, [100, 75, 300, 225]), "stamp": ([[0.5, 0.5, 0.5, 0]], [200, 150, 200, 150]),
        "measure": (line, [100, 150, 300, 150]),
    }  # fmt: skip
    boxes = await customer.ask(PAINTED, [[mark_of(tool, *path), screen] for tool, (path, _) in cases.items()])
    for (tool, (_, expected)), box in zip(cases.items(), boxes, strict=True):
        room = 18 if tool in ("stamp", "measure", "arrow") else 8
        assert box == [pytest.approx(edge, abs=room) for edge in expected], tool


async def test_what_cannot_be_drawn_is_not(desk: Desk, visit: Visit) -> None:
    customer = await load(desk, visit, "paint.js")
    screen = [400, 0, 0, 0, 300, 0, 0, 0, 1]
    behind = [400, 0, 0, 0, 300, 0, -4, 0, 1]
    one = [0.5, 0.5, 0.5, 0]
    cases = [[mark_of("circle", one), screen], [mark_of("pen"), screen], [mark_of("laser", one), screen],
             [mark_of("pen", one, [0.9, 0.5, 0.5, 5]), behind]]  # fmt: skip
    assert await customer.ask(PAINTED, cases) == [None] * 4


async def test_what_is_written_is_not_mirrored_with_the_picture(desk: Desk, visit: Visit) -> None:
    customer = await load(desk, visit, "paint.js")
    text = {**mark_of("text", [0.5, 0.5, 0.5, 0]), "text": "to the right"}
    ((left, _, right, _),) = await customer.ask(PAINTED, [[text, [-400, 0, 400, 0, 300, 0, 0, 0, 1]]])
    assert right - 200 > 3 * (200 - left), "it begins at its place and goes on to the right"


# --- what it shows -------------------------------------------------------------------------------------------


async def test_a_mark_is_where_the_agent_drew_it_and_fades(desk: Desk, visit: Visit, dial: Dial) -> None:
    customer, hub = await in_call(desk, visit, dial)
    hub.enter(begin("circle-1", frame=await newest(customer), fade=1), CIRCLE, now=100)
    x, y, _ = await spot(customer)
    assert (x, y) == (pytest.approx(0.45, abs=0.01), pytest.approx(0.5, abs=0.015))
    await customer.until(f"(async () => !(await ({RED_SPOT})()))()", "it has faded")


async def test_a_mark_stays_on_its_thing_when_the_phone_moves(desk: Desk, visit: Visit, dial: Dial) -> None:
    customer, hub = await in_call(desk, visit, dial)
    hub.enter(begin("circle-1"), CIRCLE, author="customer")
    x, _, _ = await spot(customer)
    await customer.ask(
        """new Promise((done) => {
          const step = setInterval(() => { pan += 4; if (pan >= 64) { clearInterval(step); done(); } }, 60);
        })"""
    )
    await customer.until(
        f"(async () => (await ({RED_SPOT})())[0] < {x - 0.09})()", "the mark has moved as the picture did"
    )
    moved, y, _ = await spot(customer)
    assert (moved, y) == (pytest.approx(x - 64 / 640, abs=0.012), pytest.approx(0.5, abs=0.015))


async def test_a_mark_is_drawn_as_it_grows_and_the_customer_is_told_who_draws(
    desk: Desk, visit: Visit, dial: Dial
) -> None:
    customer, hub = await in_call(desk, visit, dial)
    hub.enter(begin("pen-00001", "pen", frame=await newest(customer)))
    hub.say_live(
        {"kind": "points", "mark": "pen-00001", "first": 0, "points": [[0.4, 0.5], [0.5, 0.5, 0.5, 50]]}
    )
    x, y, count = await spot(customer)
    assert (x, y) == (pytest.approx(0.45, abs=0.02), pytest.approx(0.5, abs=0.02))
    await customer.page.locator("#drawing[data-who='Maria Lopez is drawing']").wait_for()
    hub.say_live(
        {
            "kind": "points",
            "mark": "pen-00001",
            "first": 1,
            "points": [[0.5, 0.5, 0.5, 50], [0.7, 0.5, 0.5, 90]],
        }
    )
    await customer.until(f"(async () => (await ({RED_SPOT})())[2] > {count * 1.5})()", "it has grown")
    hub.enter(end("pen-00001", [0.4, 0.5], [0.7, 0.5, 0.5, 90]))
    await customer.page.locator("#drawing").wait_for(state="hidden")


async def test_a_mark_that_is_lost_or_off_screen_is_not_drawn_in_a_wrong_place(
    desk: Desk, visit: Visit, dial: Dial
) -> None:
    customer, hub = await in_call(desk, visit, dial)
    hub.enter(begin("circle-1"), CIRCLE, author="customer")
    await spot(customer)
    lost = {"marks": ["circle-1"], "state": "lost"}
    hub.say_live({"kind": "poses", "frame": 1000, "epoch": 1, "anchors": [lost]})
    await customer.until(
        f"(async () => {{ const [x, y] = await ({RED_SPOT})(); return x < 0.25 && y > 1; }})()",
        "it is not drawn, but a small picture of it below the camera's",
    )
    away = {"marks": ["circle-1"], "state": "off_screen", "toward": 0.0}
    hub.say_live({"kind": "poses", "frame": 4000, "epoch": 1, "anchors": [away]})
    await customer.until(
        f"(async () => {{ const [x, y] = await ({RED_SPOT})(); return x > 0.9 && Math.abs(y - 0.5) < 0.03; }})()",
        "an arrow at the right edge",
    )


async def test_the_pointer_shows_and_goes(desk: Desk, visit: Visit, dial: Dial) -> None:
    customer, hub = await in_call(desk, visit, dial)
    hub.say_live(
        {
            "kind": "laser",
            "stroke": 1,
            "colour": RED,
            "width": 0.03,
            "epoch": 1,
            "points": [[0.3, 0.6]],
            "author": "agent",
        }
    )
    x, y, _ = await spot(customer)
    assert (x, y) == (pytest.approx(0.3, abs=0.01), pytest.approx(0.6, abs=0.015))
    await customer.until(f"(async () => !(await ({RED_SPOT})()))()", "it is gone")


async def test_hints_are_said(desk: Desk, visit: Visit, dial: Dial) -> None:
    customer, hub = await in_call(desk, visit, dial)
    hub.say({"kind": "hint", "hint": "closer"})
    await customer.see("Please hold your camera a little closer.")
    hub.say({"kind": "hint", "hint": ""})
    await customer.page.locator("#advice").wait_for(state="hidden")


async def test_what_no_hub_says_changes_nothing(desk: Desk, visit: Visit, dial: Dial) -> None:
    customer, hub = await in_call(desk, visit, dial)
    for text in HOSTILE:
        hub.say(text)
    hub.enter(begin("circle-1"), CIRCLE, author="customer")
    assert (await spot(customer))[0] == pytest.approx(0.45, abs=0.01)


# --- what it says --------------------------------------------------------------------------------------------


async def test_a_finger_draws_on_a_picture_that_stands_still(desk: Desk, visit: Visit, dial: Dial) -> None:
    customer, hub = await in_call(desk, visit, dial)
    await customer.tap("Draw on the picture")
    await customer.see("Draw with your finger. Everybody on this call sees it.")
    box = await customer.page.locator("#ink").bounding_box()
    assert box is not None
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    await customer.page.mouse.move(*middle)
    await customer.page.mouse.down()
    await customer.ask("pan = 60")
    await customer.page.mouse.move(middle[0] + 80, middle[1], steps=12)
    await until(lambda: len(hub.live) > 3, "points are sent as they are drawn")
    await customer.until(OWN_STROKE, "the line is seen as it is drawn")
    await customer.page.mouse.up()
    await until(lambda: hub.edits("end"), "the whole path was sent")
    (began,), (ended,) = hub.edits("begin"), hub.edits("end")
    path = [Point(*point) for point in ended["path"]]
    assert began["tool"] == "pen"
    assert ended["mark"] == began["mark"]
    assert (path[0].x, path[0].y) == (pytest.approx(0.5, abs=0.01), pytest.approx(0.5, abs=0.02))
    assert path[-1].x == pytest.approx(0.5 + 80 / box["width"], abs=0.01)
    for message in hub.said:
        inkwire.parse_from_party(msgspec.json.encode(message))
    for message in hub.live:
        inkwire.parse_live_from_party(msgspec.json.encode(message))
    firsts = [message["first"] for message in hub.live]
    assert firsts == sorted(firsts)
    await customer.tap("Undo")
    await until(lambda: hub.edits("remove") == [{"kind": "remove", "mark": began["mark"]}], "it is undone")
    await customer.tap("Redo")
    await until(lambda: hub.edits("restore") == [{"kind": "restore", "mark": began["mark"]}], "and is back")


async def test_the_hub_is_told_when_the_camera_is_another(desk: Desk, visit: Visit, dial: Dial) -> None:
    customer, hub = await in_call(desk, visit, dial)
    await customer.tap("Flip between front and back camera")
    await until(lambda: hub.all("turned"), "it was told")


async def test_a_new_connection_goes_on_where_the_log_was(desk: Desk, visit: Visit, dial: Dial) -> None:
    customer, hub = await in_call(desk, visit, dial)
    hub.enter(begin("circle-1"), CIRCLE, author="customer")
    await spot(customer)
    hub.echoes = False
    await customer.tap("Draw on the picture")
    await customer.page.mouse.click(180, 300)
    await until(lambda: hub.edits("end"), "drawn, and never confirmed")
    hubs: list[InkHub] = []
    await dial(prepare=lambda agent: hubs.append(InkHub(agent, hub.entries)))
    await until(lambda: hubs and hubs[0].said, "the page speaks on the new connection")
    assert hubs[0].said[0] == {"kind": "have", "log": hub.log, "seq": 2}
    await until(lambda: hubs[0].edits("end") == hub.edits("end"), "what was not confirmed is sent again")


async def test_another_log_is_another_board(desk: Desk, visit: Visit, dial: Dial) -> None:
    customer, hub = await in_call(desk, visit, dial)
    hub.enter(begin("circle-1"), CIRCLE, author="customer")
    await spot(customer)
    hub.entries, hub.log = [], "log-2"
    hub.enter(begin("circle-2"), end("circle-2", [0.6, 0.4], [0.7, 0.6]), author="customer")
    await customer.until(f"(async () => (await ({RED_SPOT})())[0] > 0.6)()", "the new mark alone is there")


async def test_entries_that_were_missed_are_asked_for(desk: Desk, visit: Visit, dial: Dial) -> None:
    customer, hub = await in_call(desk, visit, dial)
    hub.enter(begin("circle-1"), author="customer")
    missed = {"n": 2, "at": 1.0, "author": "agent", "edit": CIRCLE, "audience": "public"}
    later = {"n": 3, "at": 1.0, "author": "agent", "edit": {"kind": "pin", "mark": "circle-1", "on": True}}
    hub.entries += [missed, later]
    hub.say({"kind": "log", "log": hub.log, "seq": 2, "now": 1.0, "entries": [later]})
    await until(lambda: hub.said[-1] == {"kind": "have", "log": hub.log, "seq": 1}, "it asks for the rest")
    await spot(customer)


# --- the camera ----------------------------------------------------------------------------------------------

ABILITIES = """window.abilities = {
  torch: true, zoom: { min: 1, max: 4, step: 0.1 }, focusMode: ["single-shot", "continuous"],
};"""


async def test_light_zoom_and_focus_where_the_camera_has_them(desk: Desk, visit: Visit, dial: Dial) -> None:
    customer, _ = await in_call(desk, visit, dial, ABILITIES)
    await customer.tap("Turn the light on")
    await customer.page.get_by_role("button", name="Turn the light off").wait_for()
    assert await customer.ask("applied.torch") is True
    await customer.tap("Zoom, now 1 times")
    await customer.page.get_by_role("button", name="Zoom, now 1.5 times").wait_for()
    assert await customer.ask("[applied.torch, applied.zoom]") == [True, 1.5]
    box = await customer.page.locator("#ink").bounding_box()
    assert box is not None
    await customer.page.mouse.click(box["x"] + box["width"] * 0.25, box["y"] + box["height"] / 2)
    await customer.until("applied.pointsOfInterest", "the camera was told where to look")
    (point,) = await customer.ask("applied.pointsOfInterest")
    assert (point["x"], point["y"]) == (pytest.approx(0.25, abs=0.01), pytest.approx(0.5, abs=0.02))


async def test_a_camera_without_them_offers_none(desk: Desk, visit: Visit, dial: Dial) -> None:
    customer, _ = await in_call(desk, visit, dial)
    await customer.page.get_by_role("button", name="Draw on the picture").wait_for()
    for name in ("Turn the light on", "Zoom, now 1 times"):
        assert await customer.page.get_by_role("button", name=name).count() == 0
