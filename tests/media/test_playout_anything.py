"""The playout buffer in simulated time, whatever comes: any network, any sender, nobody who listens, a long call."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from coachdesk.media.mixer import dbfs
from coachdesk.media.packet import Packet
from coachdesk.media.pcm import BLOCK_SAMPLES, RATE
from coachdesk.media.playout import MAX_SPAN, Playout
from tests.media.paths import delayed, drifting, listen, looped, packets, ticks, tone, voice

pytestmark = pytest.mark.timeout(600)  # hundreds of calls in simulated time: nothing but computing

QUIET_MS = 16.0
"""On a quiet path a packet waits no longer: for the next tick after 3 ms, and up to
3 ms that are not worth a cut."""


_PACKETS = packets(voice(1.5, seed=2))


@settings(max_examples=20, deadline=None)
@given(
    delays=st.lists(
        st.one_of(st.none(), st.floats(0, 0.01), st.floats(0, 0.3)),
        min_size=len(_PACKETS),
        max_size=len(_PACKETS),
    ),
    late_copies=st.lists(st.floats(0, 0.2), max_size=len(_PACKETS)),
)
def test_nothing_is_played_twice_or_in_another_order(
    delays: list[float | None], late_copies: list[float]
) -> None:
    """Each packet's payload is its own; what the decoder gets is the order of what is heard."""
    playout, order = Playout(), {packet.payload: index for index, packet in enumerate(_PACKETS)}
    assert len(order) == len(_PACKETS)
    decoded: list[int] = []
    decode = playout._line.play
    playout._line.play = lambda payload, skipped=0: (
        decoded.append(order[payload]),
        decode(payload, skipped),
    )[1]
    stream = delayed(_PACKETS, lambda index: delays[index])
    stream += [
        packet._replace(arrival=packet.arrival + late, recovered=True)
        for packet, late in zip(_PACKETS, late_copies, strict=False)
    ]
    listen(playout, stream, 2.2)
    assert decoded == sorted(set(decoded))


@settings(max_examples=40, deadline=None)
@given(
    delays=st.lists(
        st.one_of(st.none(), st.floats(0, 0.01), st.floats(0, 0.3)),
        min_size=len(_PACKETS),
        max_size=len(_PACKETS),
    ),
    copies=st.lists(st.integers(1, 3), min_size=len(_PACKETS), max_size=len(_PACKETS)),
    flushes=st.sets(st.integers(0, 180), max_size=3),
)
def test_whatever_the_network_does(delays: list[float | None], copies: list[int], flushes: set[int]) -> None:
    """Always 480 finite samples in range, a bounded buffer, and every packet accounted for."""
    playout = Playout()
    stream = [
        packet._replace(arrival=packet.arrival + late + 0.004 * copy)
        for packet, late, count in zip(_PACKETS, delays, copies, strict=True)
        if late is not None
        for copy in range(count)
    ]
    queue = sorted(stream, key=lambda packet: packet.arrival)
    silent_run = 0
    for index, now in enumerate(ticks(100.0, 2.2)):
        while queue and queue[0].arrival <= now:
            playout.put(queue.pop(0))
        if index in flushes:
            playout.flush()
        block = playout.pull(now)
        assert block.shape == (BLOCK_SAMPLES,)
        assert np.isfinite(block).all()
        assert np.max(np.abs(block)) <= 1.5
        silent_run = 0 if playout.active else silent_run + 1
        assert playout.stats.delay_ms < 800
    stats = playout.stats
    assert stats.received == len(stream)
    assert stats.late + stats.duplicates + stats.dropped <= stats.received
    assert stats.recovered <= stats.lost
    assert silent_run > 10
    rest = [playout.pull(now) for now in ticks(103.0, 2.0)]
    assert dbfs(np.concatenate(rest)) < -40
    assert not rest[-1].any()


NO_FRAME = b"\x03\x00"
"""A packet of no frames, which libopus calls 0 samples long and cannot decode."""


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 65535),
            st.integers(0, 2**32 - 1),
            st.binary(max_size=60),
            st.integers(1, 3),
            st.floats(0, 0.1),
        ),
        max_size=40,
    )
)
@example([(0, 0, NO_FRAME, 1, 0.0), (0, 0, b"", 1, 0.1), (1, 960, NO_FRAME, 1, 0.1)])
def test_whatever_a_hostile_sender_does(fields: list[tuple[int, int, bytes, int, float]]) -> None:
    playout, now = Playout(), 100.0
    for seq, timestamp, payload, ssrc, pause in fields:
        now += pause
        playout.put(Packet(seq, timestamp, False, payload, ssrc, now))
        block = playout.pull(now)
        assert block.shape == (BLOCK_SAMPLES,)
        assert np.isfinite(block).all()


def test_a_buffer_that_nobody_pulls_is_bounded() -> None:
    playout = Playout()
    for packet in itertools.islice(itertools.cycle(packets(voice(1.0))), 50):
        playout.put(packet)
    for index, packet in enumerate(packets(voice(5.0), seq=100)):
        playout.put(packet)
        held = index + 1 - playout.stats.dropped
        assert held * 960 <= MAX_SPAN + 960
    assert playout.stats.dropped > 200
    assert playout.pull(105.03).shape == (BLOCK_SAMPLES,)


def test_tiny_steps_of_the_clock_do_not_fill_the_buffer() -> None:
    playout, payload = Playout(), packets(voice(0.1))[0].payload
    for index in range(1000):
        playout.put(Packet(index, index, False, payload, 1, 100.0 + index / 1000))
    assert playout.stats.dropped >= 800
    for now in ticks(101.0, 1.0):
        playout.pull(now)


def test_unreadable_packets_are_counted_and_the_rest_is_played() -> None:
    playout = Playout()
    stream = [
        packet._replace(payload=b"\xff" * 3) if index % 10 == 5 else packet
        for index, packet in enumerate(packets(voice(2.0)))
    ]
    heard = listen(playout, stream, 2.0)
    assert playout.stats.dropped == 10
    assert heard.active.count(True) > 170


# --- an hour in a minute ---------------------------------------------------------------------------------------


def test_through_everything_in_turn_the_delay_stays_bounded_and_comes_back() -> None:
    """Five seconds of each trouble, five of quiet after it; ``bench/playout.py --soak`` is the same for an hour."""
    generator = np.random.default_rng(12)
    troubles = [
        lambda at: generator.uniform(0, 0.08),
        lambda at: None if generator.random() < 0.2 else 0.02,
        lambda at: None if at % 1.0 < 0.1 else 0.02,
        lambda at: max(0.02, 0.5 - at % 5.0),
        lambda at: generator.uniform(0, 0.08) if generator.random() > 0.03 else None,
        lambda at: 0.25,
    ]

    def network(index: int) -> float | None:
        at = index * 0.02
        return troubles[int(at / 10)](at % 10) if at % 10 < 5 else 0.02

    playout = Playout()
    stream = looped(packets(tone(2.0), seq=64000, timestamp=2**32 - 30 * RATE), 60.0)
    heard = listen(playout, drifting(delayed(stream, network), 300), 59.9)
    assert max(heard.delays) < 300
    quiet = [index for index in range(len(heard.active)) if 8.0 <= index * 0.01 % 10 < 9.9]
    assert all(heard.active[index] for index in quiet)
    assert playout.stats.delay_ms <= QUIET_MS
    assert len(playout._waiting) < 20
