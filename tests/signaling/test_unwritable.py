"""The records cannot be written for a while: who is told what, and what comes back."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
from sqlalchemy.exc import OperationalError

from signaling import writer
from signaling.outlet import RECORDS_TIMEOUT
from signaling.protocol import (
    CallState,
    Candidate,
    Code,
    CustomerState,
    Goodbye,
    Hold,
    Ping,
    Signal,
    Signalled,
    dump,
)

from .desk import Desk
from .wire import PASSWORD, PATIENCE, Site, Wire, read_audit

pytestmark = pytest.mark.allow_log("the disk fails on purpose")


class Disk:
    """What the writer writes to; while it fails, the server notices soon and lets nobody wait for long.

    Attributes:
        stall, timeout: seconds, in place of the writer's and the outlet's.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.stall, self.timeout = 0.2, RECORDS_TIMEOUT
        self._patch = monkeypatch
        self.works = asyncio.Event()
        self.works.set()
        self.tried = asyncio.Event()
        execute = writer.Writer._execute

        async def guarded(own: writer.Writer, batch: list[writer.Write]) -> None:
            if not self.works.is_set():
                self.tried.set()
                raise OperationalError("INSERT", {}, Exception("disk full"))
            await execute(own, batch)

        monkeypatch.setattr(writer.Writer, "_execute", guarded)

    def fail(self) -> None:
        self._patch.setattr("signaling.writer.STALL", self.stall)
        self._patch.setattr("signaling.outlet.RECORDS_TIMEOUT", self.timeout)
        self.tried.clear()
        self.works.clear()

    def work(self) -> None:
        self._patch.setattr("signaling.outlet.RECORDS_TIMEOUT", 60.0)
        self.works.set()


@pytest.fixture
async def disk(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Disk]:
    monkeypatch.setattr("signaling.writer._RETRY", 0.01)
    made = Disk(monkeypatch)
    yield made
    made.work()


async def stalled(office: Site) -> None:
    """Waits until the server has noticed."""
    async with asyncio.timeout(PATIENCE):
        while (await health(office))[0] == 200:
            pass


async def health(office: Site) -> tuple[int, str]:
    async with office.session.get(f"{office.url}/health") as response:
        return response.status, (await response.json())["status"]


async def test_nothing_is_answered_before_it_is_written(office: Site, disk: Disk) -> None:
    disk.stall = disk.timeout = 60.0
    agent = await office.staff("amy")
    customer, call = await office.call(agent)
    await customer.until(CustomerState, phase="live")
    disk.fail()
    await agent.ws.send_str(dump(Hold(id=50, call=call, on=True)))
    await asyncio.wait_for(disk.tried.wait(), PATIENCE)
    await customer.ws.send_str(dump(Ping(id=51)))  # its place in line is behind what the hold has to tell
    assert not await anything(customer), "the customer was told of what is not on record"
    assert not any(row.action == "hold" for row in await read_audit(office.db))
    disk.work()
    await agent.answer(50)
    assert (await customer.until(CustomerState)).phase == "held"
    await customer.answer(51)
    assert any(row.action == "hold" for row in await read_audit(office.db))


async def anything(wire: Wire) -> bool:
    """Whether a message comes while the disk is tried some more times."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(wire.ws.receive(), 0.3)
        return True
    return False


async def test_whoever_waits_in_vain_is_sent_away_and_learns_all_on_coming_back(
    office: Site, disk: Disk
) -> None:
    disk.timeout = 0.3
    agent = await office.staff("amy")
    customer, call = await office.call(agent)
    disk.fail()
    await agent.ws.send_str(dump(Hold(id=50, call=call, on=True)))
    goodbye = await agent.answer(50)
    assert isinstance(goodbye, Goodbye)
    assert (goodbye.code, "records" in goodbye.message) == (Code.INTERNAL, True)
    assert await customer.goodbye() == Code.INTERNAL
    assert await (await office.hello(resume=agent.resume)).goodbye() == Code.INTERNAL
    disk.work()
    again = await come_back(office, agent.resume)
    assert (await again.until(CallState)).call.phase == "held"


async def come_back(office: Site, resume: str) -> Wire:
    async with asyncio.timeout(PATIENCE):
        while True:
            wire = await office.hello(resume=resume)
            if not isinstance(await wire.next(), Goodbye):
                return wire


async def test_meanwhile_requests_are_refused_at_once_but_media_can_be_set_up(
    office: Site, disk: Disk
) -> None:
    agent, other = await office.staff("amy"), await office.staff("bea")
    customer, call = await office.call(agent)
    await customer.until(CustomerState, phase="live")
    spare = await office.staff("sue")
    disk.fail()
    await spare.ws.send_str(dump(Hold(id=50, call=call, on=True)))  # its refusal has to be recorded
    await stalled(office)
    assert await health(office) == (503, "records cannot be written")
    assert await agent.refused(Hold, call=call, on=True) == Code.INTERNAL
    await agent.do(Signal, call=call, to=customer.party, body=Candidate("s", ""))
    await customer.until(Signalled)
    assert await other.alive()
    status, body = await sign_in(office)
    assert (status, body["code"]) == (503, "internal")
    disk.work()
    async with asyncio.timeout(PATIENCE):
        while (await health(office))[0] == 503:
            pass
    await agent.do(Hold, call=call, on=True)


async def sign_in(office: Site) -> tuple[int, dict[str, str]]:
    asked = {"name": "amy", "password": PASSWORD}
    async with office.session.post(f"{office.url}/api/sign-in", json=asked) as response:
        return response.status, await response.json()


def test_no_place_is_lost_by_time_that_stood_still(desk: Desk) -> None:
    agent = desk.agent()
    customer, _ = desk.call(agent)
    customer.leave()
    desk.now += 10 * desk.limits.customer_grace
    desk.hub.renew_grace(desk.now)
    desk.pass_time(desk.limits.customer_grace - 1)
    assert customer.party in desk.hub.state.parties
    desk.pass_time(1)
    assert customer.party not in desk.hub.state.parties
