"""Gestures: fewer points that say the same, shapes that were meant, lengths by a thing of known size."""

from __future__ import annotations

import math
import random
from itertools import pairwise

import numpy as np
import pytest

from coachdesk.annotation import MAX_PATH, PATH_POINTS, Point, Tool
from coachdesk.gestures import FINEST, centre, finished, outline, simplified
from coachdesk.inkwire import fits
from coachdesk.measuring import MeasureError, length_mm
from coachdesk.shapes import completed

ASPECT = 16 / 9


def stroke(*corners: tuple[float, float], steps: int = 25, shake: float = 0.0, seed: int = 1) -> list[Point]:
    """A line through the corners, drawn with a hand that shakes."""
    chance = random.Random(seed)
    line = [
        (x0 + (x1 - x0) * step / steps, y0 + (y1 - y0) * step / steps)
        for (x0, y0), (x1, y1) in pairwise(corners)
        for step in range(steps + 1)
    ]
    return [
        Point(x + chance.gauss(0, shake), y + chance.gauss(0, shake), 0.5, 8 * place)
        for place, (x, y) in enumerate(line)
    ]


def ring(turns: float = 1.0, shake: float = 0.0, *, tall: float = 0.2, seed: int = 1) -> list[Point]:
    chance = random.Random(seed)
    angles = [math.tau * turns * step / 80 for step in range(81)]
    return [
        Point(
            0.5 + 0.1 * math.cos(angle) * (1 + chance.gauss(0, shake)),
            0.5 + tall * math.sin(angle) * (1 + chance.gauss(0, shake)),
            0.5,
            place * 10,
        )
        for place, angle in enumerate(angles)
    ]


def test_a_straight_line_is_its_ends() -> None:
    line = stroke((0.1, 0.1), (0.9, 0.5))
    assert simplified(line) == [line[0], line[-1]]


def test_a_simplified_line_is_close_to_the_drawn_one_and_keeps_its_pace() -> None:
    drawn = ring(shake=0.02)
    kept = simplified(drawn)
    assert len(kept) < len(drawn)
    assert set(kept) <= set(drawn)
    assert fits(Tool.PEN, kept)
    ends = np.array([point[:2] for point in kept])
    for point in drawn:
        assert min(_distance(np.array(point[:2]), a, b) for a, b in pairwise(ends)) <= FINEST + 1e-9


def _distance(point: np.ndarray, start: np.ndarray, end: np.ndarray) -> float:
    share = np.clip((point - start) @ (end - start) / max(1e-12, (end - start) @ (end - start)), 0, 1)
    return float(np.linalg.norm(point - start - share * (end - start)))


def test_a_scribble_of_minutes_is_cut_to_what_may_be_sent() -> None:
    chance = random.Random(3)
    scribble = [Point(chance.random(), chance.random(), 0.5, place) for place in range(20_000)]
    kept = simplified(scribble)
    assert 2 < len(kept) <= MAX_PATH
    assert (kept[0], kept[-1]) == (scribble[0], scribble[-1])


@pytest.mark.parametrize("tool", list(Tool))
@pytest.mark.parametrize("count", [1, 4, 900])
def test_a_finished_path_fits_its_tool(tool: Tool, count: int) -> None:
    points = [Point(0.5 + 0.3 * math.sin(place), place / 900, 0.5, place) for place in range(count)]
    if tool is not Tool.REFERENCE or count == 4:
        assert fits(tool, finished(tool, points))


def test_every_tool_has_its_number_of_points() -> None:
    assert set(PATH_POINTS) == set(Tool)


@pytest.mark.parametrize(
    ("tool", "stands_for", "box"),
    [
        (Tool.ARROW, (0.9, 0.5), (0.86, 0.46, 0.94, 0.54)),
        (Tool.CIRCLE, (0.5, 0.3), (0.1, 0.1, 0.9, 0.5)),
        (Tool.MEASURE, (0.5, 0.3), (0.1, 0.1, 0.9, 0.5)),
    ],
)
def test_a_mark_is_about_what_it_points_at_or_encloses(
    tool: Tool, stands_for: tuple[float, float], box: tuple[float, ...]
) -> None:
    path = [Point(0.1, 0.1), Point(0.9, 0.5)]
    xs, ys = zip(*outline(tool, path), strict=True)
    assert (min(xs), min(ys), max(xs), max(ys)) == pytest.approx(box)
    assert centre(tool, path) == pytest.approx(stands_for)


def test_an_outline_stays_in_the_picture() -> None:
    for tool in (Tool.ARROW, Tool.STAMP, Tool.TEXT, Tool.PEN):
        assert all(0 <= value <= 1 for point in outline(tool, [Point(0, 0), Point(1, 1)]) for value in point)


# --- shapes ---


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("shake", [0.0, 0.04])
def test_a_ring_is_a_circle(shake: float, seed: int) -> None:
    found = completed(ring(1.02, shake, seed=seed), ASPECT)
    assert found is not None
    tool, (low, high) = found
    assert tool is Tool.CIRCLE
    assert (low.x, high.x) == pytest.approx((0.4, 0.6), abs=0.02)
    assert fits(tool, [low, high])


@pytest.mark.parametrize("shake", [0.0, 0.003])
def test_four_corners_are_a_rectangle(shake: float) -> None:
    box = stroke((0.2, 0.2), (0.6, 0.2), (0.6, 0.5), (0.2, 0.5), (0.2, 0.21), shake=shake)
    found = completed(box, ASPECT)
    assert found is not None
    assert found[0] is Tool.RECTANGLE


@pytest.mark.parametrize("shake", [0.0, 0.002])
def test_a_shaft_with_a_head_is_an_arrow_with_its_tip(shake: float) -> None:
    drawn = stroke((0.2, 0.7), (0.6, 0.3), (0.52, 0.32), (0.6, 0.3), (0.585, 0.42), shake=shake)
    found = completed(drawn, ASPECT)
    assert found is not None
    tool, (tail, tip) = found
    assert tool is Tool.ARROW
    assert (tail.x, tail.y, tip.x, tip.y) == pytest.approx((0.2, 0.7, 0.6, 0.3), abs=0.01)


@pytest.mark.parametrize(
    "drawn",
    [
        stroke((0.2, 0.2), (0.8, 0.2)),
        stroke((0.2, 0.2), (0.3, 0.6), (0.4, 0.2), (0.5, 0.6), (0.6, 0.2)),
        stroke((0.2, 0.2), (0.8, 0.2), (0.7, 0.25)),
        stroke((0.2, 0.2), (0.8, 0.2), (0.8, 0.9)),
        stroke((0.2, 0.2), (0.6, 0.8), (0.9, 0.2), (0.21, 0.21)),
        ring(0.6),
        [Point(0.5, 0.5 + 0.0005 * step) for step in range(20)],
        [Point(0.5, 0.5)],
    ],
    ids=["line", "zigzag", "one barb", "corner", "triangle", "arc", "dot", "point"],
)
def test_what_is_doubtful_stays_as_it_was_drawn(drawn: list[Point]) -> None:
    assert completed(drawn, ASPECT) is None


# --- lengths ---

TO_PICTURE = np.array([[0.0021, 0.0004, 0.3], [-0.0002, 0.0043, 0.25], [0.0004, 0.0009, 1.0]])


def seen(x_mm: float, y_mm: float) -> Point:
    """A point of the table, through a camera that looks at it aslant."""
    x, y, w = TO_PICTURE @ np.array([x_mm, y_mm, 1.0])
    return Point(x / w, y / w)


CARD = [seen(0, 0), seen(85.6, 0), seen(85.6, 53.98), seen(0, 53.98)]


@pytest.mark.parametrize("turn", range(4))
def test_a_length_is_measured_by_a_card_beside_it(turn: int) -> None:
    corners = CARD[turn:] + CARD[:turn]
    ends = seen(-40, 90), seen(80, -30)
    assert length_mm(corners, "card", ends, aspect=ASPECT) == pytest.approx(math.hypot(120, 120), rel=1e-6)


def test_a_length_is_measured_in_a_later_picture() -> None:
    moved = np.array([[0.9, 0.1, 0.05], [-0.05, 1.1, -0.02], [0.02, -0.03, 1.0]])

    def later(point: Point) -> Point:
        x, y, w = moved @ np.array([point.x, point.y, 1.0])
        return Point(x / w, y / w)

    ends = later(seen(0, 0)), later(seen(60, 0))
    assert length_mm(CARD, "card", ends, aspect=ASPECT, h=moved) == pytest.approx(60, rel=1e-6)


@pytest.mark.parametrize(
    ("corners", "thing"),
    [
        (CARD, "elephant"),
        (CARD[:3], "card"),
        ([CARD[0]] * 4, "card"),
        ([CARD[0], CARD[2], CARD[1], CARD[3]], "card"),
    ],
)
def test_what_cannot_be_measured_is_said(corners: list[Point], thing: str) -> None:
    with pytest.raises(MeasureError):
        length_mm(corners, thing, (CARD[0], CARD[1]), aspect=ASPECT)
