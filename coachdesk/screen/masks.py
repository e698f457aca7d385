"""What is hidden of a picture of the screen: windows made plain, regions blurred beyond recognition. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

HIDDEN_GREY = 40
"""Shade of what is hidden, is over a window, or of what of it is not on the screen."""
CELL, LEVELS = 96, 16
"""Of a blurred region, one colour is left for so many pixels in width and height, in so many shades."""

Picture = NDArray[np.uint8]


class Rect(NamedTuple):
    """In pixels of the root window."""

    x: int
    y: int
    width: int
    height: int


class Hidden(NamedTuple):
    """A window that is not to be seen. ``covers``: what surely lies over it, and may be seen."""

    place: Rect
    covers: tuple[Rect, ...] = ()


def within(rect: Rect, place: Rect) -> tuple[slice, slice]:
    """Rows and columns of ``place`` that ``rect`` takes."""
    left, top = max(0, rect.x - place.x), max(0, rect.y - place.y)
    right, bottom = rect.x + rect.width - place.x, rect.y + rect.height - place.y
    return slice(top, max(top, bottom)), slice(left, max(left, right))


def make_plain(picture: Picture, place: Rect, hidden: Iterable[Hidden]) -> None:
    """Overwrites in ``picture``, of what is at ``place``, all that any of ``hidden`` may show."""
    for window in dict.fromkeys(hidden):
        part = picture[within(window.place, place)]
        plain = np.ones(part.shape[:2], np.bool_)
        top, left = max(window.place.y, place.y), max(window.place.x, place.x)
        for cover in window.covers:
            plain[within(cover, Rect(left, top, 0, 0))] = False
        part[plain] = HIDDEN_GREY


def blur(picture: Picture, place: Rect, regions: Iterable[Rect]) -> None:
    """Overwrites what of ``picture``, of what is at ``place``, is in ``regions``.

    Shades are coarse, so that what moves behind a region is not told, picture by picture, by how its cells change.
    """
    for region in regions:
        part = picture[within(region, place)]
        height, width = part.shape[:2]
        if height and width:
            cells = max(1, width // CELL), max(1, height // CELL)
            few = cv2.resize(part, cells, interpolation=cv2.INTER_AREA)
            step = 256 // LEVELS
            few = few // step * step + step // 2
            part[:] = cv2.resize(few, (width, height), interpolation=cv2.INTER_LINEAR)
