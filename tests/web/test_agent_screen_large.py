"""The agent's screen on the customer's page, pixel for pixel and over the whole monitor."""

from __future__ import annotations

import asyncio
import json

import pytest

from tests.web.agent import Agent
from tests.web.conftest import Customer, Visit
from tests.web.desk import Desk, until
from tests.web.inkhub import InkHub
from tests.web.test_agent_screen import SHARED, in_call
from tests.web.test_call import Dial

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.allow_log("aiortc's own receiver complains of every picture lost on a busy machine"),
]

DESK = {"width": 1280, "height": 800}
BOX = """(() => {
  const box = (id) => document.getElementById(id).getBoundingClientRect();
  const [place, video] = [box("agent-screen-place"), box("agent-screen-video")];
  return {
    wide: video.width * devicePixelRatio, high: video.height * devicePixelRatio,
    beside: [video.left - place.left, place.right - video.right, video.top - place.top, place.bottom - video.bottom],
    fills: place.left === 0 && place.right === innerWidth && place.bottom === innerHeight,
  };
})()"""
"""The picture's size, pixels of the monitor; what of its place is beside it, CSS pixels; whether that goes to the edges."""
FULL = "document.fullscreenElement?.id === 'room'"


async def large(
    desk: Desk,
    visit: Visit,
    dial: Dial,
    size: tuple[int, int] = (1920, 1080),
    script: str = "",
    **options: object,
) -> tuple[Customer, Agent, InkHub]:
    """``size``: of what the agent shows; ``script``: of the browser."""
    customer = await visit(**{"viewport": DESK, **options})
    await customer.page.add_init_script(script)
    agent, hub = await in_call(desk, customer, dial)
    hub.say({**SHARED, "width": size[0], "height": size[1]})
    agent.show_screen(True)
    await customer.see("Maria Lopez shows you their screen.")
    shape = f"Math.abs({BOX}.wide / {BOX}.high - {size[0] / size[1]}) < 0.01"
    await customer.until(shape, "it is seen as large as there is room for")
    return customer, agent, hub


def exactly(width: int, height: int) -> str:
    return (
        f"(() => {{ const it = {BOX}; return Math.hypot(it.wide - {width}, it.high - {height}) < 0.02; }})()"
    )


@pytest.mark.parametrize("ratio", [1, 1.5, 2])
async def test_each_pixel_is_one_of_the_monitor_by_button_and_key(
    desk: Desk, visit: Visit, dial: Dial, ratio: float
) -> None:
    customer, agent, _hub = await large(desk, visit, dial, device_scale_factor=ratio)
    button = customer.page.get_by_role("button", name="1:1, pixel for pixel", exact=True)
    whole = await customer.ask(f"{BOX}.wide")
    assert await button.get_attribute("aria-keyshortcuts") == "1"
    await customer.page.keyboard.press("1")
    await customer.until(exactly(1920, 1080), "it is shown pixel for pixel")
    assert await button.get_attribute("aria-pressed") == "true"
    said = {"kind": "screen_shown", "width": 1920, "height": 1080}
    await until(lambda: said in map(json.loads, agent.told), "all of its pixels are asked for")
    await customer.page.set_viewport_size({"width": 900, "height": 600})
    await customer.until(f"innerWidth === 900 && {exactly(1920, 1080)}", "so it is in another window")
    await customer.page.set_viewport_size(DESK)
    await customer.page.keyboard.press("1")
    await customer.until(f"{BOX}.wide === {whole}", "all of it is seen again")
    await button.click()
    await customer.until(exactly(1920, 1080), "the button does the same")
    await customer.tap("Show all")
    await customer.until(f"{BOX}.wide === {whole}", "all of it is seen again")
    assert await button.get_attribute("aria-pressed") == "false"


async def test_what_is_smaller_than_its_place_is_in_its_middle_and_gets_no_smaller(
    desk: Desk, visit: Visit, dial: Dial
) -> None:
    customer, _agent, _hub = await large(desk, visit, dial, (320, 200))
    await customer.page.keyboard.press("1")
    await customer.until(exactly(320, 200), "it is smaller than all that there is room for")
    left, right, top, bottom = await customer.ask(f"{BOX}.beside")
    assert left == pytest.approx(right, abs=0.5)
    assert top == pytest.approx(bottom, abs=0.5)
    assert left > 100
    await customer.page.locator("#agent-screen-place").focus()
    await customer.page.keyboard.press("-")
    assert await customer.ask(exactly(320, 200))
    await customer.page.keyboard.press("+")
    assert await customer.ask(f"Math.min(...{BOX}.beside)") == pytest.approx(0, abs=0.5), (
        "all there is room for"
    )


async def test_it_has_the_whole_monitor_until_it_is_left(desk: Desk, visit: Visit, dial: Dial) -> None:
    customer, agent, _hub = await large(desk, visit, dial)
    button = customer.page.locator("#agent-screen-full")
    assert await button.get_attribute("aria-keyshortcuts") == "u"
    await customer.page.keyboard.press("u")
    await customer.until(f"{FULL} && {BOX}.fills", "it goes to the edges")
    await customer.page.get_by_role("button", name="Exit full screen", exact=True).wait_for()
    for hidden in (".bar", "#controls", "#tile"):
        assert await customer.page.locator(hidden).is_hidden(), hidden
    agent.control.send('{"kind":"ask_screen","on":true}')
    await customer.see("Maria Lopez would like to see your screen.")
    await customer.page.keyboard.press("1")
    await customer.until(exactly(1920, 1080), "keys are what they are")
    await customer.ask("document.exitFullscreen()")  # as a browser does on Escape, where it has a window
    await customer.until(f"!({FULL})", "it is left")
    await customer.page.get_by_role("button", name="Full screen", exact=True).wait_for()
    await customer.page.locator("#controls").wait_for()
    await button.click()
    await customer.until(FULL, "by the button, too")
    await button.click()
    await customer.until(f"!({FULL})", "and back")


async def test_the_page_is_back_when_it_is_over(desk: Desk, visit: Visit, dial: Dial) -> None:
    customer, agent, _hub = await large(desk, visit, dial)
    await customer.page.keyboard.press("u")
    await customer.until(FULL, "it has the whole monitor")
    agent.show_screen(False)
    await customer.until(f"!({FULL})", "it is not shown any more")
    await customer.page.locator("#controls").wait_for()


LATE = """
  const request = Element.prototype.requestFullscreen;
  Element.prototype.requestFullscreen = async function () {
    await new Promise((go) => { window.go = go; });
    return request.call(this);
  };
  window.changes = 0;
  document.addEventListener("fullscreenchange", () => { window.changes++; });
"""


async def test_a_browser_that_is_late_leaves_nothing_over_the_whole_monitor(
    desk: Desk, visit: Visit, dial: Dial
) -> None:
    customer, agent, _hub = await large(desk, visit, dial, script=LATE)
    await customer.page.keyboard.press("u")
    await customer.until("Boolean(window.go)", "it is asked for")
    agent.show_screen(False)
    await customer.page.locator("#agent-screen").wait_for(state="hidden")
    await customer.ask("window.go()")
    await customer.until("window.changes === 2 && !document.fullscreenElement", "it was left at once")


UNABLE = "Object.defineProperty(Document.prototype, 'fullscreenEnabled', { get: () => undefined });"
REFUSES = "Element.prototype.requestFullscreen = () => { window.asked = true; return Promise.reject(new TypeError('no')); };"


async def test_where_a_browser_cannot_there_is_no_button(desk: Desk, visit: Visit, dial: Dial) -> None:
    customer, _agent, _hub = await large(desk, visit, dial, script=UNABLE)
    assert await customer.page.locator("#agent-screen-full").is_hidden()
    await customer.page.keyboard.press("u")
    await asyncio.sleep(0.3)
    assert not await customer.ask("document.fullscreenElement")


async def test_where_a_browser_refuses_it_stays_as_it_is(desk: Desk, visit: Visit, dial: Dial) -> None:
    customer, _agent, _hub = await large(desk, visit, dial, script=REFUSES)
    await customer.page.keyboard.press("u")
    await customer.until("window.asked", "it is asked for")
    assert await customer.page.locator("#controls").is_visible()
    await customer.page.get_by_role("button", name="Full screen", exact=True).wait_for()


@pytest.mark.parametrize("size", [(360, 640), (390, 844), (844, 390), (1280, 800)])
async def test_its_buttons_are_in_sight_and_large_enough(
    desk: Desk, visit: Visit, dial: Dial, size: tuple[int, int]
) -> None:
    customer, _agent, _hub = await large(desk, visit, dial, viewport={"width": size[0], "height": size[1]})
    bar = await customer.page.locator(".agent-screen-bar").bounding_box()
    assert bar is not None
    await customer.page.keyboard.press("m")
    muted = await customer.page.locator("#muted").bounding_box()
    assert muted is not None
    assert muted["y"] >= bar["y"] + bar["height"]
    for name in ("Enlarge", "1:1, pixel for pixel", "Full screen"):
        box = await customer.page.get_by_role("button", name=name, exact=True).bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 44
        assert bar["x"] <= box["x"]
        assert box["x"] + box["width"] <= bar["x"] + bar["width"]
        assert bar["y"] <= box["y"]
        assert box["y"] + box["height"] <= bar["y"] + bar["height"]
