"""Catching up: the past faster at the same pitch, then the live sound, with nothing missing in between."""

from __future__ import annotations

import numpy as np
import pytest

from coachdesk.hearing import level
from coachdesk.media.catchup import PATIENCE_BLOCKS, SPEED, CatchUp
from coachdesk.media.history import History, Past
from coachdesk.media.opus import Encoder
from coachdesk.media.pcm import BLOCK_SAMPLES, RATE, SILENCE, Block, Samples
from tests.media.paths import tone


def past_of(customer: Samples, agent: Samples) -> list[Past]:
    history = History()
    encoders = Encoder(), Encoder()
    for at in range(0, len(customer) - 959, 960):
        for source, encoder, sound in zip(("customer", "agent"), encoders, (customer, agent), strict=True):
            history.add(source, 1, at, encoder.encode(sound[at : at + 960]), 100.0 + at / RATE)
    return list(history.chunks(100.0 + len(customer) / RATE))


def whole(played: list[Block]) -> Samples:
    return np.concatenate(played)


def ticks_of(sound: Samples) -> list[Block]:
    return list(sound[: len(sound) // BLOCK_SAMPLES * BLOCK_SAMPLES].reshape(-1, BLOCK_SAMPLES))


@pytest.fixture
def told() -> list[bool]:
    return []


@pytest.fixture
def catch_up(told: list[bool]) -> CatchUp:
    catch_up = CatchUp(lambda source: 1.0)
    catch_up.on_running = told.append
    return catch_up


def test_without_a_past_what_is_live_goes_through(catch_up: CatchUp) -> None:
    block = tone(0.01, 440.0)
    assert catch_up.push(block) is block


def test_the_past_is_heard_faster_at_its_pitch_and_glides_into_live(
    catch_up: CatchUp, told: list[bool]
) -> None:
    for chunk in past_of(tone(6.0, 400.0), tone(6.0, 900.0)):
        catch_up.put(chunk)
    played = []
    live = ticks_of(tone(30.0, 1600.0))
    for block in live:
        played.append(catch_up.push(block))
        if not catch_up.running:
            break
    assert told == [True, False]
    assert len(played) / 100 == pytest.approx(6.0 / (SPEED - 1), rel=0.1), "all of it, live included, at 1.3"
    heard = whole(played)
    begin, end = heard[RATE : 4 * RATE], heard[-4 * RATE :]
    for hertz in (400.0, 900.0):
        assert level(begin, hertz) == pytest.approx(level(tone(3.0, hertz), hertz), abs=2)
        assert level(end, hertz) < -50
    assert level(begin, 1600.0) < -50
    assert level(end, 1600.0) == pytest.approx(level(tone(4.0, 1600.0), 1600.0), abs=2)
    steps = np.abs(np.diff(heard[5 * RATE :]))
    assert steps.max() < 1.5 * np.abs(np.diff(tone(1.0, 1600.0))).max(), "no click on the way into live"


def test_it_plays_while_the_rest_of_the_past_is_on_its_way(catch_up: CatchUp) -> None:
    chunks = past_of(tone(4.0, 400.0), np.zeros(4 * RATE, np.float32))
    played = []
    for number in range(300):
        if number % 20 == 0 and chunks:
            catch_up.put(chunks.pop(0))
        played.append(catch_up.push(SILENCE))
    assert level(whole(played)[:RATE], 400.0) > -20
    assert level(whole(played)[2 * RATE :], 400.0) > -20


def test_a_source_plays_as_loud_as_set() -> None:
    catch_up = CatchUp({"customer": 0.1, "agent": 1.0}.__getitem__)
    for chunk in past_of(tone(3.0, 400.0), tone(3.0, 900.0)):
        catch_up.put(chunk)
    heard = whole([catch_up.push(SILENCE) for _ in range(200)])
    assert level(heard, 400.0) == pytest.approx(level(heard, 900.0) - 20, abs=1)


def test_when_the_rest_does_not_come_it_does_without(catch_up: CatchUp) -> None:
    catch_up.put(past_of(tone(3.0, 400.0), tone(3.0, 900.0))[0])
    blocks = ticks_of(tone(20.0, 1600.0))
    for block in blocks[: PATIENCE_BLOCKS + 1]:
        catch_up.push(block)
    rest = whole([catch_up.push(block) for block in blocks[PATIENCE_BLOCKS + 1 :]])
    assert level(rest[:RATE], 1600.0) > -20, "what was live meanwhile is heard"
    assert not catch_up.running


def test_it_can_be_ended_at_once(catch_up: CatchUp, told: list[bool]) -> None:
    chunks = past_of(tone(3.0, 400.0), tone(3.0, 900.0))
    catch_up.put(chunks[0])
    catch_up.push(SILENCE)
    catch_up.stop()
    catch_up.put(chunks[1])
    block = tone(0.01, 440.0)
    assert catch_up.push(block) is block
    assert told == [True, False]


def test_what_is_unreadable_is_left_out(catch_up: CatchUp) -> None:
    good = past_of(tone(2.0, 400.0), tone(2.0, 900.0))
    broken = [sound._replace(payload=b"\xff\xff\xff") for sound in good[0].sounds]
    misplaced = [sound._replace(at=10**12) for sound in good[1].sounds]
    for chunk in (Past(broken, last=False), Past(misplaced, last=False), Past(good[0].sounds, last=True)):
        catch_up.put(chunk)
    heard = whole([catch_up.push(SILENCE) for _ in range(500)])
    assert np.isfinite(heard).all()


def test_a_past_without_end_is_bounded(catch_up: CatchUp) -> None:
    for _ in range(1000):
        catch_up.put(Past([], last=False))
    for _ in range(3000):
        catch_up.push(SILENCE)
    assert not catch_up.running


def test_a_second_that_got_lost_leaves_the_next_in_place(catch_up: CatchUp) -> None:
    chunks = past_of(tone(4.0, 400.0), tone(4.0, 900.0))
    for chunk in (chunks[0], *chunks[2:]):
        catch_up.put(chunk)
    heard = whole([catch_up.push(SILENCE) for _ in range(230)])
    assert level(heard[RATE:], 400.0) == pytest.approx(level(tone(1.0, 400.0), 400.0), abs=2)
