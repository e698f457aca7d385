"""What an alignment must have to be believed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from coachdesk.media.tracking.evidence import FIRM, SCATTERED, Evidence, Trust
from tests.media.aligned import found


@pytest.fixture
def seen() -> Evidence:
    """A mark that is seen itself, in the place where it was found."""
    return found(0.0)


def test_a_mark_that_is_seen_is_shown_again(seen: Evidence) -> None:
    assert seen.strong
    assert seen.trust_found() is Trust.FULL


@pytest.mark.parametrize("loosely", [{"error": FIRM}, {"open": True}, {"noise": SCATTERED}])
def test_what_has_only_a_part_in_common_with_the_thing_is_not_shown_as_it(
    seen: Evidence, loosely: dict[str, float | bool]
) -> None:
    another = replace(seen, **loosely)  # type: ignore[arg-type]
    assert not another.strong
    assert another.trust_found() is Trust.WEAK, "it is followed, until more of it is seen"
    assert another.trust(), "what was followed up to now goes on"


def test_a_mark_under_a_hand_is_shown_by_what_the_hand_leaves_free(seen: Evidence) -> None:
    assert replace(seen, on_mark=0.1, around=0.65, share=0.5).strong


def test_surroundings_that_are_all_seen_do_not_show_a_mark_that_is_not(seen: Evidence) -> None:
    taken_away = replace(seen, on_mark=0.3, around=0.65, share=0.9)
    assert not taken_away.strong
    assert taken_away.trust(), "it is followed up to there, where it was seen before"


def test_a_thing_that_has_parted_from_its_background_is_seen_in_its_own_points(seen: Evidence) -> None:
    before_it = replace(seen, share=0.3, around=0.35, own_share=0.8)
    assert before_it.clear
    assert before_it.trust()
    assert before_it.sound
    nothing_left = replace(before_it, own_share=0.2)
    assert not nothing_left.clear
    assert not nothing_left.trust()
    assert not nothing_left.sound
    assert before_it.trust_found() is not Trust.FULL, "to be found again, more of the picture must agree"


def test_where_the_mark_is_seen_is_better_than_where_more_agrees_without_it(seen: Evidence) -> None:
    with_it = replace(seen, agreeing=60, on_mark=0.8)
    assert with_it.merit > replace(seen, agreeing=100, on_mark=0.1).merit
    assert with_it.support < replace(seen, agreeing=100, on_mark=0.1).support


def test_a_mark_under_a_hand_may_be_covered_and_one_before_which_little_fits_is_not(seen: Evidence) -> None:
    hidden = replace(seen, on_mark=0.1, own_share=0.1)
    assert replace(hidden, share=0.8, around=0.4).covered
    assert replace(hidden, share=0.6, around=0.6).covered
    assert not replace(hidden, share=0.6, around=0.4).covered
    assert not replace(hidden, share=0.8, agreeing=39).covered
    assert not replace(hidden, share=0.8, noise=SCATTERED).covered
