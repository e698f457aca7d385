"""The network lab does what it says: its rules in simulated time, and a real run judged by the router's own clock."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.netlab import ROOT, NetLab, NetLabError, added_ms, require
from bench.netpath import Bursts, Conditions, Drop, Fate, NetPath
from bench.netrouter import Passage

SIZE = 100
MS = 0.001


def fates(conditions: Conditions, count: int, every: float = 20 * MS, *, seed: str = "1") -> list[Fate]:
    """Of ``count`` packets, the first at 0."""
    path = NetPath(seed)
    path.set(conditions, 0.0)
    return [path.send(SIZE, number * every) for number in range(count)]


def delays_ms(found: list[Fate], every: float = 20 * MS) -> list[float]:
    return [(fate.release - number * every) * 1000 for number, fate in enumerate(found) if fate.drop is None]


def share(found: list[Fate], drop: Drop) -> float:
    return sum(fate.drop is drop for fate in found) / len(found)


def within_binomial_bounds(found: float, expected: float, count: int) -> bool:
    """Four standard deviations: a fair draw is outside once in 16 000."""
    return abs(found - expected) <= 4 * math.sqrt(expected * (1 - expected) / count)


# --- in simulated time ---


def test_a_path_does_nothing_unless_told() -> None:
    assert fates(Conditions(), 3) == [Fate(0.0), Fate(20 * MS), Fate(40 * MS)]


def test_delay_is_the_same_for_all() -> None:
    assert delays_ms(fates(Conditions(delay_ms=60), 50)) == pytest.approx([60] * 50)


def test_jitter_spreads_evenly_around_the_delay() -> None:
    delays = delays_ms(fates(Conditions(delay_ms=60, jitter_ms=40), 5000))
    assert 20 <= min(delays) < 21
    assert 99 < max(delays) <= 100
    assert sum(delays) / len(delays) == pytest.approx(60, abs=4 * 40 / 3**0.5 / 5000**0.5)
    assert sum(delay < 40 for delay in delays) / len(delays) == pytest.approx(0.25, abs=0.03)


def test_jitter_beyond_the_delay_makes_nothing_early() -> None:
    assert min(delays_ms(fates(Conditions(delay_ms=5, jitter_ms=40), 500))) == pytest.approx(0, abs=1e-9)


def test_jitter_lets_packets_overtake_each_other_and_a_queue_does_not() -> None:
    mixed = [fate.release for fate in fates(Conditions(delay_ms=60, jitter_ms=40), 200)]
    queued = [fate.release for fate in fates(Conditions(delay_ms=60, jitter_ms=40, in_order=True), 200)]
    assert mixed != sorted(mixed)
    assert queued == sorted(queued)


@pytest.mark.parametrize("loss", [0.02, 0.05, 0.1, 0.2])
def test_loss_is_as_frequent_as_asked(loss: float) -> None:
    assert within_binomial_bounds(share(fates(Conditions(loss=loss), 20_000), Drop.LOSS), loss, 20_000)


def test_losses_are_independent_of_each_other() -> None:
    lost = [fate.drop is not None for fate in fates(Conditions(loss=0.2), 20_000)]
    again = sum(a and b for a, b in pairwise(lost)) / sum(lost)
    assert within_binomial_bounds(again, 0.2, sum(lost))


def runs(found: list[Fate]) -> list[int]:
    """Lengths of the stretches lost in a row."""
    lengths = "".join("x" if fate.drop is Drop.BURST else " " for fate in found).split()
    return [len(run) for run in lengths]


def test_bursts_are_as_long_and_as_frequent_as_asked() -> None:
    found = runs(fates(Conditions(bursts=Bursts(1000, 60, 120)), 600_000, MS))
    alone = [length for length in found if length <= 121]
    assert 59 <= min(found) < 64
    assert max(alone) > 116
    assert len(alone) >= 0.98 * len(found), "few follow the one before without a packet between them"
    assert sum(alone) / len(alone) == pytest.approx(90, abs=4 * 60 / 12**0.5 / len(alone) ** 0.5)
    assert len(found) == pytest.approx(600 / 1.09, rel=0.15)


def test_bursts_strike_at_the_same_moments_however_often_one_sends() -> None:
    bursty = Conditions(bursts=Bursts(300, 60, 120))
    often, seldom = fates(bursty, 20_000, MS), fates(bursty, 1000, 20 * MS)
    assert [fate.drop for fate in often[::20]] == [fate.drop for fate in seldom]


def test_a_burst_can_let_some_through() -> None:
    always = share(fates(Conditions(bursts=Bursts(100, 100, 100)), 20_000, MS), Drop.BURST)
    half = share(fates(Conditions(bursts=Bursts(100, 100, 100, loss=0.5)), 20_000, MS), Drop.BURST)
    assert half == pytest.approx(always / 2, rel=0.1)


def test_a_link_takes_its_time_for_every_bit() -> None:
    path = NetPath("1")
    path.set(Conditions(rate_kbps=64), 0.0)
    assert [path.send(160, 0.0).release for _ in range(3)] == pytest.approx([20 * MS, 40 * MS, 60 * MS])
    assert path.send(160, 1.0).release == pytest.approx(1.02)


def test_the_queue_before_a_link_is_bounded() -> None:
    path = NetPath("1")
    path.set(Conditions(rate_kbps=64, queue_ms=100), 0.0)
    found = [path.send(160, 0.0) for _ in range(20)]
    assert [fate.drop for fate in found] == [None] * 6 + [Drop.QUEUE] * 14
    assert path.send(160, 50 * MS).drop is None, "there is room again"


def test_a_link_carries_its_rate_and_no_more() -> None:
    found = fates(Conditions(rate_kbps=64), 5000, 5 * MS)
    passed = [fate.release for fate in found if fate.drop is None]
    assert len(passed) * SIZE * 8 / passed[-1] == pytest.approx(64_000, rel=0.01)


def test_an_outage_loses_and_a_stall_holds_back() -> None:
    for held in (False, True):
        path = NetPath("1")
        path.set(Conditions(delay_ms=10), 0.0)
        path.interrupt(0.5, 1.0, held=held)
        inside = [path.send(SIZE, 1.0 + number * 0.1) for number in range(5)]
        assert inside == [Fate(1.51) if held else Fate(drop=Drop.OUTAGE)] * 5
        assert path.send(SIZE, 1.6).release == pytest.approx(1.61)


def test_new_conditions_are_for_packets_yet_to_come() -> None:
    path = NetPath("1")
    before = path.send(SIZE, 0.0)
    path.set(Conditions(delay_ms=100), 0.01)
    assert (before.release, path.send(SIZE, 0.01).release) == pytest.approx((0.0, 0.11))
    path.set(Conditions(), 0.02)
    assert path.send(SIZE, 0.02).release == pytest.approx(0.02)


def test_the_seed_decides() -> None:
    rough = Conditions(delay_ms=20, jitter_ms=10, loss=0.1, bursts=Bursts(500, 60, 120))
    assert fates(rough, 500, seed="a") == fates(rough, 500, seed="a")
    assert fates(rough, 500, seed="a") != fates(rough, 500, seed="b")


def test_what_passed_before_does_not_decide() -> None:
    rough = Conditions(delay_ms=20, jitter_ms=10, loss=0.1)
    paths = NetPath("1"), NetPath("1")
    for number in range(37):
        paths[0].send(SIZE, number * MS)
    found = []
    for path in paths:
        path.set(rough, 1.0)
        found.append([path.send(SIZE, 1.0 + number * 20 * MS) for number in range(200)])
    assert found[0] == found[1]


milliseconds = st.floats(0, 500)


@given(
    conditions=st.builds(
        Conditions,
        delay_ms=milliseconds,
        jitter_ms=milliseconds,
        in_order=st.booleans(),
        loss=st.floats(0, 1),
        bursts=st.none() | st.builds(Bursts, st.floats(1, 500), st.floats(1, 50), st.floats(50, 500)),
        rate_kbps=st.sampled_from([0.0, 8.0, 64.0, 10_000.0]),
        queue_ms=milliseconds,
    ),
    pauses=st.lists(st.floats(0, 1), max_size=50),
    stall=st.floats(0, 1),
)
def test_nothing_arrives_before_it_was_sent_or_later_than_it_may(
    conditions: Conditions, pauses: list[float], stall: float
) -> None:
    path = NetPath("1")
    path.set(conditions, 0.0)
    path.interrupt(stall, 0.0, held=True)
    now, arrivals = 0.0, [0.0]
    serialization = SIZE * 8 / 8000
    most = (conditions.delay_ms + conditions.jitter_ms + conditions.queue_ms) / 1000 + serialization + stall
    for pause in pauses:
        now += pause
        fate = path.send(SIZE, now)
        if fate.drop is None:
            assert now <= fate.release <= now + most + 1e-9
            assert not conditions.in_order or fate.release >= max(arrivals)
            arrivals.append(fate.release)


# --- for real ---

LISTEN = """
import socket, sys
receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)  # for all packets, should we be stopped for a while
receiver.bind(("", 5000))
print("ready", flush=True)
receiver.settimeout(60)
while (data := receiver.recv(100)) != b"end":
    print(data.decode())
"""
SPEAK = """
import socket, sys, time
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for number in range(int(sys.argv[2])):
    sender.sendto(b"%04d" % number, (sys.argv[1], 5000))
    time.sleep(0.001)
"""
END = "import socket, sys; socket.socket(2, 2).sendto(b'end', (sys.argv[1], 5000))"
COUNT = 400


@pytest.fixture
def lab() -> Iterator[NetLab]:
    try:
        require()
        opened = NetLab(["near", "far"], seed="1").__enter__()
    except NetLabError as error:
        pytest.skip(str(error))
    yield opened
    opened.close()


def run(lab: NetLab, host: str, program: str, *arguments: str) -> None:
    subprocess.run(lab.command(host, [sys.executable, "-c", program, *arguments]), check=True, timeout=60)


def transmit(lab: NetLab, source: str, sink: str, conditions: Conditions) -> tuple[list[int], list[Passage]]:
    """Numbers of the packets heard at ``sink``, in the order they came, and what the router says of all of them."""
    listen = lab.command(sink, [sys.executable, "-c", LISTEN])
    with subprocess.Popen(listen, stdout=subprocess.PIPE, text=True) as listener:
        assert listener.stdout is not None
        try:
            assert listener.stdout.readline() == "ready\n"
            lab.set(conditions, source=source)
            lab.passages()
            run(lab, source, SPEAK, lab.address(sink), str(COUNT))
            passed: list[Passage] = []
            while sum(size(passage) == 4 for passage in passed) < COUNT:
                time.sleep(0.005)
                passed += lab.passages()
            lab.set(Conditions(), source=source)
            run(lab, source, END, lab.address(sink))
            heard = [int(line) for line in listener.stdout]
        finally:
            listener.kill()
    return heard, sorted((each for each in passed if size(each) == 4), key=lambda each: each.arrived)


def size(passage: Passage) -> int:
    """Of what is inside its IPv4 and UDP headers."""
    return passage.size - 28


@pytest.mark.media
def test_real_packets_meet_the_fates_that_the_router_tells(lab: NetLab) -> None:
    heard, passed = transmit(lab, "near", "far", Conditions(delay_ms=20, jitter_ms=10, loss=0.2))
    assert len(passed) == COUNT
    kept = [number for number, passage in enumerate(passed) if passage.drop is None]
    assert within_binomial_bounds(1 - len(kept) / COUNT, 0.2, COUNT)
    assert heard == sorted(kept, key=lambda number: passed[number].due)
    assert all(10 <= (passed[number].due - passed[number].arrived) * 1000 <= 30 for number in kept)
    assert all(passed[number].sent >= passed[number].due for number in kept)
    assert 0 <= added_ms(passed)["p50"] <= added_ms(passed)["p99"] <= added_ms(passed)["max"]


@pytest.mark.media
def test_each_direction_has_conditions_of_its_own(lab: NetLab) -> None:
    lab.set(Conditions(loss=1.0), source="far")
    heard, passed = transmit(lab, "near", "far", Conditions())
    assert heard == list(range(COUNT))
    assert all(passage.due == passage.arrived for passage in passed)


@pytest.mark.media
def test_an_outage_ends_by_itself(lab: NetLab) -> None:
    lab.interrupt(0.05, source="near")
    time.sleep(0.06)
    heard, _ = transmit(lab, "near", "far", Conditions())
    assert heard == list(range(COUNT))


@pytest.mark.media
def test_the_hosts_reach_nothing_but_each_other(lab: NetLab) -> None:
    links = lab.command("near", ["cat", "/proc/net/dev"])
    found = subprocess.run(links, capture_output=True, text=True, check=True, timeout=60).stdout
    assert {line.split(":")[0].strip() for line in found.splitlines() if ":" in line} == {"lo", "lab0"}


@pytest.mark.media
def test_the_router_ends_with_whoever_started_it(lab: NetLab) -> None:
    program = "from bench.netlab import NetLab; import time\nwith NetLab(['a', 'b']) as lab:\n"
    program += "    print(lab._router.pid, flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE) as owner:
        assert owner.stdout is not None
        router = Path(f"/proc/{int(owner.stdout.readline())}")
        owner.send_signal(signal.SIGKILL)
    give_up = time.monotonic() + 60
    while router.exists() and time.monotonic() < give_up:
        time.sleep(0.01)
    assert not router.exists()


@pytest.mark.media
def test_a_dead_router_is_reported(lab: NetLab) -> None:
    assert lab._router is not None
    lab._router.kill()
    lab._router.wait()
    with pytest.raises(NetLabError, match="router"):
        lab.set(Conditions())


def test_without_rights_it_says_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(NetLabError, match="root"), NetLab(["a", "b"]):
        pass
