"""A mark on a thing that is bent."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from coachdesk.media.tracking import bend
from coachdesk.media.tracking.evidence import Evidence
from coachdesk.media.tracking.geometry import transform
from tests.media.aligned import WORK_MARK, bent, found


def off(evidence: Evidence, curve: float) -> float:
    """Pixels by which the worst corner of the mark is wrong."""
    shown = transform(bend.on_mark(evidence), WORK_MARK)
    return float(np.linalg.norm(shown - bent(evidence.keyframe, WORK_MARK, curve), axis=1).max())


@pytest.mark.parametrize("curve", [-4.0, 4.0, 8.0])
def test_a_bend_is_followed(curve: float) -> None:
    evidence = found(curve)
    unbent = np.linalg.norm(bent(evidence.keyframe, WORK_MARK, curve) - WORK_MARK, axis=1).max()
    assert off(evidence, curve) < 0.25 * unbent


def test_what_is_flat_stays_where_it_was_found() -> None:
    assert off(found(0.0), 0.0) < 1e-6


def test_points_that_do_not_look_like_the_mark_bend_nothing() -> None:
    evidence = found(4.0)
    unlike = replace(evidence, likeness=np.zeros(len(evidence.likeness)))
    assert np.array_equal(bend.on_mark(unlike), evidence.h)


def test_a_mark_that_cannot_be_seen_is_not_bent() -> None:
    evidence = found(4.0, on_mark=0.3)
    assert np.array_equal(bend.on_mark(evidence), evidence.h)


def test_where_all_fits_closely_nothing_is_bent() -> None:
    evidence = replace(found(4.0), noise=bend.FLAT - 0.01)
    assert np.array_equal(bend.on_mark(evidence), evidence.h)
