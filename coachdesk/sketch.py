"""What one author did on a call's picture, so that it can be undone and redone. Pure."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from coachdesk.annotation import AnyEdit, Pin, Remove, Restore, Show

MOST_STEPS = 200


class Step(NamedTuple):
    """Something done, and what undoes it."""

    done: list[AnyEdit]
    undone: list[AnyEdit]


class Sketch:
    """The steps of one author, newest last; a new step ends what could be redone."""

    def __init__(self) -> None:
        self._done: deque[Step] = deque(maxlen=MOST_STEPS)
        self._undone: list[Step] = []

    def did(self, step: Step) -> None:
        self._done.append(step)
        self._undone.clear()

    def undo(self) -> list[AnyEdit]:
        """The edits that undo the last step; empty when there is none."""
        if not self._done:
            return []
        step = self._done.pop()
        self._undone.append(step)
        return step.undone

    def redo(self) -> list[AnyEdit]:
        """The edits that do again what was undone last; empty when there is nothing."""
        if not self._undone:
            return []
        step = self._undone.pop()
        self._done.append(step)
        return step.done


def drew(mark: str) -> Step:
    return Step([Restore(mark)], [Remove(mark)])


def cleared(marks: list[str]) -> Step:
    return Step([Remove(mark) for mark in marks], [Restore(mark) for mark in marks])


def pinned(mark: str, on: bool) -> Step:
    return Step([Pin(mark=mark, on=on)], [Pin(mark=mark, on=not on)])


def shown(mark: str, on: bool) -> Step:
    return Step([Show(mark=mark, on=on)], [Show(mark=mark, on=not on)])
