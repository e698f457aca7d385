"""What an observer's endpoint sends on which track, and when it is done with it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import msgspec
import numpy as np
import pytest

from coachdesk.media import audioout, observer
from coachdesk.media.connection.peer import _MIRRORED, OBSERVER, Stream
from coachdesk.media.history import Past, PastSound
from coachdesk.media.observer import ObserverMedia
from coachdesk.media.opus import Encoder
from coachdesk.media.packet import Packet
from coachdesk.media.pcm import BLOCK_SAMPLES, SILENCE
from coachdesk.media.talktime import Talk
from coachdesk.media.whisper import backlog
from coachdesk.media.whisper.preroll import IN_DOUBT_BLOCKS, PRIVATE
from coachdesk.routing import Lane
from signaling.policy import Mode
from signaling.protocol import SignalBody
from tests.fakes.legs import FakeLeg
from tests.fakes.readings import reading
from tests.fakes.signaling import settle
from tests.fakes.sounds import PlainEncoder, QueueEar
from tests.fakes.talking import cut_bluntly, numbered

PATIENCE = 40.0
TRACKS = {Mode.WHISPER: Lane.WHISPER, Mode.BARGE: Lane.VOICE, Mode.TAKEOVER: Lane.VOICE, Mode.LANE: Lane.LANE}


MIRRORED = tuple(Stream(each.name, each.kind, _MIRRORED[each.direction]) for each in OBSERVER)
"""The layout as this side has it; in it, all that is not sent is received."""


async def _unsaid(body: SignalBody) -> None: ...


class Desk:
    """An ``ObserverMedia`` on a connection that is up, with a mic that says numbers."""

    def __init__(self, *, catch_up: bool = False) -> None:
        self.media = ObserverMedia(
            ice=list,
            signal=_unsaid,
            new_ear=lambda source, lane: QueueEar(),  # type: ignore[arg-type, return-value]
            catch_up=catch_up,
        )
        leg: FakeLeg = self.media._leg  # type: ignore[assignment]
        leg.layout = MIRRORED
        self.leg = leg
        self.peer = leg.come_up()
        self.now = 0

    def tick(self, times: int = 1) -> None:
        for _ in range(times):
            self.media.tick(numbered(self.now), self.now * 0.01)
            self.now += 1

    def sent(self, lane: Lane) -> set[int]:
        payloads = self.peer.outs[lane.value].sent
        sound = np.frombuffer(b"".join(payloads), np.float32)
        return set(((sound[sound > 0] - 1) // BLOCK_SAMPLES).astype(int).tolist())


@pytest.fixture
def desk() -> Iterator[Desk]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(observer, "Leg", FakeLeg)
        patch.setattr(audioout, "Encoder", PlainEncoder)
        patch.setattr(backlog, "shorten", cut_bluntly)
        patch.setattr(observer, "ARRIVAL_SECONDS", 0.0)
        yield Desk()


@pytest.mark.parametrize("mode", TRACKS)
async def test_pre_roll_and_speech_are_on_the_track_of_their_mode_alone(desk: Desk, mode: Mode) -> None:
    desk.tick(50)
    desk.media.mouth.press(mode)
    desk.tick(4)
    assert not any(out.sent for out in desk.peer.outs.values()), "nothing before the grant"
    desk.media.mouth.grant(mode)
    desk.tick(100)
    for lane in Lane:
        assert bool(desk.sent(lane)) is (lane is TRACKS[mode])
    assert min(desk.sent(TRACKS[mode])) == (30 if mode in PRIVATE else 50 + IN_DOUBT_BLOCKS)


async def test_it_is_finished_when_the_last_word_before_the_release_is_sent(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(observer, "FINISH_SECONDS", PATIENCE)
    desk.media.mouth.press(Mode.WHISPER)
    desk.tick(20)
    desk.media.mouth.grant(Mode.WHISPER)
    desk.tick(10)
    desk.media.mouth.release()
    finish = asyncio.create_task(desk.media.finish())
    for _ in range(40):
        await settle()
        assert finish.done() is not desk.media.mouth.finishing
        desk.tick()
    await asyncio.wait_for(finish, PATIENCE)
    desk.tick(10)
    assert max(desk.sent(Lane.WHISPER)) == 30


async def release_unanswered(desk: Desk) -> asyncio.Task[None]:
    desk.media.mouth.press(Mode.WHISPER)
    desk.tick(20)
    desk.media.mouth.release(keep=True)
    finish = asyncio.create_task(desk.media.finish())
    desk.tick(30)
    await settle()
    assert not finish.done()
    return finish


async def test_a_word_released_before_its_grant_is_waited_for(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(observer, "GRANT_SECONDS", PATIENCE)
    monkeypatch.setattr(observer, "FINISH_SECONDS", PATIENCE)
    finish = await release_unanswered(desk)
    desk.media.mouth.grant(Mode.WHISPER)
    while desk.media.mouth.finishing:
        desk.tick()
        await settle()
    await asyncio.wait_for(finish, PATIENCE)
    assert (min(desk.sent(Lane.WHISPER)), max(desk.sent(Lane.WHISPER))) == (0, 20)


async def test_a_grant_that_does_not_come_is_not_waited_for_long(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(observer, "GRANT_SECONDS", 0.05)
    await asyncio.wait_for(await release_unanswered(desk), PATIENCE)
    assert not desk.sent(Lane.WHISPER)


async def test_without_ticks_it_is_over_in_time(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observer, "FINISH_SECONDS", 0.01)
    desk.media.mouth.grant(Mode.WHISPER)
    desk.tick(10)
    desk.media.mouth.release()
    await asyncio.wait_for(desk.media.finish(), PATIENCE)


async def test_a_polite_whisper_listens_to_the_customer(desk: Desk) -> None:
    told: list[bool] = []
    desk.media.on_held = told.append
    desk.leg.on_packet("customer", Packet(1, 0, False, b"sound#1", 1, 0.0))
    customer = desk.media.ears["customer"]
    customer.speaking = True
    desk.media.mouth.polite = True
    desk.media.mouth.press(Mode.WHISPER)
    desk.tick(3)
    desk.media.mouth.grant(Mode.WHISPER)
    desk.tick(20)
    assert (desk.sent(Lane.WHISPER), told) == (set(), [True])
    customer.speaking = False
    desk.tick(20)
    assert told == [True, False]
    assert min(desk.sent(Lane.WHISPER)) == 0


async def test_without_a_connection_nothing_is_kept_for_the_next(desk: Desk) -> None:
    desk.leg.peer = None
    desk.media.mouth.grant(Mode.WHISPER)
    desk.tick(30)
    desk.peer = desk.leg.come_up()
    desk.tick(10)
    assert min(desk.sent(Lane.WHISPER)) >= 30


def past_message(*, last: bool) -> bytes:
    sound = PastSound("customer", 0, Encoder().encode(np.full(960, 0.1, np.float32)))
    return msgspec.json.encode({"past": Past([sound], last=last)})


async def test_who_wants_the_past_asks_once(desk: Desk) -> None:
    assert not desk.peer.control.sent, "only who wants it"
    wishful = Desk(catch_up=True)
    assert [msgspec.json.decode(each) for each in wishful.peer.control.sent] == [{"catch_up": True}]
    assert not wishful.leg.come_up().control.sent, "a connection that is rebuilt begins live"


async def test_the_past_is_heard_and_news_of_seats_go_their_own_way(desk: Desk) -> None:
    desk.leg.on_message(past_message(last=False))
    desk.leg.on_message(b'{"slots":{"coach0":"ben"},"whisper_closed":true}')
    assert desk.media.past.running
    assert desk.media.whisper_closed
    desk.leg.on_message(past_message(last=True))
    assert any(desk.media.tick(SILENCE, 0.0).any() for _ in range(10))


async def test_who_speaks_hears_what_is_live(desk: Desk) -> None:
    desk.leg.on_message(past_message(last=False))
    desk.tick()
    assert desk.media.past.running
    desk.media.mouth.press(Mode.WHISPER)
    desk.tick()
    assert not desk.media.past.running


@pytest.mark.allow_log("the hub sends nonsense")
async def test_who_has_talked_is_as_the_hub_told(desk: Desk) -> None:
    told: list[Talk] = []
    desk.media.on_talk = told.append
    desk.leg.on_message(b'{"talk":{"seconds":{"agent":-1},"together":0,"silence":0,"quiet_for":0}}')
    assert not told
    desk.leg.on_message(b'{"talk":{"seconds":{"agent":2.5},"together":0,"silence":1,"quiet_for":0}}')
    assert told == [Talk({"agent": 2.5}, together=0, silence=1, quiet_for=0)]


FAR = {
    "mos": 3.9,
    "grade": "fair",
    "delay_ms": 120.0,
    "playout_ms": 60.0,
    "jitter_ms": 4.0,
    "loss": 0.01,
    "concealed": 0.0,
}


async def test_what_the_customer_hears_is_as_the_hub_tells_it_and_told_once(desk: Desk) -> None:
    desk.leg.on_message(msgspec.json.encode({"at_customer": FAR}))
    assert msgspec.structs.asdict(desk.media.measure()["at_customer"]) == FAR
    assert "at_customer" not in desk.media.measure()


@pytest.mark.allow_log("each is named in the log")
@pytest.mark.parametrize(
    "wrong",
    [{"mos": 0.5}, {"mos": 1e300}, {"loss": -0.1}, {"delay_ms": 1e9}, {"grade": "grand"}, {"more": 1}],
)
async def test_what_is_no_reading_is_refused(desk: Desk, wrong: dict[str, object]) -> None:
    desk.leg.on_message(msgspec.json.encode({"at_customer": FAR | wrong}))
    assert "at_customer" not in desk.media.measure()


async def test_how_far_each_source_is_away_is_as_the_hub_last_told(desk: Desk) -> None:
    for source in ("customer", "agent", "ben"):
        desk.media._ear(source)
    assert desk.media.measure() == {source: reading(0.0) for source in ("customer", "agent", "ben")}
    desk.leg.on_message(b'{"slots":{"coach0":"ben"},"ways_ms":{"customer":40.0,"agent":15.0}}')
    assert desk.media.measure() == {"customer": reading(40.0), "agent": reading(15.0), "ben": reading(0.0)}
    desk.peer.ways = {"agent": 0.06, "customer": 0.045, "coach0": 0.03}
    far = {"agent": reading(40.0), "customer": reading(50.0), "ben": reading(0.0)}
    assert desk.media.measure() == far, (
        "and what the hub's reports tell beyond its frame and half the round trip"
    )
