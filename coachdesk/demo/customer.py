"""A real browser as the customer: Chromium on the join page, its voice a known sound, its ears the sound server."""

from __future__ import annotations

import asyncio
import base64
import os
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from coachdesk.browser import find_chromium

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page, Playwright, ViewportSize

VIEW: ViewportSize = {"width": 412, "height": 860}
PATIENCE_MS = 45_000

KNOWN_VOICE = """
(() => {
  // The browser's own microphone path (echo cancellation, noise suppression) would treat a test tone as noise:
  // the voice is a sound of our own, whose first sample's time is known. Picture and all else stay the browser's.
  window.voiceStarted = 0;
  if (!navigator.mediaDevices) return; // about:blank
  const speak = async () => {
    const context = new AudioContext({sampleRate: 48000, latencyHint: 0.01});
    const bytes = Uint8Array.from(atob(window.voiceFile), (char) => char.charCodeAt(0));
    const source = new AudioBufferSourceNode(context, {buffer: await context.decodeAudioData(bytes.buffer), loop: true});
    const out = context.createMediaStreamDestination();
    source.connect(out);
    const start = context.currentTime + 0.1;
    source.start(start);
    // Sound is rendered in bursts: of many looks, the one that finds the clock furthest on is right about the start.
    // A stalled machine stops that clock for a while, so the start is that of the last two seconds' looks.
    let looks = [];
    setInterval(() => {
      const now = performance.now();
      looks.push([now, now - (context.currentTime - start) * 1000]);
      looks = looks.filter(([at]) => at > now - 2000);
      window.voiceStarted = performance.timeOrigin + Math.min(...looks.map(([, began]) => began));
    }, 7);
    return out.stream.getAudioTracks()[0];
  };
  const capture = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async (constraints) => {
    const stream = await capture(constraints);
    for (const track of stream.getAudioTracks()) {
      stream.removeTrack(track);
      stream.addTrack(await speak());
    }
    return stream;
  };
})();
"""

WATCHED_CONNECTIONS = """
(() => {
  const Original = RTCPeerConnection;
  window.connections = [];
  window.RTCPeerConnection = class extends Original {
    constructor(...options) { super(...options); window.connections.push(this); }
  };
})();
"""

BUFFERED = """async () => {
  let delay = 0, samples = 0;
  for (const connection of window.connections.filter((each) => each.connectionState === "connected"))
    for (const report of (await connection.getStats()).values())
      if (report.type === "inbound-rtp" && report.kind === "audio") {
        delay += report.jitterBufferDelay;
        samples += report.jitterBufferEmittedCount;
      }
  return [delay, samples];
}"""
CALM_SECONDS, CALM_POLL, GIVE_UP_SECONDS = 0.25, 0.5, 15.0


class Customer:
    """Chromium on the join page.

    Attributes:
        page: Playwright's page.
        problems: console errors and page errors so far.
    """

    def __init__(self, playwright: Playwright, browser: Browser, page: Page) -> None:
        self._playwright = playwright
        self._browser = browser
        self.page = page
        self.problems: list[str] = []
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on(
            "console",
            lambda message: self.problems.append(message.text) if message.type == "error" else None,
        )

    @classmethod
    async def open(
        cls,
        *,
        voice: Path,
        env: Mapping[str, str] | None = None,
        headless: bool = True,
        fps: int = 10,
        camera: Path | None = None,
        tab: str = "",
    ) -> Customer:
        """A browser, on no page yet.

        ``voice``: a WAV the customer says, round and round; ``env`` is the browser's; ``fps``: pictures a second of its
        made-up camera, few by default, since the browser has no hardware to encode them here; ``camera``: a video (Y4M
        or MJPEG) in its place, round and round; ``tab``: title of the tab that is shared where a screen is.
        """
        from playwright.async_api import async_playwright

        playwright = await async_playwright().start()
        browser = await playwright.chromium.launch(
            executable_path=str(find_chromium()),
            headless=headless,
            ignore_default_args=["--mute-audio"],
            env={**os.environ, **(env or {})},
            args=[
                "--no-sandbox",
                f"--auto-select-tab-capture-source-by-title={tab}"
                if tab
                else "--use-fake-ui-for-media-stream",
                f"--use-fake-device-for-media-stream=fps={fps}",
                "--autoplay-policy=no-user-gesture-required",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--no-first-run",
                *([f"--use-file-for-fake-video-capture={camera}"] if camera else []),
            ],
        )
        context = await browser.new_context(viewport=VIEW, permissions=["camera", "microphone"])
        page = await context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        encoded = base64.b64encode(await asyncio.to_thread(voice.read_bytes)).decode()
        await page.add_init_script(f"window.voiceFile = '{encoded}';" + KNOWN_VOICE + WATCHED_CONNECTIONS)
        return cls(playwright, browser, page)

    async def __aenter__(self) -> Customer:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def visit(self, url: str) -> None:
        """Opens the join link."""
        await self.page.goto(url)

    async def agree(self) -> None:
        """Consents to camera and microphone, which puts the customer in line."""
        await self.page.click("#agree")

    async def calm(self) -> None:
        """Waits until the browser plays sound that it has kept for a quarter of a second at most, 15 s at the longest.

        A stalled machine lets sound pile up in the browser, which takes its time to catch up.
        """
        give_up = time.monotonic() + GIVE_UP_SECONDS
        before = await self.page.evaluate(BUFFERED)
        while time.monotonic() < give_up:
            await asyncio.sleep(CALM_POLL)
            now = await self.page.evaluate(BUFFERED)
            played = now[1] - before[1]
            if played > 0 and (now[0] - before[0]) / played < CALM_SECONDS:
                return
            before = now

    async def voice_started(self) -> float:
        """When sample 0 of the voice was spoken, going by the last two seconds; monotonic clock, seconds."""
        await self.page.wait_for_function("window.voiceStarted > 0")
        epoch_ms = float(await self.page.evaluate("window.voiceStarted"))
        return epoch_ms / 1000 - time.time() + time.monotonic()

    async def close(self) -> None:
        await self._browser.close()
        await self._playwright.stop()
