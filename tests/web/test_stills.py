"""What stands still on the customer's page, and stills in place of a video; the agent's end is scripted."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from coachdesk.stillwire import AnyMessage, Ask, Have, Line, Thaw, Whole
from tests.web.conftest import Visit
from tests.web.desk import Desk, until
from tests.web.inkcall import CIRCLE, STILL, Dial, begin, end, in_call, spot
from tests.web.inkhub import InkHub

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.allow_log("aiortc's own receiver complains of every picture lost on a busy machine"),
]

FRAME = 4711
LOOK = """(id) => {
  const shown = document.getElementById(id);
  const [width, height] = [shown.videoWidth || shown.width, shown.videoHeight || shown.height];
  const context = new OffscreenCanvas(width, height).getContext("2d");
  context.drawImage(shown, 0, 0);
  const { data } = context.getImageData(0, 0, width, height);
  let sum = 0;
  for (let at = 0; at < data.length; at += 4) sum = (sum * 31 + data[at + 1]) % 2147483647;
  return sum;
}"""
"""A number that another picture would not have, of what an element shows."""
SLOW = """async (slow) => {
  const { Stills } = await import("./web/stills.js");
  const set = Stills.prototype.setSlow;
  window.slow ??= { set };
  window.slow.now = slow;
  Stills.prototype.setSlow = function () { window.slow.set.call(this, window.slow.now); };
}"""
"""Has the page believe that the line bears no video, with the next that happens."""


def decoded(still: Whole) -> np.ndarray:
    picture = cv2.imdecode(np.frombuffer(still.data, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    return picture


async def freeze(hub: InkHub, frame: int = FRAME) -> Whole:
    """The agent freezes the picture, and gets it."""
    hub.stage(frozen=frame)
    hub.stills.send(Ask(frame=frame))
    await until(lambda: wholes(hub), "the still has come")
    return wholes(hub)[-1]


def wholes(hub: InkHub) -> list[Whole]:
    """The stills that have come."""
    return [each for each in hub.got if isinstance(each, Whole)]


async def test_the_picture_stands_still_for_all_with_its_marks_until_it_is_released(
    desk: Desk, visit: Visit, dial: Dial
) -> None:
    customer, hub = await in_call(desk, visit, dial)
    hub.enter(begin("circle-0"), end("circle-0", [0.7, 0.7], [0.72, 0.74]))
    still = await freeze(hub)
    assert (still.frame, still.live, decoded(still).shape) == (FRAME, False, (360, 640, 3))
    await customer.see("Your picture stands still for now. You may move your phone.")
    seen, live = await customer.ask(LOOK, "still"), await customer.ask(LOOK, "preview")
    await customer.ask("void (pan = 200)")
    await customer.until(f"({LOOK})('preview') !== {live}", "the camera goes on")
    assert await customer.ask(LOOK, "still") == seen
    hub.enter(begin("circle-1", frame=FRAME), CIRCLE)
    assert (await spot(customer, "still"))[:2] == [
        pytest.approx(0.45, abs=0.01),
        pytest.approx(0.5, abs=0.015),
    ]
    hub.enter({"kind": "remove", "mark": "circle-1"})
    await spot(customer, "still", where="count === 0")
    anchors = [{"marks": ["circle-0"], "state": "tracked", "h": STILL}]
    hub.say_live({"kind": "poses", "frame": FRAME, "epoch": 1, "anchors": anchors})
    assert (await spot(customer, "still"))[:2] == [
        pytest.approx(0.71, abs=0.01),
        pytest.approx(0.72, abs=0.015),
    ]
    hub.stage(frozen=None)
    await customer.page.locator("#still").wait_for(state="hidden")
    await customer.page.locator("#advice").wait_for(state="hidden")


async def test_the_customer_draws_on_what_stands_still(desk: Desk, visit: Visit, dial: Dial) -> None:
    customer, hub = await in_call(desk, visit, dial)
    await freeze(hub)
    await customer.tap("Draw on the picture")
    box = await customer.page.locator("#ink").bounding_box()
    assert box is not None
    left, middle = box["x"] + box["width"] * 0.3, box["y"] + box["height"] / 2
    await customer.page.mouse.move(left, middle)
    await customer.page.mouse.down()
    await customer.page.mouse.move(left + 60, middle, steps=4)
    await customer.page.mouse.up()
    await until(lambda: hub.edits("end"), "the stroke has ended")
    assert hub.edits("begin")[0]["frame"] == FRAME
    x, y, *_ = hub.edits("end")[0]["path"][0]
    assert (x, y) == (pytest.approx(0.3, abs=0.01), pytest.approx(0.5, abs=0.02))


async def test_a_page_that_comes_later_gets_what_stands_still(desk: Desk, visit: Visit, dial: Dial) -> None:
    customer, hub = await in_call(desk, visit, dial)
    hub.stage(frozen=FRAME)
    await customer.page.locator("#still").wait_for()
    red = cv2.imencode(".jpg", np.full((360, 640, 3), (20, 20, 240), np.uint8))[1].tobytes()
    hub.stills.send_still(Whole(FRAME, False, red))
    _, _, count = await spot(customer, "still")
    assert count > 10_000


async def test_without_a_camera_nothing_can_stand_still(desk: Desk, visit: Visit, dial: Dial) -> None:
    customer, hub = await in_call(desk, visit, dial)
    await freeze(hub)
    await customer.tap("Stop camera")
    await until(lambda: Thaw(frame=FRAME) in hub.got, "the page says that the camera is off")
    hub.stage(frozen=None)
    hub.stage(frozen=FRAME + 1)
    hub.stills.send(Ask(frame=FRAME + 1))
    await until(lambda: Thaw(frame=FRAME + 1) in hub.got, "there is no picture to be had")


async def test_stills_come_one_by_one_while_the_line_bears_no_video(
    desk: Desk, visit: Visit, dial: Dial
) -> None:
    customer, hub = await in_call(desk, visit, dial)

    def follow(message: AnyMessage | Whole) -> None:
        """A third may have come before the mark on the second."""
        hub.got.append(message)
        if isinstance(message, Whole):
            here = {"marks": ["circle-1"], "state": "tracked", "h": STILL}
            hub.say_live({"kind": "poses", "frame": message.frame, "epoch": 1, "anchors": [here]})

    hub.stills.on_message = follow
    await customer.ask(SLOW, True)
    await customer.tap("Mute")
    await until(lambda: len(wholes(hub)) >= 2, "two stills have come", within=60)
    assert hub.got[:3] == [Have(), Line(stills=False), Line(stills=True)]
    assert isinstance(hub.got[3], Whole)
    first, second = wholes(hub)[:2]
    assert first.live
    assert 0 < (second.frame - first.frame) & 0xFFFFFFFF < 60 * 90_000
    assert decoded(first).shape[1] <= 640
    hub.enter(begin("circle-1", frame=second.frame), CIRCLE)
    assert (await spot(customer, "still"))[:2] == [
        pytest.approx(0.45, abs=0.01),
        pytest.approx(0.5, abs=0.015),
    ]
    await customer.ask(SLOW, False)
    await customer.tap("Unmute")
    await until(lambda: hub.got.count(Line(stills=False)) == 2, "the page says that the video is back")
    await customer.page.locator("#still").wait_for(state="hidden")


async def test_what_is_no_message_does_no_harm(desk: Desk, visit: Visit, dial: Dial) -> None:
    customer, hub = await in_call(desk, visit, dial)
    channel = hub.stills._channel
    for text in ("", "null", "[]", '{"kind":"ask"}', '{"kind":"ask","frame":-1}', '{"kind":"got","frame":1}', " " * 600,
                 '{"kind":"still","frame":1,"size":0}', '{"kind":"still","frame":1,"size":99999999}'):  # fmt: skip
        channel.send(text)
    channel.send(b"piece")
    channel.send('{"kind":"still","frame":1,"size":4}')
    channel.send(b"piece")
    assert (await freeze(hub)).frame == FRAME
    assert customer.errors == []
