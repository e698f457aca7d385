"""What a sender of video is told that its way bears, in simulated time."""

from __future__ import annotations

from coachdesk.media.connection.receivelimit import START_BITRATE, ReceiveLimit

PACKET = 1000
LEAST, MOST = 30_000, 1_500_000
GROWTH = 1.08


class Way:
    """A sender that follows what it is told as browsers do, at 20 pictures a second, and a link with a queue of 300 ms.

    Attributes:
        told: the last estimate, bit/s.
        rate: what it sends at present, bit/s.
        waited: how long the last packet waited for the link, ms.
    """

    def __init__(self) -> None:
        self.told, self.rate, self.waited = START_BITRATE, 500_000.0, 0.0
        self._limit = ReceiveLimit()
        self._now = self._free = 1000.0
        self._due = 0.0

    def pause(self, seconds: float) -> None:
        self._now += seconds * 1000

    def go(self, seconds: float, link: float) -> None:
        """``link``: what it carries, bit/s."""
        end = self._now + seconds * 1000
        while self._now < end:
            self.rate = max(LEAST, min(self.rate * GROWTH**0.05, self.told, MOST))
            self._due += self.rate * 0.05 / 8
            while self._due >= PACKET:
                self._due -= PACKET
                self._send(link)
            self._now += 50

    def _send(self, link: float) -> None:
        begins = max(self._now, self._free)
        if begins - self._now > 300:
            return
        self.waited = begins - self._now
        self._free = begins + PACKET * 8000 / link
        sent = int(self._now / 1000 * (1 << 18)) & 0xFFFFFF
        estimate = self._limit.add(round(self._free), sent, PACKET, 1)
        if estimate is not None:
            self.told = estimate[0]


def test_a_free_way_is_not_limited() -> None:
    way = Way()
    way.go(30, 10e6)
    assert way.told >= START_BITRATE * 0.9
    assert way.rate == MOST


def test_a_queue_brings_it_down_to_what_the_link_carries() -> None:
    way = Way()
    way.go(10, 400e3)
    for _ in range(20):
        way.go(2, 400e3)
        assert 120e3 < way.rate < 600e3
    assert way.waited < 300


def test_after_congestion_it_comes_back() -> None:
    way = Way()
    way.go(3, 400e3)
    way.go(20, 60e3)
    assert way.rate < 80e3
    way.go(45, 10e6)
    assert way.rate > 1e6


def test_a_pause_is_no_queue_and_does_not_free_the_way() -> None:
    way = Way()
    way.go(3, 400e3)
    way.go(20, 60e3)
    before = way.told
    way.pause(70)  # time stamps of sending wrap every 64 s
    way.go(1, 10e6)
    assert before * 0.9 <= way.told < before * 1.3
