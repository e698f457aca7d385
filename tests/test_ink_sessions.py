"""Ink as the sessions wire it: what an agent may know of hidden coaches, and in whose frames an observer draws."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from coachdesk import agent, commands, events
from coachdesk.agent import HIDDEN_COACH, AgentSession
from coachdesk.annotation import AnyEdit, Begin, End, Point, Show, Tool
from coachdesk.commands import CommandError
from coachdesk.inkwire import Edits, Log, Stage, dump
from coachdesk.media.ink.inkhub import InkHub
from coachdesk.media.ink.stillhub import StillHub
from coachdesk.media.legs import Legs
from coachdesk.media.mixer import Headset
from coachdesk.media.screenshare.screenhub import ScreenHub
from signaling import protocol
from signaling.policy import Mode, Role
from signaling.protocol import Awareness
from tests.fakes.inkchannels import FakeInk
from tests.fakes.observing import GateMedia, Observing
from tests.fakes.signaling import FakeClient, FakePictures, settle
from tests.fakes.views import AGENT, MIA, TOM, call_view, party

PATH = [Point(0.1, 0.2), Point(0.3, 0.4, 0.5, 400)]


class InkOnlyHub:
    """An agent's hub of which the ink alone is real."""

    def __init__(self, **options: Any) -> None:
        self.headset = Headset()
        self.ink = InkHub()
        self.stills = StillHub(self.ink)
        self.screens = ScreenHub(Legs(options["ice"], options["signal"]), self.ink)

    def apply(self, view: protocol.CallView) -> None:
        self.ink.apply(view)

    def request_keyframe(self) -> None: ...

    async def close(self) -> None: ...


class Desk:
    """An agent on a call with Mia, whose mode the test says."""

    def __init__(self, awareness: Awareness) -> None:
        self.client = FakeClient(AGENT, Role.AGENT, awareness)
        self.events: list[events.AnyEvent] = []
        self.pictures = FakePictures()
        self.session = AgentSession(self.client, "http://desk", self.pictures, self.events.append)  # type: ignore[arg-type]
        self.peer: Any = SimpleNamespace(ink=FakeInk())

    async def told(self, mode: Mode, revision: int = 1) -> None:
        view = call_view(party(MIA, mode), party(TOM), revision=revision)
        self.session.message(protocol.CallState(view))
        await settle()

    @property
    def hub(self) -> InkHub:
        assert self.session.media is not None
        return self.session.media.ink

    def mia_draws(self, mark: str) -> events.Mark:
        begin = Begin(mark=mark, tool=Tool.PEN, colour="#000000", width=0.01)
        self.mia_does(begin, End(mark=mark, path=PATH))
        return self.marks[-1]

    def mia_does(self, *edits: AnyEdit) -> None:
        self.hub.received(MIA, self.peer, dump(Edits(edits=list(edits))))

    @property
    def frozen(self) -> list[events.Frozen]:
        return [event for event in self.events if isinstance(event, events.Frozen)]

    @property
    def marks(self) -> list[events.Mark]:
        return [event for event in self.events if isinstance(event, events.Mark)]


@pytest.fixture(autouse=True)
def ink_only_hub() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(agent, "AgentHub", InkOnlyHub)
        yield


@pytest.mark.parametrize(
    ("awareness", "author", "others"), [("all", MIA, [MIA, TOM]), ("none", HIDDEN_COACH, [])]
)
async def test_an_agent_learns_of_coaches_from_ink_as_little_as_from_anything_else(
    awareness: Awareness, author: str, others: list[str]
) -> None:
    desk = Desk(awareness)
    await desk.told(Mode.WHISPER)
    hers = desk.mia_draws("mark-0001")
    assert (hers.author, hers.name) == (author, author)
    drawn = await desk.session.do(commands.Draw(tool=Tool.PEN, points=PATH))
    assert isinstance(drawn, events.Drawn)
    assert desk.marks[-1].seen_by == ["customer-1", *others]
    await desk.session.close()


async def test_a_mark_for_learners_that_a_coach_showed_and_took_back_is_gone_for_the_agent() -> None:
    desk = Desk("all")
    await desk.told(Mode.LANE)
    begin = Begin(mark="mark-0001", tool=Tool.PEN, colour="#000000", width=0.01)
    desk.mia_does(begin, End(mark="mark-0001", path=PATH))
    await desk.told(Mode.BARGE, revision=2)
    for on in (True, False):
        desk.mia_does(Show(mark="mark-0001", on=on))
    assert [(mark.mark, mark.state) for mark in desk.marks] == [
        ("mark-0001", "drawn"),
        ("mark-0001", "removed"),
    ]
    await desk.session.close()


async def test_who_sees_a_mark_is_told_anew_when_a_coach_leaves() -> None:
    desk = Desk("all")
    await desk.told(Mode.LISTEN)
    await desk.session.do(commands.Draw(tool=Tool.PEN, points=PATH))
    assert desk.marks[-1].seen_by == ["customer-1", MIA, TOM]
    desk.session.message(protocol.CallState(call_view(party(TOM), revision=2)))
    await settle()
    assert desk.marks[-1].seen_by == ["customer-1", TOM]
    await desk.session.close()


async def test_offline_a_coach_who_barged_draws_in_private_again() -> None:
    desk = Desk("all")
    await desk.told(Mode.BARGE)
    assert desk.mia_draws("mark-0001").audience == "public"
    desk.session.online(False)
    assert desk.mia_draws("mark-0002").audience == "coaching"
    await desk.session.close()


async def test_the_end_of_a_call_is_the_end_of_its_ink() -> None:
    desk = Desk("all")
    await desk.told(Mode.LISTEN)
    drawn = await desk.session.do(commands.Draw(tool=Tool.PEN, points=PATH))
    assert isinstance(drawn, events.Drawn)
    desk.session.message(protocol.Ended("call-1", protocol.EndReason.HUNG_UP))
    await settle()
    for command in (commands.Pin(mark=drawn.mark, on=True), commands.Surface(points=PATH)):
        with pytest.raises(CommandError) as error:
            await desk.session.do(command)
        assert error.value.code == "no_such_call"
    await desk.session.close()


async def test_an_agent_who_is_started_again_goes_on_with_the_ink_until_the_call_ends(tmp_path: Path) -> None:
    before, drawn = Desk("all"), []
    before.session.keep_ink(tmp_path)
    await before.told(Mode.WHISPER)
    hers = before.mia_draws("mark-0001")
    for _ in range(2):
        drawn.append(await before.session.do(commands.Draw(tool=Tool.PEN, points=PATH)))
    await before.session.close()
    desk = Desk("all")
    desk.session.keep_ink(tmp_path)
    await desk.told(Mode.WHISPER)
    assert {mark.mark: mark.state for mark in desk.marks} == {mark.mark: "drawn" for mark in before.marks}
    assert {mark.name for mark in desk.marks if mark.mark == hers.mark} == {MIA}
    for _ in drawn:
        await desk.session.do(commands.Undo())
    removed = {mark.mark for mark in desk.marks if mark.state == "removed"}
    assert removed == {each.mark for each in drawn}
    desk.session.message(protocol.Ended("call-1", protocol.EndReason.HUNG_UP))
    assert os.listdir(tmp_path) == []
    await desk.session.close()


async def test_without_a_picture_nothing_can_be_said_of_it() -> None:
    desk = Desk("all")
    await desk.told(Mode.LISTEN)
    with pytest.raises(CommandError) as error:
        await desk.session.do(commands.Surface(points=PATH))
    assert error.value.code == "no_picture"
    await desk.session.close()


async def test_an_observers_pictures_bear_the_customers_frame_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    mia = Observing(monkeypatch)
    mia.told(Mode.LISTEN)
    ink = GateMedia.made[-1].ink
    peer: Any = SimpleNamespace(ink=FakeInk())
    ink.opened(peer)
    assert [each["kind"] for each in peer.ink.sent] == ["have"]
    ink.received(peer, dump(Stage(epoch=3, colour="#2f7cf6", offset=4711)))
    assert mia.session._pictures.offset == 4711
    assert events.Stage(epoch=3, colour="#2f7cf6") in mia.events
    ink.received(peer, dump(Log(log="a", seq=0, now=1.0, entries=[])))
    mia.session._pictures.newest_frame = 90_000  # type: ignore[misc]
    await mia.do(commands.Draw(tool=Tool.PEN, points=PATH))
    begin = peer.ink.sent[-2]["edits"][0]
    assert (begin["frame"], begin["epoch"], begin["colour"]) == (90_000, 3, "#2f7cf6")
    await mia.end()


# --- what stands still ---


async def test_an_agent_freezes_the_picture_for_all_and_releases_it() -> None:
    desk = Desk("all")
    with pytest.raises(CommandError) as error:
        await desk.session.do(commands.Freeze(on=True))
    assert error.value.code == "no_such_call"
    await desk.told(Mode.LISTEN)
    desk.pictures.newest_frame = 0xFFFFFFFF
    await desk.session.do(commands.Freeze(on=True))
    await desk.session.do(commands.Freeze(on=True))
    assert desk.pictures.frozen == 0  # no picture of the video is called so
    await desk.session.do(commands.Freeze(on=False))
    assert [(each.on, each.frame) for each in desk.frozen] == [(True, 0), (False, None)]
    await desk.session.close()


async def test_while_taken_over_the_coach_freezes_and_not_the_agent() -> None:
    desk = Desk("all")
    await desk.told(Mode.TAKEOVER)
    with pytest.raises(CommandError) as error:
        await desk.session.do(commands.Freeze(on=True))
    assert (error.value.code, desk.frozen) == ("not_allowed", [])
    assert desk.session.media is not None
    for on in (True, True, False):
        desk.session.media.stills.on_freeze(on)
    assert [each.on for each in desk.frozen] == [True, False]
    await desk.session.close()


async def test_a_coach_asks_for_it_once_they_have_taken_over(monkeypatch: pytest.MonkeyPatch) -> None:
    mia = Observing(monkeypatch)
    await mia.do(commands.Freeze(on=True))
    mia.told(Mode.BARGE)
    await mia.do(commands.Freeze(on=True))
    mia.told(Mode.TAKEOVER)
    await mia.do(commands.Freeze(on=True))
    GateMedia.made[-1].reached = False
    await mia.do(commands.Freeze(on=False))
    assert mia.outcomes == ["no_such_call", "not_allowed", events.Ok(), "not_connected"]
    assert GateMedia.made[-1].frozen == [True, False]
    await mia.end()


async def test_hold_and_a_camera_that_is_off_end_what_stands_still() -> None:
    desk = Desk("all")
    await desk.told(Mode.LISTEN)
    await desk.session.do(commands.Freeze(on=True))
    desk.session.message(protocol.CallState(call_view(revision=2, held=True)))
    await settle()
    with pytest.raises(CommandError) as error:
        await desk.session.do(commands.Freeze(on=True))
    assert error.value.code == "not_allowed"
    desk.session.message(protocol.CallState(call_view(revision=3)))
    await settle()
    await desk.session.do(commands.Freeze(on=True))
    assert desk.session.media is not None
    desk.session.media.stills.on_thaw()
    assert [(each.on, each.reason) for each in desk.frozen] == [
        (True, ""),
        (False, ""),
        (True, ""),
        (False, "camera_off"),
    ]
    await desk.session.close()


async def test_an_observer_is_told_what_stands_still_and_that_it_does_no_longer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mia = Observing(monkeypatch)
    mia.told(Mode.LISTEN)
    media = GateMedia.made[-1]
    peer: Any = SimpleNamespace(ink=FakeInk())
    media.ink.opened(peer)
    media.ink.received(peer, dump(Stage(epoch=1, colour="#2f7cf6", frozen=4711)))
    assert mia.session._pictures.frozen == 4711
    media.on_media("lost")
    await settle()
    assert mia.session._pictures.frozen is None
    told = [(event.on, event.frame) for event in mia.events if isinstance(event, events.Frozen)]
    assert told == [(True, 4711), (False, None)]
    await mia.end()


@pytest.mark.parametrize("before", [True, False])
async def test_the_very_first_picture_that_is_shown_may_be_drawn_on(before: bool) -> None:
    desk = Desk("all")
    desk.pictures.looked_at = before
    await desk.told(Mode.LISTEN)
    if not before:
        assert desk.pictures.watcher is None
        desk.pictures.looked_at = True
        desk.session.publish(True)
    assert desk.pictures.watcher is not None, "the tracker keeps every picture from now on"
    await desk.session.close()
