"""Marks on the agent's screen move with what they were drawn on: what each viewer is told of each picture, and the agent."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from coachdesk.annotation import AnyEdit, Begin, End, Point, Remove, Restore, Tool
from coachdesk.inkwire import Poses
from coachdesk.media.screenshare.desktopmarks import CALM_SECONDS, DesktopMarks
from coachdesk.media.screenshare.screencast import ScreenCast
from signaling.policy import Mode
from tests.fakes.inkhubcall import Call, view_of
from tests.fakes.views import BEN, CUSTOMER, MIA, TOM
from tests.media.test_content import HEIGHT, WIDTH, page

MARK = "mark-0001"
WHOLE = page(1)
PATH = [Point(0.4, 0.45), Point(0.5, 0.5)]
Picture = NDArray[np.uint8]


def shows(by: int) -> Picture:
    """The page, scrolled so far: height x width x 4."""
    return np.repeat(WHOLE[by : by + HEIGHT, :, None], 4, axis=2)


class Share:
    """A page is shared; pictures are taken and sent when told so."""

    def __init__(self) -> None:
        self.call = Call()
        self.cast = ScreenCast()
        self.now = 100.0
        self.marks = DesktopMarks(self.call.hub, self.cast, "screen", lambda: self.now)
        self.call.hub.share((WIDTH, HEIGHT))
        self.agents: list[Poses] = []
        self.call.hub.on_poses = self.agents.append
        self.picture = shows(0)

    def take(self, by: int | None = None) -> None:
        """Another picture, or another look at the same one."""
        if by is not None:
            self.now += 1
            self.captured, self.picture = self.now, shows(by)
        self.cast.watch(self.picture, self.captured)

    def send(self, frame: int, *parties: str) -> None:
        """The newest picture goes out, and by that id."""
        for party in parties or (MIA, BEN, TOM):
            self.cast.on_sent(party, frame, self.captured)

    def draw(self, author: str = MIA, picture: int | None = None, mark: str = MARK) -> None:
        begin = Begin(
            mark=mark, tool=Tool.RECTANGLE, colour="#2f7cf6", width=0.006,
            frame=self.call.hub.shared("screen").frame, surface="screen", picture=picture,
        )  # fmt: skip
        self.do(author, begin, End(mark=mark, path=PATH))

    def do(self, author: str, *edits: AnyEdit) -> None:
        self.call.far[author].do(*edits)
        self.take()
        self.marks.tick()

    def told(self, party: str = MIA) -> list[tuple[int, float | None]]:
        """The pictures that ``party`` was told of, and how far down the mark is in each; None: it is hidden."""
        return [(each["frame"], _down(each["anchors"])) for each in self.call.far[party].kept("poses")]

    @property
    def on_desktop(self) -> float | None:
        return _down([{"state": each.state, "h": each.h} for each in self.agents[-1].anchors])


def _down(anchors: list[dict[str, Any]]) -> float | None:
    (anchor,) = anchors
    return anchor["h"][5] if anchor["state"] == "tracked" else None


@pytest.fixture
def share() -> Share:
    share = Share()
    share.take(500)
    share.send(7)
    return share


def down(pixels: int) -> float:
    return pytest.approx(pixels / HEIGHT, abs=1e-5)  # type: ignore[no-any-return]


def test_every_picture_that_is_sent_says_where_the_mark_is_in_it(share: Share) -> None:
    share.draw(picture=7)
    assert share.told() == [(7, down(0))], "of the picture that stands still already"
    share.marks.tick()
    for frame, by in ((8, 540), (9, 1200), (10, 420)):
        share.take(by)
        share.send(frame)
    share.send(11)
    assert share.told()[1:] == [(8, down(-40)), (9, None), (10, down(80)), (11, down(80))]
    assert share.call.far[MIA].live("poses") == []


def test_who_does_not_see_the_mark_is_told_nothing_of_it(share: Share) -> None:
    share.draw(MIA, 7)
    share.send(8, MIA, BEN, TOM, CUSTOMER)
    assert len(share.told(MIA)) == len(share.told(BEN)) == 2
    assert share.told(TOM) == share.told(CUSTOMER) == []


def test_the_customer_is_told_of_their_marks_while_they_are_shown_the_screen(share: Share) -> None:
    share.call.apply(view_of(Mode.BARGE, revision=2))
    share.draw(MIA, 7)
    share.draw(BEN, 7, "private-1")
    share.send(8, CUSTOMER)
    assert share.told(CUSTOMER) == [], "they do not see the screen"
    share.call.hub.show_customer(True)
    share.take(540)
    share.send(9, CUSTOMER, BEN)
    assert share.told(CUSTOMER) == [(9, down(-40))], "of the mark that is drawn for them, alone"
    assert len(share.call.far[BEN].kept("poses")[-1]["anchors"]) == 2
    share.call.hub.show_customer(False)
    share.take(560)
    share.send(10, CUSTOMER)
    share.marks.tick()
    assert len(share.told(CUSTOMER)) == 1


def test_who_connects_anew_is_told_again_where_marks_are_in_the_picture_that_stands_still(
    share: Share,
) -> None:
    share.call.apply(view_of(Mode.BARGE, revision=2))
    share.call.hub.show_customer(True)
    share.draw(MIA, 7)
    share.take(540)
    for party in (CUSTOMER, BEN, TOM):
        share.send(8, party)
        share.call.far[party].connect()
        share.call.far[party].read()
    assert share.told(CUSTOMER) == share.told(BEN) == share.told(TOM) == [(8, down(-40))]
    kinds = [each["kind"] for each in share.call.far[CUSTOMER].ink.sent]
    assert kinds.index("shared") < kinds.index("poses"), (
        "the page forgets with another frame what it was told"
    )
    share.call.hub.show_customer(False)
    share.call.far[CUSTOMER].connect()
    assert share.told(CUSTOMER) == []


def test_it_belongs_to_what_its_author_saw_however_far_the_page_has_gone_since(share: Share) -> None:
    share.take(560)
    share.send(8, BEN)
    share.draw(MIA, 7)
    share.send(9)
    assert share.told()[-1] == (9, down(-60))


def test_what_was_drawn_on_an_unknown_picture_is_nowhere(share: Share) -> None:
    share.draw(picture=4711)
    share.send(8)
    assert share.told()[-1] == (8, None)


def test_what_was_drawn_after_the_screen_was_blank_is_on_the_picture_that_is_shown_again(
    share: Share,
) -> None:
    shown = share.captured, share.picture
    share.take(900)
    share.captured, share.picture = shown
    share.take()
    share.draw()
    share.send(8)
    assert share.told()[-1] == (8, down(0))


def test_on_the_screen_itself_it_is_hidden_while_it_moves(share: Share) -> None:
    share.draw(picture=7)
    assert share.on_desktop == down(0)
    share.take(540)
    share.marks.tick()
    assert share.on_desktop is None
    share.now += CALM_SECONDS + 0.01
    share.marks.tick()
    assert share.on_desktop == down(-40)
    told = len(share.agents)
    share.marks.tick()
    assert len(share.agents) == told, "nothing is told twice"


def test_what_is_taken_back_is_not_looked_for_and_is_found_when_it_comes_again(share: Share) -> None:
    share.draw(picture=7)
    share.do(MIA, Remove(MARK))
    share.take(530)
    share.send(8)
    assert share.told()[-1][0] == 7
    share.do(MIA, Restore(MARK))
    assert share.told()[-1] == (8, down(-30))


def test_marks_of_another_share_are_forgotten(share: Share) -> None:
    share.draw(picture=7)
    share.call.hub.share((WIDTH, HEIGHT - 2))
    share.marks.tick()
    told = len(share.told())
    share.take(540)
    share.send(8)
    share.marks.tick()
    assert len(share.told()) == told
    assert share.agents[-1].anchors == []


def test_more_marks_than_are_followed_let_the_oldest_go(share: Share) -> None:
    for number in range(30):
        share.draw(picture=7, mark=f"mark-{number:04}")
    share.take(510)
    share.send(8)
    anchors = share.call.far[MIA].kept("poses")[-1]["anchors"]
    assert [each["marks"][0] for each in anchors] == [f"mark-{number:04}" for number in range(14, 30)]
    assert all(each["h"][5] == down(-10) for each in anchors)
