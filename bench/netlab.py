"""A network in a box: hosts in network namespaces, joined by a router that delays, loses and reorders as it is told.

    with NetLab(["near", "far"], seed="1") as lab:
        subprocess.Popen(lab.command("near", ["ping", lab.address("far")]))
        lab.set(Conditions(delay_ms=60, jitter_ms=40, loss=0.03))
        lab.interrupt(0.5)

Linux and root only (namespaces, TUN devices), and ``nsenter`` of util-linux; NetLabError says what is lacking. Nothing is
left behind: the namespaces have no name and end with their last process (see ``netrouter.py``). What a direction does to
packets is ``netpath.py``.

The router is a process of its own with real-time priority where the system allows that. What it adds to the delay on its
own is in every ``Passage`` (``sent - due``), and ``added_ms`` sums it up: 0.05 ms in the median on a quiet machine.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

import msgspec
import numpy as np

from bench.netpath import Conditions
from bench.netrouter import NETWORK, Answer, Order, Passage, send

ROOT = Path(__file__).parents[1]
ANSWER_SECONDS, STOP_SECONDS = 10.0, 3.0


class NetLabError(Exception):
    """There can be no network lab on this machine, or its router has died; the message says why."""


class NetLab:
    """A context manager. ``hosts``: their names; ``seed`` decides all that is random.

    Every order takes effect before it returns, in well under a millisecond of a quiet machine.
    """

    def __init__(self, hosts: Sequence[str], *, seed: str = "0") -> None:
        self._hosts = list(hosts)
        self._seed = seed
        self._router: subprocess.Popen[bytes] | None = None
        self._namespaces: list[int] = []

    def __enter__(self) -> NetLab:
        """Raises NetLabError."""
        require()
        ours, its = socket.socketpair()
        with its:
            arguments = [str(its.fileno()), str(len(self._hosts)), self._seed]
            self._router = subprocess.Popen(
                [sys.executable, "-m", "bench.netrouter", *arguments],
                cwd=ROOT,
                pass_fds=[its.fileno()],
                stdin=subprocess.DEVNULL,
            )
        ours.settimeout(ANSWER_SECONDS)
        self._control = ours
        self._answers = ours.makefile("rb")
        try:
            self._namespaces = self._answer().namespaces
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends the router, and with it all traffic."""
        self._answers.close()
        self._control.close()
        router, self._router = self._router, None
        if router is not None:
            try:
                router.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                router.kill()
                router.wait()

    def command(self, host: str, program: Sequence[str]) -> list[str]:
        """The command line that runs ``program`` on that host."""
        if self._router is None:
            raise NetLabError("the network lab is not open")
        namespace = f"/proc/{self._router.pid}/fd/{self._namespaces[self._hosts.index(host)]}"
        return ["nsenter", f"--net={namespace}", "--", *program]

    def address(self, host: str) -> str:
        """Its IPv4 address."""
        return f"{NETWORK}{self._hosts.index(host) + 1}"

    def set(self, conditions: Conditions, *, source: str = "", sink: str = "") -> None:
        """From now on; for all directions, or those from ``source``, or to ``sink``."""
        for pair in self._directions(source, sink):
            self._order(Order(*pair, conditions=conditions))

    def interrupt(self, seconds: float, *, held: bool = False, source: str = "", sink: str = "") -> None:
        """An outage that begins now: packets are lost, or ``held`` back until its end."""
        for pair in self._directions(source, sink):
            self._order(Order(*pair, outage_seconds=seconds, held=held))

    def passages(self) -> list[Passage]:
        """What has passed since the last call (the newest 50 000); hosts by their index."""
        return self._order(Order(report=True)).passages

    def _directions(self, source: str, sink: str) -> list[tuple[int, int]]:
        return [
            (a, b)
            for a, first in enumerate(self._hosts)
            for b, second in enumerate(self._hosts)
            if a != b and source in ("", first) and sink in ("", second)
        ]

    def _order(self, order: Order) -> Answer:
        try:
            send(self._control, order)
        except OSError as error:
            raise NetLabError(f"the router of the network lab has ended: {error}") from error
        return self._answer()

    def _answer(self) -> Answer:
        try:
            line = self._answers.readline()
        except OSError as error:
            raise NetLabError(f"the router of the network lab does not answer: {error}") from error
        if not line:
            raise NetLabError("the router of the network lab has ended")
        answer = msgspec.json.decode(line, type=Answer)
        if answer.fault:
            raise NetLabError(f"no network lab here: {answer.fault}")
        return answer


def require() -> None:
    """Raises NetLabError where there can be no lab."""
    if sys.platform != "linux":
        raise NetLabError("the network lab needs Linux (network namespaces and TUN devices)")
    if os.geteuid() != 0:
        raise NetLabError("the network lab needs root: run it with sudo")
    if not Path("/dev/net/tun").exists():
        raise NetLabError(
            "the network lab needs TUN devices: modprobe tun, or give the container /dev/net/tun"
        )
    if shutil.which("nsenter") is None:
        raise NetLabError("the network lab needs nsenter (Debian: apt install util-linux)")


def added_ms(passages: Sequence[Passage]) -> dict[str, float]:
    """What the router itself added to the delay, in ms: median, 99th percentile and maximum."""
    late = [(passage.sent - passage.due) * 1000 for passage in passages if passage.drop is None] or [0.0]
    return {"p50": float(np.median(late)), "p99": float(np.percentile(late, 99)), "max": max(late)}
