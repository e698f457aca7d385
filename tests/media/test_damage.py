"""Which tiles of a screen have changed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coachdesk.media.screenshare.damage import TILE, Damage, changed_tiles

HEIGHT, WIDTH = 2 * TILE + 10, 3 * TILE + 1


def screen(shade: int = 90) -> np.ndarray:  # type: ignore[type-arg]
    return np.full((HEIGHT, WIDTH, 4), shade, np.uint8)


@given(
    st.sets(st.tuples(st.integers(0, HEIGHT - 1), st.integers(0, WIDTH - 1)), max_size=6),
    st.sampled_from([3, 4]),
)
def test_exactly_the_tiles_with_a_changed_pixel_are_found(
    pixels: set[tuple[int, int]], channels: int
) -> None:
    before, after = screen()[:, :, :channels].copy(), screen()[:, :, :channels].copy()
    for row, column in pixels:
        after[row, column, 2] = 91
    expected = {(row // TILE, column // TILE) for row, column in pixels}
    rows, columns = np.nonzero(changed_tiles(before, after))
    assert set(zip(rows.tolist(), columns.tolist(), strict=True)) == expected


def test_a_screen_that_stands_still_is_no_damage_and_keeps_its_picture() -> None:
    damage = Damage()
    assert damage.update(screen()) == 3 * 4
    kept = damage.picture
    assert damage.update(screen()) == 0
    assert damage.picture is kept


def test_a_picture_is_kept_as_it_was_when_its_source_writes_on() -> None:
    damage, living = Damage(), screen()
    damage.update(living)
    living[0, 0] = 1
    assert damage.picture is not None
    assert damage.picture[0, 0, 0] == 90
    assert damage.update(living) == 1


@pytest.mark.parametrize("shape", [(TILE, TILE, 4), (HEIGHT, WIDTH + 1, 4)])
def test_another_size_changes_everything(shape: tuple[int, int, int]) -> None:
    damage = Damage()
    damage.update(screen())
    assert damage.update(np.full(shape, 90, np.uint8)) == -(-shape[0] // TILE) * -(-shape[1] // TILE)
