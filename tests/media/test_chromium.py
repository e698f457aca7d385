"""Chromium as the customer: its camera comes through the hub, and the hub's sound and picture reach it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page, async_playwright

from coachdesk.media.forward import Forwarder
from coachdesk.media.packet import Packet
from coachdesk.media.peer import CUSTOMER, OBSERVER, Peer
from coachdesk.media.video import CLOCK_RATE, Picture, VideoReceiver
from tests.media.peers import pair, until

pytestmark = [pytest.mark.media, pytest.mark.browser, pytest.mark.timeout(180)]

FLAGS = [
    "--no-sandbox",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--disable-background-networking",
    "--autoplay-policy=no-user-gesture-required",
]

ANSWER = """async (sdp) => {
  const pc = window.pc = new RTCPeerConnection({bundlePolicy: "max-bundle"});
  window.messages = [];
  pc.ondatachannel = ({channel}) => {
    channel.binaryType = "arraybuffer";
    channel.onmessage = ({data}) => window.messages.push(new TextDecoder().decode(data));
    channel.onopen = () => channel.send("from the browser");
  };
  window.candidates = [];
  pc.onicecandidate = ({candidate}) => window.candidates.push(candidate ? candidate.candidate : "");
  await pc.setRemoteDescription({type: "offer", sdp});
  const stream = await navigator.mediaDevices.getUserMedia(
    {audio: true, video: {width: 1280, height: 720, frameRate: 30}});
  for (const transceiver of pc.getTransceivers()) {
    transceiver.direction = "sendrecv";
    const track = stream.getTracks().find((one) => one.kind === transceiver.receiver.track.kind);
    await transceiver.sender.replaceTrack(track);
  }
  await pc.setLocalDescription(await pc.createAnswer());
  return pc.localDescription.sdp;
}"""


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        page = await browser.new_page()
        await page.route("https://customer.test/", lambda route: route.fulfill(body="<p>customer</p>"))
        await page.goto("https://customer.test/")
        yield page
        await browser.close()


async def join(page: Page, hub: Peer) -> None:
    """The page answers and trickles, the hub accepts."""
    await hub.accept(await page.evaluate(ANSWER, await hub.offer()))
    given = 0
    async with asyncio.timeout(60):
        while hub.state != "connected":
            candidates = await page.evaluate("window.candidates")
            for candidate in candidates[given:]:
                await hub.add_candidate(candidate, "0")
            given = len(candidates)
            await asyncio.sleep(0.05)


async def test_the_camera_of_chromium_is_forwarded_and_decoded_at_720p(page: Page) -> None:
    hub = Peer(CUSTOMER, offers=True, ice=[])
    async with pair(OBSERVER) as (hub_o, observer):
        forwarder = Forwarder(hub_o.outs["camera"], CLOCK_RATE, video=True)
        forwarder.on_keyframe_wanted = lambda: hub.request_keyframe("camera")
        hub_o.on_keyframe_request = lambda name: hub.request_keyframe(name)
        kinds: set[str] = set()

        def at_hub(name: str, packet: Packet) -> None:
            kinds.add(name)
            if name == "camera":
                forwarder.forward(packet)

        hub.on_packet = at_hub
        receiving = VideoReceiver()
        sizes: list[tuple[int, int]] = []

        def seen(picture: Picture) -> None:
            sizes.append(picture.size)

        receiving.on_frame = seen
        receiving.on_keyframe_needed = lambda: observer.request_keyframe("camera")
        observer.on_packet = lambda name, packet: receiving.put(packet) if name == "camera" else None
        messages: list[bytes] = []
        hub.on_message = messages.append
        hub.send_message(b"from the hub")
        await join(page, hub)
        await until(lambda: kinds == {"main", "camera"} and len(sizes) > 10)
        width, height = sizes[-1]
        assert abs(width / height - 16 / 9) < 0.02
        await until(lambda: messages == [b"from the browser"])
        assert await page.evaluate("window.messages") == ["from the hub"]
        receiving.close()
        await hub.close()
        await page.wait_for_function("['closed', 'failed', 'disconnected'].includes(pc.connectionState)")
