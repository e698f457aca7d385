"""What a viewer of ``bench/screen.py`` saw: the clock of each picture, and some pictures whole; what that is worth.

Latency is from a change on the screen to the first picture that shows it or a later one. Sharpness is the SSIM (Wang et al.,
2004) of the page of text as shown, against the picture of the same number.
"""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from bench import desktop
from coachdesk.media.picture.framering import FrameReader

KEEP_SECONDS = 2.5
LOOK_SECONDS = 0.004
STABLE_1, STABLE_2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
SIGMA = 1.5

Moments = list[tuple[int, float]]
"""Numbers, and when each was there, in monotonic seconds."""


class Kept(NamedTuple):
    """A picture's shades, height x width, and a time at which it was the newest."""

    grey: NDArray[np.uint8]
    time: float


class Seen:
    """``numbers``: of each picture whose clock could be read, with its time."""

    def __init__(self) -> None:
        self.numbers: Moments = []
        self.kept: list[Kept] = []

    def save(self, path: Path) -> None:
        pictures = {f"picture{index}": kept.grey for index, kept in enumerate(self.kept)}
        times = np.array([kept.time for kept in self.kept])
        moments = np.array(self.numbers, np.float64).reshape(-1, 2)
        np.savez(path, numbers=moments[:, 0], times=moments[:, 1], kept=times, **pictures)  # type: ignore[arg-type]

    @staticmethod
    def load(path: Path) -> Seen:
        seen = Seen()
        with np.load(path) as file:
            seen.numbers = [(int(n), float(t)) for n, t in zip(file["numbers"], file["times"], strict=True)]
            seen.kept = [Kept(file[f"picture{index}"], float(t)) for index, t in enumerate(file["kept"])]
        return seen


class Watcher:
    """Reads the pictures of a viewer's shared memory on a thread of its own, until closed."""

    def __init__(self, memory: str) -> None:
        self.seen = Seen()
        self._reader = FrameReader(memory)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watcher", daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        grey, keep = None, time.monotonic() + KEEP_SECONDS
        while not self._ended.wait(LOOK_SECONDS):
            picture, now = self._reader.read(), time.monotonic()
            if picture is not None:
                grey = desktop.shade(picture.bgra)
                number = desktop.number_in(grey)
                if number is not None:
                    self.seen.numbers.append((number, now))
            if now >= keep and grey is not None:
                self.seen.kept.append(Kept(grey, now))
                keep = now + KEEP_SECONDS

    def close(self) -> None:
        self._ended.set()
        self._thread.join()
        self._reader.close()


def latencies(shown: Moments, seen: Moments, begin: float, end: float) -> list[float]:
    """Seconds of each change between ``begin`` and ``end`` whose picture, or a later one of its scene, was seen."""
    found, at = [], 0
    for number, changed in shown:
        if not begin <= changed < end:
            continue
        while at < len(seen) and not (seen[at][1] >= changed and _shows(seen[at][0], number)):
            at += 1
        if at < len(seen):
            found.append(seen[at][1] - changed)
    return found


def _shows(seen: int, number: int) -> bool:
    """Whether a picture is this one or a later one of its scene, which begins again after ``STEPS``."""
    same = seen // desktop.STEPS == number // desktop.STEPS
    return same and (seen - number) % desktop.STEPS < desktop.STEPS // 2


def sharpness(kept: Kept) -> float | None:
    """SSIM of the page, 1 at most; None where the picture does not say its number."""
    number = desktop.number_in(kept.grey)
    if number is None:
        return None
    page = desktop.cut(desktop.PAGE)
    return ssim(desktop.shade(desktop.picture(number))[page], fitted(kept.grey)[page])


def fitted(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """As large as the screen."""
    size = (desktop.WIDTH, desktop.HEIGHT)
    if grey.shape == size[::-1]:
        return grey
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_CUBIC), np.uint8)


def ssim(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """Mean structural similarity of two grey pictures of one size."""
    a, b = one.astype(np.float32), other.astype(np.float32)
    mean_a, mean_b = _mean(a), _mean(b)
    variance = _mean(a * a) - mean_a**2 + _mean(b * b) - mean_b**2
    covariance = _mean(a * b) - mean_a * mean_b
    likeness = (2 * mean_a * mean_b + STABLE_1) * (2 * covariance + STABLE_2)
    return float((likeness / ((mean_a**2 + mean_b**2 + STABLE_1) * (variance + STABLE_2))).mean())


def _mean(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), SIGMA), np.float32)
