"""The playout buffer in simulated time: speech through an encoder, a bad network and the buffer, and how it sounds.

    python bench/playout.py [NETWORK ...] [--red 1,2] [--bitrate 32000] [--frame 10] [--nack] [--json FILE]
    python bench/playout.py --soak 60

Seconds instead of hours, the same numbers every time: for choosing the buffer's constants, not for comparing with
others. What is sent is what the product sends once it knows the network, unless told otherwise. Speech is that of
bench/speech, each sentence scored as in bench/audio.py by PESQ (ITU-T P.862.2, wide band) and STOI against what was spoken.
The delay is from the mouth to the buffer's end: the frame, the encoder's look-ahead, the network and the buffer, no device.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
import soundfile
from scipy.signal import resample_poly

from bench import listening
from bench.tape import RATE as SCORED_RATE
from coachdesk.media.connection.rate import Path as Way
from coachdesk.media.connection.rate import settings
from coachdesk.media.opus import Encoder
from coachdesk.media.packet import Packet
from coachdesk.media.pcm import BLOCK_SAMPLES, BLOCK_SECONDS, RATE, Samples
from coachdesk.media.playout import Playout

SPEECH = Path(__file__).with_name("speech")
PATH_SECONDS = 0.020
"""One way, where a network's name says no other."""
ROUNDS, SKIPPED = 2, 2
"""How often the speech is spoken, and sentences in which the buffer gets to know the network."""
KNOWN_AFTER = 40
"""Seconds after which the sender knows it."""

Fate = Callable[[np.random.Generator, int, float], np.ndarray[tuple[int], np.dtype[np.float64]]]
"""For so many packets of so many seconds: how long each takes, infinity if it is lost."""


def path(low: float, high: float, loss: float = 0.0) -> Fate:
    """Delays between two bounds, each packet for itself, and random loss."""

    def fate(random: np.random.Generator, count: int, _: float) -> np.ndarray:
        delays = random.uniform(low, high, count)
        return np.where(random.random(count) < loss, np.inf, delays)

    return fate


def bursts(random: np.random.Generator, count: int, frame: float) -> np.ndarray:
    """Nothing comes through for 60 to 120 ms, once a second on average."""
    delays = np.full(count, PATH_SECONDS)
    at = random.exponential(0.9)
    while at < count * frame:
        length = random.uniform(0.060, 0.120)
        delays[int(at / frame) : int((at + length) / frame)] = np.inf
        at += length + random.exponential(0.9)
    return delays


def stalls(seconds: float, every: float) -> Fate:
    """All that is sent for a while is held and comes at once."""

    def fate(_: np.random.Generator, count: int, frame: float) -> np.ndarray:
        sent = np.arange(count) * frame
        return PATH_SECONDS + np.maximum(0.0, seconds - (sent + every / 2) % every)

    return fate


NETWORKS: dict[str, Fate] = {
    "clean": path(0.0005, 0.0008),
    "20+-10": path(0.010, 0.030),
    "60+-40": path(0.020, 0.100),
    "loss2": path(PATH_SECONDS, PATH_SECONDS, 0.02),
    "loss5": path(PATH_SECONDS, PATH_SECONDS, 0.05),
    "loss10": path(PATH_SECONDS, PATH_SECONDS, 0.10),
    "loss20": path(PATH_SECONDS, PATH_SECONDS, 0.20),
    "bursts": bursts,
    "3%+60+-40": path(0.020, 0.100, 0.03),
    "stall100": stalls(0.1, 4.0),
    "outage500": stalls(0.5, 8.0),
}


@dataclass(frozen=True)
class Sender:
    """What the far end does about loss: distances of redundant copies in frames, retransmission, in-band FEC."""

    red: tuple[int, ...] = ()
    nack: bool = False
    fec: int = 15
    frame: int = 960
    bitrate: int = 32_000


def as_the_product(network: str, seed: int = 7) -> Sender:
    """What is sent in the long run, by what the far end reports and asks for again."""
    way, frame = Way(), 0.020
    way.redundant = True
    per_second = round(1 / frame)
    delays = NETWORKS[network](np.random.default_rng(seed), KNOWN_AFTER * per_second, frame)
    for second in range(KNOWN_AFTER):
        span = range(second * per_second, (second + 1) * per_second)
        for _ in span:
            way.sent()
        way.missed([index for index in span if np.isinf(delays[index])], float(second + 1))
        taken = delays[span.start : span.stop]
        taken = taken[np.isfinite(taken)]
        jitter = float(np.mean(np.abs(np.diff(taken))))
        way.reported(0.0, 2 * float(np.median(taken)), jitter, float(second + 1))
    chosen = settings([way])
    return Sender(
        way.copies, fec=chosen.expected_loss, frame=chosen.blocks * BLOCK_SAMPLES, bitrate=chosen.bitrate
    )


def sent(sound: Samples, sender: Sender) -> list[Packet]:
    """The packets; ``arrival`` is when each was complete."""
    encoder = Encoder(bitrate=sender.bitrate, expected_loss=sender.fec)
    starts = range(0, len(sound) - sender.frame + 1, sender.frame)
    return [
        Packet(
            index & 0xFFFF,
            at,
            False,
            encoder.encode(sound[at : at + sender.frame]),
            1,
            (at + sender.frame) / RATE,
        )
        for index, at in enumerate(starts)
    ]


def arriving(stream: list[Packet], delays: np.ndarray, sender: Sender) -> list[Packet]:
    """What the network delivers, with redundant copies and retransmissions, in order of arrival."""
    out: list[Packet] = []
    came = np.array([packet.arrival for packet in stream]) + delays
    for index, packet in enumerate(stream):
        if np.isfinite(came[index]):
            for distance in sorted(sender.red, reverse=True):
                if distance <= index:
                    out.append(stream[index - distance]._replace(arrival=came[index], recovered=True))
            out.append(packet._replace(arrival=came[index]))
        elif sender.nack:
            noticed = next((time for time in came[index + 1 :] if np.isfinite(time)), np.inf)
            out.append(packet._replace(arrival=noticed + 2 * PATH_SECONDS, recovered=True))
    return sorted(out, key=lambda packet: packet.arrival)


@dataclass
class Heard:
    """What was played from second 0 on, the buffer's delay at each pull in ms, and seconds of processor per second."""

    sound: Samples
    delays: np.ndarray
    load: float
    playout: Playout


def play(packets: list[Packet], seconds: float, phase: float = 0.0037) -> Heard:
    playout, blocks, delays, load = Playout(), [], [], 0.0
    at = 0
    for index in range(int(seconds / BLOCK_SECONDS)):
        now = phase + index * BLOCK_SECONDS
        started = time.process_time()
        while at < len(packets) and packets[at].arrival <= now:
            playout.put(packets[at])
            at += 1
        blocks.append(playout.pull(now))
        load += time.process_time() - started
        delays.append(playout.stats.delay_ms)
    return Heard(np.concatenate(blocks), np.array(delays), load / seconds, playout)


TROUBLES = ("20+-10", "60+-40", "loss20", "bursts", "3%+60+-40", "stall100", "outage500")
DRIFT = 300e-6


def soak(sound: Samples, minutes: int) -> None:
    """Each trouble in turn, 20 s of it and 10 s of none, from a sender whose clock is fast; a line per ten minutes.

    Raises AssertionError when, with the trouble over, the delay is not what it was or sound is missing.
    """
    stream, random = sent(sound, Sender(fec=0)), np.random.default_rng(5)
    playout, coming, index = Playout(), [], 0
    for turn in range(minutes * 2):
        trouble = NETWORKS[TROUBLES[turn % len(TROUBLES)]](random, 1000, BLOCK_SECONDS * 2)
        until = int(((turn + 1) * 30 + 0.5) * (1 + DRIFT) / (2 * BLOCK_SECONDS))
        quiet = np.full(until - index - len(trouble), PATH_SECONDS)
        coming += _copies(stream, index, np.concatenate([trouble, quiet]))
        index = until
        coming.sort(key=lambda packet: packet.arrival)
        coming = _pull_for(playout, coming, turn)
        if turn % 20 == 19:
            print(f"{(turn + 1) // 2:3} min", playout.stats.as_dict(), flush=True)


def _copies(stream: list[Packet], index: int, delays: np.ndarray) -> list[Packet]:
    """The next packets of the endless stream, as far as they come."""
    frame = stream[1].timestamp
    return [
        stream[at % len(stream)]._replace(
            seq=at & 0xFFFF,
            timestamp=at * frame & 0xFFFFFFFF,
            arrival=(at + 1) * frame / RATE / (1 + DRIFT) + float(delay),
        )
        for at, delay in enumerate(delays, index)
        if np.isfinite(delay)
    ]


def _pull_for(playout: Playout, coming: list[Packet], turn: int) -> list[Packet]:
    """Thirty seconds; returns what comes after them. The last five have to be as on a good path."""
    used = 0
    for tick in range(turn * 3000, turn * 3000 + 3000):
        now = 0.0037 + tick * BLOCK_SECONDS
        while used < len(coming) and coming[used].arrival <= now:
            playout.put(coming[used])
            used += 1
        playout.pull(now)
        if tick % 3000 == 2500:
            concealed = playout.stats.concealed
    assert playout.stats.delay_ms < 20, f"turn {turn}: {playout.stats}"
    assert playout.stats.concealed == concealed, f"turn {turn}: {playout.stats}"
    return coming[used:]


def measure(sound: Samples, network: str, sender: Sender, seed: int = 7) -> dict[str, float]:
    talk = np.tile(sound, ROUNDS)
    stream = sent(talk, sender)
    delays = NETWORKS[network](np.random.default_rng(seed), len(stream), sender.frame / RATE)
    heard = play(arriving(stream, delays, sender), len(talk) / RATE + 0.5)
    original, said, got = (
        resample_poly(each.astype(float), 1, RATE // SCORED_RATE) for each in (sound, talk, heard.sound)
    )
    delay = listening.delays(said, got[: len(said)])
    pieces = listening.pieces(original, said, got, delay)[SKIPPED:]
    late = delay.ms[delay.seconds > SKIPPED * listening.PIECE_SECONDS]
    return {
        "pesq": float(np.mean([piece.pesq for piece in pieces])),
        "pesq_worst": min(piece.pesq for piece in pieces),
        "stoi": float(np.mean([piece.stoi for piece in pieces])),
        "p50_ms": float(np.median(late)),
        "p95_ms": float(np.percentile(late, 95)),
        "max_ms": float(late.max()),
        "load": heard.load,
        **{f"buffer_{name}": value for name, value in heard.playout.stats.as_dict().items()},
    }


def speech(folder: Path) -> Samples:
    """All speech in a folder, mono at 48 kHz. Raises FileNotFoundError."""
    files = sorted(file for file in folder.glob("*") if file.suffix in {".flac", ".ogg", ".wav"})
    if not files:
        raise FileNotFoundError(f"there is no speech (.flac, .ogg or .wav) in {folder}")
    sounds = []
    for file in files:
        samples, rate = soundfile.read(file, dtype="float32", always_2d=True)
        sounds.append(resample_poly(samples.mean(1), RATE, rate).astype(np.float32))
    return np.concatenate(sounds)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "networks", nargs="*", default=list(NETWORKS), metavar="NETWORK", help=", ".join(NETWORKS)
    )
    parser.add_argument("--red", help="distances of redundant copies in frames, like 1 or 1,2; 0: none")
    parser.add_argument("--bitrate", type=int, help="bit/s")
    parser.add_argument("--frame", type=int, choices=[10, 20], help="ms")
    parser.add_argument("--nack", action="store_true", help="lost packets are sent again")
    parser.add_argument("--speech", type=Path, default=SPEECH, help="folder of sound files")
    parser.add_argument("--soak", type=int, metavar="MINUTES", help="only that, without quality")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    sound = speech(arguments.speech)
    if arguments.soak:
        soak(sound, arguments.soak)
        return
    print(
        f"{'network':<12}{'PESQ':>6}{'worst':>6}{'STOI':>7}{'p50':>6}{'p95':>6}{'max':>6}{'load':>7}  late lost recov conc"
    )
    results = {}
    for network in arguments.networks:
        sender = _as_asked(as_the_product(network), arguments)
        results[network] = found = measure(sound, network, sender)
        print(
            f"{network:<12}{found['pesq']:6.2f}{found['pesq_worst']:6.2f}{found['stoi']:7.3f}{found['p50_ms']:6.0f}{found['p95_ms']:6.0f}"
            f"{found['max_ms']:6.0f}{found['load']:7.2%}  {found['buffer_late']:4.0f} {found['buffer_lost']:4.0f} "
            f"{found['buffer_recovered']:5.0f} {found['buffer_concealed']:4.0f}  {sender}",
            flush=True,
        )
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1))


def _as_asked(sender: Sender, arguments: argparse.Namespace) -> Sender:
    """With what the command line says instead."""
    changes: dict[str, object] = {"nack": arguments.nack}
    if arguments.red is not None:
        changes["red"] = tuple(int(part) for part in arguments.red.split(",") if int(part))
    if arguments.bitrate is not None:
        changes["bitrate"] = arguments.bitrate
    if arguments.frame is not None:
        changes["frame"] = arguments.frame * RATE // 1000
    return replace(sender, **changes)


if __name__ == "__main__":
    main()
