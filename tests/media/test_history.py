"""What a hub keeps of a call: the last 20 s, in place, bounded."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coachdesk.media.history import CHUNK_SAMPLES, KEPT_SECONDS, MAX_BYTES, History, PastSound
from coachdesk.media.pcm import RATE

FRAME = 960


def talk(
    history: History,
    source: str,
    begin: float,
    seconds: float,
    *,
    ssrc: int = 1,
    timestamp: int = 7,
    jitter: float = 0.0,
) -> float:
    """Frames of 20 ms that arrive as they are spoken, every second one ``jitter`` late; returns when it ends."""
    for number in range(round(seconds * RATE / FRAME)):
        late = jitter * (number % 2)
        payload = f"{source}{number}".encode()
        stamp = (timestamp + number * FRAME) & 0xFFFFFFFF
        history.add(source, ssrc, stamp, payload, begin + number * FRAME / RATE + late)
    return begin + seconds


def told(history: History, now: float) -> list[PastSound]:
    chunks = list(history.chunks(now))
    assert [chunk.last for chunk in chunks] == [False] * (len(chunks) - 1) + [True] * bool(chunks)
    for number, chunk in enumerate(chunks):
        assert all(sound.at // CHUNK_SAMPLES == number for sound in chunk.sounds)
    return [sound for chunk in chunks for sound in chunk.sounds]


def test_nothing_heard_is_nothing_to_tell() -> None:
    assert list(History().chunks(100.0)) == []


def test_it_tells_what_was_heard_in_place() -> None:
    history = History()
    now = talk(history, "customer", 100.0, 3.0, jitter=0.03)
    now = talk(history, "agent", now, 2.0, ssrc=0, timestamp=2**32 - 10 * FRAME)
    sounds = told(history, now)
    assert [sound.payload for sound in sounds] == [
        *(f"customer{number}".encode() for number in range(150)),
        *(f"agent{number}".encode() for number in range(100)),
    ]
    assert [sound.at for sound in sounds] == [number * FRAME for number in range(250)]


def test_it_tells_the_last_twenty_seconds() -> None:
    history = History()
    now = talk(history, "customer", 100.0, 50.0)
    sounds = told(history, now)
    assert len(sounds) == pytest.approx(KEPT_SECONDS * 50, abs=2)
    assert sounds[-1].payload == b"customer2499"
    assert told(history, now + 15.0)[0].payload == b"customer2250"
    assert told(history, now + 30.0) == []


def test_a_sender_that_starts_anew_goes_on_in_place() -> None:
    history = History()
    now = talk(history, "customer", 100.0, 1.0)
    now = talk(history, "customer", now + 1.0, 1.0, ssrc=2, timestamp=123456)
    now = talk(history, "customer", now, 1.0, ssrc=2, timestamp=5)
    ats = [sound.at for sound in told(history, now)]
    assert ats[50] == pytest.approx(2 * RATE, abs=2)
    assert ats[100] == pytest.approx(3 * RATE, abs=2)


def test_what_came_late_or_twice_is_told_once_in_order() -> None:
    history = History()
    for number in (0, 2, 1, 2, 3):
        history.add("customer", 1, number * FRAME, b"%d" % number, 100.0 + number * 0.02)
    assert [sound.payload for sound in told(history, 101.0)] == [b"0", b"1", b"2", b"3"]


def test_what_was_heard_before_a_hold_is_forgotten() -> None:
    history = History()
    now = talk(history, "customer", 100.0, 1.0)
    history.clear()
    assert told(history, now) == []


@given(st.lists(st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 1), st.floats(0, 0.5)), max_size=60))
def test_any_packets_are_told_in_bounds(packets: list[tuple[int, int, float]]) -> None:
    history = History()
    now = 1000.0
    for timestamp, ssrc, pause in packets:
        now += pause
        history.add("customer", ssrc, timestamp, bytes(20_000), now)
    assert history._bytes <= MAX_BYTES
    chunks = list(history.chunks(now))
    assert len(chunks) <= KEPT_SECONDS + 2
    told(history, now)
