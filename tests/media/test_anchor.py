"""What is believed of a mark from one picture to the next."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from coachdesk.media.tracking import anchor as anchors
from coachdesk.media.tracking.anchor import Anchor, State
from coachdesk.media.tracking.evidence import Evidence
from coachdesk.media.tracking.geometry import Homography
from coachdesk.media.tracking.view import View
from tests.media.aligned import WORK_MARK
from tests.media.scenes import looking, picture


@pytest.fixture
def tracked() -> Anchor:
    anchor = Anchor(View(picture(looking())), WORK_MARK)
    for _ in range(2):
        assert anchor.update(View(picture(looking()))) is State.TRACKED
    return anchor


def aside(pixels: float) -> Homography:
    step = np.eye(3)
    step[0, 2] = pixels
    return step


def seen(anchor: Anchor, pixels: float, on_mark: float, monkeypatch: pytest.MonkeyPatch) -> State:
    """The state after a picture in which every fit ends ``pixels`` aside and shows so much of the mark."""
    assert anchor.evidence is not None
    ends = replace(anchor.evidence, h=aside(pixels), g=aside(pixels), on_mark=on_mark)
    assert ends.clear

    def fine(*_: object) -> Evidence:
        return ends

    monkeypatch.setattr(anchors, "fine", fine)
    return anchor.update(View(picture(looking())))


@pytest.mark.parametrize(
    ("pixels", "on_mark", "state"),
    [
        pytest.param(6, 0.65, State.HIDDEN, id="the next bar"),
        pytest.param(6, 0.9, State.TRACKED, id="a jerk"),
        pytest.param(1, 0.65, State.TRACKED, id="a hand that comes"),
    ],
)
def test_what_looks_less_like_the_mark_at_once_and_elsewhere_has_slipped(
    tracked: Anchor, pixels: float, on_mark: float, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert seen(tracked, pixels, on_mark, monkeypatch) is state


@pytest.mark.parametrize(
    ("ends", "state"),
    [
        pytest.param([0.0, 0.5], State.TRACKED, id="stays"),
        pytest.param([0.0, 5.0, 0.0, 5.0], State.HIDDEN, id="goes on"),
    ],
)
def test_a_fit_that_scatters_counts_if_it_stays_where_it_is(
    tracked: Anchor, ends: list[float], state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, places = tracked.evidence, iter(ends)
    assert before is not None

    def fine(*_: object) -> Evidence:
        return replace(before, h=aside(next(places)), noise=1.15, share=0.6)

    monkeypatch.setattr(anchors, "fine", fine)
    assert tracked.update(View(picture(looking()))) is state
    assert not list(places), "each is looked at"


def test_a_mark_that_is_seen_and_has_no_like_is_looked_for_nowhere_else(
    tracked: Anchor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def elsewhere(*_: object) -> None:
        pytest.fail("costs a third of a millisecond in every picture")

    monkeypatch.setattr(anchors, "elsewhere", elsewhere)
    assert tracked.update(View(picture(looking(4, 2)))) is State.TRACKED
