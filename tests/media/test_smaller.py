"""Motion on a line that does not bear it as it is: fewer pixels, and as many pictures."""

from __future__ import annotations

import av
import numpy as np
import pytest

from coachdesk.media.packet import VIDEO_RATE
from coachdesk.media.picture import vp8
from coachdesk.media.picture.encoding import CAMERA, MOTION, SCREEN
from coachdesk.media.picture.smaller import GROW, LEAST_SIDE, Smaller
from coachdesk.media.picture.video import Vp8Encoder

FULL = 1920, 1080


@pytest.mark.parametrize(
    ("bitrate", "size"),
    [
        (8_000_000, FULL),
        (2_080_000, FULL),
        (2_000_000, (1440, 810)),
        (1_000_000, (960, 540)),
        (300_000, (720, 404)),
        (50_000, (480, 270)),
    ],
)
def test_the_slower_the_line_the_smaller_the_picture(bitrate: int, size: tuple[int, int]) -> None:
    assert Smaller(1.0).size(*FULL, bitrate) == size


def test_a_rate_that_wavers_changes_the_size_once() -> None:
    """Each change is a keyframe."""
    smaller, needed = Smaller(1.0), FULL[0] * FULL[1]
    assert smaller.size(*FULL, needed) == FULL
    wavering = [smaller.size(*FULL, round(needed * share)) for share in (0.95, 1.05, 0.9, 1.2, 0.95)]
    assert set(wavering) == {(1440, 810)}
    assert smaller.size(*FULL, round(needed * GROW) + 1) == FULL


def test_no_picture_gets_smaller_than_can_be_seen_and_cameras_stay_as_they_are() -> None:
    assert min(Smaller(1.0).size(400, 300, 1)) == LEAST_SIDE
    assert Smaller(1.0).size(100, 90, 1) == (100, 90)
    for encoding in (CAMERA, SCREEN):
        assert Smaller(encoding.pixel_rate).size(*FULL, 1) == FULL
    assert MOTION.pixel_rate


def test_what_is_encoded_is_of_that_size_and_large_again_once_there_are_the_bits() -> None:
    encoder = Vp8Encoder(MOTION)
    noise = np.random.default_rng(1).integers(0, 255, (360, 640, 3), np.uint8)
    decoder = av.CodecContext.create("libvpx", "r")
    sizes = []
    for number, bitrate in enumerate((1_000_000, 60_000, 1_000_000)):
        encoder.bitrate = bitrate
        frame = av.VideoFrame.from_ndarray(noise, format="bgr24")
        frame.pts = number * VIDEO_RATE // 30
        payloads = encoder.encode(frame)
        assert vp8.starts_keyframe(payloads[0])
        data = b"".join(vp8.parse(payload).data for payload in payloads)
        sizes += [(each.width, each.height) for each in decoder.decode(av.Packet(data))]
    assert sizes == [(640, 360), (320, 180), (640, 360)]
