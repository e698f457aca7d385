"""What the customer shares, floating over their other windows."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import Page

from tests.web.conftest import Customer, Visit
from tests.web.desk import Desk, until
from tests.web.ownscreen import MARK, RED_AT, drawn, sharing, told
from tests.web.test_call import Dial
from tests.web.test_screen_share import tells

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.allow_log("aiortc's own receiver complains of every picture lost on a busy machine"),
]

NO_WINDOW = "delete window.documentPictureInPicture;"
IN_PICTURE = """[...(() => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 640, height: 400 });
  const context = canvas.getContext("2d");
  context.drawImage(document.pictureInPictureElement, 0, 0, 640, 400);
  return context.getImageData(0, 0, 640, 400).data;
})()]"""
RED_IN_PICTURE = f"""(() => {{
  if (!document.pictureInPictureElement) return 0;
  const data = {IN_PICTURE};
  let [sum, count] = [0, 0];
  for (let at = 0; at < data.length; at += 4) {{
    if (data[at] > 200 && data[at + 1] < 80) [sum, count] = [sum + Math.floor(at / 4 / 640), count + 1];
  }}
  return count && sum / count / 400;
}})()"""
"""As `RED_AT`, in the picture that floats."""


async def floats(customer: Customer) -> Page:
    async with customer.context.expect_page() as opened:
        await customer.tap("Pop out")
    floating = await opened.value
    await floating.locator("#own-screen-ink").wait_for()
    return floating


async def test_it_floats_over_all_windows_with_its_marks_and_buttons(
    desk: Desk, visit: Visit, dial: Dial
) -> None:
    customer, agent, hub = await sharing(desk, visit, dial)
    await drawn(customer, hub)
    floating = await floats(customer)
    await customer.until(f"Math.abs({RED_AT} - 0.5) < 0.03", "the mark is there, too")
    await customer.see("What you share is in a small window over your others.")
    video = "documentPictureInPicture.window.document.querySelector('video')"
    await customer.until(f"!{video}.paused && {video}.videoWidth", "the picture plays")
    await floating.get_by_role("button", name="Mute", exact=True).click()
    await floating.get_by_role("button", name="Unmute", exact=True).wait_for()
    assert await customer.page.locator("#muted").is_visible()
    await floating.keyboard.press("m")
    await customer.page.locator("#muted").wait_for(state="hidden")
    for name in ("Mute", "Pause", "Stop"):
        box = await floating.get_by_role("button", name=name, exact=True).bounding_box()
        assert box is not None
        assert box["height"] >= 44
    await customer.tap("Bring back")
    await customer.page.locator("#own-screen").wait_for()
    await customer.until(f"Math.abs({RED_AT} - 0.5) < 0.03", "the mark has come along")
    floating = await floats(customer)
    closed = asyncio.Event()
    floating.on("close", lambda _: closed.set())
    await floating.get_by_role("button", name="Stop", exact=True).click()
    await tells(agent, "off")
    async with asyncio.timeout(30):
        await closed.wait()
    await until(lambda: len(customer.context.pages) == 1, "no window is left")
    assert await customer.page.locator("#own-screen-home").is_hidden()


async def test_a_floating_window_that_is_closed_or_refused_leaves_it_on_the_page(
    desk: Desk, visit: Visit, dial: Dial
) -> None:
    customer, _agent, hub = await sharing(desk, visit, dial)
    floating = await floats(customer)
    await floating.close()
    await customer.page.locator("#own-screen").wait_for()
    await customer.page.get_by_role("button", name="Pop out", exact=True).wait_for()
    await customer.ask(
        "() => { documentPictureInPicture.requestWindow = async () => { throw new Error('no'); }; }"
    )
    await customer.tap("Pop out")
    await drawn(customer, hub)


async def test_where_the_browser_floats_pictures_alone_it_is_one_with_its_marks(
    desk: Desk, visit: Visit, dial: Dial
) -> None:
    customer, agent, hub = await sharing(desk, visit, dial, NO_WINDOW)
    await drawn(customer, hub)
    await customer.tap("Pop out")
    await customer.see("What you share is in a small window over your others.")
    await customer.until(f"Math.abs({RED_IN_PICTURE} - 0.5) < 0.03", "the mark is in the picture")
    told(hub, 0.2, MARK)
    await customer.until(f"Math.abs({RED_IN_PICTURE} - 0.7) < 0.03", "the mark goes along")
    await customer.tap("Pause")
    await customer.until(f"{IN_PICTURE}.every((value, n) => n % 4 === 3 || value < 30)", "it is dark")
    await customer.tap("Bring back")
    await customer.until("!document.pictureInPictureElement", "it is back")
    await customer.tap("Go on")
    await customer.tap("Pop out")
    await customer.see("What you share is in a small window over your others.")
    told(hub, 0.2, MARK)
    await customer.until(f"{RED_IN_PICTURE} > 0", "the mark is in the picture again")
    await customer.ask("document.exitPictureInPicture()")  # as its own cross does
    await customer.page.get_by_role("button", name="Pop out", exact=True).wait_for()
    await customer.tap("Pop out")
    await customer.page.get_by_role("button", name="Bring back", exact=True).wait_for()
    await customer.page.locator("#share-no").click()
    await tells(agent, "off")
    await customer.until("!document.pictureInPictureElement", "nothing floats any more")


async def test_a_picture_that_may_not_float_stays_on_the_page(desk: Desk, visit: Visit, dial: Dial) -> None:
    customer, _agent, hub = await sharing(desk, visit, dial, NO_WINDOW)
    await customer.ask(
        "() => { HTMLVideoElement.prototype.requestPictureInPicture = async () => { throw new Error('no'); }; }"
    )
    await customer.tap("Pop out")
    await drawn(customer, hub)
    assert await customer.page.get_by_role("button", name="Pop out", exact=True).is_visible()


async def test_where_the_browser_floats_nothing_it_says_so(desk: Desk, visit: Visit, dial: Dial) -> None:
    nothing = NO_WINDOW + "Object.defineProperty(document, 'pictureInPictureEnabled', { value: false });"
    customer, _agent, _hub = await sharing(desk, visit, dial, nothing)
    await customer.page.locator("#own-screen").wait_for()
    assert await customer.page.locator("#share-float").is_hidden()
    await customer.see("Your browser can't show this in a window over your others")
