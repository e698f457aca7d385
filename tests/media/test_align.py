"""Which of two places is believed when light and dark at large do not say the same as the points."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from coachdesk.media.tracking.align import doubtful
from coachdesk.media.tracking.evidence import Evidence
from tests.media.aligned import found


@pytest.fixture
def here() -> Evidence:
    return found(0.0)


def there(here: Evidence, **seen: float) -> Evidence:
    """A place 30 pixels beside it."""
    step = np.eye(3)
    step[0, 2] = 30
    return replace(here, g=step, **seen)  # type: ignore[arg-type]


def test_what_leads_back_to_the_same_place_casts_no_doubt_on_it(here: Evidence) -> None:
    nearly = np.eye(3)
    nearly[0, 2] = 0.5
    assert not doubtful(here, replace(here, g=nearly))
    assert doubtful(here, there(here)), "as good, and elsewhere"


def test_where_far_fewer_points_agree_or_far_less_closely_the_mark_is_not(here: Evidence) -> None:
    assert not doubtful(here, there(here, agreeing=here.agreeing // 2))
    assert not doubtful(here, there(here, noise=1.2))


def test_where_more_agrees_but_the_mark_is_not_seen_is_its_background(here: Evidence) -> None:
    behind = there(here, agreeing=2 * here.agreeing, on_mark=0.2)
    assert not doubtful(here, behind)
    assert doubtful(here, replace(behind, on_mark=0.8))


def test_a_mark_under_a_hand_may_be_wherever_it_is_seen(here: Evidence) -> None:
    hidden = replace(here, on_mark=0.1)
    seldom = there(here, agreeing=here.agreeing // 3, on_mark=0.1)
    assert not doubtful(hidden, seldom)
    assert doubtful(hidden, replace(seldom, on_mark=0.6))
