"""How many pixels of a screen are sent: those that are seen, in few steps, larger at once and smaller after a while."""

from __future__ import annotations

import pytest

from coachdesk.media.screenshare.screenfit import SHRINK_SECONDS, STEPS, ScreenFit, largest
from coachdesk.media.screenshare.screensizes import SAYS_AT_ONCE, ScreenSizes
from coachdesk.screenwire import Size
from coachdesk.ui.zoom import whole_of

FULL = 1920, 1080


class Sharer:
    """What of a full HD screen is sent to those who look on."""

    def __init__(self, *shown: Size | None, full: Size = FULL) -> None:
        self.fit = ScreenFit()
        self.full = full
        self.now = 100.0
        self.seen(*shown)

    def seen(self, *shown: Size | None) -> None:
        self.fit.shown = shown

    def after(self, seconds: float = 0.0) -> float:
        self.now += seconds
        return self.fit.scale(self.full, self.now)

    def settled(self) -> float:
        self.after()
        return self.after(SHRINK_SECONDS)


@pytest.mark.parametrize(
    ("shown", "step"),
    [
        ((1920, 1080), 1.0),
        ((3840, 2160), 1.0),
        ((1500, 844), 1.0),
        ((1440, 810), 3 / 4),
        ((1280, 720), 2 / 3),
        ((960, 540), 1 / 2),
        ((720, 405), 3 / 8),
        ((200, 112), 1 / 4),
        ((0, 0), 1 / 4),
        (None, 1.0),
    ],
)
def test_the_least_step_that_holds_what_is_seen(shown: Size | None, step: float) -> None:
    assert Sharer(shown).settled() == step
    assert step in STEPS


def test_the_largest_viewer_counts_and_one_who_has_not_said_sees_all() -> None:
    sharer = Sharer((480, 270), (930, 523), (0, 0))
    assert sharer.settled() == 1 / 2
    sharer.seen((480, 270), (930, 523), None)
    assert sharer.after() == 1.0
    assert [largest(each) for each in ([], [None], [(1, 9), None], [(1, 9), (4, 2)])] == [
        None,
        None,
        None,
        (4, 9),
    ]


def test_it_grows_at_once_and_shrinks_only_when_the_smaller_has_been_enough_for_a_while() -> None:
    sharer = Sharer((480, 270))
    assert (sharer.after(), sharer.after(SHRINK_SECONDS - 0.1)) == (1.0, 1.0)
    sharer.seen((1200, 675))  # still being made smaller, or larger again
    assert (sharer.after(), sharer.after(SHRINK_SECONDS - 0.1), sharer.after(0.2)) == (1.0, 1.0, 2 / 3)
    sharer.seen((1600, 900))
    assert sharer.after() == 1.0
    sharer.seen((1200, 675))
    assert sharer.after(9.0) == 1.0, "what was enough before it grew does not count"


def test_a_window_that_is_moved_about_the_edge_of_a_step_changes_it_once() -> None:
    sharer = Sharer((1279, 719))
    scales = {sharer.settled()}
    for width in (1281, 1279, 1290, 1270, 1300):
        sharer.seen((width, width * 9 // 16))
        scales.add(sharer.settled())
    assert scales == {2 / 3}
    sharer.seen((1310, 737))
    assert sharer.after() == 3 / 4
    sharer.seen((1281, 721))
    assert sharer.settled() == 3 / 4


def test_small_screens_keep_enough_to_be_made_out_and_what_is_sent_to_nobody_stays_as_it_is() -> None:
    assert Sharer((0, 0), full=(640, 320)).settled() == 1 / 2
    assert Sharer((0, 0), full=(300, 100)).settled() == 1.0
    sharer = Sharer((0, 0))
    assert sharer.settled() == 1 / 4
    sharer.seen()
    assert sharer.settled() == 1 / 4
    sharer.full = 640, 320  # another window, or its other size
    sharer.seen((0, 0))
    assert sharer.after() == 1 / 2


def test_who_says_it_too_often_has_not_said_it_and_may_again() -> None:
    now = 5.0
    sizes = ScreenSizes(lambda: now)
    for width in range(int(SAYS_AT_ONCE)):
        sizes.show("mia", (width, 9))
    assert sizes.shown("mia") == (SAYS_AT_ONCE - 1, 9)
    sizes.show("mia", (640, 360))
    assert sizes.shown("mia") is None
    sizes.show("tom", (640, 360))
    sizes.share("tom", FULL)
    assert (sizes.shown("tom"), sizes.shared("tom")) == ((640, 360), FULL)
    now += 1.0
    sizes.show("mia", (640, 360))
    assert sizes.shown("mia") == (640, 360)
    sizes.forget("tom")
    assert (sizes.shown("tom"), sizes.shared("tom")) == (None, None)


@pytest.mark.parametrize(
    ("picture", "whole", "taken"),
    [
        ((720, 404), (1920, 1080), (1920, 1080)),
        ((1920, 1080), (1920, 1080), (1920, 1080)),
        ((720, 404), None, (720, 404)),
        ((720, 404), (800, 600), (720, 404)),
        ((720, 404), (0, 0), (720, 404)),
    ],
)
def test_a_picture_shows_a_screen_of_its_own_form(picture: Size, whole: Size | None, taken: Size) -> None:
    assert whole_of(picture, whole) == taken
