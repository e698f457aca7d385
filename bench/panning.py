"""A camera that turns to and fro before a made-up workbench, as a video whose motion is known: for ``bench/ink.py``.

Every picture carries its number as a row of black and white squares in its upper left corner. Positions are in pixels of the
1280 x 720 picture. The camera stands still for the first ``STILL`` pictures, then turns at ``SPEED`` degrees a second.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT, FPS = 1280, 720, 30
STILL, TURNING = 90, 200
FRAMES = STILL + TURNING
SPEED, FARTHEST = 30.0, 25.0
"""Degrees a second, and from the middle."""
FIELD_OF_VIEW = 60.0
EXPOSURE = 1 / 90
"""Seconds a picture is exposed: what moves is blurred."""
BITS, SQUARE = 9, 40
WORKBENCH = (3600, 1500)
QUALITY = 92
JPEG_BEGINS = b"\xff\xd8\xff"

Picture = NDArray[np.uint8]
Matrix = NDArray[np.float64]


def angle(seconds: float) -> float:
    """Where the camera points, degrees to the right."""
    turned = (max(0.0, seconds - STILL / FPS) * SPEED + FARTHEST) % (4 * FARTHEST)
    return turned - FARTHEST if turned < 2 * FARTHEST else 3 * FARTHEST - turned


def workbench(seed: int = 5) -> Picture:
    """Parts and labels on a table, height x width x 3; nothing is as bright as marks are."""
    rng = np.random.default_rng(seed)
    width, height = WORKBENCH
    table = np.full((height, width, 3), (96, 118, 134), np.uint8)
    for _ in range(900):
        x, y = rng.integers(0, (width, height))
        size, colour = rng.integers(8, 70, 2), tuple(int(part) for part in rng.integers(20, 160, 3))
        if rng.random() < 0.5:
            cv2.rectangle(table, (x, y), (x + int(size[0]), y + int(size[1])), colour, -1)
        else:
            cv2.circle(table, (x, y), int(size[0]) // 2, colour, -1)
    for number in range(200):
        x, y = rng.integers(0, (width, height))
        cv2.putText(table, f"M{number} {x % 97}", (x, y), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (24, 26, 30), 2)
    grain = rng.normal(0, 5, table.shape)
    return np.clip(cv2.GaussianBlur(table, (0, 0), 1.0) + grain, 0, 255).astype(np.uint8)


def seen_from(seconds: float) -> Matrix:
    """From the workbench to the picture: the homography of a camera that turns about its own middle."""
    focal = WIDTH / 2 / np.tan(np.radians(FIELD_OF_VIEW / 2))
    turn = np.radians(angle(seconds))
    camera = np.array([[focal, 0, WIDTH / 2], [0, focal, HEIGHT / 2], [0, 0, 1]])
    rotation = np.array([[np.cos(turn), 0, -np.sin(turn)], [0, 1, 0], [np.sin(turn), 0, np.cos(turn)]])
    middle = np.array([[1, 0, -WORKBENCH[0] / 2], [0, 1, -WORKBENCH[1] / 2], [0, 0, focal]])
    found: Matrix = camera @ rotation @ middle
    return found


def place(number: int, x: float, y: float) -> tuple[float, float]:
    """Where in picture ``number`` the thing is that is at (x, y) in the first one."""
    motion = seen_from((number + 0.5 * EXPOSURE * FPS) / FPS) @ np.linalg.inv(seen_from(0.0))
    at = motion @ (x, y, 1.0)
    return float(at[0] / at[2]), float(at[1] / at[2])


def write(path: Path) -> None:
    """As Motion JPEG, which Chromium takes for a camera."""
    table = workbench()
    with path.open("wb") as file:
        for number in range(FRAMES):
            file.write(_jpeg(exposed(table, number)))


def scale(path: Path, smaller: Path, width: int) -> None:
    """Writes a video of ``write`` once more, with fewer pixels."""
    size = width, width * HEIGHT // WIDTH
    pictures = path.read_bytes().split(JPEG_BEGINS)[1:]
    with smaller.open("wb") as file:
        for data in pictures:
            picture = cv2.imdecode(np.frombuffer(JPEG_BEGINS + data, np.uint8), cv2.IMREAD_COLOR)
            assert picture is not None
            file.write(_jpeg(cv2.resize(picture, size, interpolation=cv2.INTER_AREA)))


def _jpeg(picture: cv2.typing.MatLike) -> bytes:
    done, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    assert done
    return data.tobytes()


def number_in(picture: Picture) -> int:
    """Which picture this is, whatever its size."""
    scale = picture.shape[1] / WIDTH
    centre, reach = SQUARE * scale / 2, max(1, int(SQUARE * scale / 4))
    row = int(centre)
    found = 0
    for bit in range(BITS):
        column = int((bit + 0.5) * SQUARE * scale)
        square = picture[row - reach : row + reach, column - reach : column + reach]
        found |= int(square.mean() > 128) << bit
    return found


def exposed(table: Picture, number: int) -> Picture:
    """Picture ``number``, 720 x 1280 x 3: the mean of what is seen of ``workbench()`` while the shutter is open."""
    moments = [(number + share * EXPOSURE * FPS) / FPS for share in (0.0, 0.25, 0.5, 0.75, 1.0)]
    views = [cv2.warpPerspective(table, seen_from(moment), (WIDTH, HEIGHT)) for moment in moments]
    picture = np.mean(views, axis=0).astype(np.uint8)
    for bit in range(BITS):
        colour = (255,) * 3 if number >> bit & 1 else (0,) * 3
        corner = bit * SQUARE
        cv2.rectangle(picture, (corner, 0), (corner + SQUARE - 1, SQUARE - 1), colour, -1)
    return picture
