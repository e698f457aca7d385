"""The photos of a call at one endpoint: told of as they come, fetched when they are there, kept until the endpoint ends."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

import msgspec

from coachdesk import events
from coachdesk.client import Client, SignalingError
from coachdesk.commands import CommandError
from signaling import protocol
from signaling.pictureform import JPEG, form_of

ATTEMPTS = 3
"""To fetch a photo; each by a ticket of its own."""
BETWEEN_ATTEMPTS = 1.0
MOST_KEPT = 50
"""Photos in the folder; beyond that the oldest goes."""


class PhotoAlbum:
    """Files in a folder that other users of the machine cannot read, and that goes with `close`.

    A photo is told of by ``photo`` events; ``ready`` only when its file is there and is a picture.
    """

    def __init__(self, client: Client, emit: Callable[[events.AnyEvent], None]) -> None:
        self._client, self._emit = client, emit
        self._folder: Path | None = None
        self._files: OrderedDict[str, Path | None] = OrderedDict()
        self._count = 0

    def file(self, photo: str) -> Path | None:
        """Where a photo is, if it is here."""
        return self._files.get(photo)

    def told(self, state: protocol.PhotoState) -> bool:
        """What the server says of a photo; whether it is to be fetched now. What came before is not told again."""
        if state.photo in self._files:
            return False
        if state.stage == "ready":
            self._files[state.photo] = None
            return True
        self._tell(state)
        return False

    async def fetch(self, state: protocol.PhotoState) -> None:
        """Fetches a photo that is ready, and tells of it, or that it cannot be had."""
        try:
            file = await self._fetched(state)
        except (SignalingError, OSError) as error:
            self._files.pop(state.photo, None)
            self._tell(state, stage="failed", reason="not_fetched", message=str(error))
            return
        self._files[state.photo] = file
        self._tell(state, file=str(file))
        await asyncio.to_thread(self._make_room)

    async def add(self, photo: events.Photo, data: bytes) -> events.Photo:
        """Keeps a picture that was taken here, JPEG or PNG, and tells of it. Raises CommandError when there is no room."""
        try:
            file = await asyncio.to_thread(self._write, data)
        except OSError as error:
            raise CommandError("device", f"The snapshot could not be kept: {error.strerror}.") from error
        self._files[photo.photo] = file
        told = msgspec.structs.replace(photo, file=str(file), size=len(data), received=len(data))
        self._emit(told)
        await asyncio.to_thread(self._make_room)
        return told

    async def _fetched(self, state: protocol.PhotoState) -> Path:
        """Raises SignalingError when it cannot be fetched or is no picture, OSError when there is no room for it."""
        attempt = 0
        while True:
            try:
                answer = await self._client.request(protocol.OpenPhoto, call=state.call, photo=state.photo)
                if not isinstance(answer, protocol.PhotoTicket):
                    raise SignalingError("internal", "The server gave no leave to fetch the photo.")
                data = await self._client.photo(state.photo, answer.ticket)
                break
            except SignalingError as error:
                attempt += 1
                if attempt == ATTEMPTS or error.code == protocol.Code.NO_SUCH_CALL:
                    raise
            await asyncio.sleep(BETWEEN_ATTEMPTS)
        return await asyncio.to_thread(self._write, data)

    def _write(self, data: bytes) -> Path:
        form = form_of(data)
        if form is None:
            raise SignalingError("not_a_photo", "What came is no photo.")
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="coachdesk-photos-"))
        self._count += 1
        file = self._folder / f"photo-{self._count}{'.jpg' if form.kind == JPEG else '.png'}"
        file.write_bytes(data)
        return file

    def _make_room(self) -> None:
        while len(self._files) > MOST_KEPT:
            _, file = self._files.popitem(last=False)
            if file is not None:
                file.unlink(missing_ok=True)

    def _tell(
        self,
        state: protocol.PhotoState,
        *,
        stage: str = "",
        file: str = "",
        reason: str = "",
        message: str = "",
    ) -> None:
        self._emit(
            events.Photo(
                photo=state.photo,
                stage=stage or state.stage,  # type: ignore[arg-type]
                received=state.received,
                size=state.size,
                width=state.width,
                height=state.height,
                file=file,
                reason=reason or state.reason,
                message=message,
            )
        )

    def close(self) -> None:
        """Nothing of the photos is left here."""
        folder, self._folder = self._folder, None
        self._files.clear()
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)
