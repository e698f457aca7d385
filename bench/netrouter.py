"""The router of the network lab, a process of its own: reads IP packets from TUN devices, writes them when they are due.

It makes the namespaces itself. They have no name, and last as long as this process or another one inside them; the
devices last as long as this process, and this process as long as the connection to who started it. So nothing is left
behind, however either ends. Started by ``netlab.py``: ``python -m bench.netrouter FD HOSTS SEED``.
"""

from __future__ import annotations

import ctypes
import fcntl
import gc
import heapq
import os
import select
import socket
import struct
import sys
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from bench.netpath import Conditions, Drop, NetPath

NETWORK = "10.77.0."
"""Host 0 has .1, host 1 has .2, and so on."""
PASSAGES_KEPT = 50_000
FIFO_PRIORITY, NICE = 20, -20

_CLONE_NEWNET = 0x40000000
_PR_SET_TIMERSLACK = 29
_TUNSETIFF, _IFF_TUN, _IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
_SIOCSIFADDR, _SIOCSIFNETMASK, _SIOCSIFFLAGS = 0x8916, 0x891C, 0x8914
_IFF_UP = 0x1
_LARGEST_PACKET = 2048


class Passage(msgspec.Struct, frozen=True, array_like=True):
    """A packet's way, by the router's clock (``time.monotonic()``): ``sent - due`` is what the router itself added.

    ``due`` and ``sent`` are 0 for a packet that was dropped.
    """

    source: int
    sink: int
    size: int
    arrived: float
    due: float
    sent: float
    drop: Drop | None


class Order(msgspec.Struct, frozen=True):
    """What the router is told: new conditions or an outage for one direction, or to hand over what it has noted."""

    source: int = 0
    sink: int = 0
    conditions: Conditions | None = None
    outage_seconds: float = 0.0
    held: bool = False
    report: bool = False


class Answer(msgspec.Struct, frozen=True):
    """To every order, and once when it is ready: ``namespaces`` are descriptors in this process, one per host."""

    fault: str = ""
    namespaces: list[int] = []
    passages: list[Passage] = []


@dataclass(order=True)
class _Waiting:
    due: float
    number: int
    source: int
    sink: int
    arrived: float
    packet: bytes


class Router:
    """Packets between the hosts that ``tuns`` lead to (index in the list: host)."""

    def __init__(self, tuns: list[int], control: socket.socket, seed: str) -> None:
        self._tuns = tuns
        self._control = control
        self._orders = control.makefile("rb")
        self._paths = {
            (source, sink): NetPath(f"{seed} {source} {sink}")
            for source in range(len(tuns))
            for sink in range(len(tuns))
            if source != sink
        }
        self._waiting: list[_Waiting] = []
        self._count = 0
        self._passages: deque[Passage] = deque(maxlen=PASSAGES_KEPT)

    def run(self) -> None:
        """Until the connection to whoever gives the orders ends."""
        orders = self._control.fileno()
        watched = [*self._tuns, orders]
        while True:
            pause = max(0.0, self._waiting[0].due - time.monotonic()) if self._waiting else None
            for ready in select.select(watched, [], [], pause)[0]:
                if ready != orders:
                    self._read(self._tuns.index(ready))
                elif not self._obey():
                    return
            self._deliver()

    def _read(self, source: int) -> None:
        with suppress(BlockingIOError):
            while True:
                packet = os.read(self._tuns[source], _LARGEST_PACKET)
                arrived = time.monotonic()
                sink = _sink(packet)
                path = self._paths.get((source, sink))
                if path is None:
                    continue
                fate = path.send(len(packet), arrived)
                if fate.drop is None:
                    self._count += 1
                    entry = _Waiting(fate.release, self._count, source, sink, arrived, packet)
                    heapq.heappush(self._waiting, entry)
                else:
                    self._passages.append(Passage(source, sink, len(packet), arrived, 0.0, 0.0, fate.drop))

    def _deliver(self) -> None:
        while self._waiting and self._waiting[0].due <= time.monotonic():
            entry = heapq.heappop(self._waiting)
            with suppress(OSError):  # a host that has just ended takes no more packets
                os.write(self._tuns[entry.sink], entry.packet)
            sent = time.monotonic()
            self._passages.append(
                Passage(entry.source, entry.sink, len(entry.packet), entry.arrived, entry.due, sent, None)
            )

    def _obey(self) -> bool:
        line = self._orders.readline()
        if not line:
            return False
        order = msgspec.json.decode(line, type=Order)
        path = self._paths.get((order.source, order.sink))
        if order.conditions is not None and path is not None:
            path.set(order.conditions, time.monotonic())
        if order.outage_seconds and path is not None:
            path.interrupt(order.outage_seconds, time.monotonic(), held=order.held)
        answer = Answer(passages=list(self._passages) if order.report else [])
        if order.report:
            self._passages.clear()
        send(self._control, answer)
        return True


def _sink(packet: bytes) -> int:
    """The host an IPv4 packet is for; -1 for anything else (multicast, IPv6)."""
    if len(packet) < 20 or packet[0] >> 4 != 4 or packet[16:19] != socket.inet_aton(NETWORK + "0")[:3]:
        return -1
    return packet[19] - 1


def send(control: socket.socket, message: Order | Answer) -> None:
    control.sendall(msgspec.json.encode(message) + b"\n")


def make_host(number: int) -> tuple[int, int]:
    """A new network namespace with a TUN device: descriptors of both. This process is inside it afterwards."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "cannot make a network namespace (it takes root)")
    with suppress(OSError):
        Path("/proc/sys/net/ipv6/conf/default/disable_ipv6").write_text("1")
    tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(tun, _TUNSETIFF, struct.pack("16sH22x", b"lab0", _IFF_TUN | _IFF_NO_PI))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        _configure(any_socket, b"lab0", NETWORK + str(number + 1))
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sH22x", b"lo", _IFF_UP))
    return os.open("/proc/self/ns/net", os.O_RDONLY), tun


def _configure(any_socket: socket.socket, device: bytes, address: str) -> None:
    for request, value in ((_SIOCSIFADDR, address), (_SIOCSIFNETMASK, "255.255.255.0")):
        sockaddr = struct.pack("HH4s8x", socket.AF_INET, 0, socket.inet_aton(value))
        fcntl.ioctl(any_socket, request, struct.pack("16s16s8x", device, sockaddr))
    fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sH22x", device, _IFF_UP))


def hurry() -> None:
    """Before all other programs, as far as the system lets us, and woken to the microsecond."""
    ctypes.CDLL(None).prctl(_PR_SET_TIMERSLACK, 1, 0, 0, 0)
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, NICE)
    with suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(FIFO_PRIORITY))
    gc.freeze()
    gc.disable()


def main(arguments: list[str]) -> None:
    control = socket.socket(fileno=int(arguments[0]))
    made: list[Any] = []
    try:
        made = [make_host(number) for number in range(int(arguments[1]))]
    except OSError as error:
        send(control, Answer(fault=f"{error.strerror or error}"))
        return
    hurry()
    send(control, Answer(namespaces=[namespace for namespace, _ in made]))
    Router([tun for _, tun in made], control, arguments[2]).run()


if __name__ == "__main__":
    main(sys.argv[1:])
