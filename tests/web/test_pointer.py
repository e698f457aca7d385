"""Somebody else's pointer on the customer's page: whose it is, where they clicked, and what they want looked at."""

from __future__ import annotations

from typing import Any

import pytest

from tests.web.conftest import Customer, Visit
from tests.web.desk import Desk
from tests.web.inkcall import RED
from tests.web.inkcall import in_call as on_camera
from tests.web.inkhub import InkHub
from tests.web.ownscreen import WIDE, sharing
from tests.web.test_agent_screen import in_call, shown
from tests.web.test_call import Dial
from tests.web.test_modules import load
from tests.web.test_own_screen_floats import IN_PICTURE, NO_WINDOW

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.allow_log("aiortc's own receiver complains of every picture lost on a busy machine"),
]

WATCH = """
  // The clock of the ink stands where `window.halted` says. `window.written`: all that was written on a canvas.
  const now = performance.now.bind(performance);
  performance.now = () => window.halted ?? now();
  window.written = [];
  const write = CanvasRenderingContext2D.prototype.fillText;
  CanvasRenderingContext2D.prototype.fillText = function (text, ...where) {
    window.written.push(text);
    return write.call(this, text, ...where);
  };
"""
LOOK = """([name, x, y]) => {
  const [canvas, video] = ["ink", "video"].map((part) => document.getElementById(`${name}-${part}`));
  const { data, width, height } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const [own, place] = [video.getBoundingClientRect(), canvas.getBoundingClientRect()];
  const scale = Math.min(own.width / video.videoWidth, own.height / video.videoHeight);
  const [wide, high] = [video.videoWidth * scale, video.videoHeight * scale];
  const [left, top] = [own.left - place.left + (own.width - wide) / 2, own.top - place.top + (own.height - high) / 2];
  const [across, down] = [left + x * wide, top + y * high];
  const at = (right, below) => {
    const [column, row] = [Math.round(right * width / place.width), Math.round(below * height / place.height)];
    return [...data.slice(4 * (row * width + column), 4 * (row * width + column) + 4)];
  };
  const red = ([r, g, b, alpha]) => r > 150 && g < 90 && b < 90 && alpha > 80;
  const rings = [];
  for (let radius = 1; radius < high / 2; radius++) {
    let count = 0;
    for (let n = 0; n < 72; n++) {
      const angle = (2 * Math.PI * n) / 72;
      count += red(at(across + radius * Math.cos(angle), down + radius * Math.sin(angle)));
    }
    if (count >= 50) rings.push(radius / high);
  }
  let words = 0;
  for (let below = 0; below < high / 3; below++) {
    for (let right = 0; right < wide / 3; right++) {
      const [r, g, b, alpha] = at(across + right, down + below);
      words += right + below > high / 20 && r > 220 && g > 220 && b > 220 && alpha > 220;
    }
  }
  return { largest: Math.max(0, ...rings), words, high };
}"""
"""Of a pointer at a place of the picture, 0 to 1: the radius of the largest red ring around it, a share of the picture's
height; how many white pixels there are at its right and below; and the picture's height, CSS pixels."""
WIDTH = 0.02


class Pointing:
    """A pointer on ``surface``, as the hub tells it; ``place``: what the elements' names of that begin with."""

    def __init__(self, customer: Customer, hub: InkHub, surface: str, place: str, frame: int) -> None:
        self.customer, self.hub, self.place = customer, hub, place
        self.laser: dict[str, Any] = {
            "kind": "laser", "colour": RED, "width": WIDTH, "frame": frame, "surface": surface, "stroke": 1,
            "author": "agent", "points": [[0.5, 0.5]],
        }  # fmt: skip

    async def until(self, condition: str, what: str, **laser: Any) -> dict[str, Any]:
        """Tells it, if there is anything to tell, until ``condition`` (JavaScript) holds of what is seen: ``it``."""
        if laser:
            self.hub.say_live(self.laser | laser)
        look = f"({LOOK})(['{self.place}', 0.5, 0.5])"
        seen = await self.customer.until(
            f"(() => {{ const it = {look}; return {condition} && it; }})()", what
        )
        assert isinstance(seen, dict)
        return seen

    async def clock(self, ms: int) -> None:
        """Stops the page's clock there."""
        await self.customer.ask("(ms) => { window.halted = ms; }", ms)

    async def says(self, name: str, **laser: Any) -> None:
        """What is written is ``name``, as it is told whose it is."""
        await self.customer.ask("() => { window.written = []; }")
        self.hub.say_live(self.laser | laser)
        await self.customer.until(f"window.written.includes('{name}')", name)


async def on_agents_screen(desk: Desk, visit: Visit, dial: Dial) -> Pointing:
    customer = await visit(viewport=WIDE)
    await customer.page.add_init_script(WATCH)
    agent, hub = await in_call(desk, customer, dial)
    await shown(customer, agent, hub)
    return Pointing(customer, hub, "screen", "agent-screen", 3)


async def on_own_screen(desk: Desk, visit: Visit, dial: Dial) -> Pointing:
    customer, _agent, hub = await sharing(desk, visit, dial, WATCH)
    return Pointing(customer, hub, "customer", "own-screen", 5)


@pytest.mark.parametrize("where", [on_agents_screen, on_own_screen])
async def test_a_click_is_a_ripple_and_what_is_to_be_looked_at_has_a_ring(
    desk: Desk, visit: Visit, dial: Dial, where: Any
) -> None:
    pointing = await where(desk, visit, dial)
    await pointing.clock(1_000_000)
    await pointing.until("it.words > 20 && it.largest < 0.025", "it is there, with a name", sign="")
    await pointing.until(
        "it.largest > 0.015 && it.largest < 0.05", "the ripple begins", stroke=2, sign="click"
    )
    for ms, widths in ((150, 2.25), (300, 3.5), (450, 4.75)):
        await pointing.clock(1_000_000 + ms)
        pointing.hub.say_live(pointing.laser | {"stroke": 2})
        radius = f"Math.abs(it.largest - {widths * WIDTH}) < 4 / it.high"
        await pointing.until(radius, f"it grows, however the pointer moves: {ms} ms")
    await pointing.clock(1_000_650)
    await pointing.until("it.words > 20 && it.largest < 0.025", "it is over, and the pointer is there")
    ring = f"Math.abs(it.largest - {8 * WIDTH}) < 5 / it.high"
    await pointing.until(ring, "what is to be looked at", stroke=2, sign="spotlight")
    await pointing.clock(1_001_500)
    await pointing.until(ring, "for as long as that is meant")
    await pointing.until("it.words > 20 && it.largest < 0.025", "it is not any more", stroke=2, sign="")
    await pointing.clock(1_003_000)
    await pointing.until("it.words === 0 && it.largest === 0", "nobody points any more")


@pytest.mark.parametrize("where", [on_agents_screen, on_own_screen])
async def test_it_bears_the_agents_name_and_anybody_else_is_a_coach(
    desk: Desk, visit: Visit, dial: Dial, where: Any
) -> None:
    pointing = await where(desk, visit, dial)
    await pointing.clock(1_000_000)
    await pointing.says("Maria Lopez")
    await pointing.clock(1_002_000)
    await pointing.until("it.words === 0", "the agent points no more")
    await pointing.says("Coach", author="p-1234", sign="spotlight")
    assert set(await pointing.customer.ask("window.written")) == {"Coach"}


async def test_it_is_in_the_picture_that_floats(desk: Desk, visit: Visit, dial: Dial) -> None:
    customer, _agent, hub = await sharing(desk, visit, dial, WATCH + NO_WINDOW)
    await customer.tap("Pop out")
    await customer.until("Boolean(document.pictureInPictureElement)", "it floats")
    pointing = Pointing(customer, hub, "customer", "own-screen", 5)
    await pointing.clock(1_000_000)
    await pointing.says("Maria Lopez", sign="spotlight")
    on_the_ring = f"""(() => {{
      if (!document.pictureInPictureElement) return false;
      const data = {IN_PICTURE};
      const red = (x, y) => data[4 * (y * 640 + x)] > 180 && data[4 * (y * 640 + x) + 1] < 110;
      return red(320, {200 - 64}) && red({320 - 64}, 200) && !red(320, {200 - 50});
    }})()"""
    await customer.until(on_the_ring, "with its ring")


async def test_nothing_is_written_on_the_customers_picture(desk: Desk, visit: Visit, dial: Dial) -> None:
    customer, hub = await on_camera(desk, visit, dial, WATCH)
    ring = f"""(() => {{
      const canvas = document.getElementById("ink");
      const {{ data }} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      let count = 0;
      for (let at = 0; at < data.length; at += 4) count += data[at] > 240 && data[at + 1] < 50 && data[at + 2] < 50;
      return count;
    }})() > {2 * 3.14 * 8 * 0.02 * 200}"""
    for _ in range(100):
        hub.say_live({"kind": "laser", "stroke": 1, "colour": RED, "width": WIDTH, "sign": "spotlight",
                      "author": "agent", "points": [[0.5, 0.5]]})  # fmt: skip
        if await customer.ask(ring):
            break
    assert await customer.ask(ring), "a ring is there as well"
    assert await customer.ask("window.written") == []


async def test_a_click_is_of_one_stroke_on_one_surface(desk: Desk, visit: Visit) -> None:
    customer = await load(desk, visit, "ink.js")
    found = await customer.ask(
        """() => {
          let now = 0;
          const ink = new it.Ink(() => now);
          const heard = [];
          const seen = [];
          const tell = (more) => {
            now += 10;
            const laser = { kind: "laser", colour: "#ffffff", width: 0.01, points: [[0.5, 0.5]], author: "agent" };
            ink.link.handlers.onMessage({ ...laser, stroke: 1, ...more });
            const [{ sign, clicked, at }] = ink.pointers(more.surface);
            seen.push([sign, clicked === -Infinity ? null : clicked, at]);
          };
          tell({}); tell({ sign: "click" }); tell({}); tell({ sign: "spotlight" }); tell({ stroke: 2 });
          tell({ stroke: 2, sign: "click" }); tell({ stroke: 2, surface: "screen", frame: 0 });
          return seen;
        }"""
    )
    assert found == [
        ["", None, 10], ["click", 20, 20], ["", 20, 30], ["spotlight", 20, 40], ["", None, 50],
        ["click", 60, 60], ["", None, 70],
    ]  # fmt: skip


async def test_a_name_stays_in_its_place_and_a_pointer_elsewhere_has_none(desk: Desk, visit: Visit) -> None:
    customer = await load(desk, visit, "pointer.js")
    boxes = await customer.ask(
        """(places) => places.map(([x, y, author]) => {
          const canvas = Object.assign(document.createElement("canvas"), { width: 600, height: 500 });
          const context = canvas.getContext("2d");
          context.translate(100, 100);
          const points = [[x, y, 0.5, 0]];
          const pointer = { author, colour: "#20ff20", width: 0.01, points, sign: "", clicked: -Infinity };
          const name = it.pointedBy(author, { agent: "Maria Lopez" });
          const label = { name, size: 13, place: { width: 400, height: 300 } };
          it.paintPointer(context, pointer, [400, 0, 0, 0, 300, 0, 0, 0, 1], 300, 0, label);
          const { data } = context.getImageData(0, 0, 600, 500);
          let [left, top, right, bottom] = [600, 500, -1, -1];
          for (let at = 0; at < data.length; at += 4) {
            if (data[at + 1] > 60 || data[at + 3] < 150) continue; // the ground of words
            const [column, row] = [(at / 4) % 600 - 100, Math.floor(at / 4 / 600) - 100];
            [left, top] = [Math.min(left, column), Math.min(top, row)];
            [right, bottom] = [Math.max(right, column), Math.max(bottom, row)];
          }
          return right < left ? null : [left, top, right, bottom];
        })""",
        [[0.5, 0.5, "agent"], [1, 1, "agent"], [0, 0, "agent"], [0, 1, "p-1"], [1.2, 0.5, "agent"],
         [0.5, 0.5, "customer"]],
    )  # fmt: skip
    middle, last, first, corner, outside, own = boxes
    assert middle[0] > 200
    assert middle[1] > 150
    assert outside is None
    assert own is None
    for left, top, right, bottom in (middle, last, first, corner):
        assert 0 <= left < right <= 400
        assert 0 <= top < bottom <= 300
    assert corner[2] - corner[0] < middle[2] - middle[0], "the name of a coach is not said"
