"""A mark while the camera turns and only few of its pictures can be looked at, so that each is far from the one before."""

from __future__ import annotations

import math
from functools import cache

import cv2
import numpy as np
import pytest

from bench import panning
from coachdesk.media.tracker import FrameId, State, Tracker
from coachdesk.media.tracking.geometry import Plane, transform

AT_REST = 25
MIDDLE = 0.5, 0.5
NEAR = 5.0
"""Pixels of 1280 x 720."""


@cache
def workbench() -> panning.Picture:
    return panning.workbench()


def picture(number: int) -> Plane:
    return np.asarray(cv2.cvtColor(panning.exposed(workbench(), number), cv2.COLOR_BGR2GRAY), np.uint8)


@pytest.mark.parametrize("numbers", [range(93, 138, 11), range(94, 172, 11), range(101, 172, 10)], ids=str)
def test_after_each_of_many_large_steps_it_is_in_its_place_or_hidden(numbers: range) -> None:
    tracker, ring = Tracker(), np.linspace(0, 2 * math.pi, 24)
    tracker.keep(FrameId(0, 0), picture(AT_REST))
    outline = np.stack([0.5 + 0.05 * np.cos(ring), 0.5 + 0.08 * np.sin(ring)], 1)
    tracker.anchor("mark", FrameId(0, 0), outline)
    found: dict[int, float] = {}
    for number in numbers:
        frame = FrameId(0, 3000 * number)
        tracker.keep(frame, picture(number))
        (pose,) = tracker.see(frame)
        if pose.state is State.TRACKED:
            assert pose.h is not None
            x, y = transform(pose.h, np.array([MIDDLE]))[0]
            thing = panning.place(number, panning.WIDTH / 2, panning.HEIGHT / 2)
            found[number] = math.dist((x * panning.WIDTH, y * panning.HEIGHT), thing)
    assert max(found.values()) < NEAR, found
    assert len(found) > len(numbers) // 2
