"""Each part killed while a call is on: who sees what, what comes back, and that nothing hangs."""

from __future__ import annotations

import asyncio
import os
import signal
import time

import pytest

from coachdesk import commands, events
from coachdesk.call import party
from coachdesk.demo.customer import Customer
from coachdesk.demo.scene import Scene
from coachdesk.remote import RemoteError
from signaling.policy import Mode
from tests.e2e.steps import hears, status

pytestmark = [
    pytest.mark.media,
    pytest.mark.browser,
    pytest.mark.timeout(180),
]


async def begin(scene: Scene, mode: Mode = Mode.LISTEN) -> str:
    """A call on which the supervisor is in ``mode`` and hears the customer; returns its id."""
    await scene.answer()
    supervisor = scene.staff["supervisor"]
    await supervisor.do(commands.Listen(call=scene.call))
    await supervisor.wait(events.FirstSound, lambda event: event.source == "customer")
    await supervisor.do(commands.SetMode(mode=mode))
    return scene.call


async def test_media_survives_the_server_and_the_call_is_resumed_after_its_restart(scene: Scene) -> None:
    call = await begin(scene, Mode.TAKEOVER)
    agent, supervisor = scene.staff["agent"], scene.staff["supervisor"]
    killed = time.monotonic()
    await scene.stage.kill_server()
    for endpoint in (agent, supervisor):
        await endpoint.wait(events.Online, lambda event: not event.on, since=killed)
    told = await supervisor.wait(events.ModeChanged, since=killed)
    assert (told.mode, told.in_force) == (Mode.LISTEN, False)
    await hears(agent, "customer")
    await hears(supervisor, "customer")
    await hears(supervisor, "agent")  # taken over no longer: the agent speaks again
    with pytest.raises(RemoteError, match="offline"):
        await supervisor.do(commands.SetMode(mode=Mode.WHISPER))

    restarted = time.monotonic()
    await scene.stage.start_server()
    for endpoint in (agent, supervisor):
        await endpoint.wait(events.Online, lambda event: event.on, since=restarted)
    view = await supervisor.wait(events.Call, since=restarted)
    assert view.call.call == call
    whisper = await supervisor.do(commands.SetMode(mode=Mode.WHISPER))
    assert isinstance(whisper, events.ModeChanged)
    assert whisper.in_force
    await status(scene, "Connected")
    scene.customer.problems.clear()  # the browser logs each refused attempt to reconnect


async def test_a_crashed_supervisor_who_had_taken_over_gives_the_call_back_to_the_agent(scene: Scene) -> None:
    await begin(scene, Mode.TAKEOVER)
    agent, supervisor = scene.staff["agent"], scene.staff["supervisor"]
    ready = await supervisor.wait(events.Ready)
    killed = time.monotonic()
    supervisor.kill()

    def given_back(event: events.Call) -> bool:
        mia = party(event.call, ready.party)
        return mia is None or mia.mode is Mode.LISTEN

    await agent.wait(events.Call, given_back, since=killed)
    trainee = scene.staff["trainee"]
    await trainee.do(commands.Listen(call=scene.call))
    await hears(trainee, "agent")
    again = await scene.enter("supervisor")
    await again.do(commands.Listen(call=scene.call))
    await hears(again, "customer")


async def test_a_crashed_agent_comes_back_to_the_call(scene: Scene) -> None:
    call = await begin(scene)
    supervisor = scene.staff["supervisor"]
    killed = time.monotonic()
    scene.staff["agent"].kill()
    await supervisor.wait(
        events.Call,
        lambda event: (
            not next(each.connected for each in event.call.parties if each.party == event.call.agent)
        ),
        since=killed,
    )
    await status(scene, "Waiting for agent")
    agent = await scene.enter("agent")
    view = await agent.wait(events.Call)
    assert view.call.call == call
    await hears(agent, "customer")
    await hears(supervisor, "agent")
    await hears(supervisor, "customer")


async def customer_gone(scene: Scene, since: float) -> None:
    """Waits until agent and supervisor see that the customer's connection is lost."""

    def gone(event: events.Call) -> bool:
        customer = party(event.call, event.call.customer)
        return customer is not None and not customer.connected

    for name in ("agent", "supervisor"):
        await scene.staff[name].wait(events.Call, gone, since=since)


async def test_a_page_that_is_left_is_seen_and_resumes_when_the_customer_goes_back_to_it(
    scene: Scene,
) -> None:
    await begin(scene)
    agent = scene.staff["agent"]
    left = time.monotonic()
    await scene.customer.page.goto("about:blank")
    await customer_gone(scene, left)
    back = time.monotonic()
    await scene.customer.page.go_back()
    await agent.wait(events.Media, lambda event: event.state == "connected", since=back, seconds=30)
    await hears(agent, "customer")
    await hears(scene.staff["supervisor"], "customer")


async def test_a_killed_browser_is_seen_its_used_link_is_refused_and_a_new_one_begins_anew(
    scene: Scene,
) -> None:
    call = await begin(scene, Mode.WHISPER)
    agent, supervisor = scene.staff["agent"], scene.staff["supervisor"]
    used = await agent.wait(events.Invited)
    killed = time.monotonic()
    await kill_browser(scene.customer)
    await customer_gone(scene, killed)
    await agent.wait(events.Media, lambda event: event.state == "lost", since=killed)
    await hears(supervisor, "agent")

    async with await Customer.open(voice=scene.stage.folder / "customer-says.wav") as again:
        await again.visit(used.url)
        await again.page.get_by_text("This link has been used").first.wait_for()
        await agent.do(commands.HangUp())
        assert (await supervisor.wait(events.Ended)).call == call
        invited = await agent.do(commands.Invite(label="Once more"))
        assert isinstance(invited, events.Invited)
        await again.visit(invited.url)
        since = time.monotonic()
        await again.agree()
        waiting = await agent.wait(events.Waiting, since=since)
        await agent.do(commands.Admit(party=waiting.party))
        await hears(agent, "customer")


async def kill_browser(customer: Customer) -> None:
    """Ends the customer's Chromium at once, as a crash would: all its processes die with the first."""
    browser = customer.page.context.browser
    assert browser is not None
    session = await browser.new_browser_cdp_session()
    processes = (await session.send("SystemInfo.getProcessInfo"))["processInfo"]
    gone = asyncio.Event()
    browser.on("disconnected", lambda browser: gone.set())
    os.kill(next(each["id"] for each in processes if each["type"] == "browser"), signal.SIGKILL)
    await asyncio.wait_for(gone.wait(), 30.0)


async def test_hanging_up_ends_the_call_for_all(scene: Scene) -> None:
    await begin(scene)
    agent, supervisor = scene.staff["agent"], scene.staff["supervisor"]
    await agent.do(commands.HangUp())
    ended = await supervisor.wait(events.Ended)
    assert ended.call == scene.call
    await agent.wait(events.Ended)
    await scene.customer.page.get_by_text("ended").first.wait_for()
    with pytest.raises(RemoteError, match="no_such_call"):
        await supervisor.do(commands.SetMode(mode=Mode.WHISPER))


async def test_the_customer_sees_the_same_traffic_whether_or_not_somebody_listens(scene: Scene) -> None:
    """Nothing on the page's socket tells of observers: until the hold that comes last, no message comes."""
    page, frames = scene.customer.page, list[str]()

    async def told() -> list[str]:
        """All but answers; what the page evaluates is answered after what came before."""
        await page.evaluate("1")
        return [frame for frame in frames if '"ok"' not in frame]

    page.on(
        "websocket", lambda socket: socket.on("framereceived", lambda payload: frames.append(str(payload)))
    )
    await page.reload()
    await scene.answer()
    settled = len(await told())
    supervisor = scene.staff["supervisor"]
    await supervisor.do(commands.Listen(call=scene.call))
    await supervisor.wait(events.FirstSound, lambda event: event.source == "customer")
    for mode in (Mode.WHISPER, Mode.BARGE, Mode.TAKEOVER, Mode.LANE, Mode.LISTEN):
        await supervisor.do(commands.SetMode(mode=mode))
    await supervisor.do(commands.Leave())
    await supervisor.wait(events.Left)
    await scene.staff["agent"].do(commands.Hold(on=True))
    await status(scene, "On hold")
    since = (await told())[settled:]
    assert since
    assert all('"phase":"held"' in frame for frame in since), since
    assert not [frame for frame in await told() if "supervisor" in frame]
