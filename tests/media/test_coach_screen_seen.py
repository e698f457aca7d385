"""A supervisor's screen on real connections: the agent and a trainee see it, the customer gets nothing of it."""

from __future__ import annotations

import pytest

from coachdesk import events
from coachdesk.media.screenshare.screenview import ScreenView
from signaling.policy import Mode
from signaling.protocol import Shown
from tests.fakes.views import CUSTOMER, MIA, TOM, call_view, party
from tests.media.peers import until
from tests.media.test_screencast import PUBLIC, SECRET, Call, Screen, running

pytestmark = pytest.mark.media


class Agent:
    """The agent's own eyes: decodes what the hub hands over."""

    def __init__(self, call: Call) -> None:
        self._hub = call.hub
        self.events: list[events.AnyEvent] = []
        self.view = ScreenView(self.events.append)
        self.view.publish(True)
        self.view.request_keyframe = call.hub.screens.request_coachs_keyframe
        call.hub.screens.coach.on_packet = self.view.put
        call.hub.screens.pointers.on_cursor = self.view.pointed
        call.hub.screens.on_far = self._told

    def _told(self) -> None:
        self.view.told(self._hub.screens.coach.state, "supervisor")
        self.view.sized(self._hub.screens.coach_size)

    def sees(self, shade: int) -> bool:
        newest = self.view.newest
        return newest is not None and abs(float(newest.bgra()[-20, 20:60, :3].mean()) - shade) < 12


def apply(call: Call, shares: Shown, mode: Mode = Mode.LISTEN, revision: int = 2) -> None:
    call.hub.apply(call_view(party(MIA, mode, shares=shares), party(TOM), revision=revision))


async def test_agent_and_trainee_see_it_and_the_customer_and_the_sharer_do_not() -> None:
    async with running() as call:
        agent, mia, tom = Agent(call), call.observers[MIA], call.observers[TOM]
        apply(call, "on")
        await mia.media.screen.start(Screen(SECRET, busy=True))
        await until(lambda: agent.sees(SECRET) and tom.sees(SECRET))
        for revision, mode in enumerate((Mode.BARGE, Mode.TAKEOVER), 3):
            apply(call, "on", mode, revision)
            await call.speak(4)
            before = tom.packets
            await until(lambda before=before: tom.packets > before)  # type: ignore[misc]
        await until(lambda: call.customer_packets)
        assert set(call.customer_packets) == {"main"}
        assert (mia.packets, mia.told) == (0, [])
        await call.hub.screens.agent.start(Screen(PUBLIC))  # the agent's own goes first for observers
        await until(lambda: mia.sees(PUBLIC) and tom.sees(PUBLIC))
        assert agent.sees(SECRET)
        await call.hub.screens.agent.stop()
        await until(lambda: tom.sees(SECRET))
        await mia.media.screen.stop()
        apply(call, "", revision=5)
        await until(lambda: tom.told[-1] == "off")
        assert agent.view.state == "off"
        agent.view.close()


async def test_one_who_comes_late_sees_a_screen_that_stands_still() -> None:
    async with running() as call:
        agent, mia, tom = Agent(call), call.observers[MIA], call.observers[TOM]
        tom.view.publish(False)
        apply(call, "on")
        await mia.media.screen.start(Screen(PUBLIC))
        await until(lambda: agent.sees(PUBLIC))
        tom.view.publish(True)
        await until(lambda: tom.sees(PUBLIC))
        peer = call.hub._legs.peer(CUSTOMER)
        assert peer is not None
        assert peer.outs["camera"].packets == 0
        agent.view.close()


async def test_the_sharers_pointer_is_seen_by_all_who_see_the_screen_and_goes_with_it() -> None:
    async with running() as call:
        agent, mia, tom = Agent(call), call.observers[MIA], call.observers[TOM]
        mias, own = Screen(PUBLIC), Screen(SECRET)
        apply(call, "on")
        await mia.media.screen.start(mias)
        await until(lambda: agent.sees(PUBLIC) and tom.sees(PUBLIC))
        mias.move((0.25, 0.5))
        await until(lambda: agent.view.pointer == tom.pointer == (0.25, 0.5))
        tom.view.publish(False)
        assert tom.pointer is None
        tom.view.publish(True)
        await until(lambda: tom.pointer == (0.25, 0.5))  # who looks later is told where it rests
        await call.hub.screens.agent.start(own)
        await until(lambda: mia.sees(SECRET) and tom.sees(SECRET))
        own.move((0.75, 0.5))
        await until(lambda: mia.pointer == tom.pointer == (0.75, 0.5))
        mias.move((0.5, 0.5))
        await until(lambda: agent.view.pointer == (0.5, 0.5))
        assert tom.pointer == (0.75, 0.5)
        await call.hub.screens.agent.stop()
        await until(lambda: tom.sees(PUBLIC) and tom.pointer == (0.5, 0.5))
        mia.media.screen.blank(True)
        await until(lambda: agent.view.pointer is None and tom.pointer is None)
        agent.view.close()
