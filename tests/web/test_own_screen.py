"""What the customer shares, on their own page: small, with what is drawn on it; floating over their other windows."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.web.conftest import Visit
from tests.web.desk import Desk
from tests.web.inkcall import RED, STILL, begin, end
from tests.web.ownscreen import CORNERS, DISPLAY, MARK, RED_AT, SHARED, THERE, WIDE, drawn, sharing, told
from tests.web.test_agent_screen import in_call
from tests.web.test_call import Dial
from tests.web.test_modules import load
from tests.web.test_screen_share import CHOOSE, START

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.allow_log("aiortc's own receiver complains of every picture lost on a busy machine"),
]


async def test_marks_are_on_what_was_drawn_on_and_no_others_are(desk: Desk, visit: Visit, dial: Dial) -> None:
    customer, _agent, hub = await sharing(desk, visit, dial)
    for number, where in enumerate(({"frame": 4}, {"surface": "screen"}, {"surface": "camera"})):
        name = f"other-{number:03}"
        hub.enter(begin(name, **(THERE | where)), end(name, [0.1, 0.1], [0.9, 0.2]))
        told(hub, 0, name)
        told(hub, 0, name, surface="screen")
    await drawn(customer, hub)
    hub.enter({"kind": "remove", "mark": MARK})
    await customer.until(f"{RED_AT} === 0", "no other mark is there")
    hub.enter({"kind": "restore", "mark": MARK})
    await customer.until(f"{RED_AT} > 0", "it is there again")
    hub.say({"kind": "shared", "surface": "customer"})
    await customer.until(f"{RED_AT} === 0", "nothing is drawn on any more")
    assert await customer.page.locator("#own-screen").get_attribute("aria-label") == (
        "What you share, with what is drawn on it"
    )


async def test_what_is_not_exactly_right_changes_nothing(desk: Desk, visit: Visit, dial: Dial) -> None:
    customer, _agent, hub = await sharing(desk, visit, dial)
    await drawn(customer, hub)
    moved = {"marks": [MARK], "state": "tracked", "h": [*STILL[:5], 0.3, *STILL[6:]]}
    poses: dict[str, Any] = {
        "kind": "poses",
        "frame": 9,
        "epoch": 0,
        "anchors": [moved],
        "surface": "customer",
    }
    gone = {"kind": "shared", "frame": 0, "surface": "customer"}
    for wrong in (
        poses | {"surface": "coach"},
        poses | {"surface": "floor"},
        poses | {"frame": -1},
        poses | {"anchors": [moved | {"h": [1, 0, 0]}]},
        poses | {"anchors": [moved | {"state": "there"}]},
        poses | {"surface": "screen"},  # right, but of other marks
        gone | {"surface": "coach"},
        gone | {"frame": "0"},
        gone | {"more": 1},
        gone | {"surface": "screen"},  # right, but of another screen
        SHARED | {"width": 0},
    ):
        hub.say(wrong)
    hub.say_live(poses)  # such are told on the other channel
    await asyncio.sleep(0.5)
    assert abs(await customer.ask(RED_AT) - 0.5) < 0.03
    hub.say(gone)
    await customer.until(f"{RED_AT} === 0", "nothing is drawn on any more")
    hub.say(SHARED | {"frame": 6})
    told(hub, 0, MARK)
    await asyncio.sleep(0.5)
    assert await customer.ask(RED_AT) == 0, "it was drawn on what was shared before"


async def test_a_mark_is_hidden_while_nobody_knows_where_what_it_is_on_has_gone(
    desk: Desk, visit: Visit, dial: Dial
) -> None:
    customer, _agent, hub = await sharing(desk, visit, dial)
    await drawn(customer, hub)
    await asyncio.sleep(1.0)  # what is told shortly before a change may be of it
    await customer.ask("window.scrolled = 73")
    await customer.until(f"{RED_AT} === 0", "the page has been scrolled")
    await asyncio.sleep(1.5)
    assert await customer.ask(RED_AT) == 0, "nobody has told where to"
    told(hub, -0.1, MARK)
    await customer.until(f"Math.abs({RED_AT} - 0.4) < 0.03", "it is where it is told to be")
    told(hub, None, MARK)
    await customer.until(f"{RED_AT} === 0", "it is covered")


async def test_it_is_on_the_page_while_it_is_shared_and_seen(desk: Desk, visit: Visit, dial: Dial) -> None:
    customer, _agent, hub = await sharing(desk, visit, dial)
    await drawn(customer, hub)
    home, picture = (customer.page.locator(each) for each in ("#own-screen-home", "#own-screen"))
    await customer.tap("Pause")
    await picture.wait_for(state="hidden")
    assert await customer.ask("document.getElementById('own-screen-video').srcObject") is None
    await customer.tap("Go on")
    await customer.until("document.getElementById('own-screen-video').videoWidth", "it is shared again")
    await asyncio.sleep(0.5)
    assert await customer.ask(RED_AT) == 0, "meanwhile it may have been scrolled"
    told(hub, 0, MARK)
    await customer.until(f"{RED_AT} > 0", "the mark is there again")
    await customer.page.keyboard.press("s")
    await home.wait_for(state="hidden")
    assert await customer.ask("document.getElementById('own-screen-video').srcObject") is None


async def test_a_pointer_is_seen_there_while_it_moves(desk: Desk, visit: Visit, dial: Dial) -> None:
    customer, _agent, hub = await sharing(desk, visit, dial)
    laser: dict[str, Any] = {
        "kind": "laser", "stroke": 1, "colour": RED, "width": 0.03, "author": "agent", "points": [[0.5, 0.3], [0.6, 0.3]],
    }  # fmt: skip

    async def points(**where: Any) -> float:
        for _ in range(12):
            hub.say_live(laser | {"frame": 5, "surface": "customer"} | where)
            await asyncio.sleep(0.05)
        return float(await customer.ask(RED_AT))

    async with asyncio.timeout(30):
        while abs(await points() - 0.3) > 0.05:
            pass
    await customer.until(f"{RED_AT} === 0", "it has gone")
    assert await points(frame=4) == 0
    assert await points(surface="screen") == 0


@pytest.mark.parametrize("size", [(390, 844), (844, 390), (1280, 800)])
async def test_it_is_enlarged_and_put_away(
    desk: Desk, visit: Visit, dial: Dial, size: tuple[int, int]
) -> None:
    customer, _agent, hub = await sharing(desk, visit, dial)
    await drawn(customer, hub)
    await customer.page.set_viewport_size({"width": size[0], "height": size[1]})
    picture = customer.page.locator("#own-screen")

    async def height() -> float:
        box = await picture.bounding_box()
        assert box is not None
        return box["height"]

    small = await height()
    for name in ("Larger", "Put away", "Pop out", "Pause", "Stop"):
        box = await customer.page.get_by_role("button", name=name, exact=True).bounding_box()
        assert box is not None
        assert box["height"] >= 44
        assert box["width"] >= 44
        assert box["x"] + box["width"] <= size[0]
    await customer.tap("Larger")
    assert await height() > 1.5 * small
    box = await picture.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= size[1], "all of it is in sight"
    await customer.until(f"Math.abs({RED_AT} - 0.5) < 0.03", "the mark is in its place")
    await customer.page.keyboard.press("e")
    assert await height() == small
    await customer.tap("Put away")
    assert await picture.is_hidden()
    assert await customer.page.get_by_role("button", name="Larger", exact=True).is_hidden()
    await customer.page.keyboard.press("h")
    await customer.until(f"Math.abs({RED_AT} - 0.5) < 0.03", "it is there again")


async def test_the_title_calls_the_customer_who_looks_elsewhere(desk: Desk, visit: Visit, dial: Dial) -> None:
    customer, _agent, hub = await sharing(desk, visit, dial)
    title = await customer.page.title()
    await customer.ask("document.hasFocus = () => window.looking ?? false")
    await drawn(customer, hub)
    await customer.until("document.title.startsWith('✎ ')", "there is something to be seen")
    await customer.ask("window.looking = true")
    await customer.until(f"document.title === {title!r}", "they look")
    await asyncio.sleep(0.5)  # they see it
    await customer.ask("window.looking = false")
    await asyncio.sleep(0.5)
    assert await customer.page.title() == title, "they have seen that one"
    hub.enter(begin("mark-0002", **THERE), end("mark-0002", *CORNERS))
    told(hub, 0, MARK, "mark-0002")
    await customer.until("document.title.startsWith('✎ ')", "there is another one")
    await customer.page.keyboard.press("s")
    await customer.until(f"document.title === {title!r}", "nothing is shared any more")


async def test_marks_on_the_camera_and_on_the_screen_do_not_mix(desk: Desk, visit: Visit, dial: Dial) -> None:
    customer, _agent, hub = await sharing(desk, visit, dial)
    await drawn(customer, hub)
    camera = """(() => {
      const canvas = document.getElementById("ink");
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      let count = 0;
      for (let at = 0; at < data.length; at += 4) count += data[at] > 200 && data[at + 1] < 80 && data[at + 3] > 100;
      return count;
    })()"""
    assert await customer.ask(camera) == 0
    hub.enter({"kind": "remove", "mark": MARK})
    await customer.until(f"{RED_AT} === 0", "there is no mark on the screen")
    laser = {"kind": "laser", "stroke": 1, "colour": RED, "width": 0.03, "points": [[0.3, 0.3], [0.6, 0.6]]}
    async with asyncio.timeout(20):
        while not await customer.ask(camera):
            hub.say_live(laser)
            await asyncio.sleep(0.05)
    assert await customer.ask(RED_AT) == 0


async def test_ten_shares_leave_nothing_behind(desk: Desk, visit: Visit, dial: Dial) -> None:
    customer = await visit(viewport=WIDE)
    await customer.page.add_init_script(
        DISPLAY
        + """
        window.timers = new Set();
        window.listeners = 0;
        for (const [name, by] of [["addEventListener", 1], ["removeEventListener", -1]]) {
          const plain = EventTarget.prototype[name];
          EventTarget.prototype[name] = function (type, ...rest) {
            if (this === window || this === document || this.id?.startsWith("own-")) window.listeners += by;
            return plain.call(this, type, ...rest);
          };
        }
        window.shared = [];
        const give = navigator.mediaDevices.getDisplayMedia;
        navigator.mediaDevices.getDisplayMedia = async () => {
          const stream = await give();
          window.shared.push(...stream.getTracks());
          return stream;
        };
        const [set, clear] = [window.setInterval, window.clearInterval];
        window.setInterval = (...what) => { const id = set.apply(window, what); window.timers.add(id); return id; };
        window.clearInterval = (id) => { window.timers.delete(id); clear.call(window, id); };
        """
    )
    _agent, _hub = await in_call(desk, customer, dial)
    counts, listeners = [], []
    for _ in range(10):
        await customer.tap(START)
        await customer.tap(CHOOSE)
        await customer.page.locator("#own-screen").wait_for()
        await customer.page.keyboard.press("s")
        await customer.page.locator("#own-screen-home").wait_for(state="hidden")
        counts.append(await customer.ask("window.timers.size"))
        listeners.append(await customer.ask("window.listeners"))
        await asyncio.sleep(0.1)
    own = [count - number for number, count in enumerate(counts)]  # the played screen has one each time
    assert len(set(own)) == 1
    assert len(set(listeners)) == 1
    assert await customer.ask("window.shared.map((track) => track.readyState)") == ["ended"] * 10


async def test_places_are_quiet_until_much_of_them_changes(desk: Desk, visit: Visit) -> None:
    customer = await load(desk, visit, "quietplaces.js")
    found = await customer.ask(
        """() => {
          const places = new it.QuietPlaces();
          const picture = (by, dot = 0) => {
            const rgba = new Uint8ClampedArray(4 * it.WIDTH * it.HEIGHT).fill(250);
            for (let y = 0; y < it.HEIGHT; y++) for (let x = 0; x < it.WIDTH / 2; x++) {
              rgba[4 * (y * it.WIDTH + x) + 1] = (x * 7919 + (y + by) * 104729) % 251;
            }
            if (dot) rgba[4 * (50 * it.WIDTH + 40) + 1] ^= 255;
            return rgba;
          };
          const [left, right] = [[{ x: 0.2, y: 0.4 }, { x: 0.3, y: 0.5 }], [{ x: 0.8, y: 0.4 }]];
          const seen = [];
          const look = (now) => seen.push(places.quiet(left, now), places.quiet(right, now));
          places.look(picture(0), 0); look(0); look(1000);
          places.look(picture(0, 1), 2000); look(2000);
          places.look(picture(3), 3000); look(3000); look(3999); look(4000);
          return seen;
        }"""
    )
    assert found == [True, True, True, True, True, True, False, True, False, True, True, True]
