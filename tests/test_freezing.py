"""What stands still, at one endpoint: the picture that is shown, and the word on it."""

from __future__ import annotations

import time
from typing import Any

import av
import cv2
import numpy as np
import pytest

from coachdesk import commands, events
from coachdesk.freezing import Freezing, decode
from coachdesk.media.picture import pictures as module
from coachdesk.media.picture.framering import FrameReader
from coachdesk.media.picture.pictures import Pictures
from coachdesk.media.picture.video import Picture
from coachdesk.stillwire import StillError, Whole
from tests.media.peers import until


def jpeg(width: int = 64, height: int = 48, level: int = 200) -> bytes:
    ok, data = cv2.imencode(".jpg", np.full((height, width, 3), level, np.uint8))
    assert ok
    return bytes(data)


def live(timestamp: int, level: int = 30) -> Picture:
    frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), level, np.uint8), "bgr24")
    return Picture(frame.reformat(format="yuv420p"), timestamp, time.monotonic())


class Scene:
    def __init__(self) -> None:
        self.events: list[events.AnyEvent] = []
        self.pictures = Pictures(None)
        self.pictures.start("customer", lambda: None, self.events.append)
        self.pictures.publish(True)
        self.freezing = Freezing(self.pictures, self.events.append)
        self.show(live(3000))
        (told,) = [event for event in self.events if isinstance(event, events.Frames)]
        self.reader = FrameReader(told.name)

    def show(self, picture: Picture) -> None:
        self.pictures._picture(picture)
        self.pictures._shown(picture)

    def seen(self) -> tuple[int, int] | None:
        """Which frame the window gets next, and how light it is; None: none."""
        found = self.reader.read()
        return None if found is None else (found.frame, round(found.bgra[..., :3].mean() / 10) * 10)

    @property
    def told(self) -> list[events.Frozen]:
        return [event for event in self.events if isinstance(event, events.Frozen)]


@pytest.fixture
async def scene(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(module, "STALE_SECONDS", 60.0)
    scene = Scene()
    yield scene
    scene.reader.close()
    await scene.pictures.close()


async def test_the_picture_stands_still_until_the_still_comes_and_is_live_again_after(scene: Scene) -> None:
    assert scene.seen() == (3000, 30)
    scene.freezing.stand_still(4711)
    scene.show(live(6000))
    assert scene.seen() is None
    assert scene.pictures.newest_frame == 3000
    picture = await scene.freezing.take(Whole(4711, False, jpeg()))
    assert picture is not None
    assert (picture.timestamp, scene.seen(), scene.pictures.newest_frame) == (4711, (4711, 200), 4711)
    scene.show(live(9000))
    assert scene.seen() is None
    scene.freezing.stand_still(None)
    scene.show(live(12_000))
    assert (scene.seen(), scene.pictures.newest_frame) == ((12_000, 30), 12_000)
    assert [(each.on, each.frame, each.sharp) for each in scene.told] == [
        (True, 4711, False),
        (True, 4711, True),
        (False, None, False),
    ]


async def test_an_observers_still_has_the_customers_name_for_it(scene: Scene) -> None:
    scene.pictures.offset = 1000
    scene.freezing.stand_still(5)
    await scene.freezing.take(Whole(5, False, jpeg()))
    assert (scene.seen(), scene.pictures.newest_frame) == ((5, 200), 5)


async def test_a_still_that_overtakes_the_word_of_it_is_shown_with_that(scene: Scene) -> None:
    assert await scene.freezing.take(Whole(4711, False, jpeg())) is None
    assert scene.seen() == (3000, 30)
    scene.freezing.stand_still(4711)
    assert scene.seen() == (4711, 200)
    assert scene.told[-1].sharp


async def test_who_begins_to_look_sees_what_stands_still(scene: Scene) -> None:
    scene.freezing.stand_still(4711)
    await scene.freezing.take(Whole(4711, False, jpeg()))
    scene.pictures.publish(False)
    scene.pictures.publish(True)
    name = [event.name for event in scene.events if isinstance(event, events.Frames)][-1]
    reader = FrameReader(name)
    found = reader.read()
    reader.close()
    assert found is not None
    assert found.frame == 4711


async def test_what_stands_still_stays_when_the_video_stops(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "STALE_SECONDS", 0.05)
    scene.freezing.stand_still(4711)
    scene.pictures._look()
    scene.pictures._seen = 0.0
    scene.pictures._look()
    assert not any(isinstance(event, events.VideoGone) for event in scene.events)
    scene.freezing.stand_still(None)
    await until(lambda: any(isinstance(event, events.VideoGone) for event in scene.events))


async def test_stills_in_place_of_a_video_are_pictures_like_others(scene: Scene) -> None:
    await scene.freezing.take(Whole(90_000, True, jpeg()))
    assert (scene.seen(), scene.pictures.newest_frame) == ((90_000, 200), 90_000)
    assert scene.told == []
    scene.freezing.stand_still(4711)
    assert await scene.freezing.take(Whole(99_000, True, jpeg())) is None


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no picture",
        jpeg()[:200],
        jpeg(2, 1),
        cv2.imencode(".png", np.zeros((8, 8, 3), np.uint8))[1].tobytes(),
        jpeg(2000, 1900),
    ],
)
async def test_what_is_no_picture_or_too_large_a_one_is_not_shown(scene: Scene, data: bytes) -> None:
    scene.freezing.stand_still(4711)
    with pytest.raises(StillError):
        decode(Whole(4711, False, data))
    assert await scene.freezing.take(Whole(4711, False, data)) is None
    assert not scene.told[-1].sharp


async def test_it_is_told_once_that_stills_come_instead_and_that_they_do_no_longer(scene: Scene) -> None:
    for on in (False, True, True, False):
        scene.freezing.instead(on)
    assert [event.on for event in scene.events if isinstance(event, events.Stills)] == [True, False]


def test_the_command_is_read() -> None:
    assert commands.parse('{"cmd":"freeze","on":true}') == commands.Freeze(on=True)
