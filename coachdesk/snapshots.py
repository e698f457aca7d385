"""Snapshots of a shared screen, with what is drawn on it: among the call's photos, at the endpoint that takes them."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from coachdesk import commands, events
from coachdesk.annotation import Mark, ScreenName
from coachdesk.arrowshape import ARROW, EDGE
from coachdesk.commands import CommandError
from coachdesk.media.screenshare.screenview import ScreenView
from coachdesk.photos import PhotoAlbum
from coachdesk.screenevents import SURFACES, ShotMark, Spot

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Seen:
    """One picture. ``pixels``: called in a thread, height x width x 3 or 4, blue first. ``surface``: as what it is drawn on.
    ``pointer``: where on it its sharer's is, if it is to be seen and not in the picture.
    """

    pixels: Callable[[], Pixels]
    surface: ScreenName
    pointer: Spot | None = None


def seen_in(view: ScreenView) -> Seen | None:
    """What is seen of another's screen now; None: nothing is."""
    if view.newest is None:
        return None
    return Seen(view.newest.bgra, SURFACES[view.party], view.pointer)


class Snapshots:
    """Of what was shared, as it was shared, and never captured anew: what is hidden or blanked there is so here too.

    ``allow``: asks the server; raises SignalingError where this user may not. ``seen``: the shared picture that this user
    sees at the moment; None where there is none, or a plain one in its place. ``drawn``: marks they see on one.
    """

    def __init__(
        self,
        album: PhotoAlbum,
        allow: Callable[[], Awaitable[Any]],
        seen: Callable[[], Seen | None],
        drawn: Callable[[ScreenName], list[Mark]],
    ) -> None:
        self._album, self._allow, self._seen, self._drawn = album, allow, seen, drawn

    @property
    def handlers(self) -> dict[type[commands.Command], Callable[[Any], Coroutine[Any, Any, events.AnyEvent]]]:
        return {commands.Snapshot: self._take}

    async def _take(self, command: commands.Snapshot) -> events.AnyEvent:
        """The moment is that of the command, however long the server takes to allow it."""
        seen = self._seen()
        if seen is None:
            raise CommandError(
                "no_picture", "No shared screen is seen here now. A snapshot is taken of what is shared."
            )
        marks = [_shot_mark(mark) for mark in self._drawn(seen.surface)]
        await self._allow()
        pixels = await asyncio.to_thread(seen.pixels)
        data = await asyncio.to_thread(_png, pixels, seen.pointer)
        height, width = pixels.shape[:2]
        name = f"screen-{secrets.token_urlsafe(12)}"
        return await self._album.add(
            events.Photo(photo=name, stage="ready", width=width, height=height, of="screen", marks=marks),
            data,
        )


def _shot_mark(mark: Mark) -> ShotMark:
    return ShotMark(
        tool=mark.tool,
        path=list(mark.path),
        colour=mark.colour,
        width=mark.width,
        text=mark.text,
        number=mark.number,
    )


def _png(pixels: Pixels, pointer: Spot | None) -> bytes:
    """Without loss, for text."""
    picture = pixels[..., :3].copy()
    if pointer is not None:
        _draw_arrow(picture, pointer)
    return cv2.imencode(".png", picture)[1].tobytes()


def _draw_arrow(picture: Pixels, at: Spot) -> None:
    height, width = picture.shape[:2]
    tip = np.array([at[0] * width, at[1] * height])
    shape = np.round(tip + ARROW).astype(np.int32)
    cv2.fillPoly(picture, [shape], (0, 0, 0))
    cv2.polylines(picture, [shape], True, (255, 255, 255), EDGE)
