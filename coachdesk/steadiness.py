"""Whether the machine kept time: a call in real time that was measured while it stood still says nothing.

A process of its own sleeps for 10 ms at a time, at the priority of everything else, and adds up how much later it wakes.
Where other machines share the host, or other programs the processors, it wakes late, and so do the parties of a call.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from dataclasses import dataclass

PAUSE = 0.01
LATE = 0.05
"""Both in seconds: how long it sleeps at a time, and how late it must wake for that to count."""
LOST = 0.05
"""Share of the time that was lost by waking later than ``LATE``, from which on the machine did not keep time.

Two idle processors lose up to 0.03 while a call with windows and a browser runs on them.
"""
STOOD_STILL = 0.25
"""Seconds late, once, that a call in real time is not expected to bear without a gap that can be heard."""


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


class Witness:
    """Began when it is made. Close it.

    Attributes:
        process: the sleeper.
    """

    def __init__(self) -> None:
        self.process = subprocess.Popen(  # noqa: S603 - this file
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
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

    def close(self) -> None:
        self.process.communicate(timeout=10)


class _Sleeper:
    """That process: a thread sleeps, and every line of input is answered with what was lost since the one before."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lost = self._most = 0.0
        self._due = time.monotonic()
        threading.Thread(target=self._sleep, daemon=True).start()

    def _sleep(self) -> None:
        while True:
            self._wake()
            time.sleep(PAUSE)

    def _wake(self) -> None:
        with self._lock:
            now = time.monotonic()
            late, self._due = now - self._due, now + PAUSE
            self._most = max(self._most, late)
            self._lost += late if late > LATE else 0.0

    def answer(self) -> tuple[float, float]:
        self._wake()  # the thread may be the one that stands still
        with self._lock:
            told = self._lost, self._most
            self._lost = self._most = 0.0
        return told


if __name__ == "__main__":
    sleeper = _Sleeper()
    for _ in sys.stdin:
        print(*sleeper.answer(), flush=True)
