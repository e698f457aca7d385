"""Packets that are lost between peers: asked for again, sent again, sent along as copies."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable

import pytest
from aiortc.rtp import RTCP_RTPFB_NACK, RtcpReceiverInfo, RtcpRrPacket, RtcpRtpfbPacket, RtpPacket

from coachdesk.media.connection.peer import CUSTOMER, OBSERVER, Layout
from coachdesk.media.connection.rate import OVERLOAD_LOSS, Path
from coachdesk.media.connection.reports import RoundTrips
from coachdesk.media.connection.rtpout import RtpOut
from tests.media.peers import WAIT, Network, collect, pair, until

pytestmark = pytest.mark.media


@pytest.fixture
def no_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    """Round trips that take long since the machine stands still are not taken for a queue on the way."""
    monkeypatch.setattr(RoundTrips, "queueing", False)


@pytest.mark.usefixtures("no_queue")
@pytest.mark.parametrize(("losses", "answers_lost"), [(8, 0), (30, 3)])
async def test_lost_video_packets_are_asked_for_until_they_come(losses: int, answers_lost: int) -> None:
    async with pair(CUSTOMER) as (hub, customer):
        got = collect(hub)
        out = customer.outs["camera"]
        first = out.next_seq
        lost = {(first + number) & 0xFFFF for number in random.Random(1).sample(range(1, 150), losses)}
        asked = lose(out, lost, answers_lost)
        out.send(b"\x00\x00", 0, marker=True)
        for index in range(1, 150):
            out.send(b"\x00" + bytes([index]), index * 3000, marker=True, seq=(first + index) & 0xFFFF)
            await asyncio.sleep(0.002)
        out.send(b"\x00\x00", 150 * 3000, marker=True)  # shows a loss at the end
        await until(lambda: len({packet.seq for _, packet in got}) == 151)
        assert asked.keys() == lost
        assert min(asked.values()) > answers_lost
        assert max(Counter(packet.seq for _, packet in got).values()) <= 3


def lose(out: RtpOut, lost: set[int], answers_lost: int) -> Counter[int]:
    """These packets are lost, and so many of the answers to requests for each; how often each is asked for."""
    asked: Counter[int] = Counter()
    transmit, retransmit = out._transmit, out._sender._retransmit

    async def transmit_others(packet: RtpPacket) -> None:
        if packet.sequence_number not in lost:
            await transmit(packet)

    async def answer(seq: int) -> None:
        asked[seq] += 1
        if asked[seq] > answers_lost:
            await retransmit(seq)

    out._transmit = transmit_others  # type: ignore[method-assign]
    out._sender._retransmit = answer
    return asked


@pytest.mark.parametrize(("layout", "hub_sends"), [(OBSERVER, True), (CUSTOMER, False)])
async def test_what_is_lost_of_either_of_two_pictures_comes_again(layout: Layout, hub_sends: bool) -> None:
    async with pair(layout) as peers:
        sending, receiving = peers if hub_sends else peers[::-1]
        got = collect(receiving)
        for name in ("camera", "screen"):
            out = sending.outs[name]
            lose(out, {(out.next_seq + 1) & 0xFFFF}, 0)
            for index in range(3):
                out.send(b"\x00" + bytes([index]), index * 3000, marker=True)
        pictures = {(name, bytes([0, index])) for name in ("camera", "screen") for index in range(3)}
        await until(lambda: {(name, packet.payload) for name, packet in got} == pictures)


@pytest.mark.usefixtures("no_queue")
async def test_where_a_queue_grows_pictures_are_not_sent_again() -> None:
    async with pair(CUSTOMER) as (hub, customer):
        got = collect(customer)
        out = hub.outs["camera"]
        first = out.next_seq
        out.send(b"\x00picture", 0, marker=True)
        await until(lambda: got)
        lost = RtcpRtpfbPacket(fmt=RTCP_RTPFB_NACK, ssrc=1, media_ssrc=out._sender._ssrc, lost=[first])
        for congested in (True, False):
            out.path.loss = OVERLOAD_LOSS if congested else 0.0
            await out._fed_back(lost)
        await until(lambda: len(got) == 2)
        out.send(b"\x00last", 3000, marker=True)
        await until(lambda: got[-1][1].seq == first + 1)
        assert [packet.seq - first for _, packet in got] == [0, 0, 1], "once, when there was no queue"


@pytest.mark.usefixtures("no_queue")
async def test_lost_sound_is_sent_again_and_soon_carries_copies() -> None:
    async with pair(CUSTOMER) as (hub, customer):
        got = collect(customer)
        network = Network(hub)
        out = hub.outs["main"]
        first, count = out.next_seq, 0

        async def send_until(condition: Callable[[], object], pause: float) -> None:
            nonlocal count
            async with asyncio.timeout(WAIT):
                while not condition():
                    out.send(b"\xf8frame%d" % count, count * 960)
                    count += 1
                    await asyncio.sleep(pause)

        network.lost = 0.15
        out.path.redundant = False
        await send_until(lambda: any(packet.recovered for _, packet in got), 0.01)
        assert out.path.copies == ()
        out.path.redundant = True
        await send_until(lambda: out.path.copies, 0.01)
        path_stays_as_it_is(out.path)
        network.lost, protected = 0.2, count
        await send_until(lambda: count == protected + 100, 0.005)
        network.lost = 0.0
        await send_until(lambda: count == protected + 104, 0)
        last = (first + count - 1) & 0xFFFF
        await until(lambda: any(packet.seq == last for _, packet in got))
        by_seq = {packet.seq: packet for _, packet in got}
        assert len(by_seq) == len(got), "each packet comes once"
        for number in range(count):
            packet = by_seq.get((first + number) & 0xFFFF)
            assert packet is None or packet.payload == b"\xf8frame%d" % number
        missing = sum((first + number) & 0xFFFF not in by_seq for number in range(protected, count))
        assert missing < 10, "of about 20 that the network lost"


@pytest.mark.parametrize("jitter_ms", [2, 20])
async def test_sound_that_is_asked_for_where_packets_overtake_each_other_is_not_sent_again(
    jitter_ms: int,
) -> None:
    async with pair(CUSTOMER) as (hub, customer):
        got = collect(customer)
        out = hub.outs["main"]
        again: list[int] = []
        retransmit = out._sender._retransmit

        async def counted(seq: int) -> None:
            again.append(seq)
            await retransmit(seq)

        out._sender._retransmit = counted
        first = out.next_seq
        for index in range(50):
            out.send(b"\xf8frame%d" % index, index * 960)
        await until(lambda: len(got) == 50)
        ssrc = out._sender._ssrc
        report = RtcpReceiverInfo(ssrc, 0, 5, first + 49, jitter_ms * 48, 0, 0)
        await out._fed_back(RtcpRrPacket(ssrc=1, reports=[report]))
        told = out.path.loss
        await out._fed_back(RtcpRtpfbPacket(fmt=RTCP_RTPFB_NACK, ssrc=1, media_ssrc=ssrc, lost=[first + 7]))
        overtaking = jitter_ms == 20
        assert again == ([] if overtaking else [first + 7])
        assert (told > 0) == overtaking, "the counts since the beginning tell of the loss there"


def path_stays_as_it_is(path: Path) -> None:
    """Whatever is reported from now on."""
    path.reported = path.missed = lambda *_: None  # type: ignore[method-assign]


async def test_what_is_forgotten_is_neither_copied_nor_sent_again() -> None:
    async with pair(CUSTOMER) as (hub, customer):
        seen: list[bytes] = []
        raw = customer._ins["main"]
        raw.add = lambda rtp: (seen.append(rtp.payload), (False, None))[1]  # type: ignore[method-assign]
        out = hub.outs["main"]
        now = time.monotonic()
        out.path.reported(0.5, 0.01, 0.0, now - 2)
        out.path.reported(0.5, 0.01, 0.0, now)
        assert len(out.path.copies) == 3
        lost = out.next_seq
        for index, payload in enumerate([b"one", b"two", b"three"]):
            out.send(payload, index * 960)
        out.forget()
        out.send(b"four", 3 * 960)
        out.send(b"five", 4 * 960)
        await until(lambda: len(seen) == 5)
        assert b"one" in seen[2]
        assert b"two" in seen[2]
        assert not any(word in seen[3] + seen[4] for word in (b"one", b"two", b"three"))
        assert b"four" in seen[4]
        await hub.outs["main"]._sender._retransmit(lost)
        out.send(b"six", 5 * 960)
        await until(lambda: b"six" in seen[-1])
        assert len(seen) == 6
