"""The customer's screen at the hub: nothing before they share it, to whom it goes, what gives way, what is told."""

from __future__ import annotations

import json
from collections.abc import Iterator

import av
import pytest

from coachdesk import events, screenwire
from coachdesk.media.agent_hub import AgentHub
from coachdesk.media.packet import Packet
from coachdesk.media.picture.video import Picture
from coachdesk.media.screenshare.customerscreen import BEGINS_AT_ONCE
from coachdesk.media.screenshare.screenview import ScreenView
from coachdesk.screenwire import Shown
from signaling.pace import TokenBucket
from signaling.policy import Mode
from tests.fakes.hubcall import KEYFRAME, HubCall
from tests.fakes.legs import FakeLeg, FakeOut
from tests.fakes.views import CUSTOMER, MIA, TOM, call_view, party
from tests.media.test_screencast import PUBLIC, Screen

DELTA = b"\x10\x01"
ON, PAUSED, OFF = (
    json.dumps({"kind": "screen", "state": state}).encode() for state in ("on", "paused", "off")
)


class Call(HubCall):
    """A customer, a supervisor and a trainee, all connected.

    Attributes:
        seen: how many packets came to the agent's own eyes.
    """

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        super().__init__(patch)
        self.seen = self._number = 0
        self.hub.screens.customer.on_packet = self._see
        self.view_of()
        self.connect(CUSTOMER, MIA, TOM)

    def _see(self, packet: Packet) -> None:
        self.seen += 1

    def view_of(self, *, held: bool = False, mode: Mode = Mode.LISTEN) -> None:
        self.apply(call_view(party(MIA, mode), party(TOM), held=held, revision=1))

    def up(self, name: str) -> FakeLeg:
        leg = self.leg(name)
        assert leg is not None
        assert leg.peer is not None
        return leg

    def say(self, message: bytes) -> None:
        self.up(CUSTOMER).on_message(message)

    def show(self, payload: bytes = KEYFRAME) -> None:
        self._number += 1
        packet = Packet(self._number, self._number * 3000, True, payload, 77, self._number / 15)
        self.up(CUSTOMER).on_packet("screen", packet)

    def out(self, name: str) -> FakeOut:
        peer = self.up(name).peer
        assert peer is not None
        return peer.outs["screen"]

    @property
    def reached(self) -> tuple[int, int, int]:
        """How many packets each got since the last look: the agent, the supervisor, the trainee."""
        counts = self.seen, len(self.out(MIA).sent), len(self.out(TOM).sent)
        self.seen = 0
        for name in (MIA, TOM):
            self.out(name).sent.clear()
        return counts

    def told(self, name: str) -> tuple[str, str, str]:
        """What an observer was told last of shared screens: state, whose, who else."""
        peer = self.up(name).peer
        assert peer is not None
        last = [json.loads(message) for message in peer.control.sent if b"slots" in message][-1]
        return last.get("screen", "off"), last.get("screen_of", "agent"), last.get("also", "")

    @property
    def asked(self) -> list[bool]:
        """What the customer was asked, on this connection."""
        peer = self.up(CUSTOMER).peer
        assert peer is not None
        said = [json.loads(message) for message in peer.control.sent]
        return [message["on"] for message in said if message["kind"] == "ask_screen"]


@pytest.fixture
def call() -> Iterator[Call]:
    with pytest.MonkeyPatch.context() as patch:
        yield Call(patch)


async def test_only_what_the_customer_says_is_shared_goes_on(call: Call) -> None:
    call.show()
    assert call.reached == (0, 0, 0)
    call.say(ON)
    call.show()
    call.show(DELTA)
    assert call.reached == (2, 2, 2)
    call.say(PAUSED)
    call.show()
    assert call.reached == (0, 0, 0)
    call.say(ON)
    call.show(DELTA)
    assert call.reached == (1, 0, 0)  # observers need a keyframe first
    call.show()
    assert call.reached == (1, 1, 1)
    call.say(OFF)
    call.show()
    assert call.reached == (0, 0, 0)


async def test_the_observers_are_told_whose_screen_it_is(call: Call) -> None:
    assert call.told(MIA)[0] == "off"
    call.say(ON)
    assert call.told(MIA) == call.told(TOM) == ("on", "customer", "")
    call.say(PAUSED)
    assert call.told(MIA) == ("blank", "customer", "")


@pytest.mark.parametrize("mode", list(Mode))
async def test_in_every_mode_it_goes_to_those_who_see_the_camera(call: Call, mode: Mode) -> None:
    call.say(ON)
    call.view_of(mode=mode)
    call.show()
    assert call.reached == (1, 1, 1)
    assert call.up(CUSTOMER).peer.outs["screen"].sent == []  # type: ignore[union-attr]


async def test_nobody_sees_it_during_a_hold(call: Call) -> None:
    call.say(ON)
    call.show()
    call.view_of(held=True)
    assert call.reached == (1, 0, 0)  # what waits is not sent any more
    call.show()
    assert call.reached == (0, 0, 0)
    assert call.told(TOM) == ("blank", "customer", "")
    call.view_of()
    call.show()
    assert call.reached == (1, 1, 1)


async def test_the_agents_own_goes_first_and_then_the_customers_again(call: Call) -> None:
    call.say(ON)
    call.show()
    assert call.reached == (1, 1, 1)
    call.show()
    await call.hub.screens.agent.start(Screen(PUBLIC))
    assert call.reached == (1, 0, 0)  # what waits of the customer's is not sent any more
    assert call.told(MIA) == ("on", "agent", "customer")
    call.show()
    assert call.reached[0] == 1
    asked = call.up(CUSTOMER).peer.keyframes_asked  # type: ignore[union-attr]
    call.up(MIA).on_keyframe_request("screen")
    assert call.up(CUSTOMER).peer.keyframes_asked == asked  # type: ignore[union-attr]
    await call.hub.screens.agent.stop()
    assert call.told(MIA) == ("on", "customer", "")
    call.up(MIA).on_keyframe_request("screen")
    assert call.up(CUSTOMER).peer.keyframes_asked > asked  # type: ignore[union-attr]
    call.out(MIA).sent.clear()
    call.show()
    assert len(call.out(MIA).sent) == 1


async def test_one_who_leaves_or_has_lost_the_customer_sees_no_more(call: Call) -> None:
    call.say(ON)
    call.apply(call_view(party(MIA), revision=2))
    call.show()
    assert (call.seen, len(call.out(MIA).sent)) == (1, 1)
    call.up(CUSTOMER).get_lost()
    assert call.told(MIA)[0] == "off"
    call.show()
    assert (call.seen, len(call.out(MIA).sent)) == (1, 0)


def requests(hub: AgentHub) -> list[str]:
    seen: list[str] = []
    hub.screens.on_far = lambda: seen.append(hub.screens.customer.request)
    return seen


async def test_the_customer_is_asked_and_answers(call: Call) -> None:
    seen = requests(call.hub)
    call.say(OFF)
    call.hub.screens.customer.ask(True)
    call.say(b'{"kind":"screen","state":"off","declined":true}')
    call.hub.screens.customer.ask(True)
    call.hub.screens.customer.ask(False)
    call.hub.screens.customer.ask(True)
    call.say(ON)
    assert seen == ["none", "asked", "declined", "asked", "none", "asked", "none"]
    assert call.asked == [True, True, False, True]


async def test_a_question_outlives_a_connection_and_asking_shares_nothing(call: Call) -> None:
    call.say(OFF)
    call.hub.screens.customer.ask(True)
    call.show()
    assert call.reached == (0, 0, 0)
    call.up(CUSTOMER).get_lost()
    assert call.hub.screens.customer.request == "unable"
    call.connect(CUSTOMER)
    call.say(OFF)
    assert (call.asked, call.hub.screens.customer.request) == ([True], "asked")


async def test_a_browser_that_cannot_says_so(call: Call) -> None:
    call.say(b'{"kind":"screen","state":"off","able":false}')
    assert call.hub.screens.customer.request == "unable"


async def test_one_who_begins_again_and_again_is_taken_for_paused(call: Call) -> None:
    call.hub.screens.customer._pace = TokenBucket(0.0, BEGINS_AT_ONCE, 0.0)  # no time passes
    for _ in range(BEGINS_AT_ONCE):
        call.say(ON)
        call.say(OFF)
    call.say(ON)
    assert call.hub.screens.customer.state == "blank"
    call.say(OFF)
    assert call.hub.screens.customer.state == "off"


def test_an_endpoint_shows_one_screen_at_a_time_by_its_owner() -> None:
    told: list[events.AnyEvent] = []
    view = ScreenView(told.append)
    view.told("off", "customer")
    view.told("on", "agent")
    view.newest = Picture(av.VideoFrame(16, 16), 0, 0.0)
    view.told("on", "agent", "customer")
    assert view.newest is not None
    view.told("blank", "customer")
    view.close()
    view.close()
    screens = [(each.party, each.state, each.also) for each in told if isinstance(each, events.Screen)]
    assert screens == [
        ("agent", "on", ""),
        ("agent", "on", "customer"),
        ("agent", "off", ""),
        ("customer", "blank", ""),
        ("customer", "off", ""),
    ]


def test_what_is_no_word_of_the_page_on_its_screen_is_none() -> None:
    assert screenwire.read(b'{"kind":"screen","state":"on","able":true,"declined":false}') == Shown("on")
    for wrong in (
        b"",
        b"{}",
        b"\xff",
        b'{"kind":"screen","state":"up"}',
        b'{"kind":"screen","state":"on","x":1}',
    ):
        assert screenwire.read(wrong) is None
