"""Joins the hub to the world: carries out its steps, keeps its time, knows the connections."""

from __future__ import annotations

import asyncio
import itertools
import logging
import time

from signaling.hub import Hub
from signaling.metrics import Metrics
from signaling.outlet import Outlet
from signaling.protocol import Code, Goodbye, Refused, ServerMessage, dump
from signaling.step import AuditEntry, Step
from signaling.store import Store, StoreError

log = logging.getLogger("signaling")

_TICK = 0.5
FOLLOW = 2.0
"""Seconds between looks at what administrators may have changed in the records."""


class Clock:
    """Unix time that never jumps: read once at start, then carried on by the monotonic clock."""

    def __init__(self) -> None:
        self._offset = time.time() - time.monotonic()

    def __call__(self) -> float:
        return self._offset + time.monotonic()


class Switchboard:
    """Owns the hub and the outlets of all connections; used from the event loop only."""

    def __init__(self, hub: Hub, store: Store, metrics: Metrics) -> None:
        self.hub, self.store, self.metrics = hub, store, metrics
        self.now = Clock()
        self._outlets: dict[int, Outlet] = {}
        self._numbers = itertools.count(1)
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Takes up what a former process left."""
        self.hub.state.teams.update(await self.store.teams())
        for link in await self.store.links(self.now() - self.hub.state.limits.link_memory):
            self.hub.state.add_link(link)
        self.apply(self.hub.restore(await self.store.live(), self.now()))
        if self.hub.state.calls:
            log.info("restored %d live calls", len(self.hub.state.calls))
        self._tasks = {
            asyncio.create_task(self._tick(), name="hub ticker"),
            asyncio.create_task(self._follow_records(), name="records follower"),
        }

    async def stop(self) -> None:
        """Says goodbye to everybody."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        outlets = list(self._outlets.values())
        for outlet in outlets:
            self.say(
                outlet, Goodbye(Code.SHUTTING_DOWN, "the server is being restarted; it will be back shortly")
            )
        await asyncio.gather(*(outlet.finish() for outlet in outlets))

    @property
    def connections(self) -> int:
        return len(self._outlets)

    def plug(self, outlet: Outlet) -> int:
        """The number of a new connection."""
        number = next(self._numbers)
        self._outlets[number] = outlet
        return number

    def unplug(self, connection: int, *, left: bool = False) -> None:
        """A connection is gone; ``left``: its client closed it on purpose."""
        outlet = self._outlets.pop(connection)
        if outlet.overflowed:
            self.metrics.slow.inc()
        if outlet.unrecorded:
            self.metrics.goodbyes.labels(Code.INTERNAL).inc()
        self.apply(self.hub.disconnect(connection, self.now(), left=left))

    def apply(self, step: Step) -> None:
        """Records, then sends: whatever tells of a step leaves the server once the step's records are committed."""
        place = self.store.write(step.changes, step.audit)
        for heard in step.heard:
            self.metrics.heard(heard)
        texts: dict[int, str] = {}
        for connection, message in step.out:
            outlet = self._outlets.get(connection)
            if outlet is not None:
                text = texts.get(id(message)) or texts.setdefault(id(message), dump(message))
                self._send(outlet, message, text, place)

    def say(self, outlet: Outlet, message: ServerMessage, *, after: int = 0) -> None:
        """To one connection, past the hub; ``after``: the place of the records to wait for."""
        self._send(outlet, message, dump(message), after)

    def _send(self, outlet: Outlet, message: ServerMessage, text: str, after: int) -> None:
        self.metrics.sent.inc()
        if isinstance(message, Refused):
            self.metrics.refused.labels(message.code).inc()
        if isinstance(message, Goodbye):
            self.metrics.goodbyes.labels(message.code).inc()
        outlet.send(text, after=after, last=isinstance(message, Goodbye))

    def audit(self, actor: str, role: str, action: str, *, code: str = "", party: str = "") -> int:
        """An entry about something that happens outside the hub; its place in the line of records."""
        entry = AuditEntry(self.now(), actor, role, action, not code, code=code, party=party)
        return self.store.write((), (entry,))

    async def _tick(self) -> None:
        """Keeps the hub's time, which stands still while nothing can be recorded: nobody loses a place by that."""
        stood_still = False
        while True:
            await asyncio.sleep(_TICK)
            if self.store.writer.stalled:
                stood_still = True
                continue
            try:
                if stood_still:
                    self.hub.renew_grace(self.now())
                self.apply(self.hub.tick(self.now()))
            except Exception:
                # A fault in one party's affairs must not stop the clock for all.
                log.exception("tick failed")
            stood_still = False

    async def _follow_records(self) -> None:
        while True:
            await asyncio.sleep(FOLLOW)
            if self.store.writer.stalled:
                continue
            try:
                teams, users = await self.store.teams(), await self.store.good_users()
                self.apply(self.hub.follow_records(teams, users, self.now()))
            except StoreError as error:
                log.error("changes in the records cannot be read, will try again: %s", error)
            except Exception:
                log.exception("changes in the records could not be taken up")
