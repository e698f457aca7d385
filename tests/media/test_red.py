"""Redundant audio: what is wrapped comes out, each packet once, in its place; nothing is copied that must not be."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coachdesk.media.connection.red import KEPT_FRAMES, MAX_OFFSET, Copy, RedInlet, SentFrames, unwrap, wrap
from coachdesk.media.packet import Packet

OPUS, FRAME = 96, 960


TOC_20_MS, TOC_10_MS = b"\xf8", b"\xf0"
"""First bytes of Opus packets (RFC 6716, 3.1): CELT, full band, mono, one frame."""


def content(number: int, toc: bytes = TOC_20_MS) -> bytes:
    return toc + b"frame %d" % number


class Sender:
    """Packets of one stream as they are on the wire, numbers and clock about to wrap."""

    def __init__(self, distances: tuple[int, ...], *, frame: int = FRAME, first: int = 65520) -> None:
        self.distances, self.frame, self.first = distances, frame, first
        self.frames = SentFrames()
        self.clock = 0xFFFFFFFF - 5000

    def send(self, number: int, *, pause: int = 0) -> Packet:
        self.clock = (self.clock + self.frame + pause) & 0xFFFFFFFF
        seq = (self.first + number) & 0xFFFF
        copies = self.frames.copies(seq, self.clock, 1000, self.distances)
        payload = content(number, TOC_20_MS if self.frame == FRAME else TOC_10_MS)
        self.frames.add(seq, self.clock, payload)
        return Packet(seq, self.clock, False, wrap(payload, copies, OPUS), 7, number / 50)


def receive(packets: list[Packet]) -> list[Packet]:
    inlet = RedInlet()
    return [each for packet in packets for each in inlet.red(packet, OPUS)]


def numbers(packets: list[Packet], first: int = 65520) -> list[int]:
    return [(packet.seq - first) & 0xFFFF for packet in packets]


# --- the format ---------------------------------------------------------------------------------------------

COPIES = st.lists(
    st.builds(Copy, st.integers(1, MAX_OFFSET), st.binary(min_size=1, max_size=1023)), max_size=5
)


@given(copies=COPIES, payload=st.binary(max_size=1200), payload_type=st.integers(0, 127))
def test_what_is_wrapped_comes_out(copies: list[Copy], payload: bytes, payload_type: int) -> None:
    assert unwrap(wrap(payload, copies, payload_type), payload_type) == (copies, payload)


def test_a_packet_as_chromium_sends_it() -> None:
    data = bytes.fromhex("ef00f0036f") + b"abc" + b"now"
    assert unwrap(data, 111) == ([Copy(60, b"abc")], b"now")


@given(data=st.binary(max_size=40))
def test_anything_is_read_or_refused(data: bytes) -> None:
    try:
        copies, payload = unwrap(data, OPUS)
    except ValueError:
        return
    assert sum(len(copy.payload) for copy in copies) + len(payload) < len(data)


@pytest.mark.parametrize("length", range(1, 12))
def test_a_packet_cut_short_is_refused(length: int) -> None:
    whole = wrap(b"", [Copy(FRAME, b"abcdef")], OPUS)
    with pytest.raises(ValueError, match="redundant audio"):
        unwrap(whole[: len(whole) - length], OPUS)


# --- the receiving side -------------------------------------------------------------------------------------


def test_a_lost_packet_comes_with_the_next_before_it_and_marked() -> None:
    sender = Sender((1,))
    packets = [sender.send(number) for number in range(4)]
    got = receive([packets[0], packets[1], packets[3]])
    assert numbers(got) == [0, 1, 2, 3]
    assert [packet.recovered for packet in got] == [False, False, True, False]
    assert got[2]._replace(recovered=False, arrival=0) == Packet(
        packets[2].seq, packets[2].timestamp, False, content(2), 7, 0
    )
    assert got[2].arrival == packets[3].arrival


@pytest.mark.parametrize(("distances", "burst"), [((1, 2), 2), ((1, 2, 3), 3), ((1, 2, 4, 6), 6)])
def test_a_burst_as_long_as_the_longest_distance_is_made_good(distances: tuple[int, ...], burst: int) -> None:
    sender = Sender(distances)
    packets = [sender.send(number) for number in range(30)]
    got = receive(packets[:10] + packets[10 + burst :])
    assert sorted(numbers(got)) == list(range(30))
    assert sum(packet.recovered for packet in got) == burst
    assert all(packet.payload == content(number) for number, packet in zip(numbers(got), got, strict=True))


def test_a_copy_of_a_short_frame_comes_with_the_very_next_packet() -> None:
    sender = Sender((1,), frame=480)
    packets = [sender.send(number) for number in range(12)]
    got = receive(packets[:5] + packets[6:])
    assert numbers(got) == list(range(12))
    assert got[5].arrival == packets[6].arrival


def test_the_original_after_its_copy_is_no_news_nor_is_a_second_copy() -> None:
    sender = Sender((1, 2))
    packets = [sender.send(number) for number in range(5)]
    assert numbers(receive([packets[0], packets[2], packets[1], packets[3], packets[3], packets[4]])) == [
        *range(5)
    ]


def test_a_pause_between_packets_misplaces_nothing() -> None:
    sender = Sender((1, 2, 3))
    packets = [sender.send(number, pause=FRAME * 7 if number == 5 else 0) for number in range(10)]
    for lost in range(2, 8):
        got = receive(packets[:lost] + packets[lost + 1 :])
        assert sorted(numbers(got)) == list(range(10)), f"lost {lost}"
        assert all(
            packet.payload == content(number) for number, packet in zip(numbers(got), got, strict=True)
        )


def test_copies_of_before_the_first_packet_are_left_alone() -> None:
    sender = Sender((1, 2))
    packets = [sender.send(number) for number in range(6)]
    assert numbers(receive(packets[4:])) == [4, 5]


def test_another_source_is_not_filled_up_with_the_copies_of_the_first() -> None:
    one, two = Sender((1,)), Sender((1,), first=40000)
    inlet = RedInlet()
    for number in range(3):
        inlet.red(one.send(number), OPUS)
    got = [each for number in range(3) for each in inlet.red(two.send(number)._replace(ssrc=8), OPUS)]
    assert numbers(got, 40000) == [0, 1, 2]


@given(seed=st.integers(0, 10_000), distances=st.sampled_from([(), (1,), (1, 2), (1, 2, 4, 6)]))
def test_whatever_is_lost_doubled_or_late_each_packet_comes_once_and_is_itself(
    seed: int, distances: tuple[int, ...]
) -> None:
    rng = random.Random(seed)
    sender = Sender(distances)
    packets = [
        sender.send(number, pause=FRAME * rng.randrange(9) if rng.random() < 0.1 else 0)
        for number in range(80)
    ]
    arriving = sorted(
        (number + rng.random() * 4, packet)
        for number, packet in enumerate(packets)
        for _ in range(rng.choice([0, 1, 1, 1, 2]))
    )
    got = receive([packet for _, packet in arriving])
    assert len(set(numbers(got))) == len(got)
    assert {packet.seq for _, packet in arriving} <= {packet.seq for packet in got}
    for number, packet in zip(numbers(got), got, strict=True):
        assert packet.payload == content(number)
        assert packet.timestamp == packets[number].timestamp


# --- the sending side ---------------------------------------------------------------------------------------


def test_nothing_is_copied_that_was_sent_before_the_clear() -> None:
    frames = SentFrames()
    for number in range(5):
        frames.add(number, number * FRAME, content(number))
    frames.clear()
    assert frames.copies(5, 5 * FRAME, 1000, (1, 2, 3)) == []


def test_each_stream_copies_from_itself_alone() -> None:
    public, whisper = SentFrames(), SentFrames()
    whisper.add(1, FRAME, b"secret")
    public.add(1, FRAME, b"public")
    assert [copy.payload for copy in public.copies(2, 2 * FRAME, 1000, (1,))] == [b"public"]


def test_only_as_much_is_copied_as_there_is_room_for_the_nearest_first() -> None:
    frames = SentFrames()
    for number in range(3):
        frames.add(number, number * FRAME, bytes([number]) * 100)
    assert [copy.payload[0] for copy in frames.copies(3, 3 * FRAME, 210, (1, 2, 3))] == [1, 2]


def test_what_is_too_old_or_too_long_is_not_copied() -> None:
    frames = SentFrames()
    frames.add(0, 0, b"old")
    frames.add(1, 20 * FRAME, b"x" * 1100)
    assert frames.copies(2, 21 * FRAME, 5000, (1, 2)) == []


def test_a_bounded_number_of_frames_is_kept() -> None:
    frames = SentFrames()
    for number in range(KEPT_FRAMES * 3):
        frames.add(number, number * 120, b"x")
    assert len(frames._frames) == KEPT_FRAMES
