"""A camera through encoder, network, hub and decoder, as real packets."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from coachdesk.media.connection.peer import CUSTOMER, OBSERVER, Peer
from coachdesk.media.connection.reports import RoundTrips
from coachdesk.media.forward import Forwarder
from coachdesk.media.packet import VIDEO_RATE, Packet
from coachdesk.media.picture import testpattern, video, videobuffer, vp8
from coachdesk.media.picture.camera import Camera, open_camera
from coachdesk.media.picture.encoding import CAMERA, SCREEN, STILL_SECONDS
from coachdesk.media.picture.video import Encoder, Picture, VideoReceiver, VideoSender, Vp8Encoder
from coachdesk.media.screenshare.screenencoder import ScreenEncoder
from tests.media.peers import WAIT, Network, pair, until

pytestmark = pytest.mark.media


def bgr(picture: Picture) -> NDArray[np.uint8]:
    return np.asarray(picture.frame.to_ndarray(format="bgr24"), np.uint8)


class Turning:
    """A camera that shows ``size`` (width, height) now."""

    label = "Turning"
    fault: str | None = None

    def __init__(self) -> None:
        self.size = 320, 240

    def latest(self) -> tuple[NDArray[np.uint8], float]:
        now = time.monotonic()
        return np.full((self.size[1], self.size[0], 3), int(now * 100) % 256, np.uint8), now

    def close(self) -> None: ...


@pytest.mark.parametrize("encoder", [Vp8Encoder(CAMERA), ScreenEncoder(SCREEN)])
def test_another_bit_rate_costs_a_keyframe_but_not_of_a_screen(encoder: Encoder) -> None:
    def keyframe_at(number: int, *, wanted: bool = False) -> bool:
        frame = av.VideoFrame.from_ndarray(np.full((240, 320, 3), 40 + number, np.uint8), format="bgr24")
        frame.pts = number * VIDEO_RATE // 15
        return vp8.starts_keyframe(encoder.encode(frame, keyframe=wanted)[0])

    assert keyframe_at(0)
    encoder.bitrate //= 3
    assert keyframe_at(1) is isinstance(encoder, Vp8Encoder)
    assert not keyframe_at(2)
    assert keyframe_at(3, wanted=True)


@asynccontextmanager
async def receiver() -> AsyncIterator[VideoReceiver]:
    receiving = VideoReceiver()
    yield receiving
    receiving.close()


@asynccontextmanager
async def sender(camera: Camera) -> AsyncIterator[VideoSender]:
    sending = VideoSender(camera)
    yield sending
    sending.close()
    camera.close()


@dataclass
class Call:
    """A customer's camera, the hub's two peers, and an observer who watches nothing yet."""

    hub_c: Peer
    customer: Peer
    hub_o: Peer
    observer: Peer
    sending: VideoSender
    receiving: VideoReceiver


@asynccontextmanager
async def call(camera: Camera) -> AsyncIterator[Call]:
    async with (
        pair(CUSTOMER) as (hub_c, customer),
        pair(OBSERVER) as (hub_o, observer),
        sender(camera) as sending,
        receiver() as receiving,
    ):
        customer.on_keyframe_request = lambda _: sending.request_keyframe()
        sending.send_to([customer.outs["camera"]])
        yield Call(hub_c, customer, hub_o, observer, sending, receiving)


def forwarding(source: Peer, sink: Peer) -> Forwarder:
    """The customer's camera at ``source`` goes on to the observer at ``sink``, requests for keyframes the
    other way.
    """
    forwarder = Forwarder(sink.outs["camera"], VIDEO_RATE, video=True)
    forwarder.on_keyframe_wanted = lambda: source.request_keyframe("camera")
    sink.on_keyframe_request = lambda name: source.request_keyframe(name)
    source.on_packet = lambda name, packet: forwarder.forward(packet) if name == "camera" else None
    return forwarder


def watch(peer: Peer, receiving: VideoReceiver) -> list[Picture]:
    pictures: list[Picture] = []
    receiving.on_frame = pictures.append
    receiving.on_keyframe_needed = lambda: peer.request_keyframe("camera")
    peer.on_packet = lambda name, packet: receiving.put(packet) if name == "camera" else None
    return pictures


async def test_the_test_pattern_arrives_at_an_observer_through_the_hub() -> None:
    async with call(await asyncio.to_thread(open_camera, "test")) as live:
        forwarding(live.hub_c, live.hub_o)
        pictures = watch(live.observer, live.receiving)
        await until(lambda: len(pictures) >= 20)
        times = [testpattern.read_time(bgr(picture)) for picture in pictures]
        assert times == sorted(set(times))
        assert all(0 <= time.monotonic() - shown < 60 for shown in times)
        assert pictures[0].size == (1280, 720)
        assert pictures[0].bgra().shape == (720, 1280, 4)


async def test_the_picture_survives_five_percent_of_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    # A machine that stands still makes neither a queue on the way nor a loss that lasts.
    monkeypatch.setattr(RoundTrips, "queueing", False)
    monkeypatch.setattr(videobuffer, "PATIENCE", WAIT)
    async with pair(CUSTOMER) as (hub, customer), sender(Turning()) as sending, receiver() as receiving:
        network = Network(customer)
        network.lost, network.doubled, network.delayed = 0.05, 0.02, 0.05
        keyframes: list[str] = []

        def keyframe_wanted(name: str) -> None:
            keyframes.append(name)
            sending.request_keyframe()

        customer.on_keyframe_request = keyframe_wanted
        pictures = watch(hub, receiving)
        sending.send_to([customer.outs["camera"]])
        await until(lambda: len(pictures) >= 60)
        sending.close()
        await until(lambda: receiving.decoded >= 0.9 * (sending.encoded - 10))
        assert network.dropped > 3
        assert len(keyframes) <= 4  # lost packets come again; the picture is not restarted for each


async def test_one_who_comes_late_gets_a_picture_by_asking_for_a_keyframe() -> None:
    async with call(Turning()) as live:
        await until(lambda: live.hub_c._ins["camera"].packets > 5)
        pictures = watch(live.observer, live.receiving)
        forwarding(live.hub_c, live.hub_o)
        await until(lambda: pictures)


async def test_a_turned_camera_changes_the_size_of_the_pictures() -> None:
    camera = Turning()
    async with pair(CUSTOMER) as (hub, customer), sender(camera) as sending, receiver() as receiving:
        pictures = watch(hub, receiving)
        sending.send_to([customer.outs["camera"]])
        await until(lambda: pictures)
        camera.size = 241, 321
        await until(lambda: pictures[-1].size == (240, 320))


async def test_a_picture_is_encoded_only_for_somebody() -> None:
    async with pair(CUSTOMER) as (hub, customer), sender(Turning()) as sending:
        customer.outs["camera"].opened.clear()
        sending.send_to([customer.outs["camera"]])
        await asyncio.sleep(0.2)
        assert sending.encoded == 0
        customer.outs["camera"].opened.set()
        await until(lambda: sending.encoded > 2)
        assert hub.state == "connected"


async def test_a_picture_that_is_told_of_is_looked_at_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(video, "FRAME_RATE", 1 / 1800)  # by itself once in a quarter of an hour
    async with pair(CUSTOMER) as (hub, customer), sender(Turning()) as sending:
        sending.send_to([customer.outs["camera"]])
        await until(lambda: sending.encoded == 1)
        for number in range(2, 5):
            sending.look()
            await until(lambda number=number: sending.encoded == number)  # type: ignore[misc]
        assert hub.state == "connected"


class Standing:
    """Shows one picture until it is given another."""

    label = "Standing"
    fault: str | None = None

    def __init__(self) -> None:
        self.shot = np.zeros((240, 320, 3), np.uint8), time.monotonic()

    def latest(self) -> tuple[NDArray[np.uint8], float]:
        return self.shot

    def close(self) -> None: ...


async def test_a_picture_that_stands_still_is_looked_at_seldom_if_another_will_be_told_of(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(video, "RESTING_SECONDS", 1800.0)
    camera, other = Standing(), Standing()
    async with pair(CUSTOMER) as (hub, customer), sender(camera) as sending:
        sending.send_to([customer.outs["camera"]])
        await until(lambda: sending.encoded == 1)
        camera.shot = camera.shot[0] + 9, time.monotonic()
        await until(lambda: sending.encoded == 2)
        assert sending._pause(camera.shot[1]) < 1, "nobody told of it"
        camera.shot = camera.shot[0] + 9, time.monotonic()
        sending.look()
        await until(lambda: sending.encoded == 3)
        assert sending._pause(camera.shot[1]) == 1800
        await asyncio.sleep(0.1)  # it rests
        camera.shot = camera.shot[0] + 9, time.monotonic()
        sending.look()
        await until(lambda: sending.encoded == 4)
        sending.use(other)
        await until(lambda: sending.encoded == 5)
        other.shot = other.shot[0] + 9, time.monotonic()
        await until(lambda: sending.encoded == 6)
        assert hub.state == "connected"


async def test_one_who_comes_late_has_a_resting_screen_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(video, "RESTING_SECONDS", 1800.0)
    monkeypatch.setattr(video, "UNSEEN_SECONDS", 1800.0)
    camera, encoding = Standing(), replace(SCREEN, refinements=(), keyframe_seconds=0.0)
    async with pair(CUSTOMER) as (_, customer), pair(OBSERVER) as (late, _):
        sending = VideoSender(camera, encoding)
        sending.look()
        sending.send_to([customer.outs["camera"]])
        for count, ask in enumerate((None, sending.request_keyframe, sending.request_keyframe), 1):
            if ask is not None:
                await asyncio.sleep(2 * STILL_SECONDS)  # one so soon after a picture is not due yet
                ask()
            await until(lambda count=count: sending.encoded == count)  # type: ignore[misc]
        assert sending._pause(camera.shot[1]) == 1800
        await asyncio.sleep(2 * STILL_SECONDS)
        sending.send_to([customer.outs["camera"], late.outs["camera"]])
        await until(lambda: sending.encoded == 4)
        sending.close()


async def test_the_bit_rate_follows_the_receiver() -> None:
    async with pair(CUSTOMER) as (hub, customer), sender(Turning()) as sending:
        sending.send_to([customer.outs["camera"]])
        await until(lambda: customer.outs["camera"].bitrate_limit is not None)
        await until(lambda: sending._encoder.bitrate == CAMERA.max_bitrate)

        def limited() -> bool:
            customer.outs["camera"].bitrate_limit = 300_000  # until the receiver estimates anew
            return sending._encoder.bitrate == 300_000

        await until(limited)
        assert hub.state == "connected"


async def test_closing_while_everything_runs_leaves_no_thread() -> None:
    camera = await asyncio.to_thread(open_camera, "test")
    async with pair(CUSTOMER) as (hub, customer):
        sending, receiving = VideoSender(camera), VideoReceiver()
        watch(hub, receiving)
        sending.send_to([customer.outs["camera"]])
        await until(lambda: receiving.decoded > 3)
        for part in (receiving, camera, sending):
            part.close()
        await until(lambda: not receiving._thread.is_alive() and not sending._thread.is_alive())


# --- without a network --------------------------------------------------------------------------------------


def encoded(pictures: int, *, keys: tuple[int, ...] = (0,)) -> list[list[Packet]]:
    """Packets of some pictures, by picture."""
    encoder = Vp8Encoder()
    groups, seq = [], 0
    for number in range(pictures):
        frame = av.VideoFrame.from_ndarray(np.full((240, 320, 3), number * 9 % 256, np.uint8), format="bgr24")
        frame.pts = number * 3000
        payloads = encoder.encode(frame, keyframe=number in keys)
        groups.append(
            [
                Packet(seq + index, number * 3000, index == len(payloads) - 1, payload, 7, number / 30)
                for index, payload in enumerate(payloads)
            ]
        )
        seq += len(payloads)
    return groups


def put_all(receiving: VideoReceiver, groups: list[list[Packet]]) -> None:
    for group in groups:
        for packet in group:
            receiving.put(packet)


def test_keyframes_come_when_asked_for_and_only_then() -> None:
    groups = encoded(20, keys=(0, 7))
    assert [n for n, group in enumerate(groups) if vp8.starts_keyframe(group[0].payload)] == [0, 7]


async def test_a_loop_that_is_busy_sees_the_newest_picture_only() -> None:
    async with receiver() as receiving:
        seen: list[int] = []
        receiving.on_frame = lambda picture: seen.append(picture.timestamp // 3000)
        put_all(receiving, encoded(10))
        while receiving.dropped < 9:
            time.sleep(0.001)  # noqa: ASYNC251 - the loop is busy
        await until(lambda: seen)
        assert seen == [9]
        assert (receiving.decoded, receiving.dropped) == (10, 9)


async def test_a_decoder_that_cannot_follow_drops_up_to_a_keyframe() -> None:
    async with receiver() as receiving:
        blocked = asyncio.Event()
        free = threading.Event()
        loop = asyncio.get_running_loop()
        shown: list[int] = []

        def slow(picture: Picture) -> None:
            shown.append(picture.timestamp // 3000)
            loop.call_soon_threadsafe(blocked.set)
            free.wait(WAIT)

        receiving.on_picture = slow
        groups = encoded(60, keys=(0, 50))
        put_all(receiving, groups[:1])
        await blocked.wait()
        put_all(receiving, groups[1:45])
        assert receiving.dropped > 0
        free.set()
        put_all(receiving, groups[45:])
        await until(lambda: 59 in shown)
        assert set(shown) - {0} <= set(range(50, 60)) | set(range(45))
        assert 50 in shown


@pytest.mark.parametrize("damage", [b"\x00" * 40, b"\xff" * 40])
async def test_undecodable_data_asks_for_a_keyframe_and_recovers(damage: bytes) -> None:
    async with receiver() as receiving:
        needed: list[int] = []
        receiving.on_keyframe_needed = lambda: needed.append(1)
        bad = Packet(100, 0, True, b"\x10" + b"\x00" + damage, 8, 0.0)
        receiving.put(bad)
        await until(lambda: receiving._broken.is_set())
        receiving.put(bad._replace(seq=101, payload=b"\x10\x11\x02", timestamp=3000))
        assert needed
        put_all(receiving, encoded(2))
        await until(lambda: receiving.decoded == 2)


async def test_a_handler_that_fails_does_not_stop_the_pictures(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("CRITICAL", "coachdesk.media.picture.video")

    def fail(_: Picture) -> None:
        raise RuntimeError("broken")

    async with receiver() as receiving:
        receiving.on_picture = fail
        put_all(receiving, encoded(3))
        await until(lambda: receiving.decoded == 3)
