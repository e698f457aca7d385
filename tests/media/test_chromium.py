"""Chromium as the customer: its camera comes through the hub, and the hub's sound and picture reach it."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from playwright.async_api import Page, Route, async_playwright

import signaling
from coachdesk.media.connection.peer import CUSTOMER, OBSERVER, Peer
from coachdesk.media.farear import FarEar
from coachdesk.media.forward import Forwarder
from coachdesk.media.opus import Encoder
from coachdesk.media.packet import VIDEO_RATE, Packet
from coachdesk.media.picture import vp8
from coachdesk.media.picture.camera import Shot
from coachdesk.media.picture.encoding import SCREEN
from coachdesk.media.picture.video import Picture, VideoReceiver, VideoSender
from tests.media.peers import Network, pair, until

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
  const control = pc.createDataChannel("control", {negotiated: true, id: 99});
  control.binaryType = "arraybuffer";
  control.onmessage = ({data}) => window.messages.push(new TextDecoder().decode(data));
  control.onopen = () => control.send("from the browser");
  window.candidates = [];
  pc.onicecandidate = ({candidate}) => window.candidates.push(candidate ? candidate.candidate : "");
  await pc.setRemoteDescription({type: "offer", sdp});
  const stream = await navigator.mediaDevices.getUserMedia(
    {audio: true, video: {width: 1280, height: 720, frameRate: 30}});
  for (const transceiver of pc.getTransceivers().slice(0, 2)) { // not the screen
    transceiver.direction = "sendrecv";
    const track = stream.getTracks().find((one) => one.kind === transceiver.receiver.track.kind);
    await transceiver.sender.replaceTrack(track);
  }
  await pc.setLocalDescription(await pc.createAnswer());
  return pc.localDescription.sdp;
}"""

CUSTOMER_PAGE = """async (sdp) => {
  const { Peer } = await import("./web/peer.js");
  window.candidates = [];
  const answered = new Promise((resolve) => {
    const send = (body) => body.type === "answer" ? resolve(body.sdp) : window.candidates.push(body.candidate);
    window.peer = new Peer("session", [], { send, onState: () => {} });
  });
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 640, height: 360 } });
  await peer.accept(sdp, { audio: stream.getAudioTracks()[0], video: stream.getVideoTracks()[0] });
  window.pc = peer.pc;
  return answered;
}"""
"""Answers as the customer's page does."""
STATS = """async () => {
  const found = {};
  (await pc.getStats()).forEach((entry) => { if (entry.kind === "audio") found[entry.type] = entry; });
  return found;
}"""
PLAY = """async () => {
  const speaker = window.speaker = new Audio();
  speaker.srcObject = new MediaStream(pc.getReceivers().map(({ track }) => track).filter(({ kind }) => kind === "audio"));
  await speaker.play();
}"""
LOOK = """async () => {
  const video = window.looked = document.body.appendChild(document.createElement("video"));
  video.muted = true;
  video.srcObject = new MediaStream([peer.remote("screen")]);
  video.play();
}"""
WEB = Path(signaling.__file__).parent / "web"


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        page = await browser.new_page()
        await page.route("https://customer.test/", lambda route: route.fulfill(body="<p>customer</p>"))
        await page.route("https://customer.test/web/*", serve)
        await page.goto("https://customer.test/")
        yield page
        await browser.close()


@pytest.fixture
async def hub() -> AsyncIterator[Peer]:
    peer = Peer(CUSTOMER, offers=True, ice=[])
    yield peer
    await peer.close()


async def serve(route: Route) -> None:
    """The modules of the customer's page."""
    await route.fulfill(path=WEB / route.request.url.rsplit("/", 1)[-1])


async def join(page: Page, hub: Peer, answer: str = ANSWER) -> None:
    """The page answers and trickles, the hub accepts."""
    await hub.accept(await page.evaluate(answer, await hub.offer()))
    given = 0
    async with asyncio.timeout(60):
        while hub.state != "connected":
            candidates = await page.evaluate("window.candidates")
            for candidate in candidates[given:]:
                await hub.add_candidate(candidate, "0")
            given = len(candidates)
            await asyncio.sleep(0.05)


async def test_the_camera_of_chromium_is_forwarded_and_decoded_at_720p(page: Page, hub: Peer) -> None:
    async with pair(OBSERVER) as (hub_o, observer):
        forwarder = Forwarder(hub_o.outs["camera"], VIDEO_RATE, video=True)
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
        hub.control.on_message = messages.append
        hub.control.send(b"from the hub")
        await join(page, hub)
        await until(lambda: kinds == {"main", "camera"} and len(sizes) > 10)
        width, height = sizes[-1]
        assert abs(width / height - 16 / 9) < 0.02
        await until(lambda: messages == [b"from the browser"])
        await page.wait_for_function("window.messages.length")
        assert await page.evaluate("window.messages") == ["from the hub"]
        receiving.close()
        await hub.close()
        await page.wait_for_function("['closed', 'failed', 'disconnected'].includes(pc.connectionState)")


def lose_incoming(hub: Peer, share: float) -> None:
    """Loses this share of the sound on its way to ``hub``, before anything there knows of it."""
    receiver: Any = hub._ins["main"]._receiver
    handle, rng = receiver._handle_rtp_packet, random.Random(1)

    async def handle_some(packet: Any, arrival_time_ms: int) -> None:
        if rng.random() >= share:
            await handle(packet, arrival_time_ms)

    receiver._handle_rtp_packet = handle_some


async def test_the_page_sends_layers_and_protects_its_sound_when_packets_are_lost(
    page: Page, hub: Peer
) -> None:
    layers: set[int] = set()
    sounds: list[Packet] = []

    def at_hub(name: str, packet: Packet) -> None:
        if name == "main":
            sounds.append(packet)
        elif packet.payload:
            layers.add(vp8.parse(packet.payload).layer)

    hub.on_packet = at_hub
    await join(page, hub, CUSTOMER_PAGE)
    hub.request_keyframe("camera")
    await until(lambda: layers == {0, 1, 2} and sounds)
    assert not any(packet.recovered for packet in sounds)
    lose_incoming(hub, 0.15)
    await page.wait_for_function(
        f"async () => (await ({STATS})())['outbound-rtp'].retransmittedPacketsSent > 2", timeout=60_000
    )
    await until(lambda: hub._ins["main"].redundant > 50)
    seqs = {packet.seq for packet in sounds}
    assert len(seqs) == len(sounds)
    recent = sounds[-1].seq
    missing = sum((recent - back) & 0xFFFF not in seqs for back in range(50))
    assert missing < 5, "of 50, of which the network lost about 7"


class Tone:
    """Goes out on ``hub``'s ``main`` by the clock, however busy the machine is."""

    def __init__(self, hub: Peer) -> None:
        self._out, self._encoder = hub.outs["main"], Encoder()
        self._block = (0.2 * np.sin(np.arange(960) * 0.05)).astype(np.float32)
        self._clock = asyncio.get_running_loop().time
        self._began, self._frame = self._clock(), 0

    async def send(self, frames: int) -> None:
        for _ in range(frames):
            self._out.send(self._encoder.encode(self._block), self._frame * 960)
            self._frame += 1
            await asyncio.sleep(self._began + self._frame * 0.02 - self._clock())


async def test_the_page_tells_how_the_agent_sounds_there(page: Page, hub: Peer) -> None:
    far_ear = FarEar()
    told: list[dict[str, float]] = []

    def put(message: bytes) -> None:
        told.append(msgspec.json.decode(message))
        far_ear.put(message)

    hub.control.on_message = put
    await join(page, hub, CUSTOMER_PAGE)
    await page.evaluate(PLAY)
    tone = Tone(hub)
    readings = []
    # Chromium makes up what comes late; on a stalled machine that is much, but not always.
    async with asyncio.timeout(60):
        while len(readings) < 2 or readings[-1].concealed >= 0.5 or "late_ms" not in told[-1]:
            await tone.send(50)
            await page.evaluate("peer.tellHearing()")
            if (reading := far_ear.read(5.0, 0.0)) is not None:
                readings.append(reading)
    last = readings[-1]
    assert last.playout_ms > 0
    assert last.delay_ms == pytest.approx(20 + 5 + told[-1]["late_ms"] + last.playout_ms, abs=0.1)
    assert last.loss == 0


async def test_the_browsers_reports_tell_how_long_its_sound_takes_from_the_capture(
    page: Page, hub: Peer
) -> None:
    await join(page, hub)
    tone = Tone(hub)
    async with asyncio.timeout(60):
        while (way := hub.way_from_capture("main")) is None:
            await tone.send(10)
    assert way > 0.0


async def test_chromium_plays_redundant_sound_and_asks_for_what_is_lost(page: Page, hub: Peer) -> None:
    await join(page, hub)
    await page.evaluate(PLAY)
    network = Network(hub)
    network.lost = 0.2
    tone = Tone(hub)
    while not hub.outs["main"].path.copies:
        await tone.send(10)
    stats = (await page.evaluate(STATS))["inbound-rtp"]
    assert stats["nackCount"] > 0
    # What neither copies nor retransmission bring back is made up; on a stalled machine more is, but not always.
    concealed, heard = 1.0, 0.0
    async with asyncio.timeout(60):
        while heard < 48000 or concealed > 0.1 * heard or stats["packetsDiscarded"] <= 50:
            before = stats
            await tone.send(150)
            stats = (await page.evaluate(STATS))["inbound-rtp"]
            heard = stats["totalSamplesReceived"] - before["totalSamplesReceived"]
            concealed = stats["concealedSamples"] - before["concealedSamples"]
    assert stats["packetsDiscarded"] > 50, "copies of what has come are put aside"


class Lively:
    """A screen on which something moves all the time."""

    label = "Lively"
    fault: str | None = None

    def __init__(self) -> None:
        self._picture = np.full((360, 640, 4), 120, np.uint8)

    def latest(self) -> Shot | None:
        now = time.monotonic()
        picture = self._picture.copy()
        picture[round(now * 100) % 300 :][:40] = 200
        return picture, now

    def close(self) -> None: ...


async def test_the_page_decodes_the_agents_screen_and_the_browser_tells_what_its_line_bears(
    page: Page, hub: Peer
) -> None:
    """On the m-line on which the customer's own screen comes, which asks for nothing to be negotiated anew."""
    out = hub.outs["screen"]
    await join(page, hub, CUSTOMER_PAGE)
    sender = VideoSender(Lively(), SCREEN)
    hub.on_keyframe_request = lambda name: sender.request_keyframe()
    sender.send_to([out])
    await page.evaluate(LOOK)
    await page.wait_for_function("looked.videoWidth === 640 && looked.currentTime > 0", timeout=60_000)
    await until(lambda: out.bitrate_limit is not None)
    sender.close()
