"""The mixes: who is in them, how loud, and what can never be."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coachdesk.hearing import level
from coachdesk.media.mixer import (
    DUCK_HOLD_BLOCKS,
    Block,
    Headset,
    Meter,
    Private,
    Public,
    Side,
    dbfs,
    limit,
    uplink,
)
from coachdesk.media.pcm import BLOCK_SAMPLES, RATE, SILENCE, Samples
from tests.media.paths import tone

ROOT = Path(__file__).parents[2]


def blocks(sound: Samples) -> list[Block]:
    return list(sound[: len(sound) // BLOCK_SAMPLES * BLOCK_SAMPLES].reshape(-1, BLOCK_SAMPLES))


def mixed(headset: Headset, public: dict[str, Samples], private: dict[str, Samples]) -> Samples:
    count = min(len(blocks(sound)) for sound in (public | private).values())
    return np.concatenate(
        [
            headset.mix(
                {name: Public(blocks(sound)[at]) for name, sound in public.items()},
                {name: Private(blocks(sound)[at]) for name, sound in private.items()},
            )
            for at in range(count)
        ]
    )


def biggest_step(sound: Samples) -> float:
    return float(np.max(np.abs(np.diff(sound))))


# --- the uplink ---


def test_uplink_is_the_sum_of_what_is_public() -> None:
    a, b = tone(0.01, 400.0), tone(0.01, 900.0)
    assert np.allclose(uplink([Public(a), Public(b)]), a + b)
    assert np.array_equal(uplink([]), SILENCE)


@pytest.mark.parametrize("intruder", [Private(SILENCE), SILENCE, None])
def test_uplink_refuses_everything_else(intruder: object) -> None:
    with pytest.raises(TypeError, match="only Public"):
        uplink([Public(SILENCE), intruder])  # type: ignore[list-item]


def test_uplink_refuses_a_subclass_made_of_both() -> None:
    class Both(Public):
        pass

    with pytest.raises(TypeError, match="not Both"):
        uplink([Both(SILENCE)])


@pytest.mark.timeout(300)
def test_the_type_checker_refuses_a_whisper_in_the_uplink(tmp_path: Path) -> None:
    program = tmp_path / "leak.py"
    program.write_text(
        "from coachdesk.media.mixer import Private, Public, uplink\n"
        "from coachdesk.media.pcm import SILENCE\n"
        "uplink([Public(SILENCE)])\n"
        "uplink([Private(SILENCE)])\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", str(program)],
        cwd=ROOT, capture_output=True, text=True, timeout=290,
    )  # fmt: skip
    assert "leak.py:4" in done.stdout
    assert '"Private"; expected "Public"' in done.stdout
    assert "leak.py:3" not in done.stdout


def test_mixing_leaves_the_sources_as_they_were() -> None:
    block = tone(0.01)
    before = block.copy()
    uplink([Public(block), Public(block)])
    Headset().mix({"a": Public(block)}, {"b": Private(block)})
    assert np.array_equal(block, before)


# --- volume ---


def test_a_source_plays_as_loud_as_set() -> None:
    headset = Headset()
    headset.set_gain("agent", -12.0)
    heard = mixed(headset, {"agent": tone(0.5, 500.0), "customer": tone(0.5, 900.0)}, {})[2400:]
    assert level(heard, 500) == pytest.approx(dbfs(tone(1.0)) - 12, abs=0.2)
    assert level(heard, 900) == pytest.approx(dbfs(tone(1.0)), abs=0.2)


def test_a_change_of_volume_does_not_click() -> None:
    headset, sound = Headset(), tone(0.3)
    before = mixed(headset, {"agent": sound}, {})
    headset.set_gain("agent", -60.0)
    after = mixed(headset, {"agent": sound}, {})
    assert biggest_step(np.concatenate([before, after])) < 1.2 * biggest_step(sound)
    assert dbfs(after[3 * BLOCK_SAMPLES :]) < -70


def test_a_volume_changed_back_and_forth_ends_where_it_should() -> None:
    headset, block = Headset(), np.full(BLOCK_SAMPLES, 0.1, np.float32)
    for db in (-20.0, 6.0, -3.0, 0.0, -6.0):
        headset.set_gain("agent", db)
        headset.mix({"agent": Public(block)}, {})
    for _ in range(4):
        last = headset.mix({"agent": Public(block)}, {})
    assert last[-1] == pytest.approx(0.1 * 10 ** (-6 / 20), rel=1e-4)


# --- ducking ---


def test_the_customer_is_ducked_while_a_whisper_lasts() -> None:
    headset = Headset(duck_db=-20.0)
    loud = dbfs(tone(1.0))
    sounds = {"customer": tone(0.5, 500.0), "agent": tone(0.5, 900.0)}
    whisper = mixed(headset, sounds, {"coach": tone(0.5, 1500.0)})[2400:]
    assert level(whisper, 500) == pytest.approx(loud - 20, abs=0.3)
    assert level(whisper, 900) == pytest.approx(loud, abs=0.3)
    assert level(whisper, 1500) == pytest.approx(loud, abs=0.3)


def test_ducking_outlasts_pauses_between_words_and_then_ends() -> None:
    headset, customer = Headset(duck_db=-20.0), Public(np.full(BLOCK_SAMPLES, 0.1, np.float32))
    headset.mix({"customer": customer}, {"coach": Private(tone(0.01))})
    held = [
        headset.mix({"customer": customer}, {"coach": Private(SILENCE)}) for _ in range(DUCK_HOLD_BLOCKS + 5)
    ]
    assert held[20][-1] == pytest.approx(0.01, rel=1e-3)
    assert held[-1][-1] == pytest.approx(0.1, rel=1e-3)


def test_silent_whispers_duck_nobody() -> None:
    headset, customer = Headset(duck_db=-20.0), tone(0.3)
    assert np.allclose(mixed(headset, {"customer": customer}, {"coach": customer * 0}), customer)


def test_ducking_does_not_click() -> None:
    headset, customer = Headset(duck_db=-30.0), tone(0.6, 300.0)
    whisper = np.concatenate([tone(0.3, 1500.0) * 0, np.full(14400, 0.01, np.float32)])
    heard = mixed(headset, {"customer": customer}, {"coach": whisper}) - whisper
    assert biggest_step(heard) < 1.2 * biggest_step(customer)


# --- limiting and metering ---


@given(st.lists(st.floats(-50, 50, width=32), min_size=1, max_size=50))
def test_the_limiter_never_exceeds_full_scale_and_keeps_order(values: list[float]) -> None:
    sound = np.sort(np.array(values, np.float32))
    bent = limit(sound)
    assert np.all(np.abs(bent) <= 1.0)
    assert np.all(np.diff(bent) >= 0)
    assert np.allclose(bent[np.abs(sound) <= 0.8], sound[np.abs(sound) <= 0.8])


def test_dbfs_of_known_sounds() -> None:
    assert dbfs(SILENCE) == -120.0
    assert dbfs(np.ones(480, np.float32)) == pytest.approx(0.0)
    assert dbfs(tone(1.0, amplitude=1.0)) == pytest.approx(-3.01, abs=0.01)


def test_a_meter_shows_the_last_100_ms() -> None:
    meter, block = Meter(), np.full(BLOCK_SAMPLES, 0.1, np.float32)
    for _ in range(10):
        meter.push(block)
    assert meter.dbfs == pytest.approx(-20.0, abs=0.01)
    for _ in range(5):
        meter.push(SILENCE)
    assert meter.dbfs == pytest.approx(-23.01, abs=0.01)
    for _ in range(5):
        meter.push(SILENCE)
    assert meter.dbfs == -120.0


def test_a_headset_meters_what_comes_in_and_forgets_who_left() -> None:
    headset = Headset()
    headset.set_gain("agent", -40.0)
    sounds = {"agent": tone(0.2, 500.0), "customer": tone(0.2) * 0}
    mixed(headset, sounds, {"coach": tone(0.2, 700.0)})
    assert headset.levels() == pytest.approx(
        {"agent": dbfs(tone(1.0)), "customer": -120.0, "coach": dbfs(tone(1.0))}, abs=0.1
    )
    headset.mix({}, {})
    assert headset.levels() == {}


def test_one_coach_may_be_public_and_private_at_once() -> None:
    headset, voice_block, whisper_block = Headset(), tone(0.3, 500.0), tone(0.3, 900.0)
    heard = mixed(headset, {"coach": voice_block}, {"coach": whisper_block})
    assert np.allclose(heard, voice_block + whisper_block, atol=1e-6)


def test_the_coaches_volume_is_that_of_every_coach_without_one_of_their_own() -> None:
    headset = Headset()
    loud = Public(np.full(480, 0.1, np.float32))
    headset.set_gain("coaches", -60.0)
    headset.set_gain("ben", 0.0)
    for _ in range(5):
        only_mia = headset.mix({"mia": loud}, {})
        only_ben = headset.mix({"ben": loud}, {})
        customer = headset.mix({"customer": loud}, {})
    assert dbfs(only_mia) < -70
    assert dbfs(only_ben) > -21
    assert dbfs(customer) > -21


# --- two ears ---


@pytest.mark.parametrize(("side", "left", "right"), [("left", 900.0, 400.0), ("right", 400.0, 900.0)])
def test_the_whisper_has_one_ear_and_the_customer_the_other(side: Side, left: float, right: float) -> None:
    headset = Headset(duck_db=0.0)
    headset.whisper_side = side
    both = 2500.0
    heard = mixed(
        headset,
        {"customer": tone(1.0, 400.0), "ben": tone(1.0, both)},
        {"mia": tone(1.0, 900.0)},
    )
    assert heard.shape == (RATE, 2)
    for ear, own, other in ((heard[:, 0], left, right), (heard[:, 1], right, left)):
        assert level(ear, own) == pytest.approx(level(tone(1.0, own), own), abs=0.1)
        assert level(ear, both) == pytest.approx(level(tone(1.0, both), both), abs=0.1)
        assert level(ear, other) < -60


def test_ducking_is_the_same_in_two_ears() -> None:
    headset = Headset(duck_db=-20.0)
    headset.whisper_side = "left"
    heard = mixed(headset, {"customer": tone(1.0, 400.0)}, {"mia": tone(1.0, 900.0)})
    assert level(heard[RATE // 2 :, 1], 400.0) == pytest.approx(level(tone(1.0, 400.0), 400.0) - 20, abs=0.2)


def test_in_the_center_the_mix_is_mono() -> None:
    assert Headset().mix({"customer": Public(SILENCE)}, {}).shape == (BLOCK_SAMPLES,)
