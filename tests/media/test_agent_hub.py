"""What the hub lets through while modes change: nothing stale, nothing to the wrong ear, nothing missing."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import msgspec
import pytest

from coachdesk.media.agent_hub import AGENT_AT_CUSTOMER
from coachdesk.media.briefing import Briefing
from coachdesk.media.history import TICKS_PER_SECOND, Past, PastSound
from coachdesk.media.talktime import Talk
from coachdesk.routing import Lane, Route
from signaling.policy import Mode
from signaling.protocol import MAX_COACHES, CallView
from tests.fakes.hubcall import HubCall
from tests.fakes.readings import reading
from tests.fakes.sounds import decoded
from tests.fakes.views import AGENT, BEN, CUSTOMER, MIA, TOM, call_view, party


@pytest.fixture
def call() -> Iterator[HubCall]:
    with pytest.MonkeyPatch.context() as patch:
        yield HubCall(patch)


def expect_all_routes(call: HubCall) -> None:
    """After whatever came before: everything routed comes out, and (``HubCall`` sees to it) nothing else."""
    call.drain()
    call.heard.clear()
    call.speak()
    call.drain()
    assert call.heard == call.reachable


def view_of(mia: Mode, ben: Mode = Mode.LISTEN, *, revision: int = 1, held: bool = False) -> CallView:
    return call_view(party(MIA, mia), party(BEN, ben), party(TOM), revision=revision, held=held)


@pytest.mark.parametrize("modes", list(itertools.product(Mode, repeat=3)), ids=lambda modes: "-".join(modes))
async def test_every_sequence_of_three_modes(call: HubCall, modes: tuple[Mode, ...]) -> None:
    call.apply(view_of(Mode.LISTEN))
    call.connect(CUSTOMER, MIA, BEN, TOM)
    for revision, mode in enumerate(modes, 2):
        call.speak()
        call.tick(revision % 2 + 1)  # also in the middle of a frame
        call.apply(view_of(mode, revision=revision))
        call.tick()
        call.speak()
        expect_all_routes(call)
    assert not any(route.source == TOM for route in call.heard)


@pytest.mark.parametrize("mode", list(Mode))
async def test_the_customer_hears_no_whisper(call: HubCall, mode: Mode) -> None:
    call.apply(view_of(mode))
    call.connect(CUSTOMER, MIA, BEN, TOM)
    expect_all_routes(call)
    heard = {route.source for route in call.heard if route.sink == CUSTOMER}
    expected = {
        Mode.LISTEN: {AGENT},
        Mode.WHISPER: {AGENT},
        Mode.LANE: {AGENT},
        Mode.BARGE: {AGENT, MIA},
        Mode.TAKEOVER: {MIA},
    }
    assert heard == expected[mode]


async def test_a_held_customer_neither_hears_nor_is_heard_and_is_not_seen(call: HubCall) -> None:
    call.apply(view_of(Mode.BARGE))
    call.connect(CUSTOMER, MIA, BEN, TOM)
    expect_all_routes(call)
    call.speak()
    call.apply(view_of(Mode.BARGE, revision=2, held=True))
    call.pictures.clear()
    expect_all_routes(call)
    assert not call.pictures
    assert not any(CUSTOMER in (route.sink, route.source) for route in call.heard)
    call.apply(view_of(Mode.BARGE, revision=3))
    expect_all_routes(call)
    assert call.pictures == {MIA, BEN, TOM}


async def test_a_disconnected_coach_is_not_heard(call: HubCall) -> None:
    call.apply(view_of(Mode.WHISPER))
    call.connect(CUSTOMER, MIA, BEN, TOM)
    call.speak()
    call.apply(call_view(party(MIA, Mode.WHISPER, connected=False), party(TOM), revision=2))
    expect_all_routes(call)
    assert not any(route.source == MIA for route in call.heard)


async def test_a_slot_of_one_who_left_is_announced_before_the_next_is_heard_in_it(call: HubCall) -> None:
    call.apply(call_view(party(MIA, Mode.BARGE), party(TOM)))
    call.connect(CUSTOMER, MIA, TOM)
    expect_all_routes(call)
    call.speak()
    call.apply(call_view(party(BEN, Mode.BARGE), party(TOM), revision=2))
    call.connect(BEN)
    expect_all_routes(call)
    assert Route(BEN, Lane.VOICE, TOM) in call.heard


async def test_slots_do_not_run_out_while_coaches_come_and_go(call: HubCall) -> None:
    call.apply(call_view(party(TOM)))
    call.connect(CUSTOMER, TOM)
    for number in range(MAX_COACHES + 2):
        coach = f"coach-{number}"
        call.apply(call_view(party(coach, Mode.WHISPER), party(TOM), revision=number + 2))
        call.connect(coach)
        expect_all_routes(call)


async def test_who_left_is_let_go(call: HubCall) -> None:
    call.apply(view_of(Mode.BARGE))
    call.connect(CUSTOMER, MIA, BEN, TOM)
    gone = call.leg(MIA)
    assert gone is not None
    call.speak()
    call.apply(call_view(party(BEN), party(TOM), revision=2))
    await call.hub.close()
    assert gone.closed
    assert not any(name.startswith(MIA) for name in call.hub.ears)


async def test_only_what_is_lost_is_built_anew(call: HubCall) -> None:
    call.apply(view_of(Mode.LISTEN))
    call.connect(CUSTOMER, MIA, BEN, TOM)
    lost = call.leg(MIA)
    assert lost is not None
    lost.get_lost()
    call.hub.renegotiate_lost()
    assert {name: leg.negotiations for name in (CUSTOMER, MIA, BEN, TOM) if (leg := call.leg(name))} == {
        CUSTOMER: 1,
        MIA: 2,
        BEN: 1,
        TOM: 1,
    }


@pytest.mark.parametrize("mode", list(Mode))
async def test_a_whisper_heard_again_is_heard_by_the_agent_alone(call: HubCall, mode: Mode) -> None:
    call.apply(view_of(Mode.WHISPER))
    call.connect(CUSTOMER, MIA, BEN, TOM)
    assert not call.hub.replay(), "there is nothing yet"
    told: list[bool] = []
    call.hub.on_replay = told.append
    call.speak()
    call.drain()
    call.apply(view_of(mode, revision=2))
    call.tick(3)
    call.heard.clear()
    assert call.hub.replay()
    call.drain()
    assert call.heard_again == {(MIA, Lane.WHISPER)}
    assert not any(route.lane is Lane.WHISPER for route in call.heard)
    assert told == [True, False]


async def test_a_new_whisper_ends_the_old_ones_replay(call: HubCall) -> None:
    call.apply(view_of(Mode.WHISPER))
    call.connect(CUSTOMER, MIA, BEN, TOM)
    call.speak()
    call.drain()
    assert call.hub.replay()
    call.speak()
    expect_all_routes(call)
    assert not call.heard_again


async def test_with_the_whisper_closed_nothing_is_heard_again(call: HubCall) -> None:
    call.apply(view_of(Mode.WHISPER))
    call.connect(CUSTOMER, MIA, BEN, TOM)
    call.speak()
    call.drain()
    call.guard.closed = True
    assert not call.hub.replay()


async def test_nothing_is_kept_from_call_to_call(call: HubCall) -> None:
    call.apply(view_of(Mode.WHISPER))
    call.connect(CUSTOMER, MIA, BEN, TOM)
    call.speak()
    call.drain()
    await call.hub.close()
    assert not call.hub.replay()


def past_told(call: HubCall, observer: str) -> list[PastSound]:
    """What the hub has told ``observer`` of the past."""
    leg = call.leg(observer)
    assert leg is not None
    assert leg.peer is not None
    messages = [msgspec.json.decode(message) for message in leg.peer.control.sent]
    pasts = [msgspec.convert(each["past"], Past) for each in messages if "past" in each]
    return [sound for past in pasts for sound in past.sounds]


def ask_for_the_past(call: HubCall, observer: str) -> None:
    leg = call.leg(observer)
    assert leg is not None
    leg.on_message(b'{"catch_up":true}')
    call.tick(2 * TICKS_PER_SECOND)


@pytest.mark.parametrize("mode", list(Mode))
async def test_who_joins_catches_up_with_customer_and_agent_alone(call: HubCall, mode: Mode) -> None:
    call.apply(call_view(party(BEN, mode)))
    call.connect(CUSTOMER, BEN)
    for _ in range(5):
        call.speak()
        call.tick(4)
    call.apply(call_view(party(BEN, mode), party(TOM), revision=2))
    call.connect(TOM)
    assert not past_told(call, TOM), "only who asks"
    ask_for_the_past(call, TOM)
    sounds = past_told(call, TOM)
    assert {sound.source for sound in sounds} == {"customer"} | (
        {"agent"} if mode is not Mode.TAKEOVER else set()
    )
    for sound in sounds:
        whose = {int(sound.payload.split(b"#")[1])} if sound.source == "customer" else decoded(sound.payload)
        party_of = {"customer": CUSTOMER, "agent": AGENT}
        assert {call.made_by(token) for token in whose} <= {(party_of[sound.source], Lane.VOICE)}
    ask_for_the_past(call, TOM)
    assert len(past_told(call, TOM)) == len(sounds), "once"
    assert not past_told(call, BEN)


async def test_of_a_held_call_there_is_no_past(call: HubCall) -> None:
    call.apply(call_view(party(TOM)))
    call.connect(CUSTOMER, TOM)
    call.speak()
    call.tick(10)
    call.apply(call_view(party(TOM), revision=2, held=True))
    call.speak()
    call.tick(10)
    ask_for_the_past(call, TOM)
    assert not past_told(call, TOM)
    call.apply(call_view(party(TOM), revision=3))
    assert not past_told(call, TOM)


@pytest.mark.allow_log("an observer sends nonsense")
async def test_what_cannot_be_read_on_the_control_channel_changes_nothing(call: HubCall) -> None:
    call.apply(call_view(party(TOM)))
    call.connect(CUSTOMER, TOM)
    leg = call.leg(TOM)
    assert leg is not None
    for data in (b"", b"[]", b'{"catch_up":1}', b"\xff"):
        leg.on_message(data)
    call.tick(TICKS_PER_SECOND)
    assert not past_told(call, TOM)


def ways_told(call: HubCall, observer: str) -> dict[str, float]:
    """The ways the hub last told ``observer`` of."""
    leg = call.leg(observer)
    assert leg is not None
    assert leg.peer is not None
    ways: dict[str, float] = msgspec.json.decode(leg.peer.control.sent[-1])["ways_ms"]
    return ways


async def test_each_observer_is_told_how_far_each_source_is_from_them(call: HubCall) -> None:
    call.apply(call_view(party(MIA, Mode.BARGE), party(TOM)))
    call.connect(CUSTOMER, MIA, TOM)
    for name, rtt in ((CUSTOMER, 0.08), (MIA, 0.02), (TOM, 0.1)):
        leg = call.leg(name)
        assert leg is not None
        assert leg.peer is not None
        leg.peer.rtt = rtt
    call.hub.measure()
    assert ways_told(call, MIA) == {"customer": 50.0, "agent": 10.0}
    assert ways_told(call, TOM) == {"customer": 90.0, "agent": 50.0, MIA: 60.0}


async def test_the_way_from_the_capture_counts_where_reports_tell_it(call: HubCall) -> None:
    call.apply(call_view(party(MIA, Mode.BARGE), party(TOM)))
    call.connect(CUSTOMER, MIA, TOM)
    for name, stream, way in ((CUSTOMER, "main", 0.07), (MIA, "voice", 0.05)):
        leg = call.leg(name)
        assert leg is not None
        assert leg.peer is not None
        leg.peer.rtt, leg.peer.ways[stream] = 0.02, way
    call.speak()
    readings = call.hub.measure()
    assert (readings["customer"], readings[MIA]) == (reading(50.0), reading(30.0)), "beyond the frame"
    assert ways_told(call, TOM) == {"customer": 50.0, "agent": 0.0, MIA: 30.0}
    leg = call.leg(CUSTOMER)
    assert leg is not None
    assert leg.peer is not None
    leg.peer.ways["main"] = 0.01
    call.speak()
    assert call.hub.measure()["customer"] == reading(10.0), "never less than half the round trip"


async def test_all_observers_and_nobody_else_are_told_who_has_talked(call: HubCall) -> None:
    call.apply(call_view(party(MIA), party(TOM)))
    call.connect(CUSTOMER, MIA, TOM)
    talk = Talk({"agent": 3.0}, together=0.0, silence=1.0, quiet_for=1.0)
    call.hub.tell_talk(talk)
    for name in (MIA, TOM):
        leg = call.leg(name)
        assert leg is not None
        assert leg.peer is not None
        assert msgspec.json.decode(leg.peer.control.sent[-1], type=Briefing).talk == talk
    customer = call.leg(CUSTOMER)
    assert customer is not None
    assert customer.peer is not None
    assert [msgspec.json.decode(each)["kind"] for each in customer.peer.control.sent] == ["agent_screen"]


async def test_the_agent_measures_who_reaches_them_and_what_the_customer_tells(call: HubCall) -> None:
    call.apply(call_view(party(MIA, Mode.WHISPER), party(TOM)))
    call.connect(CUSTOMER, MIA, TOM)
    customer = call.leg(CUSTOMER)
    assert customer is not None
    assert customer.peer is not None
    customer.peer.rtt = 0.08
    call.speak()
    told = {"received": 500, "lost": 0, "played": 1000, "concealed": 0, "jitter_ms": 4, "delay_ms": 60}
    customer.on_message(msgspec.json.encode(told))
    readings = call.hub.measure()
    assert set(readings) == {"customer", AGENT_AT_CUSTOMER, MIA}
    assert readings["customer"] == reading(40.0)
    assert readings[AGENT_AT_CUSTOMER].delay_ms == 20 + 40 + 60
    for observer in (MIA, TOM):
        leg = call.leg(observer)
        assert leg is not None
        assert leg.peer is not None
        told_there = [msgspec.json.decode(each, type=Briefing).at_customer for each in leg.peer.control.sent]
        assert [msgspec.structs.asdict(each) for each in told_there if each is not None] == [
            msgspec.structs.asdict(readings[AGENT_AT_CUSTOMER])
        ]
    assert AGENT_AT_CUSTOMER not in call.hub.measure(), "once"


async def test_a_customer_who_hears_it_late_for_no_need_is_sent_shorter_pauses(
    call: HubCall, monkeypatch: pytest.MonkeyPatch
) -> None:
    call.apply(call_view(party(MIA)))
    call.connect(CUSTOMER, MIA)
    customer, shortened = call.leg(CUSTOMER), list[bool]()
    assert customer is not None
    monkeypatch.setattr(call.hub._uplink_out, "shorten_pause", lambda: shortened.append(True))
    monkeypatch.setattr(call.hub._mic_out, "shorten_pause", lambda: pytest.fail("observers have not asked"))
    told = {"received": 500, "lost": 0, "played": 1000, "concealed": 0, "jitter_ms": 4, "target_ms": 20}
    customer.on_message(msgspec.json.encode(told | {"delay_ms": 20}))
    assert not shortened
    customer.on_message(msgspec.json.encode(told | {"delay_ms": 30}))
    assert shortened
