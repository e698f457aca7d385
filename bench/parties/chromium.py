"""Chromium as a party: a plain page with a plain `RTCPeerConnection` and all defaults.

Its microphone is a file (voice processing off: it would change the speech), its loudspeaker the one that a Chromium without
sound hardware makes up. Both are listened to inside the browser, where a track's 10 ms pass with the browser's own stamps,
so neither device's delay counts (``tape.py``): a mouth's block is stamped when capture hands it over, an ear's
when playout asks for it.
"""

from __future__ import annotations

import base64
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from bench.parties.wire import Party, Setup, serve
from bench.tape import save
from coachdesk.browser import find_chromium
from coachdesk.media.filesound import resampled
from coachdesk.media.pcm import BLOCK_SAMPLES, BLOCK_SECONDS, Samples

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page, Playwright

SCRIPT = Path(__file__).with_suffix(".js")
PAGE = "http://localhost/"
CONNECT_MS = 20_000
LOOKS = 30


class ChromiumParty:
    """One page in a browser of its own."""

    def __init__(self, setup: Setup, playwright: Playwright, browser: Browser, page: Page) -> None:
        self._setup = setup
        self._playwright = playwright
        self._browser = browser
        self._page = page

    @classmethod
    async def open(cls, setup: Setup) -> Self:
        from playwright.async_api import async_playwright

        playwright = await async_playwright().start()
        shown, devices = cls.devices(setup)
        browser = await playwright.chromium.launch(
            executable_path=str(find_chromium()),
            headless=not shown,
            args=[
                "--no-sandbox",
                "--autoplay-policy=no-user-gesture-required",
                "--disable-background-networking",
                "--disable-component-update",
                "--no-first-run",
                *devices,
            ],
        )
        context = await browser.new_context(permissions=["camera", "microphone"])
        page = await context.new_page()
        await page.route("**/*", lambda route: route.fulfill(body="<body>", content_type="text/html"))
        await page.add_init_script(path=SCRIPT)
        await cls.prepare(page)
        await page.goto(PAGE)
        return cls(setup, playwright, browser, page)

    @classmethod
    def devices(cls, setup: Setup) -> tuple[bool, list[str]]:
        """Whether it needs a screen, and options that say what it has for a camera, a microphone, a screen."""
        return False, [
            "--use-fake-ui-for-media-stream",
            "--use-fake-device-for-media-stream",
            f"--use-file-for-fake-audio-capture={setup.speech}",
        ]

    @staticmethod
    async def prepare(page: Page) -> None:
        """What else the page is to have before it is opened."""

    async def offer(self) -> str:
        return str(await self._page.evaluate("video => party.offer(video)", self._setup.video))

    async def answer(self, sdp: str) -> str:
        arguments = [sdp, self._setup.video]
        return str(await self._page.evaluate("([sdp, video]) => party.answer(sdp, video)", arguments))

    async def accept(self, sdp: str) -> None:
        await self._page.evaluate("sdp => party.accept(sdp)", sdp)

    async def connect(self) -> None:
        await self._page.wait_for_function("party.connected()", timeout=CONNECT_MS)

    async def speak(self) -> None:
        await self._page.evaluate("party.speak()")

    async def finish(self) -> dict[str, float]:
        ahead_ms = await self.page_clock_ahead_ms()
        for name, early in (("said", BLOCK_SECONDS), ("heard", 0.0)):
            self._save(name, await self._page.evaluate("name => party.tape(name)", name), ahead_ms, early)
        numbers: dict[str, float] = await self._page.evaluate("party.numbers()")
        return {name: float(value) for name, value in numbers.items()}

    async def close(self) -> None:
        await self._browser.close()
        await self._playwright.stop()

    def _save(self, name: str, tape: dict[str, Any], ahead_ms: float, early: float) -> None:
        stamps = (np.array(tape["stamps"]) / 1000 + tape["origin"] - ahead_ms) / 1000 - early
        pcm = np.frombuffer(base64.b64decode(tape["sound"]), "<i2")
        sound: Samples = (pcm / 32767).astype(np.float32)
        if tape["frames"] * 100 != tape["rate"]:
            raise ValueError(
                f"the browser's sound comes by {tape['frames']} samples at {tape['rate']} Hz, not by 10 ms"
            )
        wanted = len(stamps) * BLOCK_SAMPLES
        sound = resampled(sound, tape["rate"])
        sound = np.pad(sound[:wanted], (0, max(0, wanted - len(sound))))
        save(Path(self._setup.folder) / f"{name}.npz", stamps, sound)

    async def page_clock_ahead_ms(self) -> float:
        """What the page's clock says beyond our monotonic one; of many looks, the quickest is the most exact."""
        found: list[tuple[float, float]] = []
        for _ in range(LOOKS):
            before = time.monotonic()
            theirs = await self._page.evaluate("party.now()")
            after = time.monotonic()
            found.append((after - before, theirs - (before + after) / 2 * 1000))
        return min(found)[1]


async def make(setup: Setup) -> Party:
    return await ChromiumParty.open(setup)


if __name__ == "__main__":
    serve(make)
