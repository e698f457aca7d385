"""Forwarding: whatever a source does, what goes out is one well-formed stream with the source's gaps in it."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from coachdesk.media.forward import Forwarder
from coachdesk.media.packet import Packet, seq_delta, timestamp_delta

KEY, DELTA = b"\x10\x10key", b"\x10\x11delta"
CLOCK, FRAME = 48000, 960


@dataclass
class Outlet:
    """Keeps what is sent, as `rtpout.RtpOut` would number it."""

    next_seq: int = 65000
    open: bool = True
    sent: list[tuple[int, int, bytes]] = field(default_factory=list)
    kept: list[bytes] = field(default_factory=list)

    def send(self, payload: bytes, timestamp: int, *, marker: bool = False, seq: int | None = None) -> None:
        assert seq is not None
        assert 0 <= seq < 1 << 16
        assert 0 <= timestamp < 1 << 32
        if seq_delta(seq, self.next_seq) >= 0:
            self.next_seq = (seq + 1) & 0xFFFF
        self.sent.append((seq, timestamp, payload))
        self.kept.append(payload)

    def forget(self) -> None:
        self.kept.clear()

    @property
    def seqs(self) -> list[int]:
        """Relative to the first."""
        return [seq_delta(seq, self.sent[0][0]) for seq, _, _ in self.sent]

    @property
    def timestamps(self) -> list[int]:
        return [timestamp_delta(timestamp, self.sent[0][1]) for _, timestamp, _ in self.sent]


def packet(
    number: int, *, ssrc: int = 1, first: int = 65530, payload: bytes = b"x", at: float | None = None
) -> Packet:
    """Packet ``number`` of a source whose numbers and clock wrap soon after they begin."""
    timestamp = (0xFFFFFFFF - 2000 + number * FRAME) & 0xFFFFFFFF
    arrival = number * 0.02 if at is None else at
    return Packet((first + number) & 0xFFFF, timestamp, False, payload, ssrc, arrival)


def forward(packets: list[Packet], *, video: bool = False) -> Outlet:
    out = Outlet()
    forwarder = Forwarder(out, CLOCK, video=video)
    for each in packets:
        forwarder.forward(each)
    return out


def test_a_lost_packet_stays_a_gap() -> None:
    assert forward([packet(n) for n in (0, 1, 4)]).seqs == [0, 1, 4]


def test_a_packet_that_comes_late_gets_the_number_kept_for_it() -> None:
    out = forward([packet(n) for n in (0, 1, 3, 2)])
    assert out.seqs == [0, 1, 3, 2]
    assert out.timestamps == [0, FRAME, 3 * FRAME, 2 * FRAME]


def test_a_duplicate_goes_out_once() -> None:
    assert forward([packet(n) for n in (0, 1, 1, 2, 0, 4, 4, 3, 3)]).seqs == [0, 1, 2, 4, 3]


def test_what_preceded_the_first_packet_is_not_sent() -> None:
    assert forward([packet(n) for n in (5, 4, 6)]).seqs == [0, 1]


def test_another_source_continues_the_numbers_and_the_clock() -> None:
    first = [packet(n) for n in range(3)]
    second = [packet(n, ssrc=2, first=100, at=0.04 + 0.5 + n * 0.02) for n in range(2)]
    out = forward(first + second)
    assert out.seqs == [0, 1, 2, 3, 4]
    assert out.timestamps[3] - out.timestamps[2] == CLOCK // 2
    assert out.timestamps[4] - out.timestamps[3] == FRAME


def test_a_wild_jump_of_the_same_source_is_a_restart() -> None:
    out = forward([packet(0), packet(1), *(packet(n, first=20000) for n in (2, 3, 4))])
    assert out.seqs == [0, 1, 2, 3]


def test_a_single_stray_packet_is_ignored() -> None:
    assert forward([packet(0), packet(1), packet(7, first=20000), packet(2)]).seqs == [0, 1, 2]


def test_a_paused_source_comes_back_without_a_gap_after_restart() -> None:
    out = Outlet()
    forwarder = Forwarder(out, CLOCK)
    forwarder.forward(packet(0))
    forwarder.restart()
    forwarder.forward(packet(400))
    assert out.seqs == [0, 1]


def test_nothing_is_sent_while_the_way_out_is_closed_and_then_a_keyframe_comes_first() -> None:
    out = Outlet(open=False)
    forwarder = Forwarder(out, CLOCK, video=True)
    forwarder.forward(packet(0, payload=KEY))
    out.open = True
    forwarder.forward(packet(1, payload=DELTA))
    forwarder.forward(packet(2, payload=KEY))
    assert [payload for _, _, payload in out.sent] == [KEY]


def test_video_starts_on_a_keyframe_and_asks_for_one() -> None:
    out = Outlet()
    asked: list[int] = []
    forwarder = Forwarder(out, CLOCK, video=True)
    forwarder.on_keyframe_wanted = lambda: asked.append(1)
    for each in (packet(0, payload=DELTA), packet(1, payload=KEY), packet(2, payload=DELTA)):
        forwarder.forward(each)
    assert [payload for _, _, payload in out.sent] == [KEY, DELTA]
    assert len(asked) == 1


def test_video_of_another_source_waits_for_its_keyframe() -> None:
    out = forward(
        [packet(0, payload=KEY), packet(0, ssrc=2, payload=DELTA), packet(1, ssrc=2, payload=KEY)], video=True
    )
    assert [payload for _, _, payload in out.sent] == [KEY, KEY]


@given(
    st.lists(
        st.tuples(st.sampled_from([1, 2]), st.integers(0, 0xFFFF), st.integers(0, 0xFFFFFFFF)), max_size=200
    )
)
def test_no_number_goes_out_twice_whatever_comes(arrivals: list[tuple[int, int, int]]) -> None:
    out = forward(
        [Packet(seq, stamp, False, b"x", ssrc, i * 0.02) for i, (ssrc, seq, stamp) in enumerate(arrivals)]
    )
    numbers = unwrapped([seq for seq, _, _ in out.sent])
    assert len(numbers) == len(set(numbers))


@given(
    st.lists(st.sampled_from(["sent", "lost", "twice", "late"]), min_size=1, max_size=400),
    st.integers(0, 0xFFFF),
)
def test_a_lossy_reordered_source_keeps_its_shape(fates: list[str], first: int) -> None:
    order = [0]
    held: list[int] = []
    for number, fate in enumerate(fates, start=1):
        if fate == "late":
            held.append(number)
        elif fate != "lost":
            order += [number] * (2 if fate == "twice" else 1)
            if held:
                order.append(held.pop(0))
    out = forward([packet(number, first=first) for number in order])
    expected = list(dict.fromkeys(order))
    assert out.seqs == expected
    assert out.timestamps == [number * FRAME for number in expected]


def unwrapped(seqs: list[int]) -> list[int]:
    """Numbers on from the first, by the shortest way from the highest so far."""
    highest, result = None, []
    for seq in seqs:
        number = seq if highest is None else highest + seq_delta(seq, highest & 0xFFFF)
        highest = number if highest is None else max(highest, number)
        result.append(number)
    return result
