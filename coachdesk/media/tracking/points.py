"""Which points of a keyframe are followed, and how much each can tell: spread evenly, most of them on the mark."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from coachdesk.media.tracking.geometry import Floats, Mask
from coachdesk.media.tracking.view import Tensor, View, at

BORDER = 7
"""Pixels at the edge of the picture where nothing is followed."""
ON_MARK = 8.0
"""Pixels around the mark that count as on it."""
MOST_ON_MARK, MOST_AROUND, MOST_ELSEWHERE = 90, 80, 200
CELL_AROUND, CELL_ELSEWHERE = 10, 20
LEAST_CORNER = 25.0
"""Of the smaller eigenvalue, in squared Sobel units: below it there is nothing to follow."""
NOISE = 60.0
"""Squared gradient that tells nothing: what noise and coding leave."""


@dataclass(frozen=True)
class Points:
    """What is followed of one keyframe.

    Attributes:
        at: N x 2, work pixels of the keyframe.
        away: N, pixels from the mark; 0 on it.
        information: N x 3, the matrix [[a, b], [b, c]] as a, b, c: 1 along a direction in which the point can be
            placed, 0 along one in which it cannot (an edge counts only across itself).
        corner: N, the smaller eigenvalue of that.
    """

    at: Floats
    away: Floats
    information: Floats
    corner: Floats

    def __len__(self) -> int:
        return len(self.at)


def choose(view: View, away: NDArray[np.float32], radius: float) -> Points:
    """The points of ``view``; ``away``: pixels from the mark, for each pixel; ``radius``: where its surroundings end."""
    corner = view.corner
    open_ = np.zeros(corner.shape, bool)
    open_[BORDER:-BORDER, BORDER:-BORDER] = True
    strongest = float(corner.max())
    mark = open_ & (away <= ON_MARK)
    cell = int(np.clip(np.sqrt(max(1, int(mark.sum())) / MOST_ON_MARK), 4, 12))
    found = np.concatenate(
        [
            _strongest(corner, mark, cell, MOST_ON_MARK, LEAST_CORNER),
            _strongest(
                corner,
                open_ & (away > ON_MARK) & (away < radius),
                CELL_AROUND,
                MOST_AROUND,
                max(LEAST_CORNER, 0.002 * strongest),
            ),
            _strongest(
                corner,
                open_ & (away >= radius),
                CELL_ELSEWHERE,
                MOST_ELSEWHERE,
                max(LEAST_CORNER, 0.005 * strongest),
            ),
        ]
    )
    distance = at(away, found)
    information, least = _information(view.tensor, found, distance < radius)
    return Points(found, distance, information, least)


def distances(outline: Floats, size: tuple[int, int]) -> NDArray[np.float32]:
    """Height x width: pixels from the convex hull of ``outline``. Exact to two pixels."""
    width, height = size
    outside = np.full((height // 2, width // 2), 255, np.uint8)
    hull = cv2.convexHull(outline.astype(np.float32).reshape(-1, 1, 2)).reshape(-1, 2)
    cv2.fillConvexPoly(outside, (np.clip(hull, -1e4, 1e4) / 2).astype(np.int32), 0)
    if outside.all():
        return np.full((height, width), 1e3, np.float32)
    half = cv2.distanceTransform(outside, cv2.DIST_L2, 3)
    return np.asarray(cv2.resize(half, (width, height), interpolation=cv2.INTER_NEAREST) * np.float32(2))


def _strongest(corner: NDArray[np.float32], where: Mask, cell: int, most: int, least: float) -> Floats:
    """The strongest corner of every cell x cell square within ``where``: at most ``most``, the strongest first."""
    height, width = (side // cell * cell for side in corner.shape)
    across = width // cell
    squares = np.where(where[:height, :width], corner[:height, :width], 0).reshape(
        height // cell, cell, across, cell
    )
    flat = squares.transpose(0, 2, 1, 3).reshape(-1, cell * cell)
    inner = flat.argmax(1)
    square = np.arange(len(flat))
    strength = flat[square, inner]
    kept = np.flatnonzero(strength > least)
    if len(kept) > most:
        kept = kept[np.argpartition(-strength[kept], most)[:most]]
    x = kept % across * cell + inner[kept] % cell
    y = kept // across * cell + inner[kept] // cell
    return np.stack([x, y], 1).astype(np.float64)


def _information(tensor: Tensor, points: Floats, near: Mask) -> tuple[Floats, Floats]:
    """The information matrices of ``points``, and their smaller eigenvalues."""
    xx, xy, yy = (at(plane, points) for plane in tensor)
    mean, spread = (xx + yy) / 2, np.hypot((xx - yy) / 2, xy)
    long, short = mean + spread, np.maximum(mean - spread, 0.0)
    usual = float(np.median(long)) if len(long) else 1.0
    there = float(np.median(long[near])) if near.sum() > 8 else usual
    floor = 0.15 * min(there, usual) + NOISE
    along, across = long / (long + floor), short / (short + floor)
    angle = 0.5 * np.arctan2(2 * xy, xx - yy)
    c, s = np.cos(angle), np.sin(angle)
    matrix = [along * c * c + across * s * s, (along - across) * c * s, along * s * s + across * c * c]
    return np.stack(matrix, 1), across
