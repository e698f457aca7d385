"""The page against the real server: its policy headers, its resume, its endings."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from signaling.protocol import (
    Admit,
    CallState,
    Code,
    Decline,
    Ended,
    HangUp,
    Hold,
    Lobby,
    Restart,
    RevokeLink,
    Signal,
    SignalBody,
    Signalled,
    dump,
    parse_server,
)
from tests.signaling.wire import Site, Wire, make_staff, site
from tests.web.agent import Agent
from tests.web.conftest import Customer
from tests.web.desk import until
from tests.web.test_call import HEARD

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.allow_log(
        "aiortc's own receiver, here the agent's, complains of every picture lost on a busy machine"
    ),
]


class Line:
    """The agent's signaling, as far as media need it; what a Desk is to an Agent."""

    def __init__(self, wire: Wire, call: str, customer: str) -> None:
        self.on_signal: Callable[[SignalBody], Awaitable[None]] | None = None
        self.restarts = 0
        self._wire, self._call, self._customer = wire, call, customer
        self._pump = asyncio.create_task(self._receive())

    async def signal(self, body: SignalBody) -> None:
        await self._wire.ws.send_str(dump(Signal(id=99, call=self._call, to=self._customer, body=body)))

    async def _receive(self) -> None:
        while True:
            message = parse_server(await self._wire.ws.receive_str())
            if isinstance(message, Signalled) and isinstance(message.body, Restart):
                self.restarts += 1
            elif isinstance(message, Signalled) and self.on_signal:
                await self.on_signal(message.body)

    async def close(self) -> None:
        self._pump.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._pump


@pytest_asyncio.fixture(loop_scope="session")
async def office(tmp_path: Path) -> AsyncIterator[Site]:
    staff = await make_staff(tmp_path / "staff.db")
    folder = tmp_path / "run"
    folder.mkdir()
    async with site(staff, folder) as running:
        yield running


async def waiting(agent: Wire) -> str:
    """The party id of the customer who waits."""
    while True:
        lobby = await agent.until(Lobby)
        if lobby.waiting:
            return lobby.waiting[0].party


async def join(office: Site, agent: Wire, customer: Customer) -> str:
    link = await office.invite(agent, label="Router down")
    await customer.page.goto(f"{office.url}{link.path}")
    await customer.see("amy invites you to a call")
    await customer.tap("Agree and join")
    await customer.see("You're in line")
    return await waiting(agent)


async def test_a_call_with_hold_and_reload(office: Site, customer: Customer) -> None:
    amy = await office.staff("amy")
    party = await join(office, amy, customer)
    await amy.do(Admit, party=party)
    call = (await amy.until(CallState)).call.call
    line = Line(amy, call, party)
    first = Agent(line, "one")  # type: ignore[arg-type]
    try:
        await first.call()
        await until(lambda: first.loudest() > HEARD and first.pictures, "sound and picture came")
        await amy.ws.send_str(dump(Hold(id=98, call=call, on=True)))
        await customer.see("On hold. You and amy")
        await customer.page.reload()
        await until(lambda: line.restarts, "the page asks for a new connection")
        await customer.see("Call with amy")
    finally:
        await first.close()
        await line.close()
    await amy.do(HangUp, call=call)
    await customer.see("The call has ended")


async def test_a_link_used_revoked_and_unknown(office: Site, customer: Customer) -> None:
    amy = await office.staff("amy")
    link = await office.invite(amy)
    await amy.do(RevokeLink, link=link.link)
    await customer.page.goto(f"{office.url}{link.path}")
    await customer.see("This link was withdrawn")
    await customer.page.goto(f"{office.url}/join#nonsense")
    await customer.see("This link is not valid")
    await join(office, amy, customer)
    used = await customer.ask("JSON.parse(sessionStorage.getItem('visit')).link")
    other = await customer.context.new_page()
    await other.goto(f"{office.url}/join#{used}")
    await other.get_by_text("This link has been used").wait_for()


async def test_declined(office: Site, customer: Customer) -> None:
    amy = await office.staff("amy")
    await amy.do(Decline, party=await join(office, amy, customer))
    await customer.see("amy can't take your call now")


async def test_a_reload_before_consent_and_in_line(office: Site, customer: Customer) -> None:
    amy = await office.staff("amy")
    link = await office.invite(amy)
    await customer.page.goto(f"{office.url}{link.path}")
    await customer.see("amy invites you")
    await customer.page.reload()
    await customer.see("amy invites you")
    await customer.tap("Agree and join")
    await customer.see("You're in line")
    await customer.page.reload()
    await customer.see("You're in line")


async def test_the_customer_hangs_up(office: Site, customer: Customer) -> None:
    amy = await office.staff("amy")
    await amy.do(Admit, party=await join(office, amy, customer))
    await customer.tap("Hang up")
    await customer.page.locator("#confirm-yes").click()
    await customer.see("You have left the call")
    assert (await amy.until(Ended)).reason == "customer_left"


async def test_who_leaves_the_line_is_gone_from_it_at_once(office: Site, customer: Customer) -> None:
    amy = await office.staff("amy")
    party = await join(office, amy, customer)
    await customer.tap("Leave")
    await customer.page.locator("#confirm-yes").click()
    await customer.see("You have left")
    while (await amy.until(Lobby)).waiting:
        pass
    assert await amy.refused(Admit, party=party) == Code.NO_SUCH_PARTY
