"""How well marks stick: known movements of a camera, and how far from the truth the tracker draws.

    python bench/tracking.py [--clips leave,hand] [--seeds 2] [--tracker module:Class] [--json FILE]

A tracker has ``init(frame_bgr, points)`` and ``update(frame_bgr) -> points or None`` (None: not shown). P5 and P15: percent
of the pictures that show the mark in which it is drawn within 5 and 15 pixels (not shown counts as a miss). wrong: percent
of all pictures with a mark drawn over 30 pixels off. back: milliseconds until it is drawn right again after it had left.
ms: per picture on one thread, median, 95th percentile and worst.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.clips import (
    HEIGHT,
    RATE,
    REPEATED,
    RICH,
    WIDTH,
    Clip,
    Floats,
    Plane,
    Shot,
    keys,
    load,
    shoot,
    wall,
    wave,
)

NEAR, CLOSE, WRONG = 5.0, 15.0, 30.0
AWAY_SECONDS, STEADY = 1.0, 3
DEFAULT = "coachdesk.media.tracker:BenchTracker"


class Result(msgspec.Struct):
    """Of one clip. ``back_ms``: None where the mark never left, or never came back right."""

    clip: str
    p5: float
    p15: float
    wrong: float
    back_ms: float | None
    ms: list[float]


def mark(rng: np.random.Generator, width: float = 190, height: float = 140) -> Floats:
    """A box near the middle of the picture."""
    middle = rng.uniform(0.42, 0.58, 2) * [WIDTH, HEIGHT]
    return middle + np.array([[-width, -height], [width, -height], [width, height], [-width, height]]) / 2


def flat(rng: np.random.Generator) -> list[Plane]:
    return [wall(rng, list(rng.permutation(RICH)), 1.0, 4.5)]


def deep(rng: np.random.Generator, width: float) -> list[Plane]:
    """A board before a wall that moves otherwise."""
    names = list(rng.permutation(RICH))
    return [wall(rng, names[1:], 2.3, 7.0), Plane(load(names[0]), width, 1.0, turned=15)]


def plain() -> list[Plane]:
    """A faint label on an even wall."""
    sheet = np.full((900, 1600, 3), 170, np.float32)
    label = cv2.resize(load("signs"), (420, 300)).astype(np.float32)
    sheet[300:600, 590:1010] += 0.4 * (label - label.mean((0, 1)))
    return [Plane(np.clip(sheet, 0, 255).astype(np.uint8), 1.8, 1.0)]


CLIPS: dict[str, Callable[[np.random.Generator], Clip]] = {
    "handheld": lambda r: Clip(flat(r), mark(r), tremor=2.2, x=wave(0.1, 0.3), nearer=wave(0.1, 0.2)),
    "zoom": lambda r: Clip(flat(r), mark(r), nearer=keys((0, 0), (0.6, 0), (2.4, 0.5), (4.8, -0.8))),
    "turn": lambda r: Clip(flat(r), mark(r), roll=keys((0, 0), (0.5, 0), (3, 170), (4.8, 40))),
    "fast": lambda r: Clip(flat(r), mark(r), pan=wave(13, 1.8), nod=wave(6, 1.3), roll=wave(6, 1.1)),
    "blur": lambda r: Clip(flat(r), mark(r), pan=wave(8, 1.5), nod=wave(5, 1.9), shutter=1 / 31),
    "light": lambda r: Clip(
        flat(r), mark(r), tremor=2, noise=12, shutter=1 / 40, gain=lambda t: 0.65 + wave(0.35, 0.6)(t)
    ),
    "hand": lambda r: Clip(flat(r), mark(r), tremor=1.6, hand=(1.2, 3.6)),
    "leave": lambda r: Clip(
        flat(r), mark(r), pan=keys((0, 0), (1, 0), (1.8, 55), (3.4, 55), (4.2, 0)), seconds=6
    ),
    "gone": lambda r: Clip(flat(r), mark(r), pan=wave(4, 0.5), elsewhere=1.6),
    "freeze": lambda r: Clip(flat(r), mark(r), pan=wave(9, 0.55), frozen=[(1, 1.4), (2, 2.5), (3.2, 3.7)]),
    "delay": lambda r: Clip(
        flat(r), mark(r), pan=keys((0, 0), (0.02, 0), (0.6, 13), (3, 5)), skipped=13, seconds=3
    ),
    "plain": lambda r: Clip(plain(), mark(r, 150, 110), tremor=1.8, pan=wave(5, 0.6), shutter=1 / 60),
    "repeat": lambda r: Clip(
        [wall(r, [str(r.choice(REPEATED))], 1.0, 4.5)], mark(r), tremor=1.8, pan=wave(7, 0.7)
    ),
    "parallax": lambda r: Clip(deep(r, 0.7), mark(r), tremor=1.8, x=wave(0.25, 0.3), pan=wave(4, 0.5)),
    "small": lambda r: Clip(deep(r, 0.35), mark(r, 110, 80), tremor=1.5, x=wave(0.2, 0.3)),
    "tiny": lambda r: Clip(flat(r), mark(r, 44, 30), tremor=2, pan=wave(8, 0.8), roll=wave(10, 0.35)),
}


def judge(name: str, make: Callable[[], Any], shots: list[Shot]) -> Result:
    """Runs one tracker over one clip."""
    tracker = make()
    first = shots[0].truth
    assert first is not None
    tracker.init(shots[0].picture, first.copy())
    errors, seen, times = [], [], []
    for shot in shots[1:]:
        start = time.perf_counter()
        found = tracker.update(shot.picture)
        times.append((time.perf_counter() - start) * 1e3)
        seen.append(shot.truth is not None and _share(shot.truth) >= 0.5)
        errors.append(np.nan if found is None else _error(np.asarray(found), shot.truth))
    error, there = np.array(errors), np.array(seen)
    count = max(1, int(there.sum()))
    return Result(
        name,
        100 * float((error[there] <= NEAR).sum()) / count,
        100 * float((error[there] <= CLOSE).sum()) / count,
        100 * float((error > WRONG).mean()),
        _back(error, there),
        times,
    )


def _error(found: Floats, truth: Floats | None) -> float:
    """Pixels; a mark drawn outside of the picture is no wrong one."""
    if truth is None:
        return np.inf if _share(found) > 0.02 else np.nan
    off = float(np.linalg.norm(found - truth, axis=1).mean())
    return off if off <= WRONG or _share(found) > 0.02 else np.nan


def _share(corners: Floats) -> float:
    """Of a quadrilateral's area, what is in the picture."""
    hull = cv2.convexHull(np.clip(corners, -1e4, 1e4).astype(np.float32))
    frame = np.array([[0, 0], [WIDTH, 0], [WIDTH, HEIGHT], [0, HEIGHT]], np.float32)
    return float(cv2.intersectConvexConvex(hull, frame)[0] / max(cv2.contourArea(hull), 1e-6))


def _back(error: Floats, there: NDArray[np.bool_]) -> float | None:
    """Milliseconds from the mark's return, after a second away, to three pictures in a row with it in place."""
    away = 0
    for index, shown in enumerate(there):
        if shown and away >= AWAY_SECONDS * RATE:
            right = error[index:] <= CLOSE
            steady = [k for k in range(len(right) - STEADY + 1) if right[k : k + STEADY].all()]
            return steady[0] * 1000 / RATE if steady else None
        away = 0 if shown else away + 1
    return None


def row(name: str, results: list[Result]) -> str:
    ms = np.concatenate([result.ms for result in results])
    back = [result.back_ms for result in results if result.back_ms is not None]
    figures = [np.mean([getattr(result, key) for result in results]) for key in ("p5", "p15", "wrong")]
    times = [np.median(ms), np.percentile(ms, 95), ms.max()]
    shown = f"{max(back):6.0f}" if back else "     -"
    return (
        f"{name:10}"
        + "".join(f"{each:7.1f}" for each in figures)
        + shown
        + "".join(f"{each:7.1f}" for each in times)
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tracker", default=DEFAULT, help="module:Class")
    parser.add_argument("--clips", default=",".join(CLIPS), help=", ".join(CLIPS))
    parser.add_argument("--seeds", type=int, default=1, help="how many of each")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if unknown := set(options.clips.split(",")) - set(CLIPS):
        parser.error(f"no such clip: {', '.join(sorted(unknown))}")
    module, name = options.tracker.split(":")
    make = getattr(importlib.import_module(module), name)
    cv2.setNumThreads(1)
    print(f"{'clip':10}     P5    P15  wrong  back     ms    p95    max")
    results: list[Result] = []
    for clip in options.clips.split(","):
        seeds = range(options.seeds)
        of_clip = [
            judge(clip, make, list(shoot(CLIPS[clip](np.random.default_rng(seed)), seed))) for seed in seeds
        ]
        print(row(clip, of_clip), flush=True)
        results += of_clip
    print(row("all", results))
    if options.json:
        options.json.write_text(json.dumps([msgspec.to_builtins(result) for result in results]))


if __name__ == "__main__":
    main()
