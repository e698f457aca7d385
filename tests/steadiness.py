"""Whether the machine kept time: a call in real time, measured on one that stood still, is measured anew.

A process of its own sleeps for 10 ms at a time, at the priority of everything else, and adds up how much later it wakes.
Where other machines share the host, or other programs the processors, it wakes late, and so do the parties of a call.
"""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import dataclass

import psutil

LOST = 0.05
"""Share of the time that was lost by waking more than 50 ms late, from which on the machine did not keep time.

Two idle processors lose up to 0.03 while a test with windows and a browser runs on them.
"""
STOOD_STILL = 0.25
"""Seconds late, once, that a call in real time is not expected to bear without a gap that a test may hear."""
CALM_PATIENCE = 60.0
REPEATS = 2

_SLEEPER = """
import sys, threading, time
lock, lost, most, due = threading.Lock(), 0.0, 0.0, time.monotonic()
def wake():
    global lost, most, due
    with lock:
        late, due = time.monotonic() - due, time.monotonic() + 0.01
        most = max(most, late)
        lost += late if late > 0.05 else 0.0
def sleep():
    while True:
        wake()
        time.sleep(0.01)
threading.Thread(target=sleep, daemon=True).start()
for _ in sys.stdin:
    wake()
    with lock:
        print(lost, most, flush=True)
        lost = most = 0.0
"""


@dataclass(frozen=True)
class Lateness:
    """``lost``: share of the time, in wakes more than 50 ms late; ``most``: seconds, the longest."""

    lost: float
    most: float

    @property
    def kept_time(self) -> bool:
        return self.lost < LOST and self.most < STOOD_STILL

    def __str__(self) -> str:
        return f"{100 * self.lost:.0f} % of the time lost by waking late, {self.most:.2f} s at most"


class Heard(AssertionError):
    """Somebody heard what they must not hear. However busy the machine: that is never measured anew."""


class Witness:
    """Began when it is made. Close it.

    Attributes:
        process: the sleeper.
    """

    def __init__(self) -> None:
        self.process = psutil.Popen(
            [sys.executable, "-c", _SLEEPER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._since = time.monotonic()

    def lateness(self) -> Lateness:
        """Since it was last asked."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        lost, most = map(float, self.process.stdout.readline().split())
        since, self._since = self._since, time.monotonic()
        return Lateness(lost / max(0.001, self._since - since), most)

    def await_calm(self) -> None:
        """Until the machine keeps time for 2 s, at most ``CALM_PATIENCE``."""
        until = time.monotonic() + CALM_PATIENCE
        self.lateness()
        while time.monotonic() < until:
            time.sleep(2.0)
            if self.lateness().kept_time:
                return

    def close(self) -> None:
        self.process.communicate(timeout=10)
