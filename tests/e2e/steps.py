"""Steps that whole-call tests share."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from playwright.async_api import Page

from coachdesk import commands, events
from coachdesk.demo.customer import BUFFERED
from coachdesk.demo.recording import BESIDE_HZ, Recording
from coachdesk.demo.scene import Scene
from coachdesk.hearing import (
    FORBIDDEN_DBFS,
    NOTHING_DBFS,
    TONES,
    UNHEARD_MARGIN_DB,
    band_levels_over_time,
    levels_over_time,
    tone,
    write_wav,
)
from coachdesk.media.pcm import RATE, Samples
from coachdesk.remote import RemoteEndpoint
from signaling.policy import Mode, Role
from tests.steadiness import Heard

TAIL_SECONDS = 1.5
"""After the last public word, until it has left the customer's own buffers, on a busy machine too."""
PLAYED_LEVEL = """async () => {
  let level = 0;
  for (const connection of window.connections.filter((each) => each.connectionState === "connected"))
    for (const report of (await connection.getStats()).values())
      if (report.type === "inbound-rtp" && report.kind === "audio") level = Math.max(level, report.audioLevel ?? 0);
  return level;
}"""
"""How loud it is what the customer's browser plays, 1 at most."""
PLAYED = 0.01
"""A third of what a party's tone has."""
LOOK_SECONDS, LULL_LOOKS = 0.07, 16
"""Silence for so many looks is longer than the pauses of a tone."""
PATIENCE_SECONDS = 30.0
HEARD_DBFS = -50.0
"""What a meter shows when a party's tone arrives."""
QUIET_SECONDS = 1.5
SECRET_HZ = TONES["supervisor2"]
"""The supervisor's second voice, for what the customer shall not hear."""
SECRET_PAUSE = 0.03
"""Silence before its first word: a change of mode that was asked for just before has closed the mic by then."""
PUBLIC = frozenset({Mode.BARGE, Mode.TAKEOVER})

Span = tuple[float, float]


async def until(page: Page, script: str, arg: object = None) -> None:
    """Until what ``script`` says of ``page`` is true.

    Asked from outside, again and again: Playwright's own `wait_for_function` evaluates text within the page, which
    the customer's page forbids by its content security policy.
    """
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not await page.evaluate(script, arg):  # noqa: ASYNC110 - a page has no Event
            await asyncio.sleep(LOOK_SECONDS)


async def quiet_call(scene: Scene) -> Span:
    """A call on which nobody speaks to the customer; returns a time in which nobody did.

    The agent is muted: torn sound, on a busy machine, has some of every tone.
    """
    await scene.staff["agent"].do(commands.Mute(on=True))
    await scene.answer()
    began = time.monotonic()
    await asyncio.sleep(QUIET_SECONDS)
    return began, time.monotonic()


async def enter(
    scene: Scene, name: str, role: Role, *options: str, says: Samples | None = None
) -> RemoteEndpoint:
    """One more of the staff, who says ``says``, else a tone of their own."""
    voice = scene.stage.folder / f"{name}-says.wav"
    write_wav(voice, tone(TONES["supervisor2"], 8, keyed=True) if says is None else says)
    return await scene.stage.endpoint(name, role, "--mic", str(voice), *options)


def voices(scene: Scene) -> Mapping[bool, Path]:
    """The supervisor's two voices: what they say in public (True), and what only others may hear."""
    secret = scene.stage.folder / "supervisor-whispers.wav"
    pause = np.zeros(round(SECRET_PAUSE * RATE), np.float32)
    write_wav(secret, np.concatenate([pause, tone(SECRET_HZ, 8)]))
    return {True: scene.stage.folder / "supervisor-says.wav", False: secret}


async def speak(supervisor: RemoteEndpoint, mode: Mode, voices: Mapping[bool, Path], seconds: float) -> Span:
    """Changes mode and voice, and speaks on. No word of the secret voice is ever said in public; returns when."""
    begin = time.monotonic()
    voice = commands.UseDevice(kind="mic", device=str(voices[mode in PUBLIC]))
    if mode in PUBLIC:
        await supervisor.do(voice)  # before the mode is asked for: on a busy machine it takes a while
        await supervisor.do(commands.SetMode(mode=mode))
    else:
        await asyncio.gather(supervisor.do(commands.SetMode(mode=mode)), supervisor.do(voice))
    await asyncio.sleep(seconds)
    return begin, time.monotonic()


async def listen(scene: Scene, name: str = "supervisor") -> RemoteEndpoint:
    """``name`` listens to the call and hears the customer."""
    endpoint, since = scene.staff[name], time.monotonic()
    await endpoint.do(commands.Listen(call=scene.call))
    await endpoint.wait(events.FirstSound, lambda event: event.source == "customer", since=since)
    return endpoint


async def party_of(endpoint: RemoteEndpoint) -> str:
    return (await endpoint.wait(events.Ready)).party


async def next_call(scene: Scene) -> None:
    """The agent ends the call and answers the same customer, who has come by a new link."""
    agent = scene.staff["agent"]
    await agent.do(commands.HangUp())
    invited = await agent.do(commands.Invite(label="Router is down again"))
    assert isinstance(invited, events.Invited)
    since = time.monotonic()
    await scene.customer.page.goto("about:blank")  # else no more than the fragment changes
    await scene.customer.page.goto(invited.url)
    await scene.customer.agree()
    waiting = await agent.wait(events.Waiting, since=since)
    await agent.do(commands.Admit(party=waiting.party))
    await agent.wait(events.FirstSound, lambda event: event.source == "customer", since=since)


async def hears(endpoint: RemoteEndpoint, source: str) -> None:
    """Waits until ``endpoint``'s meter of ``source`` moves."""
    since = time.monotonic()
    await endpoint.do(commands.Meters(on=True))
    await endpoint.wait(events.Levels, lambda event: event.levels.get(source, -120) > HEARD_DBFS, since=since)


async def status(scene: Scene, text: str) -> None:
    """Waits until the customer's page shows ``text``, and no more, as its state."""
    await scene.customer.page.locator("#room-status").get_by_text(text, exact=True).wait_for()


async def customer_hears(scene: Scene) -> None:
    """Waits until the customer's browser plays somebody."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await scene.customer.page.evaluate(PLAYED_LEVEL) < PLAYED:  # noqa: ASYNC110
            await asyncio.sleep(LOOK_SECONDS)


async def customer_hears_nothing(scene: Scene) -> float:
    """Waits until nothing is left of what was said to the customer; since when nothing is."""
    looks = 0
    async with asyncio.timeout(PATIENCE_SECONDS):
        while looks < LULL_LOOKS:
            level = await scene.customer.page.evaluate(PLAYED_LEVEL)
            looks = looks + 1 if level < PLAYED else 0
            await asyncio.sleep(LOOK_SECONDS)
    return time.monotonic()


async def customer_is_up_to_date(scene: Scene) -> float:
    """Waits until the customer's browser plays what is said now, not what was; since when it does."""
    await asyncio.sleep(TAIL_SECONDS)
    await scene.customer.calm()
    return time.monotonic()


async def customer_plays(scene: Scene, seconds: float) -> None:
    """Waits until the customer's browser has played so much of what came, however long a busy machine takes."""
    _, begin = await scene.customer.page.evaluate(BUFFERED)
    async with asyncio.timeout(seconds + PATIENCE_SECONDS):
        while (await scene.customer.page.evaluate(BUFFERED))[1] - begin < seconds * RATE:  # noqa: ASYNC110
            await asyncio.sleep(LOOK_SECONDS)


def course(heard: Recording, frequency: float, span: Span, window: float = 0.5) -> float:
    """The most that any ``window`` seconds of ``span`` have of a tone, in dBFS."""
    return float(np.max(levels_over_time(heard.cut(*span), frequency, hop=0.05, window=window)))


def course_beside(heard: Recording, frequency: float, span: Span) -> float:
    """The same of the bands beside a tone, where nobody speaks."""
    bands = [frequency + beside for beside in BESIDE_HZ]
    return float(np.max(band_levels_over_time(heard.cut(*span), bands, hop=0.05, window=0.5)))


def assert_never_heard(heard: Recording, frequency: float, quiet: Span, spoken: Span) -> None:
    """No half second of ``spoken`` has more of the tone than there is without it, nor more than -70 dBFS.

    Without it: while its source is silent, and in the bands beside it, where nobody has a tone.
    """
    during = course(heard, frequency, spoken)
    without = max(course(heard, frequency, quiet), course_beside(heard, frequency, spoken))
    if during > max(without + UNHEARD_MARGIN_DB, NOTHING_DBFS) or during >= FORBIDDEN_DBFS:
        raise Heard(f"{during:.0f} dBFS of {frequency:.0f} Hz, without it {without:.0f}")


def assert_not_heard_among_others(heard: Recording, frequency: float, spoken: Span) -> None:
    """The same for an ear that hears somebody else, where the floor is higher: what is torn on a busy machine, or played
    faster, has some of every tone. What is heard stands out of it by 20 dB.
    """
    during = course(heard, frequency, spoken)
    beside = course_beside(heard, frequency, spoken)
    if during >= max(beside + UNHEARD_MARGIN_DB, FORBIDDEN_DBFS):
        raise Heard(f"{during:.0f} dBFS of {frequency:.0f} Hz, beside it {beside:.0f}")
