"""When a stream is opened anew, in simulated time."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from coachdesk.media.pcm import BLOCK_SAMPLES
from coachdesk.media.soundcards.streamhealth import (
    CALM_SECONDS,
    CREPT_SECONDS,
    MAX_CALM_SECONDS,
    PATIENCE_TICKS,
    PAUSE_TICKS,
    REOPEN_PAUSE,
    SAFE_AFTER,
    SAFE_BLOCK_FRAMES,
    UNDERRUN_WINDOW,
    BlockChoice,
    Creep,
    Pause,
    StreamHealth,
)

LOUD, SOFT = 0.3, 0.0


def burst(choice: BlockChoice, now: float) -> None:
    for number in range(SAFE_AFTER):
        choice.underran(now + number)


def test_a_few_underruns_close_together_call_for_long_blocks() -> None:
    choice = BlockChoice()
    burst(choice, 100.0)
    assert choice.safe


def test_underruns_now_and_then_do_not() -> None:
    choice = BlockChoice()
    for number in range(50):
        choice.underran(number * UNDERRUN_WINDOW)
    assert not choice.safe


def test_blocks_are_short_again_after_a_calm_minute() -> None:
    choice = BlockChoice()
    burst(choice, 0.0)
    choice.underran(50.0)
    choice.tick(50.0 + CALM_SECONDS - 1)
    assert choice.safe
    choice.tick(50.0 + CALM_SECONDS)
    assert not choice.safe


def test_an_unfit_machine_changes_ever_less_often() -> None:
    """One that underruns as soon as blocks are short, for a day."""
    choice, now, changes = BlockChoice(), 0.0, []
    while now < 86_400:
        if not choice.safe:
            burst(choice, now)
            changes.append(now)
        now += 5.0
        choice.tick(now)
    pauses = np.diff(changes)
    assert pauses[0] <= 2 * CALM_SECONDS
    assert all(later >= earlier for earlier, later in itertools.pairwise(pauses))
    assert pauses[-1] == pytest.approx(MAX_CALM_SECONDS, abs=10)
    assert len(changes) < 35


def seconds_of(creep: Creep, delay: float, seconds: int, now: float) -> float:
    for _ in range(seconds * 100):
        now += 0.01
        creep.reading(delay, now)
    return now


def test_a_delay_that_grew_and_stays_is_noticed() -> None:
    creep = Creep()
    now = seconds_of(creep, 0.030, 60, 0.0)
    assert not creep.crept
    now = seconds_of(creep, 0.049, 2, now)
    assert not creep.crept
    seconds_of(creep, 0.049, 3, now)
    assert creep.crept


def test_a_delay_that_sways_or_passes_is_let_be() -> None:
    creep, now = Creep(), 0.0
    for second in range(600):
        now = seconds_of(creep, 0.030 + (CREPT_SECONDS * 0.9 if second % 3 else 0), 1, now)
        assert not creep.crept
        now = seconds_of(creep, 0.060 if second % 50 == 0 else 0.030, 1, now)
        assert not creep.crept


def test_what_opening_anew_does_not_cure_is_accepted() -> None:
    creep = Creep()
    now = seconds_of(creep, 0.030, 60, 0.0)
    now = seconds_of(creep, 0.049, 5, now)
    assert creep.crept
    creep.reopened(now)
    seconds_of(creep, 0.049, 600, now)
    assert not creep.crept


def test_a_delay_that_creeps_again_and_again_is_cured_once_a_minute() -> None:
    creep, now, cures = Creep(), 0.0, []
    while now < 600:
        now = seconds_of(creep, 0.030, 2, now)
        now = seconds_of(creep, 0.049, 4, now)
        if creep.crept:
            cures.append(now)
            creep.reopened(now)
    assert 2 <= len(cures) <= 600 / REOPEN_PAUSE + 1


def test_a_pause_in_speech_is_the_moment() -> None:
    pause = Pause()
    assert not any(pause.tick(LOUD if tick % 20 else SOFT, True) for tick in range(500))
    ticks = [pause.tick(SOFT, True) for _ in range(PAUSE_TICKS)]
    assert ticks.index(True) == PAUSE_TICKS - 1
    assert not pause.tick(SOFT, False)


def test_without_a_pause_it_is_after_half_a_minute() -> None:
    pause = Pause()
    ticks = [pause.tick(LOUD, True) for _ in range(PATIENCE_TICKS)]
    assert ticks.index(True) == PATIENCE_TICKS - 1


def test_a_stream_is_opened_with_long_blocks_in_a_pause_and_left_alone_then() -> None:
    health, now, opened = StreamHealth(), 0.0, []
    block_frames, xruns = BLOCK_SAMPLES, 0
    health.opened(now)
    for tick in range(6000):
        now += 0.01
        xruns += tick in (100, 200, 300)
        peak = SOFT if tick > 1000 else LOUD
        if health.tick(now, xruns=xruns, delay=0.03, peak=peak, block_frames=block_frames):
            opened.append(tick)
            block_frames, xruns = health.block_frames, 0
            health.opened(now)
    assert opened == [1000 + PAUSE_TICKS]
    assert block_frames == SAFE_BLOCK_FRAMES


def test_a_crept_delay_is_lost_in_a_pause() -> None:
    health, now, delay, opened = StreamHealth(), 0.0, 0.030, []
    health.opened(now)
    for tick in range(20_000):
        now += 0.01
        delay = 0.049 if tick == 10_000 else delay
        if health.tick(now, xruns=0, delay=delay, peak=SOFT, block_frames=BLOCK_SAMPLES):
            opened.append(tick)
            delay = 0.030
            health.opened(now)
    assert len(opened) == 1
    assert 10_000 < opened[0] < 10_700
