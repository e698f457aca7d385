"""Where a picture is in the view that shows it: the whole of it, pixel for pixel, or a part of it, larger (pure).

Places in the view are Qt's: from its upper left corner, in device-independent pixels. Places in the picture are 0 to 1,
across and down. A scale is in pixels of the monitor for each pixel of the picture: 1 is pixel for pixel.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

LARGEST = 8.0
STEP = 1.25
"""By which one notch of a wheel, or one press of a key, zooms."""

ALIKE = 0.02
"""By so much the forms of a screen and of its picture differ at most, whose sides are even."""

XY = tuple[float, float]


class Rect(NamedTuple):
    """In view coordinates."""

    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Stage:
    """Sizes, as width and height: ``view`` in its pixels, ``picture`` in its own. ``ratio``: pixels of the monitor for each
    of the view's, across.
    """

    view: XY
    picture: XY
    ratio: float = 1.0

    @property
    def fit(self) -> float:
        """The scale at which the whole picture is just seen."""
        return self.ratio * min(self.view[0] / self.picture[0], self.view[1] / self.picture[1])


@dataclass(frozen=True, slots=True)
class Zoom:
    """How a picture is looked at. ``scale``: None where the whole of it is to be seen, whatever the view's size.
    ``centre``: the place of the picture in the middle of the view, as far as the picture's edges allow it.
    """

    scale: float | None = None
    centre: XY = (0.5, 0.5)

    def scale_on(self, stage: Stage) -> float:
        return stage.fit if self.scale is None else self.scale

    def place(self, stage: Stage) -> Rect:
        """Where the picture is: on whole pixels of the monitor, with no gap beside it where it is larger than the view."""
        scale = self.scale_on(stage)
        spans = [
            _span(view, round(pixels * scale), centre, stage.ratio)
            for view, pixels, centre in zip(stage.view, stage.picture, self.centre, strict=True)
        ]
        (left, width), (top, height) = spans
        return Rect(left, top, width, height)

    def scaled(self, stage: Stage, scale: float, at: XY) -> Zoom:
        """At another scale; what is at ``at`` in the view stays there, as far as the picture's edges allow it."""
        place = self.place(stage)
        held = [min(max(each, 0.0), 1.0) for each in picture_at(place, at)]
        sizes = [pixels * scale / stage.ratio for pixels in stage.picture]
        centre = [
            share + (view / 2 - there) / size
            for share, view, there, size in zip(held, stage.view, at, sizes, strict=True)
        ]
        return Zoom(scale, (centre[0], centre[1]))._within(stage)

    def stepped(self, stage: Stage, factor: float, at: XY) -> Zoom:
        """``factor`` times as large, about ``at``. It stops on its way where the whole is seen, and at pixel for pixel."""
        before = self.scale_on(stage)
        after = min(max(before * factor, min(stage.fit, 1.0)), max(stage.fit, LARGEST))
        low, high = sorted((before, after))
        stops = sorted((each for each in (stage.fit, 1.0) if low < each < high), reverse=after < before)
        scale = stops[0] if stops else after
        return Zoom() if math.isclose(scale, stage.fit) else self.scaled(stage, scale, at)

    def moved(self, stage: Stage, across: float, down: float) -> Zoom:
        """The picture pushed by so many pixels of the view, as far as its edges allow it."""
        if self.scale is None:
            return self
        place = self.place(stage)
        centre = (self.centre[0] - across / place.width, self.centre[1] - down / place.height)
        return Zoom(self.scale, centre)._within(stage)

    def _within(self, stage: Stage) -> Zoom:
        """With the centre that is really there, so that a push back counts at once."""
        place = self.place(stage)
        centre = picture_at(place, (stage.view[0] / 2, stage.view[1] / 2))
        return Zoom(self.scale, centre)


def whole_of(picture: tuple[int, int], whole: tuple[int, int] | None) -> tuple[int, int]:
    """Width and height of the screen that a picture shows, which may have fewer pixels; the picture's own where ``whole`` is
    not known, or is another's, from before or after.
    """
    if whole is None or min(whole) < 1:
        return picture
    across, down = picture[0] / whole[0], picture[1] / whole[1]
    return whole if abs(across - down) <= ALIKE * max(across, down) else picture


def picture_at(place: Rect, at: XY) -> XY:
    """The place in the picture that is at ``at`` in the view; outside of 0 to 1 beside the picture."""
    return (at[0] - place.left) / place.width, (at[1] - place.top) / place.height


def view_at(place: Rect, at: XY) -> XY:
    """Where in the view the picture's ``at`` is."""
    return place.left + at[0] * place.width, place.top + at[1] * place.height


def _span(view: float, pixels: int, centre: float, ratio: float) -> tuple[float, float]:
    """Begin and length along one axis, of ``pixels`` of the monitor."""
    length = max(pixels, 1) / ratio
    begin = (view - length) / 2 if length <= view else min(max(view / 2 - centre * length, view - length), 0)
    return math.floor(begin * ratio + 0.5) / ratio, length
