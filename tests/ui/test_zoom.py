"""Where a picture is in its view: fitted, pixel for pixel, zoomed about a point, pushed as far as its edges."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coachdesk.ui.zoom import LARGEST, STEP, Stage, Zoom, picture_at, view_at

FULL_HD = (1920.0, 1080.0)
SMALL = Stage((800, 600), FULL_HD)
LARGE = Stage((2500, 1400), FULL_HD)
DENSE = Stage((800, 600), FULL_HD, 2.0)

sizes = st.tuples(st.integers(1, 4000), st.integers(1, 4000)).map(
    lambda pair: (float(pair[0]), float(pair[1]))
)
stages = st.builds(Stage, sizes, sizes, st.sampled_from([1.0, 1.25, 1.5, 2.0]))
shares = st.floats(0, 1)


def test_the_whole_picture_is_in_the_middle() -> None:
    assert Zoom().place(SMALL) == (0, 75, 800, 450)
    assert Zoom().scale_on(SMALL) == pytest.approx(800 / 1920)
    assert Zoom().scale_on(LARGE) == pytest.approx(1400 / 1080)


def test_pixel_for_pixel_is_by_the_pixels_of_the_monitor() -> None:
    assert Zoom(1.0).place(SMALL)[2:] == FULL_HD
    assert Zoom(1.0).place(DENSE)[2:] == (960, 540)
    assert Zoom(1.0).place(LARGE) == (290, 160, 1920, 1080)


def test_what_is_under_the_pointer_stays_there() -> None:
    at = (600.0, 300.0)
    zoom = Zoom().scaled(SMALL, 2.0, at)
    assert picture_at(zoom.place(SMALL), at) == pytest.approx(picture_at(Zoom().place(SMALL), at), abs=0.001)


def test_it_stops_at_fit_and_at_pixel_for_pixel() -> None:
    middle = (400.0, 300.0)
    zoom, seen = Zoom(), []
    for _ in range(5):
        zoom = zoom.stepped(SMALL, STEP, middle)
        seen.append(zoom.scale)
    assert seen == pytest.approx([800 / 1920 * STEP**n for n in (1, 2, 3)] + [1.0, STEP])
    for _ in range(20):
        zoom = zoom.stepped(SMALL, 1 / STEP, middle)
    assert zoom == Zoom()


def test_a_picture_smaller_than_the_view_can_be_seen_in_its_own_size() -> None:
    zoom = Zoom().stepped(LARGE, 0.1, (0, 0))
    assert zoom.scale == 1.0
    assert zoom.stepped(LARGE, 1.5, (0, 0)) == Zoom()


def test_it_is_pushed_as_far_as_its_edges_and_back_at_once() -> None:
    zoom = Zoom(1.0).moved(SMALL, 5000, 5000)
    assert zoom.place(SMALL)[:2] == (0, 0)
    assert zoom.moved(SMALL, -10, -20).place(SMALL)[:2] == (-10, -20)
    assert Zoom(1.0).moved(SMALL, -5000, -5000).place(SMALL)[:2] == (800 - 1920, 600 - 1080)
    assert Zoom().moved(SMALL, 50, 50) == Zoom()


@given(stages, shares, shares, st.lists(st.tuples(st.floats(0.1, 10), shares, shares), max_size=6))
def test_however_it_is_zoomed_there_is_no_gap_and_no_drift(
    stage: Stage, x: float, y: float, steps: list[tuple[float, float, float]]
) -> None:
    zoom = Zoom()
    for factor, across, down in steps:
        zoom = zoom.stepped(stage, factor, (across * stage.view[0], down * stage.view[1]))
        assert min(stage.fit, 1.0) <= zoom.scale_on(stage) * 1.000001
        assert zoom.scale_on(stage) <= max(stage.fit, LARGEST) * 1.000001
        place, pixel = zoom.place(stage), 1.01 / stage.ratio
        for begin, length, view in zip(place[:2], place[2:], stage.view, strict=True):
            assert begin <= pixel or length <= view
            assert begin + length >= view - pixel or length <= view
    place = zoom.place(stage)
    assert picture_at(place, view_at(place, (x, y))) == pytest.approx((x, y), abs=1e-6)
