"""A leg over its peer connections: make before break, nothing stale, patience that grows, an end that comes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from coachdesk.media.connection import leg as legs
from coachdesk.media.connection.leg import FIRST_RETRY, LAST_RETRY, RESTART_SECONDS, Leg, Unsent
from coachdesk.media.connection.peer import OBSERVER, State
from coachdesk.media.packet import Packet
from signaling.protocol import Answer, Candidate, IceServer, Offer, Restart, SignalBody
from tests.fakes.connections import Connection

PATIENCE = 40.0
PACKET = Packet(1, 960, False, b"sound", 7, 0.0)


class Clock:
    """In place of the leg's ``time`` and ``asyncio``: pauses are noted and cost nothing."""

    def __init__(self) -> None:
        self.now = 100.0
        self.pauses: list[float] = []

    def monotonic(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        await asyncio.sleep(0)

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio, name)


class Side:
    """A leg with what it says recorded."""

    def __init__(self, *, offers: bool) -> None:
        self.said: list[SignalBody] = []
        self.states: list[State] = []
        self.packets: list[str] = []
        self.unsent = 0
        self.leg = Leg(OBSERVER, offers=offers, ice=self._ice, signal=self._signal)
        self.leg.on_state = self.states.append
        self.leg.on_packet = lambda stream, packet: self.packets.append(stream)

    def _ice(self) -> list[IceServer]:
        return [IceServer([f"turn:relay-{len(Connection.made)}"])]

    async def _signal(self, body: SignalBody) -> None:
        if self.unsent:
            self.unsent -= 1
            raise Unsent("away")
        self.said.append(body)

    @property
    def session(self) -> str:
        body = self.said[-1]
        assert isinstance(body, Offer | Answer)
        return body.session


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    Connection.made = []
    monkeypatch.setattr(legs, "Peer", Connection)
    monkeypatch.setattr(legs, "asyncio", clock)
    monkeypatch.setattr(legs, "time", clock)
    return clock


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0)


async def up(side: Side) -> Connection:
    """Negotiates and brings the newest connection up."""
    said = len(side.said)
    side.leg.negotiate()
    await until(lambda: len(side.said) > said)
    await side.leg.signalled(Answer(side.session, "their answer"))
    Connection.made[-1].on_state("connected")
    return Connection.made[-1]


async def test_the_old_connection_serves_until_the_new_one_is_up() -> None:
    side = Side(offers=True)
    old = await up(side)
    side.leg.negotiate()
    await until(lambda: len(side.said) == 2)
    new = Connection.made[-1]
    assert (side.leg.peer, old.closed) == (old, False)
    old.on_packet("voice", PACKET)
    new.on_packet("too early", PACKET)
    new.on_state("connected")
    assert side.leg.peer is new
    old.on_packet("too late", PACKET)
    new.on_packet("whisper", PACKET)
    await until(lambda: old.closed)
    assert side.packets == ["voice", "whisper"]
    assert side.leg.state == "connected"
    assert len(Connection.made) == 2, "the end of the old connection is no loss"
    await side.leg.close()


async def test_what_belongs_to_an_earlier_session_is_ignored() -> None:
    side = Side(offers=True)
    await up(side)
    stale = side.session
    side.leg.negotiate()
    await until(lambda: len(side.said) == 2)
    old, new = Connection.made
    await side.leg.signalled(Answer(stale, "late answer"))
    await side.leg.signalled(Candidate(stale, "late candidate"))
    await side.leg.signalled(Candidate(side.session, "candidate"))
    await side.leg.signalled(Offer("theirs", "we offer, not they"))
    assert (old.accepted, new.accepted) == (["their answer"], [])
    assert (old.candidates, new.candidates) == ([], ["candidate"])
    assert len(Connection.made) == 2
    await side.leg.close()


async def test_each_connection_gets_fresh_ice_servers() -> None:
    side = Side(offers=True)
    await up(side)
    await up(side)
    assert [each.ice[0].urls for each in Connection.made] == [["turn:relay-0"], ["turn:relay-1"]]
    await side.leg.close()


async def test_a_lost_connection_is_rebuilt_with_growing_pauses(clock: Clock) -> None:
    side = Side(offers=True)
    lost = await up(side)
    side.unsent = 7
    lost.on_state("lost")
    assert side.states[-1] == "lost"
    await until(lambda: len(side.said) == 2)
    assert clock.pauses == [min(LAST_RETRY, FIRST_RETRY * 2**n) for n in range(7)]
    Connection.made[-1].on_state("connected")
    await until(lambda: all(each.closed for each in Connection.made[:-1]))
    assert side.leg.peer is Connection.made[-1]
    await side.leg.close()


async def test_a_connection_that_does_not_come_up_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(legs, "SETUP_SECONDS", 0.01)
    side = Side(offers=True)
    side.leg.negotiate()
    await until(lambda: len(side.said) >= 3)
    assert all(each.closed for each in Connection.made[:1])
    assert len({body.session for body in side.said if isinstance(body, Offer)}) == len(side.said)
    await side.leg.close()


async def test_restarts_are_throttled_and_stale_ones_ignored(clock: Clock) -> None:
    side = Side(offers=True)
    await up(side)
    first = side.session
    for _ in range(20):
        await side.leg.signalled(Restart())
    await asyncio.sleep(0)
    assert len(Connection.made) == 1, "one has just been built"
    clock.now += RESTART_SECONDS
    await side.leg.signalled(Restart())
    await until(lambda: len(side.said) == 2)
    clock.now += RESTART_SECONDS
    await side.leg.signalled(Restart(first))
    await asyncio.sleep(0)
    assert len(Connection.made) == 2, "that one has been replaced already"
    await side.leg.close()


async def test_many_restarts_at_once_build_one_connection(clock: Clock) -> None:
    side = Side(offers=True)
    await up(side)
    clock.now += RESTART_SECONDS
    for _ in range(20):
        await side.leg.signalled(Restart())
        await asyncio.sleep(0)
    assert len(Connection.made) == 2
    await side.leg.close()


async def test_the_answering_side_asks_anew_when_lost() -> None:
    side = Side(offers=False)
    await side.leg.signalled(Offer("one", "offer"))
    assert side.said == [Answer("one", "answer to offer")]
    first = Connection.made[0]
    first.on_state("connected")
    await side.leg.signalled(Restart())
    first.on_state("lost")
    await until(lambda: len(side.said) == 2)
    assert isinstance(side.said[1], Restart)
    await side.leg.signalled(Offer("two", "offer"))
    Connection.made[1].on_state("connected")
    assert side.leg.state == "connected"
    await until(lambda: first.closed)
    await side.leg.close()


async def test_a_connection_that_the_other_side_replaces_is_told_as_lost() -> None:
    side = Side(offers=False)
    for session in ("first", "second"):
        await side.leg.signalled(Offer(session, "their offer"))
        Connection.made[-1].on_state("connected")
    assert side.states == ["connecting", "connected", "lost", "connecting", "connected"]
    await side.leg.close()


async def test_close_ends_both_connections_and_all_attempts() -> None:
    side = Side(offers=True)
    old = await up(side)
    side.leg.negotiate()
    await until(lambda: len(side.said) == 2)
    async with asyncio.timeout(PATIENCE):
        await side.leg.close()
    assert old.closed
    assert Connection.made[1].closed
    assert side.leg.state == "closed"
    old.on_state("lost")
    Connection.made[1].on_state("connected")
    side.leg.negotiate()
    side.leg.want_restart()
    await asyncio.sleep(0)
    assert len(Connection.made) == 2
    assert (side.leg.state, side.leg.peer, len(side.said)) == ("closed", None, 2)


@pytest.mark.allow_log("the hanging connection is named in the log")
async def test_close_returns_although_a_connection_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(legs, "CLOSE_SECONDS", 0.05)
    side = Side(offers=True)
    hanging = await up(side)
    ended: list[str] = []

    async def hang() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("hang")

    monkeypatch.setattr(hanging, "close", hang)
    async with asyncio.timeout(PATIENCE):
        await side.leg.close()
    assert side.leg.state == "closed"
    await until(lambda: ended == ["hang"])


async def test_after_close_nothing_is_answered() -> None:
    side = Side(offers=False)
    await side.leg.close()
    await side.leg.signalled(Offer("one", "offer"))
    assert (Connection.made, side.said) == ([], [])
