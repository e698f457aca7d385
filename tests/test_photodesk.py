"""Marks of photos put into the live picture, and codes read, by command."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import av
import cv2
import numpy as np
import pytest

from coachdesk import commands, events, photodesk
from coachdesk.annotation import Point, Tool
from coachdesk.commands import CommandError, DrawOnPhoto, ReadCode
from coachdesk.media.picture.video import Picture
from coachdesk.photodesk import PhotoDesk
from tests.media.scenes import HEIGHT, MARK, WIDTH, content, looking, picture
from tests.media.test_codes import qr, seen

CIRCLE = [Point(*content(MARK[0])), Point(*content(MARK[2]))]


class Live:
    """In place of ``Pictures``: what is shown now."""

    def __init__(self) -> None:
        self.newest: Picture | None = None

    def show(self, plane: np.ndarray, timestamp: int) -> None:
        frame = av.VideoFrame.from_ndarray(plane, format="gray").reformat(format="yuv420p")
        self.newest = Picture(frame, timestamp, 0.0)

    def frame_id(self, shown: Picture) -> int:
        return shown.timestamp + 1000


class Table:
    """A photo desk with one photo, and what was drawn."""

    def __init__(self, folder: Path) -> None:
        self.live = Live()
        self.drawn: list[commands.Draw] = []
        file = folder / "photo.jpg"
        cv2.imwrite(str(file), picture(looking(), size=2.0))
        files = {"photo": file}
        self.desk = PhotoDesk(SimpleNamespace(file=files.get), self.live, self._draw)  # type: ignore[arg-type]

    async def _draw(self, command: commands.Draw) -> events.AnyEvent:
        self.drawn.append(command)
        return events.Drawn(mark="mark")

    async def do(self, command: Any) -> events.AnyEvent:
        return await self.desk.handlers[type(command)](command)


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Table]:
    monkeypatch.setattr(photodesk, "LOOKING_SECONDS", 0.3)
    table = Table(tmp_path)
    yield table
    table.desk.close()


async def test_what_is_drawn_on_a_photo_appears_on_the_same_thing_in_the_live_picture(table: Table) -> None:
    view = looking(70, -30, zoom=1.2, turn=9)
    table.live.show(picture(view), 5)
    command = DrawOnPhoto(photo="photo", tool=Tool.CIRCLE, points=CIRCLE, colour="#ff0000", text="this")
    assert isinstance(await table.do(command), events.Drawn)
    (drawn,) = table.drawn
    assert (drawn.tool, drawn.colour, drawn.text, drawn.frame) == (Tool.CIRCLE, "#ff0000", "this", 1005)
    there = np.array([point[:2] for point in drawn.points]) * [WIDTH, HEIGHT] - 0.5
    true = cv2.perspectiveTransform(MARK[None, [0, 2]], view)[0]
    assert np.linalg.norm(there - true, axis=1).max() < 5


async def test_what_is_not_in_the_picture_is_not_drawn(table: Table) -> None:
    table.live.show(picture(looking(), seed=2), 5)
    with pytest.raises(CommandError) as refused:
        await table.do(DrawOnPhoto(photo="photo", tool=Tool.CIRCLE, points=CIRCLE))
    assert refused.value.code == "not_in_view"
    assert not table.drawn


@pytest.mark.parametrize(
    "command", [DrawOnPhoto(photo="other", tool=Tool.CIRCLE, points=CIRCLE), ReadCode(photo="other")]
)
async def test_a_photo_that_is_not_here_is_none(table: Table, command: Any) -> None:
    with pytest.raises(CommandError) as refused:
        await table.do(command)
    assert refused.value.code == "no_such_photo"


@pytest.mark.parametrize("command", [DrawOnPhoto(photo="photo", tool=Tool.CIRCLE, points=CIRCLE), ReadCode()])
async def test_without_a_live_picture_nothing_is_found(table: Table, command: Any) -> None:
    with pytest.raises(CommandError) as refused:
        await table.do(command)
    assert refused.value.code == "no_picture"


async def test_a_code_in_view_is_read(table: Table) -> None:
    table.live.show(seen((qr("SN 4711"), 500, 250)), 7)
    told = await table.do(ReadCode())
    assert isinstance(told, events.Codes)
    assert [(code.kind, code.text) for code in told.codes] == [("QR", "SN 4711")]


async def test_no_code_in_view_and_none_on_the_photo(table: Table) -> None:
    table.live.show(np.full((720, 1280), 90, np.uint8), 7)
    for command in (ReadCode(), ReadCode(photo="photo")):
        with pytest.raises(CommandError) as refused:
            await table.do(command)
        assert refused.value.code == "no_code"
