"""A piece of a screen, followed through pictures that are drawn here: text pages that scroll, are covered, and come back."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from coachdesk.media.screenshare.content import Box, Piece, Sheet, Shift

WIDTH, HEIGHT = 800, 600
HERE = Shift(0, 0)
WORDS = [
    "order",
    "item",
    "price",
    "total",
    "address",
    "delivery",
    "invoice",
    "account",
    "street",
    "city",
    "confirm",
]
Plane = NDArray[np.uint8]


def page(seed: int, height: int = 2400, width: int = WIDTH) -> Plane:
    """Lines of small text, dark on light."""
    dice = np.random.default_rng(seed)
    plane = np.full((height, width), 245, np.uint8)
    for y in range(20, height, 18):
        line = " ".join([str(dice.integers(1000)), *dice.choice(WORDS, width // 40)])
        cv2.putText(plane, line, (8, y), cv2.FONT_HERSHEY_SIMPLEX, 0.4, 30, 1, cv2.LINE_AA)
    return plane


def scrolled(whole: Plane, by: int) -> Plane:
    """What is seen of it."""
    return whole[by : by + HEIGHT].copy()


def around(x: int, y: int) -> Box:
    return Box(x - 40, y - 14, x + 40, y + 14)


def covered(plane: Plane, box: Box, shade: int = 200) -> Plane:
    """With a window over it."""
    plane = plane.copy()
    plane[box.top : box.bottom, box.left : box.right] = shade
    return plane


@pytest.mark.parametrize("seed", range(6))
def test_what_scrolls_is_found_to_the_pixel_and_what_is_scrolled_out_is_nowhere(seed: int) -> None:
    dice = np.random.default_rng(seed)
    whole = page(seed)
    piece = Piece(Sheet(scrolled(whole, 900)), around(int(dice.integers(80, 700)), 300))
    last = HERE
    for by in dice.integers(650, 1150, 12):
        shift = Shift(0, 900 - int(by))
        found = piece.find(Sheet(scrolled(whole, int(by))), last)
        assert found == shift
        last = found
    assert piece.find(Sheet(scrolled(whole, 1400)), last) is None
    assert piece.find(Sheet(scrolled(whole, 930)), last) == Shift(0, -30), "the very content came back"


@pytest.mark.parametrize("across", [-97, 1, 64])
def test_what_is_pushed_sideways_is_found_to_the_pixel(across: int) -> None:
    whole = page(2, HEIGHT, 1600)
    piece = Piece(Sheet(whole[:, 300:1100]), around(400, 300))
    assert piece.find(Sheet(whole[:, 300 - across : 1100 - across]), HERE) == Shift(across, 0)


def test_what_does_not_scroll_with_the_page_stays() -> None:
    whole, head = page(3), page(4, 120)
    before, after = scrolled(whole, 0), scrolled(whole, 173)
    for each in (before, after):
        each[:120] = head
    on_head, below = Piece(Sheet(before), around(300, 60)), Piece(Sheet(before), around(300, 400))
    assert on_head.find(Sheet(after), HERE) == HERE
    assert below.find(Sheet(after), HERE) == Shift(0, -173)
    assert below.find(Sheet(scrolled(whole, 360)), HERE) == Shift(0, -360)
    after = scrolled(whole, 360)
    after[:120] = head
    assert below.find(Sheet(after), HERE) is None, "behind the head"


def test_what_is_covered_is_hidden_until_it_is_seen_again() -> None:
    shown = scrolled(page(5), 0)
    piece = Piece(Sheet(shown), around(400, 300))
    assert piece.find(Sheet(covered(shown, Box(350, 250, 600, 400))), HERE, anywhere=True) is None
    assert piece.find(Sheet(covered(shown, Box(0, 0, 300, 600))), HERE) == HERE, "beside it"
    assert piece.find(Sheet(scrolled(page(6), 0)), HERE, anywhere=True) is None, "another page"
    assert piece.find(Sheet(shown), HERE) == HERE


def test_a_window_that_is_dragged_takes_it_along_wherever_it_goes() -> None:
    window, desktop = page(7, 200, 300), scrolled(page(8), 0)

    def at(x: int, y: int) -> Sheet:
        plane = desktop.copy()
        plane[y : y + 200, x : x + 300] = window
        return Sheet(plane)

    piece = Piece(at(100, 100), around(250, 200))
    assert piece.find(at(331, 287), HERE) is None
    assert piece.find(at(331, 287), HERE, anywhere=True) == Shift(231, 187)
    assert piece.find(at(331, 287), HERE, [Shift(231, 187)]) == Shift(231, 187), "as another mark there did"


def table(rows: list[str]) -> Plane:
    plane = np.full((HEIGHT, WIDTH), 250, np.uint8)
    for place, text in enumerate(rows[: HEIGHT // 24]):
        cv2.putText(plane, text, (20, 24 * place + 17), cv2.FONT_HERSHEY_SIMPLEX, 0.5, 20, 1, cv2.LINE_AA)
        plane[24 * place + 23] = 120
    return plane


def test_rows_that_look_alike_are_told_apart_by_what_is_beside_them_or_not_at_all() -> None:
    alike = ["confirm    cancel"] * 40
    alone = Piece(Sheet(table(alike)), Box(20, 10 * 24, 200, 11 * 24 - 1))
    named = [f"confirm    cancel      {number:04}" for number in range(40)]
    beside = Piece(Sheet(table(named)), Box(20, 10 * 24, 180, 11 * 24 - 1))
    cut = [*alike[:4], "new order", *alike[4:]]
    assert alone.find(Sheet(table(alike)), HERE) == HERE, "nothing has changed"
    assert alone.find(Sheet(table(cut[3:])), Shift(0, -300)) is None
    assert beside.find(Sheet(table(named[3:])), HERE) == Shift(0, -72)


def test_a_line_that_was_lifted_off_and_a_cursor_do_not_hide_it() -> None:
    whole = page(9)
    before, after = scrolled(whole, 500), scrolled(whole, 540)
    box = around(400, 300)
    piece = Piece(Sheet(before), box)
    for each in (box.left, box.right):
        after[box.top : box.bottom, each : each + 4] = before[box.top : box.bottom, each : each + 4]
    after[250:270, 380:382] = 0
    assert piece.find(Sheet(after), HERE) == Shift(0, -40)


def test_where_there_is_nothing_to_be_known_again_any_change_hides_it() -> None:
    plain = np.full((HEIGHT, WIDTH), 230, np.uint8)
    piece = Piece(Sheet(plain), around(400, 300))
    assert not piece.telling
    assert piece.find(Sheet(plain.copy()), HERE) == HERE
    assert piece.find(Sheet(covered(plain, Box(390, 290, 402, 302))), HERE, anywhere=True) is None


def test_text_that_is_typed_beside_it_leaves_it_where_it_is() -> None:
    shown = scrolled(page(10), 0)
    shown[280:330, 420:] = 250
    piece = Piece(Sheet(shown), around(330, 300))
    typed = shown.copy()
    cv2.putText(typed, "12 Long Street", (430, 305), cv2.FONT_HERSHEY_SIMPLEX, 0.5, 20, 1, cv2.LINE_AA)
    assert piece.find(Sheet(typed), HERE) == HERE


@pytest.mark.parametrize("box", [Box(-20, -20, 5, 5), Box(0, 0, WIDTH, HEIGHT), Box(795, 590, 900, 700)])
def test_places_at_the_edge_and_of_any_size_are_followed(box: Box) -> None:
    whole = page(11)
    piece = Piece(Sheet(scrolled(whole, 400)), box)
    assert piece.find(Sheet(scrolled(whole, 400)), HERE) == HERE
    assert piece.find(Sheet(np.zeros((300, 400), np.uint8)), HERE, anywhere=True) is None
