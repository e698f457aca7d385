"""A device's ring of sound, and how the absence of devices is told."""

from __future__ import annotations

import builtins
from typing import Any

import numpy as np
import pytest

from coachdesk.media.devices import DeviceError, list_mics, list_speakers, open_mic, open_speaker
from coachdesk.media.soundcards.soundring import CAPACITY, SoundRing

# --- the ring ------------------------------------------------------------------------------------------------


def frames(*values: float) -> bytes:
    return np.array(values, np.float32).tobytes()


def taken(ring: SoundRing, count: int) -> list[float] | None:
    out = bytearray(count * 4)
    return np.frombuffer(out, np.float32).tolist() if ring.take(out) else None


def test_a_ring_gives_sound_back_in_order_in_pieces_of_any_length() -> None:
    ring = SoundRing(1, keep=2, limit=9)
    ring.put(frames(1, 2, 3))
    ring.put(frames(4))
    assert [taken(ring, 1), taken(ring, 3), taken(ring, 1)] == [[1], [2, 3, 4], None]
    assert (ring.dropped, ring.underruns, ring.waiting) == (0, 1, 0)


def test_a_ring_that_has_too_little_gives_silence_and_keeps_it() -> None:
    ring = SoundRing(1, keep=2, limit=9)
    ring.put(frames(1))
    out = bytearray(b"x" * 8)
    assert not ring.take(out)
    assert bytes(out) == bytes(8)
    assert ring.underruns == 0
    ring.put(frames(2))
    assert taken(ring, 2) == [1, 2]


def test_a_ring_goes_round() -> None:
    ring, generator = SoundRing(2, keep=0, limit=CAPACITY), np.random.default_rng(1)
    put = taken_so_far = 0
    while put < 3 * CAPACITY:
        count = int(generator.integers(1, 5000))
        ring.put(np.repeat(np.arange(put, put + count, dtype=np.float32), 2))
        put += count
        out = np.empty((ring.waiting - int(generator.integers(0, ring.waiting)), 2), np.float32)
        assert ring.take(out)
        assert np.array_equal(out[:, 0], np.arange(taken_so_far, taken_so_far + len(out)))
        assert np.array_equal(out[:, 0], out[:, 1])
        taken_so_far += len(out)


@pytest.mark.parametrize("waiting", [7, CAPACITY, 3 * CAPACITY])
def test_what_is_too_old_is_dropped_and_counted(waiting: int) -> None:
    ring = SoundRing(1, keep=2, limit=6)
    ring.put(frames(-1))
    assert taken(ring, 1) == [-1]
    for number in range(waiting):
        ring.put(frames(number))
    ring.drop_stale()
    assert taken(ring, 2) == [waiting - 2, waiting - 1]
    assert ring.dropped == waiting - 2


# --- without devices -------------------------------------------------------------------------------------------


def test_without_portaudio_there_are_no_devices_and_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    importing = builtins.__import__

    def missing(name: str, *rest: Any) -> Any:
        if name == "sounddevice":
            raise OSError("PortAudio library not found")
        return importing(name, *rest)

    monkeypatch.setattr(builtins, "__import__", missing)
    assert list_mics() == []
    assert list_speakers() == []
    with pytest.raises(DeviceError, match="apt install libportaudio2"):
        open_mic("default")


def test_an_unknown_device_is_refused_with_the_known_ones() -> None:
    with pytest.raises(DeviceError, match=r"There is no speaker 'Jabra'\. This machine has:"):
        open_speaker("Jabra")
