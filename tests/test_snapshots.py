"""Snapshots of a shared screen: of what was shared and of nothing else, by those who may, with what is drawn on it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from coachdesk import agent, commands, events
from coachdesk.annotation import Begin, Board, End, Entry, Point, Tool
from coachdesk.client import SignalingError
from coachdesk.commands import CommandError
from coachdesk.media.picture.camera import Shot
from coachdesk.media.picture.video import Picture
from coachdesk.media.screenshare.screensource import Changed
from coachdesk.media.screenshare.screenview import ScreenView
from coachdesk.photos import PhotoAlbum
from coachdesk.snapshots import Seen, Snapshots
from signaling import protocol
from signaling.policy import Mode, Role
from tests.fakes.observing import Observing
from tests.fakes.signaling import FakeClient
from tests.media.peers import until
from tests.test_agent_session import Desk, FakeHub

LINE = [Point(0.2, 0.2), Point(0.8, 0.8, 0.5, 90)]
PAGE = np.arange(90 * 160 * 4, dtype=np.uint32).reshape(90, 160, 4).astype(np.uint8)


class Page:
    """A screen of one picture."""

    label, fault = "Page", None

    def latest(self) -> Shot | None:
        return PAGE, 1.0

    def close(self) -> None: ...


@pytest.fixture(autouse=True)
def fake_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agent, "AgentHub", FakeHub)


@pytest.fixture
def mia() -> Iterator[Observing]:
    with pytest.MonkeyPatch.context() as patch:
        yield Observing(patch)


async def sharing() -> Desk:
    desk = Desk()
    desk.client.at_once.add(protocol.TakeSnapshot)
    await desk.told(1)
    await desk.hub.screens.agent.start(Changed(Page()))
    return desk


async def taken(desk: Desk) -> events.Photo:
    answer = await desk.session.do(commands.Snapshot())
    assert isinstance(answer, events.Photo)
    return answer


async def test_a_snapshot_is_the_very_picture_that_was_shared() -> None:
    desk = await sharing()
    photo = await taken(desk)
    assert (photo.stage, photo.of, photo.width, photo.height) == ("ready", "screen", 160, 90)
    assert photo in desk.events
    file = Path(photo.file)
    assert file.suffix == ".png"
    assert np.array_equal(cv2.imread(str(file)), PAGE[..., :3])
    assert (await taken(desk)).photo != photo.photo
    desk.hub.screens.agent.source.pointer = (0.5, 0.5)
    desk.hub.screens.agent.source.on_pointer()
    await until(lambda: desk.hub.screens.agent.pointer)
    pointed = cv2.imread((await taken(desk)).file)
    assert not np.array_equal(pointed, PAGE[..., :3])
    assert (pointed[45 + 8, 80 + 3] == 0).all(), "black a little below the tip"
    assert np.array_equal(pointed[:, :75], PAGE[:, :75, :3])
    await desk.session.close()
    assert not await asyncio.to_thread(file.exists)


async def test_what_is_hidden_or_blanked_is_not_in_a_snapshot(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is captured for it: what is hidden by rules is gone before any picture comes here."""
    monkeypatch.setattr("coachdesk.media.screenshare.screensource.ScreenCapture", None)
    desk = await sharing()
    desk.hub.screens.agent.blank(True)
    with pytest.raises(CommandError, match="No shared screen") as error:
        await taken(desk)
    assert error.value.code == "no_picture"
    desk.hub.screens.agent.blank(False)
    await taken(desk)
    await desk.hub.screens.agent.stop()
    with pytest.raises(CommandError):
        await taken(desk)
    await desk.session.close()


async def test_refused_nothing_is_kept() -> None:
    desk = await sharing()
    desk.client.at_once.clear()
    wanted = asyncio.create_task(desk.session.do(commands.Snapshot()))
    await until(lambda: desk.client.asked[-1] == (protocol.TakeSnapshot, {"call": "call-1"}))
    desk.client.fail("not_allowed", desk.client.waiting[-1])
    with pytest.raises(SignalingError):
        await wanted
    assert not any(isinstance(event, events.Photo) for event in desk.events)
    await desk.session.close()


async def test_the_moment_is_that_of_the_command() -> None:
    desk = await sharing()
    desk.client.at_once.clear()
    wanted = asyncio.create_task(desk.session.do(commands.Snapshot()))
    await until(lambda: desk.client.asked[-1][0] is protocol.TakeSnapshot)
    await desk.hub.screens.agent.stop()
    desk.client.grant(desk.client.waiting[-1])
    photo = await wanted
    assert isinstance(photo, events.Photo)
    assert np.array_equal(cv2.imread(photo.file), PAGE[..., :3])
    await desk.session.close()


async def test_what_is_drawn_on_it_goes_along() -> None:
    """Begun and ended, it counts."""
    begin = Begin(mark="mark-00001", tool=Tool.ARROW, colour="#00aa00", width=0.01)
    end = End(mark="mark-00001", path=LINE, text="here")
    edits = enumerate((begin, end), 1)
    board = Board([Entry(n=n, at=float(n), author="agent", edit=edit) for n, edit in edits])

    async def allow() -> None: ...

    told: list[events.AnyEvent] = []
    album = PhotoAlbum(FakeClient("agent", Role.AGENT), told.append)  # type: ignore[arg-type]
    photos = []
    drawn = {"screen": board.marks(), "coach": [], "customer": []}
    for surface in drawn:
        seen = Seen(lambda: PAGE, surface)  # type: ignore[arg-type]
        snapshots = Snapshots(album, allow, lambda seen=seen: seen, drawn.__getitem__)  # type: ignore[misc]
        photos.append(await snapshots.handlers[commands.Snapshot](commands.Snapshot()))
    assert [photo.marks for photo in photos if isinstance(photo, events.Photo)] == [
        [events.ShotMark(tool=Tool.ARROW, path=LINE, colour="#00aa00", width=0.01, text="here", number=0)],
        [],
        [],
    ]
    album.close()


async def test_without_a_call_there_is_nothing_to_take() -> None:
    desk = Desk()
    with pytest.raises(CommandError):
        await taken(desk)
    await desk.session.close()


def grey(shade: int) -> Picture:
    frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), shade, np.uint8), format="bgr24")
    return Picture(frame, 0, 0.0)


async def test_the_agent_takes_the_customers_screen_where_that_is_seen() -> None:
    desk = await sharing()
    desk.session._watching._view.newest = grey(90)
    photo = await taken(desk)
    assert np.abs(cv2.imread(photo.file).astype(int) - 90).max() < 4
    desk.session._watching._view.newest = None
    assert (await taken(desk)).width == 160
    await desk.session.close()


@pytest.mark.parametrize(("state", "party"), [("blank", "agent"), ("on", "customer")])
async def test_a_picture_of_before_is_not_taken_for_what_is_shared_now(state: str, party: str) -> None:
    view = ScreenView(lambda event: None)
    view.told("on")
    view.newest = grey(90)
    view.told("on", "agent", "customer")
    assert view.newest is not None  # another shares besides: what is seen is the same
    view.told(state, party)  # type: ignore[arg-type]
    assert view.newest is None


async def test_an_observer_takes_what_they_see(mia: Observing) -> None:
    mia.client.at_once.add(protocol.TakeSnapshot)
    mia.told(Mode.TAKEOVER)
    await mia.do(commands.Snapshot())
    assert mia.outcomes == ["no_picture"]
    mia.session._screen.newest = grey(90)
    await mia.do(commands.Snapshot())
    await until(lambda: len(mia.outcomes) == 2)
    photo = mia.outcomes[1]
    assert isinstance(photo, events.Photo)
    assert (photo.width, photo.height, photo.of) == (64, 48, "screen")
    assert np.abs(cv2.imread(photo.file).astype(int) - 90).max() < 4
    await mia.end()
