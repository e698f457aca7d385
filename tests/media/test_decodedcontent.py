"""A piece of a screen, followed through pictures that went through a real video encoder: scrolled, covered, gone."""

from __future__ import annotations

from fractions import Fraction

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from coachdesk.media.screenshare.content import Box, Piece, Sheet, Shift
from coachdesk.media.screenshare.decodedcontent import DecodedPiece
from tests.media.test_content import HEIGHT, HERE, WIDTH, around, covered, page, scrolled

Plane = NDArray[np.uint8]


class Line:
    """VP8 of so many bit/s at ten pictures a second, in and out."""

    def __init__(self, bitrate: int) -> None:
        self._encoder = av.VideoCodecContext.create("libvpx", "w")
        self._encoder.width, self._encoder.height, self._encoder.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        self._encoder.bit_rate, self._encoder.time_base = bitrate, Fraction(1, 10)
        self._encoder.options = {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0", "qmax": "56"}
        self._decoder = av.VideoCodecContext.create("vp8", "r")
        self._number = 0

    def __call__(self, plane: Plane, times: int = 1) -> Sheet:
        """As it comes out, after so many pictures of it."""
        for _ in range(times):
            frame = av.VideoFrame.from_ndarray(cv2.cvtColor(plane, cv2.COLOR_GRAY2BGR), format="bgr24")
            frame = frame.reformat(format="yuv420p")
            frame.pts = self._number
            self._number += 1
            (packet,) = self._encoder.encode(frame)
            (seen,) = self._decoder.decode(packet)
        return Sheet(np.array(seen.to_ndarray(format="gray"), np.uint8))


@pytest.mark.parametrize("bitrate", [1_000_000, 100_000])
@pytest.mark.parametrize("seed", range(4))
def test_what_scrolls_is_found_and_what_is_scrolled_out_is_nowhere(seed: int, bitrate: int) -> None:
    dice, whole, line = np.random.default_rng(seed), page(seed), Line(bitrate)
    before = line(scrolled(whole, 900), 3)
    box = around(int(dice.integers(80, 700)), 300)
    piece, exact = DecodedPiece(before, box), Piece(before, box)
    last, missed = HERE, 0
    for by in dice.integers(650, 1150, 8):
        after, shift = line(scrolled(whole, int(by))), Shift(0, 900 - int(by))
        missed += exact.find(after, last) is None
        last = piece.find(after, last) or last
        assert last == shift
    assert missed, "else pixels that are the same would do"
    for by in (1400, 1500):
        assert piece.find(line(scrolled(whole, by)), last, anywhere=True) is None
    assert piece.find(line(scrolled(whole, 930)), last) == Shift(0, -30), "the very content came back"


def test_what_is_pushed_sideways_or_dragged_is_found() -> None:
    whole, line = page(2, HEIGHT, 1600), Line(500_000)
    piece = DecodedPiece(line(whole[:, 300:1100], 3), around(400, 300))
    assert piece.find(line(whole[:, 203:1003]), HERE) == Shift(97, 0)
    window, desktop, line = page(7, 200, 300), scrolled(page(8), 0), Line(500_000)

    def at(x: int, y: int) -> Sheet:
        plane = desktop.copy()
        plane[y : y + 200, x : x + 300] = window
        return line(plane, 2)

    piece = DecodedPiece(at(100, 100), around(250, 200))
    there = at(331, 287)
    assert piece.find(there, HERE) is None
    assert piece.find(there, HERE, anywhere=True) == Shift(231, 187)
    assert piece.find(there, HERE, [Shift(231, 187)]) == Shift(231, 187), "as another mark there did"


def test_what_is_covered_or_of_another_page_is_hidden() -> None:
    shown, line = scrolled(page(5), 0), Line(500_000)
    piece = DecodedPiece(line(shown, 3), around(400, 300))
    assert piece.find(line(covered(shown, Box(300, 200, 600, 400))), HERE, anywhere=True) is None
    assert piece.find(line(covered(shown, Box(0, 0, 250, 600))), HERE) == HERE, "beside it"
    assert piece.find(line(scrolled(page(6), 0)), HERE, anywhere=True) is None
    assert piece.find(line(shown, 2), HERE) == HERE


def test_rows_that_look_alike_are_not_taken_for_one_another() -> None:
    plane = np.full((HEIGHT, WIDTH), 245, np.uint8)
    for y in range(20, HEIGHT, 30):
        cv2.putText(plane, "Delete this item", (60, y), cv2.FONT_HERSHEY_SIMPLEX, 0.5, 30, 1, cv2.LINE_AA)
    line = Line(500_000)
    piece = DecodedPiece(line(plane, 3), Box(60, 300, 200, 325))
    assert piece.find(line(plane), HERE) == HERE, "nothing has changed"
    assert piece.find(line(np.roll(plane, 13, axis=0), 2), HERE) is None


def test_where_there_is_nothing_to_be_seen_it_stays_while_nothing_changes() -> None:
    plain, line = np.full((HEIGHT, WIDTH), 200, np.uint8), Line(500_000)
    piece = DecodedPiece(line(plain, 2), around(400, 300))
    assert not piece.telling
    assert piece.find(line(plain), HERE, anywhere=True) == HERE
    assert piece.find(line(covered(plain, Box(300, 200, 500, 400), 90), 2), HERE, anywhere=True) is None


def test_at_the_edge_of_the_picture_and_beyond() -> None:
    shown, line = scrolled(page(5), 0), Line(500_000)
    sheet = line(shown, 3)
    for box in (Box(0, 0, 30, 20), Box(WIDTH - 20, HEIGHT - 20, WIDTH, HEIGHT), Box(0, 0, WIDTH, HEIGHT)):
        assert DecodedPiece(sheet, box).find(sheet, HERE) == HERE
    small = Sheet(np.ascontiguousarray(sheet.plane[:40, :40]))
    assert DecodedPiece(sheet, around(400, 300)).find(small, HERE, anywhere=True) is None
