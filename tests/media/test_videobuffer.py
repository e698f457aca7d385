"""VP8 frames from packets that come in any order, twice, or never."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from coachdesk.media.packet import Packet
from coachdesk.media.picture import vp8
from coachdesk.media.picture.videobuffer import CAPACITY, PATIENCE, VideoBuffer

FRAME = 3000


def frame_bytes(number: int, *, key: bool) -> bytes:
    size = 5000 if key else 1500
    return bytes([0x10 if key else 0x11]) + random.Random(number).randbytes(size)


def stream(frames: int, *, keys: tuple[int, ...] = (0,), first: int = 65530, ssrc: int = 1) -> list[Packet]:
    packets: list[Packet] = []
    for number in range(frames):
        payloads = vp8.packetize(frame_bytes(number, key=number in keys), number)
        for index, payload in enumerate(payloads):
            seq = (first + len(packets)) & 0xFFFF
            marker = index == len(payloads) - 1
            packets.append(Packet(seq, number * FRAME, marker, payload, ssrc, number / 30))
    return packets


def received(buffer: VideoBuffer, packets: list[Packet]) -> list[int]:
    """The numbers of the frames handed out, each checked to be whole."""
    numbers = []
    for packet in packets:
        for frame in buffer.put(packet, packet.arrival):
            number = frame.timestamp // FRAME
            assert frame.data == frame_bytes(number, key=frame.keyframe)
            numbers.append(number)
    return numbers


def test_a_frame_comes_out_with_its_last_packet() -> None:
    buffer = VideoBuffer()
    packets = stream(1)
    assert received(buffer, packets[:-1]) == []
    assert received(buffer, packets[-1:]) == [0]


def test_nothing_comes_before_a_keyframe() -> None:
    buffer = VideoBuffer()
    packets = stream(6, keys=(0, 3))
    assert received(buffer, packets[1:]) == [3, 4, 5]


def test_a_late_packet_completes_its_frame_and_those_that_waited() -> None:
    buffer = VideoBuffer()
    packets = stream(4)
    late = packets.pop(6)  # in frame 1
    assert received(buffer, packets) == [0]
    assert received(buffer, [late]) == [1, 2, 3]


def test_a_loss_that_lasts_asks_for_a_keyframe_and_goes_on_from_it() -> None:
    buffer = VideoBuffer()
    packets = stream(40, keys=(0, 30))
    lost = packets[6]
    seen = received(
        buffer, [packet for packet in packets if packet is not lost and packet.timestamp < 20 * FRAME]
    )
    assert seen == [0]
    assert buffer.needs_keyframe
    assert buffer.skipped == 1
    rest = [packet for packet in packets if packet.timestamp >= 20 * FRAME]
    assert received(buffer, rest) == list(range(30, 40))


def test_a_whole_keyframe_ends_the_wait_at_once() -> None:
    buffer = VideoBuffer()
    packets = stream(4, keys=(0, 2))
    del packets[6]
    assert received(buffer, packets) == [0, 2, 3]


def test_patience_is_longer_than_the_requests_for_packets_usually_take() -> None:
    buffer = VideoBuffer()
    packets = stream(12)
    late = packets.pop(6)
    assert received(buffer, packets) == [0]
    assert packets[-1].arrival < PATIENCE
    assert received(buffer, [late._replace(arrival=packets[-1].arrival)])[-1] == 11


def test_another_source_starts_anew() -> None:
    buffer = VideoBuffer()
    assert received(buffer, stream(2)) == [0, 1]
    assert received(buffer, stream(2, ssrc=2, first=100)) == [0, 1]


def test_a_source_that_jumps_far_back_starts_anew() -> None:
    buffer = VideoBuffer()
    received(buffer, stream(2, first=30000))
    assert received(buffer, stream(2, first=20000)) == [0, 1]


def test_padding_between_frames_is_passed_over() -> None:
    buffer = VideoBuffer()
    packets = stream(1)
    packets.append(packets[-1]._replace(seq=packets[-1].seq + 1 & 0xFFFF, payload=b"", marker=False))
    following = [packet._replace(seq=packet.seq + 1 & 0xFFFF) for packet in stream(2)[len(packets) - 1 :]]
    assert received(buffer, packets + following) == [0, 1]


def test_a_malformed_packet_counts_as_lost() -> None:
    buffer = VideoBuffer()
    packets = stream(2, keys=(0, 1))
    packets[1] = packets[1]._replace(payload=b"\x90")
    assert received(buffer, packets) == [1]


def test_what_is_held_is_bounded() -> None:
    buffer = VideoBuffer()
    packets = stream(1400, keys=())
    received(buffer, [packet._replace(arrival=0.0) for packet in packets])
    assert len(buffer._pieces) <= CAPACITY


@settings(max_examples=60, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(0, 0xFFFF))
def test_frames_come_in_order_once_and_whole_whatever_the_network_does(
    rng: random.Random, first: int
) -> None:
    packets = stream(30, keys=(0, 10, 20), first=first)
    arrived = [packet for packet in packets if rng.random() > 0.05]
    arrived += rng.sample(arrived, len(arrived) // 10)
    for index in range(len(arrived) - 1):
        if rng.random() < 0.2:
            arrived[index], arrived[index + 1] = arrived[index + 1], arrived[index]
    numbers = received(VideoBuffer(), arrived)
    assert numbers == sorted(set(numbers))


@given(st.randoms(use_true_random=False))
def test_every_frame_comes_when_nothing_is_lost_for_good(rng: random.Random) -> None:
    packets = stream(20)
    for index in range(len(packets) - 1):
        if rng.random() < 0.3:
            packets[index], packets[index + 1] = packets[index + 1], packets[index]
    assert received(VideoBuffer(), packets) == list(range(20))


def test_a_large_picture_that_comes_slowly_is_waited_for_and_a_gap_is_not() -> None:
    buffer = VideoBuffer()
    packets = stream(3, keys=(0, 1))
    packets = [packet._replace(arrival=0.3 * index) for index, packet in enumerate(packets)]
    assert received(buffer, packets) == [0, 1, 2]
    assert buffer.skipped == 0
    patient, usual = VideoBuffer(2.0), VideoBuffer()
    later = [packet for index, packet in enumerate(stream(40)) if index != 6]
    for buffer in (patient, usual):
        received(buffer, later)
    assert (patient.skipped, usual.skipped) == (0, 1)
