"""A screen encoded within a budget: coarse at first, then sharp, and never many times what the line bears."""

from __future__ import annotations

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from coachdesk.media.picture import vp8
from coachdesk.media.picture.encoding import SCREEN, budget
from coachdesk.media.screenshare.screenencoder import OVERSHOOT, ScreenEncoder

Picture = NDArray[np.uint8]
SIZE = 1280, 720


def page(number: int) -> Picture:
    """Of small text, grey."""
    words = np.random.default_rng(number)
    picture = np.full(SIZE[::-1], 255, np.uint8)
    for line in range(1, SIZE[1] // 16):
        text = " ".join("".join(map(chr, words.integers(97, 123, 6))) for _ in range(20))
        cv2.putText(picture, text, (4, 16 * line), cv2.FONT_HERSHEY_SIMPLEX, 0.4, 20, 1, cv2.LINE_AA)
    return picture


PAGES = [page(number) for number in range(3)]


class Screen:
    """An encoder, and what a decoder makes of it."""

    def __init__(self, bitrate: int) -> None:
        self.encoder = ScreenEncoder(SCREEN)
        self.encoder.bitrate = bitrate
        self.sizes: list[int] = []
        self.keyframes = 0
        self._decoder = av.CodecContext.create("libvpx", "r")

    def show(self, picture: Picture, *, keyframe: bool = False, still: bool = False) -> float:
        """How far the decoded picture is off, in shades, root mean square."""
        frame = av.VideoFrame.from_ndarray(picture, format="gray")
        parts = [vp8.parse(payload) for payload in self.encoder.encode(frame, keyframe=keyframe, still=still)]
        data = b"".join(part.data for part in parts)
        self.sizes.append(len(data))
        self.keyframes += parts[0].keyframe
        decoded = self._decoder.decode(av.Packet(data))[0].to_ndarray(format="gray")
        return float(np.sqrt(np.mean((decoded[: SIZE[1], : SIZE[0]].astype(float) - picture) ** 2)))


def test_a_picture_that_stands_still_gets_sharper_with_each_and_then_costs_nothing() -> None:
    screen = Screen(1_000_000)
    errors = [screen.show(PAGES[0], still=number > 0) for number in range(25)]
    assert errors[5] < errors[0] * 0.8
    assert errors[-1] < errors[0] * 0.4
    assert screen.keyframes == 1
    assert max(screen.sizes[1:]) < OVERSHOOT[0] * budget(1_000_000, still=True)


def test_another_page_after_a_sharp_one_takes_little_more_than_the_first() -> None:
    screen = Screen(300_000)
    for _ in range(25):
        screen.show(PAGES[0])
    for _ in range(3):
        screen.show(PAGES[1])
        screen.show(PAGES[2])
    assert max(screen.sizes[25:]) < 1.5 * screen.sizes[0]


def test_a_better_line_gives_a_sharper_page() -> None:
    narrow, wide = Screen(300_000), Screen(8_000_000)
    assert wide.show(PAGES[0]) < narrow.show(PAGES[0])
    narrow.encoder.bitrate = 8_000_000
    before = narrow.show(PAGES[1])
    assert before < Screen(300_000).show(PAGES[1])


def test_what_is_scrolled_stays_as_sharp_as_it_began_and_gets_sharper_once_it_stands() -> None:
    screen = Screen(4_000_000)
    pages = [page(number) for number in range(3, 10)]
    errors = [screen.show(each) for each in pages]
    assert max(errors) < 1.1 * errors[0]
    assert screen.keyframes <= 3
    still = [screen.show(pages[-1], still=True) for _ in range(25)]
    assert still[1] < 0.9 * errors[-1]
    assert still[-1] < 0.5 * errors[-1]


def test_a_window_that_is_dragged_is_not_sent_anew_with_each_picture() -> None:
    screen = Screen(8_000_000)
    for number in range(12):
        screen.show(PAGES[0], still=number > 0)
    window = PAGES[1][:300, :500]
    speeds = [min(28, 2 * step) for step in range(1, 21)]
    for x in np.cumsum(speeds):
        picture = PAGES[0].copy()
        picture[100 + x // 3 :, 20 + x :][:300, :500] = window
        screen.show(picture)
    assert screen.keyframes == 1
    assert np.mean(screen.sizes[-10:]) < 0.25 * screen.sizes[0]


def test_a_keyframe_can_be_decoded_on_its_own() -> None:
    screen, late = Screen(1_000_000), av.CodecContext.create("libvpx", "r")
    screen.show(PAGES[0])
    frame = av.VideoFrame.from_ndarray(PAGES[0], format="gray")
    data = b"".join(vp8.parse(each).data for each in screen.encoder.encode(frame, keyframe=True))
    assert len(late.decode(av.Packet(data))) == 1
