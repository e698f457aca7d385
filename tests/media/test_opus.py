"""libopus by ctypes: sound survives, nonsense does not crash."""

from __future__ import annotations

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coachdesk.hearing import level
from coachdesk.media import opus
from coachdesk.media.mixer import dbfs
from coachdesk.media.opus import Decoder, Encoder, OpusError, OpusMissing, carries_fec, duration
from coachdesk.media.pcm import RATE, Samples
from tests.media.paths import tone, voice


def coded(sound: Samples, frame: int = 960) -> list[bytes]:
    encoder = Encoder(expected_loss=20)
    return [encoder.encode(sound[at : at + frame]) for at in range(0, len(sound) - frame + 1, frame)]


def decoded(payloads: list[bytes]) -> Samples:
    decoder = Decoder()
    return np.concatenate([decoder.decode(payload) for payload in payloads])


@pytest.mark.parametrize("frame", [480, 960])
def test_a_tone_keeps_its_pitch_and_level(frame: int) -> None:
    sound = tone(1.0)
    heard = decoded(coded(sound, frame))
    assert len(heard) == len(sound)
    assert level(heard[RATE // 4 :], 440) == pytest.approx(dbfs(sound), abs=0.5)


def test_bitrate_is_what_was_asked_for() -> None:
    kilobits = sum(map(len, coded(voice(2.0)))) * 8 / 2.0 / 1000
    assert 20 < kilobits < 40


@pytest.mark.parametrize("length", [0, 1, 479, 481, 1920])
def test_only_10_and_20_ms_are_encoded(length: int) -> None:
    with pytest.raises(ValueError, match="480 or 960"):
        Encoder().encode(np.zeros(length, np.float32))


def test_stereo_comes_out_as_mono() -> None:
    encoder = av.CodecContext.create("libopus", "w")
    encoder.sample_rate, encoder.layout, encoder.format = RATE, "stereo", "flt"
    left = tone(0.5, 700.0)
    both = np.stack([left, left], 1).reshape(1, -1)
    frame = av.AudioFrame.from_ndarray(both, "flt", "stereo")
    frame.sample_rate = RATE
    fifo = av.AudioFifo()
    fifo.write(frame)
    payloads = [bytes(packet) for piece in fifo.read_many(960) for packet in encoder.encode(piece)]
    heard = decoded(payloads)
    assert len(heard) == len(payloads) * 960
    assert level(heard[4800:], 700) == pytest.approx(dbfs(left), abs=1.0)


@pytest.mark.parametrize(("toc", "samples"), [(0x80, 120), (0x08, 960), (0x10, 1920), (0x18, 2880)])
def test_every_duration_is_known_by_the_first_byte(toc: int, samples: int) -> None:
    assert duration(bytes([toc, 0, 0])) == samples


def test_concealment_continues_the_sound() -> None:
    decoder = Decoder()
    for payload in coded(voice(0.5)):
        last = decoder.decode(payload)
    made_up = decoder.conceal(480)
    assert len(made_up) == 480
    assert dbfs(made_up) > dbfs(last) - 12


def test_what_a_packet_carries_of_the_one_before_it_is_recovered() -> None:
    payloads = coded(voice(1.0))
    at = next(index for index in range(20, 50) if carries_fec(payloads[index]))
    with_copy, without = Decoder(), Decoder()
    for payload in payloads[: at - 1]:
        with_copy.decode(payload)
        without.decode(payload)
    truth = decoded(payloads[:at])[-960:]
    recovered = with_copy.recover(payloads[at], 960)
    guessed = without.conceal(960)
    assert np.std(recovered - truth) < 0.7 * np.std(guessed - truth)
    assert len(with_copy.recover(payloads[at], 480)) == 480


def test_a_reset_decoder_remembers_nothing() -> None:
    payloads = coded(voice(0.5))
    used, fresh = Decoder(), Decoder()
    for payload in payloads:
        used.decode(payload)
    used.reset()
    assert np.array_equal(used.conceal(960), fresh.conceal(960))
    assert np.array_equal(used.decode(payloads[5]), fresh.decode(payloads[5]))


def test_a_reset_encoder_remembers_nothing() -> None:
    silence, used = np.zeros(960, np.float32), Encoder()
    for at in range(0, RATE // 2, 960):
        used.encode(voice(0.5)[at : at + 960])
    used.reset()
    assert dbfs(decoded([used.encode(silence)])) < -90


@pytest.mark.parametrize("nonsense", [b"", b"\x03", b"\xff", b"\xff" * 40])
def test_nonsense_is_refused(nonsense: bytes) -> None:
    with pytest.raises(OpusError):
        Decoder().decode(nonsense)
    with pytest.raises(OpusError):
        Decoder().recover(nonsense, 960)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.binary(max_size=200), max_size=5))
def test_no_payload_crashes_the_decoder(payloads: list[bytes]) -> None:
    decoder = Decoder()
    for payload in payloads:
        carries_fec(payload)
        for call in (decoder.decode, lambda data: decoder.recover(data, 960)):
            try:
                sound = call(payload)
            except OpusError:
                continue
            assert 0 < len(sound) <= opus.MAX_SAMPLES
            assert np.isfinite(sound).all()
    assert len(decoder.conceal(480)) == 480


def test_a_machine_without_libopus_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opus, "_candidates", lambda: iter(["/nowhere/libopus.so"]))
    with pytest.raises(OpusMissing, match="install libopus"):
        opus.library.__wrapped__()
