"""A shared screen from the agent's endpoint to those who may see it, and to nobody else, on real connections."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from coachdesk import events
from coachdesk.media.agent_hub import AgentHub
from coachdesk.media.connection.leg import Leg
from coachdesk.media.connection.peer import CUSTOMER as CUSTOMER_LAYOUT
from coachdesk.media.ears import Ear
from coachdesk.media.observer import ObserverMedia
from coachdesk.media.packet import Packet
from coachdesk.media.pcm import SILENCE
from coachdesk.media.picture import video
from coachdesk.media.picture.camera import Shot
from coachdesk.media.picture.encoding import SCREEN
from coachdesk.media.picture.framering import FrameReader
from coachdesk.media.screenshare.screencast import GREY, STREAM
from coachdesk.media.screenshare.screenrate import LEAST_BITRATE, MOST_BITRATE
from coachdesk.media.screenshare.screenview import ScreenView
from coachdesk.screenevents import Spot
from signaling.policy import Mode
from signaling.protocol import SignalBody
from tests.fakes.views import CUSTOMER, MIA, TOM, call_view, party
from tests.media.peers import until

pytestmark = pytest.mark.media

SECRET, PUBLIC = 230, 120
"""Shades of what is on the screen."""


class Screen:
    """Shows one shade, or another for every look where it is ``busy``."""

    label = "Screen"
    pointer: Spot | None = None

    def __init__(self, shade: int, *, busy: bool = False) -> None:
        self.fault: str | None = None
        self.closed = False
        self.busy = busy
        self.on_pointer: Callable[[], None] = lambda: None
        self.on_picture: Callable[[], None] = lambda: None
        self._shade = shade
        self._shot = np.full((360, 640, 4), shade, np.uint8), time.monotonic()
        self.looks = 0

    def latest(self) -> Shot | None:
        self.looks += 1
        if self.busy:
            picture = self._shot[0].copy()
            picture[self.looks % 300 :][:40] -= 40
            return picture, time.monotonic()
        return self._shot

    def move(self, pointer: Spot) -> None:
        self.pointer = pointer
        self.on_pointer()

    def close(self) -> None:
        self.closed = True


class Observer:
    """An observer's endpoint, as far as the screen goes."""

    def __init__(self, media: ObserverMedia) -> None:
        self.media = media
        self.events: list[events.AnyEvent] = []
        self.packets = 0
        self.view = ScreenView(self.events.append)
        self.view.publish(True)
        self.view.request_keyframe = media.request_screen_keyframe
        media.on_screen = self.view.told
        media.on_screen_size = self.view.sized
        media.on_screen_packet = self._packet
        media.ink.on_cursor = self.view.pointed
        self._memory = ""
        self._reader: FrameReader | None = None
        self._newest: NDArray[np.uint8] | None = None

    def _packet(self, packet: Packet) -> None:
        self.packets += 1
        self.view.put(packet)

    @property
    def told(self) -> list[str]:
        return [event.state for event in self.events if isinstance(event, events.Screen)]

    @property
    def shade(self) -> float | None:
        """Of the middle of the newest picture."""
        named = [event.name for event in self.events if isinstance(event, events.Frames) and event.screen]
        if not named:
            return None
        if self._memory != named[-1]:
            self._close_reader()
            self._memory, self._reader = named[-1], FrameReader(named[-1])
        assert self._reader is not None
        picture = self._reader.read()
        if picture is not None:
            self._newest = picture.bgra
        height = self._newest.shape[0] if self._newest is not None else 0
        return float(self._newest[height - 20, 20:60, :3].mean()) if self._newest is not None else None

    def sees(self, shade: int) -> bool:
        return self.shade is not None and abs(self.shade - shade) < 12

    @property
    def pointer(self) -> Spot | None:
        return self.view.pointer

    async def close(self) -> None:
        self.view.close()
        self._close_reader()
        await self.media.close()

    def _close_reader(self) -> None:
        if self._reader is not None:
            self._reader.close()


class Call:
    """A hub with a customer, a supervisor and a trainee, all with real connections."""

    def __init__(self) -> None:
        self.hub = AgentHub(ice=list, signal=self._from_hub, new_ear=lambda source, lane: Ear())
        self.customer = Leg(CUSTOMER_LAYOUT, offers=False, ice=list, signal=self._to_hub(CUSTOMER))
        self.customer_packets: list[str] = []
        self.customer.on_packet = lambda stream, packet: self.customer_packets.append(stream)
        self.told_customer: list[dict[str, object]] = []
        self.customer.on_message = self._customer_told
        self.observers = {name: Observer(self._media(name)) for name in (MIA, TOM)}
        self.apply()

    def _media(self, name: str) -> ObserverMedia:
        return ObserverMedia(ice=list, signal=self._to_hub(name), new_ear=lambda source, lane: Ear())

    def _customer_told(self, data: bytes) -> None:
        message = msgspec.json.decode(data)
        if message["kind"] == "agent_screen":
            self.told_customer.append(message)

    def _to_hub(self, party: str):  # type: ignore[no-untyped-def]
        async def signal(body: SignalBody) -> None:
            await self.hub.signalled(party, body)

        return signal

    async def _from_hub(self, party: str, body: SignalBody) -> None:
        far = self.customer if party == CUSTOMER else self.observers[party].media
        await far.signalled(body)

    def apply(self, mode: Mode = Mode.LISTEN, *, held: bool = False, revision: int = 1) -> None:
        self.hub.apply(call_view(party(MIA, mode), party(TOM), revision=revision, held=held))

    async def connected(self) -> None:
        legs = [self.hub._legs.get(name) for name in (CUSTOMER, MIA, TOM)]
        far = [self.customer, *(each.media._leg for each in self.observers.values())]
        await until(lambda: all(leg is not None and leg.peer is not None for leg in [*legs, *far]))

    async def speak(self, ticks: int) -> None:
        for _ in range(ticks):
            self.hub.tick(SILENCE, time.monotonic())
            await asyncio.sleep(0)

    async def close(self) -> None:
        await asyncio.gather(
            self.hub.close(), self.customer.close(), *(each.close() for each in self.observers.values())
        )


@asynccontextmanager
async def running() -> AsyncIterator[Call]:
    call = Call()
    try:
        await call.connected()
        yield call
    finally:
        await call.close()


async def looked_at(screen: Screen, times: int) -> None:
    """Returns when the encoder has looked so many times more for something new."""
    looks = screen.looks + times
    await until(lambda: screen.looks >= looks)


async def test_observers_see_the_shared_screen_and_the_customer_gets_no_packet_of_it() -> None:
    async with running() as call:
        everybody = call.observers.values()
        assert all(each.packets == 0 for each in everybody)
        await call.hub.screens.agent.start(Screen(SECRET, busy=True))
        modes = [Mode.WHISPER, Mode.BARGE, Mode.TAKEOVER, Mode.LISTEN]
        for revision, mode in enumerate(modes, 2):
            call.apply(mode, held=mode is Mode.LISTEN, revision=revision)
            await call.speak(4)
            before = {each: each.packets for each in everybody}
            await until(lambda before=before: all(each.packets > count for each, count in before.items()))  # type: ignore[misc]
        await until(lambda: all(each.sees(SECRET) for each in everybody))
        assert all(each.told == ["on"] for each in everybody)
        await until(lambda: call.customer_packets)
        assert set(call.customer_packets) == {"main"}
        peer = call.hub._legs.peer(CUSTOMER)
        assert peer is not None
        assert peer.outs["screen"].packets == peer.outs["camera"].packets == 0


async def test_the_customer_gets_packets_of_it_only_while_it_is_shown_to_them() -> None:
    async with running() as call:
        hub, peer = call.hub, call.hub._legs.peer(CUSTOMER)
        assert peer is not None
        out = peer.outs[STREAM]
        hub.screens.agent.show_customer(True)
        assert not hub.screens.agent.to_customer, "nothing is shared"
        await hub.screens.agent.start(Screen(SECRET, busy=True))
        mia = call.observers[MIA]
        await until(lambda: mia.sees(SECRET))
        assert out.packets == 0
        for revision, back in enumerate(("blank", "hold", "takeover", "said", "another", "stop"), 2):
            before = call.customer_packets.count(STREAM)
            hub.screens.agent.show_customer(True)
            await until(lambda before=before: call.customer_packets.count(STREAM) > before)  # type: ignore[misc]
            out.send(bytes([0x10]) * 1000, 1)  # waits in the queue
            await take_back(call, back, 2 * revision)
            assert not hub.screens.agent.to_customer
            assert not out.queue
            sent, seen = out.packets, mia.packets
            if back == "stop":
                break
            await begin_again(call, back, 2 * revision + 1)
            await until(lambda seen=seen: mia.packets > seen + 20)  # type: ignore[misc]
            assert out.packets == sent
        await call.speak(20)
        assert out.packets == sent
        await until(lambda: len(call.told_customer) >= 12)
        assert [screen["on"] for screen in call.told_customer][-12:] == 6 * [True, False]


async def take_back(call: Call, how: str, revision: int) -> None:
    screen = call.hub.screens.agent
    match how:
        case "blank":
            screen.blank(True)
        case "said":
            screen.show_customer(False)
        case "another":
            await screen.start(Screen(PUBLIC, busy=True))
        case "stop":
            await screen.stop()
        case _:
            mode = Mode.TAKEOVER if how == "takeover" else Mode.LISTEN
            call.apply(mode, held=how == "hold", revision=revision)


async def begin_again(call: Call, how: str, revision: int) -> None:
    """All but that the customer is shown it."""
    if how == "blank":
        call.hub.screens.agent.blank(False)
    call.apply(revision=revision)


async def test_one_encoder_serves_all_and_a_still_screen_costs_nothing() -> None:
    async with running() as call:
        screen = Screen(PUBLIC)
        await call.hub.screens.agent.start(screen)
        await until(lambda: all(each.sees(PUBLIC) for each in call.observers.values()))
        assert call.hub.screens.agent._senders is not None
        sender, slow = call.hub.screens.agent._senders
        await until(lambda: sender._cadence._refined == len(SCREEN.refinements))
        await looked_at(screen, 2)
        encoded = sender.encoded
        await looked_at(screen, 20)
        assert sender.encoded == encoded
        assert encoded < 12  # one for each picture, and not one for each observer of it
        assert slow.encoded == 0


async def test_a_picture_that_is_told_of_is_looked_at_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    async with running() as call:
        screen = Screen(PUBLIC)
        await call.hub.screens.agent.start(screen)
        await until(lambda: call.observers[MIA].sees(PUBLIC))
        monkeypatch.setattr(video, "FRAME_RATE", 1 / 1800)  # by itself once in a quarter of an hour
        await looked_at(screen, 1)
        for _ in range(3):
            looks = screen.looks
            screen.on_picture()
            await until(lambda looks=looks: screen.looks > looks)  # type: ignore[misc]


async def test_who_is_on_a_slow_line_has_an_encoder_of_their_own_and_sees_the_screen() -> None:
    async with running() as call:
        hub = call.hub.screens.agent
        await hub.start(Screen(PUBLIC, busy=True))
        await until(lambda: all(each.sees(PUBLIC) for each in call.observers.values()))
        assert hub._senders is not None
        quick, slow = hub._senders
        peer = call.hub._legs.peer(TOM)
        assert peer is not None
        out = peer.outs[STREAM]
        for line in hub._lines.values():
            line.update = lambda *_: None  # type: ignore[method-assign]
            line.bitrate = MOST_BITRATE
        hub._lines[out].bitrate = LEAST_BITRATE
        await until(lambda: out in slow.lines and out not in quick.lines and slow.encoded)
        await hub.start(Screen(SECRET))
        await until(lambda: all(each.sees(SECRET) for each in call.observers.values()))
        hub._lines[out].bitrate = MOST_BITRATE
        await hub.start(Screen(PUBLIC, busy=True))
        await until(lambda: out in quick.lines and not slow.lines)
        await until(lambda: all(each.sees(PUBLIC) for each in call.observers.values()))


async def test_one_who_looks_late_sees_a_screen_that_stands_still() -> None:
    async with running() as call:
        mia = call.observers[MIA]
        mia.view.publish(False)
        await call.hub.screens.agent.start(Screen(PUBLIC))
        await until(lambda: call.observers[TOM].sees(PUBLIC))
        assert mia.shade is None
        mia.view.publish(True)
        await until(lambda: mia.sees(PUBLIC))


async def test_what_is_blanked_is_plain_at_the_viewer_and_comes_back() -> None:
    async with running() as call:
        mia, screen = call.observers[MIA], Screen(SECRET)
        await call.hub.screens.agent.start(screen)
        await until(lambda: mia.sees(SECRET))
        screen.move((0.25, 0.5))
        await until(lambda: mia.pointer == (0.25, 0.5))
        call.hub.screens.agent.blank(True)
        await until(lambda: mia.sees(GREY))
        assert call.hub.screens.agent.state == "blank"
        screen.move((0.5, 0.5))
        await until(lambda: mia.pointer is None)
        assert call.hub.screens.agent.pointer is None
        call.hub.screens.agent.blank(False)
        await until(lambda: mia.sees(SECRET))
        await until(lambda: mia.pointer == (0.5, 0.5))
        await until(lambda: mia.told == ["on", "blank", "on"])
        assert not screen.closed


async def test_nothing_of_the_screen_leaves_after_it_is_blanked_or_stopped() -> None:
    async with running() as call:
        await call.hub.screens.agent.start(Screen(SECRET, busy=True))
        await until(lambda: call.observers[MIA].sees(SECRET))
        peer = call.hub._legs.peer(MIA)
        assert peer is not None
        out = peer.outs[STREAM]
        out.send(bytes([0x10]) * 1000, 1)  # waits in the queue
        call.hub.screens.agent.blank(True)
        assert not out.queue
        await until(lambda: call.observers[MIA].sees(GREY))
        await call.hub.screens.agent.stop()
        sent = out.packets
        assert not out.queue
        await until(lambda: call.observers[MIA].told[-1:] == ["off"])
        await call.speak(20)
        assert out.packets == sent
        assert any(
            isinstance(event, events.VideoGone) and event.screen for event in call.observers[MIA].events
        )


async def test_another_source_takes_the_place_of_the_first_and_both_are_let_go() -> None:
    async with running() as call:
        first, second = Screen(SECRET), Screen(PUBLIC)
        await call.hub.screens.agent.start(first)
        await until(lambda: call.observers[MIA].sees(SECRET))
        await call.hub.screens.agent.start(second)
        assert first.closed
        await until(lambda: call.observers[MIA].sees(PUBLIC))
        await call.hub.close()
        assert second.closed
        assert call.hub.screens.agent.state == "off"


async def test_a_connection_that_is_lost_ends_what_is_seen() -> None:
    async with running() as call:
        mia = call.observers[MIA]
        await call.hub.screens.agent.start(Screen(PUBLIC))
        await until(lambda: mia.sees(PUBLIC))
        mia.media._stated("lost")
        assert mia.told == ["on", "off"]
