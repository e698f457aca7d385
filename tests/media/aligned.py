"""Alignments as the tracker finds them, for the tests of what it makes of them."""

from __future__ import annotations

import numpy as np

from coachdesk.media.tracking.evidence import Evidence
from coachdesk.media.tracking.geometry import Floats
from coachdesk.media.tracking.keyframe import Keyframe, Matches
from coachdesk.media.tracking.view import View
from tests.media.scenes import MARK, looking, picture

WORK_MARK = MARK / 2


def found(curve: float, on_mark: float = 1.0) -> Evidence:
    """A fit that is right at the mark's middle, of a thing that is bent away by ``curve`` pixels a radius farther."""
    keyframe = Keyframe(View(picture(looking())), np.eye(3), WORK_MARK)
    count = len(keyframe.points)
    every = np.ones(count, bool)
    now = bent(keyframe, keyframe.points.at, curve)
    return Evidence(
        keyframe=keyframe,
        h=np.eye(3),
        g=np.eye(3),
        matches=Matches(keyframe, np.arange(count), now),
        agreeing=count,
        share=1.0,
        own_share=1.0,
        on_mark=on_mark,
        around=1.0,
        noise=0.5,
        error=0.5,
        open=False,
        astray=False,
        inlier=every,
        inside=every,
        likeness=np.ones(count),
    )


def bent(keyframe: Keyframe, at: Floats, curve: float) -> Floats:
    """Where ``at`` is: across, as on an upright cylinder that has turned."""
    across = (at[:, 0] - keyframe.centre[0]) / keyframe.radius
    return at + np.stack([curve * across**2, np.zeros(len(at))], 1)
