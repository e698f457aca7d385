"""Sound to a browser over a way with jitter, in simulated time: what it asks for too early is not taken for lost."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable

import pytest

from bench.netpath import Conditions, NetPath
from coachdesk.media.connection.rate import COPIES, MAX_BITRATE, Path
from coachdesk.media.connection.reports import Losses

FRAME_SECONDS = 0.02
REPORT_SECONDS = 5.0
ROUGH = Conditions(delay_ms=60, jitter_ms=40)


class Call:
    """A sender by its `Path`, and a browser that asks for a packet as soon as another has overtaken it.

    As Chromium does: a report goes with each request, and besides every ``REPORT_SECONDS``; it counts as received what
    comes twice, and never reports less than nothing lost.

    Attributes:
        answered: packets sent again.
    """

    def __init__(self, conditions: Conditions, *, redundant: bool = True) -> None:
        self._there, self._back = NetPath("there"), NetPath("back")
        for way in (self._there, self._back):
            way.set(conditions, 0.0)
        self.path, self._losses = Path(), Losses(0)
        self.path.redundant = redundant
        self.answered = 0
        self._now = 0.0
        self._seq = itertools.count()
        self._order = itertools.count()
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._highest, self._came, self._hidden = -1, 0, 0
        self._seen: set[int] = set()
        self._jitter = self._transit = 0.0
        self._prior = (0, 0)
        self._at(0.0, self._send)
        self._at(REPORT_SECONDS, self._report_regularly)

    def run(self, seconds: float) -> Path:
        until = self._now + seconds
        while self._events[0][0] <= until:
            self._now, _, event = heapq.heappop(self._events)
            event()
        self._now = until
        return self.path

    def _at(self, time: float, event: Callable[[], None]) -> None:
        heapq.heappush(self._events, (time, next(self._order), event))

    def _over(self, way: NetPath, event: Callable[[], None]) -> None:
        fate = way.send(100, self._now)
        if fate.drop is None:
            self._at(fate.release, event)

    # --- the sender ---

    def _send(self) -> None:
        seq, sent = next(self._seq), self._now
        self.path.sent()
        self._over(self._there, lambda: self._receive(seq, sent))
        self._at(self._now + FRAME_SECONDS, self._send)

    def _told(self, fraction: float, lost: int, highest: int, jitter: float, sent: float) -> None:
        net = self._losses.share(lost, highest, self._now)
        self.path.reported(fraction, 2 * (self._now - sent), jitter, self._now, net)

    def _asked(self, seqs: list[int]) -> None:
        self.path.missed(seqs, self._now)
        if self.path.asks_too_early:
            return
        for seq in seqs:
            self.answered += 1
            self._over(self._there, lambda seq=seq: self._receive(seq, None))  # type: ignore[misc]

    # --- the browser ---

    def _receive(self, seq: int, sent: float | None) -> None:
        self._came += 1
        self._seen.add(seq)
        missing = [each for each in range(self._highest + 1, seq) if each not in self._seen]
        if sent is not None and seq > self._highest:
            transit = self._now - sent
            self._jitter += (abs(transit - self._transit) - self._jitter) / 16
            self._transit = transit
        self._highest = max(self._highest, seq)
        if missing:
            self._report()
            self._over(self._back, lambda: self._asked(missing))

    def _report_regularly(self) -> None:
        self._report()
        self._at(self._now + REPORT_SECONDS, self._report_regularly)

    def _report(self) -> None:
        expected = self._highest + 1
        lost = expected - self._came
        self._hidden = max(self._hidden, -lost)
        fresh, count = lost - self._prior[1], expected - self._prior[0]
        self._prior = expected, lost
        fraction = max(0.0, fresh / count) if count > 0 else 0.0
        told = (fraction, lost + self._hidden, self._highest, self._jitter, self._now)
        self._over(self._back, lambda: self._told(*told))


def test_jitter_alone_brings_no_copies_and_nothing_sent_again() -> None:
    call = Call(ROUGH)
    call.run(30)
    begun = call.answered
    for _ in range(30):
        assert call.run(1).copies == ()
    assert call.answered == begun
    assert call.path.bitrate == MAX_BITRATE


@pytest.mark.parametrize(("loss", "copies"), [(0.03, COPIES[1]), (0.11, COPIES[2]), (0.22, COPIES[3])])
def test_loss_besides_jitter_is_told_as_it_is(loss: float, copies: tuple[int, ...]) -> None:
    call = Call(Conditions(delay_ms=60, jitter_ms=40, loss=loss))
    call.run(20)
    seen = []
    for _ in range(60):
        path = call.run(1)
        seen.append(path.loss)
        assert path.bitrate == MAX_BITRATE
    assert sum(seen) / len(seen) == pytest.approx(loss, rel=0.35)
    assert path.copies == copies


def test_loss_besides_jitter_is_met_within_seconds() -> None:
    call = Call(ROUGH)
    call.run(30)
    for way in (call._there, call._back):
        way.set(Conditions(delay_ms=60, jitter_ms=40, loss=0.1), call._now)
    assert call.run(4).copies


def test_without_overtaking_what_is_asked_for_is_sent_again() -> None:
    call = Call(Conditions(delay_ms=20, jitter_ms=8, loss=0.02))
    call.run(30)
    assert call.answered == pytest.approx(30, rel=0.5)


def test_a_browser_that_takes_no_copies_gets_what_it_asks_for() -> None:
    call = Call(Conditions(delay_ms=60, jitter_ms=40, loss=0.03), redundant=False)
    call.run(30)
    assert call.answered > 200
