"""What the customer shares, on their own page: a browser whose picker gives a page of words, and marks on it."""

from __future__ import annotations

from typing import Any

from tests.web.agent import Agent
from tests.web.conftest import Customer, Visit
from tests.web.desk import Desk
from tests.web.inkcall import STILL, begin, end
from tests.web.inkhub import InkHub
from tests.web.test_agent_screen import in_call
from tests.web.test_call import Dial
from tests.web.test_screen_share import CHOOSE, START, tells

WIDE = {"width": 1280, "height": 800}
DISPLAY = """
  // What the browser's picker would give: a page of words, scrolled by `window.scrolled` pixels, with a caret that blinks.
  window.scrolled = 0;
  navigator.mediaDevices.getDisplayMedia = async () => {
    const [screen, text] = [document.createElement("canvas"), document.createElement("canvas")];
    [screen.width, screen.height, text.width, text.height] = [640, 400, 640, 2000];
    const [paint, words] = [screen.getContext("2d"), text.getContext("2d")];
    words.fillStyle = "#fff";
    words.fillRect(0, 0, 640, 2000);
    words.fillStyle = "#111";
    words.font = "15px sans-serif";
    for (let y = 20, n = 7; y < 2000; y += 20) {
      n = (n * 16807) % 2147483647;
      words.fillText(`${n} order ${n % 977} item ${n % 13} price ${n % 4391} total, delivered to ${n % 7919}`, 10, y);
    }
    let n = 0;
    setInterval(() => {
      paint.drawImage(text, 0, -window.scrolled);
      if (n++ % 10 < 5) { paint.fillStyle = "#111"; paint.fillRect(330, 206, 2, 18); }
    }, 50);
    return new MediaStream([screen.captureStream(15).getVideoTracks()[0]]);
  };
"""
SHARED = {"kind": "shared", "frame": 5, "width": 640, "height": 400, "surface": "customer"}
THERE: dict[str, Any] = {"frame": 5, "surface": "customer", "fade": 600}
MARK = "mark-0001"
CORNERS = [0.4, 0.45], [0.6, 0.55]
RED_AT = """(() => {
  const there = window.documentPictureInPicture?.window?.document;
  const canvas = document.getElementById("own-screen-ink") ?? there.getElementById("own-screen-ink");
  if (!canvas.checkVisibility() || !canvas.width) return 0;
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let [sum, count] = [0, 0];
  for (let at = 0; at < data.length; at += 4) {
    if (data[at] < 201 || data[at + 1] > 79 || data[at + 3] < 101) continue;
    [sum, count] = [sum + Math.floor(at / 4 / canvas.width), count + 1];
  }
  const scale = Math.min(canvas.width / 640, canvas.height / 400);
  return count && (sum / count - (canvas.height - 400 * scale) / 2) / scale / 400;
})()"""
"""How far down the picture the middle of all that is red is, 0 to 1; 0: nothing is."""


async def sharing(desk: Desk, visit: Visit, dial: Dial, browser: str = "") -> tuple[Customer, Agent, InkHub]:
    """``browser``: script, what theirs has not."""
    customer = await visit(viewport=WIDE)
    await customer.page.add_init_script(DISPLAY + browser)
    agent, hub = await in_call(desk, customer, dial)
    await customer.tap(START)
    await customer.tap(CHOOSE)
    await tells(agent, "on")
    hub.say(SHARED)
    await customer.until(
        "document.getElementById('own-screen-video').videoWidth === 640", "they see it themselves"
    )
    return customer, agent, hub


def told(hub: InkHub, down: float | None, *marks: str, surface: str = "customer") -> None:
    """In the newest picture the marks are so much further down than they were drawn; None: they are not there."""
    h = [*STILL[:5], down, *STILL[6:]]
    where = {"state": "hidden"} if down is None else {"state": "tracked", "h": h}
    anchors = [{"marks": list(marks), **where}]
    hub.say({"kind": "poses", "frame": 7, "epoch": 0, "anchors": anchors, "surface": surface})


async def drawn(customer: Customer, hub: InkHub) -> None:
    hub.enter(begin(MARK, **THERE), end(MARK, *CORNERS))
    told(hub, 0, MARK)
    await customer.until(f"Math.abs({RED_AT} - 0.5) < 0.03", "the mark is there, with a caret in it")
