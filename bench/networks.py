"""The networks that the audio benchmark knows. All are the same in both directions."""

from __future__ import annotations

import msgspec

from bench.netpath import Bursts, Conditions


class Network(msgspec.Struct, frozen=True):
    """How the network is once it is not clean any more.

    Attributes:
        outage: for half a second packets are lost, or held (``stall``).
        video: both sides send a camera picture as well.
        settling_seconds: more time before measuring: bandwidth estimates need some to come down.
    """

    title: str
    conditions: Conditions
    outage: bool = False
    stall: bool = False
    video: bool = False
    settling_seconds: float = 0.0


def _lossy(percent: int) -> Network:
    return Network(f"loss {percent} %", Conditions(delay_ms=20, loss=percent / 100))


NETWORKS: dict[str, Network] = {
    "clean": Network("clean", Conditions()),
    "jitter10": Network("20 ± 10 ms", Conditions(delay_ms=20, jitter_ms=10)),
    "jitter40": Network("60 ± 40 ms", Conditions(delay_ms=60, jitter_ms=40)),
    "loss2": _lossy(2),
    "loss5": _lossy(5),
    "loss10": _lossy(10),
    "loss20": _lossy(20),
    "bursts": Network("bursts 60-120 ms", Conditions(delay_ms=20, bursts=Bursts(1000, 60, 120))),
    "rough": Network("3 % + 60 ± 40 ms", Conditions(delay_ms=60, jitter_ms=40, loss=0.03)),
    "outage": Network("500 ms outage", Conditions(delay_ms=20), outage=True),
    "stall": Network("500 ms stall", Conditions(delay_ms=20), outage=True, stall=True),
    "narrow": Network(
        "64 kb/s, video",
        Conditions(delay_ms=20, rate_kbps=64, queue_ms=300),
        video=True,
        settling_seconds=5.5,
    ),
}
OUTAGE_SECONDS = 0.5
