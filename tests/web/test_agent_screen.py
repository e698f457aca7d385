"""The agent's screen on the customer's page: seen while the agent shows it, with what is drawn there, and closely."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from coachdesk.arrowshape import ARROW
from tests.web.agent import Agent
from tests.web.conftest import Customer, Visit
from tests.web.desk import Desk, until
from tests.web.inkcall import RED, begin, end
from tests.web.inkhub import InkHub
from tests.web.test_call import Dial
from tests.web.test_modules import load

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.allow_log("aiortc's own receiver complains of every picture lost on a busy machine"),
]

SIZE = {"width": 320, "height": 180}
SHARED = {"kind": "shared", "frame": 3, **SIZE, "customer": True}
SEES = """(() => {
  const video = document.getElementById("agent-screen-video");
  if (!video.videoWidth) return null;
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [8, 8];
  const paint = canvas.getContext("2d");
  paint.drawImage(video, 0, 0, 8, 8);
  return [...paint.getImageData(4, 4, 1, 1).data].slice(0, 3);
})()"""
"""The colour in the middle of what has come of the agent's screen; null: nothing has."""
RED_THERE = """(() => {
  const canvas = document.getElementById("agent-screen-ink");
  if (!canvas.checkVisibility()) return 0;
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let count = 0;
  for (let at = 0; at < data.length; at += 4) count += data[at] > 200 && data[at + 1] < 80 && data[at + 3] > 100;
  return count;
})()"""
"""How many red pixels are drawn on the agent's screen, as far as that is seen at all."""
RED_AT = """(() => {
  const canvas = document.getElementById("agent-screen-ink");
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let [sum, count] = [0, 0];
  for (let at = 0; at < data.length; at += 4) {
    if (data[at] < 201 || data[at + 1] > 79 || data[at + 3] < 101) continue;
    [sum, count] = [sum + Math.floor(at / 4 / canvas.width), count + 1];
  }
  const box = (id) => document.getElementById(id).getBoundingClientRect();
  const [place, video] = [box("agent-screen-place"), box("agent-screen-video")];
  return count && ((sum / count / canvas.height) * place.height - (video.top - place.top)) / video.height;
})()"""
"""How far down the picture the middle of all that is red is, 0 to 1; 0: nothing is."""
NAME_PICTURES = """() => {
  const request = HTMLVideoElement.prototype.requestVideoFrameCallback;
  HTMLVideoElement.prototype.requestVideoFrameCallback = function (then) {
    return request.call(this, (now, told) => {
      if (this.id !== "agent-screen-video") return then(now, told);
      window.timestamp = told.rtpTimestamp;
      return then(now, { rtpTimestamp: window.picture });
    });
  };
}"""
"""Every picture of the agent's screen has the RTP timestamp `window.picture` from now on, in place of its `timestamp`."""
ARROW_AT = """(() => {
  const [place, video, canvas] = ["place", "video", "ink"].map((name) => document.getElementById(`agent-screen-${name}`));
  if (!canvas.checkVisibility()) return null;
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let [left, top, right, bottom] = [canvas.width, canvas.height, -1, -1];
  for (let at = 0; at < data.length; at += 4) {
    if (data[at] > 60 || data[at + 1] > 60 || data[at + 2] > 60 || data[at + 3] < 200) continue;
    const [x, y] = [(at / 4) % canvas.width, Math.floor(at / 4 / canvas.width)];
    [left, top, right, bottom] = [Math.min(left, x), Math.min(top, y), Math.max(right, x), Math.max(bottom, y)];
  }
  if (right < 0) return null;
  const scale = canvas.width / place.clientWidth;
  const [within, box] = [place.getBoundingClientRect(), video.getBoundingClientRect()];
  const [across, down] = [left / scale + within.left - box.left, top / scale + within.top - box.top];
  return { left: across, top: down, height: (bottom - top + 1) / scale, wide: box.width };
})()"""
"""Where in the picture the dark of the sharer's arrow begins, its height, and the picture's width, all in CSS pixels; null:
there is none, or it is not seen."""
BOXES = """(() => {
  const boxes = Object.fromEntries(["agent-screen-place", "agent-screen-video", "preview"].map((id) => {
    const { left, top, right, bottom, width, height } = document.getElementById(id).getBoundingClientRect();
    return [id, { left, top, right, bottom, width, height }];
  }));
  const [place, video] = [boxes["agent-screen-place"], boxes["agent-screen-video"]];
  const fills = Math.abs(place.width - video.width) < 1 || Math.abs(place.height - video.height) < 1;
  const within = video.left > place.left - 1 && video.right < place.right + 1 && video.top > place.top - 1;
  return fills && within && video.bottom < place.bottom + 1 && boxes;
})()"""
"""Where everything is, once the picture fits its place."""
ON_ITS_FRAME: dict[str, Any] = {"frame": 3, "surface": "screen", "fade": 600}


async def in_call(desk: Desk, customer: Customer, dial: Dial) -> tuple[Agent, InkHub]:
    await customer.join(desk)
    await desk.tell("live")
    hubs: list[InkHub] = []
    agent = await dial(prepare=lambda agent: hubs.append(InkHub(agent)))
    await customer.see("Connected")
    await hubs[0].ready()
    await until(lambda: agent.control.readyState == "open", "the page has the control channel")
    return agent, hubs[0]


async def shown(customer: Customer, agent: Agent, hub: InkHub) -> None:
    hub.say(SHARED)
    agent.show_screen(True)
    await customer.see("Maria Lopez shows you their screen.")
    await customer.until(f"({SEES})?.[0] > 180", "the screen is orange")


async def name_picture(customer: Customer, picture: int) -> None:
    await customer.ask(f"window.picture = {picture}")


def told(hub: InkHub, picture: int, down: float | None, *marks: str) -> None:
    """In that picture the marks are so much further down than they were drawn; None: they are not there."""
    where = {"state": "hidden"} if down is None else {"state": "tracked", "h": [1, 0, 0, 0, 1, down, 0, 0, 1]}
    anchors = [{"marks": list(marks), **where}]
    hub.say({"kind": "poses", "frame": picture, "epoch": 0, "anchors": anchors, "surface": "screen"})


async def test_it_is_large_in_every_window_and_the_own_camera_beside_it(
    desk: Desk, visit: Visit, dial: Dial
) -> None:
    customer = await visit()
    agent, hub = await in_call(desk, customer, dial)
    assert await customer.page.locator("#agent-screen").is_hidden()
    await shown(customer, agent, hub)
    for width, height in ((390, 844), (844, 390), (1280, 800)):
        await customer.page.set_viewport_size({"width": width, "height": height})
        boxes = await customer.until(f"innerWidth === {width} && {BOXES}", "all of it is seen in that window")
        picture, camera = boxes["agent-screen-video"], boxes["preview"]
        assert picture["width"] / picture["height"] == pytest.approx(16 / 9, rel=0.02)
        room = max(picture["width"] / width, picture["height"] / height)
        assert room > 0.6
        assert 0 <= picture["left"] < picture["right"] <= width
        assert picture["bottom"] <= height
        assert camera["width"] > 40
        assert camera["height"] > 60
        beside = camera["top"] >= boxes["agent-screen-place"]["bottom"]
        assert beside or camera["left"] >= boxes["agent-screen-place"]["right"], "nothing is covered"
    assert await customer.page.locator("#agent-screen").get_attribute("aria-label") == (
        "The screen of Maria Lopez"
    )


@pytest.mark.parametrize("how", ["said", "held", "lost"])
async def test_it_goes_away_when_it_is_taken_back_or_nobody_can_say_so(
    desk: Desk, customer: Customer, dial: Dial, how: str
) -> None:
    agent, hub = await in_call(desk, customer, dial)
    await shown(customer, agent, hub)
    if how == "said":
        agent.show_screen(False)
    elif how == "held":
        await desk.tell("held")
    else:
        await agent.pc.close()
    await customer.page.locator("#agent-screen").wait_for(state="hidden")
    assert await customer.ask("document.getElementById('agent-screen-video').srcObject") is None
    said = await customer.page.locator("#announcer").text_content()
    assert said == "Maria Lopez doesn't show their screen any more." or how != "said"


async def test_what_comes_unsaid_is_not_shown(desk: Desk, customer: Customer, dial: Dial) -> None:
    agent, hub = await in_call(desk, customer, dial)
    agent.send_screen(True)
    hub.say(SHARED)
    hub.enter(begin("mark-0001", **ON_ITS_FRAME), end("mark-0001", [0.4, 0.4], [0.6, 0.6]))
    came = "one.type === 'inbound-rtp' && one.kind === 'video' && one.packetsReceived > 2"
    await customer.until(
        f"(async () => [...(await peers[0].getStats()).values()].some((one) => {came}))()", "pictures came"
    )
    assert await customer.page.locator("#agent-screen").is_hidden()
    assert await customer.ask("document.getElementById('agent-screen-video').srcObject") is None
    for text in ("", "null", "7", '{"kind":"agent_screen"}', '{"kind":"agent_screen","on":"yes"}'):
        agent.control.send(text)
    agent.control.send('{"kind":"ask_screen","on":false}')
    assert await customer.page.locator("#agent-screen").is_hidden()


async def test_marks_are_seen_on_the_screen_they_were_drawn_on_and_nowhere_else(
    desk: Desk, customer: Customer, dial: Dial
) -> None:
    agent, hub = await in_call(desk, customer, dial)
    await customer.ask(NAME_PICTURES)
    await name_picture(customer, 7)
    await shown(customer, agent, hub)
    told(hub, 7, 0, "other-001", "camera-01", "later-001")
    hub.enter(begin("other-001", **{**ON_ITS_FRAME, "frame": 2}), end("other-001", [0.1, 0.1], [0.9, 0.9]))
    hub.enter(begin("camera-01", frame=3, fade=600), end("camera-01", [0.1, 0.1], [0.9, 0.9]))
    hub.enter(begin("later-001", **ON_ITS_FRAME), end("later-001", [0.4, 0.4], [0.6, 0.6]))
    await customer.until(f"({RED_THERE}) > 0", "the mark is drawn")
    hub.enter({"kind": "remove", "mark": "later-001"})
    await customer.until(f"({RED_THERE}) === 0", "and no other")
    laser: dict[str, Any] = {"kind": "laser", "stroke": 1, "colour": RED, "width": 0.02, "author": "agent"}
    async with asyncio.timeout(30):
        while not await customer.ask(RED_THERE):
            hub.say_live({**laser, "frame": 3, "surface": "screen", "points": [[0.5, 0.5], [0.6, 0.5]]})
            await asyncio.sleep(0.05)
    hub.enter({"kind": "restore", "mark": "later-001"})
    hub.say({"kind": "shared"})
    await customer.until(f"({RED_THERE}) === 0", "what is not shared any more has no marks")


async def test_a_mark_is_where_it_is_told_to_be_in_the_very_picture_and_else_hidden(
    desk: Desk, customer: Customer, dial: Dial
) -> None:
    mark = "mark-0001"
    agent, hub = await in_call(desk, customer, dial)
    await customer.ask(NAME_PICTURES)
    await name_picture(customer, 7)
    await shown(customer, agent, hub)
    await customer.until("Number.isInteger(window.timestamp)", "the browser tells which picture it shows")
    hub.enter(begin(mark, **ON_ITS_FRAME))
    hub.say_live({"kind": "points", "mark": mark, "first": 0, "points": [[0.4, 0.3], [0.6, 0.4]]})
    await customer.until(f"Math.abs({RED_AT} - 0.35) < 0.02", "while it is drawn it is where the pen is")
    hub.enter(end(mark, [0.4, 0.3], [0.6, 0.4]))
    await customer.until(f"{RED_AT} === 0", "nothing is told of this picture yet")
    told(hub, 8, 0.25, mark)
    told(hub, 9, None, mark)
    told(hub, 7, 0, mark)
    await customer.until(f"Math.abs({RED_AT} - 0.35) < 0.02", "the page has not been scrolled")
    await name_picture(customer, 8)
    await customer.until(f"Math.abs({RED_AT} - 0.6) < 0.02", "it is where it is in that picture")
    for picture in (9, 10):
        await name_picture(customer, picture)
        await customer.until(f"{RED_AT} === 0", "it is scrolled away, or nobody knows")
        await name_picture(customer, 8)
        await customer.until(f"{RED_AT} > 0", "it is there again")


async def test_where_the_browser_does_not_tell_the_picture_a_mark_that_moves_is_hidden(
    desk: Desk, visit: Visit
) -> None:
    customer = await load(desk, visit, "screenposes.js")
    found = await customer.ask(
        """() => {
          const poses = new it.ScreenPoses();
          const there = (down) => ({ state: "tracked", h: [1, 0, 0, 0, 1, down, 0, 0, 1] });
          const at = (down) => (down === null ? { state: "hidden" } : there(down));
          const tell = (frame, down, now) => poses.told(frame, [{ marks: ["a"], ...at(down) }], now);
          const seen = [];
          const look = (now) => seen.push(poses.matrix("a", null, now)?.[5] ?? null);
          tell(1, 0.1, 0); look(999); look(1000);
          tell(2, 0.1, 1500); look(1500);
          tell(3, 0.2, 2000); look(2000); look(3000);
          tell(4, null, 3100); look(9000);
          tell(5, 0.2, 9000); look(9100); look(10000);
          for (let frame = 6; frame < 70; frame++) tell(frame, 0.3, 11000);
          seen.push(poses.matrix("a", 5, 0), poses.matrix("a", 6, 0)[5]);
          poses.clear(); look(20000);
          return seen;
        }"""
    )
    assert found == [None, 0.1, 0.1, None, 0.2, None, None, 0.2, None, 0.3, None]


def arrow_at(x: float, y: float) -> str:
    """The arrow is seen with its tip there, 0 to 1 of the picture."""
    near = (
        "Math.abs(arrow.left - {x} * arrow.wide) < 3 && Math.abs(arrow.top - {y} * arrow.wide * 9 / 16) < 5"
    )
    return f"(() => {{ const arrow = {ARROW_AT}; return arrow && {near.format(x=x, y=y)} && arrow; }})()"


async def test_the_agents_pointer_is_an_arrow_where_it_is_told_to_be_however_closely_one_looks(
    desk: Desk, customer: Customer, dial: Dial
) -> None:
    agent, hub = await in_call(desk, customer, dial)
    hub.say_live({"kind": "cursor", "number": 9, "at": [0.5, 0.5], "of": "agent"})
    await shown(customer, agent, hub)
    whole = await customer.until(arrow_at(0.5, 0.5), "what came before the screen counts")
    for late in (8, 9):
        hub.say_live({"kind": "cursor", "number": late, "at": [0.1, 0.1], "of": "agent"})
    hub.say_live({"kind": "cursor", "number": 99, "at": [0.1, 0.1], "of": "supervisor"})
    hub.say_live({"kind": "cursor", "number": 10, "at": [0.4, 0.6], "of": "agent"})
    await customer.until(arrow_at(0.4, 0.6), "it follows")
    await customer.page.keyboard.press("x")
    closer = await customer.until(arrow_at(0.4, 0.6), "looked at closely it is at that place of the picture")
    assert closer["wide"] > 1.5 * whole["wide"]
    assert closer["height"] == pytest.approx(whole["height"], abs=1.5), "and of the same size"
    await customer.page.locator("#agent-screen-place").focus()
    await customer.page.keyboard.press("ArrowLeft")
    await customer.until(arrow_at(0.4, 0.6), "pushed along with the picture")
    hub.say_live({"kind": "cursor", "number": 11, "at": None, "of": "agent"})
    await customer.until(f"{ARROW_AT} === null", "it has left")


async def test_no_pointer_is_seen_on_a_screen_that_is_not_shown_any_more(
    desk: Desk, customer: Customer, dial: Dial
) -> None:
    agent, hub = await in_call(desk, customer, dial)
    await shown(customer, agent, hub)
    hub.say_live({"kind": "cursor", "number": 1, "at": [0.5, 0.5], "of": "agent"})
    await customer.until(arrow_at(0.5, 0.5), "it is seen")
    hub.say({"kind": "shared"})
    await customer.until(f"{ARROW_AT} === null", "what is drawn on nothing")
    hub.say(SHARED)
    hub.enter(begin("mark-0001", **ON_ITS_FRAME))
    hub.say_live({"kind": "points", "mark": "mark-0001", "first": 0, "points": [[0.4, 0.3], [0.6, 0.4]]})
    await customer.until(f"({RED_THERE}) > 0", "it is shown again")
    assert await customer.ask(ARROW_AT) is None, "where it was then is nothing that is told now"
    hub.say_live({"kind": "cursor", "number": 2, "at": [0.2, 0.5], "of": "agent"})
    await customer.until(arrow_at(0.2, 0.5), "it is told anew")
    agent.show_screen(False)
    await customer.until(f"{ARROW_AT} === null", "with the screen it is gone")


async def test_the_arrow_is_that_of_the_desktop_and_the_newest_place_counts(desk: Desk, visit: Visit) -> None:
    customer = await load(desk, visit, "sharerspointer.js")
    assert await customer.ask("it.ARROW") == [list(corner) for corner in ARROW]
    found = await customer.ask(
        """() => {
          const pointer = new it.SharersPointer();
          let moved = 0;
          pointer.onMove = () => { moved++; };
          const seen = [];
          const tell = (number, at) => { pointer.told({ kind: "cursor", number, at }); seen.push([pointer.at, moved]); };
          tell(5, [0.1, 0.2]); tell(5, [0.3, 0.3]); tell(4, null); tell(6, null); tell(7, [1, 0]);
          pointer.leave(); seen.push(pointer.at); tell(7, [0.5, 0.5]); tell(8, [0.6, 0.5]);
          pointer.forget(); seen.push(pointer.at); tell(0, [0.7, 0.7]);
          return seen;
        }"""
    )
    assert found == [
        [[0.1, 0.2], 1], [[0.1, 0.2], 1], [[0.1, 0.2], 1], [None, 2], [[1, 0], 3],
        None, [None, 4], [[0.6, 0.5], 5],
        None, [[0.7, 0.7], 7],
    ]  # fmt: skip


async def test_it_is_looked_at_closely_by_button_keys_wheel_and_fingers(
    desk: Desk, visit: Visit, dial: Dial
) -> None:
    customer = await visit(has_touch=True)
    agent, hub = await in_call(desk, customer, dial)
    await shown(customer, agent, hub)
    width = "document.getElementById('agent-screen-video').getBoundingClientRect().width"
    left = "document.getElementById('agent-screen-video').getBoundingClientRect().left"
    whole = await customer.ask(width)
    await customer.page.keyboard.press("x")
    assert await customer.ask(width) == pytest.approx(2 * whole)
    await customer.tap("Show all")
    assert await customer.ask(width) == pytest.approx(whole)
    await customer.page.locator("#agent-screen-place").focus()
    await customer.page.keyboard.press("+")
    assert await customer.ask(width) == pytest.approx(1.25 * whole)
    before = await customer.ask(left)
    await customer.page.keyboard.press("ArrowLeft")
    assert await customer.ask(left) > before
    await customer.page.keyboard.press("0")
    assert await customer.ask(width) == pytest.approx(whole)
    wheel = "new WheelEvent('wheel', { deltaY: -200, clientX: 99, cancelable: true })"
    await customer.ask(f"document.getElementById('agent-screen-place').dispatchEvent({wheel})")
    assert await customer.ask(width) > 1.3 * whole
    await customer.page.keyboard.press("0")
    await customer.ask(
        """() => {
          const place = document.getElementById("agent-screen-place");
          place.setPointerCapture = () => {};
          const { left, top } = place.getBoundingClientRect();
          const touch = (kind, pointerId, x) => place.dispatchEvent(
            new PointerEvent(kind, { pointerId, button: 0, clientX: left + x, clientY: top + 50, bubbles: true }));
          touch("pointerdown", 1, 100);
          touch("pointerdown", 2, 140);
          touch("pointermove", 2, 180);
        }"""
    )
    assert await customer.ask(width) == pytest.approx(2 * whole)


async def test_a_zoomed_picture_leaves_no_gap_and_what_was_pointed_at_stays(desk: Desk, visit: Visit) -> None:
    customer = await load(desk, visit, "zoom.js")
    found = await customer.ask(
        """() => {
          const zoom = new it.Zoom();
          zoom.place = { width: 400, height: 300 };
          zoom.picture = { width: 1600, height: 900 };
          const seen = [{ ...zoom.viewport, whole: zoom.whole }];
          const step = (change) => { change(); seen.push({ ...zoom.viewport, whole: zoom.whole }); };
          step(() => zoom.toggle(100, 150));
          step(() => zoom.push(9999, 9999));
          step(() => zoom.push(-9999, -9999));
          step(() => zoom.by(1000, 0, 0));
          step(() => zoom.by(0.0001, 0, 0));
          return seen;
        }"""
    )
    whole, actual, corner, other, largest, again = found
    assert (whole["left"], whole["top"], whole["width"], whole["height"]) == (0, 37.5, 400, 225)
    assert whole["whole"] is again["whole"] is True
    assert (actual["width"], actual["height"]) == (1600, 900), "pixel for pixel"
    assert (actual["left"], actual["top"]) == (100 - 400, 150 - 450), "about that point"
    assert (corner["left"], corner["top"]) == (0, 0)
    assert (other["left"], other["top"]) == (400 - 1600, 300 - 900)
    assert largest["width"] == 4 * 1600
    assert again == whole
