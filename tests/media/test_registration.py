"""A mark on a photo, in the live picture: at its place, or nowhere."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from coachdesk.media.picture.registration import register
from tests.media.scenes import HEIGHT, MARK, WIDTH, content, looking, off, picture

EXACT = 4.0
"""Pixels at 720p."""
FIRST = looking()


def wide_photo() -> np.ndarray:
    """Twice as wide and high as the video."""
    return picture(FIRST, size=2.0, noise=1.0)


@pytest.mark.parametrize(
    "view",
    [
        FIRST,
        looking(90, -40),
        looking(60, 30, zoom=1.4, turn=12),
        looking(-40, 0, zoom=0.7, turn=-20),
        looking(30, 10, tilt=20),
    ],
)
def test_a_mark_is_where_it_was_put_on_the_photo(view: np.ndarray) -> None:
    h = register(wide_photo(), picture(view), content(MARK))
    assert off(h, view) < EXACT


def test_a_blurred_and_darker_picture_will_do() -> None:
    view = looking(50, 20, turn=8)
    blurred = cv2.GaussianBlur(picture(view, gain=0.6, noise=4.0), (0, 0), 1.8)
    assert off(register(wide_photo(), blurred, content(MARK)), view) < EXACT


def test_a_photo_of_another_shape_will_do() -> None:
    """Four by three, as cameras take photos, around what the video shows sixteen by nine of."""
    tall = np.array([[1.0, 0, 0], [0, 1, (WIDTH * 3 / 4 - HEIGHT) / 2], [0, 0, 1]])
    photo = cv2.warpPerspective(
        picture(FIRST), tall, (WIDTH, WIDTH * 3 // 4), borderMode=cv2.BORDER_REFLECT_101
    )
    on_photo = (MARK + [0, tall[1, 2]] + 0.5) / [WIDTH, WIDTH * 3 / 4]
    view = looking(40, 10, turn=5)
    h = register(photo, picture(view), on_photo)
    assert h is not None
    there = cv2.perspectiveTransform(on_photo[None], h)[0] * [WIDTH, HEIGHT] - 0.5
    true = cv2.perspectiveTransform(MARK[None], view)[0]
    assert np.linalg.norm(there - true, axis=1).max() < EXACT


@pytest.mark.parametrize(
    "frame",
    [
        picture(FIRST, seed=2),
        np.full((HEIGHT, WIDTH), 120, np.uint8),
        np.random.default_rng(1).integers(0, 255, (HEIGHT, WIDTH), np.uint8),
        picture(looking(1500, 900)),
    ],
    ids=["something else", "a wall", "noise", "looked away"],
)
def test_what_is_not_there_is_nowhere(frame: np.ndarray) -> None:
    assert register(wide_photo(), frame, content(MARK)) is None


def test_a_mark_half_out_of_the_picture_is_not_placed() -> None:
    assert register(wide_photo(), picture(looking(600, 0)), content(MARK)) is None
