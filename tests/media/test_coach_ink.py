"""Ink on a supervisor's screen at the hub: by the server's word alone, who is told of it, and where marks are said to be."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from coachdesk.annotation import AnyEdit, Begin, End, Entry, Tool
from coachdesk.inklog import Refusal
from coachdesk.inkwire import Anchor, Cursor, Edits, Have, Laser, Message, Poses, Sheet, dump
from coachdesk.media.ink.inkhub import InkHub
from signaling.policy import Mode
from tests.fakes.inkhubcall import PATH
from tests.fakes.views import AGENT, BEN, CUSTOMER, MIA, TOM
from tests.media.test_coach_screen import Call as Shared
from tests.media.test_screencast import PUBLIC, Screen

MARK = "mark-0001"
PARTIES = (CUSTOMER, MIA, BEN, TOM)
SIZE = (1280, 720)
TRACKED = Anchor(marks=[MARK], state="tracked", h=(1.0, 0.0, 0.0, 0.0, 1.0, -0.1, 0.0, 0.0, 1.0))


class Call(Shared):
    """Attributes:
    entries, poses: what the agent sees.
    """

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        super().__init__(patch)
        self.entries: list[Entry] = []
        self.poses: list[Poses] = []
        self.ink.on_entry = self.entries.append
        self.ink.on_poses = self.poses.append
        for name in PARTIES:
            self.say(name, Have())

    @property
    def ink(self) -> InkHub:
        return self.hub.ink

    def say(self, name: str, message: Message) -> None:
        leg = self.leg(name)
        assert leg is not None
        leg.on_ink(leg.peer, dump(message))

    def say_live(self, name: str, message: Message) -> None:
        leg = self.leg(name)
        assert leg is not None
        leg.on_live_ink(leg.peer, dump(message))

    def told(self, name: str, kind: str) -> list[dict[str, Any]]:
        """What ``name`` was told of that kind on the connection it has."""
        leg = self.leg(name)
        assert leg is not None
        assert leg.peer is not None
        self.ink.tick()
        return [each for each in (*leg.peer.ink.sent, *leg.peer.ink.sent_live) if each["kind"] == kind]

    def has(self, name: str, mark: str = MARK) -> bool:
        if name == AGENT:
            return any(entry.edit.mark == mark for entry in self.entries)
        return any(each["edit"]["mark"] == mark for log in self.told(name, "log") for each in log["entries"])

    def share(self, turn: int = 1, name: str = MIA) -> int:
        """Shares a screen by the server's word, says how large it is; the frame it goes by."""
        self.view_of(**{{MIA: "mias", BEN: "bens"}[name]: "on"})  # type: ignore[arg-type]
        self.say(name, Sheet(turn=turn, size=SIZE))
        return self.frame

    @property
    def frame(self) -> int:
        return self.ink.shared("coach").frame

    def draw(
        self, author: str, mark: str = MARK, frame: int | None = None, picture: int | None = None
    ) -> None:
        begin = Begin(
            mark=mark, tool=Tool.PEN, colour="#2f7cf6", width=0.006, surface="coach", picture=picture,
            frame=self.frame if frame is None else frame,
        )  # fmt: skip
        edits: list[AnyEdit] = [begin, End(mark=mark, path=PATH)]
        if author == AGENT:
            for edit in edits:
                self.ink.submit(edit)
        else:
            self.say(author, Edits(edits=edits))


@pytest.fixture
async def call() -> AsyncIterator[Call]:
    with pytest.MonkeyPatch.context() as patch:
        call = Call(patch)
        yield call
        await call.hub.screens.close()


def poses(frame: int, *anchors: Anchor) -> Poses:
    return Poses(frame=frame, epoch=0, anchors=list(anchors or (TRACKED,)), surface="coach")


# --- what may be drawn on ---


async def test_it_is_told_to_all_who_see_it_and_to_the_sharer_and_never_to_the_customer(call: Call) -> None:
    frame = call.share()
    for name in (MIA, BEN, TOM):
        (told,) = call.told(name, "shared")
        assert told == {
            "kind": "shared", "frame": frame, "width": 1280, "height": 720, "customer": False, "surface": "coach",
        }  # fmt: skip
    call.ink.share(SIZE)
    call.ink.show_customer(True)
    assert {each["surface"] for each in call.told(CUSTOMER, "shared")} == {"screen"}


@pytest.mark.parametrize("liar", [BEN, TOM, CUSTOMER])
async def test_nobody_elses_word_on_it_counts(call: Call, liar: str) -> None:
    call.say(liar, Sheet(turn=1, size=SIZE))
    call.view_of("on")
    assert call.frame == 0
    call.say(liar, Sheet(turn=2, size=SIZE))
    assert call.frame == 0
    assert call.ink.refused["not_allowed"] == (0 if liar == BEN else 2), "a supervisor may be about to share"


async def test_what_was_said_before_the_servers_word_counts_from_then_on(call: Call) -> None:
    call.say(MIA, Sheet(turn=1, size=SIZE))
    assert call.frame == 0
    call.view_of("on")
    assert call.frame == 1
    call.view_of("blank")
    assert call.frame == 1
    call.view_of()
    assert call.frame == 0
    with pytest.raises(Refusal):
        call.draw(AGENT, frame=1)


async def test_another_target_and_another_sharer_are_another_frame_a_new_connection_is_not(
    call: Call,
) -> None:
    first = call.share()
    call.say(MIA, Sheet(turn=1, size=SIZE))
    assert call.frame == first
    call.say(MIA, Sheet(turn=2, size=SIZE))
    second = call.frame
    assert second > first
    call.view_of(bens="on")
    assert call.frame == 0
    call.view_of("on")
    assert call.frame > second
    call.say(BEN, Sheet(turn=2, size=SIZE))
    call.view_of(bens="on")
    assert call.frame > second + 1, "what is on the one's screen is not on the other's"
    call.say(BEN, Sheet(turn=3, size=None))
    assert call.frame == 0


@pytest.mark.parametrize("size", [[0, 720], [1280, 70_000], [1280], "large"])
async def test_what_is_no_size_is_refused(call: Call, size: Any) -> None:
    call.view_of("on")
    leg = call.leg(MIA)
    assert leg is not None
    leg.on_ink(leg.peer, json.dumps({"kind": "sheet", "turn": 1, "size": size}).encode())
    assert (call.frame, call.ink.refused["malformed"]) == (0, 1)


# --- marks ---


@pytest.mark.parametrize("mode", list(Mode))
async def test_marks_on_it_reach_those_who_may_see_them_and_never_the_customer(
    call: Call, mode: Mode
) -> None:
    call.view_of("on", mode=mode)
    call.say(MIA, Sheet(turn=1, size=SIZE))
    for author in (AGENT, BEN, TOM, CUSTOMER):
        call.draw(author, f"mark-by-{author}")
    having = {
        author: {name for name in (AGENT, *PARTIES) if call.has(name, f"mark-by-{author}")}
        for author in (AGENT, BEN, TOM, CUSTOMER)
    }
    staff = {AGENT, MIA, BEN}
    assert having == {
        AGENT: staff if mode is Mode.TAKEOVER else staff | {TOM},
        BEN: staff,
        TOM: {MIA, BEN, TOM},
        CUSTOMER: set(),
    }
    assert "coach" not in str(call.told(CUSTOMER, "log") + call.told(CUSTOMER, "shared"))


@pytest.mark.parametrize("mode", list(Mode))
async def test_a_pointer_on_it_reaches_the_sharer_and_no_customer(call: Call, mode: Mode) -> None:
    call.view_of("on", mode=mode)
    call.say(MIA, Sheet(turn=1, size=SIZE))
    laser = Laser(
        stroke=1, colour="#2f7cf6", width=0.01, points=PATH, frame=call.frame, surface="coach", sign="spotlight"
    )  # fmt: skip
    call.ink.point(laser)
    assert [(each["author"], each["sign"]) for each in call.told(MIA, "laser")] == [("agent", "spotlight")]
    call.say_live(CUSTOMER, laser)
    call.ink.point(msgspec.structs.replace(laser, frame=call.frame + 1))
    assert len(call.told(MIA, "laser")) == 1
    assert call.told(CUSTOMER, "laser") == []
    assert call.ink.refused["not_allowed"] == 1


# --- where they are ---


async def test_what_the_sharer_says_is_told_to_agent_and_observers_as_they_get_the_pictures(
    call: Call,
) -> None:
    call.share()
    call.draw(AGENT)
    for number in range(2):
        call.show(payload=b"\x10\x00" if number == 0 else b"\x10\x01")
    frame = 2 * 3000
    call.say(MIA, poses(frame))
    assert [(each.frame, each.anchors, each.surface) for each in call.poses] == [(frame, [TRACKED], "coach")]
    for name in (BEN, TOM):
        line = call.ink.lines.of(name)
        assert line is not None
        assert line.screen_offset is not None
        newest = call.told(name, "poses")[-1]
        assert (newest["frame"] + line.screen_offset) & 0xFFFFFFFF == frame
    assert call.told(MIA, "poses") == call.told(CUSTOMER, "poses") == []


async def test_where_a_private_mark_is_is_told_to_those_alone_who_see_it(call: Call) -> None:
    call.share()
    call.draw(TOM)
    call.show()
    call.say(MIA, poses(3000))
    assert call.poses[-1].anchors == []
    assert len(call.told(TOM, "poses")) == len(call.told(BEN, "poses")) == 1


async def test_an_anchor_says_nothing_of_other_marks(call: Call) -> None:
    call.share()
    call.draw(AGENT)
    call.draw(TOM, "mark-of-tom")
    call.say(MIA, poses(3000, msgspec.structs.replace(TRACKED, marks=[MARK, "mark-of-tom"])))
    assert call.poses[-1].anchors == [TRACKED]


async def test_one_who_comes_to_see_it_later_is_told_of_the_newest(call: Call) -> None:
    call.share()
    call.draw(AGENT)
    call.say(MIA, poses(3000))
    assert call.told(TOM, "poses") == [], "they have no picture yet"
    call.show()
    assert len(call.told(TOM, "poses")) == 1


async def test_it_is_taken_from_none_but_the_sharer(call: Call) -> None:
    call.say(MIA, poses(3000))
    call.share()
    call.draw(AGENT)
    call.show()
    for liar in (BEN, TOM, CUSTOMER):
        call.say(liar, poses(3000))
    assert call.ink.refused["not_allowed"] == 4
    call.view_of("blank")
    call.say(MIA, poses(3000))
    assert call.ink.refused["not_allowed"] == 4, "it was on its way"
    assert call.poses == []
    assert call.told(TOM, "poses") == []


async def test_observers_who_see_the_agents_screen_are_told_nothing(call: Call) -> None:
    call.share()
    call.draw(AGENT)
    call.show()
    await call.hub.screens.agent.start(Screen(PUBLIC))
    call.say(MIA, poses(3000))
    assert call.poses
    assert call.told(TOM, "poses") == []


async def test_the_picture_a_mark_was_drawn_on_is_named_as_the_sharer_knows_it(call: Call) -> None:
    call.share()
    call.draw(TOM, "mark-before", picture=5)
    for payload in (b"\x10\x00", b"\x10\x01"):
        call.show(payload=payload)
    line = call.ink.lines.of(TOM)
    assert line is not None
    assert line.screen_offset is not None
    call.draw(TOM, "mark-after", picture=(2 * 3000 - line.screen_offset) & 0xFFFFFFFF)
    call.draw(AGENT, "mark-agent", picture=3000)
    pictures = {mark.mark: mark.picture for mark in call.ink.marks()}
    assert pictures == {"mark-before": None, "mark-after": 2 * 3000, "mark-agent": 3000}


async def test_the_sharers_pointer_and_ink_are_told_apart(call: Call) -> None:
    """Both go by who shares; a cursor makes nothing that can be drawn on."""
    call.view_of("on")
    call.say_live(MIA, Cursor(number=1, at=(0.5, 0.5)))
    assert call.frame == 0
