"""Parts killed and lines cut in the middle of a whisper: whoever coaches is silent, and the customer hears none of it."""

from __future__ import annotations

import asyncio
import time

import pytest

from coachdesk import commands, events
from coachdesk.call import party
from coachdesk.demo.scene import Scene
from coachdesk.hearing import TONES
from coachdesk.remote import RemoteEndpoint, RemoteError
from coachdesk.routing import Lane
from signaling.policy import Mode, Role
from signaling.protocol import PartyView
from tests.e2e.line import Line
from tests.e2e.steps import assert_never_heard, course, enter, hears, listen, party_of, quiet_call, status

pytestmark = [pytest.mark.media, pytest.mark.browser, pytest.mark.timeout(180)]

GATE_SECONDS = 0.5


async def whisper(coach: RemoteEndpoint, to: RemoteEndpoint) -> None:
    """``coach`` whispers, and ``to`` hears it."""
    told = await coach.do(commands.SetMode(mode=Mode.WHISPER))
    assert isinstance(told, events.ModeChanged)
    assert told.in_force
    await hears(to, await party_of(coach))


async def sent(coach: RemoteEndpoint) -> list[float]:
    """How many packets ``coach`` has sent on each of their tracks, on the media connection in use."""
    stats = await coach.do(commands.Stats())
    assert isinstance(stats, events.Stats)
    return [stats.streams.get(f"hub.{lane.value}.out", {}).get("packets", 0.0) for lane in Lane]


async def falls_silent(coach: RemoteEndpoint, since: float) -> None:
    """Waits until ``coach`` is told that they only listen; from then on no packet of theirs leaves their machine."""
    told = await coach.wait(events.ModeChanged, lambda event: event.mode is Mode.LISTEN, since=since)
    assert told.heard_by == []
    before = await sent(coach)
    await asyncio.sleep(GATE_SECONDS)
    assert await sent(coach) in (before, [0.0] * len(Lane))  # nothing more, or nothing on a new connection


async def test_a_coach_whose_line_breaks_in_a_whisper_is_silent_and_comes_back(scene: Scene) -> None:
    quiet = await quiet_call(scene)
    agent = scene.staff["agent"]
    customer = (await agent.wait(events.Call)).call.customer
    async with Line(scene.stage.url) as line:
        ben = await enter(scene, "ben", Role.SUPERVISOR, "--server", line.url)
        ben_party = await party_of(ben)
        await ben.do(commands.Listen(call=scene.call))
        began = time.monotonic()
        await whisper(ben, agent)

        cut = time.monotonic()
        line.cut_signaling()
        await ben.wait(events.Online, lambda event: not event.on, since=cut)
        await agent.wait(events.Call, lambda event: lost(party(event.call, ben_party)), since=cut)
        await falls_silent(ben, cut)
        await hears(ben, "customer")
        with pytest.raises(RemoteError, match="offline"):
            await ben.do(commands.SetMode(mode=Mode.WHISPER))
        line.mend_signaling()
        await ben.wait(events.Online, lambda event: event.on, since=cut)
        await whisper(ben, agent)
        assert await party_of(ben) == ben_party
        assert media(ben, "agent", since=cut) == [], "its media went on untouched"

        cut = time.monotonic()
        line.cut_media()
        await ben.wait(events.Media, lambda event: event.state == "lost", since=cut)
        await agent.wait(events.Media, lambda event: event.party == ben_party, since=cut)
        await falls_silent(ben, cut)
        await ben.wait(events.Media, lambda event: event.state == "connected", since=cut)
        await hears(ben, "customer")
        await whisper(ben, agent)
        ended = time.monotonic()
        assert media(agent, customer, since=began) == [], "the customer's connection is another"
    _, heard = await scene.finish()
    assert_never_heard(heard["customer"], TONES["supervisor2"], quiet, (began, ended))
    assert course(heard["agent"], TONES["supervisor2"], (began, ended)) > -50, "else this test shows nothing"


def lost(coach: PartyView | None) -> bool:
    return coach is not None and coach.mode is Mode.LISTEN and not coach.connected


def media(endpoint: RemoteEndpoint, about: str, since: float) -> list[str]:
    """What ``endpoint`` was told of its media connection to a party."""
    return [
        event.state
        for when, event in endpoint.log
        if when >= since and isinstance(event, events.Media) and event.party == about
    ]


async def test_a_whisper_ends_with_the_server_and_with_the_agents_computer(scene: Scene) -> None:
    quiet = await quiet_call(scene)
    mia = await listen(scene)
    began = time.monotonic()
    await whisper(mia, scene.staff["agent"])

    killed = time.monotonic()
    await scene.stage.kill_server()
    await falls_silent(mia, killed)
    await hears(mia, "customer")
    await hears(scene.staff["agent"], "customer")
    restarted = time.monotonic()
    await scene.stage.start_server()
    await asyncio.gather(
        *(
            each.wait(events.Online, lambda event: event.on, since=restarted)
            for each in (mia, scene.staff["agent"])
        )
    )
    await whisper(mia, scene.staff["agent"])

    killed = time.monotonic()
    scene.staff["agent"].kill()
    await status(scene, "Waiting for agent")
    await falls_silent(mia, killed)
    agent = await scene.enter("agent")
    await agent.do(commands.Mute(on=True))
    await hears(agent, "customer")
    await hears(mia, "customer")
    await whisper(mia, agent)
    ended = time.monotonic()
    _, heard = await scene.finish()
    assert_never_heard(heard["customer"], TONES["supervisor"], quiet, (began, ended))
    scene.customer.problems.clear()  # the browser logs each refused attempt to reconnect
