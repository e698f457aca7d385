"""Ink over real peer connections: both channels open, messages pass, nothing else is disturbed."""

from __future__ import annotations

from contextlib import AsyncExitStack

import pytest

from coachdesk.annotation import Begin, Board, End, Entry, Point, Show, Tool
from coachdesk.inkwire import (
    Anchor,
    Edits,
    Have,
    Log,
    Points,
    Poses,
    dump,
    parse_from_hub,
    parse_live_from_hub,
)
from coachdesk.media.connection import peer as peer_module
from coachdesk.media.connection.peer import CUSTOMER, OBSERVER, Peer
from coachdesk.media.ink.inkhub import InkHub
from signaling.policy import Mode
from tests.fakes import views
from tests.media.peers import pair, until

PATH = [Point(0.1, 0.2), Point(0.3, 0.4, 0.5, 400)]


class Inbox:
    """What a far end gets: everything as text, and the entries it adds up to."""

    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        self.texts: list[bytes] = []
        self.entries: list[Entry] = []
        self.live: list[object] = []
        peer.ink.on_reliable = self._reliable
        peer.ink.on_live = self._live

    def _reliable(self, data: bytes) -> None:
        self.texts.append(data)
        message = parse_from_hub(data)
        if isinstance(message, Log):
            self.entries += message.entries

    def _live(self, data: bytes) -> None:
        self.texts.append(data)
        self.live.append(parse_live_from_hub(data))

    def has(self, mark: str) -> bool:
        found = Board(self.entries).mark(mark)
        return found is not None and found.ended

    def do(self, mark: str, tool: Tool = Tool.PEN) -> None:
        begin = Begin(mark=mark, tool=tool, colour="#2f7cf6", width=0.006)
        assert self.peer.ink.send(dump(Edits(edits=[begin, End(mark=mark, path=PATH)])))


def wire(hub: InkHub, party: str, peer: Peer) -> None:
    peer.ink.on_reliable = lambda data: hub.received(party, peer, data)
    peer.ink.on_live = lambda data: hub.received_live(party, data)


async def test_private_ink_never_reaches_the_customers_channel_until_it_is_shown() -> None:
    hub = InkHub()
    hub.apply(views.call_view(views.party(views.MIA, Mode.WHISPER), views.party(views.TOM)))
    async with pair(CUSTOMER) as (to_customer, customer), pair(OBSERVER) as (to_mia, mia):
        wire(hub, views.CUSTOMER, to_customer)
        wire(hub, views.MIA, to_mia)
        phone, coach = Inbox(customer), Inbox(mia)
        for far in (phone, coach):
            await until(lambda far=far: far.peer.ink.send(dump(Have())))
        phone.do("by-customer")
        coach.do("secret-0001")
        await until(
            lambda: coach.has("by-customer") and coach.has("secret-0001") and phone.has("by-customer")
        )
        hub.send_poses(90_000, 0, [Anchor(marks=[mark.mark], state="lost") for mark in hub.marks()])
        await until(lambda: coach.live and phone.live)
        assert not any(b"secret" in text for text in phone.texts)
        hub.submit(Show(mark="secret-0001", on=True))
        await until(lambda: phone.has("secret-0001"))
        assert not any(b"mia" in text for text in phone.texts)


EVERYBODY = {views.AGENT, views.CUSTOMER, views.MIA, views.BEN, views.TOM}
STAFF, LEARNERS = {views.AGENT, views.MIA, views.BEN}, {views.MIA, views.BEN, views.TOM}
MIAS = {
    Mode.LISTEN: STAFF,
    Mode.WHISPER: STAFF,
    Mode.BARGE: EVERYBODY,
    Mode.TAKEOVER: EVERYBODY,
    Mode.LANE: LEARNERS,
}


async def test_the_matrix_of_who_sees_whose_ink() -> None:
    """Everybody draws in every mode of Mia's; then each has what is for them and no byte of the rest."""
    hub = InkHub()
    at_agent: list[Entry] = []
    hub.on_entry = at_agent.append
    async with AsyncExitStack() as stack:
        inboxes: dict[str, Inbox] = {}
        for revision, mode in enumerate(Mode):
            hub.apply(views.call_view(views.party(views.MIA, mode), *OTHERS, revision=revision))
            for party in sorted(EVERYBODY - {views.AGENT} - inboxes.keys()):
                layout = CUSTOMER if party == views.CUSTOMER else OBSERVER
                to_party, far = await stack.enter_async_context(pair(layout))
                wire(hub, party, to_party)
                inboxes[party] = Inbox(far)
                await until(lambda far=far: far.ink.send(dump(Have())))
            for author in sorted(EVERYBODY - {views.AGENT}):
                inboxes[author].do(f"{mode}-by-{author}")
            expected = expected_marks(mode)
            draw(hub, f"{mode}-by-{views.AGENT}")
            await until(lambda expected=expected: drawn_at(hub) >= expected.keys())
        hub.apply(views.call_view(views.party(views.MIA), *OTHERS, revision=99))
        draw(hub, "last-mark")
        await until(lambda: all(inbox.has("last-mark") for inbox in inboxes.values()))
    every = {mark: seen for mode in Mode for mark, seen in expected_marks(mode).items()}
    for party, inbox in inboxes.items():
        told = b"".join(inbox.texts).decode()
        assert {mark for mark in every if mark in told} == {
            mark for mark, seen in every.items() if party in seen
        }
    known = {mark.mark for mark in Board(at_agent).marks()}
    assert known - {"last-mark"} == {mark for mark, seen in every.items() if views.AGENT in seen}


OTHERS = [views.party(views.BEN), views.party(views.TOM)]


def expected_marks(mode: Mode) -> dict[str, set[str]]:
    """Who sees the mark of each while Mia is in ``mode``."""
    seen = {
        views.AGENT: STAFF if mode is Mode.TAKEOVER else EVERYBODY,
        views.CUSTOMER: EVERYBODY,
        views.MIA: MIAS[mode],
        views.BEN: STAFF,
        views.TOM: LEARNERS,
    }
    return {f"{mode}-by-{author}": parties for author, parties in seen.items()}


def drawn_at(hub: InkHub) -> set[str]:
    return {mark.mark for mark in hub.marks() if mark.ended}


def draw(hub: InkHub, mark: str) -> None:
    hub.submit(Begin(mark=mark, tool=Tool.PEN, colour="#2f7cf6", width=0.006))
    hub.submit(End(mark=mark, path=PATH))


async def test_a_gesture_and_poses_pass_live() -> None:
    hub = InkHub()
    hub.apply(views.call_view())
    async with pair(CUSTOMER) as (to_customer, customer):
        wire(hub, views.CUSTOMER, to_customer)
        phone = Inbox(customer)
        await until(lambda: customer.ink.send(dump(Have())))
        hub.submit(Begin(mark="by-agent-1", tool=Tool.PEN, colour="#2f7cf6", width=0.006))
        await until(lambda: phone.entries)
        gesture = Points(mark="by-agent-1", first=0, points=PATH)
        hub.point(gesture)
        h = (1.0, 0.0, 0.01, 0.0, 1.0, -0.02, 0.0, 0.0, 1.0)
        anchor = Anchor(marks=["by-agent-1"], state="tracked", h=h)
        hub.send_poses(90_000, 2, [anchor])
        await until(lambda: len(phone.live) == 2)
        assert phone.live == [gesture, Poses(frame=90_000, epoch=2, anchors=[anchor])]
        customer.control.send(b"still there")
        told: list[bytes] = []
        to_customer.control.on_message = told.append
        await until(lambda: told)


@pytest.mark.parametrize("size", [100, 40_000])
async def test_what_waits_is_bounded(size: int) -> None:
    async with pair(CUSTOMER) as (hub, far):
        got: list[int] = []
        far.ink.on_reliable = lambda data: got.append(len(data))
        await until(lambda: hub.ink.send(b"x" * size))
        sent = 1
        while sent < 5000 and hub.ink.send(b"x" * size):
            sent += 1
        assert sent < 5000
        live = 0
        while live < 5000 and hub.ink.send_live(b"x" * min(size, 4000)):
            live += 1
        assert live < 5000
        assert hub.ink.dropped == 1
        await until(lambda: len(got) == sent)
        await until(lambda: hub.ink.send_live(b"again"))


async def test_a_flood_is_held_back_while_sound_and_other_peoples_ink_pass(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(peer_module, "DATA_PACKETS_PER_SECOND", 50)
    monkeypatch.setattr(peer_module, "DATA_PACKETS_AT_ONCE", 200)
    hub = InkHub()
    hub.apply(views.call_view(views.party(views.MIA)))
    async with pair(CUSTOMER) as (to_customer, customer), pair(OBSERVER) as (to_mia, mia):
        wire(hub, views.CUSTOMER, to_customer)
        wire(hub, views.MIA, to_mia)
        coach = Inbox(mia)
        await until(lambda: mia.ink.send(dump(Have())) and customer.ink.send(dump(Have())))
        sounds: list[bytes] = []
        to_customer.on_packet = lambda stream, packet: sounds.append(packet.payload)

        def flooded() -> bool:
            while customer.ink.send_live(b"x" * 1000):
                pass
            return to_customer.data_dropped > 100

        await until(flooded)
        assert hub.refused["malformed"] > 0
        coach.do("by-mia-01")
        customer.outs["main"].send(b"sound", 960)
        await until(lambda: coach.has("by-mia-01") and sounds)
        assert to_customer.state == to_mia.state == "connected"
        assert to_mia.data_dropped == 0
