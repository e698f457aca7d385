"""The ink of a call in files, so that it goes on when the agent's program ends in the middle of it and is started again.

A record is a folder named after the call (by a hash of its id), in a folder that only its user may read. `LOG` has one line
of JSON for each thing that happened, in order; beside it is a PNG of each picture that followed marks were drawn on,
as the tracker keeps it: grey, some 640 x 360. There are never more than `MOST_PICTURES` of these, nor more than `MOST_BYTES`
of lines: a record that would have more, or that cannot be written, is given up, and ink would begin anew.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import os
import queue
import shutil
import threading
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

import cv2
import msgspec
import platformdirs

from coachdesk.annotation import Entry
from coachdesk.media.ink.inkkept import (
    LOG,
    Done,
    Drawn,
    Epoch,
    Header,
    InkRecordError,
    Kept,
    LetGo,
    Line,
    Party,
    Told,
    picture_of,
    read,
)
from coachdesk.media.priority import pictures_later
from coachdesk.media.tracking.geometry import Plane

MOST_BYTES = 32 << 20
"""Of a record's lines; a call of an hour with a thousand marks has a tenth of that."""
MOST_PICTURES = 32
"""As many as the tracker follows marks; the oldest give way."""
INBOX = 4096
"""Things that wait to be written."""
BEAT_SECONDS = 10.0
"""How often a record is touched while its call goes on."""
STALE_SECONDS = 120.0
"""Not touched for so long, a record is of a program that has ended and of a call that is over: no place is kept as long."""
CLOSE_SECONDS = 2.0

log = logging.getLogger(__name__)


def folder() -> Path:
    """Where this user's records are."""
    return platformdirs.user_cache_path("coachdesk", appauthor=False) / "ink"


class InkRecord:
    """One call's. All of it but the making is quick: a thread writes. A failure is told once, and ends the record.

    Attributes:
        kept: what a program before this one wrote of the same call; None: nothing, or nothing that can be gone on with.
    """

    def __init__(self, records: Path, call: str, *, clock: Callable[[], float] = time.time) -> None:
        """``records``: the folder of all records. ``clock``: of this machine, the same for every program; seconds."""
        self.kept: Kept | None = None
        self._given_up = False
        self._folder = records / hashlib.sha256(call.encode()).hexdigest()[:32]
        self._bytes = 0
        self._written: Counter[str] = Counter()
        self._drawn_on: dict[str, str] = {}
        self._inbox: queue.Queue[Callable[[], None] | None] = queue.Queue(INBOX)
        self._begin(call, clock())
        self._thread = threading.Thread(target=self._run, name="ink record", daemon=True)
        self._thread.start()

    def _begin(self, call: str, now: float) -> None:
        try:
            self.kept = read(self._folder, call, now)
        except InkRecordError as error:
            log.warning("the ink of this call begins anew, what was kept of it is of no use: %s", error)
        try:
            self._open(call, now)
        except OSError as error:
            self._give_up(str(error))

    def _open(self, call: str, now: float) -> None:
        if self.kept is not None:
            self._bytes = self.kept.size
            self._written.update(entry.edit.mark for entry in self.kept.entries.values())
            self._drawn_on = dict(self.kept.drawn_on)
            os.truncate(self._folder / LOG, self.kept.size)  # without a line that was not finished
            return
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.parent.parent.mkdir(parents=True, exist_ok=True)
        for private in (self._folder.parent, self._folder):
            private.mkdir(mode=0o700, exist_ok=True)
        self._note(Header(call=call, began=now))

    # --- what happens -----------------------------------------------------------------------------------------

    def has(self, mark: str) -> bool:
        """Whether anything of a mark is written."""
        return mark in self._written

    def history(self, mark: str, entries: list[Entry]) -> None:
        """All entries of a mark: those that are not written yet will be. Authors by their party ids."""
        for entry in entries[self._written[mark] :]:
            self._note(Done(entry=entry))
        self._written[mark] = len(entries)

    def party(self, party: str, log_id: str, told: list[int]) -> None:
        """The log of ``party`` is called ``log_id``, and has these entries so far, by their places in the whole log."""
        self._note(Party(party=party, log=log_id, told=told))

    def told(self, party: str, entries: list[int]) -> None:
        """``party`` is told these entries besides."""
        self._note(Told(party=party, told=entries))

    def epoch(self, epoch: int) -> None:
        self._note(Epoch(epoch=epoch))

    def drawn_on(self, mark: str, name: str, picture: Plane) -> None:
        """What a mark was drawn on, if the mark is written. ``name``: letters, digits, ``-``; one for each picture."""
        if mark in self._drawn_on or not self.has(mark):
            return
        if name not in self._drawn_on.values():
            self._do(partial(self._save, name, picture))
        self._drawn_on[mark] = name
        self._note(Drawn(mark=mark, picture=name))
        while len(set(self._drawn_on.values())) > MOST_PICTURES:
            self.let_go(next(iter(self._drawn_on)))

    def let_go(self, mark: str) -> None:
        """A mark is not followed any more."""
        name = self._drawn_on.pop(mark, None)
        if name is None:
            return
        self._note(LetGo(mark=mark))
        if name not in self._drawn_on.values():
            self._do(partial(self._picture(name).unlink, missing_ok=True))

    # --- its end ----------------------------------------------------------------------------------------------

    def close(self, *, remove: bool) -> None:
        """Writes what waits, or removes the record; returns when that is done, after two seconds at most."""
        if remove:
            self._do(self._remove)
        self._end()
        self._thread.join(CLOSE_SECONDS)

    def _end(self) -> None:
        """Nothing comes any more. A thread that is far behind sees by itself that the record is given up."""
        try:
            self._inbox.put_nowait(None)
        except queue.Full:
            self._give_up("the disk is too slow")

    def _give_up(self, reason: str) -> None:
        if self._given_up:
            return
        self._given_up = True
        log.warning(
            "if this program ends during the call, its ink begins anew: it cannot be kept (%s)", reason
        )
        with contextlib.suppress(queue.Full):
            self._inbox.put_nowait(None)

    # --- writing ----------------------------------------------------------------------------------------------

    def _note(self, line: Line) -> None:
        data = msgspec.json.encode(line) + b"\n"
        self._bytes += len(data)
        if self._bytes > MOST_BYTES:
            self._give_up("there is too much of it")
        self._do(partial(self._append, data))

    def _do(self, job: Callable[[], None]) -> None:
        if self._given_up:
            return
        try:
            self._inbox.put_nowait(job)
        except queue.Full:
            self._give_up("the disk is too slow")

    def _run(self) -> None:
        pictures_later()
        while (job := self._next()) is not None and not self._given_up:
            try:
                job()
            except (OSError, cv2.error) as error:
                self._give_up(str(error))
        if self._given_up:
            self._remove()

    def _next(self) -> Callable[[], None] | None:
        try:
            return self._inbox.get(timeout=BEAT_SECONDS)
        except queue.Empty:
            return partial(os.utime, self._folder / LOG)

    def _append(self, data: bytes) -> None:
        with open(self._folder / LOG, "ab", buffering=0, opener=_privately) as file:
            file.write(data)

    def _save(self, name: str, picture: Plane) -> None:
        done, data = cv2.imencode(".png", picture)
        if not done:
            raise OSError("a picture cannot be written")
        with open(self._picture(name), "wb", opener=_privately) as file:
            file.write(data.tobytes())

    def _picture(self, name: str) -> Path:
        return picture_of(self._folder, name)

    def _remove(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)


async def tidy(records: Path, *, clock: Callable[[], float] = time.time) -> None:
    """Removes records that nobody goes on with: at once, and those that turn out to be such in the next minutes."""
    await asyncio.to_thread(remove_stale, records, clock())
    await asyncio.sleep(STALE_SECONDS + BEAT_SECONDS)
    await asyncio.to_thread(remove_stale, records, clock())


def remove_stale(records: Path, now: float) -> None:
    """Removes the records that were not touched for `STALE_SECONDS`; programs that run side by side keep theirs."""
    for record in records.iterdir() if records.is_dir() else ():
        if now - _touched(record) > STALE_SECONDS:
            shutil.rmtree(record, ignore_errors=True)


def _touched(record: Path) -> float:
    for path in (record / LOG, record):
        try:
            return path.stat().st_mtime
        except OSError:
            continue
    return 0.0


def _privately(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
