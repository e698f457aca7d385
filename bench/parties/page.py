"""The customer's page as a party: Chromium with the product's own call (``signaling/web/call.js``), without its screens.

It answers whatever CoachDesk offers, as the page does, and decides by itself what its line bears.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import signaling
from bench.parties.chromium import ChromiumParty
from bench.parties.wire import Party, Setup, serve

if TYPE_CHECKING:
    from playwright.async_api import Page, Route

SCRIPT = Path(__file__).with_suffix(".js")
FILES = Path(signaling.__file__).parent / "web"


class PageParty(ChromiumParty):
    """One page in a browser of its own, with the product's modules."""

    @staticmethod
    async def prepare(page: Page) -> None:
        await page.add_init_script(path=SCRIPT)
        await page.route("**/web/*.js", _module)


async def _module(route: Route) -> None:
    name = route.request.url.rsplit("/", 1)[1]
    await route.fulfill(path=FILES / name, content_type="text/javascript")


async def make(setup: Setup) -> Party:
    return await PageParty.open(setup)


if __name__ == "__main__":
    serve(make)
