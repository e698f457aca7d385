"""Whatever breaks during a call: what the customer is told, and how it comes back by itself."""

from __future__ import annotations

import time

import pytest

from signaling.protocol import Code, Goodbye, HangUp, Hello, Knock, Restart, Signal
from tests.web.conftest import Customer, Visit
from tests.web.desk import CALL, Desk, until
from tests.web.test_call import BEEP_PERIOD, HEARD, Dial, answered

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.allow_log(
        "aiortc's own receiver, here the agent's, complains of every picture lost on a busy machine"
    ),
]


@pytest.fixture
def broken(customer: Customer) -> Customer:
    """A customer whose sockets will fail, as they are meant to."""
    customer.network_errors_expected = True
    return customer


def restarts(desk: Desk) -> int:
    return sum(isinstance(signal.body, Restart) for signal in desk.all(Signal))


async def test_a_dropped_socket_resumes_and_the_call_goes_on(
    desk: Desk, broken: Customer, dial: Dial
) -> None:
    agent = await answered(desk, broken, dial)
    desk.closed = True
    await desk.drop()
    await broken.see("Connected. Reconnecting to the service…")
    away_at = time.monotonic()
    await until(lambda: agent.loudest(away_at) > HEARD, "heard while the service is away")
    desk.closed = False
    await until(lambda: desk.all(Hello)[-1].resume == "resume-1", "the page resumed")
    await (
        broken.page.get_by_text("Connected", exact=True)
        .and_(broken.page.locator("#room-status span"))
        .wait_for()
    )
    assert (len(desk.all(Knock)), restarts(desk)) == (1, 0), "nothing is asked twice"


async def test_a_socket_that_answers_no_ping_is_replaced(desk: Desk, broken: Customer, dial: Dial) -> None:
    await answered(desk, broken, dial)
    desk.deaf = True
    await until(lambda: len(desk.all(Hello)) >= 2, "a second connection", within=40)
    desk.deaf = False
    assert desk.all(Hello)[1].resume == "resume-1"


async def test_a_restarting_server_says_so(desk: Desk, broken: Customer) -> None:
    await broken.join(desk)
    await desk.say(Goodbye(Code.SHUTTING_DOWN, "back soon"))
    desk.closed = True
    await desk.drop()
    await broken.see("The service is restarting. Keep this page open")
    desk.closed = False
    await broken.page.locator("#banner").wait_for(state="hidden")
    await broken.see("In line")


async def test_a_restarted_server_that_knows_nothing_leaves_the_call_alone(
    desk: Desk, broken: Customer, dial: Dial
) -> None:
    agent = await answered(desk, broken, dial)
    desk.rejects = Code.NOT_SIGNED_IN
    await desk.drop()
    await until(lambda: len(desk.all(Hello)) == 2, "the page tried to resume")
    refused_at = time.monotonic()
    await until(lambda: agent.loudest(refused_at) > HEARD, "the call goes on")
    await broken.see("Connected. Reconnecting to the service…")
    await agent.vanish()
    await broken.see("The call was lost")


async def test_a_place_in_line_that_is_gone_says_so(desk: Desk, broken: Customer) -> None:
    await broken.join(desk)
    desk.rejects = Code.NOT_SIGNED_IN
    await desk.drop()
    await broken.see("This call is over")


async def test_network_gone_and_back_rebuilds_the_media(desk: Desk, broken: Customer, dial: Dial) -> None:
    agent = await answered(desk, broken, dial)
    await broken.context.set_offline(True)
    desk.closed = True
    await desk.drop()
    await agent.vanish()
    await broken.see("Your device has no network.")
    desk.closed = False
    await broken.context.set_offline(False)
    await until(lambda: restarts(desk), "the page asked for a new peer connection")
    second = await dial()
    await until(lambda: second.loudest() > HEARD, "heard again")
    await broken.page.locator("#banner").wait_for(state="hidden")


async def test_media_lost_alone_asks_for_a_new_connection(desk: Desk, customer: Customer, dial: Dial) -> None:
    agent = await answered(desk, customer, dial)
    await agent.vanish()
    await customer.see("The connection to Maria Lopez was lost. It is being set up again.")
    await until(lambda: restarts(desk), "the page asked for a new peer connection")
    assert next(s.body.session for s in desk.all(Signal) if isinstance(s.body, Restart)) == "session-1"
    second = await dial()
    await until(lambda: second.loudest() > HEARD, "heard again")


async def test_make_before_break(desk: Desk, customer: Customer, dial: Dial) -> None:
    first = await answered(desk, customer, dial)
    second = await dial()
    await customer.until(
        "peers.length === 2 && peers[1].connectionState === 'connected'", "the new one stands"
    )
    await customer.until("peers[0].connectionState === 'closed'", "the old one is closed after that")
    await until(lambda: second.loudest() > HEARD and second.pictures, "sound and picture on the new one")
    await until(lambda: first.loudest(time.monotonic() - BEEP_PERIOD) < HEARD, "nothing on the old one")
    await customer.until(
        "document.getElementById('sound-out').srcObject.getTracks()[0].id === "
        "peers[1].getReceivers()[0].track.id",
        "the new sound is what plays",
    )


async def test_an_offer_that_comes_to_nothing_leaves_the_call_alone(
    desk: Desk, customer: Customer, dial: Dial
) -> None:
    first = await answered(desk, customer, dial)
    second = await dial()
    await second.vanish()
    third = await dial()
    await until(lambda: third.connected and third.pictures, "the third stands")
    await customer.until(
        "peers.filter((peer) => peer.connectionState !== 'closed').length === 1", "one is left"
    )
    assert first.pictures


async def test_an_agent_away_is_waited_for(desk: Desk, customer: Customer, dial: Dial) -> None:
    agent = await answered(desk, customer, dial)
    await desk.tell("agent_away")
    await agent.vanish()
    await customer.see("Maria Lopez has lost the connection. Please stay")
    await desk.tell("live")
    second = await dial()
    await until(lambda: second.loudest() > HEARD, "heard again")
    await customer.page.locator("#banner").wait_for(state="hidden")


async def test_a_reload_during_the_call_comes_back_unasked(
    desk: Desk, customer: Customer, dial: Dial
) -> None:
    await answered(desk, customer, dial)
    await customer.page.reload()
    await until(lambda: restarts(desk), "the page asked for a new peer connection")
    second = await dial()
    await until(lambda: second.loudest() > HEARD and second.pictures, "sound and picture came")
    await customer.see("Connected")
    assert len(desk.all(Knock)) == 1


async def test_a_reload_keeps_a_joining_without_camera(desk: Desk, visit: Visit) -> None:
    customer = await visit()
    await customer.page.goto(f"{desk.url}/join#secret")
    await customer.tap("Join without camera")
    await customer.see("You're in line")
    await customer.page.reload()
    await customer.see("Your camera is off")


async def test_hanging_up_without_the_server_is_told_later(desk: Desk, broken: Customer, dial: Dial) -> None:
    await answered(desk, broken, dial)
    desk.closed = True
    await desk.drop()
    await broken.tap("Hang up")
    await broken.page.locator("#confirm-yes").click()
    await broken.see("You have left the call")
    desk.closed = False
    assert (await desk.got(HangUp)).call == CALL


async def test_a_camera_taken_away_is_got_back(desk: Desk, customer: Customer, dial: Dial) -> None:
    agent = await answered(desk, customer, dial)
    await customer.ask(
        """window.old = document.getElementById('preview').srcObject.getTracks()[0];
        old.stop(); document.dispatchEvent(new Event('visibilitychange'));"""
    )
    await customer.until(
        "document.getElementById('preview').srcObject?.getTracks()[0] !== old", "another track"
    )
    before = agent.pictures
    await until(lambda: agent.pictures > before + 10, "pictures come again")
