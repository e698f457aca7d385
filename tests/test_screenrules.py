"""Which windows rules hide, and what is made of hidden parts of a picture."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from coachdesk.screen.masks import HIDDEN_GREY, Rect, blur, make_plain, uncovered
from coachdesk.screenrules import Rules


@pytest.mark.parametrize(
    ("titles", "names", "hidden"),
    [
        ((), ["Vault - KeePassXC"], True),
        ((), ["Edit entry", "keepassxc"], True),
        ((), ["1Password"], True),
        ((), ["Shop: Credit card"], True),
        ((), ["Checkout - Shop - Firefox"], True),
        ((), ["git checkout main", "xterm"], False),
        ((), ["Order 4711", "firefox"], False),
        (("payroll",), ["March PAYROLL.xlsx"], True),
        (("payroll*",), ["March payroll"], False),
        (("*[12]?",), ["Room 24"], True),
        (("ÄRZTE",), ["Liste der Ärzte"], True),
        (("payroll",), [""], False),
    ],
)
def test_a_window_is_hidden_by_its_title_or_program(
    titles: tuple[str, ...], names: list[str], hidden: bool
) -> None:
    assert Rules(titles=titles).hide(*names) is hidden


def test_regions_are_of_one_screen_and_in_its_pixels() -> None:
    rules = Rules(regions=("region:0:1,2,30,40", "region:1:5,6,7,8"))
    assert rules.regions_of(1) == [(5, 6, 7, 8)]
    assert rules.regions_of(2) == []
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"regions": ["region:0:1,2,3"]}, Rules)


def picture() -> np.ndarray:
    return np.random.default_rng(3).integers(60, 255, (100, 200, 4), np.uint8)


def test_hidden_windows_are_plain_where_nothing_covers_them_and_others_untouched() -> None:
    before, after = picture(), picture()
    covers = (Rect(1000, 0, 20, 1000), Rect(0, 0, 10, 10), Rect(1040, 40, 20, 10), Rect(1050, 45, 100, 10))
    window = uncovered(Rect(950, 20, 150, 50), covers)
    make_plain(after, Rect(1000, 0, 200, 100), [*window, Rect(1180, 90, 100, 100)])
    changed = (after != before).any(axis=2)
    expected = np.zeros((100, 200), bool)
    expected[20:70, 20:100] = True
    expected[40:50, 40:60] = expected[45:55, 50:150] = False
    expected[90:, 180:] = True
    assert np.array_equal(changed, expected)
    assert (after[expected] == HIDDEN_GREY).all()


@pytest.mark.parametrize(
    "place", [Rect(-500, 0, 100, 100), Rect(900, 0, 50, 50), Rect(0, -60, 50, 50), Rect(0, 0, 0, 5)]
)
def test_what_is_not_on_the_picture_changes_nothing(place: Rect) -> None:
    after = picture()
    make_plain(after, Rect(0, 0, 200, 100), [place, *uncovered(place, [Rect(0, 0, 10, 10)])])
    blur(after, Rect(0, 0, 200, 100), [place])
    assert np.array_equal(after, picture())


def test_a_blurred_region_tells_nothing_of_single_pixels() -> None:
    after = picture()
    blur(after, Rect(0, 0, 200, 100), [Rect(10, 10, 1000, 80)])
    assert np.ptp(after[10:90, 10:].astype(int), axis=(0, 1)).max() <= 16
    assert np.array_equal(after[:10], picture()[:10])
    moved = np.roll(picture(), 3, axis=1)
    blur(moved, Rect(0, 0, 200, 100), [Rect(0, 0, 200, 100)])
    still = picture()
    blur(still, Rect(0, 0, 200, 100), [Rect(0, 0, 200, 100)])
    assert np.abs(moved.astype(int) - still).max() <= 16
