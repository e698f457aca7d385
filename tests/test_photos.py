"""Photos at the endpoints of a real server: asked for by command, sent as a page would, a file at all who may see."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np
import pytest

from coachdesk import commands, events, photos
from coachdesk.client import Offline, SignalingError
from coachdesk.commands import CommandError
from coachdesk.endpoint import Endpoint
from coachdesk.photos import MOST_KEPT, PhotoAlbum
from signaling.photos import MAX_PIECE_BYTES
from signaling.protocol import FailPhoto, Knock, OpenPhoto, PhotoState, PhotoTicket, PhotoWanted
from tests.signaling.wire import PATIENCE, Site, Staff, Wire, make_staff, site

E = TypeVar("E")


def jpeg(width: int = 1600, height: int = 1200) -> bytes:
    noise = np.random.default_rng(5).integers(0, 255, (height, width, 3), np.uint8)
    return cv2.imencode(".jpg", noise)[1].tobytes()


@pytest.fixture(scope="module")
def staff(tmp_path_factory: pytest.TempPathFactory) -> Staff:
    return asyncio.run(make_staff(tmp_path_factory.mktemp("staff") / "staff.db"))


@pytest.fixture
async def office(staff: Staff, tmp_path: Path) -> AsyncIterator[Site]:
    async with site(staff, tmp_path) as running:
        yield running


class Listener:
    """An endpoint and what it told."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.events: list[events.AnyEvent] = []
        self._more = asyncio.Event()
        endpoint.subscribe(self._put)

    def _put(self, event: events.AnyEvent) -> None:
        self.events.append(event)
        self._more.set()

    async def told(self, kind: type[E], fits: Callable[[E], object] = lambda _: True) -> E:
        async with asyncio.timeout(PATIENCE):
            while True:
                for event in self.events:
                    if isinstance(event, kind) and fits(event):
                        return event
                self._more.clear()
                await self._more.wait()


@asynccontextmanager
async def listener(office: Site, name: str) -> AsyncIterator[Listener]:
    async with Endpoint(office.url, office.tokens[name]) as endpoint:
        yield Listener(endpoint)


async def admitted(office: Site, agent: Listener) -> tuple[Wire, str]:
    """A customer on a call with the agent."""
    invited = await agent.endpoint.do(commands.Invite())
    assert isinstance(invited, events.Invited)
    customer = await office.hello(link=invited.url.partition("#")[2])
    await customer.next()
    await customer.do(Knock, name="Bob", camera=True, microphone=True)
    waiting = await agent.told(events.Waiting)
    await agent.endpoint.do(commands.Admit(party=waiting.party))
    return customer, (await agent.told(events.Call)).call.call


async def send(office: Site, wanted: PhotoWanted, data: bytes) -> None:
    for offset in range(0, len(data), MAX_PIECE_BYTES):
        head = {"Upload-Offset": str(offset), "Upload-Length": str(len(data))}
        async with office.session.patch(
            f"{office.url}/api/photos/{wanted.photo}",
            data=data[offset : offset + MAX_PIECE_BYTES],
            headers=head | {"Authorization": f"Bearer {wanted.ticket}"},
        ) as answer:
            assert answer.status == 204


async def test_a_photo_becomes_a_file_at_agent_and_observer_and_goes_with_the_endpoint(office: Site) -> None:
    data = jpeg()
    async with listener(office, "amy") as amy, listener(office, "sue") as sue:
        customer, call = await admitted(office, amy)
        await sue.endpoint.do(commands.Listen(call=call))
        await amy.endpoint.do(commands.Photo())
        await amy.told(events.Photo, lambda photo: photo.stage == "asked")
        await send(office, await customer.until(PhotoWanted), data)
        files = []
        for each in (amy, sue):
            ready = await each.told(events.Photo, lambda photo: photo.stage == "ready")
            assert (ready.width, ready.height, ready.size) == (1600, 1200, len(data))
            files.append(Path(ready.file))
        assert [file.read_bytes() == data for file in files] == [True, True]
        assert [file.parent.stat().st_mode & 0o077 for file in files] == [0, 0]
        assert (await amy.told(events.Photo, lambda photo: photo.stage == "coming")).size == len(data)
    assert not any(file.exists() for file in files)


async def test_one_who_comes_later_gets_the_photos_there_are(office: Site) -> None:
    async with listener(office, "amy") as amy, listener(office, "tim") as tim:
        customer, call = await admitted(office, amy)
        await amy.endpoint.do(commands.Photo())
        await send(office, await customer.until(PhotoWanted), jpeg(64, 64))
        await amy.told(events.Photo, lambda photo: photo.stage == "ready")
        await tim.endpoint.do(commands.Listen(call=call))
        await tim.told(events.Photo, lambda photo: photo.stage == "ready")


async def test_refusals_are_told(office: Site) -> None:
    async with listener(office, "amy") as amy, listener(office, "sue") as sue:
        with pytest.raises(CommandError, match="no call"):
            await amy.endpoint.do(commands.Photo())
        customer, call = await admitted(office, amy)
        await sue.endpoint.do(commands.Listen(call=call))
        with pytest.raises(CommandError) as refused:
            await sue.endpoint.do(commands.Photo())
        assert refused.value.code == "not_allowed"
        await amy.endpoint.do(commands.Photo())
        wanted = await customer.until(PhotoWanted)
        await customer.do(FailPhoto, call=call, photo=wanted.photo, reason="declined")
        failed = await amy.told(events.Photo, lambda photo: photo.stage == "failed")
        assert failed.reason == "declined"


class Fetching:
    """In place of the client: gives out what it was given, in turn."""

    def __init__(self, *outcomes: bytes | SignalingError) -> None:
        self.outcomes = list(outcomes)

    async def request(self, kind: type, **fields: object) -> PhotoTicket:
        assert kind is OpenPhoto
        return PhotoTicket(1, str(fields["photo"]), "ticket", 0.0)

    async def photo(self, _photo: str, _ticket: str) -> bytes:
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, SignalingError):
            raise outcome
        return outcome


def ready(photo: str = "one") -> PhotoState:
    return PhotoState("call", photo, "ready", 9, 9, 64, 64)


async def fetched(*outcomes: bytes | SignalingError) -> events.Photo:
    told: list[events.AnyEvent] = []
    album = PhotoAlbum(Fetching(*outcomes), told.append)  # type: ignore[arg-type]
    assert album.told(ready())
    await album.fetch(ready())
    album.close()
    (event,) = told
    assert isinstance(event, events.Photo)
    return event


@pytest.fixture
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photos, "BETWEEN_ATTEMPTS", 0.0)


@pytest.mark.usefixtures("_at_once")
async def test_a_photo_that_was_cut_off_is_fetched_again_and_not_forever() -> None:
    assert (await fetched(Offline(), Offline(), jpeg(64, 64))).stage == "ready"
    given_up = await fetched(Offline(), Offline(), Offline())
    assert (given_up.stage, given_up.reason) == ("failed", "not_fetched")


async def test_what_is_no_picture_becomes_no_file() -> None:
    assert (await fetched(b"<html>")).reason == "not_fetched"


async def test_an_album_keeps_the_newest_and_tells_of_each_once(tmp_path: Path) -> None:
    told: list[events.AnyEvent] = []
    names = [f"photo{n}" for n in range(MOST_KEPT + 2)]
    album = PhotoAlbum(Fetching(*[jpeg(16, 16)] * len(names)), told.append)  # type: ignore[arg-type]
    for name in names:
        assert album.told(ready(name))
        assert not album.told(ready(name))
        await album.fetch(ready(name))
    files = [album.file(name) for name in names]
    assert files[:2] == [None, None]
    assert all(file is not None and file.exists() for file in files[2:])
    album.close()
    assert not any(file.exists() for file in files[2:] if file is not None)
