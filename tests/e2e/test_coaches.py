"""Several coaches on one call, and one coach on several calls, on real media."""

from __future__ import annotations

import asyncio
import time

import pytest

from coachdesk import commands, events
from coachdesk.demo.scene import Scene
from coachdesk.hearing import FORBIDDEN_DBFS, TONES, tone, write_wav
from coachdesk.remote import RemoteEndpoint, RemoteError
from signaling.policy import Mode, Role
from tests.e2e.steps import TAIL_SECONDS, assert_never_heard, course, hears, listen

pytestmark = [pytest.mark.media, pytest.mark.browser, pytest.mark.timeout(180)]


async def enter(scene: Scene, name: str, role: Role) -> RemoteEndpoint:
    """One more of the staff, with a tone of their own."""
    voice = scene.stage.folder / f"{name}-says.wav"
    write_wav(voice, tone(TONES["supervisor2"], 8, keyed=True))
    return await scene.stage.endpoint(name, role, "--mic", str(voice))


async def test_coaches_hear_each_other_and_only_one_takes_over(scene: Scene) -> None:
    await scene.answer()
    mia = await listen(scene)
    ben = await enter(scene, "ben", Role.SUPERVISOR)
    await ben.do(commands.Listen(call=scene.call))
    await listen(scene, "trainee")
    mia_party = (await mia.wait(events.Ready)).party
    ben_party = (await ben.wait(events.Ready)).party

    await mia.do(commands.SetMode(mode=Mode.WHISPER))
    await hears(ben, mia_party)
    await hears(scene.staff["trainee"], mia_party)
    await hears(scene.staff["agent"], mia_party)
    await ben.do(commands.SetMode(mode=Mode.LANE))
    await hears(scene.staff["trainee"], ben_party)

    await mia.do(commands.SetMode(mode=Mode.TAKEOVER))
    with pytest.raises(RemoteError, match="already_taken_over"):
        await ben.do(commands.SetMode(mode=Mode.TAKEOVER))
    told = await ben.do(commands.SetMode(mode=Mode.BARGE))
    assert isinstance(told, events.ModeChanged)
    assert set(told.heard_by) == {"agent", "customer", "supervisor", "trainee"}
    both = time.monotonic() + TAIL_SECONDS
    await asyncio.sleep(TAIL_SECONDS + 2.0)
    until = time.monotonic()
    _, heard = await scene.finish()
    assert course(heard["customer"], TONES["supervisor"], (both, until)) > -50
    assert course(heard["customer"], TONES["supervisor2"], (both, until)) > -50
    assert course(heard["customer"], TONES["agent"], (both, until), window=1.0) < FORBIDDEN_DBFS


async def second_call(scene: Scene) -> str:
    """Another agent with another customer, in a second page of the same browser; returns the call's id."""
    other = await scene.stage.endpoint("other", Role.AGENT)
    invited = await other.do(commands.Invite(label="Second"))
    assert isinstance(invited, events.Invited)
    page = await scene.customer.page.context.new_page()
    await page.goto(invited.url)
    await page.click("#agree")
    waiting = await other.wait(events.Waiting)
    await other.do(commands.Admit(party=waiting.party))
    await other.wait(events.Media, lambda event: event.state == "connected")
    return (await other.wait(events.Call)).call.call


async def test_a_hop_in_the_middle_of_a_whisper_takes_no_word_to_either_customer(scene: Scene) -> None:
    first = await scene.answer()
    second = await second_call(scene)
    mia = await listen(scene)
    # Torn sound, on a busy machine, has some of every tone: nobody but the whisper speaks to these two pages.
    await scene.staff["agent"].do(commands.Mute(on=True))
    began = time.monotonic() + TAIL_SECONDS
    await asyncio.sleep(TAIL_SECONDS + 2.0)
    quiet = began, time.monotonic()
    await mia.do(commands.SetMode(mode=Mode.WHISPER))
    await asyncio.sleep(1.0)
    for call in (second, first):
        hopped = time.monotonic()
        await mia.do(commands.Listen(call=call))
        await mia.wait(events.FirstSound, lambda event: event.source == "customer", since=hopped)
        told = await mia.wait(events.ModeChanged, since=hopped)
        assert told.mode is Mode.LISTEN
        await asyncio.sleep(1.0)
        await mia.do(commands.SetMode(mode=Mode.WHISPER))
        await asyncio.sleep(1.0)
    spoken = quiet[1], time.monotonic()
    _, heard = await scene.finish()  # the customer's ear is both pages'
    assert_never_heard(heard["customer"], TONES["supervisor"], quiet, spoken)
    assert course(heard["agent"], TONES["supervisor"], spoken) > -50, "else this test shows nothing"
