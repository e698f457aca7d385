"""One mark from picture to picture: followed, coasting, lost, found again; shown only while it is sure."""

from __future__ import annotations

import math
from enum import StrEnum

import cv2
import numpy as np

from coachdesk.media.tracking import bend, flow, relocate, rivals
from coachdesk.media.tracking.align import FAR, NEAR, Guess, coarse, elsewhere, fine
from coachdesk.media.tracking.atlas import Atlas
from coachdesk.media.tracking.course import SAME_PLACE, Course
from coachdesk.media.tracking.evidence import Evidence, Trust
from coachdesk.media.tracking.geometry import Floats, Homography, inside, local, normalized, transform
from coachdesk.media.tracking.keyframe import Keyframe
from coachdesk.media.tracking.view import View

COASTING = 6
"""Frames without success after which a mark is lost and searched for everywhere."""
PROBATION = 9
"""Frames a weak find may take to become a strong one."""
BETWEEN_KEYFRAMES = 12
AGREEMENT = 8.0
"""Work pixels by which a weakly supported place may be off from where the motion says."""
LESS, SLIP = 0.25, 4.0
"""By how much less of the mark is seen than in the frame before, and work pixels from where it was expected, if a fit has
slipped to what only looks alike."""
ARRIVED = 1.5
"""Work pixels that a fit may still go when it goes on, to be where it belongs."""
ROOM = 12.0
"""Pixels around the outline that belong to the mark."""


class State(StrEnum):
    TRACKED = "tracked"
    """Its place is known: drawn."""
    HIDDEN = "hidden"
    """Not sure for the moment."""
    LOST = "lost"
    """Searched for; show what it looked like."""
    OFF_SCREEN = "off_screen"
    """Its place is known, and not in the picture."""


class Anchor:
    """One mark. ``outline``: N x 2 work pixels of ``view``, which becomes keyframe 0.

    Attributes:
        state: as of the newest view.
        h: keyframe 0 to the newest view, work pixels: of the mark and what lies in its plane when tracked, the best guess
            otherwise.
        place: the same, exact on the mark when tracked: to be drawn by.
        evidence: for ``h``, None where there is none.
    """

    def __init__(self, view: View, outline: Floats) -> None:
        self.outline = outline
        self.atlas = Atlas(view, _with_room(outline))
        _ = self.atlas.first.features, self.atlas.first.repeats
        self.h: Homography = np.eye(3)
        self.place: Homography = np.eye(3)
        self.state = State.TRACKED
        self.evidence: Evidence | None = None
        self._centre = outline.mean(0, keepdims=True)
        self._velocity: Homography = np.eye(3)
        self._steady: Homography | None = None  # where it was in the frame before, if that is known
        self._stride: Floats | None = None  # the step it took there
        self._course = Course()
        self._course.start()
        self._led = False  # to where another mark says
        self._previous = view
        self._count = self._grown = self._failed = 0
        self._probation = self._searched = 0
        self._order: list[Keyframe] = []
        self._described = False  # the features of the view before are known
        self._places: list[tuple[Keyframe, Homography]] = []  # found by features, not looked at yet

    def update(self, view: View) -> State:
        """Find the mark in the next view."""
        self._count += 1
        found = None
        if self.state is not State.LOST:
            found = self._follow(view)
        if found is None and self._failed:
            found = self._search(view)
        self._previous = view
        self.evidence = found
        if found is None:
            self._miss()
        else:
            self._hit(found, view)
        return self.state

    def lose(self) -> None:
        """The picture has changed: what is known of the place says nothing any more."""
        self._failed, self._probation, self._searched = COASTING + 1, 0, 0
        self._velocity, self._steady, self._stride = np.eye(3), None, None
        self._course.forget()
        self.state, self.evidence = State.LOST, None

    def carry(self, motion: Homography) -> None:
        """The view has changed as another mark says; to be called instead of `update`, or before it."""
        if self.state is not State.LOST:
            self._steady, self._stride = self.h, None
            self.h = normalized(motion @ self.h)
            self.place = normalized(motion @ self.place)
            self._velocity = np.eye(3)
            self._course.forget()
            self._led = True

    @property
    def centre(self) -> Floats:
        """The middle of the mark in the newest view, work pixels."""
        return np.asarray(transform(self.h, self._centre)[0])

    # --- following ---

    def _follow(self, view: View) -> Evidence | None:
        """From where it is expected to be; else from where the picture's own motion says, found by flow.

        What is seen on the mark itself is believed; what is not must agree with the picture's motion.
        """
        found = None
        if self._failed == 0:
            expected = normalized(self._velocity @ self.h)
            found = self._exact(expected, view)
            if found is not None and self._believed(found, expected):
                found = self._distinct(found, view, self.h)
                if found is not None:
                    return found
        carried = self._carried(view)
        if carried is None:
            self._course.forget()
            self._steady = self._stride = None
            return None
        if found is None or not self._believed(found, carried):
            if self._failed == 0:
                found = self._exact(carried, view)
            else:
                found = self._far(carried, view) if self._failed % 2 == 0 else None
        if found is not None and self._believed(found, carried):
            found = self._distinct(found, view, carried if self._failed else self.h)
            if found is not None:
                return found
        elif found is not None and self._failed:
            found = self._found_again(found, view)  # flow may have gone with a hand
            if found is not None:
                return found
        self._drift(carried, view)
        return None

    def _believed(self, found: Evidence, expected: Homography) -> bool:
        if self._slipped(found, expected):
            return False
        return found.clear or (found.trust() and self._agrees(found.h, expected))

    def _slipped(self, found: Evidence, expected: Homography) -> bool:
        """Whether it looks less like the mark at once, and that elsewhere than expected: the next of several bars, say."""
        if self.evidence is None or found.on_mark > self.evidence.on_mark - LESS:
            return False
        return self._apart(found.h, expected) > SLIP

    def _agrees(self, h: Homography, expected: Homography) -> bool:
        """Whether both put the mark at about the same place."""
        there, before = (transform(each, self.atlas.outline) for each in (expected, self.h))
        moved = float(np.linalg.norm(there - before, axis=1).mean())
        return self._apart(h, expected) < AGREEMENT + 0.25 * moved

    def _apart(self, one: Homography, other: Homography) -> float:
        """Work pixels by which two places of the mark differ at most."""
        here, there = (transform(each, self.atlas.outline) for each in (one, other))
        return float(np.linalg.norm(here - there, axis=1).max())

    def _distinct(self, found: Evidence, view: View, before: Homography) -> Evidence | None:
        """What is found, if it cannot be a place that only looks alike; where it is instead, if that is clear.

        ``before``: where the mark was, or in the frames after a miss where it was carried to.
        """
        period = _period(found.keyframe, found.g)
        if not period:
            return found
        step = self._step(before, found.h)
        if self._led or self._failed:
            known = (self._led or self._course.known) and float(np.hypot(*step)) < SAME_PLACE * period
        else:
            known = self._course.alone(step, period)
            known = known or self._course.confirmed(step, flow.whole(self._previous, view), period)
        return found if known else rivals.resolve(found, self._guess(found.h), view)

    def _step(self, before: Homography, after: Homography) -> Floats:
        return np.asarray((transform(after, self._centre) - transform(before, self._centre))[0])

    def _exact(self, h: Homography, view: View) -> Evidence | None:
        keyframe = self.atlas.pick(h)
        if keyframe is None:
            return None
        guess = self._guess(h)
        found = fine(keyframe, guess, view, FAR)
        certain = found is not None and found.clear and not len(keyframe.repeats)
        other = None if certain else elsewhere(keyframe, guess, view)
        if other is not None:
            found = _better(found, fine(keyframe, other, view, FAR))
        return self._settled(found, view)

    def _settled(self, found: Evidence | None, view: View) -> Evidence | None:
        """After a large step a fit may end on the way: it goes on from there, and counts only if it arrives."""
        if found is None or not found.loose:
            return found
        again = fine(found.keyframe, self._guess(found.h), view, FAR)
        if again is None or (again.loose and self._apart(again.h, found.h) > ARRIVED):
            return None
        return again

    def _far(self, h: Homography, view: View) -> Evidence | None:
        keyframe = self.atlas.pick(h)
        return None if keyframe is None else self._by_flow(keyframe, self._guess(h), view)

    def _by_flow(self, keyframe: Keyframe, guess: Guess, view: View) -> Evidence | None:
        nearer = coarse(keyframe, guess, view)
        return None if nearer is None else fine(keyframe, nearer, view, NEAR)

    def _guess(self, h: Homography) -> Guess:
        if self._steady is None:
            return Guess(h, np.zeros(2), self._count)
        motion = self._step(self._steady, h)
        if self._stride is not None:  # its speed now, not half a frame ago: what the picture is blurred by
            motion = motion + (motion - self._stride) / 2
        return Guess(h, motion, self._count, known_shape=self.state is State.TRACKED)

    def _carried(self, view: View) -> Homography | None:
        """The last place, carried on by the picture's motion since the view before."""
        if view.size != self._previous.size:
            return None
        keyframe = self.atlas.active
        trusted = (keyframe.coplanar > 0.45) & (keyframe.seen > 0.2)
        step = flow.motion(
            self._previous, view, transform(self.h @ keyframe.back, keyframe.points.at[trusted])
        )
        return None if step is None else normalized(step @ self.h)

    def _drift(self, carried: Homography, view: View) -> None:
        """Not found: it goes with the picture for the moment."""
        keyframe, step = self.atlas.active, self._step(self.h, carried)
        period = _period(keyframe, carried @ keyframe.back)
        if period:
            self._course.carried(step, flow.whole(self._previous, view), period)
        self.h = self._steady = carried
        self._stride = step

    # --- searching ---

    def _search(self, view: View) -> Evidence | None:
        """Anywhere in the picture; at most one of the expensive steps in a frame, but all at once just after a loss.

        The steps: describe a keyframe; find the frame's features; match and align the likeliest place; align the next.
        """
        if self._places:
            return self._look_at(*self._places.pop(0), view)
        if self.state is not State.LOST and self._failed % 2 == 0:
            return None
        at_once = self.state is not State.LOST and self._failed == 1
        if not at_once and not self._described:
            self._described = True
            _ = view.features
            return None
        source = self._previous if self._described else view
        self._described = False
        keyframe = self._next_to_search()
        if not keyframe.described:
            if not at_once:
                _ = keyframe.features
                return None
            keyframe = self.atlas.first
        self._places = [(keyframe, g) for g in relocate.places(keyframe, source.features)]
        return self._look_at(*self._places.pop(0), view) if self._places else None

    def _look_at(self, keyframe: Keyframe, g: Homography, view: View) -> Evidence | None:
        """Whether the mark is where a search says."""
        found = self._by_flow(keyframe, Guess(normalized(g @ keyframe.h), np.zeros(2), self._count), view)
        return None if found is None else self._found_again(found, view)

    def _found_again(self, found: Evidence, view: View) -> Evidence | None:
        """What was found far from where it was expected, if it is good enough for that: for sure, or on probation."""
        trust = found.trust_found()
        if not trust:
            return None
        better: Evidence | None = found
        if len(found.keyframe.repeats):
            better = rivals.resolve(found, self._guess(found.h), view)
        if better is None:
            return None
        self._probation = 0 if trust is Trust.FULL else PROBATION
        self.atlas.active = found.keyframe
        self._failed, self._steady, self._stride = 1, None, None
        return better

    def _next_to_search(self) -> Keyframe:
        if self._searched == 0:
            self._order = self.atlas.search_order(self.h)
        self._searched += 1
        return self._order[(self._searched - 1) % len(self._order)]

    # --- what becomes of it ---

    def _miss(self) -> None:
        self._failed += 1
        self._velocity = np.eye(3)
        self._led = False
        if self._probation:
            self._failed, self._probation = COASTING + 1, 0
        self.state = State.HIDDEN
        if self._failed > COASTING:
            self.state, self._steady, self._stride = State.LOST, None, None

    def _hit(self, found: Evidence, view: View) -> None:
        self._searched = 0
        self._described, self._places = False, []
        if self._probation and not self._confirmed(found):
            return
        if not self._probation:
            learn(found)
        if self._failed or self._led:
            self._course.start()
        else:
            self._course.seen(self._step(self.h, found.h))
        self._stride = None if self._steady is None or self._led else self._step(self.h, found.h)
        self._led = False
        velocity = normalized(found.h @ np.linalg.inv(self.h))
        self._velocity = velocity if self._failed == 0 else np.eye(3)
        self.h = self._steady = found.h
        self.place = bend.on_mark(found)
        self._failed = 0
        if not self._probation:
            self._grow(found, view)
        self.state = self._shown(found)

    def _confirmed(self, found: Evidence) -> bool:
        """A weak find goes on, stronger or not; false when it has had its time."""
        if found.strong:
            self._probation = 0
        elif self._probation == 1:
            self._probation, self._failed, self._steady = 0, COASTING + 1, None
            self.state = State.LOST
            return False
        else:
            self._probation -= 1
        return True

    def _shown(self, found: Evidence) -> State:
        if self._probation:
            return State.HIDDEN
        where = transform(self.h, self.outline)
        size = found.keyframe.view.size
        if not inside(where, size, -20.0).any():
            return State.OFF_SCREEN
        return (
            State.TRACKED if inside(where, size, -20.0).all() and found.keyframe.shows_mark else State.HIDDEN
        )

    def _grow(self, found: Evidence, view: View) -> None:
        softer = 1 - view.sharpness / max(found.keyframe.view.sharpness, 1.0)
        clear = found.agreeing >= 40 and found.around >= 0.6 and found.noise <= 0.8 and softer <= 0.35
        if clear and self._count - self._grown >= BETWEEN_KEYFRAMES and self.atlas.wants(found.h):
            self.atlas.add(view, found, self.place)
            self._grown = self._count


def _better(one: Evidence | None, other: Evidence | None) -> Evidence | None:
    both = [each for each in (one, other) if each is not None]
    return max(both, key=lambda each: each.merit, default=None)


def learn(found: Evidence) -> None:
    """What a frame says about the points: which move with the mark, which can be seen."""
    keyframe = found.keyframe
    if found.noise < 0.9:  # blurred frames teach nothing about planes
        measured = np.zeros(len(found.inlier), bool)
        measured[found.matches.index] = True
        alike = measured & (found.likeness > 0.4)
        rate = 0.08 if keyframe.observations < 40 else 0.04
        fits, not_ = alike & found.inlier, alike & ~found.inlier
        keyframe.coplanar[fits] += rate * (1 - keyframe.coplanar[fits])
        keyframe.coplanar[not_] -= rate * keyframe.coplanar[not_]
        keyframe.observations += 1
    there = found.inside
    keyframe.seen[there] += 0.5 * (found.likeness[there] - keyframe.seen[there])
    keyframe.seen[~there] += 0.1 * (1 - keyframe.seen[~there])


def _period(keyframe: Keyframe, g: Homography) -> float:
    """Work pixels, seen by ``g``, to the next place that looks like the mark; 0 if there is none."""
    if not len(keyframe.repeats):
        return 0.0
    return 2 * local(g, keyframe.centre).scale * float(np.hypot(*keyframe.repeats.T).min())


def toward(where: Floats, size: tuple[int, int]) -> float:
    """The direction from the middle of the picture to ``where``, radians, clockwise from the right."""
    return math.atan2(where[1] - size[1] / 2, where[0] - size[0] / 2)


def _with_room(outline: Floats) -> Floats:
    """The box around an outline, grown on all sides."""
    box = outline
    if len(outline) > 2:
        box = cv2.boxPoints(cv2.minAreaRect(outline.astype(np.float32))).astype(np.float64)
    steps = ((-ROOM, 0), (ROOM, 0), (0, -ROOM), (0, ROOM))
    return np.concatenate([box + step for step in steps])
