"""The agent's session: what it confirms, what it tells, and what holds without the server."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from coachdesk import agent, commands, events
from coachdesk.agent import HIDDEN_COACH, AgentSession
from coachdesk.commands import CommandError
from coachdesk.media.agent_hub import AGENT_AT_CUSTOMER
from coachdesk.media.ink.inkhub import InkHub
from coachdesk.media.ink.stillhub import StillHub
from coachdesk.media.legs import Legs
from coachdesk.media.mixer import DUCK_DB, Headset
from coachdesk.media.pcm import SILENCE
from coachdesk.media.screenshare.screenhub import ScreenHub
from coachdesk.media.talktime import Talk
from coachdesk.media.whisper.leakmeter import Leak
from coachdesk.quality_report import MEASUREMENTS
from signaling import protocol
from signaling.policy import Mode, Role
from signaling.protocol import Awareness, EndReason
from signaling.quality import Sound
from tests.fakes.readings import reading
from tests.fakes.signaling import FakeClient, FakePictures, settle
from tests.fakes.views import AGENT, CUSTOMER, MIA, TOM, call_view, party


class FakeHub:
    """Notes the views it was to wire."""

    def __init__(self, **options: Any) -> None:
        self.applied: list[protocol.CallView] = []
        self.headset = Headset()
        self.ink = InkHub()
        self.stills = StillHub(self.ink)
        self.screens = ScreenHub(Legs(options["ice"], options["signal"]), self.ink)
        self.ears: dict[str, Any] = {}
        self.closed = False
        self.renegotiated = 0
        self.whispered = False
        self.readings: dict[str, events.Reading] = {}

    def measure(self) -> dict[str, events.Reading]:
        return self.readings

    async def stats(self) -> dict[str, dict[str, float]]:
        legs = {f"{name}.main.in": {"rtt_ms": 8.0} for name in (CUSTOMER, MIA, TOM)}
        return legs | {f"heard.{name}": {"delay_ms": 9.0} for name in ("customer", f"{MIA}/whisper")}

    def apply(self, view: protocol.CallView) -> None:
        self.applied.append(view)
        self.ink.apply(view)
        self.screens.apply(view)

    def request_keyframe(self) -> None: ...

    def replay(self) -> bool:
        return self.whispered

    def renegotiate_lost(self) -> None:
        self.renegotiated += 1

    async def close(self) -> None:
        await self.screens.close()
        self.closed = True


class Desk:
    def __init__(self, awareness: Awareness = "all") -> None:
        self.client = FakeClient(AGENT, Role.AGENT, awareness)
        self.events: list[events.AnyEvent] = []
        self.session = AgentSession(self.client, "http://desk", FakePictures(), self.events.append)  # type: ignore[arg-type]

    @property
    def hub(self) -> Any:
        return self.session.media

    @property
    def confirmed(self) -> list[int]:
        return [fields["revision"] for kind, fields in self.client.asked if kind is protocol.Applied]

    async def told(self, revision: int, mode: Mode = Mode.LISTEN) -> None:
        view = call_view(party(MIA, mode), party(TOM), revision=revision)
        self.session.message(protocol.CallState(view))
        await settle()


@pytest.fixture(autouse=True)
def fake_hub() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(agent, "AgentHub", FakeHub)
        yield


async def test_each_revision_is_wired_and_confirmed_once() -> None:
    desk = Desk()
    await desk.told(1)
    await desk.told(1)
    await desk.told(2, Mode.WHISPER)
    assert desk.confirmed == [1, 2]
    assert [view.revision for view in desk.hub.applied] == [1, 1, 2]
    await desk.session.close()


async def test_what_has_not_begun_when_the_session_ends_never_does(recwarn: pytest.WarningsRecorder) -> None:
    desk = Desk()
    desk.session.message(protocol.CallState(call_view(party(MIA), revision=1)))
    await desk.session.close()
    await settle()
    gc.collect()
    assert (desk.confirmed, recwarn.list) == ([], [])


async def test_a_confirmation_that_failed_is_made_up_for() -> None:
    desk = Desk()
    await desk.told(1)
    desk.client.fail("timeout")
    await settle()
    await desk.told(1)
    assert desk.confirmed == [1, 1]
    await desk.session.close()


async def test_offline_nobody_whispers_and_back_again_all_is_confirmed_anew() -> None:
    desk = Desk()
    await desk.told(1, Mode.TAKEOVER)
    desk.session.online(False)
    assert {each.mode for each in desk.hub.applied[-1].parties} == {Mode.LISTEN}
    desk.session.online(True)
    assert desk.hub.renegotiated == 1
    await desk.told(1, Mode.TAKEOVER)
    assert desk.confirmed == [1, 1]
    assert desk.hub.applied[-1].parties[2].mode is Mode.TAKEOVER
    await desk.session.close()


@pytest.mark.parametrize(
    ("awareness", "mode", "known"),
    [
        ("none", Mode.WHISPER, set()),
        ("talking", Mode.LISTEN, set()),
        ("talking", Mode.LANE, set()),
        ("talking", Mode.WHISPER, {MIA}),
        ("all", Mode.LISTEN, {MIA, TOM}),
    ],
)
async def test_the_agent_knows_of_observers_what_the_policy_says(
    awareness: Awareness, mode: Mode, known: set[str]
) -> None:
    desk = Desk(awareness)
    await desk.told(1, mode)
    for name in (CUSTOMER, MIA, TOM):
        desk.hub.on_media(name, "connected")
    for name in (MIA, TOM):
        desk.session._new_ear(name, "whisper").on_speaking(True)
        desk.session._new_ear(name, "whisper").on_first_sound(0.0)
    told = [msg for msg in desk.events if isinstance(msg, events.Call)][-1]
    assert {each.party for each in told.call.parties} == {AGENT, CUSTOMER} | known
    media = {msg.party for msg in desk.events if isinstance(msg, events.Media)}
    assert media == {CUSTOMER} | known
    hidden = {HIDDEN_COACH} if known != {MIA, TOM} else set()
    speaking = [msg for msg in desk.events if isinstance(msg, events.Speaking)]
    assert {msg.party for msg in speaking} == known | hidden
    assert {msg.name for msg in speaking} == known | hidden
    assert {msg.source for msg in desk.events if isinstance(msg, events.FirstSound)} == known | hidden
    await desk.session.close()


async def test_the_end_of_a_call_lets_go_of_all() -> None:
    desk = Desk()
    await desk.told(1)
    hub = desk.hub
    desk.session.message(protocol.Ended("another call", EndReason.HUNG_UP))
    assert desk.hub is hub
    desk.session.message(protocol.Ended("call-1", EndReason.CUSTOMER_LEFT))
    await settle()
    assert hub.closed
    assert (desk.session.view, desk.hub, desk.session.levels()) == (None, None, {})
    assert desk.events[-1] == events.Ended(call="call-1", reason=EndReason.CUSTOMER_LEFT)
    desk.session.online(False)
    desk.client.grant()
    await desk.told(1)
    assert desk.confirmed == [1, 1], "a new call starts anew"
    assert desk.hub is not hub
    await desk.session.close()


async def test_there_has_to_be_a_whisper_to_hear_it_again() -> None:
    desk = Desk()
    with pytest.raises(CommandError) as no_call:
        await desk.session.do(commands.Replay())
    await desk.told(1)
    with pytest.raises(CommandError) as no_whisper:
        await desk.session.do(commands.Replay())
    assert {no_call.value.code, no_whisper.value.code} == {"nothing_to_replay"}
    desk.hub.whispered = True
    assert await desk.session.do(commands.Replay()) == events.Ok()
    desk.hub.on_replay(True)
    assert desk.events[-1] == events.Replaying(on=True)
    await desk.session.close()


async def test_the_ear_for_whispers_is_chosen_for_this_call_and_the_next() -> None:
    desk = Desk()
    await desk.session.do(commands.Placement(whisper="left"))
    await desk.told(1)
    assert desk.hub.headset.whisper_side == "left"
    await desk.session.do(commands.Placement(whisper="center"))
    assert desk.hub.headset.whisper_side == "center"
    await desk.session.close()


async def test_the_customer_is_turned_down_under_a_whisper_unless_the_agent_chooses_otherwise() -> None:
    desk = Desk()
    await desk.told(1)
    assert desk.hub.headset.duck_db == DUCK_DB < 0
    await desk.session.do(commands.Duck(gain=0.0))
    assert desk.hub.headset.duck_db == 0.0
    await desk.session.close()


async def test_a_leak_is_told_and_the_whisper_opens_only_when_the_agent_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    desk = Desk()
    await desk.told(1)
    guard = desk.session._guard
    monkeypatch.setattr(desk.hub, "tick", lambda mic, now: SILENCE, raising=False)
    monkeypatch.setattr(desk.hub, "whisper_reopened", lambda: None, raising=False)
    guard.closed, guard.leak = True, Leak(db=-21.6, dbfs=-44.0, sigmas=9.0)
    desk.session.tick(SILENCE, 0.0)
    desk.session.tick(SILENCE, 0.01)
    await desk.session.do(commands.AllowWhisper())
    leaks = [event for event in desk.events if isinstance(event, events.Leak)]
    assert [(leak.closed, leak.level_db) for leak in leaks] == [(True, -22.0), (False, -120.0)]
    assert "headset" in leaks[0].message
    assert not guard.closed
    await desk.session.close()


async def test_talk_time_is_told_every_five_seconds_and_whispers_do_not_count(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    desk = Desk()
    await desk.told(1)
    ears = {"customer": SimpleNamespace(speaking=True), f"{MIA}/whisper": SimpleNamespace(speaking=True)}
    monkeypatch.setattr(desk.hub, "ears", ears, raising=False)
    monkeypatch.setattr(desk.hub, "tick", lambda mic, now: SILENCE, raising=False)
    passed_on: list[Talk] = []
    monkeypatch.setattr(desk.hub, "tell_talk", passed_on.append, raising=False)
    for tick in range(1000):
        ears["customer"].speaking = tick < 300
        desk.session.tick(SILENCE, tick / 100)
    told = [event for event in desk.events if isinstance(event, events.TalkTime)]
    assert [each.seconds for each in told] == [{"customer": 3.0}, {"customer": 3.0}]
    assert [(each.together, each.silence, each.quiet_for) for each in told] == [
        (0.0, 2.0, 2.0),
        (0.0, 7.0, 7.0),
    ]
    assert [each.silence for each in passed_on] == [2.0, 7.0]
    await desk.session.close()


# --- how the call sounds ---

HIDES_MIA: list[tuple[Awareness, Mode]] = [("none", Mode.WHISPER), ("talking", Mode.LANE)]


async def measured(awareness: Awareness, mode: Mode, times: int = 1) -> Desk:
    """A call on which everybody was heard, the agent at the customer as well."""
    desk = Desk(awareness)
    await desk.told(1, mode)
    desk.hub.readings = {source: reading() for source in ("customer", AGENT_AT_CUSTOMER, MIA)}
    for _ in range(times):
        desk.session.measure()
    await settle()
    return desk


def reports(desk: Desk) -> list[dict[str, Any]]:
    return [fields for kind, fields in desk.client.asked if kind is protocol.ReportQuality]


async def test_the_agent_is_told_how_all_sound_and_how_they_sound_at_the_customer() -> None:
    desk = await measured("all", Mode.WHISPER)
    told = desk.events[-1]
    assert isinstance(told, events.Quality)
    assert told.readings == {"customer": reading(), "agent_at_customer": reading(), MIA: reading()}
    assert set(desk.session.history.summary()) == set(told.readings)
    await desk.session.close()


@pytest.mark.parametrize(("awareness", "mode"), HIDES_MIA)
async def test_quality_and_numbers_keep_a_hidden_coach_hidden(awareness: Awareness, mode: Mode) -> None:
    desk = await measured(awareness, mode)
    told = desk.events[-1]
    assert isinstance(told, events.Quality)
    assert set(told.readings) == {"customer", "agent_at_customer", HIDDEN_COACH}
    assert set(desk.session.history.summary()) == set(told.readings)
    numbers = await desk.session.do(commands.Stats())
    assert isinstance(numbers, events.Stats)
    assert set(numbers.streams) == {f"{CUSTOMER}.main.in", "heard.customer"}
    await desk.session.close()


async def test_an_agent_who_may_know_all_sees_the_numbers_of_all() -> None:
    desk = await measured("all", Mode.WHISPER)
    assert await desk.session.streams() == await desk.hub.stats()
    await desk.session.close()


async def test_every_ten_seconds_the_server_is_told_roles_and_means() -> None:
    desk = await measured("none", Mode.WHISPER, MEASUREMENTS - 1)
    assert not reports(desk)
    desk.hub.readings = {"customer": reading(delay_ms=160, mos=3.8)}
    desk.session.measure()
    await settle()
    (report,) = reports(desk)
    assert report["call"] == "call-1"
    heard = report["heard"]
    assert set(heard) == {Sound.CUSTOMER, Sound.AGENT_AT_CUSTOMER, Sound.COACH}
    customer = heard[Sound.CUSTOMER]
    assert (customer.readings, customer.mos, customer.mos_worst) == (MEASUREMENTS, 4.2, 3.8)
    assert (customer.delay_ms, customer.loss, customer.concealed) == (80.0, 0.01, 0.02)
    assert heard[Sound.COACH].readings == MEASUREMENTS - 1
    assert protocol.parse_client(protocol.dump(protocol.ReportQuality(1, **report)))
    for _ in range(MEASUREMENTS):
        desk.session.measure()
    await settle()
    assert len(reports(desk)) == 2
    await desk.session.close()


async def test_readings_beyond_all_measure_still_make_a_message() -> None:
    desk = await measured("all", Mode.LISTEN)
    desk.hub.readings = {"customer": reading(delay_ms=1e7, mos=1.0)}
    for _ in range(MEASUREMENTS):
        desk.session.measure()
    await settle()
    assert protocol.parse_client(protocol.dump(protocol.ReportQuality(1, **reports(desk)[0])))
    await desk.session.close()


async def test_a_report_that_fails_is_no_trouble_and_silence_is_not_reported() -> None:
    desk = await measured("all", Mode.LISTEN, MEASUREMENTS)
    desk.client.grant()  # what confirms the first view
    desk.client.fail("timeout")
    desk.client.online = False
    for _ in range(MEASUREMENTS):
        desk.session.measure()
    await settle()
    desk.client.online = True
    desk.hub.readings = {}
    for _ in range(MEASUREMENTS):
        desk.session.measure()
    await settle()
    assert len(reports(desk)) == 1
    assert not [event for event in desk.events if isinstance(event, events.Error)]
    await desk.session.close()


async def test_a_new_call_begins_with_an_empty_history() -> None:
    desk = await measured("all", Mode.LISTEN, MEASUREMENTS - 1)
    desk.session.message(protocol.Ended("call-1", EndReason.HUNG_UP))
    assert set(desk.session.history.summary()) >= {"customer"}, "support may ask after the call"
    desk.session.measure()
    desk.session.message(protocol.CallState(call_view(party(MIA), call="call-2")))
    desk.hub.readings = {MIA: reading()}
    desk.session.measure()
    await settle()
    assert set(desk.session.history.summary()) == {MIA}
    assert not reports(desk), "what was heard on the call before is not counted for this one"
    await desk.session.close()
