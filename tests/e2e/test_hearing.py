"""Real server, real endpoints, real Chromium: each party says its own tone, and each party's ears are measured."""

from __future__ import annotations

import asyncio
import contextlib
import time

import pytest

from coachdesk import commands, events
from coachdesk.demo.scene import Scene
from coachdesk.demo.walk import hearing, latencies, leaks, walk
from coachdesk.hearing import FORBIDDEN_DBFS, TONES
from coachdesk.steadiness import Witness
from signaling.policy import Mode
from tests.e2e.steps import (
    SECRET_HZ,
    assert_never_heard,
    course,
    customer_hears,
    customer_hears_nothing,
    hears,
    listen,
    quiet_call,
    speak,
    voices,
)
from tests.steadiness import Heard

pytestmark = [pytest.mark.media, pytest.mark.browser, pytest.mark.timeout(240)]


async def test_everybody_hears_exactly_whom_they_should_in_every_mode(scene: Scene) -> None:
    call = await scene.answer()
    staff = scene.staff
    parties = staff["agent"], staff["supervisor"], staff["trainee"]
    with contextlib.closing(Witness()) as machine:
        result = await walk(*parties, call, print, scene.customer, machine)
    said, heard = await scene.finish()
    matrices = hearing(result, heard)
    wrong = [cell for matrix in matrices for cell in matrix.wrong()]
    leaked = leaks(result, heard)
    told = "\n\n".join([*leaked, *(matrix.table() for matrix in matrices)])
    if leaked or any(cell.leaks for cell in wrong):
        raise Heard(told)
    assert not wrong, told
    assert set(latencies(result, said, heard)) >= {
        "customer to agent",
        "agent to customer",
        "customer to supervisor",
        "agent to supervisor",
        "supervisor to agent",
        "supervisor to customer",
        "supervisor to trainee",
    }


async def test_no_whisper_reaches_the_customer_around_key_releases_reconnects_and_a_crash(
    scene: Scene,
) -> None:
    quiet = await quiet_call(scene)
    supervisor, agent = await listen(scene), scene.staff["agent"]
    whispered = time.monotonic()
    for hold in (
        1.2,
        0.1,
        0.4,
        0.02,
    ):  # push to talk: long, and so short that the release overtakes the grant
        press = asyncio.create_task(supervisor.do(commands.SetMode(mode=Mode.WHISPER)))
        await asyncio.sleep(hold)
        await supervisor.do(commands.SetMode(mode=Mode.LISTEN))
        await asyncio.gather(press, return_exceptions=True)
        await asyncio.sleep(0.4)
    await supervisor.do(commands.SetMode(mode=Mode.WHISPER))
    await asyncio.sleep(0.8)
    since = time.monotonic()
    await scene.customer.page.reload()
    await agent.wait(events.Media, lambda event: event.state == "connected", since=since)
    await asyncio.sleep(1.5)
    supervisor.kill()
    await asyncio.sleep(1.5)
    spoken = whispered, time.monotonic()
    _, heard = await scene.finish()
    assert_never_heard(heard["customer"], TONES["supervisor"], quiet, spoken)
    assert course(heard["agent"], TONES["supervisor"], spoken) > -50, (
        "the agent must have heard the whisper, or this test shows nothing"
    )


async def test_what_is_not_for_the_customer_is_not_in_their_ear_from_the_first_moment_of_a_mode_on(
    scene: Scene,
) -> None:
    """The supervisor has two voices. What the public one said is on its way to the customer still, the other never is."""
    quiet = await quiet_call(scene)
    mia, own = await listen(scene), voices(scene)
    began, _ = await speak(mia, Mode.BARGE, own, 1.0)
    await customer_hears(scene)
    await asyncio.sleep(0.5)
    barged = time.monotonic()
    await speak(mia, Mode.WHISPER, own, 1.0)
    left = await customer_hears_nothing(scene)
    await asyncio.sleep(1.0)
    whispered = time.monotonic()
    for mode in (Mode.TAKEOVER, Mode.WHISPER, Mode.BARGE, Mode.LANE, Mode.BARGE):
        await speak(mia, mode, own, 0.8)
    await speak(mia, Mode.LISTEN, own, 1.0)
    left_again = await customer_hears_nothing(scene)
    await asyncio.sleep(1.0)
    ended = time.monotonic()
    _, heard = await scene.finish()
    ear = heard["customer"]
    assert_never_heard(ear, SECRET_HZ, quiet, (began, ended))
    assert course(heard["agent"], SECRET_HZ, (barged, whispered)) > -50, "else this test shows nothing"
    assert course(ear, TONES["supervisor"], (began, barged)) > -50
    assert_never_heard(ear, TONES["supervisor"], quiet, (left, whispered))
    assert_never_heard(ear, TONES["supervisor"], quiet, (left_again, ended))


async def test_on_hold_the_customer_hears_and_is_heard_by_nobody(scene: Scene) -> None:
    await scene.answer()
    await listen(scene)
    agent = scene.staff["agent"]
    await agent.do(commands.Hold(on=True))
    await scene.customer.page.get_by_text("hold").first.wait_for()
    held = await customer_hears_nothing(scene)
    await asyncio.sleep(2.0)
    released = time.monotonic()
    await agent.do(commands.Hold(on=False))
    await hears(agent, "customer")
    await customer_hears(scene)
    await asyncio.sleep(1.0)
    back = time.monotonic()
    _, heard = await scene.finish()
    assert course(heard["customer"], TONES["agent"], (held, released)) < FORBIDDEN_DBFS
    assert course(heard["agent"], TONES["customer"], (held, released)) < FORBIDDEN_DBFS
    assert course(heard["supervisor"], TONES["customer"], (held, released)) < FORBIDDEN_DBFS
    assert course(heard["customer"], TONES["agent"], (released, back)) > -50
    assert course(heard["agent"], TONES["customer"], (released, back)) > -50


async def test_a_muted_agent_is_silent_at_the_source(scene: Scene) -> None:
    await scene.answer()
    agent = scene.staff["agent"]
    await agent.do(commands.Mute(on=True))
    muted = await customer_hears_nothing(scene)
    await asyncio.sleep(2.0)
    until = time.monotonic()
    _, heard = await scene.finish()
    assert course(heard["customer"], TONES["agent"], (muted, until)) < FORBIDDEN_DBFS
