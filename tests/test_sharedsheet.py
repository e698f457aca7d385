"""What an agent shares as something to draw on: another frame for every target and size, and its place on the desktop."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from coachdesk import events
from coachdesk.media.ink.inkhub import InkHub
from coachdesk.screenevents import Place
from coachdesk.sharedsheet import SharedSheet
from tests.fakes.views import call_view

PLACE = Place(10, 20, 640, 480, screen=0)


class Shared:
    """Attributes:
    told: what the agent's window is told.
    """

    def __init__(self) -> None:
        self.screen = SimpleNamespace(source=None, state="off")
        self.known = InkHub()
        self.ink: InkHub | None = self.known
        self.known.apply(call_view())
        self.told: list[events.SharePlace] = []
        self.sheet = SharedSheet("screen", lambda: self.ink, lambda: self.screen, self.told.append)  # type: ignore[arg-type,return-value]

    @property
    def frame(self) -> int:
        return self.known.shared("screen").frame

    @property
    def size(self) -> tuple[int, int]:
        """Pixels."""
        shared = self.known.shared("screen")
        return shared.width, shared.height

    def share(self, place: Place | None) -> Any:
        """A window or a screen that is captured."""
        source = SimpleNamespace(place=place, latest=lambda: None)
        self.screen.source, self.screen.state = source, "on"
        self.sheet.tick()
        return source


@pytest.fixture
def shared() -> Shared:
    return Shared()


def test_a_share_is_drawn_on_from_when_its_size_is_known(shared: Shared) -> None:
    shared.sheet.tick()
    source = shared.share(None)
    assert (shared.frame, shared.told) == (0, [])
    source.place = PLACE
    shared.sheet.tick()
    shared.sheet.tick()
    assert (shared.frame, shared.size) == (1, (640, 480))
    assert shared.told == [events.SharePlace(frame=1, place=PLACE)]


def test_a_window_that_is_moved_is_the_same_frame_one_of_another_size_another(shared: Shared) -> None:
    source = shared.share(PLACE)
    source.place = Place(100, 200, 640, 480, screen=0)
    shared.sheet.tick()
    assert (shared.frame, shared.told[-1].place) == (1, source.place)
    source.place = Place(100, 200, 640, 500, screen=0)
    shared.sheet.tick()
    assert shared.frame == 2
    shared.share(source.place)
    assert shared.frame == 3, "another target of the same size"


def test_what_is_blanked_is_nowhere_on_the_desktop_until_it_is_shown_again(shared: Shared) -> None:
    shared.share(PLACE)
    for state, place in (("blank", None), ("on", PLACE)):
        shared.screen.state = state
        shared.sheet.tick()
        assert shared.told[-1] == events.SharePlace(frame=1, place=place)


@pytest.mark.parametrize("over", ["share", "call"])
def test_it_ends_with_the_share_and_with_the_call(shared: Shared, over: str) -> None:
    shared.share(PLACE)
    if over == "share":
        shared.screen.source, shared.screen.state = None, "off"
    else:
        shared.ink = None
    shared.sheet.tick()
    assert shared.told[-1] == events.SharePlace(frame=0)


def test_a_file_is_drawn_on_and_no_part_of_the_desktop(shared: Shared) -> None:
    shot = np.zeros((90, 160, 4), np.uint8), 0.0
    shared.screen.source, shared.screen.state = SimpleNamespace(place=None, latest=lambda: shot), "on"
    shared.sheet.tick()
    assert (shared.frame, shared.size) == (1, (160, 90))
    assert shared.told == [events.SharePlace(frame=1)]
