"""Marks on the customer's screen at the hub: who is told what may be drawn on, of which marks, and where they are."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import av
import cv2
import pytest

from coachdesk.annotation import AnyEdit, Begin, End, Entry, Point, Remove, Show, Tool
from coachdesk.inklog import Refusal
from coachdesk.inkwire import Edits, Have, Laser, Message, Poses, dump
from coachdesk.media.ink.inkhub import InkHub
from coachdesk.media.picture.video import Picture
from signaling.policy import Mode
from tests.fakes.hubcall import KEYFRAME
from tests.fakes.views import AGENT, CUSTOMER, MIA, TOM, call_view, party
from tests.media.peers import until
from tests.media.test_content import HEIGHT, WIDTH, page, scrolled
from tests.media.test_customer_screen import OFF, ON, PAUSED
from tests.media.test_customer_screen import Call as Shared

MARK = "mark-0001"
STEP = 3000
BOX = [Point(0.4, 0.45), Point(0.5, 0.5)]
PAGE = page(1)


class Call(Shared):
    """Attributes:
    entries, poses: what the agent sees.
    """

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        super().__init__(patch)
        self.entries: list[Entry] = []
        self.poses: list[Poses] = []
        self.ink.on_entry, self.ink.on_poses = self.entries.append, self.poses.append
        self.see = self.hub.screens.customer_marks.watcher()
        for name in (CUSTOMER, MIA, TOM):
            self.tell(name, Have())

    @property
    def ink(self) -> InkHub:
        return self.hub.ink

    @property
    def frame(self) -> int:
        return self.ink.shared("customer").frame

    def tell(self, name: str, message: Message) -> None:
        leg = self.up(name)
        leg.on_ink(leg.peer, dump(message))

    def told(self, name: str, kind: str) -> list[dict[str, Any]]:
        peer = self.up(name).peer
        assert peer is not None
        self.ink.tick()
        return [each for each in (*peer.ink.sent, *peer.ink.sent_live) if each["kind"] == kind]

    def has(self, name: str, mark: str = MARK) -> bool:
        if name == AGENT:
            return any(entry.edit.mark == mark for entry in self.entries)
        return any(each["edit"]["mark"] == mark for log in self.told(name, "log") for each in log["entries"])

    async def shows(self, by: int = 500, size: tuple[int, int] = (WIDTH, HEIGHT)) -> int:
        """The next picture of a page that is scrolled so far comes in and is decoded; its timestamp."""
        self.show(KEYFRAME)
        timestamp = self._number * STEP
        plane = cv2.resize(scrolled(PAGE, by), size, interpolation=cv2.INTER_AREA)
        frame = av.VideoFrame.from_ndarray(cv2.cvtColor(plane, cv2.COLOR_GRAY2BGR), format="bgr24")
        self.see(Picture(frame.reformat(format="yuv420p"), timestamp, 0.0))
        done = False

        def seen() -> bool:
            nonlocal done
            was, done = done, True
            return was

        await until(seen)
        self.hub.screens.tick()
        return timestamp

    def draw(self, author: str, mark: str = MARK, **changed: Any) -> None:
        begin = Begin(
            **{
                "mark": mark, "tool": Tool.RECTANGLE, "colour": "#2f7cf6", "width": 0.006, "surface": "customer",
                "frame": self.frame, "picture": self.known_as(author, self._number * STEP), **changed,
            }
        )  # fmt: skip
        edits: list[AnyEdit] = [begin, End(mark=mark, path=BOX)]
        if author == AGENT:
            for edit in edits:
                self.ink.submit(edit)
        else:
            self.tell(author, Edits(edits=edits))

    def known_as(self, name: str, timestamp: int) -> int:
        """What a picture is called at ``name``."""
        return (timestamp - self.hub.screens.customer_marks._offsets.get(name, 0)) & 0xFFFFFFFF

    def downs(self, name: str, timestamp: int) -> dict[str, float | None]:
        """How far down marks are said to be in that picture, in pixels; None: hidden."""
        agents = [json.loads(dump(poses)) for poses in self.poses]
        told = agents if name == AGENT else self.told(name, "poses")
        frame = self.known_as(name, timestamp)
        of = [each for each in told if each.get("surface") == "customer" and each["frame"] == frame]
        anchors = of[-1]["anchors"] if of else []
        return {
            each["marks"][0]: round(each["h"][5] * HEIGHT, 2) if "h" in each else None for each in anchors
        }


@pytest.fixture
async def call() -> AsyncIterator[Call]:
    with pytest.MonkeyPatch.context() as patch:
        call = Call(patch)
        call.say(ON)
        yield call
        await call.hub.screens.close()


async def test_it_may_be_drawn_on_from_its_first_picture_until_its_end(call: Call) -> None:
    assert call.frame == 0
    await call.shows()
    first = call.frame
    for name in (CUSTOMER, MIA, TOM):
        (told,) = call.told(name, "shared")
        assert told == {
            "kind": "shared", "frame": first, "width": WIDTH, "height": HEIGHT, "surface": "customer",
        }  # fmt: skip
    call.say(OFF)
    assert call.told(CUSTOMER, "shared")[-1] == {"kind": "shared", "surface": "customer"}
    with pytest.raises(Refusal):
        call.draw(AGENT, frame=first)
    call.say(ON)
    await call.shows()
    assert call.frame > first


async def test_fewer_pixels_of_the_same_are_the_same_and_another_shape_is_another(call: Call) -> None:
    await call.shows()
    first = call.frame
    call.draw(AGENT)
    timestamp = await call.shows(440, (WIDTH // 2, HEIGHT // 2))
    assert call.frame == first
    assert call.downs(AGENT, timestamp) == {MARK: 60.0}
    await call.shows(500, (HEIGHT, HEIGHT))
    assert call.frame > first


@pytest.mark.parametrize(
    ("author", "mode", "seeing"),
    [
        (AGENT, Mode.LISTEN, {AGENT, CUSTOMER, MIA, TOM}),
        (MIA, Mode.LISTEN, {AGENT, MIA}),
        (MIA, Mode.WHISPER, {AGENT, MIA}),
        (MIA, Mode.BARGE, {AGENT, CUSTOMER, MIA, TOM}),
        (MIA, Mode.LANE, {MIA, TOM}),
        (TOM, Mode.LISTEN, {MIA, TOM}),
        (CUSTOMER, Mode.LISTEN, set()),
    ],
)
async def test_marks_and_where_they_are_go_to_those_who_see_the_authors_ink(
    call: Call, author: str, mode: Mode, seeing: set[str]
) -> None:
    call.view_of(mode=mode)
    await call.shows()
    call.draw(author)
    timestamp = await call.shows(440)
    everybody = {AGENT, CUSTOMER, MIA, TOM}
    assert {name for name in everybody if call.has(name)} == seeing
    assert {name for name in everybody if call.downs(name, timestamp) == {MARK: 60.0}} == seeing
    assert {name for name in everybody if call.downs(name, timestamp)} == seeing


async def test_what_is_private_is_shown_to_the_customer_by_the_agents_word(call: Call) -> None:
    await call.shows()
    call.draw(MIA)
    assert not call.has(CUSTOMER)
    call.ink.submit(Show(mark=MARK, on=True))
    timestamp = await call.shows(440)
    assert call.has(CUSTOMER)
    assert call.downs(CUSTOMER, timestamp) == {MARK: 60.0}


async def test_what_is_scrolled_out_is_hidden_and_comes_back(call: Call) -> None:
    await call.shows()
    call.draw(AGENT)
    for by, down in ((560, -60.0), (1200, None), (500, 0.0)):
        timestamp = await call.shows(by)
        for name in (AGENT, CUSTOMER, MIA):
            assert call.downs(name, timestamp) == {MARK: down}


async def test_a_mark_belongs_to_the_picture_its_author_had(call: Call) -> None:
    old = await call.shows()
    await call.shows(540)
    call.draw(MIA, picture=call.known_as(MIA, old))
    timestamp = await call.shows(540)
    assert call.downs(MIA, timestamp) == {MARK: -40.0}


async def test_during_a_hold_and_while_it_is_paused_the_customer_is_told_of_nothing_new(call: Call) -> None:
    await call.shows()
    call.view_of(held=True)
    call.draw(AGENT)
    assert not call.has(CUSTOMER)
    timestamp = await call.shows(440)
    assert call.downs(CUSTOMER, timestamp) == {}
    call.view_of()
    call.say(PAUSED)
    timestamp = await call.shows(440)
    assert call.downs(AGENT, timestamp) == {}


async def test_while_a_supervisor_shares_theirs_nothing_is_drawn_on_the_customers(call: Call) -> None:
    await call.shows()
    frame = call.frame
    call.apply(call_view(party(MIA, shares="on"), party(TOM), revision=2))
    assert call.frame == 0
    with pytest.raises(Refusal):
        call.draw(AGENT, frame=frame)
    await call.shows()
    assert call.frame == 0
    call.view_of()
    await call.shows()
    assert call.frame > frame


async def test_the_customer_neither_draws_nor_points_nor_says_where_marks_are(call: Call) -> None:
    await call.shows()
    call.draw(AGENT)
    call.draw(CUSTOMER, "mark-0002")
    assert {each["code"] for each in call.told(CUSTOMER, "refused")} == {"not_allowed"}
    before = call.ink.refused["not_allowed"]
    laser = Laser(stroke=1, colour="#2f7cf6", width=0.01, points=BOX, frame=call.frame, surface="customer")
    leg = call.up(CUSTOMER)
    leg.on_live_ink(leg.peer, dump(laser))
    call.tell(CUSTOMER, Poses(frame=1, epoch=0, anchors=[], surface="customer"))
    call.tell(CUSTOMER, Edits(edits=[Remove(mark=MARK)]))
    assert call.ink.refused["not_allowed"] == before + 3
    assert call.told(MIA, "laser") == []


async def test_a_pointer_reaches_those_who_see_the_authors_ink(call: Call) -> None:
    await call.shows()
    laser = Laser(
        stroke=1, colour="#2f7cf6", width=0.01, points=BOX, frame=call.frame, surface="customer", sign="click"
    )  # fmt: skip
    leg = call.up(MIA)
    leg.on_live_ink(leg.peer, dump(laser))
    assert (call.told(CUSTOMER, "laser"), call.told(TOM, "laser")) == ([], [])
    call.ink.point(laser)
    (told,) = call.told(CUSTOMER, "laser")
    assert (told["surface"], told["sign"], told["author"]) == ("customer", "click", "agent")


async def test_on_a_new_connection_it_is_told_again(call: Call) -> None:
    await call.shows()
    call.draw(AGENT)
    timestamp = await call.shows(440)
    call.connect(CUSTOMER)
    assert call.told(CUSTOMER, "shared") == []
    call.tell(CUSTOMER, Have())
    assert [each["surface"] for each in call.told(CUSTOMER, "shared")] == ["customer"]
    assert call.has(CUSTOMER)
    assert call.downs(CUSTOMER, timestamp) == {MARK: 60.0}


async def test_a_mark_on_a_screen_that_stands_still_is_found_without_another_picture(call: Call) -> None:
    timestamp = await call.shows()
    call.draw(AGENT)

    def found() -> bool:
        call.hub.screens.tick()
        return all(call.downs(name, timestamp) == {MARK: 0.0} for name in (AGENT, CUSTOMER, MIA))

    await until(found)
