"""Echo and leaks, measured: what echo cancellation leaves, what it takes of the near end, what the leak guard finds.

    python -m bench.echo [--json FILE] [--only PART] [--hour]

In simulated time, on synthetic rooms (``rooms.py``) and espeak-ng's speech; anybody can run it. ``--hour``: the full
hour of double talk without a leak (some minutes of computing), else five minutes. Microphone and loudspeaker have clocks of
their own, threads that wake late, and what the product has against that between them and voice processing.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from bench.rooms import RATE, Ppm, Sound, echoed, through_devices, through_mic, voices
from coachdesk.media.pcm import BLOCK_SAMPLES, BLOCK_SECONDS
from coachdesk.media.voice import ALL, Processing, Voice
from coachdesk.media.whisper.leakguard import LeakGuard
from coachdesk.media.whisper.leakmeter import SURE, LeakMeter

ECHO_DB, ROOM_DBFS = -10.0, -70.0
SETTLED_SECONDS = 10
DELAYS = (0.02, 0.1, 0.2)
CLOCKS = (Ppm(0, 0), Ppm(300, 0), Ppm(0, 300), Ppm(300, -300))
Row = dict[str, float]


def processed(played: Sound, mic: Sound, processing: Processing) -> tuple[Sound, float]:
    """The mic after voice processing, and milliseconds of CPU per block."""
    voice = Voice(processing)
    clean = np.zeros(len(mic))
    began = time.process_time()
    for at in range(0, len(mic) - BLOCK_SAMPLES + 1, BLOCK_SAMPLES):
        block = slice(at, at + BLOCK_SAMPLES)
        voice.played(played[block].astype(np.float32))
        clean[block] = voice.clean(mic[block].astype(np.float32))
    return clean, (time.process_time() - began) / (len(mic) / BLOCK_SAMPLES) * 1000


def hiss(count: int, seed: int = 1) -> Sound:
    return np.random.default_rng(seed).standard_normal(count) * 10 ** (ROOM_DBFS / 20)


def power(sound: Sound) -> float:
    return float(10 * np.log10(np.mean(sound**2) + 1e-12))


def return_loss(far: Sound, rt60: float, delay: float, ppm: Ppm) -> Row:
    """Echo return loss enhancement: over seconds 1 to 10, after that, and the median of its seconds.

    Automatic gain is off, which would raise what is left; the CPU is that of all of it.
    """
    echo = through_devices(far, rt60, ECHO_DB, delay, ppm)
    far = far[: len(echo)]
    clean, _ = processed(far, echo + hiss(len(far)), Processing(echo=True, noise=True))
    _, cpu = processed(far[: 5 * RATE], echo[: 5 * RATE], ALL)
    seconds = range(SETTLED_SECONDS, len(far) // RATE)
    each = [power(echo[s * RATE : (s + 1) * RATE]) - power(clean[s * RATE : (s + 1) * RATE]) for s in seconds]
    early, late = slice(RATE, SETTLED_SECONDS * RATE), slice(SETTLED_SECONDS * RATE, None)
    return {
        **_setting(rt60, delay, ppm),
        "erle_early_db": power(echo[early]) - power(clean[early]),
        "erle_db": power(echo[late]) - power(clean[late]),
        "erle_median_db": float(np.median(each)),
        "cpu_ms": cpu,
    }


def near_end_loss(far: Sound, near: Sound, rt60: float, delay: float, ppm: Ppm) -> Row:
    """What is left of the near end while both talk, and how late it is.

    Correlated loss: what of the output is the near end, against the near end alone through the same processing, whose
    high-pass filter shifts phases: against the mic itself some 3 dB are lost of a voice that talks alone.
    """
    count = min(len(far), len(near))
    echo = through_devices(far[:count], rt60, ECHO_DB, delay, ppm)
    near = through_mic(near[:count], ppm)
    count = min(len(echo), len(near))
    far, near, echo = far[:count], near[:count], echo[:count]
    both, _ = processed(far, echo + near + hiss(count), Processing(echo=True))
    alone, _ = processed(np.zeros(count), near + hiss(count), Processing(echo=True))
    late = _lag(near, both)
    settled = slice(SETTLED_SECONDS * RATE, None)
    said, got = alone[settled], both[settled]
    gain = float(np.dot(said, got) / np.dot(said, said))
    return {
        **_setting(rt60, delay, ppm),
        "near_level_loss_db": power(said) - power(got),
        "near_correlated_loss_db": float(-20 * np.log10(max(gain, 1e-6))),
        "added_delay_ms": late / RATE * 1000,
    }


def _setting(rt60: float, delay: float, ppm: Ppm) -> Row:
    return {"rt60": rt60, "delay_ms": delay * 1000, "speaker_ppm": ppm.speaker, "mic_ppm": ppm.mic}


def _lag(one: Sound, other: Sound) -> int:
    size = 2 * len(one)
    shared = np.fft.irfft(np.conj(np.fft.rfft(one, size)) * np.fft.rfft(other, size), size)
    return int(np.argmax(shared[: RATE // 20]))


def detection(whisper: Sound, agent: Sound, db: float, *, talks: bool) -> Row:
    """Seconds until the guard closes, from several moments of one whisper, and the level it reads."""
    count = min(len(whisper), len(agent))
    mic = echoed(whisper, 0.35, db, 0.06)[:count] + hiss(count) + (agent[:count] if talks else 0.0)
    begins = range(0, count - 6 * RATE, 2 * RATE)
    after = [_closes(whisper[begin:], mic[begin:]) for begin in begins]
    found = [seconds for seconds, _ in after if np.isfinite(seconds)]
    return {
        "leak_db": db,
        "agent_talks": talks,
        "found": len(found) / len(after),
        "seconds_median": float(np.median([seconds for seconds, _ in after])),
        "seconds_worst": max(seconds for seconds, _ in after),
        "read_db": float(np.median([level for _, level in after])),
    }


def _closes(private: Sound, mic: Sound) -> tuple[float, float]:
    guard = LeakGuard()
    for at in range(0, 6 * RATE - BLOCK_SAMPLES + 1, BLOCK_SAMPLES):
        block = slice(at, at + BLOCK_SAMPLES)
        if guard.observe(private[block].astype(np.float32), mic[block].astype(np.float32)):
            return at / RATE + BLOCK_SECONDS, guard.leak.db
    return float("inf"), guard.leak.db


def false_alarms(said: list[Sound], seconds: int, seed: int = 1) -> Row:
    """Coach and agent talk at once, each in changing voices at changing levels; nothing leaks."""
    generator = np.random.default_rng(seed)
    meter, guard = LeakMeter(), LeakGuard()
    worst, alarms, done = 0.0, 0, 0
    while done < seconds * RATE:
        private, mic = (_ramble(generator, said, 60) for _ in range(2))
        mic += hiss(len(mic), int(generator.integers(1 << 30))) * 10 ** (generator.uniform(-5, 15) / 20)
        for at in range(0, len(mic) - BLOCK_SAMPLES + 1, BLOCK_SAMPLES):
            played, heard = (each[at : at + BLOCK_SAMPLES].astype(np.float32) for each in (private, mic))
            if meter.push(played, heard):
                worst = max(worst, meter.leak.sigmas)
            if guard.observe(played, heard):
                alarms += 1
                guard.reopen()
        done += len(mic)
    return {"seconds": done / RATE, "alarms": alarms, "sigmas_worst": worst, "sigmas_threshold": SURE}


def _ramble(generator: np.random.Generator, said: list[Sound], seconds: int) -> Sound:
    parts: list[Sound] = []
    while sum(map(len, parts)) < seconds * RATE:
        sound = said[int(generator.integers(len(said)))] * 10 ** (generator.uniform(-8, 8) / 20)
        parts += [
            sound[int(generator.integers(len(sound) // 2)) :],
            np.zeros(int(generator.uniform(0.1, 2) * RATE)),
        ]
    return np.concatenate(parts)[: seconds * RATE]


def return_losses() -> list[Row]:
    said = voices()
    far = np.concatenate([said[13], said[16]])
    return [
        return_loss(far, rt60, delay, ppm) for rt60 in (0.2, 0.35, 0.5) for delay in DELAYS for ppm in CLOCKS
    ]


def near_end_losses() -> list[Row]:
    said = voices()
    far, near = np.concatenate([said[13], said[16]]), np.concatenate([said[0], said[2]])
    return [near_end_loss(far, near, 0.35, delay, ppm) for delay in DELAYS for ppm in CLOCKS]


def detections() -> list[Row]:
    said = voices()
    levels = (-10.0, -20.0, -30.0, -40.0, -50.0)
    return [detection(said[7], said[0], db, talks=talks) for talks in (False, True) for db in levels]


def parts(*, hour: bool) -> dict[str, Callable[[], list[Row]]]:
    """What can be measured, by name."""
    return {
        "return_loss": return_losses,
        "near_end": near_end_losses,
        "detection": detections,
        "false_alarms": lambda: [false_alarms(voices(), 3600 if hour else 300)],
    }


def table(rows: list[Row]) -> str:
    head = "  ".join(f"{name:>16}" for name in rows[0])
    return "\n".join([head, *("  ".join(f"{value:16.2f}" for value in row.values()) for row in rows)])


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--only", choices=list(parts(hour=False)), help="measure nothing else")
    parser.add_argument("--hour", action="store_true", help="a full hour of double talk without a leak")
    options = parser.parse_args()
    results = {}
    for name, measure in parts(hour=options.hour).items():
        if options.only in (None, name):
            results[name] = measure()
            print(f"\n{name}\n{table(results[name])}", flush=True)
    if options.json is not None:
        options.json.write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
