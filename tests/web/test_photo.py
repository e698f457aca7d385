"""Photos on the page: told, taken, sent in pieces to the real server, declined; by both ways of taking one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import cv2
import numpy as np
import pytest
import pytest_asyncio
from playwright.async_api import Route

from signaling.protocol import (
    Admit,
    AskPhoto,
    CallState,
    HangUp,
    Lobby,
    OpenPhoto,
    PhotoState,
    PhotoTicket,
)
from tests.signaling.wire import Site, Wire, make_staff, site
from tests.web.conftest import Customer, Visit
from tests.web.desk import Desk
from tests.web.test_modules import load

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

WITHOUT_CAPTURE = "delete window.ImageCapture"
PIECE = 128 * 1024
UNHURRIED = """(() => {
  // What the page says for some seconds only (NOTICE_MS and SAID_FOR_MS of photographer.js) it says until `goOn()`.
  const [set, waiting] = [window.setTimeout, []];
  window.setTimeout = (then, ms, ...more) => ([2500, 3000].includes(ms) ? waiting.push(then) : set(then, ms, ...more));
  window.goOn = () => waiting.splice(0).forEach((then) => then());
})()"""


@pytest_asyncio.fixture(loop_scope="session")
async def office(tmp_path: Path) -> AsyncIterator[Site]:
    staff = await make_staff(tmp_path / "staff.db")
    folder = tmp_path / "run"
    folder.mkdir()
    async with site(staff, folder) as running:
        yield running


async def on_call(office: Site, customer: Customer) -> tuple[Wire, str]:
    """amy, on a call with the page, whose words on a photo stay until they are read."""
    await customer.context.add_init_script(UNHURRIED)
    amy = await office.staff("amy")
    link = await office.invite(amy)
    await customer.page.goto(f"{office.url}{link.path}")
    await customer.tap("Agree and join")
    while not (lobby := await amy.until(Lobby)).waiting:
        pass
    await amy.do(Admit, party=lobby.waiting[0].party)
    await customer.see("Call with amy")
    return amy, (await amy.until(CallState)).call.call


async def fetched(office: Site, amy: Wire, call: str) -> np.ndarray:
    """The photo, once it is there."""
    photo = (await amy.until(PhotoState, stage="ready")).photo
    ticket = await amy.do(OpenPhoto, call=call, photo=photo)
    assert isinstance(ticket, PhotoTicket)
    leave = {"Authorization": f"Bearer {ticket.ticket}"}
    async with office.session.get(f"{office.url}/api/photos/{photo}", headers=leave) as answer:
        assert answer.status == 200
        data = await answer.read()
    assert b"Exif" not in data[:1000]
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    return picture


def is_of_the_camera(picture: np.ndarray) -> bool:
    """Chromium's camera shows a moving disc on plain green."""
    blue, green, red = np.median(picture, axis=(0, 1))
    return picture.shape[1] >= 640 and green > 1.3 * max(blue, red)


@pytest.mark.parametrize("prepared", ["", WITHOUT_CAPTURE])
async def test_a_photo_is_told_taken_and_sent(office: Site, visit: Visit, prepared: str) -> None:
    customer = await visit()
    await customer.context.add_init_script(prepared)
    amy, call = await on_call(office, customer)
    await amy.do(AskPhoto, call=call)
    await customer.see("amy would like a photo")
    await customer.ask("goOn()")
    assert (await amy.until(PhotoState)).stage == "asked"
    assert is_of_the_camera(await fetched(office, amy, call))
    await customer.see("amy has the photo")
    await customer.ask("goOn()")
    await customer.page.locator("#photo").wait_for(state="hidden")
    await amy.do(HangUp, call=call)
    await customer.see("The call has ended")


async def test_the_customer_says_not_now(office: Site, customer: Customer) -> None:
    amy, call = await on_call(office, customer)
    await amy.do(AskPhoto, call=call)
    await customer.tap("Not now")
    await customer.see("No photo was taken")
    assert (await amy.until(PhotoState, stage="failed")).reason == "declined"


async def test_no_photo_of_a_camera_that_was_switched_off(office: Site, customer: Customer) -> None:
    amy, call = await on_call(office, customer)
    await amy.do(AskPhoto, call=call)
    await customer.see("amy would like a photo")
    await customer.tap("Stop camera")
    await customer.ask("goOn()")
    await customer.see("because your camera is off")
    assert (await amy.until(PhotoState, stage="failed")).reason == "camera_off"


async def test_a_reload_does_not_lose_the_request(office: Site, customer: Customer) -> None:
    amy, call = await on_call(office, customer)
    await amy.do(AskPhoto, call=call)
    await customer.see("amy would like a photo")
    await customer.page.reload()
    await customer.see("amy would like a photo")
    await customer.ask("goOn()")
    assert is_of_the_camera(await fetched(office, amy, call))


async def test_what_was_cut_off_goes_on_where_it_was(office: Site, customer: Customer) -> None:
    """Of a photo of four pieces the second is lost on its way, and the answer to the third."""
    amy, call = await on_call(office, customer)
    offsets: list[int] = []

    async def fail_some(route: Route) -> None:
        if route.request.method == "HEAD":
            await route.continue_()
            return
        offsets.append(int(route.request.headers["upload-offset"]))
        if len(offsets) == 2:
            await route.abort()
        elif len(offsets) == 4:
            await route.fetch()
            await route.abort()
        else:
            await route.continue_()

    customer.network_errors_expected = True
    await customer.page.route("**/api/photos/*", fail_some)
    await customer.ask(
        """(size) => {
          HTMLCanvasElement.prototype.toBlob = function (done) {
            const head = atob(this.toDataURL("image/jpeg").split(",")[1]);
            done(new Blob([Uint8Array.from(head, (letter) => letter.charCodeAt(0)), new Uint8Array(size)]));
          };
        }""",
        3 * PIECE,
    )
    await amy.do(AskPhoto, call=call)
    await customer.see("amy would like a photo")
    await customer.ask("goOn()")
    assert is_of_the_camera(await fetched(office, amy, call))
    assert offsets == [0, PIECE, PIECE, 2 * PIECE, 3 * PIECE]
    await customer.see("amy has the photo")


async def test_a_server_that_does_not_want_it_ends_it(desk: Desk, visit: Visit) -> None:
    customer = await load(desk, visit, "upload.js")
    outcome = await customer.ask(
        """async () => {
          let asked = 0;
          const answers = (status) => async () => { asked++; return new Response(null, { status }); };
          const how = { onProgress() {}, signal: new AbortController().signal, pause: async () => {} };
          const send = () => it.upload("x", "t", new Blob(["photo"]), how).catch((error) => error.message);
          window.fetch = answers(404);
          const refused = [await send(), asked];
          asked = 0;
          window.fetch = answers(503);
          return [...refused, await send(), asked];
        }"""
    )
    assert outcome == ["the server does not want it: 404", 1, "the server cannot be reached", 9]


async def test_a_sharp_picture_is_sharper_than_a_blurred_one(desk: Desk, visit: Visit) -> None:
    customer = await load(desk, visit, "photo.js")
    values = await customer.ask(
        """() => {
          const canvas = document.createElement("canvas");
          [canvas.width, canvas.height] = [160, 120];
          const context = canvas.getContext("2d");
          const drawn = (blur) => {
            context.filter = `blur(${blur}px)`;
            for (let n = 0; n < 40; n++) {
              context.fillStyle = n % 2 ? "white" : "black";
              context.fillRect(4 * n, 0, 4, 120);
            }
            return it.sharpness(context.getImageData(0, 0, 160, 120));
          };
          return [drawn(0), drawn(1), drawn(3)];
        }"""
    )
    assert values == sorted(values, reverse=True)
    assert values[0] > 2 * values[2]
