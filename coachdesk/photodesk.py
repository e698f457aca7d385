"""What is looked for in single pictures, on a thread of its own: marks drawn on photos, and codes to be read."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol, TypeVar

import cv2
import numpy as np

from coachdesk import commands, events
from coachdesk.annotation import Point
from coachdesk.commands import CommandError
from coachdesk.gestures import outline
from coachdesk.media.picture.codes import Code, read
from coachdesk.media.picture.registration import register
from coachdesk.media.picture.video import Picture
from coachdesk.media.priority import pictures_later
from coachdesk.media.tracking.geometry import Homography, Plane, transform
from coachdesk.photos import PhotoAlbum

Handler = Callable[[Any], Awaitable[events.AnyEvent]]
T = TypeVar("T")

LOOKING_SECONDS = 3.0
"""For how long newer pictures are looked at when one does not have it."""
NEXT_PICTURE = 0.1

_NO_PICTURE = CommandError("no_picture", "There is no picture of the customer's camera now.")


class Watched(Protocol):
    """Whose pictures are looked at: ``pictures.Pictures``."""

    @property
    def newest(self) -> Picture | None: ...
    def frame_id(self, picture: Picture) -> int: ...


class PhotoDesk:
    """What is done with photos and single pictures at one endpoint. ``draw`` carries out a ``draw`` command."""

    def __init__(self, album: PhotoAlbum, pictures: Watched, draw: Handler) -> None:
        self._album, self._pictures, self._draw = album, pictures, draw
        self._worker = ThreadPoolExecutor(1, "photos", pictures_later)

    @property
    def handlers(self) -> dict[type[commands.Command], Handler]:
        return {commands.DrawOnPhoto: self._draw_on_photo, commands.ReadCode: self._read_code}

    async def _draw_on_photo(self, command: commands.DrawOnPhoto) -> events.AnyEvent:
        """Draws on the newest picture what was drawn on a photo, where the same thing is."""
        photo = await self._photo(command.photo)
        shape = np.array(outline(command.tool, command.points))
        found = await self._in_newest(lambda plane: register(photo, plane, shape))
        if found is None:
            raise CommandError(
                "not_in_view",
                "What you drew on is not in the live picture now. Have it shown, then try again.",
            )
        h, picture = found
        return await self._draw(
            commands.Draw(
                id=command.id,
                tool=command.tool,
                colour=command.colour,
                width=command.width,
                fade=command.fade,
                frame=self._pictures.frame_id(picture),
                points=_mapped(h, command.points),
                text=command.text,
                number=command.number,
            )
        )

    async def _read_code(self, command: commands.ReadCode) -> events.AnyEvent:
        codes: list[Code] = []
        if command.photo:
            photo = await self._photo(command.photo)
            codes = await self._run(lambda: read(photo))
        else:
            found = await self._in_newest(lambda plane: read(plane) or None)
            codes = found[0] if found is not None else []
        if not codes:
            raise CommandError(
                "no_code", "No barcode or QR code can be read there. Hold it closer, and still."
            )
        told = [events.CodeView(kind=code.kind, text=code.text, corners=code.corners) for code in codes]
        return events.Codes(codes=told)

    async def _photo(self, photo: str) -> Plane:
        """Raises CommandError when it is not here."""
        file = self._album.file(photo)
        plane = await self._run(lambda: _read_file(file)) if file is not None else None
        if plane is None:
            raise CommandError("no_such_photo", "There is no such photo here (any more).")
        return plane

    async def _in_newest(self, look: Callable[[Plane], T | None]) -> tuple[T, Picture] | None:
        """What ``look`` finds in the newest picture, or in one of the next seconds; None if nothing.

        Raises CommandError when there are no pictures.
        """
        deadline = asyncio.get_running_loop().time() + LOOKING_SECONDS
        looked_at: Picture | None = None
        while asyncio.get_running_loop().time() < deadline:
            picture = self._pictures.newest
            if picture is not None and picture is not looked_at:
                looked_at = picture
                plane = np.array(picture.luma())
                found = await self._run(lambda plane=plane: look(plane))  # type: ignore[misc]
                if found is not None:
                    return found, picture
            else:
                await asyncio.sleep(NEXT_PICTURE)
        if looked_at is None:
            raise _NO_PICTURE
        return None

    async def _run(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._worker, work)

    def close(self) -> None:
        self._worker.shutdown(wait=False, cancel_futures=True)


def _read_file(file: Path) -> Plane | None:
    # As bytes: OpenCV cannot open every path on Windows.
    plane = cv2.imdecode(np.frombuffer(file.read_bytes(), np.uint8), cv2.IMREAD_GRAYSCALE)
    return None if plane is None else np.asarray(plane, np.uint8)


def _mapped(h: Homography, points: list[Point]) -> list[Point]:
    """What leads up to a mark, such as an arrow's tail, may lie outside of the picture: it ends at the border."""
    there = np.clip(transform(h, np.array([point[:2] for point in points])), 0, 1)
    return [point._replace(x=float(x), y=float(y)) for point, (x, y) in zip(points, there, strict=True)]
