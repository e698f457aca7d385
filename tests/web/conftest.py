"""One Chromium for all tests of the page; a context, a desk and a watched console for each."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, async_playwright

from coachdesk.browser import find_chromium
from tests.web.agent import Agent
from tests.web.desk import Desk

ARGUMENTS = [
    "--no-sandbox",
    "--use-fake-device-for-media-stream=device-count=3",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-background-networking",
]
PHONE = {"width": 360, "height": 640}
WATCH = """
  window.captures = 0; window.peers = [];
  if (navigator.mediaDevices) {
    const get = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = (wanted) => { window.captures++; return get(wanted); };
  }
  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...options) { super(...options); window.peers.push(this); }
  };
"""


class Customer:
    """A page in a context of its own.

    Attributes:
        errors: what the console or an uncaught exception complained of.
        network_errors_expected: sockets that cannot be opened are no complaint.
    """

    def __init__(self, page: Page, context: BrowserContext) -> None:
        self.page = page
        self.context = context
        self.errors: list[str] = []
        self.network_errors_expected = False
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    async def see(self, text: str) -> None:
        """Waits until ``text`` is on the screen."""
        await self.page.get_by_text(text).locator("visible=true").first.wait_for(timeout=30000)

    async def tap(self, name: str) -> None:
        await self.page.get_by_role("button", name=name, exact=True).click()

    async def ask(self, script: str, argument: Any = None) -> Any:
        return await self.page.evaluate(script, argument)

    async def until(self, expression: str, what: str, within: float = 30) -> Any:
        """Waits until a JavaScript expression holds, and returns its value.

        Playwright's own wait evaluates strings, which the policy forbids.
        """
        try:
            async with asyncio.timeout(within):
                while not (value := await self.page.evaluate(expression)):  # noqa: ASYNC110 - a page has no Event
                    await asyncio.sleep(0.05)
                return value
        except TimeoutError:
            raise AssertionError(f"not within {within} s: {what}") from None

    async def join(self, desk: Desk) -> None:
        """Opens the link, agrees, and gets in line."""
        await self.page.goto(f"{desk.url}/join#secret")
        await self.tap("Agree and join")
        await self.see("You're in line")

    def complaints(self) -> list[str]:
        if not self.network_errors_expected:
            return self.errors
        return [error for error in self.errors if "WebSocket connection" not in error and "ERR_" not in error]

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(message.text)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=find_chromium(), args=ARGUMENTS)
        yield chromium
        await chromium.close()


@pytest_asyncio.fixture(loop_scope="session")
async def desk() -> AsyncIterator[Desk]:
    desk = Desk()
    await desk.start()
    yield desk
    await desk.stop()


Visit = Callable[..., Awaitable[Customer]]


@pytest_asyncio.fixture(loop_scope="session")
async def visit(browser: Browser) -> AsyncIterator[Visit]:
    """Makes a customer; options are those of a Playwright context. Complaints of any page fail the test."""
    customers: list[Customer] = []

    async def make(*, allowed: tuple[str, ...] = ("camera", "microphone"), **options: Any) -> Customer:
        context = await browser.new_context(**{"viewport": PHONE, **options})
        await context.grant_permissions(list(allowed))
        await context.add_init_script(WATCH)
        customers.append(Customer(await context.new_page(), context))
        return customers[-1]

    yield make
    complaints = [complaint for customer in customers for complaint in customer.complaints()]
    for customer in customers:
        await customer.context.close()
    if complaints:
        pytest.fail("the page complained:\n  " + "\n  ".join(complaints), pytrace=False)


@pytest_asyncio.fixture(loop_scope="session")
async def customer(visit: Visit) -> Customer:
    return await visit()


@pytest_asyncio.fixture(loop_scope="session")
async def dial(desk: Desk) -> AsyncIterator[Callable[..., Awaitable[Agent]]]:
    """The agent answers (or answers anew): sends an offer with a session id of its own; ``prepare`` comes before."""
    agents: list[Agent] = []

    async def call(*, camera: bool = False, prepare: Callable[[Agent], object] = lambda agent: None) -> Agent:
        agents.append(Agent(desk, f"session-{len(agents) + 1}", camera=camera))
        prepare(agents[-1])
        await agents[-1].call()
        return agents[-1]

    yield call
    for agent in agents:
        await agent.close()
