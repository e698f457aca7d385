"""The leak guard: whispers that come back are found, level and all; two people who talk at once are none."""

from __future__ import annotations

import json

import numpy as np
import pytest

from coachdesk.media.pcm import BLOCK_SECONDS, RATE, SILENCE, Samples
from coachdesk.media.whisper.leakguard import AUDIBLE_DBFS, CLOSE_DB, LeakGuard
from coachdesk.media.whisper.leakmeter import LONGEST_LAG, SURE, Leak, LeakMeter
from signaling.policy import Mode
from tests.fakes.hubcall import HubCall
from tests.fakes.views import CUSTOMER, MIA, call_view, party
from tests.media.spoken import at_level, blocks, echo, noise, sentence

ROOM_DBFS = -65.0


def whisper(dbfs: float = -22.0) -> Samples:
    return np.concatenate([sentence(0, dbfs), sentence(2, dbfs)])


def agent() -> Samples:
    return np.concatenate([sentence(3), sentence(1)])


def mic_with(leak: Samples, *others: Samples) -> Samples:
    return np.sum([leak, noise(len(leak), ROOM_DBFS), *others], axis=0)


def closes_after(guard: LeakGuard, private: Samples, mic: Samples) -> float | None:
    """Seconds until the guard closes; None if it never does."""
    for index, (played, heard) in enumerate(zip(blocks(private), blocks(mic), strict=True)):
        if guard.observe(played, heard):
            return (index + 1) * BLOCK_SECONDS
    return None


@pytest.mark.parametrize("db", [-6, -20, -30, -40])
def test_a_leak_closes_the_whisper_within_a_second(db: float) -> None:
    guard, said = LeakGuard(), whisper()
    after = closes_after(guard, said, mic_with(echo(said, db)))
    assert after is not None
    assert after < 1.0
    assert guard.closed
    assert guard.leak.db >= CLOSE_DB
    assert guard.leak.lag == pytest.approx(0.06, abs=0.005)


@pytest.mark.parametrize(("db", "seconds"), [(-10, 1.0), (-20, 1.0), (-30, 2.0)])
def test_a_leak_is_found_while_the_agent_talks_over_it(db: float, seconds: float) -> None:
    said = whisper()
    after = closes_after(LeakGuard(), said, mic_with(echo(said, db), agent()))
    assert after is not None
    assert after < seconds


@pytest.mark.parametrize("db", [-20, -30, -40])
def test_its_level_is_measured_within_seconds(db: float) -> None:
    meter, said = LeakMeter(), whisper()
    for played, heard in zip(blocks(said), blocks(mic_with(echo(said, db))), strict=True):
        meter.push(played, heard)
    assert meter.leak.db == pytest.approx(db, abs=3)
    assert meter.leak.dbfs == pytest.approx(db - 22, abs=4)


def test_two_who_talk_at_once_are_no_leak() -> None:
    """Every pair of sentences, also by one voice, in each other's way by every so often."""
    meter, worst = LeakMeter(), 0.0
    for shift in range(4):
        private = np.concatenate([sentence(number, -20) for number in range(4)])
        said = np.roll(
            np.concatenate([sentence((number + 1 + shift % 3) % 4) for number in range(4)]), shift * 7000
        )
        for played, heard in zip(blocks(private), blocks(mic_with(said)), strict=True):
            meter.push(played, heard)
            worst = max(worst, meter.leak.sigmas)
    assert worst < SURE


def test_two_clicks_that_coincide_are_no_leak() -> None:
    guard, private, mic = LeakGuard(), noise(3 * RATE, -90), noise(3 * RATE, -90, seed=2)
    private[RATE], mic[RATE + 2000] = 0.9, 0.9
    assert closes_after(guard, private, mic) is None


def test_the_customers_echo_is_no_leak() -> None:
    """What the agent hears of the customer comes back, and the whisper does not."""
    assert closes_after(LeakGuard(), whisper(), mic_with(echo(agent(), -10))) is None


def test_what_is_softer_than_the_threshold_is_shown_and_closes_nothing() -> None:
    guard, said = LeakGuard(), whisper()
    assert closes_after(guard, said, mic_with(echo(said, CLOSE_DB - 6))) is None
    assert guard.leak.db == pytest.approx(CLOSE_DB - 6, abs=4)


def test_three_seconds_after_the_last_whisper_nothing_is_shown_any_more() -> None:
    guard, soft = LeakGuard(), np.full(len(SILENCE), 1e-6, np.float32)
    assert not guard.observe(soft, SILENCE), "too soft to be measured"
    guard.leak = shown = Leak(db=-50.0, dbfs=-70.0, sigmas=9.0)
    for _ in range(round(3 / BLOCK_SECONDS) - 1):
        assert not guard.observe(SILENCE, SILENCE)
    assert guard.leak == shown, "a pause between phrases"
    assert not guard.observe(SILENCE, SILENCE)
    assert guard.leak == Leak()


def test_why_it_is_closed_stays_to_be_seen() -> None:
    guard, said = LeakGuard(), whisper()
    assert closes_after(guard, said, mic_with(echo(said, -20))) is not None
    for _ in range(500):
        guard.observe(SILENCE, SILENCE)
    assert guard.closed
    assert guard.leak.db > CLOSE_DB


def test_what_nobody_could_hear_closes_nothing() -> None:
    said = whisper(-45)
    leak = echo(said, -35)
    assert 10 * np.log10(np.mean(leak**2)) < AUDIBLE_DBFS
    assert closes_after(LeakGuard(), said, leak + noise(len(leak), -90)) is None


def test_a_leak_of_a_late_device_is_found() -> None:
    said = whisper()
    assert closes_after(LeakGuard(), said, mic_with(echo(said, -25, delay=LONGEST_LAG - 0.02))) is not None


def test_a_leak_after_minutes_without_whisper_is_found_as_fast() -> None:
    guard, said = LeakGuard(), sentence(0)
    private = np.concatenate([sentence(2), np.zeros(20 * RATE, np.float32), said])
    leaking = np.concatenate([np.zeros(len(private) - len(said)), echo(said, -30)])
    after = closes_after(guard, private, mic_with(np.asarray(leaking, np.float32)))
    assert after is not None
    assert 25.5 < after < 26.7


def test_closed_it_stays_closed_until_the_agent_says_otherwise() -> None:
    guard, said = LeakGuard(), whisper()
    assert closes_after(guard, said, mic_with(echo(said, -20))) is not None
    for _ in range(1000):
        assert not guard.observe(SILENCE, SILENCE)
    assert guard.closed
    guard.reopen()
    assert not guard.closed
    assert closes_after(guard, said, mic_with(np.zeros_like(said))) is None
    assert closes_after(guard, said, mic_with(echo(said, -20))) is not None


def test_digital_silence_and_full_scale_are_borne() -> None:
    loud = at_level(noise(RATE, 0), 10)
    guard = LeakGuard()
    assert closes_after(guard, loud, np.zeros(RATE, np.float32)) is None
    assert closes_after(guard, np.zeros(RATE, np.float32), loud) is None
    assert np.isfinite(guard.leak.db)


class SoundEar:
    """In place of ``Ear``: plays a sound whatever comes in."""

    def __init__(self, sound: Samples) -> None:
        self._blocks = blocks(sound)
        self.flushed = 0

    def put(self, packet: object) -> None: ...

    def pull(self, now: float) -> Samples:
        return self._blocks.pop(0) if self._blocks else SILENCE

    def flush(self) -> None:
        self.flushed += 1


def test_the_hub_plays_no_whisper_that_leaks_and_tells_every_coach(monkeypatch: pytest.MonkeyPatch) -> None:
    call, guard, said = HubCall(monkeypatch), LeakGuard(), whisper()
    monkeypatch.setattr(call.hub._whispers, "_guard", guard)
    call.apply(call_view(party(MIA, Mode.WHISPER)))
    call.connect(CUSTOMER, MIA)
    call.hub.ears[f"{MIA}/whisper"] = SoundEar(said)  # type: ignore[assignment]
    for index, block in enumerate(blocks(mic_with(echo(said, -20)))):
        heard = call.hub.tick(block, index * BLOCK_SECONDS)
        assert guard.closed or np.any(heard) or not np.any(blocks(said)[index])
        assert not (guard.closed and np.any(heard))
    coach = call.leg(MIA)
    assert coach is not None
    assert coach.peer is not None
    assert json.loads(coach.peer.control.sent[-1])["whisper_closed"]
    guard.reopen()
    call.hub.whisper_reopened()
    assert "whisper_closed" not in json.loads(coach.peer.control.sent[-1]), "what is as usual is left out"
