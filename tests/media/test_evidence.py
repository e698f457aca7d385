"""What an alignment must have to be believed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from coachdesk.media.tracking.evidence import FIRM, Evidence, Trust
from tests.media.aligned import found


@pytest.fixture
def seen() -> Evidence:
    """A mark that is seen itself, in the place where it was found."""
    return found(0.0)


def test_a_mark_that_is_seen_is_shown_again(seen: Evidence) -> None:
    assert seen.strong
    assert seen.trust_found() is Trust.FULL


@pytest.mark.parametrize("loosely", [{"error": FIRM}, {"open": True}])
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
