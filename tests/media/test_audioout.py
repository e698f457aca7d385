"""One source of sound on its way out: whole, to those it was spoken to, next to nothing in silence."""

from __future__ import annotations

import numpy as np
import pytest

from coachdesk.media.audioout import APART_TICKS, HANGOVER_TICKS, REMINDER_TICKS, AudioOut
from coachdesk.media.connection.rate import Path
from coachdesk.media.packet import Packet
from coachdesk.media.pcm import BLOCK_SAMPLES, SILENCE, Block
from coachdesk.media.playout import Playout


class Listener:
    """A stream out, and the far end's playout buffer 20 ms away."""

    def __init__(self) -> None:
        self.path = Path()
        self.sent: list[tuple[int, int]] = []
        self.forgotten = 0
        self.playout = Playout()
        self.now = 0.0

    def send(self, payload: bytes, timestamp: int, *, marker: bool = False) -> None:
        self.sent.append((timestamp, len(payload)))
        self.playout.put(Packet(len(self.sent), timestamp, marker, payload, 5, self.now + 0.02))

    def forget(self) -> None:
        self.forgotten += 1


def tone(tick: int) -> Block:
    phase = (np.arange(BLOCK_SAMPLES) + tick * BLOCK_SAMPLES) * 2 * np.pi * 440 / 48000
    return (0.2 * np.sin(phase)).astype(np.float32)


def push(out: AudioOut, listener: Listener, blocks: list[Block]) -> list[float]:
    """Returns the levels heard, per tick."""
    heard = []
    for block in blocks:
        out.push(block, [listener], listener.now)
        listener.now += 0.01
        heard.append(float(np.abs(listener.playout.pull(listener.now + 0.021)).max()))
    return heard


@pytest.mark.parametrize("loss", [0.0, 0.02], ids=["frames of 10 ms", "frames of 20 ms"])
def test_in_silence_next_to_nothing_is_sent_and_nothing_of_the_sound_after_it_is_lost(loss: float) -> None:
    out, listener = AudioOut(), Listener()
    listener.path.loss = loss
    push(out, listener, [tone(tick) for tick in range(100)])
    spoken = len(listener.sent)
    push(out, listener, [SILENCE] * 400)
    paused = listener.sent[spoken:]
    assert len(paused) <= HANGOVER_TICKS + 2 + 400 / REMINDER_TICKS
    assert paused[-1][1] == 1
    heard = push(out, listener, [tone(tick) for tick in range(100)])
    assert min(heard[12:]) > 0.1
    assert listener.playout.stats.lost == 0
    assert listener.playout.stats.concealed == 0
    timestamps = [timestamp for timestamp, _ in listener.sent]
    assert timestamps == sorted(set(timestamps))
    assert timestamps[-1] // BLOCK_SAMPLES >= 598


def test_a_steady_tone_is_no_silence() -> None:
    out, listener = AudioOut(), Listener()
    push(out, listener, [tone(tick) for tick in range(600)])
    assert len(listener.sent) == 600


def test_a_short_pause_between_words_is_sent_whole() -> None:
    out, listener = AudioOut(), Listener()
    push(out, listener, [tone(1)] * 20 + [SILENCE] * HANGOVER_TICKS + [tone(2)] * 20)
    assert len(listener.sent) == 40 + HANGOVER_TICKS


def test_frames_grow_when_the_path_is_bad_and_shrink_again() -> None:
    out, listener = AudioOut(), Listener()
    push(out, listener, [tone(tick) for tick in range(100)])
    assert len(listener.sent) == 100
    listener.path.loss = 0.05
    push(out, listener, [tone(tick) for tick in range(60)])
    listener.sent.clear()
    push(out, listener, [tone(tick) for tick in range(100)])
    assert len(listener.sent) == 50
    listener.path.loss = 0.0
    push(out, listener, [tone(tick) for tick in range(160)])
    assert listener.sent[-1][0] - listener.sent[-2][0] == BLOCK_SAMPLES


def test_a_change_of_listeners_ends_the_frame_and_begins_anew_without_copies() -> None:
    out, one, two = AudioOut(), Listener(), Listener()
    one.path.loss = two.path.loss = 0.05
    out.push(tone(0), [one], 0.0)
    out.push(tone(1), [two], 0.01)
    out.push(tone(2), [two], 0.02)
    assert (len(one.sent), len(two.sent)) == (1, 1)
    assert (one.forgotten, two.forgotten) == (1, 1)
    out.push(SILENCE, [], 0.03)
    out.push(tone(4), [one], 0.04)
    assert one.forgotten == 2, "an earlier spurt is not copied into the next"


def test_what_a_stalled_machine_left_out_is_a_gap_in_time() -> None:
    out, listener = AudioOut(), Listener()
    listener.path.loss = 0.05
    for tick in (0, 1, 2, 50, 51):
        out.push(tone(tick), [listener], tick / 100)
    assert [timestamp // BLOCK_SAMPLES for timestamp, _ in listener.sent] == [0, 2, 50]


@pytest.mark.parametrize("loss", [0.0, 0.02], ids=["frames of 10 ms", "frames of 20 ms"])
def test_a_pause_is_shortened_by_a_block_and_nothing_that_is_said(loss: float) -> None:
    out, listener = AudioOut(), Listener()
    listener.path.loss = loss
    push(out, listener, [tone(tick) for tick in range(APART_TICKS)])
    out.shorten_pause()
    push(out, listener, [tone(tick) for tick in range(100)] + [SILENCE] * 200)
    before = len(listener.sent)
    heard = push(out, listener, [tone(tick) for tick in range(100)])
    first = listener.sent[before][0] // BLOCK_SAMPLES
    assert first == APART_TICKS + 300 - 1
    assert min(heard[12:]) > 0.1
    assert (listener.playout.stats.lost, listener.playout.stats.concealed) == (0, 0)
    timestamps = [timestamp for timestamp, _ in listener.sent]
    assert timestamps == sorted(set(timestamps))


def test_the_next_pause_is_left_whole_for_a_while() -> None:
    out, listener = AudioOut(), Listener()
    push(out, listener, [SILENCE] * APART_TICKS)
    for _ in range(APART_TICKS // 10):
        out.shorten_pause()
        push(out, listener, [SILENCE] * 10)
    push(out, listener, [tone(1)])
    assert listener.sent[-1][0] // BLOCK_SAMPLES == 2 * APART_TICKS - 1
    push(out, listener, [tone(1)] * 100)
    out.shorten_pause()
    push(out, listener, [SILENCE] * 100 + [tone(1)])
    assert listener.sent[-1][0] // BLOCK_SAMPLES == 2 * APART_TICKS + 201 - 2


def test_without_a_pause_nothing_is_left_out() -> None:
    out, listener = AudioOut(), Listener()
    push(out, listener, [tone(tick) for tick in range(APART_TICKS)])
    out.shorten_pause()
    push(out, listener, ([tone(1)] * 20 + [SILENCE] * HANGOVER_TICKS) * 10)
    assert listener.sent[-1][0] // BLOCK_SAMPLES == APART_TICKS + 10 * (20 + HANGOVER_TICKS) - 1
