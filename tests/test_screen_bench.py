"""The screen benchmark sees right: clocks, latencies and sharpness come out as they were put in."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from bench import desktop, reading, screen
from bench.viewing import Kept, Moments, Seen, latencies, sharpness, ssim

NUMBERS = [desktop.number(scene, step) for scene in range(len(desktop.SCENES)) for step in (0, 7, 2047)]


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("scale", [1.0, 0.5, 0.37])
def test_the_clock_is_read_from_pictures_of_any_size(number: int, scale: float) -> None:
    grey = desktop.shade(desktop.picture(number))
    assert desktop.number_in(np.asarray(cv2.resize(grey, None, fx=scale, fy=scale), np.uint8)) == number


def test_of_a_clock_between_two_numbers_nothing_is_believed() -> None:
    one, other = (desktop.shade(desktop.picture(number)).astype(int) for number in (1, 2))
    assert desktop.number_in(((one + other) // 2).astype(np.uint8)) is None
    assert desktop.number_in(np.zeros((desktop.HEIGHT, desktop.WIDTH), np.uint8)) is None


@pytest.mark.parametrize("index", range(len(desktop.SCENES)))
def test_a_scene_changes_with_each_step_and_only_where_it_says(index: int) -> None:
    scene = desktop.SCENES[index]
    for step in (0, 1, 250):
        before, after = (desktop.picture(desktop.number(index, each)) for each in (step, step + 1))
        changed = (before != after).any(axis=2)
        assert changed[desktop.cut(desktop.CLOCK)].any()
        changed[desktop.cut(desktop.CLOCK)] = False
        assert changed[desktop.cut(scene.area)].any() == bool(scene.rate)
        changed[desktop.cut(scene.area)] = False
        assert not changed.any()


def test_latency_is_until_a_change_or_a_later_one_of_its_scene_is_seen() -> None:
    shown: Moments = [(9, 0.5), (10, 1.0), (11, 1.1), (12, 1.2), (13, 5.0)]
    seen: Moments = [(10, 0.9), (5000, 1.05), (10, 1.15), (12, 1.5)]
    assert latencies(shown, seen, 1.0, 6.0) == pytest.approx([0.15, 0.4, 0.3])


def test_latency_goes_on_where_a_scene_begins_again() -> None:
    last = desktop.STEPS - 1
    assert latencies([(last, 1.0), (0, 2.0)], [(last, 1.2), (0, 2.3)], 0, 3) == pytest.approx([0.2, 0.3])


def test_sharpness_is_that_of_the_page_against_the_picture_of_its_number() -> None:
    grey = desktop.shade(desktop.picture(desktop.number(3, 40)))
    blurred = np.asarray(cv2.GaussianBlur(grey, (0, 0), 1.5), np.uint8)
    sharp, soft = sharpness(Kept(grey, 0.0)), sharpness(Kept(blurred, 0.0))
    assert sharp == pytest.approx(1.0)
    assert soft is not None
    assert soft < 0.8
    assert sharpness(Kept(np.full_like(grey, 90), 0.0)) is None


def test_ssim_is_of_structure_and_the_same_both_ways() -> None:
    rng = np.random.default_rng(1)
    one = rng.integers(0, 255, (60, 80), np.uint8)
    other = rng.integers(0, 255, (60, 80), np.uint8)
    assert ssim(one, one) == pytest.approx(1.0)
    assert ssim(one, other) == pytest.approx(ssim(other, one))
    assert abs(ssim(one, other)) < 0.2
    assert ssim(one, np.asarray(255 - one, np.uint8)) < -0.5


def test_what_was_seen_comes_out_of_its_file_as_it_went_in(tmp_path: Path) -> None:
    seen = Seen()
    seen.numbers = [(7, 1.25), (8, 2.5)]
    seen.kept = [Kept(np.full((4, 6), 9, np.uint8), 3.5)]
    seen.save(tmp_path / "seen.npz")
    again = Seen.load(tmp_path / "seen.npz")
    assert again.numbers == seen.numbers
    assert again.kept[0].time == 3.5
    assert np.array_equal(again.kept[0].grey, seen.kept[0].grey)
    Seen().save(tmp_path / "nothing.npz")
    assert Seen.load(tmp_path / "nothing.npz").numbers == []


def row(kind: str, scene: str, p50: float | None, kbps: float) -> screen.Row:
    figures = {"p95": p50, "changes": 5, "seen": 5, "sharer": 10.0, "capture": 2.0, "viewer": 5.0}
    return screen.Row(kind, "clean", scene, p50=p50, kbps=kbps, ssim=0.9, pictures=10.0, **figures)  # type: ignore[arg-type]


def test_ratios_are_to_chromium_in_the_same_scene() -> None:
    rows = [
        row("coachdesk", "idle", None, 5.0),
        row("chromium", "idle", None, 100.0),
        row("coachdesk", "typing", 80.0, 50.0),
        row("chromium", "typing", 160.0, 100.0),
    ]
    assert screen.ratios(rows[0], rows) == {"sharer": 1.0, "viewer": 1.0, "kbps": 0.05, "ssim": 1.0}
    assert screen.ratios(rows[2], rows)["p50"] == 0.5
    assert screen.ratios(rows[1], rows) == {}
    assert screen.ratios(rows[0], rows[:1]) == {}
    text = screen.table(rows)
    assert "0.50x" in text
    assert len({len(line) for line in text.splitlines() if "coachdesk" in line or "chromium" in line}) == 1


@pytest.mark.parametrize(
    ("seen", "share"),
    [("order 4711", 1.0), ("0rder 4711", 0.9), ("order  471", 0.8), ("", 0.0), ("x" * 40, 0.0)],
)
def test_recognized_characters_are_counted_by_what_was_to_be_read(seen: str, share: float) -> None:
    assert reading.likeness("order 4711", seen) == pytest.approx(share)


def test_what_is_to_be_read_scrolls_with_the_page() -> None:
    first, later = (desktop.text(desktop.number(3, step)) for step in (0, 7))
    assert first[7:] == later[: len(first) - 7]
    assert len(first) == desktop.PAGE.height // desktop.LINE
    assert desktop.text(desktop.number(0, 7)) == first


@pytest.mark.skipif(not reading.available(), reason="needs tesseract")
def test_what_is_sharp_is_read_better_than_what_is_not() -> None:
    grey = desktop.shade(desktop.picture(desktop.number(3, 40)))
    blurred = np.asarray(cv2.GaussianBlur(grey, (0, 0), 2.0), np.uint8)
    sharp, soft = reading.recognized(Kept(grey, 0.0)), reading.recognized(Kept(blurred, 0.0))
    assert sharp is not None
    assert soft is not None
    assert sharp > 0.8
    assert soft < sharp - 0.2
