"""The writing side of the records: one task commits what it is handed, in order and in batches.

Whoever hands something over gets its place in line, and can wait until that place is committed: what is told of an
input goes out only then, so that a process killed at any moment has told nothing that is not on record.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import Iterable
from itertools import groupby, islice
from operator import itemgetter
from typing import Any

from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.sql.dml import UpdateBase

log = logging.getLogger("signaling.store")

BACKLOG = 20_000
"""Writes that may wait for the disk before ``room`` makes the server wait too."""
STALL = 5.0
"""Seconds without a commit, while something waits, after which the records count as out of order; a busy disk takes some."""
_BATCH = 500
_RETRY = 1.0

Write = tuple[UpdateBase, dict[str, Any]]
"""A statement and its row."""


class Writer:
    """The owner of all writes of a running server.

    Attributes:
        backlog: how many writes wait.
        stalled: writes wait, and none has been committed for a while: nothing new should be taken on.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._waiting: deque[Write] = deque()
        self._wake = asyncio.Event()
        self._awaited: dict[int, asyncio.Event] = {}
        self._handed_over = self._committed = 0
        self._moved_at = 0.0
        self._closing = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="records writer")

    async def close(self) -> None:
        """Writes what is left, with one attempt."""
        self._closing = True
        self._wake.set()
        if self._task is not None:
            await self._task

    @property
    def backlog(self) -> int:
        return len(self._waiting)

    @property
    def stalled(self) -> bool:
        return bool(self._waiting) and time.monotonic() - self._moved_at > STALL

    def put(self, writes: Iterable[Write]) -> int:
        """Takes writes over, in order; the place of the last of them, or 0 when there are none."""
        before = len(self._waiting)
        self._waiting.extend(writes)
        added = len(self._waiting) - before
        if not added:
            return 0
        if not before:
            self._moved_at = time.monotonic()
        self._handed_over += added
        self._wake.set()
        return self._handed_over

    def is_committed(self, place: int) -> bool:
        return place <= self._committed

    async def committed(self, place: int) -> None:
        """Waits until what was handed over up to ``place`` is committed; give it a time limit."""
        if not self.is_committed(place):
            # One event for each place: a commit wakes those whom it concerns, and nobody else.
            await self._awaited.setdefault(place, asyncio.Event()).wait()

    async def room(self) -> None:
        """Waits while too much is unwritten: rather a slow server than an audit log with holes. Not while ``stalled``."""
        while len(self._waiting) >= BACKLOG and not self.stalled:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(STALL):
                    await self.committed(self._handed_over - BACKLOG + 1)

    async def _run(self) -> None:
        while not (self._closing and not self._waiting):
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                await self._advance()

    async def _advance(self) -> None:
        """One batch, or one attempt at it."""
        batch = list(islice(self._waiting, _BATCH))
        if await self._commit(batch):
            for _ in batch:
                self._waiting.popleft()
            self._committed += len(batch)
            self._moved_at = time.monotonic()
            for place in [place for place in self._awaited if self.is_committed(place)]:
                self._awaited.pop(place).set()
        elif self._closing:
            log.critical("records lost at shutdown: %d writes", len(self._waiting))
            self._waiting.clear()
        else:
            await asyncio.sleep(_RETRY)

    async def _commit(self, batch: list[Write]) -> bool:
        """Whether the batch is dealt with; False to try again later."""
        try:
            await self._execute(batch)
        except (OperationalError, InterfaceError, OSError) as error:
            log.error("records cannot be written, will try again: %s", cause(error))
            return False
        except SQLAlchemyError:
            await self._commit_one_by_one(batch)
        return True

    async def _commit_one_by_one(self, batch: list[Write]) -> None:
        """One record the database will never take must not hold up the others."""
        for record in batch:
            try:
                await self._execute([record])
            except SQLAlchemyError as error:
                log.critical("a record was refused by the database and is lost: %s", cause(error))

    async def _execute(self, batch: list[Write]) -> None:
        """In one transaction, so that order counts within a table only, and rows of one statement go there together."""
        by_table = sorted(batch, key=lambda write: write[0].table.description)
        async with self._engine.begin() as connection:
            for statement, group in groupby(by_table, key=itemgetter(0)):
                await connection.execute(statement, [row for _, row in group])


def cause(error: Exception) -> str:
    """The driver's own words, without the statement and its values."""
    return str(getattr(error, "orig", None) or error).splitlines()[0]
