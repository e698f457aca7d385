"""A shared screen on lines of 100 kb/s to 8 Mb/s, in simulated time: it comes, gets sharp, follows the line, and leaves room
for sound.
"""

from __future__ import annotations

import random

import numpy as np
import pytest

from bench.netpath import Conditions
from coachdesk.media.picture import vp8
from coachdesk.media.picture.encoding import SHARP_BYTES, budget
from tests.media.screenline import SOUND_SECONDS, Line

COARSE, SHARP = 60_000, 250_000
"""Bytes of a page of small text of 1080p, as coarse and as sharp as it gets."""
TYPED = 1_200


class Page:
    """Encodes a page as `ScreenEncoder` does, without pictures: how many bytes a picture takes.

    ``turned`` and ``typed``: when the whole of it changes, and when a word does.
    """

    def __init__(self, *, turned: list[float] | None = None, typed: list[float] | None = None) -> None:
        self.bitrate = 0
        self._turned, self._typed = turned or [], typed or []
        self._left = SHARP
        self._shown = float("-inf")
        self._number = 0

    @property
    def sharp(self) -> bool:
        return self._left == 0

    def changed(self, moment: float) -> float:
        return max(each for each in [0.0, *self._turned, *self._typed] if each <= moment)

    def encode(self, moment: float, *, keyframe: bool) -> list[bytes]:
        turned = any(self._shown < each <= moment for each in self._turned)
        typed = any(self._shown < each <= moment for each in self._typed)
        self._shown = moment
        if keyframe or turned:
            size, self._left = COARSE, SHARP - COARSE
        else:
            sharpening = min(self._left, budget(self.bitrate, still=True))
            self._left -= sharpening
            size = max(100, sharpening + TYPED * typed)
        self._number += 1
        data = bytes([0x10 if keyframe else 0x11]) + random.Random(self._number).randbytes(size - 1)
        return vp8.packetize(data, self._number & 0x7FFF)


def line_of(page: Page, kbps: float, *, loss: float = 0.02, delay_ms: float = 60) -> Line:
    return Line(page, page.changed, Conditions(delay_ms=delay_ms, loss=loss, rate_kbps=kbps))


def latencies(line: Line, moments: list[float]) -> list[float]:
    """Seconds from each moment to a picture at the viewer that was taken then or later."""
    return [min(seen.time for seen in line.seen if seen.moment >= moment) - moment for moment in moments]


def sound(line: Line, begin: float) -> tuple[float, float]:
    """Since then: the share of packets of sound that was lost, and how long 95 of 100 others took at most."""
    packets = line.sound[round(begin / SOUND_SECONDS) :]
    took = [each for each in packets if each is not None]
    return 1 - len(took) / len(packets), float(np.percentile(took, 95))


@pytest.mark.parametrize(("kbps", "first", "sharp"), [(8000, 2, 8), (1000, 2, 8), (300, 4, 16)])
def test_a_picture_comes_soon_and_gets_sharp_and_then_nothing_is_sent(
    kbps: float, first: float, sharp: float
) -> None:
    page = Page()
    line = line_of(page, kbps)
    line.go(first)
    assert line.seen
    line.go(sharp)
    assert page.sharp
    line.go(sharp + 8)
    assert line.seen[-1].moment == line.sent[-1].time
    pictures = len(line.sent)
    line.go(sharp + 20)
    assert len(line.sent) == pictures
    assert sum(sent.keyframe for sent in line.sent) == 1


def test_on_the_least_line_pictures_come_too() -> None:
    page = Page(typed=[20 + each for each in range(0, 40, 4)])
    line = line_of(page, 150)
    line.go(60)
    assert line.seen[0].time < 15
    assert len([seen for seen in line.seen if seen.time > 20]) >= 5


@pytest.mark.parametrize(("kbps", "median"), [(8000, 0.2), (1000, 0.35), (300, 1.2)])
def test_typing_is_seen_soon(kbps: float, median: float) -> None:
    typed = [16 + each / 8 for each in range(64)]
    line = line_of(Page(typed=typed), kbps)
    line.go(28)
    assert np.median(latencies(line, typed)) < median


@pytest.mark.parametrize(("kbps", "took"), [(8000, 0.12), (1000, 0.25), (300, 0.25)])
def test_sound_gets_through_while_pages_are_turned(kbps: float, took: float) -> None:
    line = line_of(Page(turned=[6.0 + each for each in range(8)]), kbps)
    line.go(16)
    lost, longest = sound(line, 5.0)
    assert lost < 0.06
    assert longest < took


def test_the_rate_rises_to_8_mbit_and_falls_with_the_line() -> None:
    line = line_of(Page(turned=[each / 10 for each in range(150)]), 10_000)
    line.go(12)
    assert line.rate.bitrate > 7_000_000
    line.set(Conditions(delay_ms=60, loss=0.02, rate_kbps=300))
    line.go(22)
    assert line.rate.bitrate < 400_000
    pictures = len(line.seen)
    line.go(32)
    assert len(line.seen) > pictures
    assert sound(line, 24.0)[0] < 0.1


def test_a_way_that_becomes_longer_is_no_queue() -> None:
    line = line_of(Page(turned=[each / 5 for each in range(100)]), 2_000, loss=0.0, delay_ms=5)
    line.go(8)
    line.set(Conditions(delay_ms=130, rate_kbps=2_000))
    line.go(18)
    assert line.rate.bitrate > 900_000


@pytest.mark.parametrize("loss", [0.02, 0.08])
def test_what_is_lost_comes_again_and_is_seldom_replaced_by_a_keyframe(loss: float) -> None:
    line = line_of(Page(turned=[2.0 * each for each in range(1, 15)]), 1_000, loss=loss)
    line.go(30)
    assert sum(sent.keyframe for sent in line.sent) <= 2
    assert line.buffer.skipped <= 1


def test_somebody_who_asks_while_a_keyframe_is_on_its_way_does_not_get_another() -> None:
    line = line_of(Page(), 300)
    for step in range(1, 20):
        line.go(step * 0.1)
        line.keyframes.ask(line.now)
    assert sum(sent.keyframe for sent in line.sent) == 1
    line.keyframes.need()
    line.go(8)
    assert sum(sent.keyframe for sent in line.sent) == 2


def test_sharpening_ends_with_pictures_of_next_to_nothing() -> None:
    page = Page()
    line = line_of(page, 8_000)
    line.go(15)
    sizes = [sent.size for sent in line.sent]
    assert min(sizes[:3]) > SHARP_BYTES
    assert max(sizes[-3:]) <= SHARP_BYTES
