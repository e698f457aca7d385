"""Pre-roll, polite whisper, replay, ears, catch-up, leak guard on real media: nothing of a whisper at the customer."""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from coachdesk import commands, events
from coachdesk.demo.recording import Recording
from coachdesk.demo.scene import Scene
from coachdesk.hearing import FORBIDDEN_DBFS, TONES, tone, write_wav
from coachdesk.media.pcm import RATE, Samples
from coachdesk.remote import RemoteEndpoint, RemoteError
from signaling.policy import Mode, Role
from tests.e2e.line import Line
from tests.e2e.steps import (
    SECRET_HZ,
    TAIL_SECONDS,
    Span,
    assert_never_heard,
    assert_not_heard_among_others,
    course,
    customer_is_up_to_date,
    enter,
    hears,
    listen,
    next_call,
    party_of,
    quiet_call,
    speak,
    voices,
)
from tests.media.spoken import sentence

pytestmark = [pytest.mark.media, pytest.mark.browser, pytest.mark.timeout(240)]

WORDS_HZ = (TONES["supervisor2"], TONES["trainee"])
"""What ben says, a second each, and then nothing for a while, over and over. No one else on his calls has these voices."""
SILENT_SECONDS = 4.0
"""As long as a busy machine may take to grant the key and to see it released, before the first word comes again."""
PHRASE_HZ = TONES["admin"]
"""What he says without a pause, later."""
FADE_SECONDS = 0.02
HEARD_DBFS = -50.0
PRESSES, PHRASES = 8, 5
"""Tries, on a machine too busy to press a key or to hear a pause in time."""
AFTER_WORD = 0.02
"""The key is pressed so long after a word has ended."""
GRANTED_AFTER, RELEASED_AFTER, SAID_AGAIN_AFTER = 1.1, 1.55, 1.0 + SILENT_SECONDS
"""Seconds after the first word's end. By the grant the second word has ended too."""
RELEASED_EARLY_AFTER = 0.7
"""Before the grant, and in the midst of the second word."""
REPLAY_SECONDS = 10.0
"""All that is kept of whispers."""
HELD_SECONDS = 0.2
"""A whisper held for longer than this was held: what is not held is heard after a tenth of a second."""


def word(hertz: int, seconds: float = 1.0) -> Samples:
    """A tone that begins and ends without a click."""
    said = tone(hertz, seconds)
    ramp = np.hanning(2 * round(FADE_SECONDS * RATE)).astype(np.float32)
    said[: len(ramp) // 2] *= ramp[: len(ramp) // 2]
    said[-(len(ramp) // 2) :] *= ramp[len(ramp) // 2 :]
    return said


@dataclass(frozen=True)
class Press:
    """A key pressed just after the first word, while the second was said, granted when that had ended; ``early``: and
    released before.
    """

    span: Span
    in_time: bool
    early: bool


async def press_after_a_word(coach: RemoteEndpoint, line: Line, mic_time: float, *, early: bool) -> Press:
    again = len(WORDS_HZ) + SILENT_SECONDS
    at = mic_time + 1.0 + again * math.ceil((time.monotonic() + 0.1 - mic_time - 1.0) / again)

    async def until(after: float) -> None:
        await asyncio.sleep(max(0.0, at + after - time.monotonic()))

    await until(AFTER_WORD)
    line.hold_requests()
    pressed = asyncio.create_task(coach.do(commands.SetMode(mode=Mode.WHISPER)))
    if early:
        await until(RELEASED_EARLY_AFTER)
        released = asyncio.create_task(coach.do(commands.SetMode(mode=Mode.LISTEN, released=True)))
        await until(GRANTED_AFTER)
        line.pass_requests()
        with pytest.raises(RemoteError, match="superseded"):
            await pressed
        await released
    else:
        await until(GRANTED_AFTER)
        line.pass_requests()
        await pressed
        await until(RELEASED_AFTER)
        await coach.do(commands.SetMode(mode=Mode.LISTEN, released=True))
    over = time.monotonic()
    return Press((at, over + 0.5), in_time=over < at + SAID_AGAIN_AFTER, early=early)


async def whisper_politely(coach: RemoteEndpoint, agent: RemoteEndpoint) -> bool:
    """Whispers while the customer speaks; whether that was held back until a pause, and only then heard by the agent."""
    party, began = await party_of(coach), time.monotonic()
    await coach.wait(events.Speaking, lambda event: event.party == "customer" and event.on, since=began)
    pressed = time.monotonic()
    await coach.do(commands.SetMode(mode=Mode.WHISPER))
    heard = await agent.wait(events.FirstSound, lambda event: event.source == party, since=pressed)
    held = [
        (when, event.on)
        for when, event in coach.log
        if when >= pressed and isinstance(event, events.WhisperHeld)
    ]
    await coach.do(commands.SetMode(mode=Mode.LISTEN))
    await asyncio.sleep(TAIL_SECONDS)  # so that the next sound is a first one
    return [on for _, on in held] == [True, False] and heard.time > held[0][0] + HELD_SECONDS


async def replayed(agent: RemoteEndpoint, seconds: float) -> Span:
    """The agent hears the last whispers again; when."""
    began = time.monotonic()
    await agent.do(commands.Replay())
    await agent.wait(events.Replaying, lambda event: event.on, since=began)
    await asyncio.sleep(seconds)
    return began, time.monotonic()


async def nothing_to_replay(agent: RemoteEndpoint) -> None:
    with pytest.raises(RemoteError, match="nothing_to_replay"):
        await agent.do(commands.Replay())


async def test_preroll_polite_whisper_and_replay_reach_the_agent_and_never_the_customer(scene: Scene) -> None:
    agent = scene.staff["agent"]
    quiet = await quiet_call(scene)
    await listen(scene)
    await listen(scene, "trainee")
    await nothing_to_replay(agent)
    async with Line(scene.stage.url) as line:
        ben = await enter(
            scene,
            "ben",
            Role.SUPERVISOR,
            "--server",
            line.url,
            says=np.concatenate([*map(word, WORDS_HZ), np.zeros(round(SILENT_SECONDS * RATE), np.float32)]),
        )
        mic_time = (await ben.wait(events.Sound)).mic_time
        await ben.do(commands.Listen(call=scene.call))
        await hears(ben, "customer")
        began = time.monotonic()
        presses: list[Press] = []
        while len(presses) < PRESSES and sum(press.in_time for press in presses) < 4:
            presses.append(await press_after_a_word(ben, line, mic_time, early=len(presses) % 2 == 1))
        phrase = scene.stage.folder / "ben-says-on.wav"
        write_wav(phrase, tone(PHRASE_HZ, 8))
        await ben.do(commands.UseDevice(kind="mic", device=str(phrase)))
        await ben.do(commands.Polite(on=True))
        polite = False
        for _ in range(PHRASES):
            polite = polite or await whisper_politely(ben, agent)
        again = await replayed(agent, REPLAY_SECONDS)
        await next_call(scene)
        await nothing_to_replay(agent)
        ended = time.monotonic()
        _, heard = await scene.finish()
    for hertz in (*WORDS_HZ, PHRASE_HZ):
        assert_never_heard(heard["customer"], hertz, quiet, (began, ended))
        assert_not_heard_among_others(heard["supervisor"], hertz, again)
        assert_not_heard_among_others(heard["trainee"], hertz, again)
    assert polite, "no phrase was held back until the customer paused, and then heard"
    ear = heard["agent"]
    told = [[course(ear, hertz, press.span, 0.1) for hertz in WORDS_HZ] for press in presses]
    whole = {
        press.early
        for press, levels in zip(presses, told, strict=True)
        if press.in_time and min(levels) > HEARD_DBFS
    }
    assert whole == {False, True}, f"what was said just before the key, and until grant or release: {told}"
    assert course(ear, PHRASE_HZ, again) > HEARD_DBFS


PAST_HZ, HELD_HZ = TONES["agent"], TONES["admin"]
"""What the agent says before somebody joins, and while the customer is on hold."""


async def agent_says(scene: Scene, hertz: int, seconds: float) -> None:
    """The agent, else without a microphone, says a tone once and waits until it has been said."""
    agent, voice = scene.staff["agent"], scene.stage.folder / f"agent-says-{hertz}.wav"
    write_wav(voice, np.concatenate([word(hertz, seconds), np.zeros(10 * RATE, np.float32)]))
    await agent.do(commands.UseDevice(kind="mic", device=str(voice)))
    await asyncio.sleep(seconds + 0.2)
    await agent.do(commands.UseDevice(kind="mic", device="none"))


async def catches_up(scene: Scene, coach: RemoteEndpoint, seconds: float) -> Span:
    """``coach`` joins and hears the past, until they press a key; when."""
    since = time.monotonic()
    await coach.do(commands.Listen(call=scene.call, catch_up=True))
    await coach.wait(events.CatchingUp, lambda event: event.on, since=since)
    await asyncio.sleep(seconds)
    await coach.do(commands.SetMode(mode=Mode.LANE))
    await coach.wait(events.CatchingUp, lambda event: not event.on, since=since)
    return since, time.monotonic()


async def test_who_joins_hears_the_past_but_no_whisper_and_nothing_of_a_hold(scene: Scene) -> None:
    agent = scene.staff["agent"]
    ear = scene.stage.folder / "ben-hears.wav"
    ben = await enter(scene, "ben", Role.SUPERVISOR, "--speaker", str(ear))
    both = await two_ears(scene, "agent")
    await agent.do(commands.Placement(whisper="left"))
    quiet = await quiet_call(scene)
    await agent.do(commands.UseDevice(kind="mic", device="none"))
    await agent.do(commands.Mute(on=False))
    mia, own = await listen(scene), voices(scene)
    began = time.monotonic()
    await agent.do(commands.Hold(on=True))
    await agent_says(scene, HELD_HZ, 1)
    await agent.do(commands.Hold(on=False))
    await agent_says(scene, PAST_HZ, 2)
    _, whispered = await speak(mia, Mode.WHISPER, own, 2.0)
    await speak(mia, Mode.LISTEN, own, TAIL_SECONDS)
    caught_up = await catches_up(scene, ben, 5.0)
    ended = time.monotonic()
    ben_began = (await ben.wait(events.Sound)).speaker_time
    _, heard = await scene.finish()
    past = Recording(read_ears(ear)[0], ben_began)
    assert course(past, PAST_HZ, caught_up) > HEARD_DBFS
    for hertz in (SECRET_HZ, HELD_HZ):
        assert_not_heard_among_others(past, hertz, caught_up)
    assert_never_heard(heard["customer"], SECRET_HZ, quiet, (began, ended))
    assert_never_heard(heard["customer"], HELD_HZ, quiet, (began, ended))
    left, right = (Recording(samples, both[1]) for samples in read_ears(both[0]))
    assert course(left, SECRET_HZ, (began, whispered)) > HEARD_DBFS
    assert course(right, TONES["customer"], (began, whispered)) > HEARD_DBFS
    assert_not_heard_among_others(right, SECRET_HZ, (began, ended))
    assert_not_heard_among_others(left, TONES["customer"], (began, ended))


async def two_ears(scene: Scene, name: str) -> tuple[Path, float]:
    """Gives ``name`` a headset with two ears; the recording of both, and when it begins."""
    path = scene.stage.folder / f"{name}-hears-in-both-ears.wav"
    await scene.staff[name].do(commands.UseDevice(kind="speaker", device=f"stereo:{path}"))
    return path, time.monotonic()


def read_ears(path: Path) -> list[Samples]:
    """Each channel of a recording."""
    with wave.open(str(path), "rb") as file:
        data = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, file.getnchannels())
    return [np.asarray(channel / 32768, np.float32) for channel in data.T]


async def loudspeakers(agent: RemoteEndpoint) -> None:
    """Instead of a headset, with a microphone before them, and nothing that cancels the echo."""
    for kind in ("speaker", "mic"):
        await agent.do(commands.UseDevice(kind=kind, device="default"))
    await agent.do(commands.VoiceProcessing(echo=False, noise=False, gain=False))


def whispered_words(scene: Scene) -> Path:
    """Speech, by which the leak is found, with the secret tone in it, by which it is measured at the customer."""
    path, said = scene.stage.folder / "supervisor-whispers-words.wav", sentence(0)
    write_wav(path, said + tone(SECRET_HZ, len(said) / RATE))
    return path


async def headset(scene: Scene) -> None:
    agent = scene.staff["agent"]
    await agent.do(commands.UseDevice(kind="mic", device="none"))
    await agent.do(
        commands.UseDevice(kind="speaker", device=str(scene.stage.folder / "agent-hears-after.wav"))
    )


async def test_a_whisper_that_the_agents_microphone_picks_up_is_closed_until_the_agent_allows_it(
    scene: Scene,
) -> None:
    quiet = await quiet_call(scene)
    mia, agent = await listen(scene), scene.staff["agent"]
    await mia.do(commands.UseDevice(kind="mic", device=str(whispered_words(scene))))
    await loudspeakers(agent)
    await agent.do(commands.Mute(on=False))
    began = time.monotonic()
    with contextlib.suppress(RemoteError):  # superseded, if it is closed at once
        await mia.do(commands.SetMode(mode=Mode.WHISPER))
    found = await agent.wait(events.Leak, lambda event: event.closed, since=began, seconds=120.0)
    assert found.level_db > -43
    assert "headset" in found.message
    told = await mia.wait(events.Leak, lambda event: event.closed, since=began)
    assert told.level_db == -120, "levels are the agent's"
    mode = await mia.wait(events.ModeChanged, lambda event: event.mode is Mode.LISTEN, since=began)
    assert mode.heard_by == []
    with pytest.raises(RemoteError, match="whisper_closed"):
        await mia.do(commands.SetMode(mode=Mode.WHISPER))
    with pytest.raises(RemoteError, match="nothing_to_replay"):
        await agent.do(commands.Replay())
    closed = await customer_is_up_to_date(scene)
    await asyncio.sleep(2.0)
    await headset(scene)
    opened = time.monotonic()
    await agent.do(commands.AllowWhisper())
    await mia.wait(events.Leak, lambda event: not event.closed, since=opened)
    await mia.do(commands.SetMode(mode=Mode.WHISPER))
    await hears(agent, await party_of(mia))
    await asyncio.sleep(1.0)
    ended = time.monotonic()
    _, heard = await scene.finish()
    ear = heard["customer"]
    assert course(ear, SECRET_HZ, (began, closed)) > FORBIDDEN_DBFS, "else there was no leak"
    assert_never_heard(ear, SECRET_HZ, quiet, (closed, ended))
