"""How a mark moves from picture to picture: how far it may be from where it is expected, and whether that is still known."""

from __future__ import annotations

import math
from collections import deque

import numpy as np

from coachdesk.media.tracking.geometry import Floats

SHAKE = 10
"""Frames within which a hand that shakes turns round: so long it may surprise as it did."""
CALM, SURPRISE = 2.0, 2.0
"""Work pixels, and times of the largest surprise lately, by which a step may differ from the one before."""
SAME_PLACE = 1 / 3
"""Of a period: what is nearer than that is no other place."""


class Course:
    """The steps of one mark, work pixels: those it was seen to take, and those it took as the picture did.

    Attributes:
        known: the steps lead from where it was seen for sure to where it is now.
    """

    def __init__(self) -> None:
        self.known = False
        self._step: Floats | None = None
        self._surprises: deque[float] = deque(maxlen=SHAKE)

    def forget(self) -> None:
        """It is somewhere else, or was lost."""
        self.known, self._step = False, None
        self._surprises.clear()

    def start(self) -> None:
        """It is seen for sure; what went before is forgotten."""
        self.forget()
        self.known = True

    def seen(self, step: Floats) -> None:
        """It was found, a step from where it was."""
        self.known = True
        self._surprise(step)

    def carried(self, step: Floats, shift: Floats | None, period: float) -> None:
        """It was not found, and has moved as the picture around it seems to have. ``shift``: of the whole picture."""
        self.known = self.known and self.likely(step) and _agree(step, shift, period)
        if self.known:
            self._surprise(step)
        else:
            self.forget()

    def likely(self, step: Floats) -> bool:
        """Whether it may have taken such a step."""
        return self._off(step) <= self._reach()

    def alone(self, step: Floats, period: float) -> bool:
        """Whether of all places a ``period`` or more apart only this one may have been reached by a step."""
        off = self._off(step)
        return (
            self.known and period - off > self._reach() and (self.likely(step) or off < SAME_PLACE * period)
        )

    def confirmed(self, step: Floats, shift: Floats | None, period: float) -> bool:
        """Whether it may have taken such a step, and the whole picture has."""
        return self.known and self.likely(step) and _agree(step, shift, period)

    def _reach(self) -> float:
        return CALM + SURPRISE * max(self._surprises) if self._surprises else math.inf

    def _off(self, step: Floats) -> float:
        return 0.0 if self._step is None else float(np.linalg.norm(step - self._step))

    def _surprise(self, step: Floats) -> None:
        if self._step is not None:
            self._surprises.append(self._off(step))
        self._step = step


def _agree(step: Floats, shift: Floats | None, period: float) -> bool:
    return shift is not None and float(np.linalg.norm(step - shift)) < SAME_PLACE * period
