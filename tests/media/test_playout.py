"""The playout buffer in simulated time: on good paths, on bad ones, and when told to forget."""

from __future__ import annotations

import numpy as np
import pytest

from coachdesk.hearing import level
from coachdesk.media.mixer import dbfs
from coachdesk.media.packet import Packet
from coachdesk.media.pcm import RATE
from coachdesk.media.playout import Playout
from tests.media.paths import Heard, delayed, drifting, listen, looped, packets, repeated, ticks, tone, voice

QUIET_MS, AFTER = 16.0, 2.0
"""On a quiet path a packet waits no longer, once so many seconds have gone by: for the next tick after 3 ms, and up to
3 ms that are not worth a cut."""


def delay_ms(heard: Heard, after: float = AFTER) -> float:
    return float(np.median(heard.delays[int(after * 100) :]))


# --- good paths ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("phase", [0.0, 0.0003, 0.0037, 0.0095])
@pytest.mark.parametrize("frame", [480, 960])
def test_a_quiet_path_waits_little_and_loses_nothing(frame: int, phase: float) -> None:
    playout = Playout()
    heard = listen(playout, delayed(packets(voice(4.0), frame=frame), lambda _: 0.001), 4.0, phase=phase)
    assert delay_ms(heard) <= QUIET_MS
    assert all(heard.active[5:])
    stats = playout.stats
    assert (stats.lost, stats.late, stats.dropped, stats.concealed) == (0, 0, 0, 0)


@pytest.mark.parametrize("frame", [480, 960])
def test_a_tone_keeps_pitch_and_level(frame: int) -> None:
    heard = listen(Playout(), packets(tone(3.0), frame=frame), 3.0)
    piece = heard.sound[RATE:]
    assert level(piece, 440) == pytest.approx(dbfs(tone(1.0)), abs=0.5)
    assert level(piece, 440) - level(piece, 660) > 40


def test_cutting_delay_keeps_pitch_and_level() -> None:
    stream = delayed(packets(tone(8.0)), lambda index: 0.101 if index < 50 else 0.001)
    heard = listen(Playout(), stream, 8.0)
    assert max(heard.delays) > 90
    assert heard.delays[-1] <= QUIET_MS
    hurried = heard.sound[RATE : 7 * RATE]
    assert level(hurried, 440) == pytest.approx(dbfs(tone(1.0)), abs=0.5)
    assert np.max(np.abs(np.diff(hurried))) < 1.3 * np.max(np.abs(np.diff(tone(1.0))))


def test_counters_that_wrap_go_unnoticed() -> None:
    plain = listen(Playout(), packets(voice(1.0)), 1.0)
    wrapping = listen(Playout(), packets(voice(1.0), seq=65530, timestamp=2**32 - 5 * 960), 1.0)
    assert np.array_equal(plain.sound, wrapping.sound)


def test_reordered_packets_are_put_in_order() -> None:
    playout = Playout()
    stream = delayed(packets(voice(4.0)), lambda index: 0.032 if index % 7 == 3 else 0.001)
    listen(playout, stream, 4.0)
    assert playout.stats.lost + playout.stats.late <= 4
    assert playout.stats.delay_ms > 25


def test_a_packet_that_comes_twice_is_played_once() -> None:
    playout, once = Playout(), packets(voice(2.0))
    twice = [packet for packet in once for _ in range(2)]
    assert np.array_equal(listen(playout, twice, 2.0).sound, listen(Playout(), once, 2.0).sound)
    assert playout.stats.duplicates == playout.stats.received / 2


# --- jitter and loss -------------------------------------------------------------------------------------------


def test_delay_follows_jitter_up_and_down() -> None:
    generator = np.random.default_rng(4)
    stream = delayed(packets(voice(16.0)), lambda index: generator.uniform(0, 0.05 if index < 400 else 0.001))
    heard = listen(Playout(), stream, 16.0)
    assert 35 < heard.delays[700] < 75
    assert heard.delays[-1] <= QUIET_MS


def test_jitter_within_what_is_known_costs_nothing() -> None:
    generator = np.random.default_rng(5)
    playout = Playout()
    stream = delayed(packets(voice(12.0)), lambda _: generator.uniform(0, 0.03))
    heard = listen(playout, stream, 12.0)
    assert heard.active[600:].count(False) <= 4


def test_a_lost_packet_is_concealed_and_the_rest_comes_in_time() -> None:
    playout = Playout()
    stream = delayed(packets(tone(4.0)), lambda index: None if index == 100 else 0.001)
    heard = listen(playout, stream, 4.0)
    assert playout.stats.lost == 1
    hole = heard.between(102.02, 102.06)
    assert dbfs(hole) > dbfs(tone(1.0)) - 12
    assert heard.delays[-1] <= QUIET_MS


def test_on_a_lossy_path_most_losses_are_recovered() -> None:
    generator = np.random.default_rng(6)
    lost = set(np.flatnonzero(generator.random(1000) < 0.03))
    playout = Playout()
    heard = listen(playout, delayed(packets(voice(20.0)), lambda i: None if i in lost else 0.001), 20.0)
    assert playout.stats.lost == pytest.approx(len(lost), abs=1)
    assert playout.stats.recovered >= 0.6 * len(lost)
    assert delay_ms(heard) <= QUIET_MS + 22


def test_when_everything_stops_sound_fades_to_silence() -> None:
    playout = Playout()
    heard = listen(playout, packets(tone(1.0)), 2.0)
    assert dbfs(heard.between(101.05, 101.07)) > -40
    assert not heard.between(101.12, 102.0).any()
    assert not playout.active
    assert playout.stats.lost == 0


def test_late_packets_are_dropped_and_never_played() -> None:
    """A tone of its own marks the late ones."""
    playout = Playout()
    plain, marked = packets(tone(4.0)), packets(tone(4.0, 1900.0))
    stream = [
        marked[index]._replace(arrival=packet.arrival + 0.15) if index % 50 == 25 else packet
        for index, packet in enumerate(plain)
    ]
    heard = listen(playout, stream, 4.0)
    assert playout.stats.late == 4
    assert level(heard.sound, 1900) < -70


def test_after_an_outage_no_backlog_is_played() -> None:
    """Nothing comes for 400 ms, then everything at once: the old is dropped, the delay is what it was."""
    playout = Playout()

    def stalled(index: int) -> float:
        return max(0.001, (150 + 20 - index) * 0.02) if 150 <= index < 170 else 0.001

    heard = listen(playout, delayed(packets(voice(6.0)), stalled), 6.0)
    assert playout.stats.late + playout.stats.dropped >= 15
    assert heard.delays[-1] <= QUIET_MS
    after = [delay for delay in heard.delays[300:] if delay > 60]
    assert len(after) <= 20


def test_a_delay_that_is_too_short_grows_by_stretching_not_by_making_up() -> None:
    generator = np.random.default_rng(8)
    playout = Playout()
    stream = delayed(
        packets(voice(8.0)),
        lambda index: generator.uniform(0, min(0.06, 0.005 + max(0, index - 100) * 0.0003)),
    )
    heard = listen(playout, stream, 8.0)
    assert playout.stats.stretched_ms > 25
    assert playout.stats.concealed <= 20
    assert 40 < delay_ms(heard, 6.0) < 75


def test_two_seconds_after_an_outage_the_delay_is_what_it_was() -> None:
    held = packets(voice(8.0))
    back = 103.5
    stream = [packet._replace(arrival=back) if 103.0 < packet.arrival < back else packet for packet in held]
    heard = listen(Playout(), stream, 8.0)
    assert max(heard.delays[int(3.6 * 100) :]) < 60
    assert max(heard.delays[int(5.5 * 100) - 50 :]) <= QUIET_MS


# --- copies of what was lost -----------------------------------------------------------------------------------


def losses(share: float, count: int, seed: int = 9) -> set[int]:
    return {int(index) for index in np.flatnonzero(np.random.default_rng(seed).random(count) < share)}


@pytest.mark.parametrize("distance", [1, 2])
def test_copies_fill_nearly_every_hole_and_are_waited_for_no_longer_than_needed(distance: int) -> None:
    stream = packets(tone(12.0))
    lost = losses(0.1, len(stream))
    playout = Playout()
    heard = listen(playout, repeated(stream, lost, distance), 12.0)
    assert heard.active[400:-10].count(False) <= 3 * len(lost) * 0.1 * 2
    assert delay_ms(heard) <= QUIET_MS + 20 * distance + 5
    assert playout.stats.redundant > 0.8 * len(lost)


def test_when_losses_end_copies_are_no_longer_waited_for() -> None:
    stream = packets(tone(14.0))
    lost = {index for index in losses(0.1, len(stream)) if index < 300}
    heard = listen(Playout(), repeated(stream, lost, 2), 14.0)
    assert heard.delays[550] > 40
    assert heard.delays[-1] <= QUIET_MS


def test_a_copy_that_comes_after_its_turn_is_not_played() -> None:
    playout = Playout()
    plain, marked = packets(tone(4.0)), packets(tone(4.0, 1900.0))
    lost = set(range(20, 200, 40))
    stream = [packet for index, packet in enumerate(plain) if index not in lost]
    stream += [marked[index]._replace(arrival=plain[index].arrival + 0.15, recovered=True) for index in lost]
    heard = listen(playout, stream, 4.0)
    assert level(heard.sound, 1900) < -70
    assert heard.delays[-1] <= QUIET_MS


# --- clocks ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("ppm", "spread"), [(300, 0.0), (-300, 0.0), (-300, 0.02)])
def test_a_sender_with_another_clock_is_heard_without_gaps_and_without_creeping_delay(
    ppm: float, spread: float
) -> None:
    generator = np.random.default_rng(10)
    playout = Playout()
    stream = drifting(looped(packets(voice(2.0)), 40.0), ppm)
    heard = listen(playout, delayed(stream, lambda _: generator.uniform(0, spread)), 39.9)
    assert heard.active[10:].count(False) == 0
    assert max(heard.delays[300:]) <= QUIET_MS + 1500 * spread
    assert playout.stats.lost == 0
    assert playout.stats.cut_ms + playout.stats.stretched_ms < 60


# --- talkspurts and restarts ---------------------------------------------------------------------------------


def spurts(*, gap: float) -> list[Packet]:
    """A second of tone, a pause in which the sender's clock runs on, another second of another tone."""
    first = packets(tone(1.0, 700.0))
    pause = int(gap * RATE)
    second = packets(tone(1.0, 1100.0), seq=len(first), timestamp=RATE + pause, start=first[-1].arrival + gap)
    return first + second


@pytest.mark.parametrize("gap", [0.15, 0.5, 3.0, 30.0])
def test_a_pause_is_silence_and_no_loss(gap: float) -> None:
    playout = Playout()
    heard = listen(playout, spurts(gap=gap), 2.2 + gap)
    begin = 101.0 + gap
    assert playout.stats.lost == 0
    assert not heard.between(101.12, begin).any()
    assert level(heard.between(begin + 0.1, begin + 0.9), 1100) > -20
    assert level(heard.between(begin + 0.1, begin + 0.9), 700) < -70
    assert heard.delays[-1] <= QUIET_MS + 5


def test_a_pause_that_is_known_beforehand_is_not_concealed() -> None:
    playout, queue = Playout(), spurts(gap=0.06)
    for now in ticks(100.0037, 2.0):
        while queue and queue[0].arrival - 0.1 <= now:
            playout.put(queue.pop(0))
        playout.pull(now)
    assert playout.stats.received > 90
    assert playout.stats.concealed == 0


def test_a_silent_sender_is_heard_as_background_noise_and_not_as_loss() -> None:
    """Discontinuous transmission: after a word, a packet of a byte or two, then none for 400 ms, and so on."""
    noise = 0.001 * np.random.default_rng(11).standard_normal(int(6 * RATE)).astype(np.float32)
    noise[: RATE * 2] += np.where(np.arange(RATE * 2) % RATE < RATE // 2, voice(2.0), 0)
    stream = [
        packet._replace(seq=packet.seq)
        for index, packet in enumerate(packets(noise))
        if index < 100 or index % 20 == 0
    ]
    stream = [
        packet._replace(seq=index, payload=packet.payload if index < 100 else packet.payload[:1])
        for index, packet in enumerate(stream)
    ]
    playout = Playout()
    heard = listen(playout, stream, 5.9)
    assert playout.stats.lost == playout.stats.concealed == 0
    quiet = heard.between(102.2, 105.8)
    loudness = [dbfs(quiet[at : at + 4800]) for at in range(0, len(quiet) - 4799, 4800)]
    assert min(loudness) > -72
    assert max(loudness) < -52


@pytest.mark.parametrize("pause", [0.1, 0.25, 0.45, 5.0])
def test_a_sender_whose_clock_stood_still_is_heard_soon(pause: float) -> None:
    first = packets(tone(2.0, 700.0))
    begin = 102.0 + pause
    second = packets(tone(2.0, 1100.0), seq=len(first), timestamp=2 * RATE, start=begin)
    heard = listen(Playout(), first + second, 4.0 + pause)
    assert level(heard.between(begin + 0.4, begin + 1.9), 1100) > -20
    assert heard.active[-50:].count(False) <= 5


def test_a_path_that_gets_longer_for_good_is_followed() -> None:
    playout = Playout()
    stream = delayed(packets(voice(8.0)), lambda index: 0.001 if index < 150 else 0.301)
    heard = listen(playout, stream, 8.3)
    assert playout.stats.late <= 12
    assert all(heard.active[-300:-5])
    assert heard.delays[-1] <= QUIET_MS


@pytest.mark.parametrize(("seq", "timestamp"), [(40000, 5), (51, 2**31), (10, 960 * 500)])
def test_a_sender_that_starts_anew_is_heard_at_once(seq: int, timestamp: int) -> None:
    first = packets(tone(1.0, 700.0))
    second = packets(tone(2.0, 1100.0), seq=seq, timestamp=timestamp, start=101.5)
    heard = listen(Playout(), first + second, 3.5)
    assert level(heard.between(101.7, 103.3), 1100) > -20
    assert level(heard.between(101.7, 103.3), 700) < -70


def test_a_new_source_replaces_the_old_one_and_its_stragglers() -> None:
    playout = Playout()
    old = packets(tone(3.0, 700.0), ssrc=1)
    new = packets(tone(1.5, 1100.0), ssrc=2, start=101.5, seq=9000)
    heard = listen(playout, sorted(old + new, key=lambda packet: packet.arrival), 3.0)
    assert level(heard.between(101.7, 102.9), 1100) > -20
    assert level(heard.between(101.7, 102.9), 700) < -70


def test_a_source_may_come_back_later() -> None:
    stream = packets(tone(1.0, 700.0), ssrc=1)
    stream += packets(tone(3.0, 1100.0), ssrc=2, start=101.0)
    stream += packets(tone(1.0, 700.0), ssrc=1, start=104.0, seq=500)
    heard = listen(Playout(), stream, 5.0)
    assert level(heard.between(104.1, 104.9), 700) > -20


# --- forgetting ------------------------------------------------------------------------------------------------


def played(playout: Playout, seconds: float = 1.0) -> list[Packet]:
    """Plays a loud tone with some packets waiting; returns packets that have not been put yet."""
    stream = packets(tone(seconds + 0.3, amplitude=0.7))
    queue = list(stream)
    for now in ticks(100.0, seconds):
        while queue[0].arrival <= now + 0.1:
            playout.put(queue.pop(0))
        playout.pull(now)
    return queue


def test_flush_leaves_not_one_sample() -> None:
    playout = Playout()
    played(playout)
    assert playout.pull(101.0).any()
    playout.flush()
    assert not playout.active
    assert not any(playout.pull(now).any() for now in ticks(101.01, 1.0))


def test_flush_while_concealing_leaves_not_one_sample() -> None:
    playout = Playout()
    listen(playout, packets(tone(1.0, amplitude=0.7)), 1.04)
    playout.flush()
    assert not any(playout.pull(now).any() for now in ticks(101.05, 1.0))


def test_stragglers_from_before_a_flush_are_not_played() -> None:
    playout = Playout()
    stream = packets(tone(1.0, amplitude=0.7))
    for packet in stream[:20] + stream[22:30]:
        playout.put(packet)
    playout.flush()
    for packet in stream[20:22]:
        playout.put(packet)
    assert not any(playout.pull(now).any() for now in ticks(100.4, 2.0))
    assert playout.stats.late == 2


def test_after_a_flush_sound_is_that_of_a_buffer_that_never_knew_the_old() -> None:
    used = Playout()
    rest = played(used)
    used.flush()
    new = packets(voice(1.0), seq=rest[0].seq, timestamp=rest[0].timestamp, start=101.08)
    fresh = Playout()
    assert np.array_equal(beginning(used, new), beginning(fresh, new))


def beginning(playout: Playout, stream: list[Packet]) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    """What is heard of the stream, from its first sample on, before any delay is cut."""
    sound = listen(playout, stream, 1.0, start=101.08).sound
    return sound[int(np.flatnonzero(sound)[0]) :][: RATE // 3]


def test_a_flushed_buffer_plays_what_comes_next() -> None:
    playout = Playout()
    rest = played(playout)
    playout.flush()
    heard = listen(playout, rest, 0.3, start=101.0)
    assert any(heard.active)
