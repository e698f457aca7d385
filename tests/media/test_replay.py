"""The last whispers once more: as they were, not too many, without long pauses."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from coachdesk.media.mixer import Private
from coachdesk.media.pcm import BLOCK_SAMPLES, SILENCE
from coachdesk.media.whisper.replay import KEPT_BLOCKS, PAUSE_BLOCKS, Replay

QUIET = Private(SILENCE)


def word(number: int) -> Private:
    return Private(np.full(BLOCK_SAMPLES, number / 4096, np.float32))


def number_of(block: Private | None) -> int:
    return round(float(block.block[0]) * 4096) if block is not None else -1


def heard_again(replay: Replay) -> list[int]:
    """Numbers of the words, 0 for a pause."""
    replay.start()
    blocks = []
    while (block := replay.next([])) is not None:
        blocks.append(number_of(block))
    return blocks


def test_nothing_said_is_nothing_to_hear() -> None:
    replay = Replay()
    assert not replay.start()
    replay.next([QUIET])
    assert not replay.start()


def test_it_is_heard_as_it_was_said_as_often_as_wished() -> None:
    replay = Replay()
    for number in range(100, 110):
        assert replay.next([word(number)]) is None
    assert heard_again(replay) == list(range(100, 110))
    assert heard_again(replay) == list(range(100, 110))


def test_two_who_whisper_at_once_are_heard_together() -> None:
    replay = Replay()
    replay.next([word(100), word(23)])
    assert heard_again(replay) == [123]


def test_what_is_older_than_ten_seconds_is_forgotten() -> None:
    replay = Replay()
    for number in range(100, 100 + KEPT_BLOCKS + 7):
        replay.next([word(number)])
    assert heard_again(replay) == list(range(107, 107 + KEPT_BLOCKS))


def test_a_long_pause_is_kept_as_a_short_one() -> None:
    replay = Replay()
    for sound in [word(100), *[QUIET] * 3000, word(101)]:
        replay.next([sound])
    heard = heard_again(replay)
    assert heard == [100, *[0] * PAUSE_BLOCKS, 101]


def test_a_new_whisper_takes_over() -> None:
    replay = Replay()
    for number in (100, 101, 102):
        replay.next([word(number)])
    replay.start()
    assert number_of(replay.next([QUIET])) == 100
    assert replay.next([word(103)]) is None
    assert not replay.playing
    assert heard_again(replay) == [100, 101, 102, 0, 103]


def test_it_is_emptied() -> None:
    replay = Replay()
    replay.next([word(100)])
    replay.start()
    replay.clear()
    assert replay.next([]) is None
    assert not replay.start()


@given(st.lists(st.sampled_from(["say", "pause", "nothing", "again"]), max_size=200))
def test_whatever_happens_it_plays_in_order_what_was_said(steps: list[str]) -> None:
    replay = Replay()
    said: list[int] = []
    playing: list[int] = []
    for step in steps:
        if step == "again":
            assert replay.start() is bool(said)
            playing = list(said)
        elif step == "say":
            said.append(100 + len(said))
            playing = []
            assert replay.next([word(said[-1])]) is None
        else:
            heard = replay.next([QUIET] if step == "pause" else [])
            if heard is not None and number_of(heard):
                assert number_of(heard) == playing.pop(0)
