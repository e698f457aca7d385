"""What is hidden of a picture of the screen: windows made plain, regions blurred beyond recognition. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

HIDDEN_GREY = 40
"""Shade of what is hidden, is over a window, or of what of it is not on the screen."""
EDGE = 16
"""So near to a picture's edge lies, all of it, what is along that: a line of four pixels at a scale of four."""
CELL, LEVELS = 96, 16
"""Of a blurred region, one colour is left for so many pixels in width and height, in so many shades."""

Picture = NDArray[np.uint8]


class Rect(NamedTuple):
    """In pixels of the root window."""

    x: int
    y: int
    width: int
    height: int


def within(rect: Rect, place: Rect) -> tuple[slice, slice]:
    """Rows and columns of ``place`` that ``rect`` takes."""
    left, top = max(0, rect.x - place.x), max(0, rect.y - place.y)
    right, bottom = rect.x + rect.width - place.x, rect.y + rect.height - place.y
    return slice(top, max(top, bottom)), slice(left, max(left, right))


def uncovered(rect: Rect, covers: Iterable[Rect]) -> list[Rect]:
    """What of ``rect`` is in none of ``covers``, in parts that do not overlap."""
    parts = [rect]
    for cover in covers:
        parts = [part for each in parts for part in _without(each, cover)]
    return parts


def _without(rect: Rect, cover: Rect) -> list[Rect]:
    """Above, below, left and right of ``cover``."""
    left, top = max(rect.x, cover.x), max(rect.y, cover.y)
    right, bottom = (
        min(rect.x + rect.width, cover.x + cover.width),
        min(rect.y + rect.height, cover.y + cover.height),
    )
    if left >= right or top >= bottom:
        return [rect]
    parts = (
        Rect(rect.x, rect.y, rect.width, top - rect.y),
        Rect(rect.x, bottom, rect.width, rect.y + rect.height - bottom),
        Rect(rect.x, top, left - rect.x, bottom - top),
        Rect(right, top, rect.x + rect.width - right, bottom - top),
    )
    return [part for part in parts if part.width > 0 and part.height > 0]


def make_plain(picture: Picture, place: Rect, hidden: Iterable[Rect]) -> None:
    """Overwrites in ``picture``, of what is at ``place``, all that is in any of ``hidden``."""
    for rect in dict.fromkeys(hidden):
        picture[within(rect, place)] = HIDDEN_GREY


def mend_edges(picture: Picture, place: Rect, parts: Iterable[Rect]) -> None:
    """What of ``picture``, of what is at ``place``, is along an edge and in ``parts`` is seen as what is beside it."""
    height, width = picture.shape[:2]
    left = top = right = bottom = 0
    for part in parts:
        rows, columns = within(part, place)
        if columns.start >= width or rows.start >= height or not columns.stop or not rows.stop:
            continue
        if columns.stop <= EDGE:
            left = max(left, columns.stop)
        elif columns.start >= width - EDGE:
            right = max(right, width - columns.start)
        elif rows.stop <= EDGE:
            top = max(top, rows.stop)
        elif rows.start >= height - EDGE:
            bottom = max(bottom, height - rows.start)
    if left + right < width and top + bottom < height:
        picture[:top] = picture[top]
        picture[height - bottom :] = picture[height - bottom - 1]
        picture[:, :left] = picture[:, left, None]
        picture[:, width - right :] = picture[:, width - right - 1, None]


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
