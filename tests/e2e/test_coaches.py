"""Several coaches on one call, and one coach on several calls, on real media."""

from __future__ import annotations

import time

import pytest

from coachdesk import commands, events
from coachdesk.demo.scene import Scene
from coachdesk.hearing import FORBIDDEN_DBFS, TONES
from coachdesk.remote import RemoteError
from signaling.policy import Mode, Role
from tests.e2e.steps import (
    SECRET_HZ,
    assert_never_heard,
    course,
    customer_is_up_to_date,
    customer_plays,
    enter,
    hears,
    listen,
    quiet_call,
    speak,
    voices,
)

pytestmark = [pytest.mark.media, pytest.mark.browser, pytest.mark.timeout(300)]


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
    both = await customer_is_up_to_date(scene)
    await customer_plays(scene, 2.0)
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
    quiet = await quiet_call(scene)
    second = await second_call(scene)
    mia, own = await listen(scene), voices(scene)
    began, _ = await speak(mia, Mode.WHISPER, own, 1.0)
    for call, left_in in ((second, Mode.BARGE), (scene.call, Mode.WHISPER)):
        hopped = time.monotonic()
        await mia.do(commands.Listen(call=call))
        await mia.wait(events.FirstSound, lambda event: event.source == "customer", since=hopped)
        told = await mia.wait(events.ModeChanged, since=hopped)
        assert told.mode is Mode.LISTEN
        await speak(mia, Mode.WHISPER, own, 1.0)
        _, ended = await speak(mia, left_in, own, 1.0)
    _, heard = await scene.finish()  # the customer's ear is both pages'
    assert_never_heard(heard["customer"], SECRET_HZ, quiet, (began, ended))
    assert course(heard["agent"], SECRET_HZ, (began, ended)) > -50, "else this test shows nothing"
