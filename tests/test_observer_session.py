"""The mic's gate: open by a grant that is still wanted, and by nothing else, in whatever order things happen."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import numpy as np
import pytest
import pytest_asyncio

from coachdesk import commands, events, talking
from coachdesk.media.talktime import Talk
from coachdesk.quality_report import MEASUREMENTS
from signaling import protocol
from signaling.policy import Mode
from signaling.protocol import EndReason
from signaling.quality import Sound
from tests.fakes.observing import GateMedia, Observing
from tests.fakes.readings import reading
from tests.fakes.signaling import settle


@pytest_asyncio.fixture
async def mia() -> AsyncIterator[Observing]:
    with pytest.MonkeyPatch.context() as patch:
        mia = Observing(patch)
        mia.told(Mode.LISTEN)
        yield mia
        await mia.end()


async def test_who_has_talked_is_passed_on(mia: Observing) -> None:
    GateMedia.made[-1].on_talk(Talk({"agent": 2.0}, together=0.5, silence=1.0, quiet_for=0.2))
    assert mia.events[-1] == events.TalkTime(seconds={"agent": 2.0}, together=0.5, silence=1.0, quiet_for=0.2)


async def whisper(mia: Observing) -> None:
    await mia.set_mode(Mode.WHISPER)
    mia.client.grant()
    mia.told(Mode.WHISPER)
    await settle()
    assert mia.talking is Mode.WHISPER


async def test_the_grant_opens_the_mic_and_the_agent_confirms(mia: Observing) -> None:
    await mia.set_mode(Mode.WHISPER)
    assert mia.talking is Mode.LISTEN
    mia.client.grant()
    mia.told(Mode.WHISPER, in_force=False)
    await settle()
    assert (mia.talking, mia.outcomes) == (Mode.WHISPER, [])
    mia.told(Mode.WHISPER)
    await settle()
    answer = mia.outcomes[0]
    assert isinstance(answer, events.ModeChanged)
    assert (answer.mode, answer.in_force) == (Mode.WHISPER, True)


async def test_a_release_that_overtakes_the_grant_keeps_the_mic_closed(mia: Observing) -> None:
    await mia.set_mode(Mode.WHISPER)
    await mia.set_mode(Mode.LISTEN)
    mia.client.grant()
    mia.told(Mode.WHISPER)
    await settle()
    assert (mia.talking, mia.outcomes) == (Mode.LISTEN, ["superseded"])


async def release_too_soon(mia: Observing) -> GateMedia:
    """A whisper's key let go before its grant."""
    media = GateMedia.made[0]
    await mia.set_mode(Mode.WHISPER)
    media.sending = asyncio.Event()
    await mia.set_mode(Mode.LISTEN, released=True)
    assert media.mouth.unanswered
    assert len(mia.client.asked) == 1, "the server is not asked for silence yet"
    return media


async def test_a_word_whose_key_was_released_before_the_grant_is_sent_by_it(mia: Observing) -> None:
    media = await release_too_soon(mia)
    mia.client.grant()
    mia.told(Mode.WHISPER)
    await settle()
    assert media.mouth.finishing
    assert mia.talking is Mode.LISTEN, "the mic stays closed"
    media.sending.set()
    await settle()
    assert mia.client.asked[-1][1]["mode"] is Mode.LISTEN
    assert not media.mouth.busy
    mia.client.grant()
    mia.told(Mode.LISTEN)
    await settle()
    assert mia.outcomes[0] == "superseded"
    assert isinstance(mia.outcomes[1], events.ModeChanged)


@pytest.mark.parametrize("mode", [Mode.BARGE, Mode.TAKEOVER])
async def test_what_the_customer_would_hear_is_not_said_by_a_key_that_was_released(
    mia: Observing, mode: Mode
) -> None:
    await mia.set_mode(mode)
    await mia.set_mode(Mode.LISTEN, released=True)
    assert [fields["mode"] for _, fields in mia.client.asked] == [mode, Mode.LISTEN]
    mia.client.grant()
    await settle()
    assert not GateMedia.made[0].mouth.busy


@pytest.mark.parametrize("what", ["refused", "called off", "another key", "leak", "leave", "demoted later"])
async def test_a_released_word_is_dropped_for_whatever_comes_before_its_grant(
    mia: Observing, what: str
) -> None:
    media = await release_too_soon(mia)
    answer = mia.client.waiting[0]
    match what:
        case "refused":
            mia.client.fail("not_allowed")
        case "called off":
            await mia.set_mode(Mode.LISTEN)
        case "another key":
            await mia.set_mode(Mode.BARGE)
        case "leak":
            media.on_whisper_closed(True)  # type: ignore[attr-defined]
        case "leave":
            await mia.do(commands.Leave())
        case _:
            mia.client.grant(answer)
            mia.told(Mode.LISTEN)
    if answer in mia.client.waiting:
        mia.client.grant(answer)
    await settle()
    assert not media.mouth.finishing
    assert not media.mouth.unanswered
    assert mia.talking is Mode.LISTEN


@pytest.mark.parametrize("what", ["offline", "call ended", "off the list", "another call", "media lost"])
async def test_a_released_word_does_not_outlive_an_accident(mia: Observing, what: str) -> None:
    media = await release_too_soon(mia)
    answer = mia.client.waiting[0]
    CLOSERS[what](mia)
    mia.client.grant(answer)
    await settle()
    assert not media.mouth.finishing
    assert not media.mouth.unanswered


async def test_a_key_released_before_the_server_was_asked_has_no_grant_to_wait_for(mia: Observing) -> None:
    await whisper(mia)
    media = GateMedia.made[0]
    media.sending = asyncio.Event()
    await mia.set_mode(Mode.LANE)
    await mia.set_mode(Mode.LISTEN, released=True)
    assert not media.mouth.unanswered
    media.sending.set()
    await settle()
    assert mia.client.asked[-1][1]["mode"] is Mode.LISTEN


async def test_the_key_again_goes_on_with_a_released_word_by_its_own_grant(mia: Observing) -> None:
    media = await release_too_soon(mia)
    media.sending = None
    await mia.set_mode(Mode.WHISPER)
    first = mia.client.waiting[0]
    mia.client.grant(first)
    await settle()
    assert mia.talking is Mode.LISTEN
    mia.client.grant()
    await settle()
    assert mia.talking is Mode.WHISPER
    assert not media.mouth.unanswered


@pytest.mark.parametrize("code", ["not_allowed", "timeout", "offline"])
async def test_a_refusal_opens_nothing(mia: Observing, code: str) -> None:
    await mia.set_mode(Mode.WHISPER)
    mia.client.fail(code)
    await settle()
    assert (mia.talking, mia.outcomes) == (Mode.LISTEN, [code])


async def test_a_refused_release_stays_a_release(mia: Observing) -> None:
    await whisper(mia)
    await mia.set_mode(Mode.LISTEN)
    mia.client.fail("timeout")
    await settle()
    assert mia.talking is Mode.LISTEN
    assert mia.client.asked[-1][1]["mode"] is Mode.LISTEN, "the server is told again"


async def test_refused_another_mode_a_coach_goes_on_in_theirs(mia: Observing) -> None:
    await whisper(mia)
    await mia.set_mode(Mode.TAKEOVER)
    assert mia.talking is Mode.LISTEN
    mia.client.fail("already_taken_over")
    await settle()
    assert mia.talking is Mode.WHISPER


async def test_what_the_agent_does_not_confirm_closes_the_mic(
    mia: Observing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(talking, "IN_FORCE_SECONDS", 0.01)
    await mia.set_mode(Mode.WHISPER)
    mia.client.grant()
    mia.told(Mode.WHISPER, in_force=False)
    await asyncio.wait_for(asyncio.gather(*mia.tasks), 5)
    await settle()
    assert (mia.talking, mia.outcomes) == (Mode.LISTEN, ["not_in_force"])
    assert mia.client.asked[-1][1]["mode"] is Mode.LISTEN


async def test_the_server_is_asked_when_what_was_said_before_the_release_has_been_sent(
    mia: Observing,
) -> None:
    await whisper(mia)
    asked = len(mia.client.asked)
    media = GateMedia.made[0]
    media.sending = asyncio.Event()
    await mia.set_mode(Mode.LISTEN)
    assert mia.talking is Mode.LISTEN, "the mic is closed at once"
    assert media.mouth.finishing
    assert len(mia.client.asked) == asked
    mia.told(Mode.WHISPER)
    assert media.mouth.finishing, "news of the mode it is still in changes nothing"
    media.sending.set()
    await settle()
    assert mia.client.asked[-1][1]["mode"] is Mode.LISTEN
    assert not media.mouth.finishing, "whatever is left by then is not sent"


async def test_the_key_again_before_that_leaves_the_mode_alone(mia: Observing) -> None:
    await whisper(mia)
    asked = len(mia.client.asked)
    GateMedia.made[0].sending = sending = asyncio.Event()
    await mia.set_mode(Mode.LISTEN)
    await mia.set_mode(Mode.WHISPER)
    assert mia.talking is Mode.WHISPER
    sending.set()
    await settle()
    assert [fields["mode"] for _, fields in mia.client.asked[asked:]] == [Mode.WHISPER]


async def test_a_refused_mode_opens_no_mic_that_was_released(mia: Observing) -> None:
    await whisper(mia)
    GateMedia.made[0].sending = sending = asyncio.Event()
    await mia.set_mode(Mode.LISTEN)
    await mia.set_mode(Mode.TAKEOVER)
    sending.set()
    await settle()
    mia.client.fail("already_taken_over")
    await settle()
    assert mia.talking is Mode.LISTEN


@pytest.mark.parametrize("what", ["offline", "call ended", "demoted", "another mode", "media lost"])
async def test_an_accident_leaves_nothing_to_send(mia: Observing, what: str) -> None:
    await whisper(mia)
    media = GateMedia.made[0]
    media.sending = asyncio.Event()
    await mia.set_mode(Mode.LISTEN)
    CLOSERS[what](mia)
    assert not media.mouth.finishing


async def test_who_wants_to_catch_up_does_so_on_that_call_alone(mia: Observing) -> None:
    await mia.do(commands.Listen(call="call-2", catch_up=True))
    mia.told(Mode.LISTEN, call="call-2")
    GateMedia.made[1].past.on_running(True)
    assert mia.events[-1] == events.CatchingUp(on=True)
    await mia.do(commands.Listen(call="call-3"))
    mia.told(Mode.LISTEN, call="call-3")
    assert [media.options["catch_up"] for media in GateMedia.made] == [False, True, False]


async def test_the_size_at_which_a_screen_is_seen_is_passed_on_in_every_call(mia: Observing) -> None:
    await mia.do(commands.ScreenShown(size=(640, 360)))
    assert GateMedia.made[0].shows == (640, 360)
    await mia.do(commands.Listen(call="call-2"))
    mia.told(Mode.LISTEN, call="call-2")
    assert GateMedia.made[1].shows == (640, 360)
    await mia.do(commands.ScreenShown())
    assert GateMedia.made[1].shows is None


async def test_how_large_a_screen_is_is_told_while_one_is_shown(mia: Observing) -> None:
    media = GateMedia.made[0]
    media.on_screen_size((1280, 720))
    for state in ("on", "blank", "off", "on"):
        media.on_screen(state, "agent", "")  # type: ignore[arg-type]
        media.on_screen_size((1280, 720))
    media.on_screen_size(None)
    told = [event.size for event in mia.events if isinstance(event, events.ScreenSize)]
    assert told == [(1280, 720), (1280, 720), None]


async def test_mute_and_manners_reach_the_mouth(mia: Observing) -> None:
    await mia.do(commands.Polite(on=True))
    mouth = GateMedia.made[0].mouth
    assert mouth.polite
    await whisper(mia)
    for _ in range(3):
        mouth.push(np.ones(480, np.float32))
    await mia.set_mode(Mode.LISTEN)
    for _ in range(30):
        mouth.push(np.ones(480, np.float32))
    await mia.set_mode(Mode.WHISPER)
    mia.session.mute(True)
    mia.client.grant()
    await settle()
    assert mouth.push(np.zeros(480, np.float32)) is None, "what was kept before the mute is gone"


CLOSERS: dict[str, Callable[[Observing], None]] = {
    "offline": lambda mia: mia.session.online(False),
    "call ended": lambda mia: mia.session.message(protocol.Ended("call-1", EndReason.HUNG_UP)),
    "off the list": lambda mia: mia.session.message(protocol.Calls([])),
    "demoted": lambda mia: mia.told(Mode.LISTEN),
    "another mode": lambda mia: mia.told(Mode.BARGE),
    "another call": lambda mia: mia.told(Mode.WHISPER, call="call-2"),
    "media lost": lambda mia: GateMedia.made[0].on_media("lost"),
}


@pytest.mark.parametrize("what", CLOSERS)
async def test_what_closes_an_open_mic(mia: Observing, what: str) -> None:
    await whisper(mia)
    CLOSERS[what](mia)
    assert mia.talking is Mode.LISTEN
    await settle()
    assert mia.talking is Mode.LISTEN


@pytest.mark.parametrize("what", ["offline", "call ended", "off the list", "another call", "media lost"])
async def test_a_grant_that_comes_after_is_void(mia: Observing, what: str) -> None:
    await mia.set_mode(Mode.WHISPER)
    answer = mia.client.waiting[0]
    CLOSERS[what](mia)
    mia.client.grant(answer)
    await settle()
    assert mia.talking is Mode.LISTEN


@pytest.mark.parametrize("command", [commands.Leave(), commands.Listen(call="call-2")])
async def test_a_grant_that_comes_while_going_is_void(mia: Observing, command: commands.AnyCommand) -> None:
    await mia.set_mode(Mode.WHISPER)
    await mia.do(command)
    mia.client.grant()
    await settle()
    assert mia.talking is Mode.LISTEN


async def test_a_grant_withdrawn_in_the_same_breath_is_void(mia: Observing) -> None:
    await mia.set_mode(Mode.WHISPER)
    mia.client.grant()
    mia.told(Mode.WHISPER, in_force=False)
    mia.told(Mode.LISTEN)
    await settle()
    assert mia.talking is Mode.LISTEN


async def test_the_mode_of_before_a_reconnect_opens_nothing(mia: Observing) -> None:
    await whisper(mia)
    mia.client.lose()
    mia.session.online(False)
    mia.client.online = True
    mia.session.online(True)
    mia.told(Mode.WHISPER)
    await settle()
    assert mia.talking is Mode.LISTEN


async def test_an_observer_is_told_how_all_sound_and_tells_the_server_by_roles(
    mia: Observing, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = {
        "customer": reading(),
        "agent": reading(80),
        "ben": reading(),
        "sue": reading(mos=3.0),
        "at_customer": reading(mos=2.0),
    }
    monkeypatch.setattr(GateMedia.made[0], "measure", lambda: heard, raising=False)
    for _ in range(MEASUREMENTS):
        mia.session.measure()
    assert [event.readings for event in mia.events if isinstance(event, events.Quality)] == [
        heard
    ] * MEASUREMENTS
    await settle()
    kind, fields = mia.client.asked[-1]
    assert kind is protocol.ReportQuality
    assert set(fields["heard"]) == {Sound.CUSTOMER, Sound.AGENT, Sound.COACH}
    coaches = fields["heard"][Sound.COACH]
    assert (coaches.readings, coaches.mos_worst) == (2 * MEASUREMENTS, 3.0)


async def test_a_whisper_that_leaks_ends_and_is_refused_until_it_is_allowed_again(mia: Observing) -> None:
    mia.told(Mode.LISTEN)
    await mia.set_mode(Mode.WHISPER)
    mia.client.grant()
    mia.told(Mode.WHISPER)
    await settle()
    assert mia.talking is Mode.WHISPER
    media = GateMedia.made[-1]
    media.whisper_closed = True
    media.on_whisper_closed(True)  # type: ignore[attr-defined]
    await settle()
    assert mia.talking is Mode.LISTEN
    assert mia.client.asked[-1][1]["mode"] is Mode.LISTEN
    await mia.set_mode(Mode.WHISPER)
    assert mia.outcomes[-1] == "whisper_closed"
    told = [event for event in mia.events if isinstance(event, events.Leak)]
    assert [leak.closed for leak in told] == [True]
    assert told[0].message
