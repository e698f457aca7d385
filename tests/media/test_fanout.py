"""What one observer's line suffers stays on that line: over real connections."""

from __future__ import annotations

import asyncio

import pytest

from coachdesk.media.connection.peer import CUSTOMER, OBSERVER, Peer
from coachdesk.media.connection.receivelimit import START_BITRATE
from coachdesk.media.fanout import Fanout
from coachdesk.media.packet import Packet
from coachdesk.media.picture import vp8
from tests.media.peers import WAIT, Network, pair, until

pytestmark = pytest.mark.media

KEYFRAME = bytes([0x10]) + bytes(900)
DELTA = bytes([0x11]) + bytes(900)


async def test_the_phone_hears_of_the_agents_line_and_not_of_the_worst_observers() -> None:
    async with (
        pair(CUSTOMER) as (hub, phone),
        pair(OBSERVER) as (to_slow, slow),
        pair(OBSERVER) as (to_fast, fast),
    ):
        fanout = Fanout()
        fanout.connect("slow", to_slow)
        fanout.connect("fast", to_fast)
        hub.on_packet = lambda name, packet: fanout.picture(packet, ["slow", "fast"])
        got = {"slow": collect(slow), "fast": collect(fast)}
        Network(to_slow).lost = 0.5
        out, camera = to_slow.outs["camera"], phone.outs["camera"]
        sent = 0
        arrives_at_once(hub)
        async with asyncio.timeout(WAIT):
            while out.path.loss < 0.2 or camera.bitrate_limit is None:
                payload = vp8.packetize(KEYFRAME if sent == 0 else DELTA, sent)[0]
                camera.send(payload, sent * 3000, marker=True)
                sent += 1
                await asyncio.sleep(0.02)
        await until(lambda: len({packet.seq for packet in got["fast"]}) == sent)
        assert camera.bitrate_limit >= START_BITRATE * 0.9
        assert camera.path.loss == 0
        assert to_fast.outs["camera"].path.loss == 0


def arrives_at_once(peer: Peer) -> None:
    """``peer`` reckons that pictures come when they were sent: a machine that stands still is no queue on the way."""
    limit = peer._ins["camera"]._receiver._RTCRtpReceiver__remote_bitrate_estimator
    add, times = limit.add, SentTimes()

    def add_at_once(*, arrival_time_ms: int, abs_send_time: int, **rest: int) -> object:
        return add(arrival_time_ms=times.ms(abs_send_time), abs_send_time=abs_send_time, **rest)

    limit.add = add_at_once


class SentTimes:
    """The header extension's 24 bits, in 2**-18 s (abs-send-time), without wraps."""

    def __init__(self) -> None:
        self._last: int | None = None
        self._passed = 0

    def ms(self, sent: int) -> int:
        if self._last is not None:
            self._passed += (sent - self._last + (1 << 23)) % (1 << 24) - (1 << 23)
        self._last = sent
        return 1000 + (self._passed * 1000 >> 18)


async def test_an_observer_can_tell_which_frame_of_the_customers_it_has_got() -> None:
    """Also when the customer comes back over another connection, with other timestamps, and after a hold."""
    async with pair(OBSERVER) as (to_observer, observer):
        fanout = Fanout()
        fanout.connect("mia", to_observer)
        offsets: list[int] = []
        fanout.on_offset = lambda party, offset: offsets.append(offset)
        got = collect(observer)
        for source, first in ((1, 0xFFFFF000), (2, 77), (2, 600_000)):
            frames = [(first + 3000 * number) & 0xFFFFFFFF for number in range(4)]
            for number, frame in enumerate(frames):
                payload = vp8.packetize(KEYFRAME if number == 0 else DELTA, number)[0]
                packet = Packet(number + 100 * source, frame, True, payload, source, first + number / 30)
                fanout.picture(packet, ["mia"])
            await until(lambda: len(got) == 4)
            assert [(each.timestamp + offsets[-1]) & 0xFFFFFFFF for each in got] == frames
            got.clear()
            fanout.resume()
        assert len(offsets) == 3


def collect(peer: Peer) -> list[Packet]:
    packets: list[Packet] = []
    peer.on_packet = lambda name, packet: packets.append(packet)
    return packets
