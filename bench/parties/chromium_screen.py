"""Chromium's ``getDisplayMedia`` as a party: all of the screen in all its pixels, with the content hint for text, 30
pictures a second at most, and all else its default.

Who watches reads each picture's clock in the page, by the picture's shades as they were decoded, and saves what was seen
with ``finish`` (see ``viewing.py``).
"""

from __future__ import annotations

import base64
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bench import desktop
from bench.parties.chromium import ChromiumParty
from bench.parties.wire import Party, Setup, serve
from bench.viewing import Kept, Seen

if TYPE_CHECKING:
    from playwright.async_api import Page

SCRIPT = Path(__file__).with_suffix(".js")
BLACK, WHITE = 16, 235
"""Of the shades that a decoder gives (ITU-R BT.601)."""


class ScreenParty(ChromiumParty):
    """The one that offers shares."""

    @classmethod
    def devices(cls, setup: Setup) -> tuple[bool, list[str]]:
        """Its own window is beside the screen, and takes itself for visible."""
        return setup.offers, [
            "--auto-select-desktop-capture-source=Entire screen",
            "--disable-features=WebRtcHideLocalIpsWithMdns,CalculateNativeWinOcclusion",
            "--disable-backgrounding-occluded-windows",
            "--disable-renderer-backgrounding",
            f"--window-position={desktop.WIDTH},0",
        ]

    @staticmethod
    async def prepare(page: Page) -> None:
        await page.add_init_script(path=SCRIPT)

    async def offer(self) -> str:
        await self._page.mouse.click(20, 20)  # a screen is only shared on somebody's behalf
        return await super().offer()

    async def speak(self) -> None: ...

    async def finish(self) -> dict[str, float]:
        if self._setup.offers:
            return {}
        ahead = await self.page_clock_ahead_ms()
        seen = Seen()
        for time, levels in await self._page.evaluate("party.seen()"):
            number = desktop.number_of(levels)
            if number is not None:
                seen.numbers.append((number, (time - ahead) / 1000))
        for index in range(await self._page.evaluate("party.kept()")):
            seen.kept.append(await self._kept(index, ahead))
        seen.save(Path(self._setup.folder) / "seen.npz")
        return {}

    async def _kept(self, index: int, ahead_ms: float) -> Kept:
        found = await self._page.evaluate("index => party.picture(index)", index)
        shades = np.frombuffer(base64.b64decode(found["shades"]), np.uint8).astype(float)
        full = np.clip((shades - BLACK) * 255 / (WHITE - BLACK) + 0.5, 0, 255).astype(np.uint8)
        return Kept(full.reshape(found["height"], found["width"]), (found["time"] - ahead_ms) / 1000)


async def make(setup: Setup) -> Party:
    return await ScreenParty.open(setup)


if __name__ == "__main__":
    serve(make)
