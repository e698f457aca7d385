"""Sound that is behind catches up: in order, pitch kept, pauses first."""

from __future__ import annotations

import numpy as np
import pytest

from coachdesk.hearing import level
from coachdesk.media.pcm import BLOCK_SAMPLES, RATE, SILENCE, Samples
from coachdesk.media.whisper.backlog import Backlog
from tests.media.paths import tone

SECOND = RATE


def out_of(backlog: Backlog, speed: float) -> Samples:
    blocks = []
    while (block := backlog.take(speed)) is not None:
        blocks.append(block)
    rest = backlog.rest()
    return np.concatenate([*blocks, rest if rest is not None else SILENCE])


def test_at_its_own_speed_it_comes_out_as_it_went_in() -> None:
    backlog = Backlog(SECOND)
    sound = tone(0.5, 440.0)
    for piece in np.array_split(sound, 13):
        backlog.put(piece)
    assert np.array_equal(out_of(backlog, 1.0)[: len(sound)], sound)
    assert backlog.waiting == 0
    assert backlog.take(1.0) is None


@pytest.mark.parametrize("speed", [1.25, 1.3, 1.6, 2.0])
@pytest.mark.parametrize("hertz", [110.0, 440.0, 1000.0])
def test_faster_it_takes_as_much_less_time_at_the_same_pitch(speed: float, hertz: float) -> None:
    backlog = Backlog(3 * SECOND)
    backlog.put(tone(3.0, hertz))
    played = out_of(backlog, speed)
    assert 3 * SECOND / len(played) == pytest.approx(speed, rel=0.05)
    assert level(played, hertz) == pytest.approx(level(tone(3.0, hertz), hertz), abs=1.5)
    assert np.max(np.abs(np.diff(played[: -2 * BLOCK_SAMPLES]))) < 1.3 * np.max(
        np.abs(np.diff(tone(1.0, hertz)))
    ), "no click"


def test_a_pause_is_cut_whatever_the_speed() -> None:
    backlog = Backlog(2 * SECOND)
    backlog.put(np.concatenate([np.zeros(SECOND, np.float32), tone(0.2, 440.0)]))
    played = out_of(backlog, 1.01)
    assert len(played) < 0.75 * SECOND
    assert level(played[-int(0.15 * SECOND) :], 440.0) > -20


def test_while_sound_goes_on_it_catches_up_and_stays_there() -> None:
    backlog = Backlog(SECOND)
    sound = tone(3.0, 300.0)
    backlog.put(sound[: int(0.3 * SECOND)])
    behind = []
    for at in range(int(0.3 * SECOND), len(sound) - BLOCK_SAMPLES, BLOCK_SAMPLES):
        backlog.put(sound[at : at + BLOCK_SAMPLES])
        assert backlog.take(1.3) is not None
        behind.append(backlog.waiting / RATE)
    assert behind[110] < 0.01, "300 ms are made up for in 1.1 s"
    assert max(behind[110:]) < 0.01


def test_the_oldest_gives_way() -> None:
    backlog = Backlog(1000)
    counted = np.arange(1, 2501, dtype=np.float32)
    for piece in np.array_split(counted, 7):
        backlog.put(piece)
    assert backlog.waiting == 1000
    assert np.array_equal(out_of(backlog, 1.0)[:1000], counted[-1000:])


def test_what_is_cleared_is_gone() -> None:
    backlog = Backlog(SECOND)
    backlog.put(tone(0.1, 440.0))
    assert backlog.take(1.0) is not None
    backlog.clear()
    assert backlog.take(1.0) is None
    assert backlog.rest() is None
    assert backlog.waiting == 0
